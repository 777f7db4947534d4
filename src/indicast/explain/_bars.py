"""The bars of a waterfall, and what a reader is told of them.

Invariant: the dictionary holds every number of the bars, and the main reasons are its largest bars of one scenario
(``tests/reference/test_waterfall.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from indicast.explain._change import CLEAR
from indicast.explain._reweighting import largest_shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicast.explain._pieces import Piece

HALF: Final = 0.5
"""A bar is called redundant if leaving it out changes less than this part of its share."""
ASSOCIATION: Final = "association, not cause"
NOISE, TIME, OTHERWISE, GROUP = "monte carlo", "time", "declarations", "group"
"""Kinds of bars that are no piece of news."""


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """One step of a waterfall.

    Attributes
    ----------
    label, kind, group, rows
        As in a piece of news; the group is blank for other bars.
    value, mcse
        Share and its Monte Carlo standard error: probabilities, fractions of 1, then decibans; dims (measure).
    alone
        What leaving it out would take away from the later month; dims (measure), None for bars that are no news.
    driver
        Whether it speaks of what drives the scenarios.
    """

    label: str
    kind: str
    group: str
    rows: tuple[str, ...]
    value: np.ndarray
    mcse: np.ndarray
    alone: np.ndarray | None = None
    driver: bool = False

    @property
    def redundant(self) -> bool:
        """Whether other news say the same: a share beyond noise of which leaving it out changes less than half."""
        if self.alone is None:
            return False
        most = int(np.argmax(np.abs(self.value)))
        share = abs(self.value[most])
        return bool(share > CLEAR * self.mcse[most] and abs(self.alone[most]) < HALF * share)

    def redundant_of(self, measure: int) -> bool:
        """Whether it is redundant, and its share of one measure beyond noise and mostly there without it."""
        if not self.redundant or self.alone is None:
            return False
        return bool(self.clear(measure) and abs(self.alone[measure]) < HALF * abs(self.value[measure]))

    def clear(self, measure: int) -> bool:
        """Whether a share exceeds twice its Monte Carlo standard error."""
        return bool(abs(self.value[measure]) > CLEAR * self.mcse[measure])

    def as_dict(self, scenarios: tuple[str, ...], pairs: tuple[tuple[int, int], ...]) -> dict[str, object]:
        """Return every number by scenario and by pair of scenarios."""
        told = {"label": self.label, "kind": self.kind, "group": self.group, "rows": list(self.rows)}
        values = {"": self.value, "mcse_": self.mcse} | ({} if self.alone is None else {"leave_one_out_": self.alone})
        numbers: dict[str, object] = {}
        for prefix, value in values.items():
            numbers[f"{prefix}probability"] = by_scenario(value, scenarios)
            numbers[f"{prefix}decibans"] = by_pair(value, scenarios, pairs)
        marks: dict[str, object] = {"driver": self.driver, "redundant": self.redundant}
        return {**told, **numbers, **marks}


def by_scenario(value: np.ndarray, scenarios: tuple[str, ...]) -> dict[str, float]:
    """Return the probabilities of measures by scenario."""
    return dict(zip(scenarios, value.tolist(), strict=False))


def by_pair(value: np.ndarray, scenarios: tuple[str, ...], pairs: tuple[tuple[int, int], ...]) -> dict[str, float]:
    """Return the decibans of measures by pair, as ``first:second``."""
    labels = [f"{scenarios[one]}:{scenarios[other]}" for one, other in pairs]
    return dict(zip(labels, value[len(scenarios) :].tolist(), strict=True))


def bar_of(piece: Piece, value: np.ndarray, mcse: np.ndarray, alone: np.ndarray) -> Bar:
    """Return the bar of a piece of news."""
    label = f"{piece.label} ({ASSOCIATION})" if piece.driver else piece.label
    return Bar(label, piece.kind, piece.group, piece.rows, value, mcse, alone, piece.driver)


@dataclass(frozen=True, slots=True, eq=False)
class Waterfall:
    """What moved the scenario probabilities between two months.

    Attributes
    ----------
    model
        Its id.
    months
        The earlier and the later one, and those between by which the way went, as YYYY-MM.
    scenarios, pairs
        Their ids, and places of the two scenarios of each pair: the measures are a probability for each scenario,
        then decibans for each pair.
    before, after
        Measures of both months as fitted, no floor applied; dims (measure).
    bars
        What lies between: they add up to after less before.
    groups
        The news again, added up by group.
    k_hat, effective, draws
        The worst shape and number of effective draws of all coalitions, and the number of draws.
    altered
        What else differs between the fits: files, or code.
    skipped
        Months between of which there is no run.
    refitted
        Whether a fit without the news stood beside the later one.
    """

    model: str
    months: tuple[str, ...]
    scenarios: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    before: np.ndarray
    after: np.ndarray
    bars: tuple[Bar, ...]
    groups: tuple[Bar, ...]
    k_hat: float
    effective: float
    draws: int
    altered: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    refitted: bool = False

    @property
    def limit(self) -> float:
        """What k-hat must stay below."""
        return largest_shape(self.draws)

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its limit; if not, only a refit can tell."""
        return self.k_hat < self.limit

    @property
    def difference(self) -> np.ndarray:
        """After less before; dims (measure)."""
        return self.after - self.before

    def as_dict(self) -> dict[str, object]:
        """Return everything as JSON can keep it."""
        ends = {
            name: {
                "probability": by_scenario(value, self.scenarios),
                "decibans": by_pair(value, self.scenarios, self.pairs),
            }
            for name, value in (("before", self.before), ("after", self.after), ("change", self.difference))
        }
        told: dict[str, object] = {"model": self.model, "months": list(self.months), "skipped": list(self.skipped)}
        basis = {
            "k_hat": self.k_hat if np.isfinite(self.k_hat) else None,
            "limit": self.limit,
            "trusted": self.trusted,
            "effective_draws": self.effective,
            "draws": self.draws,
            "refitted": self.refitted,
            "altered": list(self.altered),
        }
        return {
            **told,
            **ends,
            "bars": [one.as_dict(self.scenarios, self.pairs) for one in self.bars],
            "groups": [one.as_dict(self.scenarios, self.pairs) for one in self.groups],
            **basis,
        }


