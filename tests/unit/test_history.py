"""A ledger only grows: no change reaches back, order is irrelevant, taking back and giving again is identity."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.elicit import load_hyperparameters
from indicast.infer import knowledge
from indicast.ledger import load_ledger, read_ledger, typed_ledger, with_records
from indicast.ledger._history import KEYS, RECORD, TABLES, heirs, standing_records
from indicast.panel import Vintage, build_panel
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = date(2025, 1, 1)
FIRST, LAST = date(2023, 1, 1), date(2024, 8, 31)
CONTENT = {"direction": ["joining", "level", "parting"], "reliability": list("ABCDEF"), "kind": ["event", "claim"]}
"""Cells that a correction may change, and to what."""


@cache
def opened():
    framework = load_framework(HARBOUR, "harbour")
    return framework, load_hyperparameters(framework), read_ledger(framework, TODAY)[0]


def typed(observations):
    return typed_ledger(opened()[2] | {"observations": observations})


def moment(day):
    return f"{day}T12:00:00Z"


def change(row, number, day, what, **cells):
    """Return a row that changes another from a day on."""
    added = {"record_id": f"own-{number}", "recorded_at": moment(day), "change": what, "reason": "a slip"}
    return row | cells | added | {"known_date": str(day), "supersedes": row["record_id"]}


def visible(ledger, at):
    """Return what a view says, without the columns that say how it came about."""
    view = ledger.known(at)
    tables = {name: getattr(view, name) for name in TABLES}
    kept = {name: sorted(set(frame.columns) - {*RECORD, "known_date"}) for name, frame in tables.items()}
    return {name: sorted(map(str, tables[name][kept[name]].to_numpy().tolist())) for name in TABLES}


def panel_of(ledger, at):
    framework, hyperparameters, _ = opened()
    when = Vintage(max(at, FIRST).strftime("%Y-%m"), at)
    panel = build_panel(framework, hyperparameters, ledger, when, today=TODAY)
    return panel.drop_vars([name for name in panel.variables if str(name).endswith("_line")])


@st.composite
def histories(draw):
    """Return observations with lines of corrections and retractions, and the days of the changes in order."""
    rows = opened()[2]["observations"]
    records = rows.to_dict("records")
    tips = {row["record_id"]: row for row in records}
    added, days = [], []
    for number in range(draw(st.integers(1, 8))):
        tip = tips[draw(st.sampled_from(sorted(tips)))]
        day = max(date.fromisoformat(tip["known_date"]), draw(st.dates(FIRST, LAST)))
        what = "correction" if tip["change"] == "retraction" else draw(st.sampled_from(["correction", "retraction"]))
        column = draw(st.sampled_from(sorted(CONTENT)))
        cells = {column: draw(st.sampled_from(CONTENT[column]))} if what == "correction" else {}
        new = change(tip, number, day, what, **cells)
        root = next(key for key, row in tips.items() if row is tip)
        tips[root] = new
        added.append(new)
        days.append(day)
    frame = pd.DataFrame([*records, *added])
    frame.index = range(2, 2 + len(frame))
    return frame, len(records), days


def later_than(frame, at):
    return frame["known_date"] > str(at)


@given(history=histories(), at=st.dates(FIRST, LAST))
def test_no_view_holds_anything_known_later_in_any_field(history, at):
    frame, _, _ = history
    ledger = typed(frame)
    earlier = typed(frame[~later_than(frame, at)])
    assert visible(ledger, at) == visible(earlier, at)
    for name in TABLES:
        known = getattr(ledger.known(at), name)["known_date"].dropna()
        assert (known <= pd.Timestamp(at)).all()


@given(history=histories(), at=st.dates(FIRST, LAST))
def test_a_change_alters_no_older_view(history, at):
    frame, originals, days = history
    added = [number for number, day in enumerate(days) if day > at]
    without = frame.drop(index=[frame.index[originals + number] for number in added])
    before, after = typed(without), typed(frame)
    assert knowledge(before, at).sha256 == knowledge(after, at).sha256


@given(history=histories(), at=st.dates(FIRST, LAST), seed=st.integers(0, 10_000))
def test_the_order_of_rows_is_irrelevant(history, at, seed):
    frame, _, _ = history
    order = np.random.default_rng(seed).permutation(len(frame))
    shuffled = frame.iloc[order]
    assert knowledge(typed(frame), at).sha256 == knowledge(typed(shuffled), at).sha256


def taken_back_and_again(place, gap, wait, *, restore):
    """Return a row, the day it came back, and a ledger in which it was taken back before."""
    rows = opened()[2]["observations"]
    row = rows.iloc[place % len(rows)].to_dict()
    day = date.fromisoformat(row["known_date"]) + timedelta(days=gap)
    back = day + timedelta(days=wait)
    gone = change(row, 1, day, "retraction")
    plain = row | {"record_id": "own-2", "known_date": str(back)}
    again = change(gone, 2, back, "correction") if restore else plain
    return row, back, typed(pd.concat([rows, pd.DataFrame([gone, again], index=[900, 901])]))


@given(place=st.integers(0, 10_000), gap=st.integers(0, 200), wait=st.integers(0, 200), restore=st.booleans())
def test_taking_back_and_adding_again_is_identity(place, gap, wait, restore):
    row, back, ledger = taken_back_and_again(place, gap, wait, restore=restore)
    assert visible(ledger, back) == visible(typed(opened()[2]["observations"]), back)
    if wait:
        between = set(ledger.known(back - timedelta(days=1)).observations["record_id"])
        assert not between & {row["record_id"], "own-1", "own-2"}


@pytest.mark.parametrize("restore", [True, False])
def test_the_panel_is_as_before_when_a_row_was_taken_back_and_added_again(restore):
    _, back, ledger = taken_back_and_again(20, 30, 60, restore=restore)
    assert panel_of(ledger, back).identical(panel_of(typed(opened()[2]["observations"]), back))


@given(history=histories(), by=st.dates(FIRST, LAST))
def test_what_was_recorded_later_is_not_in_the_ledger_of_a_moment(history, by):
    frame, _, _ = history
    held = typed(frame).recorded(datetime(by.year, by.month, by.day, 23, tzinfo=UTC))
    late = frame["recorded_at"] > f"{by}T23:00:00Z"
    assert set(held.observations["record_id"]) == set(frame.loc[~late, "record_id"])
    assert knowledge(held, LAST).sha256 == knowledge(typed(frame[~late]), LAST).sha256


@given(history=histories(), at=st.dates(FIRST, LAST))
def test_every_corroboration_of_a_view_has_a_row_in_it(history, at):
    frame, _, _ = history
    view = typed(frame).known(at)
    key = ["event_date", "indicator", "source_id"]
    assert set(map(tuple, view.corroboration[key].to_numpy())) <= set(map(tuple, view.observations[key].to_numpy()))


def test_a_corroboration_follows_its_row_to_another_day_and_goes_with_it():
    rows, given_ = opened()[2]["observations"], opened()[2]["corroboration"]
    key = ["event_date", "indicator", "source_id"]
    place = given_.iloc[0][key].tolist()
    row = rows[(rows[key] == place).all(axis=1)].iloc[0].to_dict()
    moved = change(row, 1, "2024-08-01", "correction", event_date="2023-06-21")
    gone = change(moved, 2, "2024-08-10", "retraction")
    ledger = typed(pd.concat([rows, pd.DataFrame([moved, gone], index=[900, 901])]))
    before = typed(rows).known(date(2024, 8, 5)).corroboration
    assert pd.Timestamp(place[0]) in set(before["event_date"])
    after = ledger.known(date(2024, 8, 5)).corroboration
    assert len(after) == len(before)
    assert (after["event_date"] == pd.Timestamp("2023-06-21")).sum() == (
        before[key[1:]].eq(place[1:]).all(axis=1) & (before["event_date"] == pd.Timestamp(place[0]))
    ).sum()
    assert pd.Timestamp("2023-06-21") not in set(ledger.known(date(2024, 8, 10)).corroboration["event_date"])


def test_a_source_listed_later_or_corrected_later_changes_no_older_hash():
    frames = opened()[2]
    listed = pd.concat([frames["sources"], frames["sources"].iloc[:1].assign(source_id="brand_new")])
    corrected = frames["sources"].iloc[:1].assign(country="QM", known_date="2024-06-01")
    corrected = pd.concat([frames["sources"].assign(known_date=""), corrected])
    at = date(2024, 5, 31)
    plain = knowledge(typed_ledger(frames), at).sha256
    assert knowledge(typed_ledger(frames | {"sources": listed}), at).sha256 == plain
    both = typed_ledger(frames | {"sources": corrected})
    assert knowledge(both, at).sha256 == plain
    source = corrected["source_id"].iloc[-1]
    country = both.known(date(2024, 6, 1)).sources.set_index("source_id")["country"]
    assert country[source] == "QM"
    assert country.index.is_unique


def test_a_month_judged_again_has_its_later_word_from_that_day():
    frames = opened()[2]
    first = frames["coverage"].iloc[:1]
    again = first.assign(coverage="thin" if first["coverage"].iloc[0] != "thin" else "full", known_date="2024-06-01")
    ledger = typed_ledger(frames | {"coverage": pd.concat([frames["coverage"], again])})
    key = list(KEYS["coverage"])
    for day, wanted in ((date(2024, 5, 31), first), (date(2024, 6, 1), again)):
        rows = ledger.known(day).coverage
        mine = rows[(rows[key] == first[key].iloc[0].tolist()).all(axis=1)]
        assert mine["coverage"].tolist() == wanted["coverage"].tolist()


def test_a_withdrawn_corroboration_counts_until_it_is_withdrawn():
    frames = opened()[2]
    first = frames["corroboration"].iloc[:1]
    gone = first.assign(known_date="2024-06-01", withdrawn="yes")
    ledger = typed_ledger(frames | {"corroboration": pd.concat([frames["corroboration"], gone])})
    count = [len(ledger.known(day).corroboration) for day in (date(2024, 5, 31), date(2024, 6, 1))]
    assert count[0] - count[1] == 1
    assert count[0] == len(typed_ledger(frames).known(date(2024, 5, 31)).corroboration)


def test_ids_come_from_the_cells_and_stay_where_they_were_given():
    rows = opened()[2]["observations"]
    bare = rows.drop(columns=list(RECORD))
    assert with_records(bare)["record_id"].tolist() == rows["record_id"].tolist()
    assert with_records(bare.iloc[::-1])["record_id"].tolist() == rows["record_id"].tolist()[::-1]
    assert with_records(bare.assign(record_id="mine"))["record_id"].eq("mine").all()
    assert rows["record_id"].is_unique


def test_a_long_line_of_changes_ends_at_its_last_record_at_once():
    length = 20_000
    ids = [f"r{number}" for number in range(length)]
    rows = pd.DataFrame(
        {"record_id": ids, "supersedes": ["", *ids[:-1]], "change": ["", *["correction"] * (length - 1)]}
    )
    assert set(heirs(rows).values()) == {ids[-1]}
    assert set(heirs(rows.iloc[::-1]).values()) == {ids[-1]}
    assert standing_records(rows)["record_id"].tolist() == [ids[-1]]


def test_a_ledger_with_its_records_in_the_file_loads_like_one_without(tmp_path):
    root = Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))
    path = root / "data" / "harbour" / "observations.csv"
    rows = opened()[2]["observations"]
    rows.to_csv(path, index=False)
    framework = load_framework(root, "harbour")
    ledger, found = load_ledger(framework, TODAY)
    assert found == []
    assert knowledge(ledger, LAST).sha256 == knowledge(typed(rows), LAST).sha256


def test_a_planted_leak_is_seen():
    # A view that let corrections act before they were known would fail the tests above; so they can fail.
    rows = opened()[2]["observations"]
    row = rows.iloc[0].to_dict()
    late = change(row, 1, "2024-08-01", "correction", reliability="F")
    ledger = typed(pd.concat([rows, pd.DataFrame([late], index=[900])]))
    leaky = replace(ledger, observations=standing_records(ledger.observations))
    at = date(2024, 7, 1)
    assert visible(leaky, at) != visible(ledger, at)
    assert visible(ledger, at) == visible(typed(rows), at)


def corroborated_and_moved():
    """Return the first corroboration, and observations in which its row was corrected to another day."""
    frames = opened()[2]
    rows, first = frames["observations"], frames["corroboration"].iloc[:1]
    row = rows[(rows[KEY] == first[KEY].iloc[0].tolist()).all(axis=1)].iloc[0].to_dict()
    moved = change(row, 1, "2024-08-01", "correction", event_date="2023-06-21")
    return first, pd.concat([rows, pd.DataFrame([moved], index=[900])])


KEY = ["event_date", "indicator", "source_id"]


@pytest.mark.parametrize("withdrawn", ["yes", ""])
def test_a_corroboration_is_withdrawn_or_given_again_under_the_day_that_its_row_has_now(withdrawn):
    first, rows = corroborated_and_moved()
    further = first.assign(event_date="2023-06-21", known_date="2024-08-10", withdrawn=withdrawn)
    given_ = pd.concat([opened()[2]["corroboration"], further])
    ledger = typed_ledger(opened()[2] | {"observations": rows, "corroboration": given_})
    count = [len(ledger.known(day).corroboration) for day in (date(2024, 8, 9), date(2024, 8, 10))]
    assert count[0] - count[1] == (withdrawn == "yes")


def test_of_corroborations_dated_by_their_row_the_one_stated_later_stands_in_any_order():
    # Both count from the day the source was published, so their own known dates have to decide.
    given_ = opened()[2]["corroboration"]
    gone = given_.iloc[:1].assign(known_date="2023-06-20", withdrawn="yes")
    for parts in ([given_, gone], [gone, given_]):
        view = typed_ledger(opened()[2] | {"corroboration": pd.concat(parts, ignore_index=True)}).known(LAST)
        assert len(view.corroboration) == len(given_) - 1


@pytest.mark.parametrize("place", [0, 1])
def test_a_source_corrected_later_moves_no_corroboration_of_an_older_view(place):
    frames, at = opened()[2], date(2024, 6, 30)
    sources = frames["sources"].assign(known_date="")
    named = sources["source_id"] == frames["corroboration"]["corroborating_source_id"].iloc[0]
    corrected = sources[named].assign(known_date="2024-08-01", published_date="2024-07-30")
    parts = [sources, corrected] if place else [corrected, sources]
    ledger = typed_ledger(frames | {"sources": pd.concat(parts, ignore_index=True)})
    assert knowledge(ledger, at).sha256 == knowledge(typed_ledger(frames), at).sha256


def test_a_corroboration_does_not_count_before_its_source_is_in_the_ledger():
    frames = opened()[2]
    source = frames["corroboration"]["corroborating_source_id"].iloc[0]
    late = frames["sources"]["source_id"].eq(source).map({True: "2024-08-01", False: ""})
    ledger = typed_ledger(frames | {"sources": frames["sources"].assign(known_date=late)})
    for day, counts in ((date(2024, 7, 31), False), (date(2024, 8, 1), True)):
        view = ledger.known(day)
        assert (source in set(view.corroboration["corroborating_source_id"])) == counts
        assert set(view.corroboration["corroborating_source_id"]) <= set(view.sources["source_id"])
