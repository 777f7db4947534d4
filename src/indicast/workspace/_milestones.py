"""What the experts said about milestones: by when, and with which word.

Invariant: a milestone is judged either once for all scenarios or once for each of them,
and every judgement has a horizon, a word and a source (``tests/unit/test_milestones.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import WorkspaceError, one_of
from indicast.workspace._findings import refuse_errors
from indicast.workspace._rows import read_rows, rule, text_schema

if TYPE_CHECKING:
    import pandera.pandas as pa

    from indicast.workspace._declaration import Declaration

ALL = "all"
"""Stands in column ``scenario`` where one judgement holds for every scenario."""
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Judgement:
    """A row of ``milestones.csv``.

    Attributes
    ----------
    milestone
        Its id.
    scenario
        A scenario id, or :data:`ALL`.
    horizon_years
        Years from the judged month, > 0.
    word
        Key of ``constants.milestone_words``: the chance that it is done within the
        horizon if the scenario holds throughout.
    """

    milestone: str
    scenario: str
    horizon_years: float
    word: str

    @property
    def label(self) -> str:
        """Label in dim ``judgement``."""
        return f"{self.milestone}:{self.scenario}"

    @property
    def horizon_months(self) -> int:
        """The horizon in months, to the nearest."""
        return round(MONTHS_PER_YEAR * self.horizon_years)

    @property
    def shared(self) -> bool:
        """Whether it holds for every scenario."""
        return self.scenario == ALL


def read_judgements(path: Path, declaration: Declaration) -> tuple[Judgement, ...]:
    """Return the milestone judgements of a model; none if the file does not exist.

    Raises
    ------
    DataError
        If a cell is not allowed.
    WorkspaceError
        If a milestone is judged for some scenarios only, or twice.
    """
    if not path.is_file():
        return ()
    frame, findings = read_rows(path, _schema(declaration))
    refuse_errors(findings)
    columns = ["milestone", "scenario", "horizon_years", "word"]
    rows = frame[columns].itertuples(index=False, name=None)
    found = tuple(Judgement(milestone, scenario, float(years), word) for milestone, scenario, years, word in rows)
    scenarios = [scenario.id for scenario in declaration.scenarios]
    for milestone in dict.fromkeys(one.milestone for one in found):
        _require_complete(path, milestone, [one.scenario for one in found if one.milestone == milestone], scenarios)
    order = [milestone.id for milestone in declaration.milestones]
    places = {name: place for place, name in enumerate((ALL, *scenarios))}
    return tuple(sorted(found, key=lambda one: (order.index(one.milestone), places[one.scenario])))


def _schema(declaration: Declaration) -> pa.DataFrameSchema:
    milestones = [milestone.id for milestone in declaration.milestones]
    scenarios = [ALL, *(scenario.id for scenario in declaration.scenarios)]
    filled = rule("M005", lambda column: column.str.strip() != "", "it may not be blank")
    number = r"[0-9]{1,3}(\.[0-9]{1,4})?"
    return text_schema(
        {
            "milestone": [rule("M001", lambda column: column.isin(milestones), f"allowed are {one_of(milestones)}")],
            "scenario": [rule("M002", lambda column: column.isin(scenarios), f"allowed are {one_of(scenarios)}")],
            "horizon_years": [
                rule(
                    "M003",
                    lambda column: column.str.fullmatch(number) & ~column.str.fullmatch(r"0+(\.0*)?"),
                    "write a number of years above 0",
                )
            ],
            "word": [
                rule("M004", lambda column: column.str.fullmatch(r"[a-z][a-z0-9_]*"), "write an id in small letters")
            ],
            "source": [filled],
            "reason": [filled],
        }
    )


def _require_complete(path: Path, milestone: str, judged: list[str], scenarios: list[str]) -> None:
    if sorted(judged) in ([ALL], sorted(scenarios)):
        return
    message = (
        f"{path}: milestone {milestone} is judged for {', '.join(judged)}; "
        f"give one row for {ALL!r}, or one for each of {', '.join(scenarios)}"
    )
    raise WorkspaceError(message)
