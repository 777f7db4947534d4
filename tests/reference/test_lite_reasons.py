"""Why lite and the full model differ: parts that add up, and nothing where nothing was simplified."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.explain import SIMPLIFICATIONS, lite_reasons
from indicast.explain import _lite as room
from indicast.generative import emission
from indicast.generative.families import Setting
from indicast.generative.lite import lite, point_draws
from indicast.panel import used_months


def tree_of(world, draws):
    """Return draws as the posterior of two chains, cut to the months that are used."""
    months, size = int(world.panel.attrs["months"]), len(draws[names.DWELL])
    variables = {}
    for name, values in draws.items():
        if name == names.STRENGTH:
            continue
        cut = values[:, :months] if name in {names.GLOBAL_INNOVATION, names.GROUP_INNOVATION} else values
        dims = (names.CHAIN, names.DRAW, *(f"{name}_{axis}" for axis in range(cut.ndim - 1)))
        variables[name] = (dims, cut.reshape(2, size // 2, *cut.shape[1:]))
    return xr.DataTree.from_dict({"/posterior": xr.Dataset(variables)})


def full_now(world, draws):
    """Return the mean over draws of the full twin's probabilities for the last month."""
    evidence = emission.log_emission(draws, world.framework, world.hyperparameters, world.panel)
    return emission.run_chain(draws, evidence).filtered[:, int(world.panel.attrs["months"]) - 1].mean(axis=0)


def test_parts_add_up_to_the_full_model_less_lite(world):
    draws = world.draws(5, 24)
    found = lite_reasons(tree_of(world, draws), world.framework, world.hyperparameters, world.panel)
    assert tuple(found) == SIMPLIFICATIONS
    simple = lite(world.framework, world.hyperparameters, world.panel).now
    np.testing.assert_allclose(sum(found.values()), full_now(world, draws) - simple, atol=1e-12)
    np.testing.assert_allclose([values.sum() for values in found.values()], 0.0, atol=1e-12)
    assert max(np.abs(values).max() for values in found.values()) > 0.02


def test_a_posterior_at_the_point_values_leaves_only_the_exponent_to_explain(world):
    point = point_draws(Setting(world.framework, world.hyperparameters, used_months(world.panel)))
    draws = {name: np.repeat(values, 4, axis=0) for name, values in point.items()}
    found = lite_reasons(tree_of(world, draws), world.framework, world.hyperparameters, world.panel)
    for name in set(SIMPLIFICATIONS) - {room.SHOCKS}:
        np.testing.assert_allclose(found[name], 0.0, atol=1e-12)
    assert np.abs(found[room.SHOCKS]).max() > 0.01


def test_a_part_is_the_mean_over_all_orders_of_switching():
    rng = np.random.default_rng(6)
    players = frozenset("abcd")
    worth = {coalition: rng.standard_normal(2) for coalition in room._coalitions(players)}
    for player in players:
        joined = [order[: order.index(player)] for order in permutations(players)]
        mean = np.mean([worth[frozenset((*before, player))] - worth[frozenset(before)] for before in joined], axis=0)
        np.testing.assert_allclose(room._shapley(player, worth), mean, atol=1e-12)


def test_every_parameter_belongs_to_one_simplification_and_new_ones_are_not_lost():
    assert room.player_of(names.TILT_Z) == "reporting"
    assert room.player_of("a_parameter_of_tomorrow") == room.OTHERS
    members = [name for names_ in room.LEARNED.values() for name in names_]
    assert len(members) == len(set(members))


def test_a_learned_tilt_towards_a_scenario_counts_against_it_and_shows_nowhere_else(flagship):
    """Plant one cause: every indicator reads one unit high, which the full model knows and lite does not."""
    point = point_draws(Setting(flagship.framework, flagship.hyperparameters, used_months(flagship.panel)))
    draws = {name: np.repeat(values, 4, axis=0) for name, values in point.items()}
    draws[names.TILT_MEAN] = draws[names.TILT_MEAN] + 1.0
    tree = tree_of(flagship, draws)
    found = lite_reasons(tree, flagship.framework, flagship.hyperparameters, flagship.panel)
    assert found["reporting"][0] < -0.05
    assert found["reporting"][2] > 0.0 or found["reporting"][1] > 0.0
    for name in set(SIMPLIFICATIONS) - {room.SHOCKS, "reporting"}:
        np.testing.assert_allclose(found[name], 0.0, atol=1e-12)


def test_no_more_draws_are_used_than_allowed_and_they_are_spread_evenly(harbour, monkeypatch):
    monkeypatch.setattr(room, "MOST_DRAWS", 5)
    draws = harbour.draws(7, 40)
    setting = Setting(harbour.framework, harbour.hyperparameters, used_months(harbour.panel))
    learned = room._learned(tree_of(harbour, draws), setting)
    np.testing.assert_array_equal(learned[names.TILT_MEAN], draws[names.TILT_MEAN][[0, 10, 20, 29, 39]])


@pytest.mark.parametrize("missing", [names.TILT_Z, names.MARKS_OF_PRESENT])
def test_what_a_posterior_does_not_hold_stays_at_its_point_value(harbour, missing):
    draws = harbour.draws(8, 6)
    tree = tree_of(harbour, {name: values for name, values in draws.items() if name != missing})
    point = point_draws(Setting(harbour.framework, harbour.hyperparameters, used_months(harbour.panel)))
    same = {**draws, missing: np.repeat(point[missing], 6, axis=0)}
    found = [
        lite_reasons(one, harbour.framework, harbour.hyperparameters, harbour.panel)
        for one in (tree, tree_of(harbour, same))
    ]
    for name in SIMPLIFICATIONS:
        np.testing.assert_allclose(found[0][name], found[1][name], atol=1e-12)
