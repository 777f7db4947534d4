"""Milestone clocks: matrix powers, simulated paths and closed forms agree; planted faults do not."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from indicast import names
from indicast.errors import RunError
from indicast.forecast import milestone_by, published_clocks, standings
from indicast.forecast._milestones import reached_by
from indicast.generative.chain import transition_matrix
from indicast.workspace import Judgement

PATHS = 100_000


class Case(NamedTuple):
    """One set of parameters."""

    state: np.ndarray  # (scenario)
    transition: np.ndarray  # (scenario, next_scenario)
    hazard: np.ndarray  # (milestone, scenario)
    longest: int


def invented_pair():
    # Leaves the first scenario fast and never comes back; the second milestone is only reached in the second.
    return Case(
        np.array([0.9, 0.1]), np.array([[0.7, 0.3], [0.0, 1.0]]), np.array([[0.02, 0.3], [0.0, 0.08], [0.5, 0.0]]), 24
    )


def invented_four():
    transition = np.array(
        [[0.5, 0.3, 0.2, 0.0], [0.05, 0.9, 0.0, 0.05], [0.0, 0.6, 0.4, 0.0], [0.25, 0.25, 0.25, 0.25]]
    )
    return Case(
        np.array([0.05, 0.05, 0.1, 0.8]), transition, np.array([[0.4, 0.01, 0.0, 0.1], [0.0, 0.0, 0.2, 0.0]]), 18
    )


def monthly(chance, years):
    """Return the hazard that reaches a chance, from the definition: (1 - hazard)^(12 years) = 1 - chance."""
    return 1.0 - (1.0 - chance) ** (1.0 / (12.0 * years))


def of_judgements(framework, chance):
    """Return the hazards of every milestone, by a loop over judgements; dims (milestone, scenario)."""
    rows = {}
    for place, one in enumerate(framework.judgements):
        row = rows.setdefault(one.milestone, np.full(len(framework.scenarios), np.nan))
        which = slice(None) if one.scenario == "all" else framework.scenarios.index(one.scenario)
        row[which] = monthly(chance[place], one.horizon_years)
    return np.stack(list(rows.values()))


@pytest.fixture(scope="module")
def prior_means(flagship):
    means = {name: prior.mean() for name, prior in flagship.hyperparameters.priors.items()}
    transition = transition_matrix(means[names.DWELL], means[names.EXIT])
    hazard = of_judgements(flagship.framework, means[names.MILESTONE_CHANCE])
    return Case(means[names.INITIAL], transition, hazard, 60)


@pytest.fixture(params=["pair", "four", "flagship"])
def case(request):
    if request.param == "flagship":
        return request.getfixturevalue("prior_means")
    return invented_pair() if request.param == "pair" else invented_four()


def clocks(case, rate=None):
    found = case.hazard if rate is None else rate
    with np.errstate(divide="ignore"):
        return reached_by(case.state[None], case.transition[None], -np.log1p(-found)[None], case.longest)[0]


def simulated(case, seed):
    """Return the share of paths on which each milestone was reached by each month: moved first, then decided."""
    rng = np.random.default_rng(seed)
    scenario = rng.choice(len(case.state), PATHS, p=case.state)
    edges = case.transition.cumsum(axis=1)
    reached = np.zeros((len(case.hazard), PATHS), dtype=bool)
    shares = [reached.mean(axis=1)]
    for _ in range(case.longest):
        scenario = (rng.random((PATHS, 1)) >= edges[scenario]).sum(axis=1).clip(max=len(case.state) - 1)
        reached |= rng.random(reached.shape) < case.hazard[:, scenario]
        shares.append(reached.mean(axis=1))
    return np.stack(shares, axis=1)


def agree(by, shares):
    """Return whether probabilities fit simulated shares: five standard errors of 1e5 paths, at most .008."""
    return bool((np.abs(by - shares) <= 5 * np.sqrt(by * (1 - by) / PATHS) + 1e-9).all())


def test_clocks_equal_simulated_paths(case):
    assert agree(clocks(case), simulated(case, 1))


def test_clocks_equal_the_matrix_power(case):
    found = clocks(case)
    for place, hazard in enumerate(case.hazard):
        survives = case.transition @ np.diag(1.0 - hazard)
        for h in range(case.longest + 1):
            expected = 1.0 - case.state @ np.linalg.matrix_power(survives, h) @ np.ones(len(case.state))
            assert found[place, h] == pytest.approx(expected, abs=1e-13)


# ---------------------------------------------------------------- planted faults


def deciding_before_moving(case):
    survives, waiting = 1.0 - case.hazard, case.state * np.ones_like(case.hazard)
    by = [np.zeros(len(case.hazard))]
    for _ in range(case.longest):
        waiting = (waiting * survives) @ case.transition
        by.append(1.0 - waiting.sum(axis=1))
    return np.stack(by, axis=1)


def a_month_too_early(case):
    by = clocks(case._replace(longest=case.longest + 1))
    return by[:, 1:]


def a_month_too_late(case):
    return np.concatenate([np.zeros((len(case.hazard), 1)), clocks(case)[:, :-1]], axis=1)


def todays_scenario_for_ever(case):
    return clocks(case._replace(transition=np.eye(len(case.state))))


def averaged_hazard(case):
    state, open_, by = case.state, np.ones(len(case.hazard)), [np.zeros(len(case.hazard))]
    for _ in range(case.longest):
        state = state @ case.transition
        open_ = open_ * (1.0 - case.hazard @ state)
        by.append(1.0 - open_)
    return np.stack(by, axis=1)


FAULTS = [deciding_before_moving, a_month_too_early, a_month_too_late, todays_scenario_for_ever, averaged_hazard]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("made", [invented_pair, invented_four])
def test_the_simulation_finds_a_planted_fault(made, fault):
    case = made()
    assert not agree(fault(case), simulated(case, 2))


# ---------------------------------------------------------------- properties and limits


@st.composite
def cases(draw):
    size, milestones = draw(st.integers(2, 5)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharp = draw(st.sampled_from([0.02, 0.3, 3.0]))
    hazard = rng.beta(sharp, 1.0, (milestones, size)) * draw(st.sampled_from([1e-12, 0.05, 1.0]))
    simplex = rng.dirichlet(np.full(size, sharp + 0.05), size + 1)
    return Case(simplex[0], simplex[1:], hazard, draw(st.integers(1, 80)))


@given(case=cases())
def test_a_clock_never_falls_starts_at_zero_and_stays_a_probability(case):
    by = clocks(case)
    assert (by[:, 0] == 0.0).all()
    assert (np.diff(by, axis=1) >= 0.0).all()
    assert by.max() <= 1.0


@given(case=cases(), hazard=st.sampled_from([1e-15, 1e-6, 0.01, 0.3, 0.999]))
def test_equal_hazards_forget_the_chain(case, hazard):
    found = clocks(case, np.full((1, len(case.state)), hazard))[0]
    expected = -np.expm1(np.arange(case.longest + 1) * np.log1p(-hazard))
    # Written as 1 - survival a hazard of 1e-15 would keep no digit.
    np.testing.assert_allclose(found, expected, rtol=1e-11)


@given(case=cases())
def test_a_clock_lies_between_those_of_its_slowest_and_fastest_scenario(case):
    by, months = clocks(case), np.arange(case.longest + 1)
    slow, fast = (1.0 - (1.0 - edge[:, None]) ** months for edge in (case.hazard.min(axis=1), case.hazard.max(axis=1)))
    assert (by >= slow - 1e-12).all()
    assert (by <= fast + 1e-12).all()


def test_limits_of_the_hazard():
    case = invented_pair()
    never, at_once = clocks(case, np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert (never == 0.0).all()
    np.testing.assert_allclose(at_once, np.minimum(np.arange(case.longest + 1), 1), atol=1e-15)


def test_a_scenario_that_is_never_entered_lends_no_hazard():
    stays = Case(np.array([1.0, 0.0]), np.eye(2), np.array([[0.0, 0.9]]), 12)
    assert (clocks(stays) == 0.0).all()


def test_a_scenario_entered_next_month_counts_next_month():
    # Sure to move now, and sure to decide there: reached in month 1. Deciding before moving would give 0, then 1.
    moves = Case(np.array([1.0, 0.0]), np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0.0, 0.25]]), 3)
    np.testing.assert_allclose(clocks(moves)[0], [0.0, 0.25, 0.4375, 0.578125], atol=1e-15)


# ---------------------------------------------------------------- from a fit


def milestones_of(framework):
    return list(dict.fromkeys(one.milestone for one in framework.judgements))


STATES = ("unclear", "occurred", "open", "not known")


def a_fit(world, seed=3, draws=20):
    """Return a fit of prior draws, in which every state of a milestone stands, and its framework."""
    rng, sample = np.random.default_rng(seed), (names.CHAIN, names.DRAW)
    priors = world.hyperparameters.priors
    drawn = {
        name: priors[name].sample(rng, 2 * draws).reshape(2, draws, *priors[name].shape)
        for name in (
            names.MILESTONE_CHANCE,
            names.MILESTONE_CLARITY,
            names.MILESTONE_SHIFT,
            names.DWELL,
            names.EXIT,
        )
    }
    transition = transition_matrix(drawn.pop(names.DWELL), drawn.pop(names.EXIT))
    filtered = rng.dirichlet([4.0, 1.5, 0.5], (2, draws, 3))
    arrays = {name: ((*sample, *priors[name].dims), values) for name, values in drawn.items()}
    arrays[names.TRANSITION] = ((*sample, names.SCENARIO, names.NEXT_SCENARIO), transition)
    arrays[names.FILTERED] = ((*sample, names.TIME, names.SCENARIO), filtered)
    labels = milestones_of(world.framework)
    known = {
        "milestone_state": ((names.MILESTONE,), [STATES[place % 4] for place in range(len(labels))]),
        "milestone_day": ((names.MILESTONE,), np.full(len(labels), "2024-05-06", dtype="datetime64[ns]")),
    }
    constant = xr.Dataset(known, coords={names.MILESTONE: labels})
    return xr.DataTree.from_dict({"/posterior": xr.Dataset(arrays), "/constant_data": constant}), world.framework


@pytest.fixture(scope="module")
def fitted(flagship):
    return a_fit(flagship)


def test_a_milestone_that_occurred_has_no_clock(flagship, fitted):
    states = {one.milestone: one.state for one in standings(fitted[0])}
    assert list(states) == milestones_of(flagship.framework)
    found = milestone_by(*fitted, 12)
    assert found.dims == (names.CHAIN, names.DRAW, names.MILESTONE, names.HORIZON)
    assert [str(label) for label in found[names.MILESTONE].to_numpy()] == [
        label for label, state in states.items() if state != "occurred"
    ]
    assert found.sizes[names.MILESTONE] == len(states) - list(states.values()).count("occurred") < len(states)


def test_every_draw_has_the_clock_of_its_own_parameters(fitted):
    tree, framework = fitted
    found = milestone_by(tree, framework, 60)
    posterior = tree["posterior"].to_dataset()
    shared = [one.milestone for one in framework.judgements if one.shared]
    for chain, draw in ((0, 0), (0, 7), (1, 19)):
        one = posterior.isel({names.CHAIN: chain, names.DRAW: draw})
        hazard = of_judgements(framework, one[names.MILESTONE_CHANCE].to_numpy())
        for place, label in enumerate(shared):
            row = milestones_of(framework).index(label)
            hazard[row] = 1.0 - (1.0 - hazard[row]) ** np.exp(one[names.MILESTONE_SHIFT].to_numpy()[place])
        hazard = 1.0 - (1.0 - hazard) ** one[names.MILESTONE_CLARITY].to_numpy()[:, None]
        assert np.ptp(hazard[milestones_of(framework).index(shared[0])]) > 0
        state, transition = one[names.FILTERED].to_numpy()[-1], one[names.TRANSITION].to_numpy()
        for label in found[names.MILESTONE].to_numpy():
            survives = transition @ np.diag(1.0 - hazard[milestones_of(framework).index(label)])
            expected = [1.0 - (state @ np.linalg.matrix_power(survives, h)).sum() for h in (0, 1, 12, 60)]
            clock = found.isel({names.CHAIN: chain, names.DRAW: draw}).sel({names.MILESTONE: label})
            np.testing.assert_allclose(clock.sel({names.HORIZON: [0, 1, 12, 60]}), expected, atol=1e-12)


def test_a_chance_elicited_for_every_scenario_is_met_at_its_horizon(flagship):
    # One judgement for all, no deviation, every step clear: by its horizon the clock shows the elicited chance,
    # whatever the chain.
    label = milestones_of(flagship.framework)[0]
    framework = replace(flagship.framework, judgements=(Judgement(label, "all", 2.5, "listed"),))
    tree, _ = a_fit(flagship)
    chance = np.random.default_rng(8).uniform(0.05, 0.95, (2, 20, 1))
    posterior = tree["posterior"].to_dataset().drop_dims([names.JUDGEMENT, names.SHARED_MILESTONE, names.MILESTONE])
    sample = (names.CHAIN, names.DRAW)
    hazards = {
        names.MILESTONE_CHANCE: ((*sample, names.JUDGEMENT), chance),
        names.MILESTONE_SHIFT: ((*sample, names.SHARED_MILESTONE, names.SCENARIO), np.zeros((2, 20, 1, 3))),
        names.MILESTONE_CLARITY: ((*sample, names.MILESTONE), np.ones((2, 20, 1))),
    }
    known = tree["constant_data"].to_dataset().sel({names.MILESTONE: [label]})
    fit = xr.DataTree.from_dict({"/posterior": posterior.assign(hazards), "/constant_data": known})
    found = milestone_by(fit, framework, 30).sel({names.HORIZON: 30}).to_numpy()
    np.testing.assert_allclose(found, chance, rtol=1e-12)
    assert framework.judgements[0].horizon_months == 30


def test_a_fit_without_shared_milestones_has_clocks_too(flagship):
    tree, framework = a_fit(flagship)
    own = tuple(one for one in framework.judgements if not one.shared)
    labels = list(dict.fromkeys(one.milestone for one in own))
    kept = [place for place, one in enumerate(framework.judgements) if not one.shared]
    places = [milestones_of(framework).index(label) for label in labels]
    posterior = tree["posterior"].to_dataset().drop_vars(names.MILESTONE_SHIFT)
    posterior = posterior.isel({names.JUDGEMENT: kept, names.MILESTONE: places})
    known = tree["constant_data"].to_dataset().sel({names.MILESTONE: labels})
    fit = xr.DataTree.from_dict({"/posterior": posterior, "/constant_data": known})
    found = milestone_by(fit, replace(framework, judgements=own), 24)
    expected = milestone_by(tree, framework, 24).sel({names.MILESTONE: found[names.MILESTONE]})
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_what_is_published_averages_clocks_and_not_parameters():
    # Half the draws are sure of a scenario that decides at once, half of one that never does, and nothing moves.
    state, stays = np.array([[1.0, 0.0], [0.0, 1.0]]), np.stack([np.eye(2)] * 2)
    rate = -np.log1p(-np.array([[[0.5, 0.0]]] * 2))
    by = reached_by(state, stays, rate, 2)
    array = xr.DataArray(by[None], dims=(names.CHAIN, names.DRAW, names.MILESTONE, names.HORIZON))
    found = published_clocks(xr.Dataset({names.MILESTONE_BY: array}), 0.001).to_numpy()[0]
    np.testing.assert_allclose(found, [0.25, 0.375], rtol=1e-14)
    skewed = np.array([[0.9, 0.1], [0.1, 0.9]])
    slow_and_fast = -np.log1p(-np.array([[[0.6, 0.6]], [[0.001, 0.001]]]))
    mean = reached_by(skewed, stays, slow_and_fast, 24)[:, 0, 24].mean()
    averaged = slow_and_fast.mean(axis=0, keepdims=True)
    of_averages = reached_by(skewed.mean(axis=0)[None], stays[:1], averaged, 24)[0, 0, 24]
    assert mean == pytest.approx(0.5 * (1 - 0.4**24) + 0.5 * (1 - 0.999**24), rel=1e-12)
    assert of_averages - mean > 0.4


def test_nothing_published_is_zero_or_one_and_horizon_zero_is_left_out():
    by = np.array([[[[0.0, 0.0, 0.5, 1.0]]]])
    array = xr.DataArray(
        by, dims=(names.CHAIN, names.DRAW, names.MILESTONE, names.HORIZON), coords={names.HORIZON: range(4)}
    )
    found = published_clocks(xr.Dataset({names.MILESTONE_BY: array}), 0.002)
    assert found[names.HORIZON].to_numpy().tolist() == [1, 2, 3]
    np.testing.assert_allclose(found.to_numpy()[0], [0.002, 0.5, 0.998])


def test_a_fit_that_does_not_say_how_its_milestones_stand_is_named(fitted):
    older = {"/posterior": fitted[0]["posterior"].to_dataset(), "/constant_data": xr.Dataset()}
    with pytest.raises(RunError, match=r"does not say how its milestones stand.*fit the month again"):
        standings(xr.DataTree.from_dict(older))
