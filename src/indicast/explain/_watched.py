"""A thing to look at, and what it is worth.

Invariant: what it is expected to say of the scenario is its worth once it can be seen, times the chance to see it
(``tests/unit/test_watch.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Outcome(NamedTuple):
    """What may be seen, and what it would do.

    Attributes
    ----------
    name
        In words.
    probability
        Given that the thing can be seen at all.
    scenario
        P(scenario at the end of the month) once it is known, in declared order.
    """

    name: str
    probability: float
    scenario: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing to look at in a coming month.

    Attributes
    ----------
    month
        As YYYY-MM.
    stream
        Family whose evidence it would be: ``direction``, ``count``, ``event``, ``share``, ``level``, ``milestone`` or
        ``withheld``.
    label
        Id of the indicator, series or milestone.
    indicator
        Id of the indicator that it belongs to; blank for a milestone.
    name
        Of indicator or milestone, as declared.
    looked_for
        What to look for, in words.
    grade
        Letter of the source that is assumed; blank where none is.
    driver
        Whether the indicator drives the scenarios: then what is said of it is association, not cause.
    chance
        To see it in a month, in [0, 1).
    seen, months
        In how many of the last months it could be seen, and of how many.
    last_seen
        The last month in which it could, as YYYY-MM; blank if never.
    if_seen
        Expected information given that it can be seen, nats.
    nats, mcse
        ``chance * if_seen`` and its Monte Carlo standard error, nats.
    pair
        Ids of the two scenarios that come out on top, or were asked for.
    pair_nats, pair_mcse
        The same between these two, given that it is one of them.
    before
        P(scenario at the end of the month) as it is, in declared order.
    outcomes
        What may be seen.
    """

    month: str
    stream: str
    label: str
    indicator: str
    name: str
    looked_for: str
    grade: str
    driver: bool
    chance: float
    seen: int
    months: int
    last_seen: str
    if_seen: float
    nats: float
    mcse: float
    pair: tuple[str, str]
    pair_nats: float
    pair_mcse: float
    before: tuple[float, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def bits(self) -> float:
        """Expected information, bits."""
        return float(self.nats / np.log(2.0))
