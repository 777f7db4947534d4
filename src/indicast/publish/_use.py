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
from indicast.workspace import Fed, Framework, Indicator, month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.ledger import Ledger


TALLIES = {"count": names.COUNTED, "event": names.EVENT_SERIES}
"""Families that add rows up by month, and the dim of their labels."""


@dataclass(frozen=True, slots=True)
class Use:
    """What the model does with a row.

    Attributes
    ----------
    stream
        The family that it feeds, or ``not fed``.
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
        self.days = _days(framework, known, panel)

    def use(self, indicator: Indicator, row: dict[str, Any]) -> Use:
        """Return what becomes of a row, given by column name with its ``line``."""
        month = row["event_date"].strftime("%Y-%m")
        place = month_index(month) - self.framework.start_index
        if row["source_id"] in self.framework.carried:
            return Use("not fed", "", "the marks of the experts' table already carry this source")
        if place < 0:
            return Use(
                "not fed",
                "",
                f"its month lies before the model's start in {self.framework.declaration.start.first_month}",
            )
        if place >= int(self.panel.attrs["months"]):
            return Use("not fed", "", "its month lies after the month described")
        fed = indicator.stream(row["kind"], row["unit"], row["direction"])
        if fed is None:
            reason = indicator.unfed.reason if indicator.unfed and row["kind"] in indicator.unfed.kinds else ""
            return Use("not fed", "", reason or f"rows of kind {row['kind']} feed nothing for this indicator")
        if fed.family in TALLIES:
            return self._tally(indicator, fed.family, place)
        return self._direction(row, place) if fed.family == "direction" else self._reading(row, fed)

    def _tally(self, indicator: Indicator, family: str, place: int) -> Use:
        coverage = self.panel[f"{family}_coverage"].sel({TALLIES[family]: indicator.id}).to_numpy()
        if coverage[place] == NOT_LOOKED:
            return Use("not fed", "", "nobody is known to have watched in that month")
        return Use(family, "", "")

    def _reading(self, row: dict[str, Any], fed: Fed) -> Use:
        used = self.panel[f"{fed.family}_used"].to_numpy()
        if row["line"] in self.panel[f"{fed.family}_line"].to_numpy()[used]:
            return Use(fed.family, "", "")
        if fed.family == "level":
            other = self.days.get((fed.label, row["event_date"]))
            if other is not None:
                return Use("level", "", f"averaged with line {other}, a reading of the same day")
            return Use("not fed", "", f"it is the base to which the next reading of {fed.label} is compared")
        return Use("not fed", "", "it repeats a reading of the same day and origin")

    def _direction(self, row: dict[str, Any], place: int) -> Use:
        indicator = self.framework.indicators.index(row["indicator"])
        line = self.winners.get((place, indicator, row["origin_id"]))
        if line is None:
            reason = "a number or an act of its origin in that month counts in its place"
            return Use("not fed", "", reason)
        _, direction, grade = self.reports[line]
        word = self.framework.declaration.directions[direction + 1]
        if line != row["line"]:
            return Use("not fed", "", f"merged with line {line}, which rests on the same origin and counts as {word}")
        reason = "" if word == row["direction"] else f"rows of its origin disagree, so it counts as {word}"
        return Use("direction", GRADES[grade], reason)


def _days(framework: Framework, known: Ledger, panel: xr.Dataset) -> dict[tuple[str, Any], int]:
    """Return the line that stands for each day of a series of levels that is evidence."""
    used = panel["level_used"].to_numpy()
    lines, places = (panel[name].to_numpy()[used].tolist() for name in ("level_line", "level_place"))
    labels, dates = framework.series("level"), known.observations["event_date"]
    return {(labels[place], dates[line]): line for line, place in zip(lines, places, strict=True)}


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
