"""Units that nearly are declared ones: the quick way finds what comparing letter by letter finds."""

from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.ledger._near_units import distance, near_spellings


@cache
def by_definition(left, right):
    """The distance of letters as its recursion defines it."""
    if not left or not right:
        return len(left) + len(right)
    changed = by_definition(left[1:], right[1:]) + (left[0] != right[0])
    return min(changed, by_definition(left[1:], right) + 1, by_definition(left, right[1:]) + 1)


@given(st.text("ab ", max_size=7), st.text("ab ", max_size=7))
def test_the_distance_is_the_one_of_the_definition(left, right):
    assert distance(left, right) == by_definition(left, right)


@given(
    st.text("abc", min_size=4, max_size=14),
    st.lists(st.text("abc", min_size=1, max_size=14), max_size=12),
    st.integers(0, 3),
)
def test_sorting_out_by_pieces_loses_nothing(unit, others, edits):
    allowed = min(edits, len(unit) // 4)
    wanted = [one for one in dict.fromkeys(others) if by_definition(one, unit) <= allowed]
    assert near_spellings(unit, pd.Series(others, dtype=str), edits) == wanted


NEAR = ["hands on the  BANK", " hands on the bank", "hand on the bank", "hands on the bakn", "hands in the bank"]
FAR = ["hands on the wall", "hands", "trees on the bank", "hands on the bank 2", "hands on the bank (bell)"]


@pytest.mark.parametrize("unit", NEAR)
def test_slips_of_the_pen_are_near(unit):
    assert near_spellings("hands on the bank", pd.Series([unit]), 2) == [unit]


@pytest.mark.parametrize("unit", FAR)
def test_other_words_and_other_numbers_are_not_near(unit):
    assert near_spellings("hands on the bank", pd.Series([unit]), 2) == []


def test_a_digit_is_never_a_slip():
    assert near_spellings("officers of year 2", pd.Series(["officers of year 3", "officer of year 2"]), 2) == [
        "officer of year 2"
    ]


def test_a_short_unit_is_near_only_by_case_and_spaces():
    assert near_spellings("men", pd.Series(["MEN ", "man", "ten"]), 2) == ["MEN "]
