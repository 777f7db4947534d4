"""The list of the next observations: what cannot be seen comes last, and values are those of tables by hand."""

from dataclasses import replace

import numpy as np
import pytest

from indicast import names
from indicast.errors import RunError, WorkspaceError
from indicast.explain import watch_list
from indicast.explain._watch import chance_to_see
from indicast.generative import chain
from indicast.panel import used_months


@pytest.fixture(scope="module")
def tree(harbour):
    return harbour.tree(harbour.draws(21, 400))


@pytest.fixture(scope="module")
def found(harbour, tree):
    return watch_list(harbour.framework, harbour.hyperparameters, tree)


def row(found, stream, label):
    return next(one for one in found if (one.stream, one.label) == (stream, label))


def test_the_most_informative_comes_first_and_nothing_is_negative(found):
    values = [one.nats for one in found]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.0
    for one in found:
        assert one.nats == pytest.approx(one.chance * one.if_seen, abs=1e-15)
        assert min(one.nats, one.mcse, one.pair_nats, one.pair_mcse) >= 0.0
        assert one.bits == pytest.approx(one.nats / np.log(2.0))
        assert one.month == "2024-07"


def test_every_indicator_stream_and_open_milestone_is_in_it(orchard):
    listed = watch_list(orchard.framework, orchard.hyperparameters, orchard.tree(orchard.draws(22, 100)))
    framework = orchard.framework
    wanted = {("direction", one.id) for one in framework.directed} | {("event", one.id) for one in framework.events}
    wanted |= {("count", one.id) for one in framework.counts}
    wanted |= {(family, label) for family in ("share", "level") for label in framework.series(family)}
    wanted |= {("withheld", one.id) for one in framework.declaration.indicators if one.embarrassing}
    keys = [(one.stream, one.label) for one in listed]
    assert len(keys) == len(set(keys))
    assert {key for key in keys if key[0] != "milestone"} == wanted
    assert any(key[0] == "milestone" for key in keys)


def test_what_it_would_do_is_bayes_draw_by_draw(tree, found):
    posterior = tree["posterior"]
    state = posterior[names.FILTERED].isel(time=-1).stack(sample=("chain", "draw")).transpose("sample", ...).to_numpy()
    moves = posterior[names.TRANSITION].stack(sample=("chain", "draw")).transpose("sample", ...).to_numpy()
    before = chain.step(state, moves).mean(axis=0)
    for one in found:
        np.testing.assert_allclose(one.before, before, atol=1e-12)
        chance = np.array([o.probability for o in one.outcomes])
        after = np.array([o.scenario for o in one.outcomes])
        np.testing.assert_allclose(chance.sum(), 1.0, atol=1e-12)
        np.testing.assert_allclose(chance @ after, before, atol=1e-12)
        # Entropy now less expected entropy, from the numbers that are shown, where all outcomes are.
        told = -before @ np.log(before) + chance @ np.sum(after * np.log(np.maximum(after, 1e-300)), axis=1)
        assert told == pytest.approx(one.if_seen, abs=1e-12), one.label


def test_the_chance_to_see_is_the_share_of_recent_months(harbour, found):
    panel = used_months(harbour.panel)
    one = row(found, "direction", "dredging_funds")
    place, window = (
        harbour.framework.indicators.index("dredging_funds"),
        harbour.framework.declaration.watch.window_months,
    )
    here = panel["cell_used"].to_numpy() & (panel["cell_indicator"].to_numpy() == place)
    months = set(panel["cell_time"].to_numpy()[here].tolist())
    recent = [month for month in months if month >= panel.sizes[names.TIME] - window]
    assert (one.seen, one.months) == (len(recent), window)
    assert one.chance == pytest.approx((len(recent) + 0.5) / (window + 1.0))


def test_the_window_is_declared(harbour, tree, found):
    section = harbour.framework.declaration.watch.model_copy(update={"window_months": 6})
    declaration = harbour.framework.declaration.model_copy(update={"watch": section})
    short = watch_list(replace(harbour.framework, declaration=declaration), harbour.hyperparameters, tree)
    assert {one.months for one in found} == {12}
    assert {one.months for one in short} == {6}


def test_chances_are_zero_only_where_nothing_was_ever_seen_or_a_series_has_ended():
    never, long_ago = np.zeros(20, dtype=bool), np.arange(20) == 3
    assert chance_to_see(never, 12) == chance_to_see(never, 12, ends=True) == 0.0
    assert chance_to_see(long_ago, 12) == pytest.approx(0.5 / 13.0)
    assert chance_to_see(long_ago, 12, ends=True) == 0.0
    assert chance_to_see(long_ago, 17, ends=True) == pytest.approx(1.5 / 18.0)
    assert chance_to_see(np.ones(4, dtype=bool), 12) == pytest.approx(4.5 / 5.0)


def test_what_has_never_been_seen_comes_last_with_nothing(harbour):
    rows = harbour.ledger.observations
    ledger = replace(harbour.ledger, observations=rows[rows["indicator"] != "dredging_funds"])
    world = harbour._replace(ledger=ledger, panel=harbour.seen(ledger, "2024-06"))
    listed = watch_list(world.framework, world.hyperparameters, world.tree(world.draws(23, 200)))
    unseen = [one for one in listed if one.chance == 0.0]
    assert ("direction", "dredging_funds") in {(one.stream, one.label) for one in unseen}
    assert listed[-len(unseen) :] == tuple(unseen)
    gone = row(listed, "direction", "dredging_funds")
    assert (gone.nats, gone.mcse, gone.pair_nats, gone.last_seen, gone.grade) == (0.0, 0.0, 0.0, "", "")


def test_rows_that_both_scenarios_of_a_pair_read_alike_are_worth_exactly_nothing_between_them(harbour, tree):
    expected, names_ = harbour.framework.expected, harbour.framework.scenarios
    pairs = [(a, b) for a in range(4) for b in range(a + 1, 4)]
    alike, apart = 0, 0
    for a, b in pairs:
        listed = watch_list(harbour.framework, harbour.hyperparameters, tree, pair=(names_[a], names_[b]))
        for one in listed:
            if one.stream == "direction":
                place = harbour.framework.indicators.index(one.label)
                same = expected[place, a] == expected[place, b]
                assert (one.pair_nats == 0.0) == same, one.label
                alike, apart = alike + same, apart + (not same)
    assert alike > 0 < apart


def test_drivers_are_marked(found):
    assert {one.label for one in found if one.driver} == {"council_tone"}


def test_a_later_month_is_the_chain_running_on(harbour, tree, found):
    later = watch_list(harbour.framework, harbour.hyperparameters, tree, month="2024-09")
    assert later[0].month == "2024-09"
    assert later[0].before != found[0].before
    assert watch_list(harbour.framework, harbour.hyperparameters, tree, month="2024-07") == found


@pytest.mark.parametrize("month", ["2024-06", "2023-02"])
def test_a_month_that_is_not_after_the_last_one_is_refused(harbour, tree, month):
    with pytest.raises(RunError, match=rf"--month {month} is not after 2024-06.*ask for 2024-07.*indicast fit harbour"):
        watch_list(harbour.framework, harbour.hyperparameters, tree, month=month)


def test_what_is_no_month_and_what_is_no_pair_are_refused(harbour, tree):
    with pytest.raises(RunError, match=r"--month: 'May' is no month"):
        watch_list(harbour.framework, harbour.hyperparameters, tree, month="May")
    with pytest.raises(WorkspaceError, match=r"no two scenarios of harbour; there are closed_strait, drift"):
        watch_list(harbour.framework, harbour.hyperparameters, tree, pair=("drift", "drift"))
