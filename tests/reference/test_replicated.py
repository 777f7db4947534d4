"""Replicated data: exact chances, closed forms, and the same as each family's own simulator."""

import itertools

import numpy as np
import pytest

from indicast import names
from indicast.evaluate._simulate import simulate_families
from indicast.forecast._paths import prior_path, smoothed_path, with_fresh_shocks
from indicast.forecast._replicated import asked, by_cell, by_month, replicate, watched
from indicast.forecast._sightings import expected_climate, sightings
from indicast.generative.chain import forward_backward
from indicast.generative.families import CLIMATE, Setting
from indicast.panel import NOT_LOOKED, reference_rate, reference_window, trailing_exposure, used_months

COPIES, WORLDS = 20_000, 800
ERRORS = 5.0
"""Monte Carlo errors that a right simulator may miss by: with 1000 places, one seed in 1700 raises a false alarm."""


def setting_of(world):
    return Setting(world.framework, world.hyperparameters, used_months(world.panel))


def copies_of(world, seed, copies):
    """Return one prior draw many times, its months cut to those in use."""
    months = int(world.panel.attrs["months"])
    one = {
        name: values[:, :months] if name in {CLIMATE, names.GLOBAL_INNOVATION, names.GROUP_INNOVATION} else values
        for name, values in world.felt(seed, 1).items()
    }
    return one, {name: np.repeat(values, copies, axis=0) for name, values in one.items()}


def far(found, wanted, spread):
    """Return how many errors of the mean two means of simulated values are apart at most."""
    error = np.sqrt(spread) + 1e-12
    return float((np.abs(found - wanted) / error).max())


@pytest.fixture(params=["orchard", "mill", "harbour"])
def world(request):
    return request.getfixturevalue(request.param)


def test_what_all_draws_show_is_distributed_as_what_the_families_simulate_one_by_one(world):
    setting = setting_of(world)
    months, scenarios = setting.panel.sizes[names.TIME], len(world.framework.scenarios)
    path = np.random.default_rng(1).integers(scenarios, size=months)
    one, many = copies_of(world, 7, COPIES)
    shown = replicate(many, setting, np.repeat(path[None], COPIES, axis=0), np.random.default_rng(2), one_step=False)
    rng = np.random.default_rng(3)
    worlds = [simulate_families(one, setting, path, rng) for _ in range(WORLDS)]
    single = {
        name: np.stack([next(found[name] for found in each.values() if name in found) for each in worlds])
        for name in shown
        if name != "cell_direction"
    }
    panel = setting.panel
    used = {"report_direction": "report_used", "silence_published": "silence_used"}
    used |= {"share_value": "share_used", "level_change": "level_used"}
    for name, values in single.items():
        seen = values[:, panel[used[name]].to_numpy()] if name in used else values
        ours = shown[name]
        assert ours.shape[1:] == seen.shape[1:], name
        # Levels have heavy tails: compare signs of the distance from the median, which have a variance.
        middle = np.median(seen, axis=0) if name == "level_change" else None
        a, b = (ours, seen) if middle is None else (ours > middle, seen > middle)
        for power in (1, 2):
            left, right = a.astype(float) ** power, b.astype(float) ** power
            spread = left.var(axis=0) / COPIES + right.var(axis=0) / WORLDS
            # A place that neither simulator ever moves has no spread and must agree exactly; rare ones get 5 in WORLDS.
            gap = np.abs(left.mean(axis=0) - right.mean(axis=0))
            assert (gap <= ERRORS * np.sqrt(spread) + ERRORS / WORLDS).all(), (name, power, gap.max())


def test_the_comparison_finds_another_path(orchard):
    setting = setting_of(orchard)
    _, many = copies_of(orchard, 7, COPIES)
    months = setting.panel.sizes[names.TIME]
    first, other = (
        replicate(many, setting, np.full((COPIES, months), scenario), np.random.default_rng(2), one_step=False)
        for scenario in (0, 1)
    )
    for name in ("report_direction", "count", "event", "share_value", "milestone_done"):
        gap = np.abs(first[name].mean(axis=0) - other[name].mean(axis=0))
        error = np.sqrt((first[name].var(axis=0) + other[name].var(axis=0)) / COPIES) + 1e-12
        assert (gap / error).max() > 2 * ERRORS, name


