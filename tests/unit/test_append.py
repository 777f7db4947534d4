"""Rows are added, corrected and taken back by further rows; what would make the ledger worse is refused whole."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from indicast.errors import DataError, LedgerError, MissingError
from indicast.infer import knowledge
from indicast.ledger import (
    _trial,
    append_records,
    correction_of,
    load_ledger,
    read_ledger,
    retraction_of,
    try_records,
)
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
NOW = datetime(2024, 9, 3, 14, 5, 9, tzinfo=UTC)
LATER = datetime(2024, 9, 5, 8, 0, 0, tzinfo=UTC)
ROW = {
    "event_date": "2024-07-04",
    "indicator": "pilot_exchange",
    "kind": "event",
    "direction": "joining",
    "summary": 'Five pilots, "on loan", came',
    "source_id": "tide_table",
    "reliability": "B",
    "credibility": "2",
    "origin_id": "tide-2024-07-04",
}


@pytest.fixture
def framework(tmp_path):
    return load_framework(Path(shutil.copytree(HARBOUR, tmp_path / "harbour")), "harbour")


def observations(framework, today=LATER):
    frames, findings = read_ledger(framework, today.date())
    assert [one for one in findings if one.severity == "error"] == []
    return frames["observations"]


def contents(framework):
    return {path.name: path.read_bytes() for path in framework.data_folder.glob("*.csv")}


def test_a_new_row_gets_an_id_the_moment_and_the_day(framework):
    (saved,) = append_records(framework, [ROW], NOW)
    last = observations(framework).iloc[-1].to_dict()
    assert last == saved
    assert saved["recorded_at"] == "2024-09-03T14:05:09Z"
    assert saved["known_date"] == "2024-09-03"
    assert saved["record_id"].startswith("r")
    assert saved["change"] == saved["supersedes"] == saved["reason"] == ""


def test_a_moment_is_written_in_universal_time_whatever_the_clock_on_the_wall(framework):
    from zoneinfo import ZoneInfo

    (saved,) = append_records(framework, [ROW], NOW.astimezone(ZoneInfo("Asia/Tokyo")))
    assert saved["recorded_at"] == "2024-09-03T14:05:09Z"


def test_the_same_row_at_another_moment_has_another_id(framework):
    first = append_records(framework, [ROW], NOW)[0]["record_id"]
    second = append_records(framework, [ROW], LATER)[0]["record_id"]
    assert first != second


def test_no_older_view_changes_because_rows_and_columns_were_added(framework):
    at = date(2024, 6, 30)
    before = knowledge(load_ledger(framework, LATER.date())[0], at).sha256
    row = observations(framework).iloc[3].to_dict()
    source = {"source_id": "ferryman", "publisher": "The Ferryman", "title": "Notes", "kind": "independent_media"}
    append_records(framework, [ROW | {"source_id": "ferryman"}], NOW, [source])
    append_records(framework, [correction_of(row, {"value": "9"}, "a slip")], NOW)
    after = load_ledger(framework, LATER.date())[0]
    assert knowledge(after, at).sha256 == before
    assert knowledge(after, LATER.date()).sha256 != before


def test_a_correction_and_then_a_retraction_stand_in_the_row_s_place(framework):
    rows = observations(framework)
    row = rows.iloc[3].to_dict()
    (corrected,) = append_records(framework, [correction_of(row, {"value": "9"}, "a slip")], NOW)
    at = LATER.date()
    ledger, _ = load_ledger(framework, at)
    assert ledger.known(at).observations.loc[45, "value"] == "9"
    assert row["record_id"] not in set(ledger.known(at).observations["record_id"])
    append_records(framework, [retraction_of(corrected, "it never happened")], NOW)
    ids = set(load_ledger(framework, at)[0].known(at).observations["record_id"])
    assert len(ids) == len(rows) - 1
    assert not {row["record_id"], corrected["record_id"]} & ids


def test_a_retraction_can_be_corrected_and_the_row_is_back(framework):
    row = observations(framework).iloc[3].to_dict()
    (gone,) = append_records(framework, [retraction_of(row, "a doubt")], NOW)
    append_records(framework, [correction_of(gone, {}, "the doubt was unfounded")], LATER)
    known = load_ledger(framework, LATER.date())[0].known(LATER.date()).observations
    assert (known["summary"] == row["summary"]).sum() == 1


def test_what_was_superseded_already_is_refused_and_the_newer_record_named(framework):
    row = observations(framework).iloc[3].to_dict()
    (newer,) = append_records(framework, [correction_of(row, {"value": "9"}, "a slip")], NOW)
    before = contents(framework)
    with pytest.raises(DataError) as caught:
        append_records(framework, [retraction_of(row, "a doubt")], LATER)
    message = str(caught.value)
    assert f"was superseded already, by the correction '{newer['record_id']}' (observations.csv:45)" in message
    assert message.endswith("change that one instead")
    assert contents(framework) == before


REFUSED = {
    "an indicator": ({"indicator": "quarrels"}, "the new row: error L002: indicator is 'quarrels'"),
    "a source": ({"source_id": "nobody"}, "L005"),
    "no source": ({"source_id": ""}, "L005"),
    "no origin": ({"origin_id": ""}, "L012"),
    "a future day": ({"known_date": "2024-09-04"}, "L009"),
    "known before it was published": ({"published_date": "2024-09-02", "known_date": "2024-09-01"}, "L013"),
    "a reason without a change": ({"reason": "why"}, "H005"),
    "a record that is not there": ({"change": "correction", "supersedes": "r9", "reason": "why"}, "H008"),
    "an id that stands already": ({"record_id": "r3dbf34452f55780b"}, "H001"),
    "a column": ({"colour": "red"}, "has no column 'colour'"),
    "a line break": ({"summary": "two\nlines"}, "write it without line breaks"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_would_be_an_error_is_refused_and_nothing_is_written(name, framework):
    cells, message = REFUSED[name]
    before = contents(framework)
    with pytest.raises(DataError, match=message.replace("(", r"\(")):
        append_records(framework, [ROW, ROW | {"event_date": "2024-07-05"} | cells][1:], NOW)
    assert contents(framework) == before


def test_of_several_rows_all_are_added_or_none(framework):
    before = contents(framework)
    rows = [ROW, ROW | {"event_date": "2024-07-05"}, ROW | {"event_date": "soon"}]
    with pytest.raises(DataError, match="new row 3: error L001"):
        append_records(framework, rows, NOW)
    assert contents(framework) == before
    saved = append_records(framework, rows[:2], NOW)
    assert len(saved) == 2
    assert list(observations(framework)["record_id"].iloc[-2:]) == [row["record_id"] for row in saved]


def test_of_many_faults_the_first_are_told_and_the_others_counted(framework):
    rows = [ROW | {"summary": f"row {number}", "kind": "rumour"} for number in range(8)]
    with pytest.raises(DataError) as caught:
        append_records(framework, rows, NOW)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines[:5]] == [f"new row {number}" for number in range(1, 6)]
    assert lines[5:] == ["... and 3 more; nothing was written, correct these first"]


def test_an_error_that_was_there_before_does_not_stop_a_sound_row(framework):
    path = framework.data_folder / "observations.csv"
    path.write_text(path.read_text("utf-8").replace(",parting,", ",sideways,", 1), "utf-8")
    append_records(framework, [ROW], NOW)
    with pytest.raises(DataError, match="the new row: error L004") as caught:
        append_records(framework, [ROW | {"direction": "upwards"}], NOW)
    assert "sideways" not in str(caught.value)


def test_with_a_date_that_is_none_no_row_can_be_compared_so_none_is_added(framework):
    path = framework.data_folder / "observations.csv"
    path.write_text(path.read_text("utf-8").replace("2023-02-03", "2023-02-30", 1), "utf-8")
    with pytest.raises(DataError, match=r"observations\.csv:\d+: error L001.*no row can be checked"):
        append_records(framework, [ROW], NOW)


def test_a_file_that_ends_within_a_quote_is_not_made_worse(framework):
    path = framework.data_folder / "observations.csv"
    append_records(framework, [ROW], NOW)
    with path.open("a", encoding="utf-8") as opened:
        opened.write('2024-07-06,,,"half')
    before = contents(framework)
    with pytest.raises(DataError):
        append_records(framework, [ROW | {"event_date": "2024-07-05"}], NOW)
    assert contents(framework) == before


def test_a_new_source_is_listed_with_the_row_that_names_it(framework):
    source = {"source_id": "ferryman", "publisher": "The Ferryman", "title": "Notes", "kind": "independent_media"}
    append_records(framework, [ROW | {"source_id": "ferryman"}], NOW, [source])
    listed = read_ledger(framework, LATER.date())[0]["sources"].iloc[-1].to_dict()
    assert listed == {"url": "", "published_date": "", "country": "", "known_date": ""} | source | {
        "recorded_at": "2024-09-03T14:05:09Z"
    }
    ledger = load_ledger(framework, LATER.date())[0]
    assert "ferryman" not in set(ledger.recorded(datetime(2024, 9, 3, 14, 5, 8, tzinfo=UTC)).sources["source_id"])


def test_a_source_that_is_not_sound_is_not_listed_and_its_row_not_added(framework):
    before = contents(framework)
    source = {"source_id": "ferryman", "publisher": "", "title": "Notes", "kind": "independent_media"}
    with pytest.raises(DataError, match="S001"):
        append_records(framework, [ROW | {"source_id": "ferryman"}], NOW, [source])
    assert contents(framework) == before


def test_trying_gives_the_tables_as_they_would_be_and_writes_nothing(framework):
    before = contents(framework)
    tried = try_records(framework, [ROW], NOW)["observations"]
    assert contents(framework) == before
    append_records(framework, [ROW], NOW)
    assert tried.equals(observations(framework))


def test_a_ledger_that_is_not_there_is_named_by_its_own_path(framework):
    (framework.data_folder / "sources.csv").unlink()
    with pytest.raises(MissingError, match=f"{framework.data_folder} has no sources.csv"):
        append_records(framework, [ROW], NOW)


def test_no_room_for_the_trial_is_said(framework, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_trial.shutil, "copyfile", full)
    with pytest.raises(
        LedgerError, match=r"cannot check the new rows in .*No space left on device; nothing was changed"
    ):
        append_records(framework, [ROW], NOW)
