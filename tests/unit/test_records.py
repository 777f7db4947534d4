"""Every rule of records and of histories in companion files: one planted fault per code is found at its line."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest

from indicast.ledger import read_ledger
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = date(2025, 1, 1)
RECORD = ("record_id", "recorded_at", "change", "supersedes", "reason")
OLD, NEWER = "r1", "r2"
KNOWN = "2024-07-02"


@pytest.fixture
def data(tmp_path):
    """Return a ledger whose first row is a record that was corrected."""
    folder = Path(shutil.copytree(HARBOUR, tmp_path / "harbour")) / "data" / "harbour"
    with (folder / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = [row | dict.fromkeys(RECORD, "") for row in rows]
    rows[0]["record_id"] = OLD
    rows.append(change(rows[0], NEWER, direction="joining"))
    write(folder / "observations.csv", rows)
    return folder


def change(row, name, **cells):
    """Return a correction of a row, known and recorded on one day."""
    given = {"record_id": name, "recorded_at": f"{KNOWN}T12:00:00Z", "change": "correction", "reason": "a slip"}
    return row | {"known_date": KNOWN, "supersedes": row["record_id"]} | given | cells


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def findings_of(data):
    return read_ledger(load_framework(data.parents[1], data.name), TODAY)[1]


def codes_of(data):
    return [(one.code, one.severity, one.place) for one in findings_of(data)]


def test_a_ledger_with_a_corrected_row_has_no_finding(data):
    assert findings_of(data) == []


# code -> (cells of the correction that are planted, what the message says)
CELLS = {
    "H001": ({"record_id": OLD}, "the record_id stands already further up"),
    "H002": ({"recorded_at": "2024-06-30T12:00:00Z"}, "recorded before it was known"),
    "H003": ({"recorded_at": "2025-01-03T12:00:00Z"}, "recorded after today"),
    "H004 no record": ({"supersedes": ""}, "change and supersedes belong together"),
    "H004 no change": ({"change": "", "reason": ""}, "change and supersedes belong together"),
    "H005": ({"reason": " "}, "a change has a reason"),
    "H008": ({"supersedes": "r9"}, "no row has the record_id that it supersedes"),
    "H009": ({"known_date": "2022-12-11", "published_date": ""}, "known or recorded before the row that it supersedes"),
    "H010": ({"change": "retraction"}, "a retraction differs from the row it takes back"),
    "H012": ({"record_id": "one id"}, "record_id is 'one id'"),
    "H012 long": ({"record_id": "r" * 65}, "record_id is 'rrr"),
    "H012 superseded": ({"supersedes": "-r1"}, "supersedes is '-r1'"),
    "H013": ({"recorded_at": "2024-07-02 12:00"}, "recorded_at is '2024-07-02 12:00'"),
    "H013 hour": ({"recorded_at": "2024-07-02T25:00:00Z"}, "recorded_at is '2024-07-02T25:00:00Z'"),
    "H014": ({"change": "deletion"}, "change is 'deletion'"),
}


@pytest.mark.parametrize("name", CELLS)
def test_one_fault_gives_its_code_at_its_line(name, data):
    cells, message = CELLS[name]
    rows = read(data / "observations.csv")
    rows[-1] |= cells
    write(data / "observations.csv", rows)
    found = [one for one in findings_of(data) if one.code == name.split()[0]]
    assert [(one.severity, one.place) for one in found] == [("error", f"observations.csv:{len(rows) + 1}")]
    assert message in found[0].message
    assert found[0].remedy


# code -> cells of further changes; the last one is at fault
LINES = {
    "H006": [{"supersedes": OLD}],
    "H007": [{"supersedes": "r3"}],
    "H007 circle": [{"supersedes": "r4"}, {"supersedes": "r3"}],
    "H011": [
        {"change": "retraction", "direction": "joining", "supersedes": NEWER},
        {"change": "retraction", "supersedes": "r3"},
    ],
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_changes_that_forks_circles_or_ends_twice_is_found(name, data):
    rows = read(data / "observations.csv")
    for number, cells in enumerate(LINES[name], start=3):
        rows.append(change(rows[0], f"r{number}", **cells))
    write(data / "observations.csv", rows)
    found = [(one.code, one.place) for one in findings_of(data) if one.severity == "error"]
    assert (name.split()[0], f"observations.csv:{len(rows) + 1}") in found
    assert {code for code, _ in found} == {name.split()[0]}


def test_a_corroboration_is_withdrawn_with_one_word_only(data):
    rows = [row | {"withdrawn": ""} for row in read(data / "corroboration.csv")]
    rows[1]["withdrawn"] = "true"
    write(data / "corroboration.csv", rows)
    assert codes_of(data) == [("C006", "error", "corroboration.csv:3")]


@pytest.mark.parametrize(
    ("file", "code"),
    [("sources", "S004"), ("corroboration", "C007"), ("coverage", "V004"), ("outcomes", "O005")],
)
def test_of_one_key_two_rows_known_on_one_day_are_an_error_and_a_later_one_is_history(file, code, data):
    path = data / f"{file}.csv"
    rows = [{**row, "known_date": row.get("known_date", "")} for row in read(path)]
    again = dict(rows[0])
    write(path, [*rows, again])
    assert codes_of(data) == [(code, "error", f"{file}.csv:{len(rows) + 2}")]
    again["known_date"] = "2024-12-30"
    write(path, [*rows, again])
    assert codes_of(data) == []


def test_every_code_of_records_is_planted_here():
    import re

    source = (Path(__file__).parents[2] / "src" / "indicast" / "ledger" / "_records.py").read_text(encoding="utf-8")
    schemas = (Path(__file__).parents[2] / "src" / "indicast" / "ledger" / "_schemas.py").read_text(encoding="utf-8")
    planted = {name.split()[0] for name in (*CELLS, *LINES)}
    assert set(re.findall(r'"(H\d{3})"', source + schemas)) == planted


def test_a_retraction_known_in_the_future_is_found_though_it_never_stands(data):
    rows = read(data / "observations.csv")
    rows.append(rows[1] | dict.fromkeys(RECORD, "") | {"record_id": "r3"})
    rows[1]["record_id"] = "r4"
    gone = change(rows[1], "r5", change="retraction", known_date="2099-07-02", recorded_at="")
    write(data / "observations.csv", [*rows[:-1], gone])
    assert codes_of(data) == [("L009", "error", f"observations.csv:{len(rows) + 1}")]


def test_a_row_given_again_under_an_id_that_was_taken_back_is_not_lost_in_silence(data):
    # Word for word the same row has the same derived id, so that it would be superseded as soon as it is there.
    rows = read(data / "observations.csv")
    again = rows[1] | {"record_id": "r4"}
    gone = change(again, "r5", change="retraction", known_date=again["known_date"])
    write(data / "observations.csv", [rows[0], again, *rows[2:], gone, again])
    assert codes_of(data) == [("H001", "error", f"observations.csv:{len(rows) + 3}")]


@pytest.mark.parametrize(("file", "source"), [("observations", "orrin_gazette"), ("outcomes", "orrin_gazette")])
def test_a_row_known_before_its_source_is_found(file, source, data):
    sources = [
        row | {"known_date": "2024-12-31" if row["source_id"] == source else ""} for row in read(data / "sources.csv")
    ]
    write(data / "sources.csv", sources)
    lines = [number for number, row in enumerate(read(data / f"{file}.csv"), start=2) if row["source_id"] == source]
    assert [("S006", "error", f"{file}.csv:{line}") for line in lines] == [
        one for one in codes_of(data) if one[2].startswith(f"{file}.")
    ]
    write(
        data / "sources.csv",
        [*sources, next(row for row in sources if row["source_id"] == source) | {"known_date": ""}],
    )
    assert codes_of(data) == []


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_changes_that_were_merged_the_later_one_is_named_wherever_it_stands(order, data):
    # Only the later one can be mended as the remedy says; the earlier one would go back in time (H009).
    rows = read(data / "observations.csv")
    later = change(rows[0], "r3", direction="level", recorded_at=f"{KNOWN}T12:00:01Z")
    write(data / "observations.csv", [*rows[:-1], *[rows[-1], later][::order]])
    (found,) = [one for one in findings_of(data) if one.severity == "error"]
    line = len(rows) + (1 if order == 1 else 0) + 1
    assert (found.code, found.place) == ("H006", f"observations.csv:{line}")
    later["supersedes"] = NEWER
    write(data / "observations.csv", [*rows[:-1], *[rows[-1], later][::order]])
    assert findings_of(data) == []


@pytest.mark.parametrize("file", ["sources", "corroboration", "coverage", "outcomes"])
def test_a_row_of_a_companion_file_that_is_known_in_the_future_is_a_warning(file, data):
    path = data / f"{file}.csv"
    rows = [{**row, "known_date": row.get("known_date", "")} for row in read(path)]
    write(path, [*rows, rows[0] | {"known_date": "2204-06-01"}])
    assert ("H015", "warning", f"{file}.csv:{len(rows) + 2}") in codes_of(data)
    write(path, [*rows, rows[0] | {"known_date": "2024-12-31"}])
    assert "H015" not in {code for code, _, _ in codes_of(data)}
