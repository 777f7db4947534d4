"""What the priors imply: the flagship's gates hold, and priors that shout are refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.evaluate import (
    PriorWorlds,
    draw_path,
    draw_truth,
    draw_worlds,
    expected_evidence,
    jumps,
    packed_evidence,
    prior_gates,
    share_with_error,
)
from indicast.evaluate._simulate import simulate_families
from indicast.generative.chain import transition_matrix
from indicast.generative.emission import with_climate
from indicast.generative.families import EMISSIONS, Setting
from indicast.panel import Sizes, Vintage, build_panel, last_day, used_months

WORLDS = 60


def limited(world, **changes):
    """Return the framework with fewer simulated worlds and other limits."""
    declared = world.framework.declaration
    gates = declared.prior_gates.model_copy(update={"worlds": WORLDS, "believed": WORLDS, **changes})
    return replace(world.framework, declaration=declared.model_copy(update={"prior_gates": gates}))


def with_prior(world, name, **arguments):
    """Return the hyperparameters with other arguments of one prior."""
    prior = world.hyperparameters.priors[name]
    changed = {key: np.broadcast_to(np.asarray(value, float), prior.shape) for key, value in arguments.items()}
    priors = {**world.hyperparameters.priors, name: replace(prior, arguments={**prior.arguments, **changed})}
    return replace(world.hyperparameters, priors=priors)


def failed(framework, hyperparameters, panel):
    return [gate.name for gate in prior_gates(framework, hyperparameters, panel) if not gate.passed]


def test_the_flagships_priors_pass_as_declared(flagship):
    gates = prior_gates(flagship.framework, flagship.hyperparameters, flagship.panel)
    assert len(gates) == 5
    assert [gate for gate in gates if not gate.passed] == []


def test_nothing_is_asked_where_nothing_is_declared(harbour):
    assert harbour.framework.declaration.prior_gates is None
    assert prior_gates(harbour.framework, harbour.hyperparameters, harbour.panel) == ()


def test_a_rate_ten_times_too_high_fails_the_annual_gate(flagship):
    rate = replace(flagship.hyperparameters.constants["reference_rate"], value={"exercises": 6.0})
    constants = {**flagship.hyperparameters.constants, "reference_rate": rate}
    found = failed(limited(flagship), replace(flagship.hyperparameters, constants=constants), flagship.panel)
    assert any("years with 1 to 20 found" in name for name in found)


@pytest.mark.parametrize(("median", "end"), [(6.0, "most"), (900.0, "least")])
def test_scenarios_that_last_too_short_or_too_long_fail(flagship, median, end):
    priors = with_prior(flagship, names.DWELL, mu=np.log(median))
    assert f"scenario changes within a year (prior), {end}" in failed(limited(flagship), priors, flagship.panel)


def test_acts_without_a_background_fail_the_jump_gate(flagship):
    priors = with_prior(flagship, names.EVENT_BACKGROUND, alpha=3.0, beta=3000.0)
    jump = prior_gates(limited(flagship, worlds=300, believed=200), priors, flagship.panel)[-1]
    # An act alone then moves more than 25 points, and comes in 1.8 % of months; with the background .02 % have a jump.
    assert jump.value - jump.limit > 3.0 * jump.error
    assert jump.where in {"military_bases", "legislation"}
    assert not jump.passed


def test_indicators_that_shout_fail_the_gate_on_loud_months(flagship):
    priors = with_prior(flagship, names.STRENGTH_BASE, mu=np.log(5.0))
    found = failed(limited(flagship), priors, flagship.panel)
    assert "months that say more than ten to one (prior)" in found


def test_a_change_within_a_year_has_the_chance_that_simulated_chains_show(flagship):
    value = next(
        gate.value
        for gate in prior_gates(limited(flagship), flagship.hyperparameters, flagship.panel)
        if "least" in gate.name
    )
    rng = np.random.default_rng(5)
    priors, size = flagship.hyperparameters.priors, 20_000
    initial, dwell, exits = (priors[name].sample(rng, size) for name in (names.INITIAL, names.DWELL, names.EXIT))
    first = (rng.random((size, 1)) > initial.cumsum(axis=1)).sum(axis=1)
    state, everyone = first.copy(), np.arange(size)
    for _ in range(12):
        leaves = rng.random(size) < 1.0 / (1.0 + dwell[everyone, state])
        goes = np.array([[1, 2], [0, 2], [0, 1]])[state, (rng.random(size) > exits[everyone, state, 0]).astype(int)]
        state = np.where(leaves, goes, state)
    # 4,000 draws of P give an error of about .002, 20,000 paths one of .003; an eleventh month would miss by .015.
    assert value == pytest.approx((state != first).mean(), abs=0.012)


def test_an_acts_evidence_is_the_mean_over_parameters(flagship):
    rng = np.random.default_rng(6)
    believed = with_climate(flagship.draws(7, 50), flagship.framework)
    panel = flagship.panel.copy(deep=True)
    panel["event"].to_numpy()[:] = rng.integers(0, 3, panel["event"].shape)
    _, alone = expected_evidence(believed, Setting(flagship.framework, flagship.hyperparameters, panel))
    place = flagship.framework.indicators.index("legislation")
    time, series, scenario = 9, 1, 0
    mean = (
        believed[names.EVENT_DETECTION][:, int(panel["event_coverage"][time, series])]
        * believed[names.LEDGER_DENSITY][:, series]
    )
    mean = mean * (believed[names.EVENT_RATE][:, series, scenario] + believed[names.EVENT_BACKGROUND][:, series])
    acts = np.log(stats.poisson.pmf(int(panel["event"][time, series]), mean))
    cells = EMISSIONS["direction"].places(believed, Setting(flagship.framework, flagship.hyperparameters, panel))
    here = (cells.time == time) & (cells.indicator == place)
    both = acts + cells.terms[:, here, scenario].sum(axis=1)
    assert alone[place, time, scenario] == pytest.approx(np.log(np.exp(both).mean()), abs=1e-10)


def test_jumps_follow_bayes_rule_from_the_prior_mean(flagship):
    worlds = draw_worlds(
        limited(flagship),
        flagship.hyperparameters,
        flagship.panel,
        limited(flagship, worlds=20).declaration.prior_gates,
    )
    start = np.array([2.2, 2.8, 1.0]) / 6.0
    moved = jumps(flagship.hyperparameters, worlds)
    world, indicator, time = np.unravel_index(moved.argmax(), moved.shape)
    posterior = start * np.exp(worlds.by_indicator[world, indicator, time])
    assert moved.max() == pytest.approx(np.abs(posterior / posterior.sum() - start).max(), abs=1e-12)
    # Padded months are no months of a world.
    assert moved.shape[2] == flagship.panel.attrs["months"] < flagship.panel.sizes[names.TIME]


def test_the_number_of_padded_months_changes_nothing(flagship):
    when = Vintage("2024-12", last_day(2024 * 12 + 11))
    known = flagship.framework, flagship.hyperparameters, flagship.ledger, when
    panels = [build_panel(*known, Sizes(months, 0, 0)) for months in (42, 60)]
    assert [panel.sizes[names.TIME] for panel in panels] == [48, 60]
    gates = [prior_gates(limited(flagship), flagship.hyperparameters, panel) for panel in panels]
    assert gates[0] == gates[1]


def test_four_times_the_worlds_halve_the_errors(flagship):
    few, many = (
        prior_gates(limited(flagship, worlds=worlds), flagship.hyperparameters, flagship.panel) for worlds in (150, 600)
    )
    assert all(0.0 < gate.error < 0.05 for gate in (*few, *many))
    # An error from 150 worlds has a relative error of 1 / sqrt(300) = 6 %, of rare events rather 20 %.
    assert few[0].error / many[0].error == pytest.approx(2.0, rel=0.3)
    assert few[3].error / many[3].error == pytest.approx(2.0, rel=0.5)
    # The scenario's change is drawn from [prior_gates] chains, which stay.
    assert few[1].error == many[1].error


def test_months_of_one_world_are_not_taken_for_independent():
    rng = np.random.default_rng(8)
    alike = np.repeat(rng.random((400, 1)) < 0.3, 48, axis=1)
    value, error = share_with_error(alike.mean(axis=1))
    # All months of a world agree, so there are 400 independent ones and not 19,200.
    assert error == pytest.approx(np.sqrt(value * (1.0 - value) / 399))


@pytest.mark.parametrize("name", ["orchard", "orchard_residual", "mill", "jetty", "flagship"])
def test_packed_evidence_is_that_of_each_world_alone(name, request):
    world = request.getfixturevalue(name)
    panel = used_months(world.panel)
    setting, months, worlds = Setting(world.framework, world.hyperparameters, panel), panel.sizes[names.TIME], 7
    rng = np.random.default_rng(9)
    believed = with_climate(draw_truth(world.framework, world.hyperparameters, months, rng, size=11), world.framework)
    truths = [
        with_climate(draw_truth(world.framework, world.hyperparameters, months, rng), world.framework)
        for _ in range(worlds)
    ]
    paths = [draw_path(truth, months, rng) for truth in truths]
    found = [simulate_families(truth, setting, path, rng) for truth, path in zip(truths, paths, strict=True)]
    stacked = {
        family: {name: np.stack([one[family][name] for one in found]) for name in found[0][family]}
        for family in found[0]
    }
    whole, alone = packed_evidence(believed, setting, stacked, worlds)
    for place, one in enumerate(found):
        seen = {name: (panel[name].dims, values) for family in one.values() for name, values in family.items()}
        expected = expected_evidence(believed, replace(setting, panel=panel.assign(seen)))
        np.testing.assert_allclose(whole[place], expected[0], atol=1e-9)
        np.testing.assert_allclose(alone[place], expected[1], atol=1e-9)
    assert np.abs(whole).max() > 0.1


def test_the_error_is_the_scatter_of_worlds_in_every_simulated_gate(flagship, monkeypatch):
    # Months of a world agree throughout, so each gate has as many independent months as worlds.
    loud = np.repeat(np.arange(40) < 4, 36).reshape(40, 36)
    evidence = np.where(loud[..., None], [0.0, 3.0, 0.0], 0.0)
    alone = np.repeat(evidence[:, None], len(flagship.framework.indicators), axis=1)
    worlds = PriorWorlds(np.zeros((40, 36), int), loud[..., None].astype(int), evidence, alone)
    monkeypatch.setattr("indicast.evaluate._prior_gates.draw_worlds", lambda *_: worlds)
    gates = prior_gates(flagship.framework, flagship.hyperparameters, flagship.panel)
    simulated = [gate for gate in gates if gate.where != "dwell"]
    assert [gate.value for gate in simulated] == pytest.approx([0.1] * 3)
    assert [gate.error for gate in simulated] == pytest.approx([np.sqrt(0.1 * 0.9 / 39)] * 3)


def test_the_share_of_jumps_of_an_act_is_what_adding_up_over_its_number_gives(flagship):
    # No act moves a point and one moves 10, so a limit of 5 is far from both.
    limit, place, series = 0.05, flagship.framework.indicators.index("legislation"), 1
    limits = limited(flagship, worlds=600, believed=400).declaration.prior_gates
    moved = jumps(
        flagship.hyperparameters, draw_worlds(flagship.framework, flagship.hyperparameters, flagship.panel, limits)
    )
    panel = used_months(flagship.panel)
    used = panel["cell_used"].to_numpy() & (panel["cell_indicator"].to_numpy() == place)
    acts_only = np.setdiff1d(np.arange(panel.sizes[names.TIME]), panel["cell_time"].to_numpy()[used])
    assert len(acts_only) > 20
    found, error = share_with_error((moved[:, place, acts_only] > limit).mean(axis=1))

    rng = np.random.default_rng(10)
    drawn = {name: prior.sample(rng, 20_000) for name, prior in flagship.hyperparameters.priors.items()}
    rate = drawn[names.EVENT_RATE][:, series] + drawn[names.EVENT_BACKGROUND][:, series, None]
    rate = rate * drawn[names.LEDGER_DENSITY][:, series, None]
    transition, scenario = transition_matrix(drawn[names.DWELL], drawn[names.EXIT]), drawn[names.INITIAL]
    start, expected = np.array([2.2, 2.8, 1.0]) / 6.0, []
    for time in range(panel.sizes[names.TIME]):
        detection = drawn[names.EVENT_DETECTION][:, int(panel["event_coverage"][time, series])]
        chances = np.array([stats.poisson.pmf(n, rate * detection[:, None]).mean(axis=0) for n in range(12)])
        posterior = start * chances / (start * chances).sum(axis=1, keepdims=True)
        jumped = np.abs(posterior - start).max(axis=1) > limit
        assert (np.abs(np.abs(posterior - start).max(axis=1)[:3] - limit) > 0.03).all()
        # Path and rates are independent a priori, so scenario and number may be averaged apart.
        expected.append((chances[jumped] @ scenario.mean(axis=0)).sum())
        scenario = np.einsum("sk,skj->sj", scenario, transition)
    # 20,000 draws of the rates add less than a tenth of the worlds' own error.
    assert found == pytest.approx(np.mean(np.array(expected)[acts_only]), abs=4.0 * error)
    assert 0.02 < found < 0.2
