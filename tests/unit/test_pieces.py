"""Pieces of news, all told, make the later knowledge; none of them, the earlier one."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from indicast import names
from indicast.explain._cutting import told
from indicast.explain._departure import departure
from indicast.explain._pieces import CORRECTIONS, MILESTONES
from indicast.panel import Vintage, build_panel, used_months

DAYS = (date(2023, 3, 31), date(2024, 4, 30), date(2024, 6, 30))


def panel(world, ledger, known_at):
    when = Vintage("2024-06", known_at)
    return used_months(build_panel(world.framework, world.hyperparameters, ledger, when, today=date(2030, 1, 1)))


def same(one, other):
    return departure(one, other) == one.sizes[names.TIME]


def with_row(ledger, table, row):
    frame = getattr(ledger, table)
    added = pd.DataFrame([{**frame.iloc[-1].to_dict(), **row}], index=[frame.index.max() + 1])
    for name in ("event_date", "known_date", "end_date", "date", "as_of"):
        if name in added.columns:
            added[name] = pd.to_datetime(added[name])
    return replace(ledger, **{table: pd.concat([frame, added])})


def changed(ledger):
    """Return a ledger in which June corrects a row, takes one back, judges a month again and adds a source to a row."""
    rows = ledger.observations
    tone, funds = (rows[rows["indicator"] == name].iloc[-1].to_dict() for name in ("council_tone", "dredging_funds"))
    june = {"known_date": "2024-06-25"}
    for record, old, cells in (
        ("mended", tone, {"change": "correction", "direction": "joining", "reason": "a slip"}),
        ("gone", funds, {"change": "retraction", "reason": "mistaken"}),
    ):
        ledger = with_row(
            ledger, "observations", {**old, **june, **cells, "supersedes": old["record_id"], "record_id": record}
        )
    word = ledger.coverage.iloc[0].to_dict()
    other = next(one for one in ledger.coverage["coverage"].unique() if one != word["coverage"])
    ledger = with_row(ledger, "coverage", {**word, **june, "coverage": other})
    old = rows[(rows["indicator"] == "pilot_exchange") & (rows["event_date"] < "2024-01-01")].iloc[0]
    backed = {name: old[name] for name in ("event_date", "indicator", "source_id")}
    cells = {"corroborating_source_id": "saltmarsh", "origin_id": "own eyes", "reliability": "A", "credibility": "1"}
    return with_row(ledger, "corroboration", {**backed, **june, **cells, "withdrawn": "", "recorded_at": ""})


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("mend", [False, True])
def test_all_pieces_make_the_later_knowledge_and_none_the_earlier_one(harbour, place, mend):
    ledger = changed(harbour.ledger) if mend else harbour.ledger
    before, now = DAYS[place], DAYS[-1]
    news = told(harbour.framework, ledger, before, now)
    everything = news.ledger(range(len(news.pieces)))
    assert same(panel(harbour, everything, now), panel(harbour, ledger, now))
    assert same(panel(harbour, news.ledger([]), now), panel(harbour, ledger, before))
    assert not same(panel(harbour, ledger, before), panel(harbour, ledger, now))


def test_each_change_is_one_piece_of_its_kind(harbour):
    news = told(harbour.framework, changed(harbour.ledger), date(2024, 5, 31), DAYS[2])
    plain = told(harbour.framework, harbour.ledger, date(2024, 5, 31), DAYS[2])
    added = {piece.label for piece in news.pieces} - {piece.label for piece in plain.pieces}
    kinds = [piece.kind for piece in news.pieces if piece.label in added]
    assert sorted(kinds) == ["correction", "correction", "correction", "corroboration"]
    corrected = [piece for piece in news.pieces if piece.kind == "correction"]
    assert {piece.group for piece in corrected} == {CORRECTIONS}
    words = {piece.label.rsplit(maxsplit=1)[-1] for piece in corrected}
    assert words == {"corrected", "back", "again"}


def test_what_was_counted_stands_with_the_word_that_somebody_looked(harbour):
    news = told(harbour.framework, harbour.ledger, date(2024, 5, 31), DAYS[-1])
    by_kind = {piece.kind: piece for piece in news.pieces}
    assert by_kind["silence"].about == {"convoys"}
    assert by_kind["silence"].label.endswith("looked and found nothing new (2024-06)")
    assert by_kind["tally"].about == {"disputes"}
    assert by_kind["tally"].added["observations"]
    assert {piece.group for piece in news.pieces if piece.kind == "milestone"} == {MILESTONES}


def test_every_row_that_became_known_is_in_one_piece(harbour):
    news = told(harbour.framework, harbour.ledger, DAYS[0], DAYS[-1])
    for table in ("observations", "coverage", "corroboration", "outcomes"):
        lines = [line for piece in news.pieces for line in piece.added.get(table, [])]
        new = getattr(news.now, table).index.difference(getattr(news.then, table).index)
        assert sorted(lines) == sorted(new)
        np.testing.assert_equal(len(lines), len(set(lines)))


def test_without_a_day_between_there_is_no_news(harbour):
    assert told(harbour.framework, harbour.ledger, DAYS[-1], DAYS[-1]).pieces == ()
