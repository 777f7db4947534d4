"""What each draw of a fit makes of some of the news: the evidence of pieces, put together coalition by coalition.

Given a draw, evidence of different indicators adds up in log p(month | scenario). So the pieces fall into *blocks* that
touch the same indicators; each choice within a block is read from a panel of its own, once, and a coalition is the sum
of its blocks, run through the chain from the first month in which anything differs.

Invariant: it is what :func:`indicast.explain._seen.seeing` says of the coalition's whole panel
(``tests/reference/test_waterfall.py``), and a sum that does not give the fit's own evidence for all news is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.errors import RunError
from indicast.explain._departure import departure, since
from indicast.explain._seen import Seen, evidence_since
from indicast.generative import chain
from indicast.generative.families import Family, Setting, active

if TYPE_CHECKING:
    import xarray as xr

    from indicast.explain._shapley import Coalition

AGREEMENT = 1e-6
"""Nats by which the pieces together may differ from the evidence of the fit."""
REMEMBERED = 512
"""States on the way that are kept, so that coalitions which begin alike need not begin again."""


class View(NamedTuple):
    """What each draw makes of a coalition at the last month.

    Attributes
    ----------
    log_ratio
        log p(coalition | draw) - log p(what the fit has seen | draw), nats; dims (draw).
    now
        P(scenario | coalition, draw); dims (draw, scenario).
    """

    log_ratio: np.ndarray
    now: np.ndarray


class Delta(NamedTuple):
    """What a choice within a block adds to the evidence of none, from a month on; dims (draw, time, scenario)."""

    month: int
    values: np.ndarray


def blocks(about: Iterable[frozenset[str]]) -> list[Coalition]:
    """Return the places of pieces that share an indicator, directly or through others.

    Examples
    --------
    >>> blocks([frozenset("a"), frozenset("b"), frozenset("ac")])
    [frozenset({0, 2}), frozenset({1})]
    """
    found: list[tuple[frozenset[str], Coalition]] = []
    for place, named in enumerate(about):
        touching = [one for one in found if one[0] & named]
        found = [one for one in found if not one[0] & named]
        merged = frozenset(named).union(*(one[0] for one in touching))
        found.append((merged, frozenset({place}).union(*(one[1] for one in touching))))
    return sorted((members for _, members in found), key=min)


@dataclass(slots=True)
class Coalitions:
    """The evidence of any coalition under the draws of one fit.

    Attributes
    ----------
    fitted
        What the draws make of what the fit has seen.
    known
        The coalition that the fit has seen: all news, or none.
    setting
        Its panel is that of no news.
    panel_of
        Panel of a coalition, without padded months.
    blocks
        Pieces that touch the same indicators.
    """

    fitted: Seen
    known: Coalition
    setting: Setting
    panel_of: Callable[[Coalition], xr.Dataset]
    blocks: list[Coalition]
    _choices: dict[Coalition, Delta] = field(default_factory=dict)
    _same: dict[Coalition, Coalition] = field(default_factory=dict)
    _start: int = 0
    _base: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _reached: dict[tuple[int, frozenset[Coalition]], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def prepare(self, coalitions: Iterable[Coalition], tell: Callable[[float], None] = lambda _: None) -> None:
        """Read the panels that coalitions need.

        Parameters
        ----------
        coalitions
            Everything that will be asked about.
        tell
            Hears the share that is done.

        Raises
        ------
        RunError
            If the pieces together are not what the fit has seen.
        """
        wanted = {one & block for one in coalitions for block in self.blocks} - {frozenset()}
        panels = {}
        for choice in sorted(wanted, key=sorted):
            panels[choice] = self.panel_of(choice)
            tell(len(panels) / len(wanted))
        months = {choice: departure(self.setting.panel, panel) for choice, panel in panels.items()}
        last = self.setting.panel.sizes[names.TIME]
        self._start = min([*months.values(), departure(self.setting.panel, self.fitted.panel), last - 1])
        self._base = evidence_since(self.fitted.draws, self.setting, self._start)
        for choice, month in months.items():
            if month < last:
                self._keep(choice, self._delta(panels.pop(choice), month))
        self._refuse_another_fit()

    def _keep(self, choice: Coalition, delta: Delta) -> None:
        """Keep what a choice adds, unless it adds nothing or just what another one does."""
        twins = (one for one, other in self._choices.items() if _equal(delta, other))
        kept = choice if delta.values.any() else frozenset()
        self._same[choice] = next(twins, kept)
        if self._same[choice] == choice:
            self._choices[choice] = delta

    def essence(self, coalition: Coalition) -> frozenset[Coalition]:
        """Return what a coalition adds, block by block: coalitions of one essence are worth exactly the same.

        Parameters
        ----------
        coalition
            One of those that were prepared.
        """
        chosen = (self._same.get(coalition & block, frozenset()) for block in self.blocks)
        return frozenset(one for one in chosen if one)

    def _delta(self, panel: xr.Dataset, month: int) -> Delta:
        """Return what a panel adds, of the families only whose data differ."""
        old, new = (self.setting.panel, panel) if not month else (since(self.setting.panel, month), since(panel, month))
        settings = [Setting(self.setting.framework, self.setting.hyperparameters, one) for one in (old, new)]
        total = np.zeros((len(self.fitted.transition), panel.sizes[names.TIME] - month, self._base.shape[-1]))
        for family in active(settings[0]):
            if _differs(family, old, new):
                before, after = (family.log_emission(self.fitted.draws, one)[:, month:] for one in settings)
                total += after - before
        return Delta(month, total)

    def _refuse_another_fit(self) -> None:
        apart = np.abs(self._log_evidence(self.known)[0] - self._fitted_evidence())
        if apart.max() > AGREEMENT:
            message = (
                f"the news together differ from what the run has seen by up to {apart.max():.3g} nats, so it was made "
                f"from another ledger or model; make it again with 'indicast fit {self.setting.framework.id}'"
            )
            raise RunError(message)

    def _fitted_evidence(self) -> np.ndarray:
        return np.asarray(self.fitted.one_step[:, self._start :].sum(axis=-1))

    def view(self, coalition: Coalition) -> View:
        """Return what each draw makes of a coalition; that of what the fit has seen is the fit itself.

        Parameters
        ----------
        coalition
            One of those that were prepared.
        """
        if self.essence(coalition) == self.essence(self.known):
            return View(np.zeros(len(self.fitted.transition)), self.fitted.filtered[:, -1])
        evidence, now = self._log_evidence(coalition)
        return View(evidence - self._fitted_evidence(), now)

    def without_news(self, month: int) -> View:
        """Return what each draw makes of no news at an earlier month, by what no news says up to it.

        Parameters
        ----------
        month
            Index from the start.
        """
        if month < self._start:
            ratio = -self.fitted.one_step[:, month + 1 :].sum(axis=-1)
            return View(ratio, self.fitted.filtered[:, month])
        base = self._base[:, : month + 1 - self._start]
        found = chain.forward_backward(base, self.fitted.transition, self._initial())
        return View(found.one_step.sum(axis=-1) - self._fitted_evidence(), found.filtered[:, -1])

    def _initial(self) -> np.ndarray:
        """Return P(scenario) before the evidence of the first month that can differ; dims (draw, scenario)."""
        if not self._start:
            return self.fitted.draws[names.INITIAL]
        return chain.step(self.fitted.filtered[:, self._start - 1], self.fitted.transition)

    def _log_evidence(self, coalition: Coalition) -> tuple[np.ndarray, np.ndarray]:
        """Return log p(evidence from the first differing month on | draw) and P(scenario at the last month | draw)."""
        chosen = self.essence(coalition)
        months = {delta.month for delta in self._choices.values()}
        edges = sorted({self._start, *months, self._start + self._base.shape[1]})
        total, state = np.zeros(len(self.fitted.transition)), self._initial()
        for place, (first, end) in enumerate(pairwise(edges)):
            key = (place, frozenset(one for one in chosen if self._choices[one].month < end))
            if key not in self._reached:
                self._reached[key] = self._run(total, state, key[1], (first, end))
            total, after = self._reached[key]
            state = after if end == edges[-1] else chain.step(after, self.fitted.transition)
            if end == edges[-1] or len(self._reached) > REMEMBERED:
                del self._reached[key if end == edges[-1] else next(iter(self._reached))]
        return total, state

    def _run(
        self, total: np.ndarray, state: np.ndarray, chosen: frozenset[Coalition], span: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the evidence so far and the filtered state at the end of a span of months."""
        first, end = span
        evidence = self._base[:, first - self._start : end - self._start].copy()
        for one in sorted(chosen, key=sorted):
            delta = self._choices[one]
            evidence += delta.values[:, first - delta.month : end - delta.month]
        found = chain.forward_backward(evidence, self.fitted.transition, state)
        return total + found.one_step.sum(axis=-1), found.filtered[:, -1]


def _equal(one: Delta, other: Delta) -> bool:
    return one.month == other.month and np.array_equal(one.values, other.values)


def _differs(family: Family, old: xr.Dataset, new: xr.Dataset) -> bool:
    """Whether what a family reads is not the same in both."""
    one, other = family.data(old), family.data(new)
    return any(
        values.shape != other[name][1].shape or not np.array_equal(values, other[name][1])
        for name, (_, values) in one.items()
    )
