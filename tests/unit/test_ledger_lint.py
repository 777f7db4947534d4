"""Every rule of the ledger's lint has a code, and one planted fault per code is found at its line."""

import csv
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from indicast.ledger import lint_findings, read_ledger
from indicast.workspace import load_framework

FIXTURES = Path(__file__).parents[1] / "fixtures"
LEDGER = Path(__file__).parents[2] / "src" / "indicast" / "ledger"
TODAY = date(2025, 1, 1)


@pytest.fixture
def orchard(tmp_path):
    """Return the data of the workspace that uses every family."""
    return Path(shutil.copytree(FIXTURES / "orchard", tmp_path / "orchard")) / "data" / "orchard"


@pytest.fixture
def harbour(tmp_path):
    return Path(shutil.copytree(FIXTURES / "harbour", tmp_path / "harbour")) / "data" / "harbour"


def read(data):
    framework = load_framework(data.parents[1], data.name)
    frames, findings = read_ledger(framework, TODAY)
    assert [one for one in findings if one.severity == "error"] == []
    return framework, frames


def found(data):
    return lint_findings(*read(data))


def places(data):
    return [(one.code, one.place) for one in found(data)]


def changed(path, beginning, **cells):
    """Change cells of the first line that begins so; return the line's number."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if line.startswith(beginning))
    for column, value in cells.items():
        rows[number - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return number


def added(path, *lines):
    """Add lines to a file; return the number of the first."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    return len(text.splitlines()) + 1


def declared(data, **lint):
    """Declare limits in the model's file."""
    path = data.parents[1] / "models" / data.name / "model.toml"
    values = "".join(f"{name} = {value}\n" for name, value in lint.items())
    path.write_text(path.read_text("utf-8") + f'\n[lint]\n{values}reason = "a test"\n', "utf-8")


@pytest.mark.parametrize("name", ["harbour", "orchard", "mill", "jetty"])
def test_a_clean_ledger_has_no_finding(name):
    assert found(FIXTURES / name / "data" / name) == []


def row(day, indicator, **cells):
    """Return a line of observations.csv."""
    given = {"event_date": day, "published_date": day, "indicator": indicator, "kind": "claim", "direction": "apart"}
    given |= {"summary": f"of {day}", "source_id": "bell", "reliability": "B", "credibility": "2", "known_date": day}
    given |= {"origin_id": f"{indicator}-{day}"} | cells
    columns = "event_date,end_date,published_date,indicator,kind,value,unit,direction,summary,source_id,reliability"
    return ",".join(given.get(name, "") for name in f"{columns},credibility,known_date,origin_id".split(","))


# name -> (cells of one more row of observations.csv, what the message says)
ROWS = {
    "L101 event": ({"kind": "event", "known_date": "2024-02-03", "published_date": ""}, "known before the day"),
    "L101 level": ({"kind": "level", "known_date": "2024-02-03", "published_date": ""}, "neither claim nor denial"),
    "L102": ({"kind": "event", "published_date": "2024-02-03"}, "published before the day it tells of"),
    "L103": ({"event_date": "2012-02-04"}, "more than 5 years before 2023-01, the month the experts judged"),
    "L104": ({"value": "12"}, "a value without a unit"),
    "L104 spaces": ({"value": "12", "unit": " "}, "a value without a unit"),
    "L105 count": ({"kind": "count", "unit": "men"}, "a count or share without a value"),
    "L105 share": ({"kind": "share"}, "a count or share without a value"),
    "L107 claim": ({"reliability": "A", "credibility": "1"}, "a claim or denial graded A1"),
    "L107 denial": ({"kind": "denial", "reliability": "A", "credibility": "1"}, "a claim or denial graded A1"),
}


@pytest.mark.parametrize("name", ROWS)
def test_one_fault_gives_its_code_once_at_its_line(name, orchard):
    cells, said = ROWS[name]
    line = added(orchard / "observations.csv", row("2024-02-04", "mood", **cells))
    one = found(orchard)
    assert [(f.code, f.severity, f.place) for f in one] == [(name.split()[0], "warning", f"observations.csv:{line}")]
    assert said in one[0].message
    assert one[0].remedy