def test_replicated_counts_have_the_mean_that_the_recursion_of_references_gives(harbour):
    """The reference is linear in the counts before, so that means follow the same recursion."""
    setting = setting_of(harbour)
    panel, hyperparameters, months = setting.panel, harbour.hyperparameters, setting.panel.sizes[names.TIME]
    path = np.arange(months) % len(harbour.framework.scenarios)
    one, many = copies_of(harbour, 9, COPIES)
    found = replicate(many, setting, np.repeat(path[None], COPIES, 0), np.random.default_rng(4), one_step=False)
    coverage = panel["count_coverage"].to_numpy()
    exposure, window = trailing_exposure(hyperparameters, coverage), reference_window(hyperparameters)
    mean = np.zeros(coverage.shape)
    for t, place in itertools.product(range(months), range(coverage.shape[1])):
        if coverage[t, place] == NOT_LOOKED:
            continue
        reference = reference_rate(hyperparameters, mean[max(0, t - window) : t].sum(axis=0), exposure[t])[place]
        month = int(panel[names.TIME].dt.month[t]) - 1
        effect = (
            one[names.SEASON][0, place, month] + panel["count_peak"].to_numpy()[t, place] * one[names.PEAK][0, place]
        )
        growth = hyperparameters.number("growth_years") * one[names.GROWTH][0, place, path[t]]
        mean[t, place] = reference * one[names.DETECTION][0, coverage[t, place]] * np.exp(effect + growth)
    spread = found["count"].var(axis=0) / COPIES
    assert far(found["count"].mean(axis=0), mean, spread) < ERRORS
    assert far(found["count"].mean(axis=0), 1.1 * mean, spread) > 2 * ERRORS  # a tenth more would be found out


@pytest.mark.parametrize("draws", [1, 40])
def test_one_step_ahead_every_outcome_has_the_chance_that_the_forecast_gives_it(orchard, draws):
    """Reports, counts and acts against the listed chances of all outcomes, which know no random numbers."""
    setting = setting_of(orchard)
    copies = 40_000 // draws
    months = int(orchard.panel.attrs["months"])
    cut = {CLIMATE, names.GLOBAL_INNOVATION, names.GROUP_INNOVATION}
    drawn = {name: v[:, :months] if name in cut else v for name, v in orchard.felt(21, draws).items()}
    ahead = np.random.default_rng(5).dirichlet(np.ones(len(orchard.framework.scenarios)), size=(draws, months))
    felt = {name: np.repeat(values, copies, axis=0) for name, values in drawn.items()}
    rng = np.random.default_rng(6)
    edges = np.repeat(ahead, copies, axis=0).cumsum(axis=-1)
    path = (rng.random((*edges.shape[:2], 1)) * edges[..., -1:] >= edges).sum(axis=-1)
    shown = replicate(with_fresh_shocks(felt, orchard.framework, rng), setting, path, rng, one_step=True)
    compared = _compare(setting, drawn, ahead, shown)
    assert {kind for kind, *_ in compared} == {"report", "count", "event"}
    assert max(z for _, z in compared) < ERRORS, compared
    learned = replicate(felt, setting, path, np.random.default_rng(6), one_step=True)
    reports = [z for kind, z in _compare(setting, drawn, ahead, learned) if kind == "report"]
    assert draws > 1 or max(reports) > 2 * ERRORS  # shocks that know the month are found out


def _compare(setting, drawn, ahead, shown):
    """Return kind and distance in errors of the rarest and the commonest outcomes of every sighting."""
    panel, framework = setting.panel, setting.framework
    used = panel["report_used"].to_numpy()
    cell_of = np.nonzero(used)[0]
    due = {
        (int(t), int(i))
        for t, i, u in zip(*(panel[f"silence_{n}"].to_numpy() for n in ("time", "indicator", "used")), strict=True)
        if u
    }
    counted = {framework.indicators.index(one.id): place for place, one in enumerate(framework.counts)}
    acts = {framework.indicators.index(one.id): place for place, one in enumerate(framework.events)}
    cells = list(zip(panel["cell_time"].to_numpy().tolist(), panel["cell_indicator"].to_numpy().tolist(), strict=True))
    seen_cells, found = iter(np.flatnonzero(panel["cell_used"].to_numpy()).tolist()), []
    kinds = {"direction", "count", "event"} & set(framework.families)
    for one in sightings(drawn, setting, 0):
        place = (one.time, one.indicator)
        chance = np.einsum("sk,sko->o", ahead[:, one.time], one.chance) / len(ahead)
        if place in cells and one.indicator not in counted and one.chance.shape[-1] in (3, 9, 27):
            cell = next(seen_cells)
            assert cells[cell] == place
            said = shown["report_direction"][:, cell_of == cell]
            if place in due:
                continue
            code = ((said + 1) * 3 ** np.arange(said.shape[1])[::-1]).sum(axis=1)
            kind = "report"
        elif one.indicator in counted and np.allclose(one.measure, 1.0):
            code, kind = shown["count"][:, one.time, counted[one.indicator]], "count"
        elif one.indicator in acts:
            code, kind = shown["event"][:, one.time, acts[one.indicator]], "event"
        else:
            continue
        size = len(code)
        for outcome in np.flatnonzero((chance * size > 50) & ((1 - chance) * size > 50)):
            error = np.sqrt(chance[outcome] * (1 - chance[outcome]) / size)
            found.append((kind, abs(float((code == outcome).mean()) - chance[outcome]) / error))
    assert kinds
    return found


