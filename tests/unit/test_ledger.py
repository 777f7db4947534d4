"""Every rule of the ledger has a code, and one planted fault per code is found at its line."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from indicast.errors import DataError, MissingError
from indicast.ledger import load_ledger, read_ledger
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[1] / "fixtures"
HARBOUR = FIXTURES / "harbour"
TODAY = date(2025, 1, 1)


@pytest.fixture
def data(tmp_path):
    root = shutil.copytree(HARBOUR, tmp_path / "harbour")
    return Path(root) / "data" / "harbour"


@pytest.fixture
def orchard(tmp_path):
    """Return the data of the workspace that uses every family."""
    return Path(shutil.copytree(FIXTURES / "orchard", tmp_path / "orchard")) / "data" / "orchard"


def findings_of(data, today=TODAY):
    framework = load_framework(data.parents[1], data.name)
    return read_ledger(framework, today)[1]


def line_of(path, beginning):
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(beginning))


def replace_cell(path, beginning, column, value):
    """Change one cell of the first line that begins so; return the line's number."""
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    number = line_of(path, beginning)
    rows[number - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return number


def test_the_fixtures_have_no_finding(data, orchard):
    assert findings_of(data) == []
    assert findings_of(orchard) == []


# code -> (file, beginning of the line, column, planted value, what the message says)
CELLS = {
    "L001 event": ("observations.csv", "2023-02-03", "event_date", "2023-02-30", "event_date is '2023-02-30'"),
    "L001 end": ("observations.csv", "2023-04-18", "end_date", "20 April", "end_date is '20 April'"),
    "L001 known": ("observations.csv", "2023-02-03", "known_date", "", "known_date is ''"),
    "L001 slashes": ("observations.csv", "2023-02-03", "known_date", "2023/02/03", "known_date is '2023/02/03'"),
    "L002": ("observations.csv", "2023-02-03", "indicator", "quarrels", "indicator is 'quarrels'"),
    "L003": ("observations.csv", "2023-02-03", "kind", "rumour", "kind is 'rumour'"),
    "L004": ("observations.csv", "2023-02-03", "direction", "up", "direction is 'up'"),
    "L005": ("observations.csv", "2023-02-03", "source_id", "nobody", "source_id is 'nobody'"),
    "L006": ("observations.csv", "2023-02-03", "reliability", "a", "reliability is 'a'"),
    "L007": ("observations.csv", "2023-02-03", "credibility", "7", "credibility is '7'"),
    "L008": ("observations.csv", "2023-04-18", "end_date", "2023-04-17", "end_date is before event_date"),
    "L009": ("observations.csv", "2024-06-18", "known_date", "2025-01-02", "known_date is after today"),
    "L011": ("observations.csv", "2023-01-18", "value", "1e3", "value is '1e3'"),
    "L011 words": ("observations.csv", "2023-01-18", "value", "four", "value is 'four'"),
    "L012 summary": ("observations.csv", "2023-02-03", "summary", " ", "summary is ' '"),
    "L012 origin": ("observations.csv", "2023-02-03", "origin_id", "", "origin_id is ''"),
    "L013": ("observations.csv", "2023-02-03", "published_date", "2023-02-04", "known_date is before published_date"),
    "S001": ("sources.csv", "gull", "publisher", "", "publisher is ''"),
    "S002": ("sources.csv", "gull", "published_date", "08/2023", "published_date is '08/2023'"),
    "S003": ("sources.csv", "saltmarsh", "country", "Vael", "country is 'Vael'"),
    "C001": (
        "corroboration.csv",
        "2023-06-19",
        "corroborating_source_id",
        "nobody",
        "corroborating_source_id is 'nobody'",
    ),
    "C002": ("corroboration.csv", "2023-06-19", "event_date", "June", "event_date is 'June'"),
    "C003": ("corroboration.csv", "2023-06-19", "reliability", "G", "reliability is 'G'"),
    "C003 digit": ("corroboration.csv", "2023-06-19", "credibility", "0", "credibility is '0'"),
    "C004": ("corroboration.csv", "2023-06-19", "indicator", "council_tone", "no observation has this event_date"),
    "V001": ("coverage.csv", "convoys,2023-02", "month", "2023-2", "month is '2023-2'"),
    "V001 known": ("coverage.csv", "convoys,2023-02", "known_date", "soon", "known_date is 'soon'"),
    "V002": ("coverage.csv", "convoys,2023-02", "indicator", "council_tone", "indicator is 'council_tone'"),
    "V003": ("coverage.csv", "convoys,2023-02", "coverage", "good", "coverage is 'good'"),
    "O001": ("outcomes.csv", "second_quay", "milestone", "third_quay", "milestone is 'third_quay'"),
    "O002": ("outcomes.csv", "second_quay", "source_id", "nobody", "source_id is 'nobody'"),
    "O003": ("outcomes.csv", "second_quay", "outcome", "perhaps", "outcome is 'perhaps'"),
    "O004": ("outcomes.csv", "second_quay", "date", "2024-01", "date is '2024-01'"),
    "O006": ("outcomes.csv", "second_quay", "date", "", "an outcome that occurred has no date"),
    "O007": ("outcomes.csv", "second_quay", "known_date", "2024-01-07", "known_date is before the date"),
    "O008": (
        "outcomes.csv",
        "second_quay",
        "date",
        "2022-12-31",
        "the milestone occurred before 2023-01, the month the",
    ),
    "O009": ("outcomes.csv", "second_quay", "as_of", "2024-01-07", "the outcome is dated after its as_of date"),
    "O010": ("outcomes.csv", "joint_pilot", "as_of", "2024-06-21", "not_yet as of a day after it was known"),
}


@pytest.mark.parametrize("name", CELLS)
def test_one_fault_gives_its_code_once_at_its_line(name, data):
    file, beginning, column, value, message = CELLS[name]
    line = replace_cell(data / file, beginning, column, value)
    found = [finding for finding in findings_of(data) if finding.severity == "error"]
    codes = [(finding.code, finding.place) for finding in found]
    # A date that is no date also makes rows that refer to it dangle; here only the cell itself may be reported.
    assert codes == [(name.split()[0], f"{file}:{line}")]
    assert message in found[0].message
    assert found[0].remedy


def test_an_indicator_that_nothing_embarrasses_cannot_have_a_withheld_month(orchard):
    line = replace_cell(orchard / "coverage.csv", "gates,2023-02", "coverage", "hushed")
    found = findings_of(orchard)
    assert [(f.code, f.severity, f.place) for f in found] == [("V006", "error", f"coverage.csv:{line}")]
    assert "withheld, but nothing embarrasses the indicator" in found[0].message
    assert "embarrassing" in found[0].remedy


def test_looking_away_from_what_is_not_tallied_is_a_warning(orchard):
    line = replace_cell(orchard / "coverage.csv", "cider_books,2023-09", "coverage", "closed")
    found = findings_of(orchard)
    assert [(f.code, f.severity, f.place) for f in found] == [("V007", "warning", f"coverage.csv:{line}")]
    assert "no more than a month without a line" in found[0].message


def test_looking_at_what_is_not_tallied_is_a_warning_where_no_word_means_withheld(orchard):
    model = orchard.parents[1] / "models" / "orchard" / "model.toml"
    model.write_text(model.read_text(encoding="utf-8").replace('hushed = "withheld"', 'hushed = "looked"'), "utf-8")
    lines = [
        n
        for n, row in enumerate((orchard / "coverage.csv").read_text("utf-8").splitlines(), start=1)
        if row.startswith("cider_books")
    ]
    found = findings_of(orchard)
    assert [(f.code, f.place) for f in found] == [("V007", f"coverage.csv:{line}") for line in lines]


def test_withheld_months_without_one_that_came_are_a_warning_at_the_first_of_them(orchard):
    line = replace_cell(orchard / "coverage.csv", "cider_books,2023-03", "coverage", "hushed")
    for month in ("2023-06", "2023-11"):
        replace_cell(orchard / "coverage.csv", f"cider_books,{month}", "coverage", "hushed")
    found = findings_of(orchard)
    assert [(f.code, f.severity, f.place) for f in found] == [("V008", "warning", f"coverage.csv:{line}")]
    assert "what came is evidence too" in found[0].remedy


def test_a_withheld_month_of_an_embarrassed_and_tallied_indicator_is_in_order(orchard):
    replace_cell(orchard / "coverage.csv", "grafts,2023-02", "coverage", "hushed")
    assert findings_of(orchard) == []


READINGS = {
    "a level of zero": ("2023-05-02", "0"),
    "a level below zero": ("2023-05-02", "-4"),
    "a level without number": ("2023-05-02", ""),
    "a share of nobody": ("2023-08-25", "0"),
    "a share of all": ("2023-08-25", "100"),
    "a share of more than all": ("2023-08-25", "160"),
    "a share without number": ("2023-08-25", ""),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_number_that_cannot_enter_its_series_is_a_warning(name, orchard):
    beginning, value = READINGS[name]
    line = replace_cell(orchard / "observations.csv", beginning, "value", value)
    found = findings_of(orchard)
    assert [(f.code, f.severity, f.place) for f in found] == [("L016", "warning", f"observations.csv:{line}")]


def test_rows_of_one_origin_of_which_one_is_a_reading_do_not_clash(orchard):
    # One overseer's day: a number of the series, and a gang sent home. The number is no direction.
    for column, value in (("direction", "together"), ("origin_id", "bell-2023-10-18"), ("event_date", "2023-10-18")):
        replace_cell(orchard / "observations.csv", "2024-01-09", column, value)
    assert findings_of(orchard) == []


SCHOOL = "joint_pilot_school,not_yet,,2024-06-20,2024-06-20,tide_table,Talked of only"
# code -> (severity, further rows of outcomes.csv of which the last is at fault, what the message says)
HISTORIES = {
    "O005": ("error", [SCHOOL], "this milestone and known_date stands already"),
    "O005 and another word": (
        "error",
        ["joint_pilot_school,unclear,,2024-06-20,2024-06-20,tide_table,"],
        "this milestone and known_date stands already",
    ),
    "O011": (
        "warning",
        ["joint_pilot_school,not_yet,,2024-07-02,2024-05-31,tide_table,"],
        "as_of is earlier than in the row known before",
    ),
    "O012": ("warning", ["second_quay,not_yet,,2024-03-01,2024-02-29,orrin_gazette,"], "takes back that the milestone"),
    "O012 unclear": ("warning", ["second_quay,unclear,,2024-03-01,2024-02-29,orrin_gazette,"], "takes back"),
    "O012 another day": (
        "warning",
        ["second_quay,occurred,2024-02-02,2024-03-01,2024-02-29,orrin_gazette,"],
        "takes back that the milestone occurred, or its day",
    ),
    "O013": (
        "warning",
        ["joint_pilot_school,occurred,2024-06-20,2024-07-02,2024-07-01,tide_table,"],
        "occurred on or before a day for which the row known before says not_yet",
    ),
}


def with_lines(path, lines):
    """Add lines to a file; return the number of the last one."""
    kept = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*kept, *lines]) + "\n", encoding="utf-8")
    return len(kept) + len(lines)


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_that_contradicts_itself_is_reported_at_the_row_known_later(name, data):
    severity, lines, message = HISTORIES[name]
    line = with_lines(data / "outcomes.csv", lines)
    found = [one for one in findings_of(data) if one.severity == severity]
    assert [(one.code, one.place) for one in found] == [(name.split()[0], f"outcomes.csv:{line}")]
    assert message in found[0].message
    assert found[0].remedy


