"""Surprise by indicator: proper chances, the family's own likelihood, and the false alarms it promises."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.evaluate._simulate import draw_truth, simulate_panel
from indicast.forecast import _sightings as sighted
from indicast.forecast import _surprise as room
from indicast.forecast._surprise import predicted, surprises_of
from indicast.generative import emission, shocks
from indicast.generative.families import EMISSIONS, Setting
from indicast.panel import used_months


@pytest.fixture(params=["harbour", "flagship", "mill"])
def world(request):
    return request.getfixturevalue(request.param)


def setting_of(world):
    return Setting(world.framework, world.hyperparameters, used_months(world.panel))


def cut(draws, months):
    """Return draws with innovations of the used months only."""
    innovations = (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION)
    return {name: values[:, :months] if name in innovations else values for name, values in draws.items()}


@pytest.fixture
def drawn(world):
    """Return a setting and draws from the priors for its months."""
    setting = setting_of(world)
    return setting, cut(world.draws(31, 5), setting.panel.sizes[names.TIME])


def test_chances_of_all_outcomes_add_up_to_one(drawn):
    setting, draws = drawn
    found = list(sighted.sightings(draws, setting, 0))
    assert found
    for one in found:
        # Counted outcomes end twelve standard deviations out; a grid of 481 places integrates a t of 4 degrees to 1e-4.
        counted = (one.measure == 1.0).all()
        total = one.chance @ one.measure
        np.testing.assert_allclose(total, 1.0, atol=1e-6 if counted else 0.02)
        assert one.seen.shape == total.shape == (5, setting.framework.table.expected.shape[1])


def test_what_was_seen_has_the_familys_own_likelihood_when_shocks_are_off(drawn):
    setting, draws = drawn
    draws = draws | {name: 0.0 * draws[name] for name in (names.GLOBAL_SCALE, names.GROUP_SCALE)}
    felt = emission.with_climate(draws, setting.framework)
    months, listed = setting.panel.sizes[names.TIME], ~setting.framework.residual
    for name in set(setting.framework.families) & set(sighted.SEEN_BY):
        total = np.zeros((5, months, int(listed.sum())))
        for one in sighted.SEEN_BY[name](draws, setting, 0):
            total[:, one.time] += np.log(one.seen)
        expected = EMISSIONS[name].log_emission(felt, setting)[..., listed]
        if name == "share":  # the density of a share has a Jacobian that of its logit has not; it is no evidence
            total, expected = (part - part[..., :1] for part in (total, expected))
        np.testing.assert_allclose(total, expected, atol=1e-8, err_msg=name)


def test_the_next_months_shock_is_blurred_as_simulated_ones_are(harbour):
    setting = setting_of(harbour)
    months = setting.panel.sizes[names.TIME]
    draws = cut(harbour.draws(32, 1), months)
    mean, variance = sighted.expected_climate(draws, setting)
    rng, size = np.random.default_rng(33), 20_000
    many = {name: np.repeat(values, size, axis=0) for name, values in draws.items()}
    for t in (0, 4):
        for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION):
            many[name] = np.repeat(draws[name], size, axis=0)
            many[name][:, t] = rng.standard_normal(many[name][:, t].shape)
        found = shocks.climate(many, emission.group_of(harbour.framework))[:, t]
        error = np.sqrt(variance[0, t] / size)
        assert (np.abs(found.mean(axis=0) - mean[0, t]) < 4.5 * error).all()
        np.testing.assert_allclose(found.var(axis=0), variance[0, t], rtol=0.05)  # standard error .01


def sighting(chance, measure, seen):
    """Return a sighting of one draw and one scenario."""
    return sighted.Sighting(0, 0, np.array(chance)[None, None], np.array(measure), np.array([[seen]]), np.zeros(1), 0.0)


def test_surprise_of_three_sightings_equals_enumeration():
    chances = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.6, 0.3, 0.1]]
    said = (2, 0, 2)
    seen = [sighting(p, [1.0] * 3, p[y]) for p, y in zip(chances, said, strict=True)]
    found = room._surprise("tone", seen, np.ones((1, 1, 1)), np.random.default_rng(34))
    assert found.sightings == 3
    assert found.seen == pytest.approx(-np.log(0.1 * 0.5 * 0.1))
    assert found.expected == pytest.approx(sum(stats.entropy(p) for p in chances))
    variances = [np.dot(p, np.log(p) ** 2) - stats.entropy(p) ** 2 for p in chances]
    assert found.spread == pytest.approx(np.sqrt(sum(variances)))
    assert found.standardised == pytest.approx((found.seen - found.expected) / found.spread)
    joint = [float(np.prod([p[y] for p, y in zip(chances, ys, strict=True)])) for ys in product(range(3), repeat=3)]
    exact = sum(p for p in joint if -np.log(p) >= found.seen - 1e-9)
    assert found.chance == pytest.approx(exact, abs=4.0 * np.sqrt(exact / room.SIMULATIONS))


def test_expected_surprise_of_a_reading_is_its_differential_entropy(mill):
    setting = setting_of(mill)
    draws = cut(mill.draws(35, 1), setting.panel.sizes[names.TIME])
    alone = np.zeros((1, 3))
    alone[0, 1] = 1.0
    tail = mill.hyperparameters.number("level_tail")
    closed = {
        "share": stats.norm.entropy(scale=draws[names.SHARE_SCALE][0, 0]),
        "level": stats.t.entropy(tail, scale=draws[names.LEVEL_SCALE][0, 0]),
    }
    for name, entropy in closed.items():
        for one in sighted.SEEN_BY[name](draws, setting, 0):
            chance, surprise, _ = room._mixed(one, alone)
            assert chance @ surprise == pytest.approx(entropy, abs=0.01), name


def test_the_mixture_weighs_scenarios_by_what_was_predicted_and_averages_draws():
    one = sighted.Sighting(
        0,
        0,
        np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.4, 0.6]]]),
        np.ones(2),
        np.array([[0.1, 0.8], [0.5, 0.6]]),
        np.zeros(2),
        0.0,
    )
    chance, surprise, said = room._mixed(one, np.array([[0.25, 0.75], [1.0, 0.0]]))
    first = (0.25 * 0.9 + 0.75 * 0.2 + 0.5) / 2.0
    np.testing.assert_allclose(chance, [first, 1.0 - first])
    np.testing.assert_allclose(surprise, -np.log(chance))
    assert said == pytest.approx(-np.log(1.0 - first))


def test_predictions_know_the_months_before_and_not_the_month_itself():
    filtered = np.array([[[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]])
    transition, initial = np.array([[[0.75, 0.25], [0.1, 0.9]]]), np.array([[0.6, 0.4]])
    found = predicted(filtered, transition, initial)
    np.testing.assert_allclose(found[0, 0], [0.6, 0.4])
    np.testing.assert_allclose(found[0, 1], [0.9 * 0.75 + 0.1 * 0.1, 0.9 * 0.25 + 0.1 * 0.9])
    filtered[0, 2] = [1.0, 0.0]
    np.testing.assert_array_equal(predicted(filtered, transition, initial), found)


def test_only_the_window_counts_and_months_before_it_do_not(mill):
    setting = setting_of(mill)
    months = setting.panel.sizes[names.TIME]
    draws = cut(mill.draws(36, 2), months)
    ahead = np.full((2, months, 4), 0.25)
    found = surprises_of(draws, setting, ahead, 6, np.random.default_rng(37))
    used = setting.panel["cell_used"].to_numpy() & (setting.panel["cell_time"].to_numpy() >= months - 6)
    cells = np.bincount(setting.panel["cell_indicator"].to_numpy()[used], minlength=12)
    by_name = {one.indicator: one.sightings for one in found}
    assert by_name["wheel_repairs"] == cells[mill.framework.indicators.index("wheel_repairs")]
    assert by_name["loads"] == 6
    assert [one.indicator for one in found] == [name for name in mill.framework.indicators if name in by_name]


def worlds_of_the_set(world, number):
    """Return the chance of every indicator's surprise in worlds that follow the listed scenarios; all known."""
    setting, found = setting_of(world), []
    months, listed = setting.panel.sizes[names.TIME], len(world.framework.table.expected.T)
    for w in range(number):
        rng = np.random.default_rng(np.random.SeedSequence(38, spawn_key=(w,)))
        truth = draw_truth(world.framework, world.hyperparameters, months, rng)
        state = int(rng.integers(listed))
        path = np.full(months, state)
        panel = simulate_panel(world.framework, world.hyperparameters, setting.panel, truth, path, rng)
        ahead = np.tile(np.eye(len(world.framework.scenarios))[state], (1, months, 1))
        seen = Setting(world.framework, world.hyperparameters, panel)
        found += [one.chance for one in surprises_of(truth, seen, ahead, 6, rng)]
    return np.array(found)


def test_in_worlds_of_the_set_an_indicator_is_unexplained_no_more_often_than_declared(mill):
    chances = worlds_of_the_set(mill, 60)
    assert len(chances) >= 60 * 11
    for limit in (0.05, 0.2):
        # Indicators of a world share its shocks, so the band is that of half as many independent ones.
        assert (chances <= limit).sum() <= 2 * stats.binom.ppf(0.999, len(chances) // 2, limit)
        assert (chances <= limit).mean() > limit / 3  # not so cautious that nothing could be found


def test_of_a_single_month_the_start_is_what_was_foreseen():
    initial = np.array([[0.2, 0.8], [0.5, 0.5]])
    found = predicted(np.full((2, 1, 2), 0.5), np.broadcast_to(np.eye(2), (2, 2, 2)), initial)
    np.testing.assert_array_equal(found, initial[:, None])
