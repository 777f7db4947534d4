"""The scenario chain summed out: four roads to one number.

Compiled operation, NumPy twin, the sum over all K^T paths in log space, and pymc-extras.
"""

import itertools
import warnings

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import logsumexp

from indicast.generative._chain_op import ForwardBackward, chain_evidence
from indicast.generative.chain import forward_backward, other_scenarios, step, transition_matrix

# Double precision on sums of at most 4^6 terms; a wrong axis or a month left out moves log p by more than .01.
EXACT = {"rtol": 1e-11, "atol": 1e-10}
SHAPES = [(months, size) for months in (1, 2, 4, 6) for size in (2, 3, 4)] + [(7, 3)]


def stochastic(rng, *shape, concentration=0.7):
    """Return skewed rows that sum to one: a small concentration leaves some entries near zero."""
    weights = rng.gamma(concentration, size=shape) + 1e-6
    return weights / weights.sum(axis=-1, keepdims=True)


def a_chain(seed, months, size):
    """Return a chain with skewed emissions, and every third month without evidence."""
    rng = np.random.default_rng(seed)
    emission = rng.normal(-2.0, 3.0, (months, size)) * np.linspace(0.2, 3.0, size)
    emission[2::3] = 0.0
    return emission, stochastic(rng, size, size), stochastic(rng, size)


