"""A picture of rows on one axis: bars, dots and their labels, readable on light and dark paper.

Invariant: the same rows give the same picture, every coordinate lies inside it, and no text of a row can break its
markup (``tests/unit/test_dossier_speaking_parts.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

SHADES: Final = ("#3a86c8", "#d9792b", "#3f9c6b", "#a06cc8", "#c9a227", "#c8506e", "#5aa9a9", "#8a8f98")
"""Colours that stand out on white and on near-black paper; the last one is the quiet one."""
QUIET: Final = len(SHADES) - 1
WIDTH, RIGHT, HEAD, FOOT, LINE = 680.0, 56.0, 10.0, 26.0, 17.0
LETTER: Final = 5.7
"""Mean width of a letter of the page's small print."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a row, in the units of the axis."""

    low: float
    high: float
    shade: int = 0


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on a row, in the units of the axis."""

    at: float
    shade: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled line of a picture; ``note`` stands at its right end."""

    label: str
    bars: tuple[Bar, ...] = ()
    dots: tuple[Dot, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs from left to right.

    Attributes
    ----------
    low, high
        Its ends.
    ticks
        Places and their texts.
    title
        What is measured, with its unit.
    notes
        What stands at the right end of the rows.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    title: str
    notes: str = ""


def row_chart(
    title: str, rows: Sequence[Row], axis: Axis, legend: Sequence[tuple[int, str]] = (), *, label_width: float = 250.0
) -> str:
    """Return rows on one axis as an SVG element.

    Parameters
    ----------
    title
        Names the picture for those who do not see it.
    rows
        From top to bottom.
    axis
        What lies outside its ends is drawn at them.
    legend
        Shades and what they stand for, above the rows.
    label_width
        Room for labels, in the units of the picture; longer ones are cut.
    """
    top = HEAD + (LINE if legend else 0.0)
    height = top + LINE * len(rows) + FOOT + LINE

    def across(value: float) -> float:
        fraction = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
        return round(label_width + fraction * (WIDTH - RIGHT - label_width), 1)

    bottom = top + LINE * len(rows)
    parts = [
        _legend(legend),
        _text(WIDTH, HEAD + 3.5, axis.notes, "end"),
        *(_tick(across(at), text, top, bottom) for at, text in axis.ticks),
    ]
    parts += [_row(one, top + LINE * (place + 0.5), across, label_width) for place, one in enumerate(rows)]
    parts.append(_text((label_width + WIDTH - RIGHT) / 2, bottom + FOOT + 4, axis.title, "middle"))
    inside = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" role="img" '
        f'font-family="sans-serif" font-size="10.5"><title>{escape(title)}</title>{inside}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", *, strong: bool = False) -> str:
    weight = ' class="strong" font-weight="600"' if strong else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="currentColor"{weight}>{escape(text)}</text>'


def _tick(x: float, text: str, top: float, bottom: float) -> str:
    line = f'<line x1="{x}" x2="{x}" y1="{top:g}" y2="{bottom:g}" stroke="currentColor" stroke-opacity=".22"/>'
    return line + _text(x, bottom + 13, text, "middle")


def _legend(legend: Sequence[tuple[int, str]]) -> str:
    parts, x = [], 0.0
    for shade, text in legend:
        parts.append(f'<circle cx="{x + 4:g}" cy="{HEAD:g}" r="4" fill="{SHADES[shade]}"/>')
        parts.append(_text(x + 12, HEAD + 3.5, text))
        x += 24 + LETTER * len(text)
    return "".join(parts)


def _row(row: Row, y: float, place: Callable[[float], float], label_width: float) -> str:
    most = int(label_width / LETTER) - 1
    label = row.label if len(row.label) <= most else f"{row.label[: most - 1]}\u2026"
    parts = [_text(0, y + 3.5, label)]
    for bar in row.bars:
        low, high = sorted((place(bar.low), place(bar.high)))
        parts.append(
            f'<rect x="{low:g}" y="{y - 4:g}" width="{max(high - low, 0.8):.1f}" height="8" rx="1.5" '
            f'fill="{SHADES[bar.shade]}" fill-opacity=".62"/>'
        )
    parts += [
        f'<circle cx="{place(dot.at)}" cy="{y:g}" r="4" fill="{SHADES[dot.shade]}" stroke="currentColor" '
        'stroke-width=".7"/>'
        for dot in row.dots
    ]
    if row.note:
        parts.append(_text(WIDTH, y + 3.5, row.note, "end", strong=True))
    return "".join(parts)
