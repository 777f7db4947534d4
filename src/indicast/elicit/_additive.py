"""The additive index of scenario tables: what it says, and how little it takes to change it.

Published tables add the marks of a scenario's indicators and put a word on the sum,
often without printing the rule. This module recomputes every plausible rule, finds
which of them give the printed words, and measures how fragile those words are. The
index is no probability: it gives each indicator the same weight, counts rows that
favour every scenario alike, and its values need not sum to 1 over scenarios.

Invariant: every rule is a ratio of two integers rounded once, so a value that lies
exactly on a band's boundary falls into the band above it for any number of rows.
``tests/unit/test_additive_index.py`` proves it against exact fractions, and recomputes
a published table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from indicast import names
from indicast.elicit._lexicon import band_positions
from indicast.errors import WorkspaceError, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indicast.workspace import Lexicon

AdditiveRule = Literal[
    "net_share",
    "net_share_floored",
    "plus_share",
    "half_neutral_share",
    "plus_of_decided",
    "not_minus_share",
    "plus_over_scenarios",
    "net_over_scenarios",
]
"""Names of the rules; :func:`additive_rules` gives their formulas."""

ADDITIVE_RULES: tuple[AdditiveRule, ...] = get_args(AdditiveRule)
"""All rules, in the order of :func:`additive_rules`."""

MARK_VALUES = (-1, 0, 1)
MARK_DIMS = (names.INDICATOR, names.SCENARIO)
UNDEFINED = -1
"""Band position of a value that is not defined (0/0)."""


@dataclass(frozen=True, slots=True, eq=False)
class MarkCounts:
    """How many indicators carry each mark, dims (scenario).

    Attributes
    ----------
    plus, neutral, minus
        Whole numbers from 0 to the number of indicators.
    """

    plus: NDArray[np.int64]
    neutral: NDArray[np.int64]
    minus: NDArray[np.int64]

    @property
    def net(self) -> NDArray[np.int64]:
        """Plus less minus, from -n to n."""
        return self.plus - self.minus

    @property
    def total(self) -> NDArray[np.int64]:
        """Number of indicators n, the same for every scenario."""
        return self.plus + self.neutral + self.minus


def counts(marks: np.ndarray) -> MarkCounts:
    """Return how many plus, neutral and minus marks each scenario has.

    Parameters
    ----------
    marks
        Dims (indicator, scenario), each -1, 0 or 1.

    Raises
    ------
    WorkspaceError
        If the array is empty, has other dims, or holds another value.

    Examples
    --------
    >>> table = np.array([[1, 0], [1, -1], [0, 1]])
    >>> counts(table).plus.tolist(), counts(table).net.tolist()
    ([2, 1], [2, 0])
    """
    values = require_marks(marks)
    plus, neutral, minus = ((values == mark).sum(axis=0) for mark in (1, 0, -1))
    return MarkCounts(plus, neutral, minus)


def additive_rules(marks: np.ndarray) -> Mapping[AdditiveRule, np.ndarray]:
    """Return the index of every scenario under every rule.

    With p, z and m the plus, neutral and minus marks of a scenario among n:
    ``net_share`` is (p - m)/n; ``net_share_floored`` the same, not below 0;
    ``plus_share`` p/n; ``half_neutral_share`` (p + z/2)/n; ``plus_of_decided``
    p/(p + m); ``not_minus_share`` (n - m)/n; ``plus_over_scenarios`` p divided by its
    sum over scenarios; ``net_over_scenarios`` max(p - m, 0) likewise.

    Parameters
    ----------
    marks
        Dims (indicator, scenario), each -1, 0 or 1.

    Returns
    -------
    index
        For each rule a fraction per scenario, dims (scenario): in [-1, 1] for
        ``net_share``, else in [0, 1]; NaN where the rule divides 0 by 0.

    Raises
    ------
    WorkspaceError
        If the marks are not such an array.

    Examples
    --------
    >>> table = np.array([[1, 0], [1, -1], [0, 1], [1, 1]])
    >>> additive_rules(table)["net_share"].tolist()
    [0.75, 0.25]
    >>> additive_rules(table)["plus_over_scenarios"].tolist()
    [0.6, 0.4]
    """
    found = counts(marks)
    plus, minus, total = found.plus, found.minus, found.total
    floored = np.maximum(found.net, 0)
    return {
        "net_share": _ratio(found.net, total),
        "net_share_floored": _ratio(floored, total),
        "plus_share": _ratio(plus, total),
        "half_neutral_share": _ratio(2 * plus + found.neutral, 2 * total),
        "plus_of_decided": _ratio(plus, plus + minus),
        "not_minus_share": _ratio(total - minus, total),
        "plus_over_scenarios": _ratio(plus, np.full_like(plus, plus.sum())),
        "net_over_scenarios": _ratio(floored, np.full_like(floored, floored.sum())),
    }


def labels(index: np.ndarray, lexicon: Lexicon) -> tuple[str | None, ...]:
    """Return the word for each value; a negative value gets the lowest band's word.

    Parameters
    ----------
    index
        Dims (scenario), fractions not above 1.
    lexicon
        Bands that tile [0, 1].

    Returns
    -------
    words
        One per scenario; None where the value is NaN.

    Raises
    ------
    DataError
        If a value lies above 1.
    """
    positions = band_places(index, lexicon)
    return tuple(None if position == UNDEFINED else lexicon.bands[position].word for position in positions)


def label_matches(marks: np.ndarray, printed: Sequence[str], lexicon: Lexicon) -> tuple[AdditiveRule, ...]:
    """Return the rules that give every printed label.

    ``net_share`` and its floored form always match together, since a negative value
    has the label of 0: count them as one rule.

    Parameters
    ----------
    marks
        Dims (indicator, scenario), each -1, 0 or 1.
    printed
        The published word of each scenario, in the order of the marks.
    lexicon
        The words' bands.

    Raises
    ------
    WorkspaceError
        If the marks are no such array, or the labels do not fit them or the lexicon.

    Examples
    --------
    >>> from indicast.workspace import Lexicon
    >>> halves = [{"word": "rather not", "low": 0, "high": 0.5}, {"word": "rather so", "low": 0.5, "high": 1}]
    >>> coin = Lexicon(id="coin", name="Coin", source="example", bands=halves)
    >>> label_matches(np.array([[1, 0], [1, -1], [0, 1], [0, 0]]), ["rather so", "rather not"], coin)
    ('net_share', 'net_share_floored', 'plus_share', 'plus_over_scenarios', 'net_over_scenarios')
    """
    index = additive_rules(marks)
    _require_labels(printed, lexicon, np.shape(marks)[1])
    return tuple(rule for rule in ADDITIVE_RULES if labels(index[rule], lexicon) == tuple(printed))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    ratio = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio


def band_places(index: np.ndarray, lexicon: Lexicon) -> NDArray[np.int64]:
    values = np.asarray(index, dtype=np.float64)
    defined = ~np.isnan(values)
    positions = np.full(values.shape, UNDEFINED, dtype=np.int64)
    positions[defined] = band_positions(lexicon, np.maximum(values[defined], 0.0))
    return positions


def require_marks(marks: np.ndarray) -> NDArray[np.int64]:
    values = np.asarray(marks)
    if values.ndim != len(MARK_DIMS) or values.size == 0:
        message = f"marks have shape {values.shape}; give a filled array of dims ({', '.join(MARK_DIMS)})"
        raise WorkspaceError(message)
    strange = values[~np.isin(values, MARK_VALUES)]
    if strange.size:
        message = f"marks hold {strange[0]!s}; allowed are -1, 0 and 1 for - = +"
        raise WorkspaceError(message)
    checked: NDArray[np.int64] = values.astype(np.int64)
    return checked


def require_rule(rule: str) -> None:
    if rule not in ADDITIVE_RULES:
        message = f"{rule!r} is no additive rule; there are: {one_of(ADDITIVE_RULES)}"
        raise WorkspaceError(message)


def _require_labels(printed: Sequence[str], lexicon: Lexicon, scenarios: int) -> None:
    if len(printed) != scenarios:
        message = f"{len(printed)} labels for {scenarios} scenarios; give one label per scenario, in their order"
        raise WorkspaceError(message)
    words = [band.word for band in lexicon.bands]
    unknown = [word for word in printed if word not in words]
    if unknown:
        message = f"label {unknown[0]!r} is no word of lexicon {lexicon.id}; there are: {one_of(words)}"
        raise WorkspaceError(message)
