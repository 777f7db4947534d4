"""A model's declaration, table and milestone judgements as one frozen value.

Invariant: labels of every dim follow the declared order, and a framework with another
start is another value (``tests/unit/test_workspace.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from indicast.errors import WorkspaceError, one_of
from indicast.workspace._declaration import Declaration, month_index
from indicast.workspace._families import FAMILIES
from indicast.workspace._indicator import Indicator
from indicast.workspace._milestones import Judgement
from indicast.workspace._start import Mode, Route, StartSection
from indicast.workspace._table import Table


@dataclass(frozen=True)
class Framework:
    """A model's validated declaration and table, and where its files stand.

    ``variant`` names a start other than the declared one, and is empty otherwise.
    """

    root: Path
    declaration: Declaration
    table: Table
    judgements: tuple[Judgement, ...] = ()
    variant: str = ""

    @property
    def id(self) -> str:
        """Identifier of the model; also the name of its folders."""
        return self.declaration.model.id

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """Scenario ids in declared order: the labels of dim ``scenario``."""
        return tuple(scenario.id for scenario in self.declaration.scenarios)

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Ids of the scenarios in the experts' table: the labels of dim ``judged_scenario``."""
        return tuple(scenario.id for scenario in self.declaration.scenarios if not scenario.residual)

    @cached_property
    def marked(self) -> bool:
        """Whether the experts' marks are evidence of the first month (route A)."""
        return self.declaration.start.mode == "marks" and self.declaration.start.route == "A"

    @cached_property
    def indicators(self) -> tuple[str, ...]:
        """Indicator ids in declared order: the labels of dim ``indicator``."""
        return tuple(indicator.id for indicator in self.declaration.indicators)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Group ids in declared order: the labels of dim ``group``."""
        return tuple(self.declaration.groups)

    @cached_property
    def counts(self) -> tuple[Indicator, ...]:
        """Indicators that feed family ``count``, in declared order."""
        return self.feeding("count")

    @cached_property
    def events(self) -> tuple[Indicator, ...]:
        """Indicators that feed family ``event``, in declared order."""
        return self.feeding("event")

    @cached_property
    def directed(self) -> tuple[Indicator, ...]:
        """Indicators whose rows, or some of them, are reports of a direction."""
        return self.feeding("direction")

    def feeding(self, stream: str) -> tuple[Indicator, ...]:
        """Return the indicators whose rows feed a stream, in declared order."""
        return tuple(indicator for indicator in self.declaration.indicators if stream in indicator.feeds)

    @cached_property
    def watched(self) -> tuple[Indicator, ...]:
        """Indicators whose silence can count, so that ``coverage.csv`` may name them."""
        return tuple(
            indicator
            for indicator in self.declaration.indicators
            if {"count", "event"} & set(indicator.feeds) or indicator.embarrassing
        )

    def series(self, family: str) -> tuple[str, ...]:
        """Return the ids of the series of readings of a family, in declared order."""
        declared = [series for indicator in self.declaration.indicators for series in indicator.series]
        return tuple(series.id for series in declared if series.family == family)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families that this framework uses, in the order of :data:`FAMILIES`."""
        used: set[str] = {stream for indicator in self.declaration.indicators for stream in indicator.feeds}
        used |= {series.family for indicator in self.declaration.indicators for series in indicator.series}
        by_other_means = {
            "milestone": bool(self.judgements),
            "withheld": "withheld" in self.declaration.coverage.values(),
        }
        return tuple(name for name in FAMILIES if name in used or by_other_means.get(name))

    @cached_property
    def residual(self) -> np.ndarray:
        """Which scenarios stand for none of the others; dims (scenario)."""
        return np.array([scenario.residual for scenario in self.declaration.scenarios])

    @cached_property
    def expected(self) -> np.ndarray:
        """What each scenario predicts, in {-1, 0, 1}, 0 where it is residual; dims (indicator, scenario)."""
        empty = np.zeros((len(self.indicators), int(self.residual.sum())), dtype=np.int64)
        return np.concatenate([self.table.expected, empty], axis=1)

    @cached_property
    def carried(self) -> tuple[str, ...]:
        """Sources whose rows the table already carries, so that they feed nothing."""
        start = self.declaration.start
        return start.carried_by_marks if start.mode == "marks" else ()

    @cached_property
    def start_index(self) -> int:
        """Month t = 0 in months since year 0."""
        return month_index(self.declaration.start.first_month)

    @cached_property
    def judged_index(self) -> int:
        """The month about which the experts judged, in months since year 0."""
        return month_index(self.declaration.start.month)

    def starting(self, mode: Mode | None = None, route: Route | None = None) -> Framework:
        """Return this framework with another start.

        Parameters
        ----------
        mode, route
            As in ``[start]``; None keeps what is declared.

        Raises
        ------
        WorkspaceError
            If ``model.toml`` does not say what that start needs.
        """
        declared = self.declaration.start
        given = declared.model_dump() | {"mode": mode or declared.mode, "route": route or declared.route}
        try:
            start = type(declared).model_validate(given)
        except ValidationError as error:
            message = f"{self.model_file}: {str(error.errors()[0]['msg']).removeprefix('Value error, ')}"
            raise WorkspaceError(message) from None
        same = (start.mode, start.route) == (declared.mode, declared.route)
        variant = self.variant if same else start_name(start)
        return replace(self, declaration=self.declaration.model_copy(update={"start": start}), variant=variant)

    def speaking(self, lexicon: str) -> Framework:
        """Return this framework with the words of another lexicon; the experts' table keeps its own.

        Parameters
        ----------
        lexicon
            Id of a declared or a shipped one.

        Raises
        ------
        WorkspaceError
            If there is none of that id.
        """
        declared = self.declaration
        if lexicon not in declared.known_lexicons:
            known = one_of(sorted(declared.known_lexicons))
            message = f"--lexicon: {lexicon!r} is no lexicon of {self.id}; there are: {known}"
            raise WorkspaceError(message)
        lint = declared.lint.model_copy(update={"lexicon": declared.table_lexicon.id})
        return replace(self, declaration=declared.model_copy(update={"lexicon": lexicon, "lint": lint}))

    @property
    def model_file(self) -> Path:
        """``models/<model>/model.toml``."""
        return self.root / "models" / self.id / "model.toml"

    @property
    def priors_folder(self) -> Path:
        """``priors/<model>``."""
        return self.root / "priors" / self.id

    @property
    def data_folder(self) -> Path:
        """``data/<model>``."""
        return self.root / "data" / self.id

    @property
    def runs_folder(self) -> Path:
        """``runs/<model>``."""
        return self.root / "runs" / self.id

    @property
    def reports_folder(self) -> Path:
        """``reports/<model>``."""
        return self.root / "reports" / self.id


def start_name(start: StartSection) -> str:
    """Return a start in one word: ``marks``, ``labels`` or ``history``."""
    return "history" if start.mode == "history" else {"A": "marks", "B": "labels"}[start.route]
