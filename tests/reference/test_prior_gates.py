"""What the priors imply: the flagship's gates hold, and priors that shout are refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.evaluate import draw_worlds, expected_evidence, jumps, prior_gates
from indicast.generative.emission import with_climate
from indicast.generative.families import EMISSIONS, Setting

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
    gates = prior_gates(limited(flagship), priors, flagship.panel)
    jump = gates[-1]
    # An act alone then moves 39 points, and comes in 6 % of watched months; with the background 0.5 %.
    assert jump.value > 0.03
    assert jump.where in {"military_bases", "legislation"}
    assert not jump.passed


def test_indicators_that_shout_fail_the_gate_on_loud_months(flagship):
    priors = with_prior(flagship, names.STRENGTH_BASE, mu=np.log(5.0))
    found = failed(limited(flagship), priors, flagship.panel)
    assert "months that say more than ten to one (prior)" in found


def test_a_change_within_a_year_has_the_chance_that_simulated_chains_show(flagship):
    value = next(
        g.value for g in prior_gates(flagship.framework, flagship.hyperparameters, flagship.panel) if "least" in g.name
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
    silent = flagship.panel["event_coverage"].to_numpy()
    assert silent.shape[0] == moved.shape[2]
    # Padded months are unseen by everybody.
    months = int(flagship.panel.attrs["months"])
    assert np.abs(moved[:, :, months:]).max() < 1e-12
