"""Who adds what: averages over orders in which pieces of news become known, group by group.

A *step* is one piece, or one group, joining those that came before it. The share of a group is its Shapley value among
the groups; that of a piece is its Owen value: orders in which the groups come one after another and the pieces of
a group stay together. A group is exact. Pieces of a small group are exact; in a larger one every set of earlier groups
is followed by the same few random orders and their reverses. What that leaves out is in no Monte Carlo error.

Invariant: the shares of a group's pieces add up to that of the group, and those of the groups to the worth of all less
that of none, whichever orders were drawn; a piece that changes nothing has exactly 0
(``tests/unit/test_shapley.py``). Sources: Shapley 1953, doi:10.1515/9781400881970-018; Owen 1977,
doi:10.1007/978-3-642-45494-3_7.
"""

from __future__ import annotations

from itertools import chain, combinations
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

EXACT: Final = 4
"""Pieces of a group up to which every subset is asked about; beyond, only those of the drawn orders."""
ORDERS: Final = 2
"""Random orders of a larger group, each with its reverse."""

Coalition = frozenset[int]


class Step(NamedTuple):
    """Something joins a coalition.

    Attributes
    ----------
    weight
        Share of all orders in which it joins just these.
    before, after
        The coalition without and with it.
    """

    weight: float
    before: Coalition
    after: Coalition


def group_steps(groups: Sequence[Coalition]) -> list[list[Step]]:
    """Return the steps of each group among the groups; their weights sum to one.

    Parameters
    ----------
    groups
        Disjoint.
    """
    return [
        [Step(weight, earlier, earlier | group) for weight, earlier in _contexts(groups, place)]
        for place, group in enumerate(groups)
    ]


def piece_steps(groups: Sequence[Coalition], rng: np.random.Generator) -> dict[int, list[Step]]:
    """Return the steps of each piece; their weights sum to one.

    Parameters
    ----------
    groups
        Disjoint.
    rng
        Of the orders within groups of more than :data:`EXACT` pieces.
    """
    steps: dict[int, list[Step]] = {piece: [] for group in groups for piece in sorted(group)}
    for place, group in enumerate(groups):
        inside = list(_inside(group, rng))
        for weight, earlier in _contexts(groups, place):
            for piece, step in inside:
                joined = Step(weight * step.weight, earlier | step.before, earlier | step.after)
                steps[piece].append(joined)
    return steps


def share(steps: Sequence[Step], worth: Callable[[Coalition], np.ndarray]) -> np.ndarray:
    """Return what something adds on the average of its steps.

    Parameters
    ----------
    steps
        At least one.
    worth
        Of a coalition.
    """
    total = steps[0].weight * (worth(steps[0].after) - worth(steps[0].before))
    for step in steps[1:]:
        total = total + step.weight * (worth(step.after) - worth(step.before))
    return total


def _contexts(groups: Sequence[Coalition], place: int) -> Iterator[tuple[float, Coalition]]:
    """Yield each set of groups that can come before one, with the share of orders in which it does."""
    others = [group for at, group in enumerate(groups) if at != place]
    for size in range(len(groups)):
        weight = 1.0 / (len(groups) * comb(len(groups) - 1, size))
        for earlier in combinations(others, size):
            yield weight, frozenset(chain.from_iterable(earlier))


def _inside(group: Coalition, rng: np.random.Generator) -> Iterator[tuple[int, Step]]:
    """Yield the steps of a group's pieces among themselves."""
    pieces = sorted(group)
    if len(pieces) > EXACT:
        drawn = [[pieces[place] for place in rng.permutation(len(pieces))] for _ in range(ORDERS)]
        for order in (*drawn, *(one[::-1] for one in drawn)):
            for place, piece in enumerate(order):
                yield piece, Step(0.5 / ORDERS, frozenset(order[:place]), frozenset(order[: place + 1]))
        return
    singles = [frozenset({piece}) for piece in pieces]
    for place, piece in enumerate(pieces):
        for weight, earlier in _contexts(singles, place):
            yield piece, Step(weight, earlier, earlier | {piece})
