"""Other declarations that a reviewer should see the forecast under: ``models/<model>/alternatives.toml``.

They stand in a file of their own, which no run copies: asking one more question changes no forecast. Invariant: an
alternative changes one declared thing or a named few, with a reason; unknown keys are refused
(``tests/unit/test_alternatives.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, ValidationError, model_validator

from indicast.errors import WorkspaceError, one_of
from indicast.workspace._indicator import Frozen, Identifier, Text
from indicast.workspace._toml import read_toml

if TYPE_CHECKING:
    from indicast.workspace._framework import Framework

FILE = "alternatives.toml"
Start = Literal["marks", "labels", "history"]


class Alternative(Frozen):
    """One other declaration.

    ``priors`` gives other values to arguments of declared priors, by their canonical names (a LogNormal has ``mu`` and
    ``sigma``), the same for all numbers of the prior. ``constants`` gives other values to constants that are one
    number. ``grades_lower`` reads every judged source as many letters lower, as far as there are letters.
    ``without_indicators`` leaves out rows and marks of indicators, ``without_milestones`` what is known of milestones.
    """

    id: Identifier
    name: Text
    reason: Text
    start: Start | None = None
    priors: dict[Identifier, dict[Identifier, float]] = Field(default_factory=dict)
    constants: dict[Identifier, float] = Field(default_factory=dict)
    grades_lower: int = Field(default=0, ge=0, le=5)
    without_indicators: tuple[Identifier, ...] = ()
    without_milestones: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (
            self.start
            or self.priors
            or self.constants
            or self.grades_lower
            or self.without_indicators
            or self.without_milestones
        ):
            message = f"alternative {self.id} changes nothing; name what it changes, or leave it out"
            raise ValueError(message)
        return self


class AlternativesFile(Frozen):
    """All of them, in the order of the page."""

    alternatives: tuple[Alternative, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [one.id for one in self.alternatives]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            message = f"alternatives {', '.join(twice)} are declared twice; give each an id of its own"
            raise ValueError(message)
        return self


def read_alternatives(framework: Framework) -> tuple[Alternative, ...]:
    """Return the declared alternatives of a model, or those that need no number where the file does not exist.

    Raises
    ------
    WorkspaceError
        If the file says something else than it may.
    """
    path = framework.model_file.with_name(FILE)
    if not path.is_file():
        return undeclared(framework)
    try:
        return AlternativesFile.model_validate(read_toml(path)).alternatives
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "alternatives"
        reason = str(fault["msg"]).removeprefix("Value error, ")
        message = f"{path}: {place}: {reason}; an alternative has the keys {one_of(Alternative.model_fields)}"
        raise WorkspaceError(message) from None


def undeclared(framework: Framework) -> tuple[Alternative, ...]:
    """Return the alternatives that follow from what is declared anyway: other starts, weak rows, weaker sources."""
    start = framework.declaration.start
    now: Start = "history" if start.mode == "history" else "labels" if start.route == "B" else "marks"
    possible: dict[Start, bool] = {
        "marks": True,
        "labels": start.labels is not None,
        "history": start.history is not None,
    }
    found = [
        Alternative(id=f"start_{one}", name=f"start from {one}", reason="Another declared start.", start=one)
        for one, there in possible.items()
        if there and one != now
    ]
    if weak := undiagnostic(framework):
        reason = "Rows whose marks do not differ between scenarios say least about them."
        name = "without the rows whose marks do not differ"
        found.append(Alternative(id="diagnostic_rows", name=name, reason=reason, without_indicators=weak))
    reason = "Letters are one compiler's judgement."
    found.append(Alternative(id="sources_lower", name="every source one letter lower", reason=reason, grades_lower=1))
    return tuple(found)


def undiagnostic(framework: Framework) -> tuple[str, ...]:
    """Return the indicators whose marks are alike in all scenarios, unless all are."""
    flat = framework.table.diagnosticity == 0.0
    found = tuple(one for one, alike in zip(framework.indicators, flat, strict=True) if alike)
    return found if len(found) < len(framework.indicators) else ()
