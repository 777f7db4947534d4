"""The cheapest deception: the fewest hidden origins and faked reports after which another scenario is on top.

All single tricks are looked at with all draws, and their weights smoothed. If none does it, pairs are looked at, the
most telling first tricks first, with fewer draws, until all were or time is over; the best of them are looked at again
with all draws, from a ledger on which all tricks are played. If no pair does it, tricks are added to the best pair one
by one: then a smaller set may exist. What only a fit can tell to flip it comes before larger sets.

Invariant: the set that is found does flip the top scenario by weighed draws, and what is said to have been ruled out
has been looked at whole (``tests/unit/test_deception.py``). Two tricks in one place are added up as if they were in two
when pairs are chosen, not when they are told. Not valid where k-hat exceeds its limit: then only a fit can tell.
Source: Vehtari, Simpson, Gelman, Yao and Gabry 2024, Journal of Machine Learning Research 25(72).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.explain._added_evidence import Passed, each_added, few_of, mean_of
from indicast.explain._deceived import Deceived, Deception, lead
from indicast.explain._dropped import Changes, Fit, terms_of
from indicast.explain._reweighting import error_of_mean, weights
from indicast.explain._seen import SAMPLE, as_fitted
from indicast.explain._tricks import Trick, effects, faked, hidden, together
from indicast.explain._typical import typical_report
from indicast.generative import emission

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Framework

FEW = 1000
"""Draws with which pairs are chosen."""
AGAIN = 10
"""Sets that are looked at again with all draws, the best ones first."""
AT_ONCE = 100
"""Single tricks whose draws are held at once."""
LARGEST = 8
"""Tricks of the largest set that is tried."""
SECONDS = 20.0
"""How long pairs are looked at, unless asked otherwise."""


def _silently(_: str) -> None:
    """Tell nobody."""


class Search(NamedTuple):
    """How to search.

    Attributes
    ----------
    grade
        Reliability letter of the fakes; the most common one of recent reports by default.
    seconds
        How long pairs are looked at.
    tell
        Hears how far the search has come.
    """

    grade: str | None = None
    seconds: float = SECONDS
    tell: Callable[[str], None] = _silently


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What sets are looked at with."""

    fit: Fit
    known: dict[str, Changes]
    passed: Passed
    effects: dict[Trick, Changes]
    top: int


def cheapest_deception(
    framework: Framework,
    hyperparameters: Hyperparameters,
    tree: xr.DataTree,
    ledger: Ledger,
    when: Vintage,
    how: Search = Search(),  # noqa: B008  # it cannot be changed
) -> Deception:
    """Return the fewest hidden origins and faked reports that put another scenario on top.

    Parameters
    ----------
    framework, hyperparameters
        As used for the fit.
    tree
        A fit, with its panel.
    ledger
        The whole ledger of the fit.
    when
        Month and day of knowledge of the fit.
    how
        Grade of the fakes, and how long to search.
    """
    seen = as_fitted(tree, framework, hyperparameters, 0, np.random.default_rng(0))
    shape = tuple(tree["posterior"].sizes[dim] for dim in SAMPLE)
    fit = Fit(framework, hyperparameters, ledger.known(when.known_at), when, seen, shape)
    window = framework.declaration.watch.window_months
    letter = how.grade or typical_report(seen.panel, hyperparameters, None, window).letter or _best(hyperparameters)
    evidence = emission.log_emission(seen.draws, framework, hyperparameters, seen.panel) - seen.one_step[..., None]
    passed = Passed(seen.draws[names.INITIAL], seen.transition, evidence)
    known = terms_of(fit)
    found = effects(fit, known, [*hidden(fit), *faked(fit, letter)])
    before = seen.filtered[:, -1].mean(axis=0)
    how.tell(f"{len(found)} tricks change anything; looking at each ...")
    field = Field(fit, known, passed, found, int(before.argmax()))
    singles = _singles(field)
    chosen, pairs, looked_at = _chosen(field, singles, how)
    return Deception(
        month=when.as_of,
        scenarios=framework.scenarios,
        before=tuple(before.tolist()),
        top=framework.scenarios[field.top],
        grade=letter,
        found=chosen,
        singles=tuple(singles[:5]),
        candidates=len(singles),
        doubtful=sum(not one.trusted for one in singles),
        pairs=pairs,
        looked_at=looked_at,
    )


def _best(hyperparameters: Hyperparameters) -> str:
    letters = hyperparameters.coords[names.GRADE]
    return str(letters[int(hyperparameters.priors[names.RELIABILITY].mean().argmax())])