def test_a_row_is_compared_with_the_one_known_before_it_wherever_it_stands_in_the_file(data):
    path = data / "outcomes.csv"
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    later = "second_quay,not_yet,,2024-03-01,2024-02-29,orrin_gazette,"
    path.write_text("\n".join([first, later, *rest]) + "\n", encoding="utf-8")
    assert [(one.code, one.place) for one in findings_of(data)] == [("O012", "outcomes.csv:2")]


def test_a_milestone_may_have_a_history(data):
    with_lines(
        data / "outcomes.csv",
        [
            "joint_pilot_school,not_yet,,2024-07-02,2024-06-30,tide_table,Still talked of",
            "joint_pilot_school,unclear,,2024-07-20,2024-07-20,tide_table,A class was seen",
            "joint_pilot_school,occurred,2024-08-08,2024-08-09,2024-08-09,tide_table,Opened",
            "joint_pilot_school,occurred,2024-08-08,2024-08-20,2024-08-20,orrin_gazette,Confirmed",
        ],
    )
    assert findings_of(data) == []


@pytest.mark.parametrize(("file", "code"), [("observations.csv", "L010"), ("sources.csv", "S004")])
def test_a_line_that_stands_twice_is_found_at_its_second_place(file, code, data):
    lines = (data / file).read_text(encoding="utf-8").splitlines()
    (data / file).write_text("\n".join([*lines, lines[5]]) + "\n", encoding="utf-8")
    assert [(f.code, f.place) for f in findings_of(data)] == [(code, f"{file}:{len(lines) + 1}")]