def enumerated(emission, transition, initial):
    """Return log p(y), smoothed probabilities and expected transition counts by listing every path."""
    months, size = emission.shape
    with np.errstate(divide="ignore"):
        log_transition, log_initial = np.log(transition), np.log(initial)
    paths = np.array(list(itertools.product(range(size), repeat=months)))
    weight = log_initial[paths[:, 0]] + emission[np.arange(months), paths].sum(axis=1)
    weight = weight + log_transition[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    log_marginal = logsumexp(weight)
    share = np.exp(weight - log_marginal)
    smoothed = np.array([[share[paths[:, t] == k].sum() for k in range(size)] for t in range(months)])
    moves = [
        [(share[:, None] * ((paths[:, :-1] == j) & (paths[:, 1:] == k))).sum() for k in range(size)]
        for j in range(size)
    ]
    return log_marginal, smoothed, np.array(moves)


@pytest.fixture(scope="module")
def compiled():
    """Return the operation as PyTensor's Numba backend runs it: evidence, smoothed, counts."""
    inputs = [pt.dmatrix("emission"), pt.dmatrix("log_transition"), pt.dvector("log_initial")]
    return pytensor.function(inputs, ForwardBackward()(*inputs), mode="NUMBA")


@pytest.fixture(scope="module")
def gradient():
    """Return value and gradient of the evidence for log-emissions, log-transition and log-initial."""
    inputs = [pt.dmatrix("emission"), pt.dmatrix("log_transition"), pt.dvector("log_initial")]
    evidence = ForwardBackward()(*inputs)[0]
    return pytensor.function(inputs, [evidence, *pt.grad(3.0 * evidence, inputs)], mode="FAST_COMPILE")


@pytest.mark.parametrize(("months", "size"), SHAPES)
def test_twin_equals_the_sum_over_all_paths(months, size):
    chain = a_chain(100 * months + size, months, size)
    log_marginal, smoothed, _ = enumerated(*chain)
    twin = forward_backward(*chain)
    np.testing.assert_allclose(twin.log_marginal, log_marginal, **EXACT)
    np.testing.assert_allclose(twin.smoothed, smoothed, **EXACT)


@pytest.mark.parametrize(("months", "size"), SHAPES)
def test_compiled_operation_equals_the_sum_over_all_paths(compiled, months, size):
    emission, transition, initial = a_chain(100 * months + size, months, size)
    log_marginal, smoothed, moves = enumerated(emission, transition, initial)
    found = compiled(emission, np.log(transition), np.log(initial))
    np.testing.assert_allclose(found[0], log_marginal, **EXACT)
    np.testing.assert_allclose(found[1], smoothed, **EXACT)
    np.testing.assert_allclose(found[2], moves, **EXACT)


@pytest.mark.parametrize("floor", [1e-3, 1e-9, 1e-15])
def test_a_nearly_deterministic_chain_stays_exact(compiled, floor):
    transition = np.full((3, 3), floor) + np.diag([1.0 - 3 * floor, 1.0 - 3 * floor, 1.0 - 3 * floor])
    initial = np.array([1.0 - 2 * floor, floor, floor])
    emission = np.array([[0.0, -1.0, 2.0], [0.0, 0.0, 0.0], [-4.0, 3.0, 1.0], [2.0, 1.0, -30.0], [0.0, 0.0, 5.0]])
    log_marginal, smoothed, moves = enumerated(emission, transition, initial)
    twin, found = (
        forward_backward(emission, transition, initial),
        compiled(emission, np.log(transition), np.log(initial)),
    )
    np.testing.assert_allclose([float(twin.log_marginal), float(found[0])], log_marginal, **EXACT)
    np.testing.assert_allclose(twin.smoothed, smoothed, **EXACT)
    np.testing.assert_allclose(found[1], smoothed, **EXACT)
    np.testing.assert_allclose(found[2], moves, **EXACT)


@pytest.mark.parametrize("scale", [1e2, 1e4, 1e7])
def test_very_large_negative_emissions_neither_underflow_nor_lose_a_digit(compiled, scale):
    rng = np.random.default_rng(11)
    emission = -scale * rng.random((6, 3)) - scale
    transition, initial = stochastic(rng, 3, 3, concentration=3.0), stochastic(rng, 3)
    log_marginal, smoothed, _ = enumerated(emission, transition, initial)
    twin, found = (
        forward_backward(emission, transition, initial),
        compiled(emission, np.log(transition), np.log(initial)),
    )
    np.testing.assert_allclose([float(twin.log_marginal), float(found[0])], log_marginal, rtol=1e-13)
    # The weights are exp of differences of order `scale`, so their own digits end at scale times machine precision.
    np.testing.assert_allclose(twin.smoothed, smoothed, atol=1e-15 * scale + 1e-12)
    np.testing.assert_allclose(found[1], smoothed, atol=1e-15 * scale + 1e-12)


def test_an_emission_that_forbids_a_scenario_is_handled(compiled):
    emission, transition, initial = a_chain(5, 5, 3)
    emission[1, 0] = emission[3, 2] = -np.inf
    log_marginal, smoothed, _ = enumerated(emission, transition, initial)
    found = compiled(emission, np.log(transition), np.log(initial))
    np.testing.assert_allclose(found[0], log_marginal, **EXACT)
    np.testing.assert_allclose(found[1], smoothed, **EXACT)
    np.testing.assert_allclose(forward_backward(emission, transition, initial).smoothed, smoothed, **EXACT)


def test_months_without_any_evidence_carry_none(compiled):
    _, transition, initial = a_chain(6, 5, 4)
    silence = np.zeros((5, 4))
    found = compiled(silence, np.log(transition), np.log(initial))
    twin = forward_backward(silence, transition, initial)
    # A transition row summing to 1.001 would already give .004 here.
    np.testing.assert_allclose([float(found[0]), float(twin.log_marginal)], 0.0, atol=1e-14)
    state = initial
    for t in range(5):
        np.testing.assert_allclose(twin.filtered[t], state, **EXACT)
        np.testing.assert_allclose(twin.smoothed[t], state, **EXACT)
        state = state @ transition


def test_padding_months_at_the_end_change_nothing(compiled):
    emission, transition, initial = a_chain(7, 5, 3)
    padded = np.vstack([emission, np.zeros((4, 3))])
    short, long = (compiled(part, np.log(transition), np.log(initial)) for part in (emission, padded))
    np.testing.assert_allclose(long[0], short[0], **EXACT)
    np.testing.assert_allclose(long[1][:5], short[1], **EXACT)


def test_gradient_of_the_evidence_equals_finite_differences(gradient):
    emission, transition, initial = a_chain(8, 6, 3)
    point = [emission, np.log(transition), np.log(initial)]
    _, *found = gradient(*point)
    for place, analytic in enumerate(found):
        numeric = np.zeros_like(analytic)
        for index in np.ndindex(numeric.shape):
            ends = []
            for sign in (1.0, -1.0):
                moved = [array.copy() for array in point]
                moved[place][index] += sign * 1e-5
                ends.append(float(gradient(*moved)[0]))
            numeric[index] = 3.0 * (ends[0] - ends[1]) / 2e-5
        # Central differences err by h^2 f'''/6 + eps |f| / h: about 1e-9 here. Counts for smoothed would miss by .1.
        np.testing.assert_allclose(analytic, numeric, atol=1e-7)


def test_gradient_is_what_the_twin_calls_smoothed(gradient):
    emission, transition, initial = a_chain(9, 6, 4)
    twin = forward_backward(emission, transition, initial)
    _, _, moves = enumerated(emission, transition, initial)
    _, of_emission, of_transition, of_initial = gradient(emission, np.log(transition), np.log(initial))
    np.testing.assert_allclose(of_emission, 3.0 * twin.smoothed, **EXACT)
    np.testing.assert_allclose(of_transition, 3.0 * moves, **EXACT)
    np.testing.assert_allclose(of_initial, 3.0 * twin.smoothed[0], **EXACT)


def test_only_the_evidence_has_a_gradient():
    inputs = [pt.dmatrix(), pt.dmatrix(), pt.dvector()]
    _, smoothed, _ = ForwardBackward()(*inputs)
    with pytest.raises(TypeError, match="only the evidence of ForwardBackward is differentiable"):
        pt.grad(smoothed.sum(), inputs[0])


def test_evidence_equals_that_of_pymc_extras_on_complete_data():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its optimisers read a renamed constant on import
        from pymc_extras import marginalize
        from pymc_extras.distributions import DiscreteMarkovChain
    rng = np.random.default_rng(12)
    _, transition, initial = a_chain(12, 7, 3)
    level, observed = np.array([-1.5, 0.2, 2.5]), rng.normal(0.5, 1.5, 7)
    with pm.Model() as model:
        first = pm.Categorical.dist(p=initial)
        state = DiscreteMarkovChain("state", P=transition, init_dist=first, steps=6)
        pm.Normal("seen", mu=pt.as_tensor(level)[state], sigma=0.8, observed=observed)
    theirs = float(marginalize(model, [state]).compile_logp(mode="FAST_COMPILE")({}))
    emission = -0.5 * ((observed[:, None] - level) / 0.8) ** 2 - np.log(0.8 * np.sqrt(2 * np.pi))
    assert float(forward_backward(emission, transition, initial).log_marginal) == pytest.approx(theirs, abs=1e-10)
    ours = chain_evidence(pt.as_tensor(emission), pt.as_tensor(transition), pt.as_tensor(initial))
    assert float(ours.eval(mode="FAST_COMPILE")) == pytest.approx(theirs, abs=1e-10)


def test_filtered_equals_smoothed_in_the_last_month_and_each_row_sums_to_one():
    chains = [a_chain(seed, 9, 4) for seed in range(20)]
    twin = forward_backward(*(np.stack(parts) for parts in zip(*chains, strict=True)))
    np.testing.assert_allclose(twin.filtered[:, -1], twin.smoothed[:, -1], **EXACT)
    np.testing.assert_allclose(twin.smoothed.sum(axis=-1), 1.0, **EXACT)
    np.testing.assert_allclose(twin.filtered.sum(axis=-1), 1.0, **EXACT)
    assert np.abs(twin.filtered[:, 0] - twin.smoothed[:, 0]).max() > 0.01


def test_filtered_probabilities_do_not_know_the_future():
    emission, transition, initial = a_chain(13, 8, 3)
    whole = forward_backward(emission, transition, initial)
    for months in range(1, 9):
        part = forward_backward(emission[:months], transition, initial)
        np.testing.assert_allclose(part.filtered[-1], whole.filtered[months - 1], **EXACT)
        np.testing.assert_allclose(part.log_marginal, whole.one_step[:months].sum(), **EXACT)


def test_one_step_terms_sum_to_the_evidence_of_the_paths():
    chain = a_chain(14, 6, 3)
    twin = forward_backward(*chain)
    np.testing.assert_allclose(twin.one_step.sum(), enumerated(*chain)[0], **EXACT)


def test_draws_do_not_mix():
    chains = [a_chain(seed, 6, 3) for seed in range(5)]
    together = forward_backward(*(np.stack(parts) for parts in zip(*chains, strict=True)))
    for place, chain in enumerate(chains):
        alone = forward_backward(*chain)
        np.testing.assert_allclose(together.smoothed[place], alone.smoothed, **EXACT)
        np.testing.assert_allclose(together.one_step[place], alone.one_step, **EXACT)


def test_transition_rows_hold_the_leave_chance_and_the_exit_shares_in_declared_order():
    rng = np.random.default_rng(15)
    dwell, exits = rng.lognormal(2.0, 1.0, (6, 4)), stochastic(rng, 6, 4, 3)
    found = transition_matrix(dwell, exits)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, **EXACT)
    for draw, row in itertools.product(range(6), range(4)):
        leave = 1.0 / (1.0 + dwell[draw, row])
        elsewhere = iter(exits[draw, row])
        expected = [1.0 - leave if column == row else leave * next(elsewhere) for column in range(4)]
        np.testing.assert_allclose(found[draw, row], expected, **EXACT)
    assert other_scenarios(4).tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


