"""Tricks, where they lead, and what was ruled out on the way to them.

Invariant: nothing is called the smallest set unless all smaller ones were looked at and can be told from weighed draws
(``tests/unit/test_deception.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.explain._reweighting import error_of_mean
from indicast.explain._seen import SAMPLE

if TYPE_CHECKING:
    import xarray as xr

    from indicast.explain._tricks import Trick


@dataclass(frozen=True, slots=True)
class Deceived:
    """Some tricks, and where they lead.

    Attributes
    ----------
    tricks
        In the order in which they were chosen.
    after
        P(scenario at the last month) after them, in declared order.
    mcse
        Monte Carlo standard errors of the differences, in declared order.
    k_hat, limit
        Shape of the tail of the weights, and what it must stay below.
    flips
        Whether another scenario is on top.
    """

    tricks: tuple[Trick, ...]
    after: tuple[float, ...]
    mcse: tuple[float, ...]
    k_hat: float
    limit: float
    flips: bool

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its limit; if not, only a fit can tell."""
        return self.k_hat < self.limit


@dataclass(frozen=True, slots=True)
class Deception:
    """What it takes to deceive the model.

    Attributes
    ----------
    month
        Last month of the fit, as YYYY-MM.
    scenarios
        Their ids.
    before
        P(scenario at that month), in declared order.
    top
        Id of the most probable one.
    grade
        Letter of the fakes.
    found
        The cheapest set, or the best one that was tried if none flips.
    singles
        Single tricks that take most from the lead, the most harmful first.
    candidates
        Tricks that change anything.
    doubtful
        Single tricks of which only a fit can tell.
    pairs, looked_at
        How many pairs there are, and how many of them were looked at; 0 if a single trick was enough.
    """

    month: str
    scenarios: tuple[str, ...]
    before: tuple[float, ...]
    top: str
    grade: str
    found: Deceived
    singles: tuple[Deceived, ...]
    candidates: int
    doubtful: int
    pairs: int
    looked_at: int

    @property
    def smallest(self) -> bool:
        """Whether no smaller set flips the top scenario, as far as weighed draws can tell."""
        size = len(self.found.tricks)
        return self.found.flips and self.found.trusted and (size == 1 or (size == 2 and self.doubtful == 0))  # noqa: PLR2004  # a pair

    @property
    def ruled_out(self) -> int:
        """Size up to which all sets were looked at and none flips."""
        size = len(self.found.tricks)
        if size == 1:
            return 0 if self.found.flips else 1
        return 2 if size > 2 and self.looked_at == self.pairs else 1  # noqa: PLR2004  # pairs


def lead(after: Sequence[float] | np.ndarray, top: int) -> float:
    """Return by how much a scenario leads the next one; negative if it is not on top.

    Parameters
    ----------
    after
        Probabilities; dims (scenario).
    top
        Place of the scenario.

    Examples
    --------
    >>> round(lead([0.5, 0.3, 0.2], 0), 9), round(lead([0.5, 0.3, 0.2], 1), 9)
    (0.2, -0.2)
    """
    return float(after[top] - np.delete(np.asarray(after), top).max())


def as_refitted(found: Deceived, tree: xr.DataTree, top: int) -> Deceived:
    """Return where tricks lead by a fit of the ledger on which they were played.

    Parameters
    ----------
    found
        By weighed draws.
    tree
        That fit.
    top
        Place of the scenario that was on top before.

    Returns
    -------
    Deceived
        Errors are those of the probabilities themselves.
    """
    now = tree["posterior"][names.FILTERED].isel({names.TIME: -1}).transpose(*SAMPLE, names.SCENARIO).to_numpy()
    after = now.mean(axis=(0, 1))
    error, flips = error_of_mean(now - after), lead(after, top) < 0.0
    return Deceived(found.tricks, tuple(after.tolist()), tuple(error.tolist()), -np.inf, found.limit, flips)
