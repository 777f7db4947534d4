"""What people said about a number, in the three forms in which one can ask them.

Invariant: a statement is possible: its probabilities and values rise together, inside the
support, and there are as many as the distribution has free arguments
(``tests/unit/test_elicited.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from indicast.elicit._asked import Asked

SUM_SLACK = 1e-3
"""Modal shares written with three decimals need not sum to 1 more exactly than this."""
WIDTH_SLACK = 1e-6
"""Relative difference between widths of bins that is rounding and not a second width."""


@dataclass(frozen=True, slots=True, order=True)
class Quantiles:
    """Points of one person's cumulative distribution: P(below ``values[i]``) = ``probabilities[i]``; both rise."""

    probabilities: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, order=True)
class Modes:
    """One person's most likely shares (sum 1), each within a stated distance with this probability on average."""

    labels: tuple[str, ...]
    shares: tuple[float, ...]
    probability: float


class Row(NamedTuple):
    """One line of ``elicited.csv`` whose cells are sound by themselves; NaN stands for a blank one."""

    line: int
    prior: str
    label: str
    rater: str
    kind: str
    value: float
    probability: float
    chips: float

    @property
    def path(self) -> tuple[str, ...]:
        """Labels of the place, outermost first."""
        return tuple(self.label.split("/")) if self.label else ()


class Fault(NamedTuple):
    """Why rows cannot be used: the line, the code, what is wrong and what to do."""

    line: int
    code: str
    message: str
    remedy: str


def statement(asked: Asked, rows: Sequence[Row]) -> Quantiles | Modes | Fault:
    """Return what the rows of one person at one spot say, or why they say nothing.

    Parameters
    ----------
    asked
        The prior.
    rows
        At least one, all of one prior, spot and rater.
    """
    kinds = sorted({row.kind for row in rows})
    if len(kinds) > 1:
        message = f"{_who(rows[0])} has rows of kind {' and '.join(kinds)}"
        return Fault(rows[-1].line, "E015", message, "keep one kind for each rater and label")
    if kinds == ["mode"]:
        return _modes(asked, rows)
    points = _quantiles(rows) if kinds == ["quantile"] else _chips(asked, rows)
    if isinstance(points, Fault) or len(points.values) >= asked.free:
        return points
    message = f"{_who(rows[0])} gives {len(points.values)} usable points; {asked.distribution} has {asked.free} to find"
    return Fault(rows[0].line, "E012", message, "ask for more quantiles, or for chips in more bins")


def _who(row: Row) -> str:
    return " ".join([row.prior, *([row.label] if row.label else []), "by", row.rater])


def _quantiles(rows: Sequence[Row]) -> Quantiles | Fault:
    points = sorted((row.probability, row.value, row.line) for row in rows)
    for (p, value, _), (q, following, line) in pairwise(points):
        if p == q or value >= following:
            message = f"{_who(rows[0])}: {following:g} at probability {q:g} follows {value:g} at {p:g}"
            return Fault(line, "E010", message, "values must rise with their probabilities, one value for each")
    return Quantiles(tuple(point[0] for point in points), tuple(point[1] for point in points))


def _chips(asked: Asked, rows: Sequence[Row]) -> Quantiles | Fault:
    """Turn chips into the cumulative shares at the borders between bins.

    Where empty bins lie between filled ones, the share stays the same over several borders; their middle is taken.
    """
    rows = sorted(rows, key=lambda row: row.value)
    centres = np.array([row.value for row in rows])
    chips = np.array([row.chips for row in rows])
    fault = _bin_fault(asked, rows, centres, chips)
    if fault:
        return fault
    shares = np.cumsum(chips)[:-1] / chips.sum()
    borders = (centres[1:] + centres[:-1]) / 2
    inner = [share for share in np.unique(shares) if 0.0 < share < 1.0]
    return Quantiles(tuple(float(s) for s in inner), tuple(float(borders[shares == s].mean()) for s in inner))


def _bin_fault(asked: Asked, rows: Sequence[Row], centres: np.ndarray, chips: np.ndarray) -> Fault | None:
    who, first = _who(rows[0]), rows[0].line
    if not chips.any():
        return Fault(first, "E013", f"{who}: no bin holds a chip", "enter the chips, or drop these rows")
    widths = np.diff(centres)
    if not widths.size or widths.min() <= 0 or not np.allclose(widths, widths[0], rtol=WIDTH_SLACK, atol=0.0):
        message = f"{who}: the bins' centres are {', '.join(f'{centre:g}' for centre in centres)}"
        return Fault(
            first, "E014", message, "name two or more bins of one width, each once, the empty ones with 0 chips"
        )
    low, high = asked.support
    slack, used = WIDTH_SLACK * widths[0], centres[chips > 0]
    start, end = used.min() - widths[0] / 2, used.max() + widths[0] / 2
    if start < low - slack or end > high + slack:
        message = f"{who}: the bins with chips reach from {start:g} to {end:g}"
        return Fault(first, "E011", message, f"{asked.distribution} lies between {low:g} and {high:g}")
    return None


def _modes(asked: Asked, rows: Sequence[Row]) -> Modes | Fault:
    labels = [place[-1] for place in asked.places if asked.spot(place) == asked.spot(rows[0].path)]
    shares = {row.path[-1]: row.value for row in rows}
    total, stated = sum(shares.values()), {row.probability for row in rows}
    who, first = _who(rows[0]), rows[0].line
    if len(rows) != len(labels) or set(shares) != set(labels):
        return Fault(first, "E016", f"{who}: {len(rows)} rows", f"write one row for each of {', '.join(labels)}")
    if abs(total - 1.0) > SUM_SLACK:
        return Fault(first, "E016", f"{who}: the modal shares sum to {total:g}", "make them sum to 1")
    if len(stated) > 1:
        return Fault(first, "E016", f"{who}: the shares have several probabilities", "state the same one in each row")
    said = Modes(tuple(labels), tuple(shares[label] / total for label in labels), stated.pop())
    vaguest = vaguest_probability(said.shares, asked.bound)
    if said.probability > vaguest:
        return said
    message = f"{who}: probability {said.probability:g} within {asked.bound:g} of the modes"
    remedy = f"no Dirichlet with a mode is so vague: state more than {vaguest:.3g}, or ask about a smaller bound"
    return Fault(first, "E017", message, remedy)


def vaguest_probability(shares: Sequence[float], bound: float) -> float:
    """Return the probability within the bound that a Dirichlet keeps as its mode fades, by PreliZ's account.

    PreliZ counts the mean probability F below ``share - bound`` and takes 1 - 2 F as the probability
    within the bound. For K shares the vaguest Dirichlet is flat: F(x) = 1 - (1 - x)^(K - 1).

    Examples
    --------
    >>> round(vaguest_probability([0.5, 0.5], 0.1), 6)
    0.2
    """
    below = np.clip(np.asarray(shares) - bound, 0.0, 1.0)
    return float(1.0 - 2.0 * np.mean(1.0 - (1.0 - below) ** (len(shares) - 1)))