def test_paths_given_all_data_have_the_chances_of_enumeration():
    rng = np.random.default_rng(8)
    transition, initial = rng.dirichlet(np.ones(3), size=3), rng.dirichlet(np.ones(3))
    evidence = rng.normal(size=(4, 3))
    chain = forward_backward(evidence, transition, initial)
    chance = {}
    for path in itertools.product(range(3), repeat=4):
        steps = [transition[a, b] for a, b in itertools.pairwise(path)]
        chance[path] = initial[path[0]] * np.prod(steps) * np.exp(evidence[range(4), path].sum())
    total = sum(chance.values())
    filtered, moves = (np.repeat(one[None], COPIES, axis=0) for one in (chain.filtered, transition))
    drawn = smoothed_path(filtered, moves, np.random.default_rng(9))
    for path, weight in chance.items():
        p = weight / total
        error = np.sqrt(p * (1 - p) / COPIES)
        assert abs((drawn == path).all(axis=1).mean() - p) < ERRORS * error + 1e-4, path
    months = np.stack([(drawn == k).mean(axis=0) for k in range(3)], axis=-1)
    np.testing.assert_allclose(months, chain.smoothed, atol=ERRORS * 0.5 / np.sqrt(COPIES))


def test_paths_before_all_data_have_the_chains_probabilities():
    rng = np.random.default_rng(10)
    transition, initial = rng.dirichlet(np.ones(3), size=3), rng.dirichlet(np.ones(3))
    first, moves = (np.repeat(one[None], COPIES, axis=0) for one in (initial, transition))
    drawn, state = prior_path(first, moves, 5, np.random.default_rng(11)), initial
    for t in range(5):
        share = np.array([(drawn[:, t] == k).mean() for k in range(3)])
        np.testing.assert_allclose(share, state, atol=ERRORS * 0.5 / np.sqrt(COPIES))
        state = state @ transition


def test_fresh_shocks_have_the_mean_and_variance_of_what_the_month_before_expects(harbour):
    setting = setting_of(harbour)
    one, many = copies_of(harbour, 12, COPIES)
    climate = with_fresh_shocks(many, harbour.framework, np.random.default_rng(13))[CLIMATE]
    mean, variance = expected_climate(one, setting)
    assert far(climate.mean(axis=0), mean[0], variance[0] / COPIES) < ERRORS
    np.testing.assert_allclose(climate.var(axis=0), variance[0], rtol=ERRORS * np.sqrt(2 / COPIES))


def test_a_step_is_taken_once_when_drawn_and_only_while_open_one_step_ahead(orchard):
    setting = setting_of(orchard)
    months = setting.panel.sizes[names.TIME]
    _, many = copies_of(orchard, 14, 2000)
    path = np.zeros((2000, months), dtype=np.int64)
    drawn, ahead = (
        replicate(many, setting, path, np.random.default_rng(15), one_step=one)["milestone_done"]
        for one in (False, True)
    )
    assert drawn.sum(axis=1).max() == 1
    assert not drawn[:, ~watched(setting.panel)].any()
    assert not ahead[:, ~asked(setting.panel)].any()
    assert (watched(setting.panel) >= asked(setting.panel)).all()


def test_cells_and_months_add_up_their_own_reports(orchard):
    panel = used_months(orchard.panel)
    used = panel["report_used"].to_numpy()
    said = np.random.default_rng(16).integers(-1, 2, size=(3, int(used.sum()))).astype(np.int8)
    cells, months = by_cell(panel, said), by_month(panel, said)
    cell_of = np.nonzero(used)[0]
    for place, cell in enumerate(np.flatnonzero(panel["cell_used"].to_numpy())):
        np.testing.assert_array_equal(cells[:, place], said[:, cell_of == cell].sum(axis=1))
    month_of = panel["cell_time"].to_numpy()[cell_of]
    for t in range(panel.sizes[names.TIME]):
        np.testing.assert_array_equal(months[:, t], said[:, month_of == t].sum(axis=1))
