"""A waterfall as lines of text.

Invariant: no line is longer than 80 columns, groups stand largest first with their pieces below them, and pieces that
moved nothing are counted, not listed (``tests/contract/test_explain.py``).
"""

from __future__ import annotations

import math
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicast.explain import Bar, Waterfall
    from indicast.workspace import Framework

WIDTH: Final = 80
SHOWN: Final = 4
"""Scenarios that have a column."""
STRIP: Final = 10
"""Columns of the text bar."""
POINTS: Final = 100.0


def told(found: Waterfall, framework: Framework) -> list[str]:
    """Return the lines of a waterfall.

    Parameters
    ----------
    found
        It can be trusted.
    framework
        Names scenarios and groups.
    """
    return _Sheet(found, framework).lines()


class _Sheet:
    """Columns and rows of one waterfall."""

    def __init__(self, found: Waterfall, framework: Framework) -> None:
        self.found, self.framework = found, framework
        self.scenarios = framework.declaration.scenarios
        size = len(self.scenarios)
        moved = np.argsort(-np.abs(found.difference[:size]), kind="stable")
        self.columns = sorted(moved[:SHOWN].tolist())
        self.most = int(moved[0])
        top = sorted(np.argsort(-found.after[:size], kind="stable")[:2].tolist())
        self.pair = size + found.pairs.index((top[0], top[1]))
        self.pair_name = ":".join(self.scenarios[place].short for place in top)
        self.room = max(8, len(self.pair_name) + 1)
        self.label = WIDTH - STRIP - 1 - 7 * len(self.columns) - self.room
        self.widest = max([abs(bar.value[self.most]) for bar in (*found.bars, *found.groups)], default=0.0)

    def lines(self) -> list[str]:
        """Return all lines."""
        return [*self._head(), "", *self._table(), "", *self._foot()]

    def _head(self) -> Iterator[str]:
        first, last = self.found.months[0], self.found.months[-1]
        yield f"{self.framework.id}: what moved between {first} and {last}"
        yield f"  {'':38} {first:>9} {last:>9} {'points':>8}"
        for place, one in enumerate(self.scenarios):
            old, new = self.found.before[place], self.found.after[place]
            name = shorten(f"{one.short}  {one.name}", 38, placeholder=" ...")
            yield f"  {name:38} {old:>9.1%} {new:>9.1%} {POINTS * (new - old):>+8.1f}"

    def _table(self) -> Iterator[str]:
        shorts = "".join(f"{self.scenarios[place].short:>7}" for place in self.columns)
        yield self._line("points, and decibans (dB)", shorts, self.pair_name, f"({self.scenarios[self.most].short})")
        news = {bar.group: bar for bar in self.found.groups}
        tops = [bar for bar in self.found.bars if not bar.group] + list(news.values())
        for bar in sorted(tops, key=self._size):
            yield from self._lines(bar, "")
            if bar.group:
                yield from self._pieces(bar.group)

    def _line(self, label: str, numbers: str, decibans: str, strip: str) -> str:
        return f"{label:{self.label}}{numbers}{decibans:>{self.room}} {strip}".rstrip()

    def _size(self, bar: Bar) -> float:
        return -abs(float(bar.value[self.most]))

    def _pieces(self, group: str) -> Iterator[str]:
        pieces = sorted((bar for bar in self.found.bars if bar.group == group), key=self._size)
        moving = [bar for bar in pieces if np.abs(POINTS * bar.value).max() >= 0.005]  # noqa: PLR2004  # rounds to 0.0
        for bar in moving:
            yield from self._lines(bar, "  ")
        if len(moving) < len(pieces):
            yield f"  {len(pieces) - len(moving)} that moved nothing"

    def _lines(self, bar: Bar, indent: str) -> Iterator[str]:
        label = self._name(bar) + (", within its error" if not bar.group and not bar.clear(self.most) else "")
        first, *rest = wrap(label, self.label - len(indent) - 1, break_long_words=True) or [""]
        numbers = "".join(f"{_signed(POINTS * bar.value[place]):>7}" for place in self.columns)
        yield self._line(indent + first, numbers, _signed(bar.value[self.pair]), self._strip(bar))
        yield from (f"{indent}  {line}" for line in rest)
        if bar.redundant_of(self.most) and bar.alone is not None:
            alone = _signed(POINTS * bar.alone[self.most])
            yield f"{indent}  redundant: left out alone it makes {alone}, for others say the same"

    def _name(self, bar: Bar) -> str:
        named = {"milestones": "Milestones", "corrections": "Corrections"} | self.framework.declaration.groups
        return named.get(bar.label, bar.label) if bar.kind == "group" else bar.label

    def _strip(self, bar: Bar) -> str:
        value = float(bar.value[self.most])
        length = round(STRIP * abs(value) / self.widest) if self.widest else 0
        return ("+" if value > 0.0 else "-") * length

    def _foot(self) -> Iterator[str]:
        found = self.found
        for noise in (bar for bar in found.bars if bar.kind in {"monte carlo", "declarations"}):
            error, value = float(noise.mcse[self.most]), float(noise.value[self.most])
            if error > 0.0:
                said = f"{POINTS * value:+.1f} points, {abs(value) / error:.1f} of its standard errors"
                yield f"{shorten(noise.label, 30, placeholder='...')}: {said}"
        yield from self._notes()
        shape = "nothing had to be weighed" if math.isinf(found.k_hat) else f"k-hat at most {found.k_hat:.2f}"
        yield f"{shape} (limit {found.limit:.2f}); worth at least {found.effective:.0f} of {found.draws} draws"

    def _notes(self) -> Iterator[str]:
        found = self.found
        notes = []
        if found.altered:
            notes.append(f"the runs differ in {', '.join(found.altered)}: no bar tells that from Monte Carlo error")
        if len(found.months) > 2:  # noqa: PLR2004  # two ends
            notes.append(f"by way of {', '.join(found.months[1:-1])}")
        if found.skipped:
            runs = ", ".join(found.skipped)
            notes.append(f"no usable run of {runs}: 'indicast fit {found.model} --as-of MONTH' makes one")
        if found.refitted:
            notes.append("coalitions near to no news are told by a fit without the news")
        for note in notes:
            yield from wrap(note, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _signed(value: float) -> str:
    """Return a number with its sign, nought without one.

    Examples
    --------
    >>> _signed(-0.04), _signed(1.25), _signed(-3.0)
    ('0.0', '+1.2', '-3.0')
    """
    text = f"{value:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text
