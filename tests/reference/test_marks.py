"""Marks as data: the anchor of the design by quadrature, and what marks can reveal."""

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.generative import marks
from indicast.workspace import Table

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
TAU, OMEGA = 0.67, 0.8


def probit(eta):
    """Return P(-), P(0), P(+) by scipy; dims (..., direction)."""
    low, high = stats.norm.cdf(-TAU - eta), stats.norm.sf(TAU - eta)
    return np.stack([low, 1.0 - low - high, high], axis=-1)


def by_quadrature(framework, hyperparameters, base, shock):
    """Return P(scenario | marks) from a uniform prior, integrating the global and each group's shock."""
    table = framework.table
    likelihood = marks.state_likelihood(*marks.mark_tables(table, hyperparameters), np.array(OMEGA))
    strength = base * (0.25 + 0.75 * table.diagnosticity)
    group = [indicator.group for indicator in framework.declaration.indicators]
    evidence = np.zeros(table.expected.shape[1])
    for k in range(evidence.size):
        given_common = np.ones(NODES.size)
        for name in framework.groups:
            members = [i for i, one in enumerate(group) if one == name]
            tilt = shock * (NODES[:, None] + NODES[None, :])  # common, own
            inside = np.ones_like(tilt)
            for i in members:
                inside *= probit(strength[i] * table.expected[i, k] + tilt) @ likelihood[i]
            given_common *= inside @ WEIGHTS
        evidence[k] = given_common @ WEIGHTS
    return evidence / evidence.sum()


# model.md section 3 and methods.md 2.3. The quadrature is exact to 1e-8 (20 nodes more change nothing there), so the
# tolerance is the half unit of the printed digits; b = 0 or groups that share one shock would move STR by .04 or more.
ANCHORS = [
    (0.4, 0.5, (0.663, 0.291, 0.046)),
    (0.5, 0.5, (0.714, 0.260, 0.026)),
    (0.6, 0.5, (0.755, 0.231, 0.014)),
    (0.5, 0.6, (0.674, 0.286, 0.040)),
    (0.4, 0.7, (0.593, 0.324, 0.083)),
    (0.8, 0.7, (0.745, 0.240, 0.014)),
    (0.4, 0.0, (0.879, 0.120, 0.001)),
    (0.8, 0.0, (0.967, 0.033, 0.000)),
]


@pytest.mark.parametrize(("base", "shock", "expected"), ANCHORS)
def test_marks_give_the_anchor_of_the_design(flagship, base, shock, expected):
    found = by_quadrature(flagship.framework, flagship.hyperparameters, base, shock)
    np.testing.assert_allclose(found, expected, atol=0.001)


def test_the_anchor_lies_inside_the_papers_bands_and_naive_bayes_does_not(flagship):
    with_shocks = by_quadrature(flagship.framework, flagship.hyperparameters, 0.5, 0.5)
    naive = by_quadrature(flagship.framework, flagship.hyperparameters, 0.5, 0.0)
    assert with_shocks[0] >= 0.70
    assert 0.20 <= with_shocks[1] <= 0.55
    assert 0.01 <= with_shocks[2] < 0.30
    assert naive[2] < 0.002


def anchor_draws(world, size):
    """Return the anchor's parameters with shocks drawn at t = 0; climate dims (draw, indicator)."""
    rng = np.random.default_rng(1)
    framework = world.framework
    group = np.array([framework.groups.index(indicator.group) for indicator in framework.declaration.indicators])
    climate = 0.5 * rng.standard_normal((size, 1)) + 0.5 * rng.standard_normal((size, len(framework.groups)))[:, group]
    strength = np.tile(0.5 * (0.25 + 0.75 * framework.table.diagnosticity), (size, 1))
    draws = {
        names.STRENGTH: strength,
        names.THRESHOLD: np.full(size, TAU),
        names.MARKS_OF_PRESENT: np.full(size, OMEGA),
    }
    return draws, climate


def test_the_packages_own_emission_averages_to_the_anchor(flagship):
    draws, climate = anchor_draws(flagship, 60_000)
    terms = marks.log_emission(draws, flagship.framework.table, flagship.hyperparameters, climate)
    weight = np.exp(terms)
    found = weight.mean(axis=0) / weight.mean(axis=0).sum()
    # Monte Carlo error of each share by the delta method, four of them (about .005).
    centred = weight / weight.mean(axis=0).sum() - found * (
        weight.sum(axis=1, keepdims=True) / weight.mean(axis=0).sum()
    )
    error = 4.0 * centred.std(axis=0) / np.sqrt(len(weight))
    assert error.max() < 0.01
    assert (np.abs(found - [0.714, 0.260, 0.026]) < error + 0.0005).all()


