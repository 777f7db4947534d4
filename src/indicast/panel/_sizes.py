"""Sizes of a panel's arrays, rounded up in declared steps.

Invariant: a size never shrinks below what the panel needs or what was asked for
(``tests/unit/test_panel.py``).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Sizes:
    """Padded sizes of the dims time, cell and report.

    ``readings`` and ``silences`` are slots for readings of one family and for publications
    that were due.
    """

    months: int
    cells: int
    reports: int
    readings: int = 0
    silences: int = 0

    def at_least(self, other: Sizes) -> Sizes:
        """Return the larger of both in each dim."""
        return Sizes(*(max(pair) for pair in zip(astuple(self), astuple(other), strict=True)))


def needed_sizes(reports: pd.DataFrame, months: int, readings: int, silences: int) -> Sizes:
    """Return the smallest sizes that hold everything."""
    per_cell = reports.groupby(["time", "indicator_index"]).size()
    deepest = int(per_cell.max()) if len(per_cell) else 0
    return Sizes(months, len(per_cell), deepest, readings, silences)


def padded_sizes(framework: Framework, needed: Sizes, least: Sizes | None) -> Sizes:
    """Return sizes rounded up to the declared steps, and at least those given."""
    step = framework.declaration.padding
    wanted = needed.at_least(least) if least else needed
    steps = (step.months, step.cells, step.reports, 1, 1)
    return Sizes(*(_round_up(size, by) for size, by in zip(astuple(wanted), steps, strict=True)))


def _round_up(size: int, step: int) -> int:
    return step * max(1, -(-size // step))
