"""The table's linter finds what no mark can say, and is silent about a sound table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicast.elicit import table_findings
from indicast.workspace import Rating, collect_ratings, load_framework

ROOT = Path(__file__).parents[2]
HARBOUR = ROOT / "tests" / "fixtures" / "harbour"
WORDS = tuple(tuple(f"words {i} {k}" for k in range(4)) for i in range(5))
"""Of every cell its own."""


@pytest.fixture
def framework():
    return load_framework(HARBOUR, "harbour")


def codes(framework, **changed):
    return [finding.code for finding in found(framework, **changed)]


def found(framework, *, marks=None, expected=None, descriptors=None, ratings=None):
    table = framework.table
    table = replace(
        table,
        marks=np.asarray(table.marks if marks is None else marks),
        expected=np.asarray(table.expected if expected is None else expected),
        descriptors=WORDS if descriptors is None else descriptors,
        ratings=table.ratings if ratings is None else ratings,
    )
    return table_findings(replace(framework, table=table))


def sound(framework):
    """Expected states and marks without any fault: every row and column its own."""
    rows = np.array([[1, 0, -1, 0], [0, 1, 0, -1], [-1, 0, 1, 0], [0, -1, 0, 1], [1, 1, -1, -1]])
    marks = np.where(rows == 1, 1, -1)
    return rows[: len(framework.indicators)], marks[: len(framework.indicators)]


def test_a_sound_table_has_no_finding(framework):
    expected, marks = sound(framework)
    assert codes(framework, expected=expected, marks=marks) == []


def test_equal_marks_in_a_row_are_found(framework):
    expected, marks = sound(framework)
    marks[1] = -1
    assert codes(framework, expected=expected, marks=marks) == ["T101"]


def test_equal_states_in_a_row_are_found(framework):
    expected, marks = sound(framework)
    expected[1] = 1
    assert codes(framework, expected=expected, marks=marks) == ["T102"]


def test_opposite_states_both_marked_plus_are_found(framework):
    expected, marks = sound(framework)
    marks[0] = [1, -1, 1, -1]
    assert codes(framework, expected=expected, marks=marks) == ["T103"]


def test_two_scenarios_that_expect_the_same_are_found(framework):
    expected, marks = sound(framework)
    expected[:, 1] = expected[:, 0]
    assert "T104" in codes(framework, expected=expected, marks=marks)


def test_two_scenarios_with_the_same_marks_are_found(framework):
    expected, marks = sound(framework)
    marks[:, 1] = marks[:, 0]
    assert "T105" in codes(framework, expected=expected, marks=marks)


def test_the_same_words_under_different_marks_are_found_at_the_later_cell(framework):
    expected, marks = sound(framework)
    words = (("as ever", "x", " As  EVER", "y"), *WORDS[1:])
    assert marks[0].tolist() == [1, -1, -1, -1]
    one = found(framework, expected=expected, marks=marks, descriptors=words)
    assert [(f.code, f.place) for f in one] == [("T106", "table.csv:4")]
    assert "convoys: one_harbour and rivalry have the same words and different marks" in one[0].message


def test_the_same_words_under_the_same_mark_are_no_finding(framework):
    expected, marks = sound(framework)
    words = (("x", "as ever", "as ever", "y"), *WORDS[1:])
    assert codes(framework, expected=expected, marks=marks, descriptors=words) == []


def rated(*marks):
    """Ratings of as many cells of the first row as given, each by its two raters."""
    value = {"+": 1, "=": 0, "-": -1}
    given = [
        Rating(who, 0, k, value[mark]) for k, pair in enumerate(marks) for who, mark in zip("ab", pair, strict=True)
    ]
    return collect_ratings(given, {"a": "QM", "b": "QN"})


def test_raters_who_never_differ_are_one_judgement(framework):
    expected, marks = sound(framework)
    one = found(framework, expected=expected, marks=marks, ratings=rated("++", "--"))
    assert [(f.code, f.place) for f in one] == [("T107", "table.csv")]
    assert "in any of the 2 cells" in one[0].message


@pytest.mark.parametrize("marks", [("++", "-="), ("++",), ()], ids=["they differ once", "one shared cell", "none"])
def test_raters_who_differ_or_hardly_meet_are_no_finding(marks, framework):
    expected, given = sound(framework)
    assert codes(framework, expected=expected, marks=given, ratings=rated(*marks)) == []


def test_a_row_is_found_at_its_first_line(framework):
    expected, marks = sound(framework)
    marks[1] = -1
    assert [f.place for f in found(framework, expected=expected, marks=marks)] == ["table.csv:6"]


def test_a_table_that_stands_in_no_file_has_findings_without_line(framework, tmp_path):
    expected, marks = sound(framework)
    marks[1] = -1
    elsewhere = replace(framework, root=tmp_path)
    assert [f.place for f in found(elsewhere, expected=expected, marks=marks)] == ["table.csv"]


def test_the_flagship_has_the_faults_that_its_readers_should_know():
    found = {(f.code, f.message.split(":")[0]) for f in table_findings(load_framework(ROOT, "belarus_russia"))}
    flat = {"armament_modernisation", "public_support", "neighbour_pressure"}
    mixed = {"international_pressure", "neighbour_pressure"}
    expected = {("T101", name) for name in flat} | {("T103", name) for name in mixed}
    assert found == expected | {("T106", "international_pressure")}
