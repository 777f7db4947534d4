"""A waterfall adds up, and its bars are what two other roads say.

First road: without shocks, dynamics and unknown parameters the bars are weights of evidence, computed by hand from the
ordered probit and the sources' reliability. Second road: whole panels of each coalition under the full filter, over all
orders. Fits are draws of the prior, kept with a chance in proportion to the likelihood where Monte Carlo error is
looked at; elsewhere it does not matter what the draws stand for.
"""

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit, ndtr

from indicast import names
from indicast.elicit import GRADES
from indicast.errors import RunError
from indicast.explain import Fitted, Read, joined, main_reasons, waterfall
from indicast.explain import _waterfall as room
from indicast.explain._cutting import told
from indicast.explain._reweighting import weights
from indicast.explain._seen import as_fitted, seeing
from indicast.explain._worth import measures
from indicast.generative.families import Setting
from indicast.panel import Vintage, build_panel, last_day, used_months
from indicast.workspace import month_index

ENOUGH = 4.0
REPORT = {
    "kind": "event",
    "value": "",
    "unit": "",
    "reliability": "A",
    "credibility": "1",
    "source_id": "tide_table",
    "change": "",
    "supersedes": "",
}


def at(month):
    return Vintage(month, last_day(month_index(month)))


def with_rows(ledger, *rows):
    last = ledger.observations.iloc[-1].to_dict()
    added = pd.DataFrame([{**last, **REPORT, **row, "record_id": f"added {place}"} for place, row in enumerate(rows)])
    added.index = ledger.observations.index.max() + 1 + np.arange(len(added))
    for name in ("event_date", "known_date", "end_date"):
        added[name] = pd.to_datetime(added[name])
    return replace(ledger, observations=pd.concat([ledger.observations, added]))


def said(indicator, direction, origin="said", day="2024-06-20", **cells):
    return {
        "indicator": indicator,
        "direction": direction,
        "event_date": day,
        "known_date": day,
        "origin_id": origin,
        **cells,
    }


def fit_of(world, ledger, month, draws):
    """Return draws as a fit of a month as then known."""
    panel = build_panel(world.framework, world.hyperparameters, ledger, at(month), today=date(2030, 1, 1))
    return Fitted(world._replace(panel=panel).tree(draws), at(month))


def asked(world, ledger, draws, months=("2024-05", "2024-06"), **options):
    before, after = (fit_of(world, ledger, month, draws) for month in months)
    return waterfall(Read(world.framework, world.hyperparameters, ledger), before, after, seed=1, **options)


def only(ledger, *rows):
    """Return a ledger without news of June but some rows."""
    june = pd.Timestamp("2024-06-01")
    tables = ("observations", "coverage", "outcomes", "corroboration")
    parts = {name: getattr(ledger, name) for name in tables}
    parts = {name: part[part["known_date"].isna() | (part["known_date"] < june)] for name, part in parts.items()}
    return with_rows(replace(ledger, **parts), *rows) if rows else replace(ledger, **parts)


@pytest.fixture(scope="module")
def draws(harbour):
    return harbour.draws(11, 400)


@pytest.fixture(scope="module")
def found(harbour, draws):
    return asked(harbour, harbour.ledger, draws)


def total(bars):
    return np.sum([bar.value for bar in bars], axis=0)


def test_the_bars_add_up_to_the_change_in_probabilities_and_decibans(found):
    np.testing.assert_allclose(total(found.bars), found.difference, atol=1e-8)
    news = [bar for bar in found.bars if bar.group]
    np.testing.assert_allclose(total(news), total(found.groups), atol=1e-8)
    assert np.abs(found.difference[:3]).max() > 0.001
    assert len(news) >= 4


def test_the_ends_are_what_both_fits_say(harbour, draws, found):
    for month, value in (("2024-05", found.before), ("2024-06", found.after)):
        last = fit_of(harbour, harbour.ledger, month, draws).tree["posterior"][names.FILTERED].isel(time=-1)
        np.testing.assert_allclose(value[:4], last.mean(("chain", "draw")), atol=1e-14)


