"""One contract over all emission families: shapes, silence, additivity, twin, density and simulator.

What a family needs for the tests stands in ``CASES``: how to see nothing in some months, and one
place with everything that might have been seen there. A family without an entry fails.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import integrate, stats

import indicast.generative
from indicast import names
from indicast.generative import direction
from indicast.generative.families import CLIMATE, EMISSIONS, active
from indicast.panel import NOT_LOOKED
from indicast.workspace import FAMILIES

DRAWS = 4
COPIES, WORLDS = 40_000, 1000
"""Simulated outcomes of a place that can be copied, and of one that cannot."""
FALSE_ALARM = 1e-4
"""Chance that a right simulator fails one of the 56 frequency tests; seeds are fixed, so it does or does not."""
ERRORS = 5.0


class Case(NamedTuple):
    """What the contract asks of one family.

    Attributes
    ----------
    seen
        Panel -> months in which anything was seen, read from the panel without the family.
    hidden
        Panel, months (bool) -> the panel with nothing seen in those months.
    place
        Panel -> the same with one place left, seen once.
    outcomes
        One-place panel -> panels of all that might have been seen there; None if it is a number.
    outcome
        What was simulated -> its index among the outcomes, or the number itself; one for each copy.
    copied
        Dim along which the one place can be copied and drawn at once; None if months hang together.
    """

    seen: Callable
    hidden: Callable
    place: Callable
    outcomes: Callable | None
    outcome: Callable
    copied: str | None


# ---- how to look at each family's part of a panel


def changed(panel, **variables):
    """Return a panel with other values in some variables."""
    return panel.assign({name: (panel[name].dims, np.asarray(values)) for name, values in variables.items()})


def months_of(panel, prefix):
    used = panel[f"{prefix}_used"].to_numpy()
    return np.isin(np.arange(panel.sizes[names.TIME]), panel[f"{prefix}_time"].to_numpy()[used])


def places_hidden(prefix):
    """Return how to call places in given months padding."""

    def hide(panel, months):
        kept = panel[f"{prefix}_used"].to_numpy() & ~months[panel[f"{prefix}_time"].to_numpy()]
        more = {"report_used": panel["report_used"].to_numpy() & kept[:, None]} if prefix == "cell" else {}
        return changed(panel, **{f"{prefix}_used": kept}, **more)

    return hide


def grid_hidden(name):
    """Return how to look away in given months of a grid of coverage."""

    def hide(panel, months):
        return changed(panel, **{name: np.where(months[:, None], NOT_LOOKED, panel[name].to_numpy())})

    return hide


def one_of_places(dim, place):
    """Return how to keep one place of a padded list."""
    return lambda panel: panel.isel({dim: [place]})


def gates_in_september(panel):
    """Return September 2023 alone, in which only the gates were looked at, and those glimpsed."""
    assert panel["event_coverage"].to_numpy()[8, 1] == 1
    return changed(panel.isel({names.TIME: [8]}), event_coverage=[[NOT_LOOKED, 1]])


# ---- direction: every pair of directions of a cell with two reports


DANCE = 3  # June 2023: a dance that the Bell saw and the council claims
PAIRS = tuple(itertools.product((-1, 0, 1), repeat=2))


def direction_outcomes(panel):
    assert panel["report_used"].to_numpy().tolist() == [[True, True]]
    return [changed(panel, report_direction=[pair]) for pair in PAIRS]


def direction_outcome(found):
    return (found["report_direction"] + 1) @ np.array([3, 1])


# ---- count and event: the numbers of one month


MOST = {"count": 200, "event": 60}


def numbers(name):
    """Return what might have been counted in the one month looked at."""

    def outcomes(panel):
        looked = panel[f"{name}_coverage"].to_numpy() != NOT_LOOKED
        return [changed(panel, **{name: np.where(looked, n, 0)}) for n in range(MOST[name])]

    return outcomes


def first_month_glimpsed(panel):
    """Return the first month alone, whose reference rests on no count."""
    return changed(panel.isel({names.TIME: [0]}), count_coverage=[[1]])


# ---- milestone: the month of completion, or never


WINDOW = 14
BARN = 1


def milestone_place(panel):
    opened = np.zeros_like(panel["milestone_open"].to_numpy())
    opened[:WINDOW, BARN] = panel["milestone_open"].to_numpy()[:WINDOW, BARN]
    assert opened.sum() == WINDOW
    return changed(panel, milestone_open=opened, milestone_done=np.zeros_like(opened))


def milestone_outcomes(panel):
    worlds = [panel]
    for when in range(WINDOW):
        opened, done = np.zeros_like(panel["milestone_open"].to_numpy()), np.zeros_like(panel["milestone_done"])
        opened[:when, BARN], done[when, BARN] = 1.0, 1.0
        worlds.append(changed(panel, milestone_open=opened, milestone_done=done))
    return worlds


def milestone_outcome(found):
    done = np.flatnonzero(found["milestone_done"][:, BARN])
    assert done.size < 2, "done is done once"
    return done[:1] + 1 if done.size else np.zeros(1, dtype=int)


def milestone_hidden(panel, months):
    kept = ~months[:, None]
    return changed(panel, **{name: panel[name].to_numpy() * kept for name in ("milestone_open", "milestone_done")})


CASES = {
    "direction": Case(
        lambda panel: months_of(panel, "cell"),
        places_hidden("cell"),
        one_of_places(names.CELL, DANCE),
        direction_outcomes,
        direction_outcome,
        names.CELL,
    ),
    "count": Case(
        lambda panel: (panel["count_coverage"].to_numpy() != NOT_LOOKED).any(axis=1),
        grid_hidden("count_coverage"),
        first_month_glimpsed,
        numbers("count"),
        lambda found: found["count"][:, 0],
        None,
    ),
    "event": Case(
        lambda panel: (panel["event_coverage"].to_numpy() != NOT_LOOKED).any(axis=1),
        grid_hidden("event_coverage"),
        gates_in_september,
        numbers("event"),
        lambda found: found["event"][:, 1],
        names.TIME,
    ),
    "share": Case(
        lambda panel: months_of(panel, "share"),
        places_hidden("share"),
        one_of_places(names.SHARE_READING, 3),
        None,
        lambda found: found["share_value"],
        names.SHARE_READING,
    ),
    "level": Case(
        lambda panel: months_of(panel, "level"),
        places_hidden("level"),
        one_of_places(names.LEVEL_READING, 1),
        None,
        lambda found: found["level_change"],
        names.LEVEL_READING,
    ),
    "milestone": Case(
        lambda panel: ((panel["milestone_open"] > 0) | (panel["milestone_done"] > 0)).to_numpy().any(axis=1),
        milestone_hidden,
        milestone_place,
        milestone_outcomes,
        milestone_outcome,
        None,
    ),
    "withheld": Case(
        lambda panel: months_of(panel, "silence"),
        places_hidden("silence"),
        one_of_places(names.SILENCE, 1),
        lambda panel: [changed(panel, silence_published=[came]) for came in (False, True)],
        lambda found: found["silence_published"].astype(int),
        names.SILENCE,
    ),
}


@pytest.fixture(params=EMISSIONS)
def name(request):
    return request.param


@pytest.fixture
def family(name):
    return EMISSIONS[name]


@pytest.fixture
def case(name):
    return CASES[name]


@pytest.fixture(params=["orchard", "orchard_residual"])
def world(request):
    return request.getfixturevalue(request.param)


def evidence(family, felt, world, panel=None):
    """Return a family's log-emission on a panel, the world's own by default."""
    setting = world.setting if panel is None else replace(world.setting, panel=panel)
    return family.log_emission(felt, setting)


# ---- the registries


def test_both_registries_hold_the_same_families_in_the_same_order():
    assert list(EMISSIONS) == list(FAMILIES) == list(CASES)


def test_every_family_has_a_module_of_its_name(family, name):
    module = getattr(indicast.generative, name)
    assert module.__name__ == f"indicast.generative.{name}"
    assert module.FAMILY is family
    assert family.name == name
    assert name in indicast.generative.__all__


def test_the_orchard_uses_every_family_and_each_has_months_with_and_without_evidence(world, case, name):
    assert world.framework.families == tuple(FAMILIES)
    assert [family.name for family in active(world.setting)] == list(FAMILIES)
    seen = case.seen(world.panel)[: world.panel.attrs["months"]]
    assert seen.any(), name
    assert not seen.all(), name
    assert world.panel.attrs["months"] < world.panel.sizes[names.TIME]


# ---- shapes and silence


def test_evidence_has_draws_months_and_scenarios(world, family):
    found = evidence(family, world.felt(1, DRAWS), world)
    assert found.shape == (DRAWS, world.panel.sizes[names.TIME], len(world.framework.scenarios))
    assert np.isfinite(found).all()
    assert (np.ptp(found, axis=2) > 0.0).any()


def test_evidence_is_exactly_zero_where_nothing_was_seen_and_nowhere_else(world, family, case):
    found = evidence(family, world.felt(2, DRAWS), world)
    seen = case.seen(world.panel)
    assert (found[:, ~seen] == 0.0).all()
    assert (found[:, seen] != 0.0).all()


def test_places_name_the_months_and_indicators_of_the_evidence(world, family, case, name):
    places = family.places(world.felt(3, DRAWS), world.setting)
    assert sorted(set(places.time.tolist())) == np.flatnonzero(case.seen(world.panel)).tolist()
    assert places.terms.shape == (DRAWS, len(places.time), len(world.framework.scenarios))
    assert len(places.indicator) == len(places.time)
    fed = {indicator.id for indicator in world.framework.declaration.indicators if feeds(indicator, name)}
    known = [world.framework.indicators[place] for place in places.indicator if place >= 0]
    assert (set(known) == fed) if name != "milestone" else (known == [] and (places.indicator == -1).all())


def feeds(indicator, name):
    """Whether rows or silences of an indicator are evidence of a family."""
    by_series = any(series.family == name for series in indicator.series)
    return name in indicator.feeds or by_series or (name == "withheld" and indicator.embarrassing is not None)


def test_a_panel_in_which_nothing_was_seen_says_exactly_nothing(world, family, case):
    silent = case.hidden(world.panel, np.ones(world.panel.sizes[names.TIME], dtype=bool))
    felt = world.felt(4, DRAWS)
    assert not case.seen(silent).any()
    assert (evidence(family, felt, world, silent) == 0.0).all()
    assert (graph_of(family, felt, world, silent)(0) == 0.0).all()


def test_months_add_up(world, family, case):
    felt = world.felt(5, DRAWS)
    odd = np.arange(world.panel.sizes[names.TIME]) % 2 == 1
    parts = [evidence(family, felt, world, case.hidden(world.panel, months)) for months in (odd, ~odd)]
    assert (parts[0][:, odd] == 0.0).all()
    assert (parts[1][:, ~odd] == 0.0).all()
    np.testing.assert_allclose(parts[0] + parts[1], evidence(family, felt, world), atol=1e-13, rtol=0.0)


# ---- twin and graph


def graph_of(family, felt, world, panel):
    """Return a function from a draw's number to the compiled evidence; dims (time, scenario)."""
    settled = replace(world.setting, panel=panel)
    given = {**felt, "flat_news": direction.flat_news(felt)}
    inputs = {name: pt.tensor(name, dtype="float64", shape=values.shape[1:]) for name, values in given.items()}
    data = {name: pt.as_tensor(values) for name, (_, values) in family.data(panel).items()}
    output = pt.as_tensor(family.log_emission_graph(inputs, data, settled))
    compiled = pytensor.function(list(inputs.values()), output, mode="FAST_COMPILE", on_unused_input="ignore")
    return lambda draw: compiled(*(np.asarray(values[draw], dtype=float) for values in given.values()))


