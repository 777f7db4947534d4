"""What was corrected or taken back between two days is named once, with its reason."""

from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from indicast.elicit import load_hyperparameters
from indicast.explain import news
from indicast.ledger import changed_records, read_ledger, typed_ledger
from indicast.panel import Vintage, build_panel
from indicast.publish._evidence import new_evidence
from indicast.publish._sentences import corrects, taken_back
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = date(2025, 1, 1)
MAY, JUNE = date(2024, 5, 31), date(2024, 6, 30)


@cache
def opened():
    framework = load_framework(HARBOUR, "harbour")
    return framework, load_hyperparameters(framework), read_ledger(framework, TODAY)[0]


def changed(*changes):
    """Return the ledger with changes (place of the row, kind, day, reason, cells), each of the row's latest record."""
    frames = opened()[2]
    rows = frames["observations"]
    latest, added = {}, []
    for number, (place, kind, day, reason, cells) in enumerate(changes):
        row = latest.get(place, rows.iloc[place].to_dict())
        own = {"record_id": f"own-{number}", "change": kind, "supersedes": row["record_id"], "reason": reason}
        latest[place] = row | cells | own | {"known_date": day}
        added.append(latest[place])
    both = pd.concat([rows, pd.DataFrame(added, index=range(900, 900 + len(added)))])
    return typed_ledger(frames | {"observations": both})


def test_a_row_corrected_twice_and_one_taken_back_are_named_once_each():
    ledger = changed(
        (0, "correction", "2024-06-02", "wrong grade", {"reliability": "C"}),
        (0, "correction", "2024-06-09", "and wrong direction", {"direction": "level"}),
        (1, "retraction", "2024-06-05", "it was a rumour", {}),
    )
    found = changed_records(ledger, MAY, JUNE)
    assert found.index.tolist() == [2, 3]
    assert found["successor"].tolist() == ["own-1", ""]
    assert found["change_reason"].tolist() == ["and wrong direction", "it was a rumour"]
    assert changed_records(ledger, JUNE, JUNE).empty


def test_a_row_corrected_and_then_taken_back_is_gone():
    ledger = changed(
        (0, "correction", "2024-06-02", "wrong grade", {"reliability": "C"}),
        (0, "retraction", "2024-06-09", "all of it was wrong", {}),
    )
    assert changed_records(ledger, MAY, JUNE)["successor"].tolist() == [""]
    assert changed_records(ledger, MAY, date(2024, 6, 3))["successor"].tolist() == ["own-0"]


def test_what_came_and_went_between_the_days_is_no_news():
    ledger = changed((-1, "retraction", "2024-06-29", "a hoax", {}))
    line = ledger.observations.index[ledger.observations["record_id"] == "own-0"][0]
    known = ledger.observations.loc[ledger.observations["supersedes"] == "", "known_date"].iloc[-1]
    found = news(ledger, (known - pd.Timedelta(days=1)).date(), JUNE)
    assert line not in found.observations.index
    assert found.changed.empty


def test_a_report_tells_both_with_their_reasons_and_as_text():
    framework, hyperparameters, _ = opened()
    ledger = changed(
        (0, "correction", "2024-06-02", "the <b>grade</b> was wrong", {"reliability": "C"}),
        (1, "retraction", "2024-06-05", "it was\u202e a rumour", {}),
    )
    panel = build_panel(framework, hyperparameters, ledger, Vintage("2024-06", JUNE), today=TODAY)
    found = new_evidence(framework, ledger, panel, (MAY, JUNE))
    (item,) = [one for one in found.items if one.corrects]
    assert corrects(item) == "corrects an earlier row: the <b>grade</b> was wrong"
    (gone,) = found.taken_back
    content = SimpleNamespace(caveats=SimpleNamespace(drivers=()))
    assert taken_back(content, gone).startswith("Taken back on 2024-06-05: ")
    assert taken_back(content, gone).endswith("Reason: it was a rumour")
