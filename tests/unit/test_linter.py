"""The table's linter finds what no mark can say, and is silent about a sound table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicast.elicit import table_findings
from indicast.workspace import load_framework

ROOT = Path(__file__).parents[2]
HARBOUR = ROOT / "tests" / "fixtures" / "harbour"


@pytest.fixture
def framework():
    return load_framework(HARBOUR, "harbour")


def codes(framework, *, marks=None, expected=None):
    table = framework.table
    table = replace(
        table,
        marks=np.asarray(table.marks if marks is None else marks),
        expected=np.asarray(table.expected if expected is None else expected),
    )
    return [finding.code for finding in table_findings(replace(framework, table=table))]


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


def test_the_flagship_has_the_faults_that_its_readers_should_know():
    found = {(f.code, f.message.split(":")[0]) for f in table_findings(load_framework(ROOT, "belarus_russia"))}
    flat = {"armament_modernisation", "public_support", "neighbour_pressure"}
    mixed = {"international_pressure", "neighbour_pressure"}
    assert found == {("T101", name) for name in flat} | {("T103", name) for name in mixed}