def test_the_compiled_evidence_is_the_twins(world, family):
    felt = world.felt(6, DRAWS)
    twin, graph = evidence(family, felt, world), graph_of(family, felt, world, world.panel)
    # Some tens of terms of order ten: 1e-13 is left. Any other formula misses by far more than 1e-9.
    for draw in range(DRAWS):
        np.testing.assert_allclose(graph(draw), twin[draw], atol=1e-9, rtol=0.0)


# ---- densities


def density(family, felt, world, panel, values, variable):
    """Return the density of numbers at a panel's one place; dims (draw, value, scenario)."""
    dim = panel[variable].dims[0]
    many = panel.isel({dim: np.zeros(len(values), dtype=int)})
    return np.exp(family.places(felt, replace(world.setting, panel=changed(many, **{variable: values}))).terms)


VARIABLE = {"share": "share_value", "level": "level_change"}
SUPPORT = {"share": (0.0, 1.0), "level": (-np.inf, np.inf)}


def probabilities(family, case, felt, world):
    """Return P(outcome | scenario) at one place, seen alone; dims (outcome, draw, scenario)."""
    panel = case.place(world.panel)
    return np.stack([np.exp(evidence(family, felt, world, one).sum(axis=1)) for one in case.outcomes(panel)])


def published(felt, world, panel):
    """Return P(published | scenario) by loops and scipy; dims (draw, scenario)."""
    framework = world.framework
    time, place = int(panel["silence_time"][0]), int(panel["silence_indicator"][0])
    shy = framework.declaration.directions.index(framework.declaration.indicators[place].embarrassing)
    found = np.zeros((len(felt[CLIMATE]), len(framework.scenarios)))
    for s, k in np.ndindex(found.shape):
        eta = felt[names.STRENGTH][s, place] * framework.expected[place, k] + felt[CLIMATE][s, time, place]
        low, high = (stats.norm.cdf(-felt[names.THRESHOLD][s] + sign * eta) for sign in (-1, 1))
        reading = [1 / 3] * 3 if framework.residual[k] else [low, 1 - low - high, high]
        for y in range(3):
            odds = felt[names.PUBLISH_BASE][s] + felt[names.PUBLISH_EMBARRASSED][s] * (y == shy)
            found[s, k] += reading[y] / (1 + np.exp(-odds))
    return found


