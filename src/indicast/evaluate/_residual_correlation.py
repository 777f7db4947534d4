"""Whether the surprises of one month hang together more, or less, than shared shocks and scenarios say.

Scores of what was seen (``_foreseen``) of different indicators in the same month are multiplied. Under the model they
are correlated already: their shocks, scenario and parameters are shared. So each number of what was seen stands beside
that of every replicate, which shares them too:

- ``pull``: the mean product of scores of two indicators in a month; of all, and of those that shocks touch;
- ``size``: the mean absolute correlation of two indicators with enough common months;
- ``mode``: the largest eigenvalue of the matrix of summed products of different indicators, over the root of their
  common months, which one missing shock would raise;
- ``lag``: the mean product of the mean scores of neighbouring months, which a shock that lasts longer would raise.

Invariant: a planted common disturbance is found, none is found in replicates beyond chance
(``tests/reference/test_predictive_checks.py``). Not valid as proof that shocks suffice: pairs with few common months
can hide much. Milestones are left out: their scores are nearly constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from indicast.evaluate._foreseen import Foreseen
from indicast.evaluate._predictive_checks import LEAST, Check, check

COMMON = 5
"""Months that two indicators must share for a correlation of their own; with fewer it is mostly noise."""


class Pair(NamedTuple):
    """Two indicators.

    Attributes
    ----------
    first, second
        Their ids.
    months
        In which both were seen.
    correlation
        Of their scores, about 0.
    expected
        The mean of replicates.
    p
        Chance of a correlation at least as far out on either side.
    """

    first: str
    second: str
    months: int
    correlation: float
    expected: float
    p: float


class Correlations(NamedTuple):
    """What the surprises of indicators have in common.

    Attributes
    ----------
    checks
        ``pull``, ``size``, ``mode``, ``lag``, in this order, as far as they could be computed. Undecided where two
        indicators were seen together in too few months.
    pairs
        Those with enough common months, most telling first.
    labels
        Indicators seen; acts and numbers of those with reports stand by themselves.
    matrix
        Correlations, NaN where there are too few common months; dims (indicator, indicator).
    size_again
        Mean absolute correlation of each replicate; dims (replicate).
    touched
        How many of the pairs are of two indicators with reports, which alone share shocks.
    """

    checks: tuple[Check, ...]
    pairs: tuple[Pair, ...]
    labels: tuple[str, ...]
    matrix: np.ndarray
    size_again: np.ndarray
    touched: int


def residual_correlation(things: Sequence[Foreseen]) -> Correlations:
    """Return what the surprises of different indicators have in common.

    Parameters
    ----------
    things
        From :func:`indicast.evaluate.foreseen`.
    """
    named = _named([one for one in things if one.family != "milestone"])
    labels, scores, seen = _scores(named)
    if len(labels) < 2 or len(seen) < 2:  # noqa: PLR2004  # a pair
        return Correlations((), (), labels, np.full((len(labels),) * 2, np.nan), np.zeros(0), 0)
    common = seen.T.astype(float) @ seen
    product, size = _products(scores, seen)
    own = np.triu_indices(len(labels), 1)
    enough = common[own] >= COMMON
    rate = _correlation(product, size)[:, own[0], own[1]]
    pairs = _pairs(labels, own, common[own], rate, enough)
    matrix = np.full(common.shape, np.nan)
    matrix[own[0][enough], own[1][enough]] = matrix[own[1][enough], own[0][enough]] = rate[0, enough]
    mean = product[:, own[0], own[1]]
    reported = np.isin(labels, [label for label, one in named if one.family == "direction"])
    both = reported[own[0]] & reported[own[1]]
    found = [_pull("", mean, common[own])]
    if common[own][both].any() and not both.all():
        found.append(_pull("between reports", mean[:, both], common[own][both]))
    size_all = np.abs(rate[:, enough]).mean(axis=-1) if enough.any() else np.zeros(len(rate))
    if enough.any():
        found.append(_check("size", int(enough.sum()), size_all, two_sided=False))
    scaled = product * (1.0 - np.eye(len(labels))) / np.sqrt(np.maximum(common, 1.0))
    found.append(_check("mode", len(labels), np.linalg.eigvalsh(scaled)[:, -1], two_sided=False))
    found.append(_check("lag", len(seen) - 1, _lag(scores, seen)))
    if int((seen.sum(axis=1) > 1).sum()) < LEAST:
        found = [replace(one, p=float("nan")) for one in found]
    return Correlations(tuple(found), pairs, labels, matrix, size_all[1:], int((both & enough).sum()))


def _named(things: Sequence[Foreseen]) -> list[tuple[str, Foreseen]]:
    """Return things with their indicator; what else is seen of one with reports says which family it is of."""
    reported = {one.label for one in things if one.family == "direction"}
    return [
        (f"{one.label} ({one.family})" if one.family != "direction" and one.label in reported else one.label, one)
        for one in things
    ]


def _scores(named: Sequence[tuple[str, Foreseen]]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return scores, 0 where nothing was seen, of what was seen and then of each replicate.

    Returns
    -------
    labels, scores, seen
        Dims (indicator), (1 + replicate, time, indicator), (time, indicator). Several things of an indicator in a
        month count by their mean.
    """
    labels = tuple(dict.fromkeys(label for label, _ in named))
    months = 1 + max((one.time for _, one in named), default=-1)
    replicates = named[0][1].again.size if named else 0
    total, number = np.zeros((1 + replicates, months, len(labels))), np.zeros((months, len(labels)))
    for label, one in named:
        place = labels.index(label)
        total[0, one.time, place] += one.seen_score
        total[1:, one.time, place] += one.score[one.again]
        number[one.time, place] += 1.0
    return labels, total / np.maximum(number, 1.0), number > 0.0