def test_a_kind_that_feeds_nothing_is_a_warning(data):
    line = replace_cell(data / "observations.csv", "2023-02-03", "kind", "level")
    found = findings_of(data)
    assert [(f.code, f.severity, f.place) for f in found] == [("L014", "warning", f"observations.csv:{line}")]
    assert "kind level of disputes feeds nothing" in found[0].message


def test_one_origin_that_says_two_things_in_a_month_is_a_warning_at_each_row(data):
    replace_cell(data / "observations.csv", "2023-08-09", "direction", "joining")
    found = findings_of(data)
    assert [(f.code, f.severity) for f in found] == [("L015", "warning")] * 3


def test_a_source_that_the_model_names_must_be_listed(data):
    path = data / "sources.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("pact_paper")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    replace_cell(data / "observations.csv", "2023-01-15", "source_id", "saltmarsh")
    found = findings_of(data)
    assert [(f.code, f.place) for f in found] == [("S005", "model.toml")]
    assert "pact_paper" in found[0].message


def test_every_code_of_the_rules_is_planted_here():
    import re

    source = "".join(
        (Path(__file__).parents[2] / "src" / "indicast" / "ledger" / name).read_text(encoding="utf-8")
        for name in ("_schemas.py", "_consistency.py", "_feeding.py", "_outcomes.py", "_records.py", "_ledger.py")
    )
    planted = {name.split()[0] for name in CELLS} | {"C005", "L010", "L014", "L015", "L016", "L017", "S004", "S005"}
    planted |= {"V005", "V006", "V007", "V008", "O005", "O011", "O012", "O013"}
    # Rules of records and of repeated keys: test_records.py.
    planted |= {"V004", "C006", "C007", "S006"} | {f"H{number:03d}" for number in range(1, 16)}
    assert set(re.findall(r'"([LSCVOH]\d{3})"', source)) == planted


