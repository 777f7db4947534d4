"""What a spreadsheet would compute leaves as text, and numbers leave as numbers."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.ledger import neutral_cell

FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.org","x")',
    "+1+cmd",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "-",
]
NUMBERS = ["-1.5", "+1", "-.5", "-3e-07", "+2.", "0", "1.5", "-1E+20"]


@pytest.mark.parametrize("cell", FORMULAS[:-1])
def test_a_formula_becomes_text(cell):
    assert neutral_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", [*NUMBERS, "", "+", "=", "-", "a=b", "1-2", "' text"])
def test_numbers_signs_and_other_text_stay(cell):
    assert neutral_cell(cell) == cell


@pytest.mark.parametrize("cell", ["-1.5.2", "-1_000", "-", "-0x1", "--1", "-1 ", "-inf", "-\u0661"])
def test_what_only_looks_like_a_number_is_no_number(cell):
    assert (neutral_cell(cell) == cell) == (cell == "-")


@given(st.one_of(st.text(), st.sampled_from(FORMULAS), st.floats(allow_nan=False, allow_infinity=False).map(repr)))
def test_no_neutral_cell_begins_a_formula_and_none_is_neutralised_twice(cell):
    found = neutral_cell(cell)
    assert neutral_cell(found) == found
    if found[:1] in set("=+-@\t\r\n") and found not in {"=", "+", "-"}:
        float(found)  # a number, or this raises


@given(st.text())
def test_the_cell_is_still_there_after_writing_and_reading(cell):
    written = io.StringIO()
    csv.writer(written).writerow([neutral_cell(cell), "end"])
    read = next(csv.reader(io.StringIO(written.getvalue(), newline="")))
    assert read[0].removeprefix("'") == cell.removeprefix("'")
