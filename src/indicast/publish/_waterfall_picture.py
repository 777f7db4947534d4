"""A waterfall as a picture: one column of steps for the scenario that moved most.

Invariant: each step begins where the one before ends, the last one ends at the later month's probability, and
everything lies inside the picture (``tests/contract/test_explain.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from textwrap import shorten
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from indicast.explain import Waterfall
    from indicast.workspace import Framework

ROW, TOP, LEFT, RIGHT, WIDTH = 22.0, 46.0, 420.0, 60.0, 860.0
LONGEST: Final = 66
MOST: Final = 14
"""Steps that have a row of their own; the smallest ones are one row."""
STYLE: Final = (
    ".waterfall{--ink:#1b1f23;--quiet:#5b646d;--paper:#fff;--up:#1f6feb;--down:#b4540a;--end:#57606a}"
    "@media (prefers-color-scheme:dark){.waterfall{--ink:#e6e9ec;--quiet:#a3adb7;--paper:#16191d;--up:#6cb0ff;"
    "--down:#f0a35e;--end:#9aa4ae}}"
    ".waterfall text{font:12px system-ui,sans-serif;fill:var(--ink)}.waterfall .quiet{fill:var(--quiet)}"
    ".waterfall .paper{fill:var(--paper)}.waterfall .up{fill:var(--up)}.waterfall .down{fill:var(--down)}"
    ".waterfall .end{fill:var(--end)}"
)
"""Of this picture only, also where it stands within a page."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row: from one probability to another."""

    label: str
    low: float
    high: float
    number: str
    kind: str


def steps(found: Waterfall, place: int) -> list[Step]:
    """Return the rows of a scenario: the earlier month, every bar by size, the later month.

    Parameters
    ----------
    found
        A waterfall.
    place
        Of the scenario.
    """
    first, last = float(found.before[place]), float(found.after[place])
    rows = [Step(found.months[0], 0.0, first, f"{first:.1%}", "end")]
    at = first
    for label, value in _moves(found, place):
        low, high = min(at, at + value), max(at, at + value)
        rows.append(Step(label, low, high, f"{100.0 * value:+.1f}", "up" if value >= 0.0 else "down"))
        at += value
    return [*rows, Step(found.months[-1], 0.0, last, f"{last:.1%}", "end")]


def _moves(found: Waterfall, place: int) -> list[tuple[str, float]]:
    bars = sorted(found.bars, key=lambda bar: (bool(bar.group), -abs(float(bar.value[place]))))
    shown = [bar for bar in bars[:MOST] if not bar.group or bar.value[place]]
    left = [bar for bar in bars if bar not in shown]
    moves = [(bar.label, float(bar.value[place])) for bar in shown]
    rest = float(np.sum([bar.value[place] for bar in left]))
    return [*moves, (f"{len(left)} more", rest)] if rest else moves


def waterfall_svg(found: Waterfall, framework: Framework, scenario: str | None = None) -> str:
    """Return an SVG of a waterfall, readable on light and dark, with a text for those who do not see it.

    Parameters
    ----------
    found
        A waterfall that can be trusted.
    framework
        Names scenarios.
    scenario
        Its id; the one that moved most by default.
    """
    size = len(found.scenarios)
    place = found.scenarios.index(scenario) if scenario else int(np.argmax(np.abs(found.difference[:size])))
    rows, name = steps(found, place), framework.declaration.scenarios[place].name
    height = TOP + ROW * len(rows) + 12.0
    low, high = _range(rows)
    title = f"{name}: from {rows[0].number} in {found.months[0]} to {rows[-1].number} in {found.months[-1]}"
    told = f"{title}. " + "; ".join(f"{row.label} {row.number}" for row in rows[1:-1]) + " points."
    parts = [_row(row, index, low, high) for index, row in enumerate(rows)]
    return (
        f'<svg class="waterfall" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" role="img" '
        f'aria-label="{escape(told)}"><title>{escape(told)}</title><style>{STYLE}</style>'
        f'<rect class="paper" x="0" y="0" width="{WIDTH:g}" height="{height:g}"/>'
        f'<text x="8" y="18" font-weight="600">{escape(shorten(title, 100, placeholder=" ..."))}</text>'
        f'<text class="quiet" x="8" y="35">percentage points; what news are evidence of, not what they caused</text>'
        f"{''.join(parts)}</svg>\n"
    )


def _range(rows: list[Step]) -> tuple[float, float]:
    """Return the probabilities at the left and right edge: all steps, with a little room."""
    inner = rows[1:-1] or rows
    places = [value for row in inner for value in (row.low, row.high)] + [rows[0].high, rows[-1].high]
    room = 0.05 * (max(places) - min(places)) + 1e-6
    return max(min(places) - room, 0.0), min(max(places) + room, 1.0)


def _row(row: Step, index: int, low: float, high: float) -> str:
    def across(value: float) -> float:
        share = (value - low) / (high - low)
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    y, start, end = TOP + ROW * index, across(row.low), across(row.high)
    label = escape(row.label if len(row.label) <= LONGEST else f"{row.label[: LONGEST - 3]}...")
    return (
        f'<text x="8" y="{y + 14:g}">{label}</text>'
        f'<rect class="{row.kind}" x="{start:.1f}" y="{y + 4:g}" width="{max(end - start, 0.5):.1f}" height="14"/>'
        f'<text x="{end + 5:.1f}" y="{y + 15:g}">{row.number}</text>'
    )