SOUND = {
    "a claim about a day to come": {"known_date": "2024-02-03", "published_date": "2024-02-03"},
    "a denial about a day to come": {"kind": "denial", "known_date": "2024-02-03", "published_date": ""},
    "an event of its own day": {"kind": "event"},
    "an event graded A1": {"kind": "event", "reliability": "A", "credibility": "1"},
    "a claim graded A2": {"reliability": "A"},
    "a claim graded B1": {"credibility": "1"},
    "the last month that is not long before": {"event_date": "2018-01-01"},
    "a number with its unit": {"value": "3", "unit": "men"},
    "a level without a number": {"kind": "level"},
    "a unit without a number where none is needed": {"unit": "men"},
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_in_order_has_no_finding(name, orchard):
    added(orchard / "observations.csv", row("2024-02-04", "mood", **SOUND[name]))
    assert found(orchard) == []


def test_a_reading_without_a_value_is_reported_once(orchard):
    # L016 of the loading says it already.
    changed(orchard / "observations.csv", "2023-05-02", value="")
    assert found(orchard) == []


def test_how_long_before_is_long_is_declared(orchard):
    declared(orchard, years_before=12)
    added(orchard / "observations.csv", row("2024-02-04", "mood", event_date="2012-02-04"))
    assert found(orchard) == []


def series_of(data):
    """Return the first series of the model: its indicator, a kind and a unit."""
    framework = load_framework(data.parents[1], data.name)
    indicator = next(one for one in framework.declaration.indicators if one.series)
    series = indicator.series[0]
    return indicator.id, series.kinds[0], series.units[0]


def test_a_unit_that_nearly_is_that_of_a_series_is_found(orchard):
    indicator, kind, unit = series_of(orchard)
    cells = {"kind": kind, "value": "12"}
    spellings = [unit.upper(), f" {unit}", unit[1:] if len(unit) > 7 else f"{unit} ", unit]
    line = added(
        orchard / "observations.csv",
        *(row(f"2024-02-0{n}", indicator, unit=one, **cells) for n, one in enumerate(spellings, start=1)),
    )
    wanted = [("L106", f"observations.csv:{line + n}") for n in range(3)]
    assert [one for one in places(orchard) if one[0] == "L106"] == wanted
    assert repr(unit) in next(f.message for f in found(orchard) if f.code == "L106")


def test_a_unit_of_a_kind_that_the_series_does_not_take_is_not_found(orchard):
    indicator, _, unit = series_of(orchard)
    added(orchard / "observations.csv", row("2024-02-01", indicator, unit=unit.upper(), kind="denial", value="1"))
    assert "L106" not in dict(places(orchard))


def test_without_edits_only_case_and_spaces_are_found(orchard):
    indicator, kind, unit = series_of(orchard)
    declared(orchard, unit_edits=0)
    cells = {"kind": kind, "value": "12"}
    line = added(
        orchard / "observations.csv",
        row("2024-02-01", indicator, unit=f"{unit}s", **cells),
        row("2024-02-02", indicator, unit=unit.upper(), **cells),
    )
    assert [one for one in places(orchard) if one[0] == "L106"] == [("L106", f"observations.csv:{line + 1}")]


def voices(*who, month="2024-02"):
    return [row(f"{month}-0{n}", "mood", source_id=one) for n, one in enumerate(who, start=1)]


def test_a_month_that_one_publisher_feeds_is_found_at_its_first_row(orchard):
    line = added(orchard / "observations.csv", *voices("gate_book", "bell", "bell", "bell"))
    one = found(orchard)
    assert [(f.code, f.place) for f in one] == [("L108", f"observations.csv:{line + 1}")]
    assert re.search(r"^mood in 2024-02: 3 of 4 reports come from '", one[0].message)
    assert "publisher's text before ' ('" in one[0].remedy


@pytest.mark.parametrize(
    "who",
    [("bell", "bell", "gate_book"), ("bell", "bell"), ("bell", "gate_book", "pomar_council")],
    ids=["two in three", "two reports", "three voices"],
)
def test_a_month_of_several_voices_or_few_reports_is_not_found(who, orchard):
    added(orchard / "observations.csv", *voices(*who))
    assert found(orchard) == []


def test_one_origin_is_one_report_of_its_publisher(orchard):
    added(orchard / "observations.csv", *(line.rsplit(",", 1)[0] + ",one-day" for line in voices(*["bell"] * 4)))
    assert found(orchard) == []


def test_copies_of_a_publisher_count_as_the_publisher(orchard):
    added(
        orchard / "sources.csv",
        "copy_a,Bell (copied by the inn),A copy,,,QP,independent_media",
        "copy_b, BELL (read aloud),A copy,,,QP,independent_media",
        "copy_c,Bell,The first,,,QP,independent_media",
    )
    line = added(orchard / "observations.csv", *voices("copy_a", "copy_b", "copy_c"))
    assert places(orchard) == [("L108", f"observations.csv:{line}")]


def test_an_indicator_that_one_publisher_feeds_is_found(orchard):
    months = [f"2023-{month:02d}" for month in range(1, 13)]
    line = added(orchard / "observations.csv", *(voices("pomar_council", month=month)[0] for month in months))
    one = [f for f in found(orchard) if f.code == "L109"]
    assert len(one) == 1
    assert one[0].message.startswith("mood: ")
    assert int(one[0].place.split(":")[1]) <= line


def test_the_share_of_a_publisher_is_declared(orchard):
    declared(orchard, publisher_share=0.8, month_reports=4)
    added(orchard / "observations.csv", *voices("bell", "bell", "bell"))
    added(orchard / "observations.csv", *voices("gate_book", "bell", "bell", "bell", month="2024-03"))
    assert found(orchard) == []


def test_a_source_that_nothing_names_is_found(orchard):
    line = added(orchard / "sources.csv", "echo,The Echo,Nothing,,,QP,independent_media")
    one = found(orchard)
    assert [(f.code, f.place) for f in one] == [("S101", f"sources.csv:{line}")]
    assert "no row names source 'echo'" in one[0].message


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("observations.csv", row("2024-02-04", "mood", source_id="echo")),
        ("corroboration.csv", "2023-05-15,cider_books,bell,echo,,,"),
        ("outcomes.csv", "joint_barn,not_yet,,2024-04-06,2024-04-05,echo,"),
        ("outcomes.csv", "joint_barn,not_yet,,2024-04-06,2024-04-05,bell,the beams stand (also echo; a letter)"),
        ("coverage.csv", "gates,2024-07,walked,2024-07-31,as echo says"),
    ],
    ids=["a row", "a corroboration", "an outcome", "an outcome's note", "a note of coverage"],
)
def test_a_source_that_any_file_names_is_no_orphan(file, line, orchard):
    added(orchard / "sources.csv", "echo,The Echo,Nothing,,,QP,independent_media")
    added(orchard / file, line)
    assert found(orchard) == []