def test_the_bars_of_a_toy_are_the_average_over_all_orders_of_whole_panels(harbour, draws):
    rows = [
        said("dredging_funds", "joining"),
        said("pilot_exchange", "parting"),
        said("council_tone", "joining"),
        said("council_tone", "parting", "other", reliability="C"),
    ]
    ledger = only(harbour.ledger, *rows)
    found = asked(harbour, ledger, draws)
    before, after = (fit_of(harbour, ledger, month, draws) for month in ("2024-05", "2024-06"))
    news = told(harbour.framework, ledger, before.when.known_at, after.when.known_at)
    fitted = as_fitted(after.tree, harbour.framework, harbour.hyperparameters, 0, np.random.default_rng(0))
    known = {}

    def worth(coalition):
        if coalition not in known:
            panel = build_panel(harbour.framework, harbour.hyperparameters, news.ledger(coalition), after.when)
            seen = seeing(fitted, Setting(harbour.framework, harbour.hyperparameters, used_months(panel)))
            weight = weights((seen.log_marginal - fitted.log_marginal).reshape(2, -1))
            known[coalition] = measures(weight.mean(seen.filtered[:, -1].reshape(2, -1, 4)))
        return known[coalition]

    together = {"council_tone": "law", "dredging_funds": "purse", "pilot_exchange": "sea"}
    groups = [together[next(iter(piece.about))] for piece in news.pieces]
    orders = [order for order in permutations(range(4)) if _grouped([groups[place] for place in order])]
    expected = np.zeros((4, len(found.after)))
    for order in orders:
        for place, piece in enumerate(order):
            step = worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
            expected[piece] += step / len(orders)
    bars = {bar.rows: bar for bar in found.bars if bar.group}
    for piece, value in zip(news.pieces, expected, strict=True):
        np.testing.assert_allclose(bars[piece.rows].value, value, atol=1e-8)
    assert np.abs(expected[:, :4]).max() > 0.005


def _grouped(order):
    changes = sum(one != other for one, other in pairwise(order))
    return changes == len(set(order)) - 1


def known_parameters(world, size=40):
    """Return one draw many times, without shocks and tilts, in which no scenario ends."""
    one = {name: np.repeat(values[:1], size, axis=0) for name, values in world.draws(23, 2).items()}
    gone = (names.TILT_MEAN, names.TILT_SCALE, names.GLOBAL_SCALE, names.GROUP_SCALE)
    still = {name: np.zeros_like(one[name]) for name in gone}
    still[names.DWELL] = np.full_like(one[names.DWELL], 1e12)
    still[names.RELIABILITY] = np.full_like(one[names.RELIABILITY], 0.6)
    return one | still


def weight_of_evidence(world, draws, indicator, direction):
    """Return the decibans of one report for each pair of scenarios, by hand."""
    framework = world.framework
    place = framework.indicators.index(indicator)
    strength, threshold = draws[names.STRENGTH][0, place], draws[names.THRESHOLD][0]
    log_odds = draws[names.FLAT_NEWS_MEAN][0] + draws[names.FLAT_NEWS_SCALE][0] * draws[names.FLAT_NEWS_Z][0, place]
    reliability = draws[names.RELIABILITY][0, GRADES.index("A")]
    rules = [rule.id for rule in framework.declaration.slants]
    guess = draws[names.SLANT_SHARES][0, rules.index("plain")]
    said_at = framework.declaration.directions.index(direction)
    logs = []
    for expected in framework.expected[place]:
        eta = strength * expected
        low, high = ndtr(-threshold - eta), ndtr(eta - threshold)
        seen = np.array([low, 1.0 - low - high, high]) * np.array([1.0, expit(log_odds), 1.0])
        heard = reliability * (np.arange(3) == said_at) + (1.0 - reliability) * guess[said_at]
        logs.append(np.log10(seen @ heard / seen.sum()))
    return [10.0 * (logs[one] - logs[other]) for one, other in room.scenario_pairs(len(logs))]


def test_without_shocks_and_dynamics_the_bars_are_the_weights_of_evidence_in_closed_form(harbour):
    draws = known_parameters(harbour)
    rows = [said("dredging_funds", "joining"), said("pilot_exchange", "parting")]
    found = asked(harbour, only(harbour.ledger, *rows), draws)
    bars = {bar.label.split(":")[0]: bar for bar in found.bars}
    for indicator, direction in (("dredging_funds", "joining"), ("pilot_exchange", "parting")):
        name = next(one.name for one in harbour.framework.declaration.indicators if one.id == indicator)
        expected = weight_of_evidence(harbour, draws, indicator, direction)
        np.testing.assert_allclose(bars[name].value[4:], expected, atol=1e-8)
        np.testing.assert_allclose(bars[name].alone[4:], expected, atol=1e-8)
        assert np.abs(expected).max() > 0.5
    assert found.bars[0].value == pytest.approx(0.0, abs=1e-9)
    assert found.bars[1].value == pytest.approx(0.0, abs=1e-7)


