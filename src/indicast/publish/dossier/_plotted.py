"""Plots of the dossier as SVG text, the same bytes for the same numbers.

Invariant: no date, no random identifier, no coordinate finer than a hundredth of a point
(``tests/unit/test_dossier_fit.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "indicast",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
}
SEEN, FORESEEN, DOUBTED = "#c2410c", "#1d4ed8", "#b91c1c"
"""Inks of what was seen, what was foreseen, and what cannot be trusted."""


class Plot:
    """Axes to draw on, and after the block their SVG.

    Attributes
    ----------
    axes
        In reading order.
    svg
        Empty until the block of :func:`plot` has ended.
    """

    def __init__(self, axes: list[Axes]) -> None:
        self.axes = axes
        self.svg = ""


@contextmanager
def plot(columns: int, width: float, height: float) -> Iterator[Plot]:
    """Give axes beside each other, and their SVG when the block ends.

    Parameters
    ----------
    columns
        Number of axes.
    width, height
        Of the whole, inches of 72 units.
    """
    from matplotlib import pyplot as plt
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, axes = plt.subplots(1, columns, figsize=(width, height), squeeze=False, layout="constrained")
        drawn = Plot(list(axes.ravel()))
        try:
            yield drawn
            written = StringIO()
            figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            plt.close(figure)
        drawn.svg = re.sub(r"(\d\.\d\d)\d+", r"\1", written.getvalue())