def test_a_source_that_the_model_names_is_no_orphan(harbour):
    path = harbour / "observations.csv"
    kept = [line for line in path.read_text("utf-8").splitlines() if ",pact_paper," not in line]
    path.write_text("\n".join(kept) + "\n", "utf-8")
    assert "S101" not in dict(places(harbour))


def test_coverage_that_stopped_is_found_at_its_last_month(harbour):
    added(
        harbour / "observations.csv",
        "2024-10-30,,2024-10-31,council_tone,claim,,,parting,The council waits,saltmarsh,B,2,2024-10-31,s-10",
    )
    last = {}
    for number, line in enumerate((harbour / "coverage.csv").read_text("utf-8").splitlines(), start=1):
        indicator, month = line.split(",")[:2]
        last[indicator] = max(last.get(indicator, ("", 0)), (month, number))
    one = found(harbour)
    assert [(f.code, f.place) for f in one] == [
        ("V101", f"coverage.csv:{last[name][1]}") for name in ("convoys", "disputes")
    ]
    assert one[0].message == "convoys: 4 months have ended since the last one that was judged, 2024-06"


def test_a_month_that_has_not_ended_is_not_owed(harbour):
    # On the 30th October has not ended: three months are owed, as many as may be.
    added(
        harbour / "observations.csv",
        "2024-10-30,,2024-10-30,council_tone,claim,,,parting,The council waits,saltmarsh,B,2,2024-10-30,s-10",
    )
    assert found(harbour) == []


def test_a_counted_indicator_that_nobody_ever_judged_is_found(harbour):
    path = harbour / "coverage.csv"
    kept = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("disputes")]
    path.write_text("\n".join(kept) + "\n", "utf-8")
    one = found(harbour)
    assert [(f.code, f.place, f.message) for f in one] == [("V101", "coverage.csv", "disputes: no month was judged")]


def with_change(path, line, change, **cells):
    """Add a record that corrects or takes back the row of a line; return its own line."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = [*header, "record_id", "change", "supersedes", "reason"]
    rows = [[*row, "", "", "", ""] for row in rows]
    rows[line - 2][len(header)] = "older"
    after = dict(zip(columns, rows[line - 2], strict=True))
    after |= {"record_id": "", "change": change, "supersedes": "older", "reason": "a test"} | cells
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows, list(after.values())])
    return len(rows) + 2


def test_a_row_that_was_taken_back_is_not_judged(orchard):
    line = added(orchard / "observations.csv", row("2024-02-04", "mood", value="12"))
    assert places(orchard) == [("L104", f"observations.csv:{line}")]
    with_change(orchard / "observations.csv", line, "retraction")
    assert found(orchard) == []


def test_of_a_corrected_row_the_correction_is_judged(orchard):
    line = added(orchard / "observations.csv", row("2024-02-04", "mood", value="12"))
    later = with_change(orchard / "observations.csv", line, "correction", reliability="A", credibility="1")
    assert places(orchard) == [("L104", f"observations.csv:{later}"), ("L107", f"observations.csv:{later}")]


def test_a_row_that_was_taken_back_still_names_its_source(orchard):
    added(orchard / "sources.csv", "echo,The Echo,Nothing,,,QP,independent_media")
    line = added(orchard / "observations.csv", row("2024-02-04", "mood", source_id="echo"))
    with_change(orchard / "observations.csv", line, "retraction")
    assert found(orchard) == []


def test_a_ledger_of_which_no_row_stands_only_has_sources_that_nothing_names(orchard):
    framework, frames = read(orchard)
    none = lint_findings(framework, frames | {"observations": frames["observations"].iloc[:0]})
    assert {one.code for one in none} == {"S101"}


def test_every_code_of_the_rules_is_planted_here():
    modules = ("_lint.py", "_implausible.py", "_near_units.py", "_publishers.py")
    source = "".join((LEDGER / name).read_text(encoding="utf-8") for name in modules)
    planted = {name.split()[0] for name in ROWS} | {"L106", "L108", "L109", "S101", "V101"}
    assert set(re.findall(r'"([LSCVO]\d{3})"', source)) == planted
