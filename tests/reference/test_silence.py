"""Four ways of saying nothing, and what each does to the posterior: not looked, none found, withheld, not known yet."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicast import names
from indicast.generative import emission
from indicast.generative.families import EMISSIONS
from indicast.panel import NOT_LOOKED, Vintage, build_panel

GRIDS = {"count": names.COUNTED, "event": names.EVENT_SERIES}
MONTHS = {"orchard": 18, "flagship": 42}
WORLDS = st.sampled_from(sorted(MONTHS))
DRAWS = 3
few = settings(max_examples=25)


@pytest.fixture(scope="module")
def worlds(request):
    """Return each world with a few draws from its priors."""
    return {name: (world := request.getfixturevalue(name), world.draws(1, DRAWS)) for name in MONTHS}


def posterior(world, draws, panel):
    """Return P(scenario | all evidence up to the month) of every draw; dims (draw, time, scenario)."""
    terms = emission.log_emission(draws, world.framework, world.hyperparameters, panel)
    return emission.run_chain(draws, terms).filtered


def other(panel, **variables):
    return panel.assign({name: (panel[name].dims, values) for name, values in variables.items()})


def cells(panel, name):
    """Return month and series of a grid as hypothesis may choose them."""
    months, series = panel.attrs["months"], panel.sizes[GRIDS[name]]
    return st.lists(st.tuples(st.integers(0, months - 1), st.integers(0, series - 1)), min_size=1, max_size=8)


# ---- not looked


@few
@given(name=WORLDS, family=st.sampled_from(sorted(GRIDS)), data=st.data())
def test_what_happened_where_nobody_looked_never_moves_the_posterior(worlds, name, family, data):
    world, draws = worlds[name]
    coverage, number = world.panel[f"{family}_coverage"].to_numpy().copy(), world.panel[family].to_numpy().copy()
    for time, series in data.draw(cells(world.panel, family)):
        coverage[time, series] = NOT_LOOKED
    looked_away = other(world.panel, **{f"{family}_coverage": coverage})
    before = posterior(world, draws, looked_away)
    number[coverage == NOT_LOOKED] = data.draw(st.integers(0, 9))
    assert (posterior(world, draws, other(looked_away, **{family: number})) == before).all()


@few
@given(name=WORLDS, family=st.sampled_from(sorted(GRIDS)), data=st.data())
def test_a_month_nobody_looked_at_adds_exactly_zero(worlds, name, family, data):
    world, draws = worlds[name]
    time = data.draw(st.integers(0, MONTHS[name] - 1))
    coverage = world.panel[f"{family}_coverage"].to_numpy().copy()
    coverage[time] = NOT_LOOKED
    setting = replace(world.setting, panel=other(world.panel, **{f"{family}_coverage": coverage}))
    found = EMISSIONS[family].log_emission(emission.with_climate(draws, world.framework), setting)
    assert (found[:, time] == 0.0).all()


# ---- looked and none found


def expects_most(draws, family, series):
    """Return the scenario under which most is expected in a month of each draw, by its own parameters."""
    if family == "event":
        return draws[names.EVENT_RATE][:, series].argmax(axis=1)
    return draws[names.GROWTH][:, series].argmax(axis=1)


@few
@given(name=WORLDS, family=st.sampled_from(sorted(GRIDS)), data=st.data())
def test_none_found_under_watch_lowers_the_scenario_that_expects_most(worlds, name, family, data):
    world, draws = worlds[name]
    time = data.draw(st.integers(0, MONTHS[name] - 1))
    series = data.draw(st.integers(0, world.panel.sizes[GRIDS[family]] - 1))
    coverage, number = world.panel[f"{family}_coverage"].to_numpy().copy(), world.panel[family].to_numpy().copy()
    coverage[time, series], number[time, series] = NOT_LOOKED, 0
    away = posterior(world, draws, other(world.panel, **{f"{family}_coverage": coverage, family: number}))[:, time]
    coverage[time, series] = data.draw(st.integers(0, 1))
    watched = posterior(world, draws, other(world.panel, **{f"{family}_coverage": coverage, family: number}))[:, time]
    top = expects_most(draws, family, series)
    for s in range(DRAWS):
        assert watched[s, top[s]] < away[s, top[s]]


def test_on_the_flagship_that_scenario_is_strengthening_at_the_priors_means(flagship):
    strengthening = flagship.framework.scenarios.index("strengthening")
    for name in (names.EVENT_RATE, names.GROWTH):
        assert (flagship.hyperparameters.priors[name].mean().argmax(axis=1) == strengthening).all()


@pytest.mark.parametrize("family", GRIDS)
def test_none_found_lowers_strengthening_on_average_over_the_priors(family, flagship):
    # One month of partial coverage beside none: less than a hundredth, and always in the same direction on average.
    draws = flagship.draws(2, 300)
    coverage, number = (np.zeros_like(flagship.panel[name].to_numpy()) for name in (f"{family}_coverage", family))
    coverage[:] = NOT_LOOKED
    away = other(flagship.panel, **{f"{family}_coverage": coverage, family: number})
    watching = coverage.copy()
    watching[5, 0] = flagship.hyperparameters.coords[names.COVERAGE].index("partial")
    watched = other(away, **{f"{family}_coverage": watching})
    felt = emission.with_climate(draws, flagship.framework)
    terms = [EMISSIONS[family].log_emission(felt, replace(flagship.setting, panel=one)) for one in (away, watched)]
    found = [emission.run_chain(draws, one).filtered[:, 5, 0] for one in terms]
    change = found[1] - found[0]
    assert change.mean() < -4.0 * change.std() / np.sqrt(len(change))
    assert change.mean() > -0.05


# ---- detection


@few
@given(name=WORLDS, family=st.sampled_from(sorted(GRIDS)), data=st.data())
def test_a_watch_that_detects_nothing_is_not_having_looked(worlds, name, family, data):
    world, draws = worlds[name]
    coverage, number = world.panel[f"{family}_coverage"].to_numpy().copy(), world.panel[family].to_numpy().copy()
    for time, series in data.draw(cells(world.panel, family)):
        coverage[time, series], number[time, series] = 1, 0
    number[coverage == 1] = 0
    blind = draws | {
        key: draws[key] * np.where(np.arange(2) == 1, 1e-13, 1.0) for key in (names.DETECTION, names.EVENT_DETECTION)
    }
    watched = other(world.panel, **{f"{family}_coverage": coverage, family: number})
    away = np.where(coverage == 1, NOT_LOOKED, coverage)
    still = other(world.panel, **{f"{family}_coverage": away, family: number})
    # What is left of each month is its mean, below 1e-10; a detection taken for 1 would move whole nats.
    np.testing.assert_allclose(posterior(world, blind, watched), posterior(world, blind, still), atol=1e-9)


# ---- withheld


@few
@given(place=st.integers(0, 5), seed=st.integers(0, 10_000))
def test_withheld_moves_the_posterior_and_nothing_does_where_nothing_embarrasses(orchard, place, seed):
    world = orchard
    draws = world.draws(seed, DRAWS)
    mask = world.panel["silence_used"].to_numpy().copy()
    mask[place] = False
    with_it, without = (posterior(world, draws, one) for one in (world.panel, other(world.panel, silence_used=mask)))
    time = int(world.panel["silence_time"][place])
    assert (np.abs(with_it - without)[:, :time] == 0.0).all()
    assert (np.abs(with_it - without)[:, time].max(axis=-1) > 0.0).all()
    draws[names.PUBLISH_EMBARRASSED][:] = 0.0
    with_it, without = (posterior(world, draws, one) for one in (world.panel, other(world.panel, silence_used=mask)))
    np.testing.assert_allclose(with_it, without, atol=1e-12)


def test_a_withheld_month_of_a_tallied_indicator_is_no_month_without_acts(orchard):
    ledger = orchard.ledger
    row = (ledger.coverage["indicator"] == "grafts") & (ledger.coverage["coverage"] == "hushed")
    assert row.sum() == 3
    closed = replace(ledger, coverage=ledger.coverage.assign(coverage=ledger.coverage["coverage"].mask(row, "closed")))
    panels = [orchard.seen(one, "2024-06") for one in (ledger, closed)]
    np.testing.assert_array_equal(panels[0]["event_coverage"], panels[1]["event_coverage"])
    assert (panels[0]["event_coverage"].to_numpy()[[4, 10, 16], 0] == NOT_LOOKED).all()
    felt = orchard.felt(3, 2)
    found = [EMISSIONS["event"].log_emission(felt, replace(orchard.setting, panel=one)) for one in panels]
    assert (found[0] == found[1]).all()


# ---- not known yet


@settings(max_examples=10)  # two panels a time
@given(
    at=st.dates(date(2023, 2, 1), date(2024, 6, 29)),
    word=st.sampled_from(["walked", "glimpsed", "closed", "hushed"]),
    indicator=st.sampled_from(["harvest_days", "grafts", "gates", "cider_books"]),
)
def test_coverage_judged_later_changes_nothing(orchard, at, word, indicator):
    coverage = orchard.ledger.coverage
    later = coverage["known_date"] > pd.Timestamp(at)
    rows = coverage[later & (coverage["indicator"] == indicator)]
    changed = replace(orchard.ledger, coverage=pd.concat([coverage.drop(rows.index), rows.assign(coverage=word)]))
    when = Vintage(at.strftime("%Y-%m"), at)
    panels = [
        build_panel(orchard.framework, orchard.hyperparameters, one, when, today=date(2030, 1, 1))
        for one in (orchard.ledger, changed)
    ]
    assert panels[0].identical(panels[1])


def test_coverage_judged_late_fills_its_month_from_that_day_on(orchard):
    early, late = (
        build_panel(
            orchard.framework, orchard.hyperparameters, orchard.ledger, Vintage("2024-02", day), today=date(2030, 1, 1)
        )
        for day in (date(2024, 2, 28), date(2024, 2, 29))
    )
    gates = early[names.EVENT_SERIES].to_numpy().tolist().index("gates")
    assert (int(early["event_coverage"][8, gates]), int(late["event_coverage"][8, gates])) == (NOT_LOOKED, 1)
