"""Units that nearly are those of a declared series, so that their rows silently leave it.

A spelling within k letters of another leaves at least one of k + 1 pieces of it intact: that sorts out nearly
all units at once, and only the rest are compared letter by letter.

Invariant: what is found is exactly what the distance of letters says (``tests/unit/test_near_units.py``, by
hypothesis).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from indicast.workspace import Finding, Framework, shown

if TYPE_CHECKING:
    import pandas as pd

    from indicast.workspace import Indicator

FILE = "observations.csv"
LETTERS_PER_EDIT = 4
"""One slip in a word of this length is one; in a shorter one it is another word."""


def near_unit_findings(framework: Framework, rows: pd.DataFrame) -> list[Finding]:
    """Return rows of a series' indicator and kinds whose unit misses a declared one by case, spaces or spelling.

    Parameters
    ----------
    framework
        Declares the series; ``lint.unit_edits`` says how many letters may differ.
    rows
        Observations as text; the label of a row is its line.
    """
    edits = framework.declaration.lint.unit_edits
    return [
        finding
        for indicator in framework.declaration.indicators
        if indicator.series
        for finding in _of_indicator(indicator, rows[rows["indicator"] == indicator.id], edits)
    ]


def _of_indicator(indicator: Indicator, rows: pd.DataFrame, edits: int) -> list[Finding]:
    remedy = "spell it as declared, or give it a unit that cannot be mistaken for that one"
    found: dict[int, Finding] = {}
    for series in indicator.series:
        taken = {unit for one in indicator.series for unit in one.units}
        of_kind = rows[rows["kind"].isin(series.kinds) & (rows["unit"] != "") & ~rows["unit"].isin(taken)]
        for unit in series.units:
            near = of_kind["unit"].isin(near_spellings(unit, of_kind["unit"], edits))
            message = f"the unit is nearly {shown(unit)} of series {series.id}, so the row leaves it"
            for line in of_kind.index[near]:
                found.setdefault(line, Finding(f"{FILE}:{line}", "L106", "warning", message, remedy))
    return list(found.values())


def near_spellings(unit: str, given: pd.Series, edits: int) -> list[str]:
    """Return the given units that miss one by case and spaces alone, or by a few letters but no digit.

    Parameters
    ----------
    unit
        The declared unit.
    given
        Other units.
    edits
        Letters that may be put in, left out or changed; fewer where the unit is short.
    """
    import pandas as pd

    units = pd.Series(given.unique(), dtype=str)
    plain, wanted = units.str.casefold().str.split().str.join(" "), " ".join(unit.casefold().split())
    allowed = min(edits, len(wanted) // LETTERS_PER_EDIT)
    close = (plain.str.len() - len(wanted)).abs() <= allowed
    whole = np.zeros(len(units), dtype=bool)
    for piece in _pieces(wanted, allowed + 1):
        whole |= plain.str.contains(piece, regex=False).to_numpy()
    likely = zip(units[close & whole], plain[close & whole], strict=True)
    return [one for one, text in likely if _digits(text) == _digits(wanted) and distance(text, wanted) <= allowed]


def _pieces(text: str, count: int) -> list[str]:
    edges = [round(place * len(text) / count) for place in range(count + 1)]
    return [text[start:end] for start, end in pairwise(edges)]


def _digits(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)


def distance(left: str, right: str) -> int:
    """Return the fewest letters to put in, leave out or change that make one text the other (Levenshtein).

    Examples
    --------
    >>> distance("apples", "aples"), distance("apples", "applse")
    (1, 2)
    """
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, row = row, [i]
        for j, b in enumerate(right, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]