def test_all_that_might_have_been_seen_has_probability_one(world, family, case, name):
    felt = world.felt(7, DRAWS)
    if name in VARIABLE:
        panel, variable = case.place(world.panel), VARIABLE[name]
        total = np.array(
            [
                [
                    integrate.quad(
                        lambda x, s=s, k=k: density(family, felt, world, panel, [x], variable)[s, 0, k],
                        *SUPPORT[name],
                        epsabs=1e-9,
                        limit=200,
                    )[0]
                    for k in range(len(world.framework.scenarios))
                ]
                for s in range(2)
            ]
        )
        # quad's own error estimates are below 1e-8. Without the Jacobian a share would integrate to .2 or so.
        np.testing.assert_allclose(total, 1.0, atol=1e-7)
    else:
        np.testing.assert_allclose(probabilities(family, case, felt, world).sum(axis=0), 1.0, atol=1e-9)


# ---- the simulator


def one_draw(world):
    """Return one draw whose every parameter shows: a house near 0 or a count near Poisson would hide a mistake."""
    felt = world.felt(8, DRAWS)
    felt[names.OVERDISPERSION][:] = 1.5
    felt[names.HOUSE_EFFECT][:] = [0.5, -0.4]
    return {key: values[:1] for key, values in felt.items()}


def simulated(family, case, felt, world, scenario, seed):
    """Return outcomes of the one place, drawn under a scenario that holds throughout."""
    panel, rng = case.place(world.panel), np.random.default_rng(seed)
    copies, worlds = (COPIES, 1) if case.copied else (1, WORLDS)
    panel = panel.isel({case.copied: np.zeros(copies, dtype=int)}) if case.copied else panel
    setting, path = replace(world.setting, panel=panel), np.full(panel.sizes[names.TIME], scenario)
    found = [case.outcome(family.simulate(felt, setting, path, rng)) for _ in range(worlds)]
    return np.concatenate(found)


