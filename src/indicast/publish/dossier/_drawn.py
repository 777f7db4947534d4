"""Small line charts as SVG in the page's own inks, so that they are legible by day, by night and on a phone.

Invariant: the same numbers draw the same bytes, every coordinate lies inside its picture, and texts are escaped
(``tests/unit/test_dossier_drawn.py``).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from indicast.publish._charts import Frame, joined

WIDTH, HEIGHT = 340.0, 150.0
GAP = 14.0
INKS = 4
"""Line styles that the style sheet knows; more lines take them again."""
LONGEST = 44
"""Letters of a title that fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve; dims of both (place)."""

    x: np.ndarray
    y: np.ndarray
    ink: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One panel of a picture.

    Attributes
    ----------
    title
        What is drawn.
    lines
        The curves.
    band
        x, low and high of a shaded area; dims (place).
    across, up
        Range of x and of y.
    ticks_across, ticks_up
        Labelled places.
    dots
        x and y of single points with the class that draws them.
    """

    title: str
    lines: tuple[Line, ...]
    across: tuple[float, float]
    up: tuple[float, float]
    ticks_across: tuple[float, ...]
    ticks_up: tuple[float, ...]
    band: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    dots: tuple[tuple[np.ndarray, np.ndarray, str], ...] = field(default=())
    label: str = ""


def drawn(charts: Sequence[Chart], height: float = HEIGHT) -> str:
    """Return panels under each other as one SVG."""
    total = len(charts) * (height + GAP)
    panels = "".join(_panel(chart, place * (height + GAP), height) for place, chart in enumerate(charts))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {total:g}">{panels}</svg>'


def _panel(chart: Chart, top: float, height: float) -> str:
    frame = Frame(WIDTH, height, 40, 10, 22, 30 if chart.label else 18)
    parts = [f'<g transform="translate(0 {top:g})">', _text(0, 12, chart.title[:LONGEST], 'class="strong"')]
    parts += [_level(chart, frame, value) for value in chart.ticks_up]
    parts += [_tick(chart, frame, value) for value in chart.ticks_across]
    if chart.label:
        parts.append(_text(frame.across(0.5), height - 2, chart.label, 'text-anchor="middle"'))
    if chart.band is not None:
        x, low, high = chart.band
        outline = [*_points(chart, frame, x, low), *reversed(_points(chart, frame, x, high))]
        parts.append(f'<polygon class="fan" points="{joined(outline)}"/>')
    for line in chart.lines:
        points = joined(_points(chart, frame, line.x, line.y))
        parts.append(f'<polyline class="ink ink{line.ink % INKS}" points="{points}"/>')
    for x, y, style in chart.dots:
        places = _points(chart, frame, x, y)
        parts += [f'<circle class="{style}" cx="{across:g}" cy="{up:g}" r="1.8"/>' for across, up in places]
    return "".join([*parts, "</g>"])


def _points(chart: Chart, frame: Frame, x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    return [
        (frame.across(_share(a, chart.across)), frame.up(_share(b, chart.up)))
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]


def _share(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / (ends[1] - ends[0])


def _level(chart: Chart, frame: Frame, value: float) -> str:
    y, left, right = frame.up(_share(value, chart.up)), frame.across(0), frame.across(1)
    line = f'<line class="grid" x1="{left:g}" x2="{right:g}" y1="{y:g}" y2="{y:g}"/>'
    return line + _text(left - 5, y + 3.5, _number(value), 'text-anchor="end"')


def _tick(chart: Chart, frame: Frame, value: float) -> str:
    x, bottom = frame.across(_share(value, chart.across)), frame.up(0)
    line = f'<line class="grid" x1="{x:g}" x2="{x:g}" y1="{bottom:g}" y2="{bottom + 4:g}"/>'
    return line + _text(x, bottom + 15, _number(value), 'text-anchor="middle"')


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _text(x: float, y: float, text: str, rest: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" {rest}>{html.escape(text)}</text>'


def thinned(size: int, most: int) -> np.ndarray:
    """Return at most so many indices, evenly spread, both ends among them.

    Examples
    --------
    >>> thinned(10, 4).tolist()
    [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(np.int64))
