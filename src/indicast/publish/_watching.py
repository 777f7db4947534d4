"""What to look at next, and what it would do, as the report states it.

Invariant: the rows are the first of ``indicast watch``, with its numbers (``tests/contract/test_report_words.py``). A
share of what is open is the expected information over the entropy of today's scenario, forecast to that month:
``I(S; X) / H(S)``, in [0, 1]; both are averages over draws, so it is not valid as a promise for any single draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast.explain import watch_list

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.explain import Watched
    from indicast.workspace import Framework

MOST_ROWS = 5
"""Rows that a report prints; ``indicast watch`` has them all."""
MOST_OUTCOMES = 3
EVIDENCE = "log_likelihood"
"""Group of a fit without which nothing can be said of what it would make of more evidence."""


@dataclass(frozen=True, slots=True)
class Would:
    """What may be seen: its name, its chance if the thing can be seen at all, and the scenario's probability then."""

    name: str
    chance: float
    probability: float


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to look at.

    Attributes
    ----------
    name, looked_for, driver
        As :class:`indicast.explain.Watched` has them.
    chance
        To see it in the month.
    worth, mcse
        Expected share of what is open about the scenario that it settles, and its standard error.
    scenario, before
        Name and probability of the scenario that it moves most.
    would
        The likeliest outcomes, in declared order.
    """

    name: str
    looked_for: str
    driver: bool
    chance: float
    worth: float
    mcse: float
    scenario: str
    before: float
    would: tuple[Would, ...]


@dataclass(frozen=True, slots=True)
class Next:
    """The head of the watch list: its month, the months that say how often a thing can be seen, and how many more."""

    month: str
    window: int
    looks: tuple[Look, ...]
    more: int


def next_looks(framework: Framework, hyperparameters: Hyperparameters, tree: xr.DataTree) -> Next | None:
    """Return the head of the watch list, or None for draws without the evidence they were made from.

    Parameters
    ----------
    framework, hyperparameters
        As used for the fit.
    tree
        A fit.
    """
    if EVIDENCE not in tree.children:
        return None
    found = watch_list(framework, hyperparameters, tree)
    worth = [one for one in found if one.nats > 0.0]
    if not worth:
        return None
    names = tuple(one.name for one in framework.declaration.scenarios)
    looks = tuple(_look(one, names) for one in worth[:MOST_ROWS])
    return Next(worth[0].month, worth[0].months, looks, len(found) - len(looks))


def _look(one: Watched, names: tuple[str, ...]) -> Look:
    moves = [sum(o.probability * abs(o.scenario[k] - p) for o in one.outcomes) for k, p in enumerate(one.before)]
    place = int(np.argmax(moves))
    likeliest = sorted(sorted(one.outcomes, key=lambda o: -o.probability)[:MOST_OUTCOMES], key=one.outcomes.index)
    still_open = entropy(np.array(one.before))
    return Look(
        one.name,
        one.looked_for,
        one.driver,
        one.chance,
        one.nats / still_open,
        one.mcse / still_open,
        names[place],
        one.before[place],
        tuple(Would(o.name, o.probability, o.scenario[place]) for o in likeliest),
    )


def entropy(shares: np.ndarray) -> float:
    """Return how open a question is, nats.

    Examples
    --------
    >>> round(entropy(np.array([0.5, 0.5])), 4), entropy(np.array([1.0, 0.0]))
    (0.6931, 0.0)
    """
    inside = shares[shares > 0.0]
    return abs(float(-(inside * np.log(inside)).sum()))
