"""Where the model starts, and how the experts' judgement enters there.

Invariant: the same knowledge enters once: marks or labels or dated events of the time
before, never two of them (``tests/unit/test_start.py`` plants each double).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicast.workspace._indicator import Frozen, Identifier, Text

Month = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Mode = Literal["marks", "history"]
Route = Literal["A", "B"]


class HistorySection(Frozen):
    """The other start: an earlier month, no marks, and the dated events since then."""

    month: Month
    reason: Text


class LabelSection(Frozen):
    """Route B: the words that the experts gave each scenario, instead of the marks.

    The words are read as ``weight`` observations of the scenario ``horizon`` months after
    the start, in the proportions ``shares``.
    """

    shares: dict[Identifier, Probability]
    weight: float = Field(gt=0.0, le=1000.0)
    horizon: int = Field(ge=0, le=600)
    reason: Text


class StartSection(Frozen):
    """Month t = 0 and what is known there.

    In mode ``marks`` the experts' judgement enters at t = 0 by one route: ``A`` their
    marks, ``B`` their labels. No ledger row of an earlier month is fed then, nor any row
    whose source is in ``carried_by_marks``: those rows restate what the marks already
    say. In mode ``history`` the model starts earlier, without any judgement about its
    first month, and the dated rows are fed.
    """

    mode: Literal["marks", "history"]
    route: Literal["A", "B"] = "A"
    month: Month
    carried_by_marks: tuple[str, ...] = ()
    reason: Text
    history: HistorySection | None = None
    labels: LabelSection | None = None

    @model_validator(mode="after")
    def _one_judgement_once(self) -> Self:
        if self.mode == "history" and self.history is None:
            message = "start.mode is 'history' but [start.history] is missing; give its month and reason"
            raise ValueError(message)
        if self.history and self.history.month >= self.month:
            message = f"start.history.month {self.history.month} must lie before start.month {self.month}"
            raise ValueError(message)
        if self.mode == "history" and self.route != "A":
            message = "start.route names how the table enters, and mode 'history' feeds no table; leave route out"
            raise ValueError(message)
        if self.route == "B" and self.labels is None:
            message = "start.route is 'B' but [start.labels] is missing; give shares, weight, horizon and reason"
            raise ValueError(message)
        return self

    @property
    def first_month(self) -> str:
        """Month t = 0 under the declared mode."""
        return self.history.month if self.mode == "history" and self.history else self.month