def explicit(table, hyperparameters, omega, eta):
    """Return log p(marks | scenario) by loops: eta dims (indicator, scenario)."""
    present, support = hyperparameters.array("mark_if_present"), hyperparameters.array("mark_if_support")
    column = {1: 0, 0: 1, -1: 2}  # + = -
    total = np.zeros(eta.shape[1])
    for k in range(eta.shape[1]):
        for i in range(eta.shape[0]):
            chance = 0.0
            for y, p in zip((-1, 0, 1), probit(eta[i, k]), strict=True):
                product = p
                for other in range(eta.shape[1]):
                    mark = column[int(table.marks[i, other])]
                    steps = abs(y - int(table.expected[i, other]))
                    product *= omega * present[steps, mark] + (1 - omega) * support[mark]
                chance += product
            total[k] += np.log(chance)
    return total


def test_emission_equals_a_loop_over_states_and_cells(world):
    rng = np.random.default_rng(2)
    table = world.framework.table
    indicators = table.marks.shape[0]
    strength, climate = rng.lognormal(-0.5, 0.5, (2, indicators)), rng.normal(0.2, 0.7, (2, indicators))
    omega = np.array([0.35, 0.9])
    draws = {names.STRENGTH: strength, names.THRESHOLD: np.full(2, TAU), names.MARKS_OF_PRESENT: omega}
    found = marks.log_emission(draws, table, world.hyperparameters, climate)
    for s in range(2):
        eta = strength[s][:, None] * table.expected + climate[s][:, None]
        np.testing.assert_allclose(
            found[s], explicit(table, world.hyperparameters, omega[s], eta), rtol=1e-12, atol=1e-12
        )


class Revealing:
    """Constants under which a mark shows how far the state is from the descriptor, without error."""

    def array(self, name):
        return np.eye(3) if name == "mark_if_present" else np.array([0.70, 0.25, 0.05])


@pytest.mark.parametrize("state", [-1, 0, 1])
def test_marks_that_cannot_err_reveal_the_state_exactly(state):
    expected = np.array([[1, 0, -1], [1, 1, -1], [-1, 0, 1]])
    table = Table(expected, 1 - np.abs(state - expected), ())  # distance 0, 1, 2 shows as + = -
    found = marks.state_likelihood(*marks.mark_tables(table, Revealing()), np.array(1.0))
    np.testing.assert_array_equal(found, np.tile(np.array([-1, 0, 1]) == state, (3, 1)).astype(float))


def test_marks_that_only_speak_of_support_say_nothing_about_the_scenario(world):
    draws, climate = anchor_draws(world, 3)
    draws[names.MARKS_OF_PRESENT] = np.zeros(3)
    found = marks.log_emission(draws, world.framework.table, world.hyperparameters, climate)
    np.testing.assert_allclose(found, np.tile(found[:, :1], found.shape[1]), atol=1e-12)


def test_indicators_of_no_strength_say_nothing_about_the_scenario(world):
    draws, climate = anchor_draws(world, 3)
    draws[names.STRENGTH] = np.zeros_like(draws[names.STRENGTH])
    found = marks.log_emission(draws, world.framework.table, world.hyperparameters, climate)
    np.testing.assert_allclose(found, np.tile(found[:, :1], found.shape[1]), atol=1e-12)


def test_states_that_the_experts_saw_are_read_as_in_the_design(flagship):
    # methods.md 2.3: y = + with probability .94 or more for the first rows, flat favoured for command, opinion, ...
    likelihood = marks.state_likelihood(
        *marks.mark_tables(flagship.framework.table, flagship.hyperparameters), np.array(OMEGA)
    )
    state = dict(zip(flagship.framework.indicators, likelihood / likelihood.sum(axis=1, keepdims=True), strict=True))
    for name in ("exercises", "exercise_posture", "russian_forces", "leadership_stability", "military_bases"):
        assert state[name][2] >= 0.935, name
    flat = {"joint_command": 0.90, "public_support": 0.92, "officer_training": 0.70, "defence_orders": 0.70}
    for name, chance in (flat | {"armament_modernisation": 0.67}).items():
        assert state[name][1] == pytest.approx(chance, abs=0.005), name
    assert state["integration_directions"][2] == pytest.approx(0.73, abs=0.005)
    np.testing.assert_allclose(state["international_pressure"], [0.23, 0.55, 0.23], atol=0.006)