def test_a_row_that_is_no_evidence_has_exactly_nothing_and_equal_rows_have_the_same(harbour, draws):
    rows = [
        said("council_tone", "joining", "one"),
        said("council_tone", "joining", "two"),
        said("dredging_funds", "joining", "three", source_id="pact_paper"),
        said("pilot_exchange", "parting", "four"),
    ]
    found = asked(harbour, only(harbour.ledger, *rows), draws)
    bars = {bar.rows: bar for bar in found.bars}
    dummy, one, two = bars[("added 2",)], bars[("added 0",)], bars[("added 1",)]
    np.testing.assert_array_equal([dummy.value, dummy.mcse, dummy.alone], 0.0)
    np.testing.assert_allclose(one.value, two.value, atol=1e-12)
    assert np.abs(one.value).max() > 0.0


def test_copies_of_one_story_are_called_redundant(harbour):
    draws = known_parameters(harbour)
    rows = [said("council_tone", "joining", "one wire"), said("council_tone", "joining", "one wire", day="2024-06-21")]
    found = asked(harbour, only(harbour.ledger, *rows), draws)
    copies = [bar for bar in found.bars if bar.group]
    assert [bar.redundant for bar in copies] == [True, True]
    np.testing.assert_array_equal([bar.alone for bar in copies], 0.0)
    assert not found.groups[0].redundant


@pytest.fixture(scope="module")
def posteriors(harbour):
    """Return fits of January and February, and of January with another seed, from draws of the prior."""
    ledger = harbour.ledger
    months = ("2023-01", "2023-01", "2023-02")
    return [kept(harbour, ledger, month, seed) for month, seed in zip(months, (5, 6, 7), strict=True)]