# Horizon -> forecast from the first scenario, by the matrix of methods.md 3.1 written out in plain_matrix(). The design
# prints two digits: (.55, .37, .08), (.43, .46, .10), long run (.32, .54, .14), and for 12 months
# (.79, .18, .03), where the middle was rounded up so that the three sum to one: it is .1747.
AHEAD = {12: [0.7923, 0.1747, 0.0330], 36: [0.5497, 0.3721, 0.0781], 60: [0.4332, 0.4627, 0.1041]}


def plain_matrix():
    """Return methods.md 3.1 at d = 48, 60, 36 and exits .15, .7, .9."""
    q = [1 / 49, 1 / 61, 1 / 37]
    return np.array(
        [
            [1 - q[0], q[0] * 0.85, q[0] * 0.15],
            [q[1] * 0.7, 1 - q[1], q[1] * 0.3],
            [q[2] * 0.1, q[2] * 0.9, 1 - q[2]],
        ]
    )


def test_the_declared_dwell_and_exits_of_the_flagship_give_the_matrix_of_the_design(flagship):
    priors = flagship.hyperparameters.priors
    np.testing.assert_allclose(priors["initial"].arguments["a"], [2.2, 2.8, 1.0], rtol=1e-12)
    found = transition_matrix(np.exp(priors["dwell"].arguments["mu"]), priors["exit"].mean())
    np.testing.assert_allclose(found, plain_matrix(), **EXACT)


@pytest.mark.parametrize("horizon", [12, 36, 60])
def test_point_values_of_the_flagship_give_the_forecast_of_the_design(flagship, horizon):
    priors = flagship.hyperparameters.priors
    state = np.array([1.0, 0.0, 0.0])
    for _ in range(horizon):
        state = step(state, transition_matrix(np.exp(priors["dwell"].arguments["mu"]), priors["exit"].mean()))
    # Four digits; leaving with 1/d in place of 1/(1+d) would miss by .003, exits in the wrong order by .1.
    np.testing.assert_allclose(state, AHEAD[horizon], atol=5e-5)


def test_long_run_shares_of_the_flagship_are_those_of_the_design(flagship):
    priors = flagship.hyperparameters.priors
    matrix = transition_matrix(np.exp(priors["dwell"].arguments["mu"]), priors["exit"].mean())
    equations = np.vstack([matrix.T - np.eye(3), np.ones(3)])
    longrun = np.linalg.lstsq(equations, np.array([0.0, 0.0, 0.0, 1.0]), rcond=None)[0]
    np.testing.assert_allclose(longrun, [0.32, 0.54, 0.14], atol=0.005)
