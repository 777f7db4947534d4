"""A ledger as it is supposed to be: without rows, with a source graded otherwise, with readings that nobody made.

Invariant: nothing else differs from what was known (``tests/unit/test_supposed.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indicast.infer import plain_panel
from indicast.panel import Vintage, build_panel, last_day, used_months
from indicast.workspace import month_index

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.explain._supposed import Supposed
    from indicast.infer import PlainPanel
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

DATES = ("event_date", "known_date", "end_date")
NOBODY = "supposed"
"""Stands for a source and an origin that do not exist."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """How a ledger is supposed to differ.

    Attributes
    ----------
    without
        Lines (index) of rows that are left out.
    grades
        Letter by source id.
    rows
        Observations that it is supposed to hold.
    """

    without: tuple[int, ...] = ()
    grades: Mapping[str, str] | None = None
    rows: tuple[Supposed, ...] = ()

    def __bool__(self) -> bool:
        """Whether it differs at all."""
        return bool(self.without or self.grades or self.rows)


def panel_otherwise(
    framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, as_of: str, otherwise: Otherwise
) -> PlainPanel:
    """Return the panel of a ledger that is supposed to differ.

    Parameters
    ----------
    framework, hyperparameters
        As used for the run.
    ledger
        As it was known to the run.
    as_of
        The last month asked about, as YYYY-MM; it may lie in the future.
    otherwise
        How the ledger differs.
    """
    day = last_day(month_index(as_of))
    panel = build_panel(
        framework, hyperparameters, ledger_otherwise(ledger, framework, otherwise), Vintage(as_of, day), today=day
    )
    return plain_panel(used_months(panel))


def ledger_otherwise(ledger: Ledger, framework: Framework, otherwise: Otherwise) -> Ledger:
    """Return a ledger that differs as supposed.

    Parameters
    ----------
    ledger
        As it was known.
    framework
        The words of its directions.
    otherwise
        How it differs.
    """
    rows, others = ledger.observations.drop(index=list(otherwise.without)), ledger.corroboration
    for source, letter in (otherwise.grades or {}).items():
        rows = rows.assign(reliability=rows["reliability"].mask(rows["source_id"] == source, letter))
        said = others["corroborating_source_id"] == source
        others = others.assign(reliability=others["reliability"].mask(said, letter))
    changed = replace(ledger, observations=rows, corroboration=others)
    return with_rows(changed, framework, otherwise.rows) if otherwise.rows else changed


def with_rows(ledger: Ledger, framework: Framework, supposed: Sequence[Supposed]) -> Ledger:
    """Return a ledger with rows of a source that does not exist, of no slant in particular.

    Parameters
    ----------
    ledger
        As it was known.
    framework
        The words of its directions.
    supposed
        One row for each.
    """
    import pandas as pd

    line = int(ledger.observations.index.max()) + 1 if len(ledger.observations) else 1
    cells = [_row(framework, one, line + place) for place, one in enumerate(supposed)]
    columns = ledger.observations.columns
    filled = [{**dict.fromkeys(columns, ""), **row} for row in cells]
    added = pd.DataFrame(filled, index=range(line, line + len(cells)), columns=columns)
    added = added.assign(**{name: pd.to_datetime(added[name]).astype("datetime64[us]") for name in DATES})
    blank = {name: "" for name in ledger.sources.columns if name != "known_date"}
    source = pd.DataFrame([{**blank, "source_id": NOBODY, "known_date": pd.NaT}], index=[-1])
    source = source.astype({"known_date": ledger.sources["known_date"].dtype})
    return replace(
        ledger,
        observations=pd.concat([ledger.observations, added]),
        sources=pd.concat([ledger.sources, source]),
    )


def _row(framework: Framework, one: Supposed, line: int) -> dict[str, object]:
    """Return the cells of a row of a report, an act or a reading."""
    words = framework.declaration.directions
    acts = next(own.event_directions for own in framework.declaration.indicators if own.id == one.label)
    said = {"act": next(iter(acts), words[1])} | ({"report": words[1 + int(one.value)]} if one.what == "report" else {})
    return {
        "event_date": one.day,
        "known_date": one.day,
        "end_date": None,
        "indicator": one.label,
        "kind": one.kind,
        "value": repr(float(one.value)) if one.what in ("share", "level") else "",
        "unit": one.unit,
        "direction": said.get(one.what, words[1]),
        "source_id": NOBODY,
        "reliability": one.reliability,
        "credibility": one.credibility,
        "origin_id": f"{NOBODY} {line}",
        "record_id": f"{NOBODY} {line}",
    }
