"""Whether what was seen looks like what the model foresaw one month ahead, family by family.

Each check is one number of what was seen beside the same number of every replicate:

- ``total``: the sum of outcomes (acts, steps) or of cells that lean a way;
- ``frequencies`` (rootogram): ``sum_v (O_v - E_v)^2 / E_v`` over how often each number came;
- ``calibration`` (PAVA): how much the mean squared error of the chances of a leaning would fall if they were replaced
  by the best monotone function of themselves;
- ``spread``: the mean square of the scores; large where outcomes are wilder than foreseen, small where tamer;
- ``uniformity``: the largest distance of the readings' PIT from the diagonal.

Invariant: in replicates of the model each p-value is at most p with chance at most p, and a planted wrong rate is found
(``tests/reference/test_predictive_checks.py``). Sources: rootograms, Kleiber and Zeileis 2016,
doi:10.1080/00031305.2016.1173590; calibration by isotonic regression, Dimitriadis, Gneiting and Jordan 2021,
doi:10.1073/pnas.2016191118; predictive p-values, Gelman, Meng and Stern 1996, Statistica Sinica 6, 733-807.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from indicast.evaluate._foreseen import CONTINUOUS, Foreseen

ROUNDING = 1e-9
"""Sums of the same terms in another order count as equal."""
LEAST = 20
"""Things of a kind below which nothing is decided: with fewer, the largest distance of the PIT from the diagonal must
exceed .3 before it is beyond chance at the level .05 (1.36 / sqrt(20)), and hardly any fault does that."""
RARE = 1.0
"""Expected number of months below which the numbers of a rootogram's tail are taken together."""
LEANINGS = (-1, 0, 1)
BAND = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Check:
    """One number of what was seen beside those of the replicates.

    Attributes
    ----------
    family, label
        Of what: the id of an indicator, a direction's code, or the family's name.
    name
        Which number, as in the module's list.
    number
        Things seen behind it.
    seen, expected
        Of what was seen, and the mean of replicates.
    low, high
        Between which 90 % of the replicates lie.
    p
        Chance of a number at least as far out, from the replicates; NaN where there are too few things.
    """

    family: str
    label: str
    name: str
    number: int
    seen: float
    expected: float
    low: float
    high: float
    p: float

    @property
    def decided(self) -> bool:
        """Whether there were enough things to decide."""
        return bool(np.isfinite(self.p))


class Rootogram(NamedTuple):
    """How often each number came, and was foreseen to come.

    Attributes
    ----------
    label
        Id of the indicator.
    value
        Numbers; the last stands for itself and all above; dims (value).
    seen, expected, low, high
        Months with that number: seen, foreseen, and between which 90 % of replicates lie; dims (value).
    """

    label: str
    value: np.ndarray
    seen: np.ndarray
    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Reliability(NamedTuple):
    """How often cells leaned a way, against the chance that was foreseen.

    Attributes
    ----------
    leaning
        -1, 0 or +1.
    chance
        Foreseen, ascending; dims (cell).
    share
        The best monotone function of it; dims (cell).
    low, high
        Between which 90 % of the replicates' functions lie; dims (cell).
    slope
        Of leaning or not on its chance, by least squares, and between which 90 % of the replicates' slopes lie. That
        of the monotone function is no substitute: pooling makes it steeper whatever is true.
    """

    leaning: int
    chance: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    slope: tuple[float, float, float]


class Seen(NamedTuple):
    """What the checks say, and what their pictures show."""

    checks: tuple[Check, ...]
    rootograms: tuple[Rootogram, ...]
    reliabilities: tuple[Reliability, ...]
    places: dict[str, np.ndarray]
    """PIT of the readings by family; dims (reading)."""


