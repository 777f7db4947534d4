"""What each of many changes of the evidence would do, each on top of the same evidence, in one pass.

With ``a_t(j)`` what months up to t say of scenario j, and ``b_t(j, k)`` the chance to go on from j to scenario k at the
end with what later months say, a change c of month t leads to ``v(k) = sum_j a_t(j) exp(c_j) b_t(j, k)`` in each draw.
Both come from one pass, so that a change costs as much as one month. Weighed draws stand for the posterior given the
changed evidence: their mean is ``sum_draws v / sum_draws sum_k v``.

Invariant: it is the chain run again, draw by draw (``tests/unit/test_deception.py``). The weights are as they are, not
smoothed: it serves to choose what is then looked at by Pareto smoothing. Source: Rabiner 1989, doi:10.1109/5.18626.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from indicast.explain._dropped import Changes


class Passed(NamedTuple):
    """Draws with evidence.

    Attributes
    ----------
    initial, transition
        Dims (draw, scenario) and (draw, scenario, next_scenario).
    evidence
        Nats, less ``log p(month | months before)`` of the fit; dims (draw, time, scenario).
    """

    initial: np.ndarray
    transition: np.ndarray
    evidence: np.ndarray

    def few(self, number: int) -> Passed:
        """Return evenly spaced draws."""
        return Passed(*(one[_chosen(len(self.evidence), number)] for one in self))

    def added(self, changes: Changes) -> Passed:
        """Return the same with changes of the evidence added, each less its largest value, which no mean sees."""
        evidence = self.evidence.copy()
        for (_, time), change in changes.items():
            evidence[:, time] += change - change.max()
        return self._replace(evidence=evidence)


def _chosen(size: int, number: int) -> np.ndarray:
    return np.linspace(0, size - 1, min(size, number)).round().astype(np.int64)


def few_of(changes: Changes, number: int) -> Changes:
    """Return changes for evenly spaced draws, as :meth:`Passed.few` takes them."""
    return {key: value[_chosen(len(value), number)] for key, value in changes.items()}


def each_added(passed: Passed, options: Sequence[Changes]) -> np.ndarray:
    """Return ``v`` of every option.

    Parameters
    ----------
    passed
        The evidence as it is.
    options
        Changes of one month or of more.

    Returns
    -------
    ends
        Relative to the fit's own evidence, but for a factor common to all draws; dims (option, draw, scenario).
    """
    ahead, onwards = _forwards(passed), _backwards(passed)
    ends = np.empty((len(options), *passed.initial.shape))
    by_month: Mapping[int, list[tuple[int, np.ndarray]]] = defaultdict(list)
    for place, changes in enumerate(options):
        months = {time for _, time in changes}
        if len(months) == 1:
            by_month[months.pop()].append((place, np.sum([one - one.max() for one in changes.values()], axis=0)))
        else:
            ends[place] = _forwards(passed.added(changes))[:, -1]
    for month, found in by_month.items():
        told = ahead[:, month] * np.exp(np.stack([change for _, change in found]))
        ends[[place for place, _ in found]] = np.einsum("ndj,djk->ndk", told, onwards[:, month])
    return ends


def mean_of(ends: np.ndarray) -> np.ndarray:
    """Return the probabilities that weighed draws stand for; dims (option, scenario)."""
    total = np.maximum(ends.sum(axis=1), np.finfo(float).tiny)
    return np.asarray(total / total.sum(axis=-1, keepdims=True))


def _forwards(passed: Passed) -> np.ndarray:
    """Return ``a``; dims (draw, time, scenario)."""
    said, state = np.exp(passed.evidence), passed.initial
    found = np.empty_like(said)
    for time in range(said.shape[1]):
        found[:, time] = state * said[:, time]
        state = np.einsum("dj,djk->dk", found[:, time], passed.transition)
    return found


def _backwards(passed: Passed) -> np.ndarray:
    """Return ``b``; dims (draw, time, scenario, last_scenario)."""
    said, size = np.exp(passed.evidence), passed.initial.shape[1]
    found = np.empty((*said.shape, size))
    found[:, -1] = np.eye(size)
    for time in reversed(range(said.shape[1] - 1)):
        found[:, time] = (passed.transition * said[:, time + 1, None, :]) @ found[:, time + 1]
    return found
