"""Directions: an ordered probit, one reading per cell, and sources that may be worthless."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from indicast import names
from indicast.generative import direction, shocks
from indicast.generative.emission import group_of
from indicast.ledger import with_records

FLAT = np.array([1 / 3, 1 / 3, 1 / 3])
ROSY = np.array([0.15, 0.30, 0.55])


@pytest.mark.parametrize("threshold", [0.1, 0.67, 2.5])
def test_readings_are_the_three_parts_of_a_normal(threshold):
    eta = np.array([-9.0, -2.3, -0.4, 0.0, 0.01, 0.7, 3.1, 9.0])
    found = direction.reading_probability(eta, threshold)
    low, high = stats.norm.cdf(-threshold, loc=eta), stats.norm.sf(threshold, loc=eta)
    # Parts of the normal as scipy sees them; an exchanged sign of eta would miss by .2 at eta = .4.
    np.testing.assert_allclose(found[:, 0], low, rtol=1e-12)
    np.testing.assert_allclose(found[:, 2], high, rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], stats.norm.cdf(threshold, loc=eta) - low, atol=1e-14)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-14)
    assert (found > 0).all()


def test_a_flat_reading_keeps_its_digits_far_from_the_middle():
    eta = np.array([-12.0, 12.0])
    found = direction.reading_probability(eta, 0.67)[:, 1]
    expected = stats.norm.sf(12.0 - 0.67) - stats.norm.sf(12.0 + 0.67)
    np.testing.assert_allclose(found, expected, rtol=1e-10)  # 1 - low - high would be 0


def one_cell(reports, slant=ROSY):
    """Return the message of one cell from (rho, direction) pairs."""
    rho = np.array([[rho for rho, _ in reports]])
    said = np.array([[said for _, said in reports]])
    return direction.message(rho, np.broadcast_to(slant, (*rho.shape, 3)), said, np.ones(rho.shape, bool))[0]


def test_message_is_the_product_over_reports_of_the_mixture():
    rng = np.random.default_rng(1)
    rho, said = rng.random((2, 4, 3)), rng.integers(-1, 2, (4, 3))
    slant, used = rng.dirichlet([1.0, 2.0, 0.5], (2, 4, 3)), rng.random((4, 3)) < 0.7
    found = direction.message(rho, slant, said, used)
    for s, c, reading in itertools.product(range(2), range(4), (-1, 0, 1)):
        expected = 1.0
        for r in range(3):
            if used[c, r]:
                d = said[c, r]
                expected *= rho[s, c, r] * (d == reading) + (1 - rho[s, c, r]) * slant[s, c, r, d + 1]
        assert found[s, c, reading + 1] == pytest.approx(expected, rel=1e-13)


def test_cell_emission_equals_listing_readings_and_conditioning_on_being_reported():
    rng = np.random.default_rng(2)
    probability = rng.dirichlet([2.0, 1.0, 0.6], (3, 5, 4))
    likelihood, news = rng.random((3, 5, 3)), rng.random((3, 5))
    found = direction.cell_log_emission(probability, likelihood, news)
    for s, c, k in itertools.product(range(3), range(5), range(4)):
        weight = [1.0, news[s, c], 1.0]
        above = sum(probability[s, c, k, y] * weight[y] * likelihood[s, c, y] for y in range(3))
        below = sum(probability[s, c, k, y] * weight[y] for y in range(3))
        assert found[s, c, k] == pytest.approx(np.log(above / below), rel=1e-12)


def scenario_probability(strength=0.5):
    """Return P(reading) under three scenarios that expect +1, 0 and -1; dims (cell = 1, scenario, direction)."""
    return direction.reading_probability(strength * np.array([1.0, 0.0, -1.0]), 0.67)[None]


def log_ratio(message, news=0.4):
    """Return log-emission of a cell relative to the last scenario."""
    found = direction.cell_log_emission(scenario_probability(), message[None], np.array([news]))[0]
    return found - found[-1]


@pytest.mark.parametrize("said", [-1, 0, 1])
@pytest.mark.parametrize("slant", [FLAT, ROSY])
def test_a_worthless_source_has_likelihood_ratio_one(said, slant):
    # Differences of logs of sums of three terms: 1e-15. A slant over scenarios rather than readings gives .6.
    np.testing.assert_allclose(log_ratio(one_cell([(0.0, said)], slant)), 0.0, atol=1e-15)


@pytest.mark.parametrize("said", [-1, 0, 1])
def test_an_infallible_source_gives_the_reading_itself_among_reported_readings(said):
    news = np.array([1.0, 0.4, 1.0])
    weighted = scenario_probability()[0] * news
    expected = np.log(weighted[:, said + 1] / weighted.sum(axis=1))
    found = direction.cell_log_emission(scenario_probability(), one_cell([(1.0, said)])[None], np.array([0.4]))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_the_likelihood_ratio_grows_with_reliability():
    ratios = [log_ratio(one_cell([(rho, 1)]))[0] for rho in np.linspace(0.0, 1.0, 41)]
    assert ratios[0] == pytest.approx(0.0, abs=1e-15)
    assert (np.diff(ratios) > 0).all()
    against = [log_ratio(one_cell([(rho, -1)]))[0] for rho in np.linspace(0.0, 1.0, 41)]
    assert (np.diff(against) < 0).all()


def test_a_report_against_its_slant_says_more():
    assert log_ratio(one_cell([(0.5, -1)], ROSY))[0] < log_ratio(one_cell([(0.5, -1)], FLAT))[0] < 0.0
    assert 0.0 < log_ratio(one_cell([(0.5, 1)], ROSY))[0] < log_ratio(one_cell([(0.5, 1)], FLAT))[0]


@pytest.mark.parametrize("rho", [0.25, 0.45, 0.7, 0.85, 0.95])
def test_any_number_of_reports_of_one_cell_says_no_more_than_the_reading_itself(rho):
    once, often = log_ratio(one_cell([(rho, 1)], FLAT)), log_ratio(one_cell([(rho, 1)] * 10, FLAT))
    ceiling = log_ratio(np.array([0.0, 0.0, 1.0]))
    assert 0.0 < once[0] < often[0] <= ceiling[0] + 1e-12


@pytest.mark.parametrize("rho", [0.7, 0.85, 0.95])
def test_ten_good_reports_of_one_cell_say_less_than_two_cells(rho):
    # Not so for poor sources: at rho = .45 one report holds less than half of what the reading would say.
    once, often = log_ratio(one_cell([(rho, 1)], FLAT)), log_ratio(one_cell([(rho, 1)] * 10, FLAT))
    assert often[0] < 2.0 * once[0]


def test_reports_that_disagree_evenly_cancel_when_nothing_leans():
    # Equal trust and an even slant: '+' and '-' leave flat unlikely, and the two changes equally likely.
    found = one_cell([(0.7, 1), (0.7, -1)], FLAT)
    assert found[0] == pytest.approx(found[2], rel=1e-14)
    assert found[1] < found[0]


# ---- from ledger rows


def rows_of(world, entries):
    """Return the ledger with only these observations: dicts of what differs from a plain row."""
    plain = {
        "event_date": "2023-03-10", "end_date": "", "published_date": "", "indicator": "pilot_exchange",
        "kind": "event", "value": "", "unit": "", "direction": "joining", "summary": "x", "source_id": "tide_table",
        "reliability": "B", "credibility": "2", "known_date": "2023-03-11", "origin_id": "tide",
    }  # fmt: skip
    frame = pd.DataFrame([plain | entry for entry in entries], index=range(2, 2 + len(entries)))
    for column in ("event_date", "end_date", "known_date"):
        frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d", errors="coerce")
    empty = world.ledger.corroboration.iloc[:0]
    return replace(world.ledger, observations=with_records(frame), corroboration=empty)


def evidence(world, entries, draws, as_of="2023-06"):
    """Return the log-emission of directions for each month and scenario; dims (draw, time, scenario)."""
    panel = world.seen(rows_of(world, entries), as_of)
    months = panel.sizes[names.TIME]
    short = dict(draws)
    for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION):
        short[name] = draws[name][:, :months]
    climate = shocks.climate(short, group_of(world.framework))
    return direction.log_emission(short, panel, world.framework.table.expected, climate)


def test_ten_copies_of_one_origin_change_nothing(harbour):
    draws = harbour.draws(3, 5)
    once = evidence(harbour, [{}], draws)
    sources = ["tide_table", "saltmarsh", "keepers_log", "chart_maker", "old_pilot"] * 2
    copies = [{"source_id": source, "event_date": f"2023-03-{10 + n}"} for n, source in enumerate(sources)]
    assert (evidence(harbour, copies, draws) == once).all()
    weaker = [{}] + [{"reliability": "D", "source_id": source} for source in sources]
    assert (evidence(harbour, weaker, draws) == once).all()
    own = [entry | {"origin_id": f"own-{n}"} for n, entry in enumerate(copies)]
    assert np.abs(evidence(harbour, own, draws) - once).max() > 0.01


def test_ten_origins_in_one_month_move_the_odds_less_than_two_months_do(harbour):
    draws = harbour.draws(4, 200)
    ten = [{"origin_id": f"own-{n}"} for n in range(10)]
    two = [{}, {"event_date": "2023-05-10", "known_date": "2023-05-11"}]
    gain = [evidence(harbour, entries, draws).sum(axis=1) for entries in (ten, two)]
    gain = [(terms[:, 0] - terms[:, 3]).mean() for terms in gain]
    assert 0.0 < gain[0] < gain[1]


def test_months_without_reports_are_exactly_zero(world):
    draws = world.draws(5, 3)
    climate = shocks.climate(draws, group_of(world.framework))
    found = direction.log_emission(draws, world.panel, world.framework.table.expected, climate)
    used = world.panel["cell_used"].to_numpy()
    reported = np.isin(np.arange(found.shape[1]), world.panel["cell_time"].to_numpy()[used])
    assert 0 < reported.sum() < len(reported)
    assert (found[:, ~reported] == 0.0).all()
    assert (found[:, reported] != 0.0).all()


def test_emission_of_the_family_equals_a_loop_over_cells(world):
    draws, panel = world.draws(6, 2), world.panel
    climate = shocks.climate(draws, group_of(world.framework))
    found = direction.log_emission(draws, panel, world.framework.table.expected, climate)
    expected = np.zeros_like(found)
    for s, c in itertools.product(range(2), np.flatnonzero(panel["cell_used"].to_numpy())):
        t, i = int(panel["cell_time"][c]), int(panel["cell_indicator"][c])
        odds = draws[names.FLAT_NEWS_MEAN][s] + draws[names.FLAT_NEWS_SCALE][s] * draws[names.FLAT_NEWS_Z][s, i]
        news = {-1: 1.0, 0: 1.0 / (1.0 + np.exp(-odds)), 1: 1.0}
        message = dict.fromkeys(news, 1.0)
        for r in np.flatnonzero(panel["report_used"].to_numpy()[c]):
            said = int(panel["report_direction"][c, r])
            rho = draws[names.RELIABILITY][s, int(panel["report_grade"][c, r])] * float(panel["report_factor"][c, r])
            q = draws[names.SLANT_SHARES][s, int(panel["report_slant"][c, r]), said + 1]
            message = {y: m * (rho * (said == y) + (1 - rho) * q) for y, m in message.items()}
        tau = draws[names.THRESHOLD][s]
        for k in range(len(world.framework.scenarios)):
            eta = draws[names.STRENGTH][s, i] * world.framework.table.expected[i, k] + climate[s, t, i]
            down, up = stats.norm.cdf(-tau - eta), stats.norm.cdf(-tau + eta)
            p = {-1: down, 0: 1.0 - down - up, 1: up}
            above = sum(p[y] * news[y] * message[y] for y in p)
            expected[s, t, k] += np.log(above / sum(p[y] * news[y] for y in p))
    np.testing.assert_allclose(found, expected, atol=1e-11)