def main_reasons(found: Waterfall, scenario: str, n: int = 3) -> tuple[Bar, ...]:
    """Return the bars that move a scenario's probability most, largest first, Monte Carlo error left out.

    Parameters
    ----------
    found
        A waterfall that can be trusted.
    scenario
        Its id.
    n
        How many at most; bars within their own Monte Carlo error are never reasons.
    """
    place = found.scenarios.index(scenario)
    real = [bar for bar in found.bars if bar.kind != NOISE and bar.clear(place)]
    return tuple(sorted(real, key=lambda bar: -abs(bar.value[place]))[:n])


def joined(parts: tuple[Waterfall, ...], skipped: tuple[str, ...]) -> Waterfall:
    """Return a waterfall that goes by the months between, each of which was fitted.

    Passing of time and Monte Carlo error are added up; the error of their sums takes the months as independent.

    Parameters
    ----------
    parts
        In order; each ends where the next one begins.
    skipped
        Months of which there is no run.
    """
    first, last = parts[0], parts[-1]
    return replace(
        last,
        months=(first.months[0], *(part.months[-1] for part in parts)),
        before=first.before,
        bars=tuple(_summed(bar for part in parts for bar in part.bars)),
        groups=tuple(_summed(bar for part in parts for bar in part.groups)),
        k_hat=max(part.k_hat for part in parts),
        effective=min(part.effective for part in parts),
        draws=min(part.draws for part in parts),
        altered=tuple(dict.fromkeys(name for part in parts for name in part.altered)),
        skipped=skipped,
        refitted=any(part.refitted for part in parts),
    )


def _summed(bars: Iterable[Bar]) -> list[Bar]:
    """Return bars in which those of one kind and label that are no piece of news are one."""
    found: dict[tuple[str, ...], Bar] = {}
    for bar in bars:
        key = (
            (bar.kind, bar.label, *bar.rows)
            if bar.kind not in {NOISE, TIME, OTHERWISE, GROUP}
            else (bar.kind, bar.label)
        )
        old = found.get(key)
        if old is None:
            found[key] = bar
            continue
        alone = None if old.alone is None or bar.alone is None else old.alone + bar.alone
        found[key] = replace(old, value=old.value + bar.value, mcse=np.hypot(old.mcse, bar.mcse), alone=alone)
    return list(found.values())
