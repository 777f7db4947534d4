"""The probabilities and pairwise log-odds of coalitions, and the Monte Carlo error of what is added up from them.

A coalition is worth the posterior-mean probabilities of the scenarios at the last month, and for each pair of scenarios
ten times the decimal logarithm of their ratio, in decibans. Draws of a fit are weighed so that they stand for the
posterior given the coalition. Where there are two fits, one given all news and one given none, a coalition is told by
the draws whose weights have the lower k-hat.

Invariant: all news are worth what the fit says, without error of weighing (``tests/reference/test_waterfall.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast.explain._reweighting import Weights, error_of_mean, weights
from indicast.explain._what_if import DECIBANS_PER_NAT

if TYPE_CHECKING:
    from indicast.explain._coalitions import Coalitions, View
    from indicast.explain._shapley import Coalition, Step

Essence = frozenset[frozenset[int]]
SMALLEST = 1e-300
"""Keeps the logarithm of a probability finite."""


class Anchor(NamedTuple):
    """A fit whose draws are weighed: its coalitions, and its numbers of chains and draws."""

    coalitions: Coalitions
    shape: tuple[int, int]


class Weighed(NamedTuple):
    """A coalition by one fit: probabilities and decibans, each draw's pull on them, and the weights."""

    worth: np.ndarray
    pull: np.ndarray
    weights: Weights


def scenario_pairs(size: int) -> list[tuple[int, int]]:
    """Return the pairs of scenarios in order.

    Examples
    --------
    >>> scenario_pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(combinations(range(size), 2))


def measures(probability: np.ndarray) -> np.ndarray:
    """Return probabilities, then decibans of each pair; dims (measure)."""
    logs = np.log(np.maximum(probability, SMALLEST))
    pairs = [DECIBANS_PER_NAT * (logs[one] - logs[other]) for one, other in scenario_pairs(len(logs))]
    return np.concatenate([probability, pairs])


def pulls(probability: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Return what each draw adds to the error of :func:`measures`, to first order; dims (chain, draw, measure)."""
    scaled = DECIBANS_PER_NAT * pull / np.maximum(probability, SMALLEST)
    pairs = [scaled[..., one] - scaled[..., other] for one, other in scenario_pairs(pull.shape[-1])]
    return np.concatenate([pull, np.stack(pairs, axis=-1)], axis=-1)


def weighed(view: View, shape: tuple[int, int]) -> Weighed:
    """Return a coalition by the draws of one fit.

    Parameters
    ----------
    view
        What each draw makes of it.
    shape
        Numbers of chains and draws.
    """
    found = weights(view.log_ratio.reshape(shape))
    now = view.now.reshape(*shape, -1)
    mean = found.mean(now)
    return Weighed(measures(mean), pulls(mean, found.pull(now)), found)


def averaged(now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the measures of a fit's own probabilities, and their Monte Carlo standard errors.

    Parameters
    ----------
    now
        P(scenario | draw); dims (chain, draw, scenario).
    """
    mean = now.mean(axis=(0, 1))
    return measures(mean), error_of_mean(pulls(mean, now - mean))


@dataclass(slots=True)
class Worths:
    """What coalitions are worth, and how sure sums of them are.

    Attributes
    ----------
    anchors
        The fit given all news first; then, if there is one, that given none.
    k_hat, effective
        The largest shape and the least number of effective draws so far.
    """

    anchors: Sequence[Anchor]
    _worths: dict[Essence, np.ndarray] = field(default_factory=dict)
    k_hat: float = -np.inf
    effective: float = np.inf

    def weigh(
        self, bars: Mapping[str, Sequence[Step]], also: Iterable[Coalition], tell: Callable[[float], None]
    ) -> dict[str, np.ndarray]:
        """Weigh every coalition once; return the Monte Carlo standard error of each bar; dims (measure).

        Parameters
        ----------
        bars
            Steps of each bar, which is their weighted sum.
        also
            Other coalitions of which the worth is wanted.
        tell
            Hears the share that is done.
        """
        parts = self._coefficients(bars)
        example = {self._essence(one): one for one in self._asked(bars, also)}
        sums: dict[tuple[str, int], np.ndarray] = {}
        for place, (essence, coalition) in enumerate(example.items()):
            at, found = self.told([anchor.coalitions.view(coalition) for anchor in self.anchors])
            self._worths[essence] = found.worth
            for bar, factor in parts.get(essence, {}).items():
                sums[bar, at] = sums.get((bar, at), 0.0) + factor * found.pull
            tell((place + 1) / len(example))
        places = range(len(self.anchors))
        errors = {
            bar: [np.zeros_like(found.worth)] + [self.error(sums[bar, at]) for at in places if (bar, at) in sums]
            for bar in bars
        }
        return {bar: np.sqrt(np.sum(np.square(found), axis=0)) for bar, found in errors.items()}

    def worth(self, coalition: Coalition) -> np.ndarray:
        """Return what a coalition that was weighed is worth; dims (measure)."""
        return self._worths[self._essence(coalition)]

    def _essence(self, coalition: Coalition) -> Essence:
        return self.anchors[0].coalitions.essence(coalition)

    @staticmethod
    def _asked(bars: Mapping[str, Sequence[Step]], also: Iterable[Coalition]) -> list[Coalition]:
        """Return every coalition that is asked about, small ones first."""
        sides = {side for steps in bars.values() for step in steps for side in (step.before, step.after)}
        return sorted({*sides, *also}, key=lambda one: (len(one), sorted(one)))

    def _coefficients(self, bars: Mapping[str, Sequence[Step]]) -> dict[Essence, dict[str, float]]:
        """Return how often each essence is in each bar: what is added less what is taken."""
        found: dict[Essence, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for bar, steps in bars.items():
            for step in steps:
                before, after = self._essence(step.before), self._essence(step.after)
                if before != after:
                    found[after][bar] += step.weight
                    found[before][bar] -= step.weight
        return found

    @staticmethod
    def error(pull: np.ndarray) -> np.ndarray:
        """Return the Monte Carlo standard error of what draws pull at; dims (measure)."""
        return error_of_mean(pull)

    def told(self, views: Sequence[View]) -> tuple[int, Weighed]:
        """Return which anchor's view has the lowest k-hat, and what it says; no tail counts as the worst one."""
        found = [weighed(view, anchor.shape) for view, anchor in zip(views, self.anchors, strict=True)]
        shapes = np.nan_to_num([one.weights.k_hat for one in found], nan=np.inf, posinf=np.inf, neginf=-np.inf)
        at = int(np.argmin(shapes))
        self.k_hat = max(self.k_hat, float(shapes[at]))
        self.effective = min(self.effective, found[at].weights.effective)
        return at, found[at]