def test_errors_stop_the_loading_and_name_five_places_at_most(data):
    path = data / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",joining,", ",onward,"), encoding="utf-8")
    with pytest.raises(DataError, match="L004") as caught:
        load_ledger(load_framework(data.parents[1], "harbour"), TODAY)
    lines = str(caught.value).splitlines()
    assert len(lines) == 6
    assert "more; run 'indicast check' for all of them" in lines[-1]


def test_warnings_do_not_stop_the_loading(data):
    replace_cell(data / "observations.csv", "2023-02-03", "kind", "level")
    ledger, warnings = load_ledger(load_framework(data.parents[1], "harbour"), TODAY)
    assert len(warnings) == 1
    assert len(ledger.observations) == 43


def test_a_ledger_without_rows_is_refused(data):
    path = data / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert [finding.code for finding in findings_of(data)] == ["L017"]
    with pytest.raises(DataError, match=r"there are no observations; add at least one: 'indicast observe add harbour'"):
        load_ledger(load_framework(data.parents[1], "harbour"), TODAY)


@pytest.mark.parametrize("name", ["observations.csv", "sources.csv", "coverage.csv"])
def test_a_file_that_must_be_there_is_named(name, data):
    (data / name).unlink()
    with pytest.raises(MissingError, match=f"has no {name}; create it"):
        findings_of(data)


def test_corroboration_and_outcomes_may_be_absent(data):
    (data / "corroboration.csv").unlink()
    (data / "outcomes.csv").unlink()
    ledger, warnings = load_ledger(load_framework(data.parents[1], "harbour"), TODAY)
    assert warnings == []
    assert ledger.corroboration.empty
    assert ledger.outcomes.empty
    assert ledger.known(date(2024, 1, 1)).outcomes.empty


def test_rows_keep_their_line_as_label(data):
    ledger, _ = load_ledger(load_framework(data.parents[1], "harbour"), TODAY)
    line = line_of(data / "observations.csv", "2023-11-10")
    assert ledger.observations.loc[line, "origin_id"] == "memoir-2024"


def test_digits_of_other_scripts_are_no_date(data):
    line = replace_cell(data / "observations.csv", "2023-02-03", "event_date", "２０２３-02-03")
    assert [(f.code, f.place) for f in findings_of(data)] == [("L001", f"observations.csv:{line}")]


def test_a_corroboration_that_cannot_tell_two_rows_apart_is_reported(data):
    # Two rows with one event_date, indicator and source_id: which of them an independent source confirms is not said.
    path = data / "observations.csv"
    key = "2023-06-19,,2023-06-20,dredging_funds"
    twin = f"{key},claim,,,parting,The gazette also fears,orrin_gazette,D,4,2023-06-20,other"
    path.write_text(path.read_text(encoding="utf-8") + twin + "\n", encoding="utf-8")
    assert [f.place for f in findings_of(data)] == ["corroboration.csv:2"]


def test_coverage_known_before_its_month_has_ended_is_reported(data):
    line = replace_cell(data / "coverage.csv", "convoys,2023-02", "known_date", "2023-02-10")
    assert [f.place for f in findings_of(data)] == [f"coverage.csv:{line}"]