def _products(scores: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sums of products over common months, and each indicator's sum of squares in them; dims (r, i, j)."""
    product = np.einsum("rti,rtj->rij", scores, scores, optimize=True)
    size = np.einsum("rti,tj->rij", np.square(scores), seen.astype(float), optimize=True)
    return product, size


def _correlation(product: np.ndarray, size: np.ndarray) -> np.ndarray:
    scale = np.sqrt(size * size.transpose(0, 2, 1))
    return np.divide(product, scale, out=np.zeros_like(product), where=scale > 0.0)


def _pairs(
    labels: tuple[str, ...],
    own: tuple[np.ndarray, ...],
    common: np.ndarray,
    rate: np.ndarray,
    enough: np.ndarray,
) -> tuple[Pair, ...]:
    found = []
    for place in np.flatnonzero(enough).tolist():
        one = _check("pair", int(common[place]), rate[:, place])
        first, second = labels[own[0][place]], labels[own[1][place]]
        found.append(Pair(first, second, one.number, one.seen, one.expected, one.p))
    return tuple(sorted(found, key=lambda pair: (pair.p, -abs(pair.correlation), pair.first, pair.second)))


def _lag(scores: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the mean product of the mean scores of neighbouring months; dims (1 + replicate)."""
    number = seen.sum(axis=1)
    mean = scores.sum(axis=-1) / np.maximum(number, 1)
    both = (number[1:] > 0) & (number[:-1] > 0)
    return np.asarray((mean[:, 1:] * mean[:, :-1] * both).sum(axis=-1) / max(int(both.sum()), 1))


def _pull(label: str, products: np.ndarray, common: np.ndarray) -> Check:
    number = int(common.sum())
    return _check("pull", number, products.sum(axis=-1) / max(number, 1), label=label)


def _check(name: str, number: int, values: np.ndarray, *, two_sided: bool = True, label: str = "") -> Check:
    return check(("shocks", label, name, number), float(values[0]), values[1:], two_sided=two_sided)