def bins(family, case, felt, world):
    """Return edges and P(bin | scenario) of a number, the edges being quantiles under the first scenario."""
    panel, (variable, support) = case.place(world.panel), (VARIABLE[family.name], SUPPORT[family.name])
    rough = simulated(family, case, felt, world, 0, 99)
    edges = np.array([support[0], *np.quantile(rough, np.linspace(0.1, 0.9, 9)), support[1]])
    chance = [
        [
            integrate.quad(
                lambda x, k=k: density(family, felt, world, panel, [x], variable)[0, 0, k], low, high, epsabs=1e-8
            )[0]
            for low, high in itertools.pairwise(edges)
        ]
        for k in range(len(world.framework.scenarios))
    ]
    return edges, np.array(chance).T


def chi_square(found, chance):
    """Return the chance of frequencies as far off as these, rare outcomes pooled."""
    order = np.argsort(chance)
    cumulative = np.cumsum(chance[order]) * len(found)
    pooled = order[cumulative <= max(5.0, cumulative[0])]
    kept = np.setdiff1d(np.arange(len(chance)), pooled)
    seen = np.bincount(found, minlength=len(chance)).astype(float)
    observed = np.append(seen[kept], seen[pooled].sum())
    expected = np.append(chance[kept], chance[pooled].sum()) * len(found)
    return stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue


