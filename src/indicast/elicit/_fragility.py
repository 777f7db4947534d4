"""How little it takes to change the words of an additive index.

Invariant: each figure is exact, by enumerating single changes or by convolving marks,
never by simulation (``tests/unit/test_additive_index.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast.elicit._additive import (
    MARK_VALUES,
    AdditiveRule,
    additive_rules,
    band_places,
    counts,
    require_marks,
    require_rule,
)
from indicast.errors import DataError

if TYPE_CHECKING:
    from indicast.workspace import Lexicon


@dataclass(frozen=True, slots=True, eq=False)
class LabelSurvival:
    """Probability that labels stay as they are when marks are mis-set at random.

    Attributes
    ----------
    by_scenario
        For each scenario on its own, dims (scenario), in [0, 1].
    jointly
        For all scenarios at once, in [0, 1].
    """

    by_scenario: np.ndarray
    jointly: float


def label_flips(marks: np.ndarray, rule: AdditiveRule, lexicon: Lexicon) -> np.ndarray:
    """Return how many single-mark changes flip each scenario's own label.

    Every mark of a scenario can be changed to two others, so the count is out of
    2 n. Only the scenario's own column is changed.

    Parameters
    ----------
    marks
        Dims (indicator, scenario), each -1, 0 or 1.
    rule
        One of :data:`ADDITIVE_RULES`.
    lexicon
        The words' bands.

    Returns
    -------
    flips
        Whole numbers from 0 to 2 n, dims (scenario).

    Raises
    ------
    WorkspaceError
        If the marks are no such array or the rule is not known.

    Examples
    --------
    >>> from indicast.workspace import Lexicon
    >>> halves = [{"word": "rather not", "low": 0, "high": 0.5}, {"word": "rather so", "low": 0.5, "high": 1}]
    >>> coin = Lexicon(id="coin", name="Coin", source="example", bands=halves)
    >>> label_flips(np.array([[1, -1], [1, -1], [1, 0], [0, 0]]), "net_share", coin).tolist()
    [3, 0]
    """
    values = require_marks(marks)
    require_rule(rule)
    before = band_places(additive_rules(values)[rule], lexicon)
    flips = np.zeros(values.shape[1], dtype=np.int64)
    for scenario, position in enumerate(before):
        for changed in _single_changes(values, scenario):
            flips[scenario] += band_places(additive_rules(changed)[rule], lexicon)[scenario] != position
    return flips


def straddles(index: np.ndarray, error: float, lexicon: Lexicon) -> np.ndarray:
    """Return whether an error either way reaches another label.

    Parameters
    ----------
    index
        Dims (scenario), fractions not above 1.
    error
        Half-width as a fraction of 1, for example .05 for five points either way.
    lexicon
        The words' bands.

    Returns
    -------
    crossing
        Booleans, dims (scenario): True where ``index - error`` and ``index + error``,
        kept within [0, 1], have different labels. False where the value is NaN.

    Raises
    ------
    DataError
        If a value lies above 1, or the error outside [0, 1].
    """
    _require_share("error", error)
    values = np.asarray(index, dtype=np.float64)
    band_places(values, lexicon)
    low, high = (band_places(np.minimum(values + step, 1.0), lexicon) for step in (-error, error))
    crossing: np.ndarray = low != high
    return crossing


def label_survival(marks: np.ndarray, mistake: float, lexicon: Lexicon) -> LabelSurvival:
    """Return the exact probability that the labels by net share outlive random mistakes.

    Each mark, independently, is mis-set with probability q to either of the two other
    marks with equal chance. The net score of a scenario is then a sum of independent
    variables, whose distribution is the convolution of theirs; scenarios share no mark,
    so the joint probability is a product. Not valid if one misreading touches many
    cells at once: mistakes of one rater are seldom independent.

    Parameters
    ----------
    marks
        Dims (indicator, scenario), each -1, 0 or 1.
    mistake
        q, in [0, 1].
    lexicon
        The words' bands.

    Raises
    ------
    WorkspaceError
        If the marks are no such array.
    DataError
        If q lies outside [0, 1].

    Examples
    --------
    >>> from indicast.workspace import Lexicon
    >>> halves = [{"word": "rather not", "low": 0, "high": 0.5}, {"word": "rather so", "low": 0.5, "high": 1}]
    >>> coin = Lexicon(id="coin", name="Coin", source="example", bands=halves)
    >>> survival = label_survival(np.array([[1, 0]]), 0.2, coin)
    >>> survival.by_scenario.round(6).tolist(), round(survival.jointly, 6)
    ([0.8, 0.9], 0.72)
    """
    _require_share("mistake", mistake)
    values = require_marks(marks)
    size = len(values)
    of_score = band_places(np.arange(-size, size + 1) / size, lexicon)
    now = of_score[counts(values).net + size]
    kept = [
        _net_distribution(column, mistake)[of_score == position].sum()
        for column, position in zip(values.T, now, strict=True)
    ]
    by_scenario = np.minimum(np.array(kept), 1.0)
    return LabelSurvival(by_scenario, float(by_scenario.prod()))


def flat_rows(marks: np.ndarray) -> np.ndarray:
    """Return which indicators bear the same mark under every scenario, so tell nothing apart.

    Parameters
    ----------
    marks
        Dims (indicator, scenario), each -1, 0 or 1.

    Returns
    -------
    flat
        Booleans, dims (indicator).

    Raises
    ------
    WorkspaceError
        If the marks are no such array.

    Examples
    --------
    >>> flat_rows(np.array([[1, 1], [1, 0]])).tolist()
    [True, False]
    """
    values = require_marks(marks)
    flat: np.ndarray = (values == values[:, :1]).all(axis=1)
    return flat


def _single_changes(values: np.ndarray, scenario: int) -> list[np.ndarray]:
    changes = []
    for row, mark in enumerate(values[:, scenario]):
        for other in MARK_VALUES:
            if other != mark:
                changed = values.copy()
                changed[row, scenario] = other
                changes.append(changed)
    return changes


def _net_distribution(column: np.ndarray, mistake: float) -> np.ndarray:
    distribution = np.ones(1)
    for mark in column:
        chances = np.full(len(MARK_VALUES), mistake / 2)
        chances[MARK_VALUES.index(int(mark))] = 1.0 - mistake
        distribution = np.convolve(distribution, chances)
    return distribution


def _require_share(what: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        message = f"{what} is {value}; allowed are fractions from 0 to 1, so .05 for five percent"
        raise DataError(message)