def kept(world, ledger, month, seed, size=12_000, wanted=200):
    """Keep draws of the prior with a chance in proportion to the likelihood."""
    draws = world.draws(seed, size)
    fit = fit_of(world, ledger, month, draws)
    evidence = fit.tree["log_likelihood"][names.ONE_STEP].sum("time").to_numpy().ravel()
    chosen = np.flatnonzero(np.random.default_rng(seed).uniform(size=size) < np.exp(evidence - evidence.max()))
    assert len(chosen) >= wanted
    even = chosen[: len(chosen) // 2 * 2]
    return fit_of(world, ledger, month, {name: values[even] for name, values in draws.items()})


def test_the_bar_of_monte_carlo_error_is_nought_within_its_error(harbour, posteriors):
    january, again, february = posteriors
    by = Read(harbour.framework, harbour.hyperparameters, harbour.ledger)
    for before in (january, again):
        bar = waterfall(by, before, february, seed=1).bars[0]
        assert bar.kind == "monte carlo"
        assert (np.abs(bar.value) < ENOUGH * bar.mcse).all()
        assert (bar.mcse[:4] > 0.0).all()
        assert (bar.mcse[:4] < 0.05).all()


def test_the_check_of_monte_carlo_error_can_fail(harbour, posteriors):
    by = Read(harbour.framework, harbour.hyperparameters, harbour.ledger)
    wrong = Fitted(fit_of(harbour, harbour.ledger, "2023-01", harbour.draws(9, 400)).tree, posteriors[0].when)
    posterior = wrong.tree["posterior"].to_dataset()
    mirrored = posterior[names.FILTERED].isel({names.SCENARIO: slice(None, None, -1)})
    wrong.tree["posterior"] = xr.DataTree(posterior.assign({names.FILTERED: mirrored}))
    bar = waterfall(by, wrong, posteriors[2], seed=1).bars[0]
    assert (np.abs(bar.value) > ENOUGH * bar.mcse).any()


def test_what_else_differs_between_the_fits_is_told_in_the_first_bar(harbour, draws):
    found = asked(harbour, harbour.ledger, draws, altered=("table.csv", "code"))
    assert found.bars[0].kind == "declarations"
    assert found.bars[0].label == "table, priors, model or code (table.csv, code), with Monte Carlo error"


def test_reasons_are_the_largest_bars_of_a_scenario_and_never_noise(harbour, found):
    reasons = main_reasons(found, harbour.framework.scenarios[0])
    sizes = [abs(bar.value[0]) for bar in reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert 1 <= len(reasons) <= 3
    assert all(bar.kind != "monte carlo" and bar.clear(0) for bar in reasons)


def test_a_driver_is_association_and_not_cause(harbour, draws):
    found = asked(harbour, only(harbour.ledger, said("council_tone", "joining")), draws)
    assert found.bars[2].driver
    assert found.bars[2].label.endswith("(association, not cause)")


def test_months_that_do_not_follow_each_other_are_refused(harbour, draws):
    for months in (("2024-06", "2024-05"), ("2024-06", "2024-06")):
        with pytest.raises(RunError, match="ask from the earlier to the later month"):
            asked(harbour, harbour.ledger, draws, months)


def test_a_fit_of_another_ledger_is_refused(harbour, draws):
    before, after = (fit_of(harbour, harbour.ledger, month, draws) for month in ("2024-05", "2024-06"))
    other = Read(harbour.framework, harbour.hyperparameters, only(harbour.ledger, said("council_tone", "joining")))
    with pytest.raises(RunError, match="make it again with 'indicast fit harbour'"):
        waterfall(other, before, after, seed=1)


def test_the_dictionary_holds_every_number_and_is_json(found):
    told_of = json.loads(json.dumps(found.as_dict()))
    assert len(told_of["bars"]) == len(found.bars)
    for scenario, value in told_of["change"]["probability"].items():
        assert sum(bar["probability"][scenario] for bar in told_of["bars"]) == pytest.approx(value, abs=1e-8)
    for pair, value in told_of["change"]["decibans"].items():
        assert sum(bar["decibans"][pair] for bar in told_of["bars"]) == pytest.approx(value, abs=1e-8)
    assert all("leave_one_out_decibans" in bar for bar in told_of["bars"] if bar["group"])
    assert told_of["months"] == ["2024-05", "2024-06"]


def test_months_joined_add_up_to_the_change_over_all_of_them(harbour, draws, found):
    earlier = asked(harbour, harbour.ledger, draws, ("2024-04", "2024-05"))
    both = joined((earlier, found), ())
    np.testing.assert_allclose(total(both.bars), found.after - earlier.before, atol=1e-8)
    assert [bar.kind for bar in both.bars].count("time") == 1
    assert both.months == ("2024-04", "2024-05", "2024-06")


def test_a_second_fit_without_the_news_tells_what_lies_near_to_it(harbour, draws, found):
    """Draws of the prior stand for any posterior; with the same draws at both ends the bars stay what they were."""
    panel = build_panel(
        harbour.framework,
        harbour.hyperparameters,
        harbour.ledger,
        replace(at("2024-06"), known_at=at("2024-05").known_at),
    )
    second = harbour._replace(panel=panel).tree(draws)
    both = asked(harbour, harbour.ledger, draws, refitted=second)
    assert both.refitted
    np.testing.assert_allclose(total(both.bars), both.difference, atol=1e-8)
    assert both.k_hat <= found.k_hat


@pytest.mark.parametrize(
    ("name", "months"),
    [("jetty", ("2024-03", "2024-06")), ("mill", ("2023-11", "2023-12")), ("orchard", ("2024-03", "2024-06"))],
)
def test_any_number_of_scenarios_and_every_family_are_read_as_whole_panels_are(name, months, request):
    world = request.getfixturevalue(name)
    draws = world.draws(3, 40)
    first, last = (fit_of(world, world.ledger, month, draws) for month in months)
    news = told(world.framework, world.ledger, first.when.known_at, last.when.known_at)
    by = Read(world.framework, world.hyperparameters, world.ledger)
    plan = room._plan(world.framework, news, seed=1)
    (anchor,) = room._anchors(by, first, last, news, None, plan, lambda _: None)
    asked_about = sorted({step.after for steps in plan.steps.values() for step in steps}, key=sorted)
    assert news.pieces
    for coalition in asked_about[:: max(1, len(asked_about) // 4)]:
        panel = used_months(build_panel(by.framework, by.hyperparameters, news.ledger(coalition), last.when))
        whole = seeing(anchor.coalitions.fitted, Setting(by.framework, by.hyperparameters, panel))
        view = anchor.coalitions.view(coalition)
        np.testing.assert_allclose(view.now, whole.filtered[:, -1], atol=1e-9)
        expected = whole.log_marginal - anchor.coalitions.fitted.log_marginal
        np.testing.assert_allclose(view.log_ratio, expected, atol=1e-8)
    nothing = anchor.coalitions.without_news(room.month_index(months[0]) - world.framework.start_index)
    np.testing.assert_allclose(nothing.now, _filtered(first), atol=1e-9)
    earlier = first.tree["log_likelihood"][names.ONE_STEP].sum("time").to_numpy().ravel()
    np.testing.assert_allclose(nothing.log_ratio, earlier - anchor.coalitions.fitted.log_marginal, atol=1e-8)


def _filtered(fit):
    last = fit.tree["posterior"][names.FILTERED].isel(time=-1)
    return last.transpose("chain", "draw", "scenario").to_numpy().reshape(-1, last.sizes["scenario"])


def test_without_news_only_time_and_noise_are_left(harbour, draws):
    found = asked(harbour, only(harbour.ledger), draws)
    assert [bar.kind for bar in found.bars] == ["monte carlo", "time"]
    assert found.groups == ()
    np.testing.assert_allclose(total(found.bars), found.difference, atol=1e-8)
    assert np.abs(found.difference).max() > 0.0