def test_what_is_simulated_comes_as_often_as_its_own_likelihood_says(world, family, case, name):
    first = one_draw(world)
    if name in VARIABLE:
        edges, chance = bins(family, case, first, world)
    else:
        chance = probabilities(family, case, first, world)[:, 0]
    for k in range(len(world.framework.scenarios)):
        found = simulated(family, case, first, world, k, 100 + k)
        found = np.digitize(found, edges[1:-1]) if name in VARIABLE else found
        assert chi_square(found, chance[:, k]) > FALSE_ALARM, world.framework.scenarios[k]


def test_the_likelihood_ratio_of_what_is_simulated_has_mean_one(world, family, case, name):
    # E[p(x | j) / p(x | k)] = 1 for x drawn under k: an exchanged scenario or a forgotten factor would not give 1.
    first = one_draw(world)
    chance = None if name in VARIABLE else probabilities(family, case, first, world)[:, 0]
    for k in range(len(world.framework.scenarios)):
        found = simulated(family, case, first, world, k, 200 + k)
        if name in VARIABLE:
            at = density(family, first, world, case.place(world.panel), found, VARIABLE[name])[0]
        else:
            at = chance[found]
        ratio = at / at[:, k : k + 1]
        error = ERRORS * ratio.std(axis=0) / np.sqrt(len(found))
        assert (np.abs(ratio.mean(axis=0) - 1.0) <= error + 1e-12).all(), world.framework.scenarios[k]


def test_a_simulated_panel_keeps_its_shapes_and_sees_nothing_where_nobody_looked(world, family, case, name):
    felt, rng = world.felt(9, 1), np.random.default_rng(10)
    path = rng.integers(0, len(world.framework.scenarios), world.panel.sizes[names.TIME])
    possible = case.seen(world.panel)
    if name == "milestone":  # had it not been reached, somebody would have gone on looking
        possible = np.arange(world.panel.sizes[names.TIME]) < world.panel.attrs["months"]
    for _ in range(20):
        found = family.simulate(felt, world.setting, path, rng)
        assert found
        for variable, values in found.items():
            assert values.shape == world.panel[variable].shape
            assert values.dtype.kind == world.panel[variable].dtype.kind
        panel = changed(world.panel, **found)
        terms = evidence(family, felt, world, panel)
        assert np.isfinite(terms).all()
        assert (terms[:, ~possible] == 0.0).all()


def test_the_simulator_follows_the_scenario_of_each_month(world, family, case):
    # With the same seed, the first month with evidence is drawn as under its own scenario, whatever comes later; and
    # the later scenarios do matter.
    felt, panel = world.felt(11, 1), world.panel
    months, size = panel.sizes[names.TIME], len(world.framework.scenarios)
    path = (np.arange(months) + 1) % size
    first = int(np.flatnonzero(case.seen(panel))[0])
    others, differing = np.arange(months) != first, 0
    for seed in range(30):
        changing, still = (
            changed(panel, **family.simulate(felt, world.setting, one, np.random.default_rng(seed)))
            for one in (path, np.full(months, path[first]))
        )
        early = [evidence(family, felt, world, case.hidden(one, others)) for one in (changing, still)]
        np.testing.assert_array_equal(*early)
        differing += not changing.identical(still)
    assert differing > 0


def test_with_no_series_of_a_family_its_simulator_and_evidence_are_empty(world):
    # A panel always has the variables of share and level; a framework may have neither.
    felt = world.felt(13, 1)
    empty = {
        key: values[:, :0] if key in {names.HOUSE_EFFECT, names.LEVEL_SCALE} else values for key, values in felt.items()
    }
    path = np.zeros(world.panel.sizes[names.TIME], dtype=int)
    for name in VARIABLE:
        assert EMISSIONS[name].simulate(empty, world.setting, path, np.random.default_rng(1)) == {}


def test_published_and_withheld_are_the_same_reading_seen_from_two_sides(world):
    felt = world.felt(14, DRAWS)
    panel = CASES["withheld"].place(world.panel)
    hidden, came = (
        np.exp(evidence(EMISSIONS["withheld"], felt, world, changed(panel, silence_published=[one])).sum(axis=1))
        for one in (False, True)
    )
    np.testing.assert_allclose(came, published(felt, world, panel), atol=1e-12)
    np.testing.assert_allclose(hidden + came, 1.0, atol=1e-12)