def predictive_checks(things: Sequence[Foreseen]) -> Seen:
    """Return the checks of all families.

    Parameters
    ----------
    things
        From :func:`indicast.evaluate.foreseen`.
    """
    found, roots, lines = list[Check](), list[Rootogram](), list[Reliability]()
    for family, label in dict.fromkeys((one.family, _unit(one)) for one in things):
        mine = [one for one in things if (one.family, _unit(one)) == (family, label)]
        if family == "direction":
            drawn = [reliability(mine, leaning) for leaning in LEANINGS]
            lines += [line for line, _ in drawn]
            found += [check for _, checks in drawn for check in checks]
        elif family in ("count", "event"):
            root, check = rootogram(mine)
            roots.append(root)
            found += [_total(mine), check]
        elif family == "milestone":
            found.append(_total(mine))
        found.append(uniformity(mine) if family in CONTINUOUS else spread(mine))
    places = {
        family: np.array([one.below for one in things if one.family == family])
        for family in CONTINUOUS
        if any(one.family == family for one in things)
    }
    return Seen(tuple(found), tuple(roots), tuple(lines), places)


def _unit(one: Foreseen) -> str:
    """Return what a thing is checked with: a counted indicator alone, all others with their family."""
    return one.label if one.family in ("count", "event") else one.family


def check(
    of: tuple[str, str, str, int], seen: float, again: np.ndarray, *, two_sided: bool, decided: bool = True
) -> Check:
    """Return a number of what was seen beside those of the replicates.

    Parameters
    ----------
    of
        Family, label, name and number of things.
    seen, again
        The number; dims of ``again`` (replicate).
    two_sided
        Whether small is as telling as large.
    decided
        False where there are too few things.
    """
    size = 1 + again.size
    above = (1 + int((again >= seen - ROUNDING).sum())) / size
    below = (1 + int((again <= seen + ROUNDING).sum())) / size
    p = min(1.0, 2.0 * min(above, below)) if two_sided else above
    low, high = np.quantile(again, BAND)
    return Check(*of, float(seen), float(again.mean()), float(low), float(high), p if decided else float("nan"))


def _total(mine: Sequence[Foreseen]) -> Check:
    seen = sum(one.found for one in mine)
    again = np.sum([one.value[one.again] for one in mine], axis=0)
    of = (mine[0].family, _unit(mine[0]), "total", len(mine))
    return check(of, seen, again, two_sided=True, decided=len(mine) >= LEAST)


def spread(mine: Sequence[Foreseen]) -> Check:
    """Return the mean square of the scores."""
    seen = float(np.mean([one.seen_score**2 for one in mine]))
    again = np.mean([np.square(one.score)[one.again] for one in mine], axis=0)
    of = (mine[0].family, _unit(mine[0]), "spread", len(mine))
    return check(of, seen, again, two_sided=True, decided=len(mine) >= LEAST)


def uniformity(mine: Sequence[Foreseen]) -> Check:
    """Return the largest distance of the readings' PIT from the diagonal."""
    seen = _distance(np.array([one.below for one in mine])[:, None])[0]
    middle = [np.cumsum(one.chance) - 0.5 * one.chance for one in mine]
    again = _distance(np.stack([place[one.again] for place, one in zip(middle, mine, strict=True)]))
    of = (mine[0].family, _unit(mine[0]), "uniformity", len(mine))
    return check(of, float(seen), again, two_sided=False, decided=len(mine) >= LEAST)


def _distance(places: np.ndarray) -> np.ndarray:
    """Return the largest distance between an empirical and the uniform distribution; dims (reading, replicate)."""
    size = len(places)
    rank = np.arange(1, size + 1)[:, None] / size
    ordered = np.sort(places, axis=0)
    return np.asarray(np.maximum(rank - ordered, ordered - rank + 1.0 / size).max(axis=0))


