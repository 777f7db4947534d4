"""Weighed draws: nothing moves where nothing was said, and what cannot be told is flagged."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.explain import what_if
from indicast.explain._departure import departure
from indicast.explain._reweighting import error_of_mean, largest_shape, weights
from indicast.generative import chain
from indicast.panel import Sizes, Vintage, build_panel, last_day, used_months
from indicast.workspace import month_index

MONTH = "2024-06"


def at(month):
    return Vintage(month, last_day(month_index(month)))


def with_rows(ledger, *rows):
    """Return a ledger with copies of its last observation, changed as told."""
    last = ledger.observations.iloc[-1]
    added = pd.DataFrame([{**last.to_dict(), **row, "record_id": f"added {place}"} for place, row in enumerate(rows)])
    added.index = ledger.observations.index.max() + 1 + np.arange(len(added))
    for name in ("event_date", "known_date", "end_date"):
        added[name] = pd.to_datetime(added[name])
    return replace(ledger, observations=pd.concat([ledger.observations, added]))


def report(direction, reliability="A", origin="said", day="2024-06-20", indicator="dredging_funds"):
    return {
        "event_date": day,
        "known_date": day,
        "indicator": indicator,
        "kind": "event",
        "value": "",
        "unit": "",
        "direction": direction,
        "reliability": reliability,
        "credibility": "1",
        "source_id": "tide_table",
        "origin_id": origin,
    }


def asked(world, tree, after, when=None, before=None, seed=3):
    before = before or world.ledger
    framework, hyperparameters = world.framework, world.hyperparameters
    return what_if(framework, hyperparameters, tree, before, after, when or at(MONTH), seed=seed)


@pytest.fixture(scope="module")
def draws(harbour):
    return harbour.draws(11, 600)


@pytest.fixture(scope="module")
def tree(harbour, draws):
    return harbour.tree(draws)


def test_an_identical_ledger_moves_nothing_exactly(harbour, tree):
    found = asked(harbour, tree, harbour.ledger)
    last = tree["posterior"][names.FILTERED].isel(time=-1).mean(("chain", "draw"))
    np.testing.assert_allclose(found.before, last, atol=1e-14)
    np.testing.assert_array_equal(found.before, found.after)
    np.testing.assert_array_equal([found.difference, found.decibans, found.difference_mcse], 0.0)
    assert found.k_hat == -np.inf
    assert found.trusted
    assert found.effective_draws == found.draws == 600


def test_probabilities_sum_to_one_and_a_report_moves_them(harbour, tree):
    found = asked(harbour, tree, with_rows(harbour.ledger, report("joining")))
    assert found.before.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.after.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(found.difference).max() > 0.01
    assert found.scenarios == harbour.framework.scenarios


def without_lasting_causes(draws):
    """Return draws in which no tilt or shock can stand for what is reported instead of the scenario."""
    gone = (names.TILT_MEAN, names.TILT_SCALE, names.GLOBAL_SCALE, names.GROUP_SCALE)
    return {name: np.zeros_like(values) if name in gone else values for name, values in draws.items()}


def test_opposite_reports_pull_apart(harbour, draws):
    tree = harbour.tree(without_lasting_causes(draws))
    up, down = (asked(harbour, tree, with_rows(harbour.ledger, report(word))) for word in ("joining", "parting"))
    assert up.difference[0] > 3.0 * up.difference_mcse[0]
    assert down.difference[0] < -3.0 * down.difference_mcse[0]


def test_a_worthless_source_moves_nothing(harbour, draws):
    letter = harbour.hyperparameters.coords[names.GRADE].index("A")
    reliability = draws[names.RELIABILITY].copy()
    reliability[:, letter] = 0.0
    changed = {**draws, names.RELIABILITY: reliability}
    rows = with_rows(harbour.ledger, report("joining"), report("parting", origin="again"))
    # What it says when it does not know is learned from it, which is no news of the scenario: within sampling noise.
    found = asked(harbour, harbour.tree(changed), rows)
    assert (np.abs(found.difference) <= 3.0 * found.difference_mcse).all()
    known = np.full_like(draws[names.SLANT_SHARES], 1.0 / 3.0)
    found = asked(harbour, harbour.tree({**changed, names.SLANT_SHARES: known}), rows)
    np.testing.assert_allclose(found.difference, 0.0, atol=1e-9)
    reliability[:, letter] = 0.9
    found = asked(
        harbour, harbour.tree({**changed, names.SLANT_SHARES: known}), with_rows(harbour.ledger, report("parting"))
    )
    assert np.abs(found.difference).max() > 0.01


def test_a_row_that_is_taken_back_moves_what_it_had_moved(harbour, tree):
    rows = harbour.ledger.observations
    line = rows.index[rows["indicator"] == "pilot_exchange"][-1]
    change = {"change": "retraction", "supersedes": rows.loc[line, "record_id"], "reason": "mistaken"}
    back = with_rows(harbour.ledger, {**rows.loc[line].to_dict(), "known_date": "2024-06-29", **change})
    gone = replace(harbour.ledger, observations=rows.drop(index=line))
    found, expected = asked(harbour, tree, back), asked(harbour, tree, gone)
    np.testing.assert_array_equal(found.after, expected.after)
    assert np.abs(found.difference).max() > 0.005


def test_there_and_back_is_the_opposite(harbour, tree):
    longer = with_rows(harbour.ledger, report("joining"))
    there, back = asked(harbour, tree, longer), asked(harbour, tree, harbour.ledger, before=longer)
    np.testing.assert_array_equal(there.difference, -back.difference)
    np.testing.assert_array_equal(there.decibans, -back.decibans)


def test_the_order_of_rows_and_of_draws_changes_nothing(harbour, draws, tree):
    longer = with_rows(harbour.ledger, report("joining"), report("parting", "C", "other"))
    rng = np.random.default_rng(5)
    mixed = replace(longer, observations=longer.observations.iloc[rng.permutation(len(longer.observations))])
    order = rng.permutation(600)
    others = harbour.tree({name: values[order] for name, values in draws.items()})
    straight = asked(harbour, tree, longer)
    np.testing.assert_allclose(asked(harbour, tree, mixed).after, straight.after, atol=1e-9)
    # The tail is fitted to the same ratios, and which draws depend on each other is seen differently.
    np.testing.assert_allclose(asked(harbour, others, longer).after, straight.after, atol=1e-3)


def test_evidence_that_no_draw_foresaw_is_flagged(harbour, tree):
    words = ["joining", "parting"]
    days = [f"2024-{month:02d}-{day:02d}" for month in range(1, 7) for day in (5, 20)]
    rows = [
        report(words[place % 2], "A", f"{day} {name}", day, name)
        for place, day in enumerate(days)
        for name in ("dredging_funds", "pilot_exchange", "council_tone")
    ]
    found = asked(harbour, tree, with_rows(harbour.ledger, *rows))
    assert found.k_hat > found.limit
    assert not found.trusted
    assert found.effective_draws < 60


def test_common_draws_help_the_difference(harbour, tree):
    found = asked(harbour, tree, with_rows(harbour.ledger, report("joining", "D")))
    assert (found.difference_mcse < 0.5 * np.hypot(found.before_mcse, found.after_mcse)).all()


def test_decibans_are_ten_times_the_decimal_logarithm_of_the_odds_ratio(harbour, tree):
    found = asked(harbour, tree, with_rows(harbour.ledger, report("joining")))
    odds = [side / (1.0 - side) for side in (found.before, found.after)]
    np.testing.assert_allclose(found.decibans, 10.0 * np.log10(odds[1] / odds[0]), rtol=1e-9)


def test_a_month_before_the_last_one_of_the_fit_is_refused(harbour, tree):
    with pytest.raises(RunError, match=r"2024-04 lies 2 months before .*--as-of 2024-04"):
        asked(harbour, tree, harbour.ledger, at("2024-04"))


def test_a_fit_of_another_model_is_refused(harbour, tree):
    groups = {name: node.to_dataset() for name, node in tree.children.items()}
    groups["prior"] = groups["prior"].drop_vars([names.THRESHOLD])
    with pytest.raises(RunError, match=r"no draws of threshold.*indicast fit harbour"):
        asked(harbour, xr.DataTree.from_dict(groups), harbour.ledger)


@pytest.fixture(scope="module")
def earlier(harbour):
    """The harbour with nothing known after April."""
    ledger = harbour.ledger.known(last_day(month_index("2024-04")))
    return harbour._replace(ledger=ledger, panel=harbour.seen(ledger, "2024-04"))


def test_months_without_news_are_the_chain_running_on(earlier):
    tree = earlier.tree(earlier.draws(13, 400))
    found = asked(earlier, tree, earlier.ledger)
    posterior = tree["posterior"].to_dataset()
    state = posterior[names.FILTERED].isel(time=-1).to_numpy()
    for _ in range(2):
        state = chain.step(state, posterior[names.TRANSITION].to_numpy())
    np.testing.assert_allclose(found.after, state.mean(axis=(0, 1)), atol=1e-12)
    assert found.k_hat == -np.inf


def test_news_of_a_month_after_the_fit_are_read_with_shocks_from_the_seed(earlier):
    tree = earlier.tree(earlier.draws(13, 400))
    longer = with_rows(earlier.ledger, report("joining"))
    found, again, other = (asked(earlier, tree, longer, seed=seed) for seed in (1, 1, 2))
    assert np.abs(found.difference).max() > 0.005
    np.testing.assert_array_equal(found.after, again.after)
    assert not np.array_equal(found.after, other.after)
    assert (np.abs(found.after - other.after) < 4.0 * (found.difference_mcse + other.difference_mcse)).all()


def test_panels_part_in_the_month_of_the_first_row_that_one_of_them_lacks(harbour):
    framework, months = harbour.framework, int(harbour.panel.attrs["months"])
    panel = used_months(harbour.panel)
    for day in ("2023-01-31", "2023-09-30", "2024-06-20"):
        other = used_months(harbour.seen(with_rows(harbour.ledger, report("joining", day=day)), MONTH))
        assert departure(panel, other) == departure(other, panel) == month_index(day[:7]) - framework.start_index
    assert departure(panel, panel) == months


def test_panels_part_at_a_graded_a_slanted_and_a_counted_row(harbour):
    """Change one cell of one row at a time: what only a family's own array holds must be seen."""
    rows = harbour.ledger.observations
    line = rows.index[(rows["indicator"] == "dredging_funds") & (rows["event_date"] >= "2023-03-01")][0]
    month = 2
    for column, value in {
        "reliability": "F",
        "credibility": "5",
        "source_id": "far_consul",
        "direction": "parting",
    }.items():
        changed = rows.copy()
        changed.loc[line, column] = value
        other = harbour.seen(replace(harbour.ledger, observations=changed), MONTH)
        assert departure(used_months(harbour.panel), used_months(other)) == month, column
    convoy = report("joining", day="2023-03-20", indicator="convoys")
    other = harbour.seen(with_rows(harbour.ledger, convoy), MONTH)
    assert departure(used_months(harbour.panel), used_months(other)) == month


