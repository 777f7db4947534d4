"""What a report says of a row is what the panel does with it, also where origins share a day or a month."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from indicast.elicit import load_hyperparameters
from indicast.ledger import load_ledger, with_records
from indicast.panel import Vintage, build_panel
from indicast.publish._use import Uses
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"
FRAMEWORK = load_framework(ORCHARD, "orchard")
LEDGER = load_ledger(FRAMEWORK, date(2025, 1, 1))[0]
HANDS = {"indicator": "hands", "kind": "count", "unit": "hands (Pomar)", "value": "64", "direction": "together"}
PLAIN = {
    "published_date": "", "summary": "x", "reliability": "B", "credibility": "2", "source_id": "bell",
    "end_date": pd.NaT,
}  # fmt: skip


def uses(*rows):
    """Return stream and reason of each row, the lines being 2, 3, ..."""
    frame = pd.DataFrame([PLAIN | row for row in rows], index=range(2, 2 + len(rows)))
    frame["event_date"] = pd.to_datetime(frame["event_date"])
    ledger = replace(
        LEDGER,
        observations=with_records(frame.assign(known_date=frame["event_date"])),
        corroboration=LEDGER.corroboration.iloc[:0],
    )
    when = Vintage("2024-06", date(2024, 6, 30))
    known = ledger.known(when.known_at)
    panel = build_panel(FRAMEWORK, load_hyperparameters(FRAMEWORK), ledger, when, today=date(2025, 1, 1))
    reader, indicators = Uses(FRAMEWORK, known, panel), {one.id: one for one in FRAMEWORK.declaration.indicators}
    found = [
        reader.use(indicators[row["indicator"]], {"line": line, **row})
        for line, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    return [(one.stream, one.reason) for one in found]


BASE = HANDS | {"event_date": "2023-03-10", "origin_id": "a"}
CHANGE = HANDS | {"event_date": "2023-09-08", "value": "80", "origin_id": "b"}
SAID = HANDS | {"event_date": "2023-09-20", "kind": "event", "value": "", "unit": "", "direction": "apart"}


def test_a_level_that_was_averaged_names_the_line_with_which_it_was():
    assert uses(BASE, CHANGE, CHANGE | {"origin_id": "c"}) == [
        ("not fed", "it is the base to which the next reading of hands_by_pomar is compared"),
        ("level", ""),
        ("level", "averaged with line 3, a reading of the same day"),
    ]


def test_a_direction_told_by_a_number_of_its_origin_says_so():
    assert uses(BASE, CHANGE, SAID | {"origin_id": "b"})[2] == (
        "not fed",
        "a number or an act of its origin in that month counts in its place",
    )
    assert uses(BASE, CHANGE, SAID | {"origin_id": "c"})[2] == ("direction", "")
    assert uses(CHANGE, SAID | {"origin_id": "b"})[1] == ("direction", "")  # the number is a base and says nothing