def rootogram(mine: Sequence[Foreseen]) -> tuple[Rootogram, Check]:
    """Return how often each number came, and how far that is from what was foreseen.

    Parameters
    ----------
    mine
        Months of one counted indicator.
    """
    most = max(len(one.value) for one in mine)
    expected = np.sum([np.pad(one.chance, (0, most - len(one.chance))) for one in mine], axis=0)
    last = max(int((expected[::-1].cumsum()[::-1] >= RARE).sum()) - 1, 1)

    def often(numbers: np.ndarray) -> np.ndarray:
        kept = np.minimum(numbers, last)
        return np.stack([(kept == value).sum(axis=0) for value in range(last + 1)]).astype(float)

    foreseen = np.append(expected[:last], expected[last:].sum())
    seen = often(np.array([one.found for one in mine]))
    again = often(np.stack([one.again for one in mine]))
    off = np.square(seen - foreseen) / foreseen
    others = (np.square(again - foreseen[:, None]) / foreseen[:, None]).sum(axis=0)
    low, high = np.quantile(again, BAND, axis=1)
    root = Rootogram(mine[0].label, np.arange(last + 1), seen, foreseen, low, high)
    of = (mine[0].family, mine[0].label, "frequencies", len(mine))
    return root, check(of, float(off.sum()), others, two_sided=False, decided=len(mine) >= LEAST)


def reliability(mine: Sequence[Foreseen], leaning: int) -> tuple[Reliability, tuple[Check, Check]]:
    """Return the calibration of the chances that cells lean a way, and how many did.

    Parameters
    ----------
    mine
        All cells of reports; one leans where the sum of what its reports say does.
    leaning
        -1, 0 or +1.
    """
    chance = np.array([one.chance[np.sign(one.value) == leaning].sum() for one in mine])
    order = np.argsort(chance, kind="stable")
    ordered = chance[order]
    seen = np.array([np.sign(one.found) == leaning for one in mine], dtype=float)[order]
    again = np.stack([np.sign(one.value[one.again]) == leaning for one in mine]).astype(float)[order]
    share = monotone(ordered, seen)
    lines = np.stack([monotone(ordered, column) for column in again.T], axis=1)
    low, high = np.quantile(lines, BAND, axis=1)
    gain = float(np.mean((ordered - seen) ** 2) - np.mean((share - seen) ** 2))
    gains = np.mean((ordered[:, None] - again) ** 2, axis=0) - np.mean((lines - again) ** 2, axis=0)
    enough, label = len(mine) >= LEAST, f"{leaning:+d}" if leaning else "0"
    checks = (
        check(
            ("direction", label, "total", len(mine)),
            float(seen.sum()),
            again.sum(axis=0),
            two_sided=True,
            decided=enough,
        ),
        check(("direction", label, "calibration", len(mine)), gain, gains, two_sided=False, decided=enough),
    )
    steep = (float(slope(ordered, seen)), *np.quantile(slope(ordered, again), BAND).tolist())
    return Reliability(leaning, ordered, share, low, high, steep), checks


def slope(chance: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Return the slope of outcomes on their chances by least squares, 1 on average if the chances are right.

    It is 0 where all chances are equal.

    Parameters
    ----------
    chance
        Dims (cell).
    outcome
        0 or 1; dims (cell, ...).

    Examples
    --------
    >>> float(slope(np.array([0.2, 0.8]), np.array([0.0, 1.0])).round(2))
    1.67
    """
    spread = chance - chance.mean()
    size = float(spread @ spread)
    return np.asarray(spread @ outcome / size if size > 0.0 else np.zeros(outcome.shape[1:]))


def monotone(chance: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Return the best monotone function of the chances, by pooling adjacent violators; equal chances get one value.

    Parameters
    ----------
    chance
        Ascending; dims (cell).
    outcome
        0 or 1; dims (cell).

    Examples
    --------
    >>> monotone(np.array([0.1, 0.2, 0.2, 0.9]), np.array([1.0, 0.0, 0.0, 1.0])).round(2)
    array([0.33, 0.33, 0.33, 1.  ])
    """
    from scipy.optimize import isotonic_regression

    _, place, number = np.unique(chance, return_inverse=True, return_counts=True)
    mean = np.bincount(place, weights=outcome) / number
    return np.asarray(isotonic_regression(mean, weights=number).x[place])


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values raised for how many there are, so that the smallest may be read alone.

    Parameters
    ----------
    p
        Dims (check). Source: Holm 1979, Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.5, 0.02])).round(2)
    array([0.03, 0.5 , 0.04])
    """
    order = np.argsort(p)
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(raised, 1.0)
    return found
