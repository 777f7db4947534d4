"""A gate passes only if its value was computed and keeps to the limit."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.infer import Gate, run_gates
from indicast.infer._gates import label_identity
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture(scope="module")
def framework():
    return load_framework(HARBOUR, "harbour")


@pytest.fixture(scope="module")
def hyperparameters(framework):
    return load_hyperparameters(framework)


@pytest.mark.parametrize(
    ("value", "at_most", "passed"),
    [
        (1.0, True, True),
        (1.01, True, True),
        (np.nextafter(1.01, 2), True, False),
        (1.01, False, True),
        (np.nextafter(1.01, 0), False, False),
        (float("nan"), True, False),
        (float("nan"), False, False),
        (float("inf"), True, False),
        (float("-inf"), False, False),
    ],
)
def test_a_gate_includes_its_limit_and_refuses_nan(value, at_most, passed):
    gate = Gate("x", value, 1.01, at_most=at_most, where="here")
    assert gate.passed is passed
    assert gate.as_dict()["passed"] is passed


def test_nan_becomes_none_in_json():
    assert Gate("x", float("nan"), 1.0, at_most=True, where="").as_dict()["value"] is None
    assert Gate("x", 0.5, 1.0, at_most=True, where="").as_dict()["value"] == 0.5


def a_fit(seed=1, *, chains=4, draws=500):
    """Return a fit of independent draws: everything a gate asks for, and nothing wrong with it."""
    rng = np.random.default_rng(seed)
    lead = (names.CHAIN, names.DRAW)
    labels = ["one_harbour", "drift", "rivalry", "closed_strait"]
    posterior = xr.Dataset(
        {
            names.PERSISTENCE: (lead, rng.random((chains, draws))),
            names.DWELL: ((*lead, names.SCENARIO), rng.lognormal(3.0, 0.3, (chains, draws, 4))),
            names.INITIAL: ((*lead, names.SCENARIO), rng.dirichlet([2.0, 3.0, 1.5, 0.8], (chains, draws))),
            names.FILTERED: ((*lead, names.TIME, names.SCENARIO), rng.dirichlet([1.0] * 4, (chains, draws, 3))),
            names.SMOOTHED: ((*lead, names.TIME, names.SCENARIO), np.ones((chains, draws, 3, 4)) / 4),
            names.STRENGTH: (lead, np.ones((chains, draws))),
        },
        coords={names.SCENARIO: labels, names.TIME: np.array(["2023-01", "2023-02", "2023-03"], dtype="M8[ns]")},
    )
    stats = xr.Dataset(
        {"diverging": (lead, np.zeros((chains, draws), bool)), "energy": (lead, rng.normal(0.0, 1.0, (chains, draws)))}
    )
    return xr.DataTree.from_dict({"/posterior": posterior, "/sample_stats": stats})


def verdicts(tree, framework, hyperparameters):
    return {gate.name: gate for gate in run_gates(tree, framework, hyperparameters)}


def test_a_sound_fit_passes_every_gate(framework, hyperparameters):
    gates = verdicts(a_fit(), framework, hyperparameters)
    assert len(gates) == 6
    assert all(gate.passed for gate in gates.values()), gates


def test_limits_are_the_declared_ones(framework, hyperparameters):
    gates = verdicts(a_fit(), framework, hyperparameters)
    limits = framework.declaration.gates
    assert gates["largest R-hat"].limit == limits.rhat_max
    assert gates["smallest bulk ESS"].limit == limits.ess_bulk_min
    assert gates["smallest tail ESS"].limit == limits.ess_tail_min
    assert gates["divergences"].limit == limits.divergences_max
    assert gates["smallest BFMI"].limit == limits.bfmi_min
    assert gates["draws with labels in place"].limit == limits.label_identity_min


def test_chains_that_disagree_fail_and_the_variable_is_named(framework, hyperparameters):
    tree = a_fit()
    tree["posterior"][names.DWELL].to_numpy()[0, :, 2] += 40.0
    gate = verdicts(tree, framework, hyperparameters)["largest R-hat"]
    assert not gate.passed
    assert gate.where == names.DWELL
    assert gate.value > 1.1


def test_a_disagreement_about_the_published_month_alone_fails(framework, hyperparameters):
    tree = a_fit()
    last = tree["posterior"][names.FILTERED].to_numpy()
    last[0, :, -1] = [0.97, 0.01, 0.01, 0.01] + 0.001 * last[0, :, -1]
    gates = verdicts(tree, framework, hyperparameters)
    assert gates["largest R-hat"].where == names.FILTERED
    assert not gates["largest R-hat"].passed


def test_a_chain_that_stands_still_fails_on_few_effective_draws(framework, hyperparameters):
    tree = a_fit()
    values = tree["posterior"][names.PERSISTENCE].to_numpy()
    values[:] = np.repeat(values[:, :10], 50, axis=1)
    gate = verdicts(tree, framework, hyperparameters)["smallest bulk ESS"]
    assert not gate.passed
    assert gate.where == names.PERSISTENCE


def test_a_value_that_is_not_a_number_fails_and_is_named(framework, hyperparameters):
    tree = a_fit()
    tree["posterior"][names.PERSISTENCE].to_numpy()[1, 7] = np.nan
    gates = verdicts(tree, framework, hyperparameters)
    for name in ("largest R-hat", "smallest bulk ESS", "smallest tail ESS"):
        assert np.isnan(gates[name].value)
        assert not gates[name].passed
        assert gates[name].where == names.PERSISTENCE


def test_one_divergence_too_many_fails(framework, hyperparameters):
    tree = a_fit()
    tree["sample_stats"]["diverging"].to_numpy()[3, 499] = True
    gate = verdicts(tree, framework, hyperparameters)["divergences"]
    assert gate.value == 1.0
    assert not gate.passed


def test_energy_that_moves_too_slowly_fails(framework, hyperparameters):
    tree = a_fit()
    energy = tree["sample_stats"]["energy"].to_numpy()
    energy[2] = np.cumsum(energy[2])
    gate = verdicts(tree, framework, hyperparameters)["smallest BFMI"]
    assert gate.value < 0.1
    assert not gate.passed


def test_labels_are_in_place_where_every_column_of_expected_states_is_its_own(framework, hyperparameters):
    assert label_identity(a_fit()["posterior"].to_dataset(), framework, hyperparameters) == 1.0


def test_scenarios_with_equal_columns_are_told_apart_by_their_priors(framework, hyperparameters):
    from dataclasses import replace

    expected = framework.table.expected.copy()
    expected[:, 3] = expected[:, 0]  # one_harbour and closed_strait: median dwell 30 and 9 months
    alike = replace(framework, table=replace(framework.table, expected=expected))
    posterior = a_fit()["posterior"].to_dataset()
    posterior[names.INITIAL][:] = 0.25
    posterior[names.DWELL].to_numpy()[:] = [30.0, 50.0, 20.0, 9.0]
    assert label_identity(posterior, alike, hyperparameters) == 1.0
    posterior[names.DWELL].to_numpy()[0] = [9.0, 50.0, 20.0, 30.0]  # one chain of four has them exchanged
    assert label_identity(posterior, alike, hyperparameters) == pytest.approx(0.75)


def test_labels_that_no_prior_tells_apart_are_in_place_in_no_draw(framework, hyperparameters):
    from dataclasses import replace

    expected = framework.table.expected.copy()
    expected[:, 3] = expected[:, 0]
    alike = replace(framework, table=replace(framework.table, expected=expected))
    posterior = a_fit()["posterior"].to_dataset()
    assert label_identity(posterior, alike, hyperparameters) > 0.0
    priors = dict(hyperparameters.priors)
    for name in (names.DWELL, names.INITIAL):
        arguments = {key: np.full_like(value, np.mean(value)) for key, value in priors[name].arguments.items()}
        priors[name] = replace(priors[name], arguments=arguments)
    apart = {name for name in (names.GROWTH, names.EXIT) if name in posterior}
    assert label_identity(posterior.drop_vars(apart), alike, replace(hyperparameters, priors=priors)) == 0.0


def test_exits_are_relabelled_at_both_ends():
    from indicast.infer._gates import _exits

    values = np.array([[[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]])  # to the others, in order
    swapped = _exits(values, np.array([2, 1, 0]))
    np.testing.assert_allclose(swapped, [[[0.7, 0.3], [0.8, 0.2], [0.1, 0.9]]])
    np.testing.assert_allclose(_exits(swapped, np.array([2, 1, 0])), values)
