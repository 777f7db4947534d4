"""Individual experts' marks, and who gave them.

Invariant: every rating names a rater of ``raters.csv``, an indicator and a scenario; a
rater judges a cell at most once; the order of lines changes nothing
(``tests/unit/test_raters.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indicast.workspace._findings import Finding, refuse_errors
from indicast.workspace._rows import read_rows, rule, text_schema

CONSENSUS = "consensus"
"""The rater of a judgement that was agreed on; its mark is the panel's own."""


class Rating(NamedTuple):
    """One rater's mark in {-1, 0, +1} for one cell, by index of indicator and scenario."""

    rater: str
    indicator: int
    scenario: int
    mark: int


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Individual marks in long form, read-only, sorted by cell and rater; empty for an agreed table.

    Attributes
    ----------
    rater, indicator, scenario
        Indices of each rating; dims (rating).
    mark
        -1 for ``-``, 0 for ``=``, +1 for ``+``; dims (rating).
    raters
        Labels of those who rated, in the order of ``raters.csv``.
    countries
        Their countries, in the order in which they first appear there.
    country_of
        Index of each rater's country; dims (rater).
    """

    rater: np.ndarray
    indicator: np.ndarray
    scenario: np.ndarray
    mark: np.ndarray
    raters: tuple[str, ...]
    countries: tuple[str, ...]
    country_of: np.ndarray

    def __len__(self) -> int:
        """Return the number of ratings."""
        return int(self.mark.size)


def collect_ratings(given: Iterable[Rating], country_of: Mapping[str, str]) -> Ratings:
    """Return ratings as read-only arrays.

    Parameters
    ----------
    given
        In any order.
    country_of
        Country of each rater in the order of ``raters.csv``; those who rated nothing are left out.

    Examples
    --------
    >>> collect_ratings([Rating("b", 0, 1, -1), Rating("b", 0, 0, 1)], {"a": "QM", "b": "QN"}).mark
    array([ 1, -1])
    """
    given = list(given)
    raters = tuple(name for name in country_of if name in {one.rater for one in given})
    countries = tuple(dict.fromkeys(country_of[name] for name in raters))
    rows = sorted((one.indicator, one.scenario, raters.index(one.rater), one.mark) for one in given)
    indicator, scenario, rater, mark = np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy()
    country = np.array([countries.index(country_of[name]) for name in raters], dtype=np.int64)
    for array in (indicator, scenario, rater, mark, country):
        array.setflags(write=False)
    return Ratings(rater, indicator, scenario, mark, raters, countries, country)


NO_RATINGS = collect_ratings([], {})
"""The ratings of a table that was agreed on."""


def median_mark(marks: Sequence[int]) -> int:
    """Return the median of marks in {-1, 0, +1}; between two marks, the one nearer to ``=``.

    Examples
    --------
    >>> median_mark([1, 1, 0, 0]), median_mark([-1, -1, 0]), median_mark([1, -1])
    (0, -1, 0)
    """
    return int(np.trunc(np.median(marks)))


def read_raters(path: Path) -> dict[str, str]:
    """Return the country of each rater in the order of ``raters.csv``; none if there is no such file.

    Raises
    ------
    DataError
        If a cell is not allowed or a rater stands twice.
    """
    if not path.is_file():
        return {}
    named = rule("T010", lambda column: (column.str.strip() != "") & (column != CONSENSUS), "write the rater's own id")
    code = rule("T011", lambda column: column.str.fullmatch(r"[A-Z]{2}"), "write a country as two capital letters")
    frame, findings = read_rows(path, text_schema({"rater": [named], "country": [code], "note": []}))
    twice = frame["rater"][frame["rater"].duplicated()]
    findings += [
        Finding(f"{path.name}:{line}", "T012", "error", f"{rater} stands twice", "keep one row per rater")
        for line, rater in twice.items()
    ]
    refuse_errors(findings)
    return dict(zip(frame["rater"], frame["country"], strict=True))
