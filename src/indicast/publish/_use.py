"""What the model does with a row of the ledger, and why.

Invariant: whether a row feeds the model is read from the very panel that the model was
given, not judged again (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indicast import names
from indicast.elicit import GRADES
from indicast.panel import NOT_LOOKED
from indicast.workspace import Framework, Indicator, month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Use:
    """What the model does with a row.

    Attributes
    ----------
    stream
        ``direction``, ``count`` or ``not fed``.
    grade
        Reliability letter with which it enters, or "".
    reason
        Why it is not fed or enters differently, or "".
    """

    stream: str
    grade: str
    reason: str


class Uses:
    """Reads rows of one ledger against the panel that was made from it."""

    def __init__(self, framework: Framework, known: Ledger, panel: xr.Dataset) -> None:
        self.framework, self.panel, self.reports = framework, panel, _reports(panel)
        origins = known.observations["origin_id"]
        self.winners = {(*place, origins[line]): line for line, (place, _, _) in self.reports.items()}

    def use(self, indicator: Indicator, row: dict[str, Any]) -> Use:
        """Return what becomes of a row, given by column name with its ``line``."""
        start, month = self.framework.declaration.start, row["event_date"].strftime("%Y-%m")
        place = month_index(month) - self.framework.start_index
        if row["source_id"] in start.carried_by_marks:
            return Use("not fed", "", "the marks of the experts' table already carry this source")
        if place < 0:
            return Use("not fed", "", f"its month lies before the model's start in {start.month}")
        if place >= int(self.panel.attrs["months"]):
            return Use("not fed", "", "its month lies after the month described")
        if row["kind"] not in indicator.feeds.get(indicator.family, ()):
            reason = indicator.unfed.reason if indicator.unfed and row["kind"] in indicator.unfed.kinds else ""
            return Use("not fed", "", reason or f"rows of kind {row['kind']} feed nothing for this indicator")
        return self._count(indicator, place) if indicator.family == "count" else self._direction(row, place)

    def _count(self, indicator: Indicator, place: int) -> Use:
        coverage = self.panel["count_coverage"].sel({names.COUNTED: indicator.id}).to_numpy()
        if coverage[place] == NOT_LOOKED:
            return Use("not fed", "", "nobody is known to have watched in that month")
        return Use("count", "", "")

    def _direction(self, row: dict[str, Any], place: int) -> Use:
        indicator = self.framework.indicators.index(row["indicator"])
        line = self.winners.get((place, indicator, row["origin_id"]))
        if line is None:
            return Use("not fed", "", "the model was not given this row")
        _, direction, grade = self.reports[line]
        word = self.framework.declaration.directions[direction + 1]
        if line != row["line"]:
            return Use("not fed", "", f"merged with line {line}, which rests on the same origin and counts as {word}")
        reason = "" if word == row["direction"] else f"rows of its origin disagree, so it counts as {word}"
        return Use("direction", GRADES[grade], reason)


def _reports(panel: xr.Dataset) -> dict[int, tuple[tuple[int, int], int, int]]:
    """Return (time, indicator), direction and grade of each report by line, the first of a line counting."""
    used = panel["report_used"].to_numpy()
    columns = [panel[f"report_{name}"].to_numpy()[used].tolist() for name in ("line", "direction", "grade")]
    cells = used.nonzero()[0]
    places = [panel[name].to_numpy()[cells].tolist() for name in ("cell_time", "cell_indicator")]
    found: dict[int, tuple[tuple[int, int], int, int]] = {}
    for line, direction, grade, time, indicator in zip(*columns, *places, strict=True):
        found.setdefault(line, ((time, indicator), direction, grade))
    return found
