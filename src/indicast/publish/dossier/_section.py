"""What every part of the dossier offers, so that the page, its JSON and its verdict treat all alike.

Invariant: a part that could not be computed says so and why, and is never a pass
(``tests/unit/test_dossier_section.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from indicast.errors import IndicastError

Verdict = Literal["pass", "fail", "note", "not computed"]
"""``note``: nothing is decided, but a reader should know; only a ``fail`` of a gate stops publication."""
Json = str | float | int | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with what a reader should conclude from it.

    Attributes
    ----------
    id
        Unique on the page; small letters, digits and hyphens.
    svg
        The picture as one SVG element, without scripts and without links to anything outside.
    alt
        What is drawn, for those who do not see it.
    conclusion
        One sentence computed from the numbers that are drawn.
    """

    id: str
    svg: str
    alt: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text; the first column heads its row.

    Attributes
    ----------
    caption
        What the rows are.
    header
        One text a column.
    rows
        As many cells each as the header.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the dossier.

    Attributes
    ----------
    id, title
        Anchor and heading.
    question
        What a sceptical reviewer asks here.
    verdict
        The answer in one word.
    conclusion
        The answer in one or two sentences, computed from the numbers.
    figures, tables
        In the order of the page; tables come after the figures.
    data
        The numbers behind it all, for ``dossier.json``; finite, or None where there is none.
    """

    id: str
    title: str
    question: str
    verdict: Verdict
    conclusion: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)


def not_computed(identity: str, title: str, question: str, error: IndicastError) -> Section:
    """Return the part in whose place an error stands.

    Parameters
    ----------
    identity, title, question
        Of the part.
    error
        Says what is missing and what to do.

    Examples
    --------
    >>> not_computed("fit", "Fit", "Does it fit?", IndicastError("no draws; fit again")).verdict
    'not computed'
    """
    return Section(identity, title, question, "not computed", f"This was not computed: {error}")
