"""Marks reach model and twin through the panel, and are simulated by the likelihood that reads them."""

from dataclasses import replace

import numpy as np
import pytensor
import pytest
from pytensor.graph.replace import graph_replace
from scipy import special

from indicast import names
from indicast.generative import emission, marks
from indicast.generative.families import Setting
from indicast.generative.model import EVIDENCE, build_model, model_data

WORLDS = ["harbour", "orchard_residual", "flagship", "rated"]


@pytest.fixture(params=WORLDS)
def world(request):
    return request.getfixturevalue(request.param)


def other_marks(world, seed):
    """Return the panel with every mark drawn anew."""
    rng, panel = np.random.default_rng(seed), world.panel
    return panel.assign(
        {
            name: (panel[name].dims, rng.integers(-1, 2, panel[name].shape))
            for name in ("mark", "rating_mark")
            if name in panel
        }
    )


def evidence(world, panel, draws):
    terms = emission.log_emission(draws, world.framework, world.hyperparameters, panel)
    return emission.run_chain(draws, terms).log_marginal


def test_a_model_built_once_follows_new_marks_as_the_twin_does(world):
    model = build_model(world.framework, world.hyperparameters, world.panel)
    draws = world.draws(20260401, 3)
    inputs = [rv.type(rv.name) for rv in model.free_RVs]
    potential = graph_replace(model[EVIDENCE], dict(zip(model.free_RVs, inputs, strict=True)), strict=False)
    density = pytensor.function(inputs, potential, mode="FAST_COMPILE")
    points = [[np.asarray(draws[rv.name][place], dtype=float) for rv in model.free_RVs] for place in range(3)]
    before = evidence(world, world.panel, draws)
    for seed in (1, 2):
        panel = other_marks(world, seed)
        for name, (_, values) in model_data(world.framework, panel).items():
            model[name].set_value(values.astype(model[name].dtype))
        expected = evidence(world, panel, draws)
        np.testing.assert_allclose([float(density(*point)) for point in points], expected, atol=1e-9)
        assert np.abs(expected - before).min() > 0.1


def test_a_panel_has_marks_only_where_the_table_enters_by_them(orchard, orchard_history, orchard_labels, rated):
    assert "mark" in orchard.panel
    assert "rating_mark" not in orchard.panel
    assert "rating_mark" in rated.panel
    for world in (orchard_history, orchard_labels):
        assert "mark" not in world.panel
        assert "mark" not in model_data(world.framework, world.panel)


def test_simulated_marks_leave_the_prior_strength_of_an_indicator_as_it_is(harbour):
    draws = harbour.draws(3, 2)
    seen = marks.as_seen(harbour.framework.table, other_marks(harbour, 4))
    assert (seen.marks != harbour.framework.table.marks).any()
    assert (seen.diagnosticity != harbour.framework.table.diagnosticity).any()
    np.testing.assert_array_equal(
        emission.strengths(draws, harbour.framework, harbour.hyperparameters), draws[names.STRENGTH]
    )


def mark_terms(world, felt, found):
    """Return log p(marks | scenario) of the first draw; dims (scenario)."""
    table = world.framework.table
    single = replace(table.ratings, mark=found["rating_mark"]) if "rating_mark" in found else table.ratings
    seen = replace(table, marks=found["mark"], ratings=single)
    first = felt["climate"][:, 0]
    return marks.log_emission(felt, seen, world.hyperparameters, first, world.framework.residual)[0]


# E[p(marks | j) / p(marks | k)] = 1 over marks simulated under k: any fault of the simulator that the likelihood could
# see moves it. Means of 600 ratios, within four of their own standard errors; marks of the scenario before miss by far.
def test_the_likelihood_ratio_of_simulated_marks_has_mean_one(world):
    felt = world.felt(20260402, 1)
    felt[names.STRENGTH] = 0.5 * felt[names.STRENGTH]  # weaker: ratios of strong tables have no useful variance
    setting = Setting(world.framework, world.hyperparameters, world.panel)
    rng, scenarios, wrong = np.random.default_rng(5), len(world.framework.scenarios), []
    for scenario in range(scenarios):
        found = [marks.simulate_seen(felt, setting, scenario, rng) for _ in range(600)]
        terms = np.array([mark_terms(world, felt, one) for one in found])
        off = _off_by(np.exp(terms - terms[:, [scenario]]))
        assert off < 4.0
        wrong.append(_off_by(np.exp(terms - terms[:, [scenario - 1]])))
    assert max(wrong) > 5.0


def _off_by(ratios):
    """Return by how many standard errors the mean ratio of any scenario misses one."""
    error = ratios.std(axis=0) / np.sqrt(len(ratios))
    varied = error > 1e-9
    assert error.max() < 0.5
    return (np.abs(ratios.mean(axis=0) - 1.0)[varied] / error[varied]).max()


def test_marks_of_a_clear_world_fit_the_scenario_that_held(harbour):
    felt = harbour.felt(6, 1)
    felt[names.STRENGTH] = np.full_like(felt[names.STRENGTH], 4.0)
    felt["climate"] = np.zeros_like(felt["climate"])
    felt[names.MARKS_OF_PRESENT] = np.array([1.0])
    setting, rng = Setting(harbour.framework, harbour.hyperparameters, harbour.panel), np.random.default_rng(7)
    for scenario in range(4):
        found = [marks.simulate_seen(felt, setting, scenario, rng) for _ in range(60)]
        terms = np.array([mark_terms(harbour, felt, one) for one in found])
        assert np.mean(special.softmax(terms, axis=1)[:, scenario]) > 0.6, scenario