def _singles(field: Field) -> list[Deceived]:
    """Return every trick by itself, the most harmful first."""
    found = []
    for tricks in batched(field.effects, AT_ONCE, strict=False):
        ends = each_added(field.passed, [field.effects[trick] for trick in tricks])
        found += [_told(field, (trick,), end) for trick, end in zip(tricks, ends, strict=True)]
    return sorted(found, key=lambda one: (lead(one.after, field.top), one.tricks[0].words))


def _told(field: Field, tricks: tuple[Trick, ...], ends: np.ndarray) -> Deceived:
    """Return where tricks lead, from what they leave in each draw; dims (draw, scenario)."""
    shape, mass = field.fit.shape, np.maximum(ends.sum(axis=-1), np.finfo(float).tiny)
    then = (ends / mass[:, None]).reshape(*shape, -1)
    now = field.fit.seen.filtered[:, -1].reshape(*shape, -1)
    other, even = weights(np.log(mass).reshape(shape)), weights(np.zeros(shape))
    after = other.mean(then)
    error = error_of_mean(other.pull(then) - even.pull(now))
    flips = lead(after, field.top) < 0.0
    return Deceived(tricks, tuple(after.tolist()), tuple(error.tolist()), other.k_hat, other.limit, flips)


def _exactly(field: Field, tricks: tuple[Trick, ...]) -> Deceived:
    """Return where tricks lead when all are played on one ledger."""
    changes = together(field.fit, field.known, tricks)
    return _told(field, tricks, each_added(field.passed, [changes])[0])


def _chosen(field: Field, singles: Sequence[Deceived], how: Search) -> tuple[Deceived, int, int]:
    """Return the cheapest set, how many pairs there are, and how many were looked at."""
    if not singles:
        before = field.fit.seen.filtered[:, -1].mean(axis=0)
        return Deceived((), tuple(before.tolist()), (0.0,) * len(before), -np.inf, 1.0, flips=False), 0, 0
    enough = [one for one in singles if one.flips and one.trusted]
    if enough:
        return enough[0], 0, 0
    best, pairs, looked_at = _pairs(field, [one.tricks[0] for one in singles], how)
    again = sorted((_exactly(field, pair) for pair in best), key=lambda one: lead(one.after, field.top))
    flipping = [one for one in again if one.flips and one.trusted]
    doubtful = [one for one in (*singles, *again) if one.flips]
    if flipping or doubtful:
        return (flipping or doubtful)[0], pairs, looked_at
    start = next((one for one in again if one.trusted), singles[0])
    return _greedy(field, start, [one.tricks[0] for one in singles], how), pairs, looked_at


def _pairs(field: Field, tricks: Sequence[Trick], how: Search) -> tuple[list[tuple[Trick, ...]], int, int]:
    """Return the best pairs, best first, how many there are, and how many were looked at."""
    few = field.passed.few(FEW)
    options = [few_of(field.effects[one], FEW) for one in tricks]
    partners = [range(place + (tricks[place].kind == "hide"), len(tricks)) for place in range(len(tricks))]
    number, until, found, looked_at = sum(map(len, partners)), time.monotonic() + how.seconds, [], 0
    for first, others in enumerate(partners):
        if time.monotonic() > until:
            break
        after = mean_of(each_added(few.added(options[first]), [options[place] for place in others]))
        found += [(lead(one, field.top), first, place) for one, place in zip(after, others, strict=True)]
        looked_at += len(others)
        found = sorted(found)[:AGAIN]
        if first % 50 == 0:
            how.tell(f"{looked_at} of {number} pairs looked at")
    return [(tricks[first], tricks[second]) for _, first, second in found], number, looked_at


def _greedy(field: Field, start: Deceived, tricks: Sequence[Trick], how: Search) -> Deceived:
    """Return a set made by adding the most harmful trick again and again, until it flips or is too large."""
    found, few = start, field.passed.few(FEW)
    while not found.flips and found.trusted and len(found.tricks) < LARGEST:
        left = [one for one in tricks if one.kind == "fake" or one not in found.tricks]
        if not left:
            break
        played = few.added(few_of(together(field.fit, field.known, found.tricks), FEW))
        after = mean_of(each_added(played, [few_of(field.effects[one], FEW) for one in left]))
        best = int(np.argmin([lead(one, field.top) for one in after]))
        larger = _exactly(field, (*found.tricks, left[best]))
        if not (larger.trusted or larger.flips):
            break
        found = larger
        how.tell(f"{len(found.tricks)} tricks: lead {lead(found.after, field.top):+.1%}")
    return found