def test_padding_is_no_difference(harbour):
    wide = build_panel(harbour.framework, harbour.hyperparameters, harbour.ledger, at(MONTH), Sizes(40, 99, 9, 30, 30))
    assert departure(used_months(harbour.panel), used_months(wide)) == int(harbour.panel.attrs["months"])


def test_a_shorter_panel_parts_after_its_last_month(harbour, earlier):
    shorter = used_months(earlier.panel)
    longer = used_months(harbour.seen(earlier.ledger, MONTH))
    assert departure(shorter, longer) == departure(longer, shorter) == shorter.sizes[names.TIME]


def test_equal_ratios_weigh_all_draws_alike():
    found = weights(np.full((4, 25), 7.3))
    np.testing.assert_array_equal(found.values, 0.01)
    assert found.effective == 100.0


def test_a_constant_in_all_ratios_changes_nothing():
    ratio = np.random.default_rng(1).standard_normal((4, 250))
    one, other = weights(ratio), weights(ratio + 800.0)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-9)
    assert one.k_hat == pytest.approx(other.k_hat, abs=1e-9)


def test_weights_turn_one_normal_distribution_into_another():
    """N(0, 1) weighed by exp(x/2) is N(1/2, 1); the error said is the error made, over 300 repetitions."""
    rng = np.random.default_rng(2)
    means, errors, shapes = [], [], []
    for _ in range(300):
        sample = rng.standard_normal((4, 250))
        found = weights(0.5 * sample)
        means.append(found.mean(sample[..., None])[0])
        errors.append(error_of_mean(found.pull(sample[..., None]))[0])
        shapes.append(found.k_hat)
    spread = np.std(means)
    assert np.mean(means) == pytest.approx(0.5, abs=4.0 * spread / np.sqrt(300))
    # The standard deviation of 300 has a relative error of 4 %; unweighted, the error would be 25 % too small.
    assert np.mean(errors) == pytest.approx(spread, rel=0.12)
    assert np.mean(np.array(shapes) < largest_shape(1000)) > 0.95


def test_a_ratio_without_a_mean_is_not_trusted():
    """Ratios with the tail of a Pareto distribution of shape 1.5 have no mean."""
    ratio = 1.5 * np.random.default_rng(3).standard_exponential((4, 1000))
    found = weights(ratio)
    assert found.k_hat == pytest.approx(1.5, abs=0.4)
    assert not found.trusted


def test_asking_costs_no_import_of_arviz_or_pymc():
    loaded = "import sys, indicast.explain; print([name for name in sys.argv[1:] if name in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", loaded, "arviz", "arviz_stats", "pymc", "nutpie", "matplotlib"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"
