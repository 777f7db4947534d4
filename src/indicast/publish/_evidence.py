"""What became known in the month, and what the model does with each row.

Invariant: every row that became known is counted, and what is printed of it is text
without markup (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from indicast import names
from indicast.explain import news
from indicast.ledger import standing_outcomes
from indicast.panel import NOT_LOOKED
from indicast.publish._steps import Step, new_steps
from indicast.publish._text import plain, web_link
from indicast.publish._use import TALLIES, Use, Uses
from indicast.workspace import Framework, month_index

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from indicast.ledger import Ledger

MOST_ROWS = 100
"""Rows that a report prints; the rest it only counts."""
KEY = ["event_date", "indicator", "source_id"]


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the ledger, as text without markup."""

    line: int
    event_date: str
    end_date: str
    known_date: str
    indicator: str
    driver: bool
    kind: str
    value: str
    direction: str
    grade: str
    summary: str
    publisher: str
    title: str
    link: str | None
    use: Use
    further: int
    independent: int
    corrects: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A row of earlier months that no longer counts, as text without markup."""

    event_date: str
    indicator: str
    summary: str
    reason: str
    known_date: str


@dataclass(frozen=True, slots=True)
class Watch:
    """A month of a tallied indicator whose coverage became known.

    Attributes
    ----------
    indicator, month, coverage
        Name, ISO month and the word given, with what it is read as if that is another.
    looked
        Whether silence in that month counts.
    found
        Events known to have begun.
    reference
        Events that the past rate would give if all were found; None where nothing is
        compared with the past.
    """

    indicator: str
    month: str
    coverage: str
    looked: bool
    found: int
    reference: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that became known since a day.

    Attributes
    ----------
    since
        The last day of the earlier knowledge, ISO.
    items
        At most :data:`MOST_ROWS` rows, by day of the event.
    total, fed
        All new rows, and how many of those shown feed the model.
    watched
        Newly judged months of tallied indicators.
    later_sources
        Further sources that became known for older rows.
    steps
        Newly known outcomes of milestones.
    taken_back
        Rows known before that were retracted.
    """

    since: str
    items: tuple[Item, ...]
    total: int
    watched: tuple[Watch, ...]
    later_sources: int
    steps: tuple[Step, ...]
    taken_back: tuple[TakenBack, ...]

    @property
    def fed(self) -> int:
        """How many of the rows shown feed the model."""
        return sum(item.use.stream != "not fed" for item in self.items)


def new_evidence(
    framework: Framework,
    ledger: Ledger,
    panel: xr.Dataset,
    days: tuple[date, date],
) -> Evidence:
    """Return what became known after one day and by another.

    Parameters
    ----------
    framework, ledger
        As used for the run.
    panel
        What the model was given on the later day.
    days
        The last day of the earlier and of the present knowledge.
    """
    found, known = news(ledger, *days), ledger.known(days[1])
    rows = found.observations.sort_values(["event_date", "indicator"], kind="stable")
    reader = _Reader(framework, known, panel, found.changed)
    items = tuple(reader.item(row) for row in records(rows.head(MOST_ROWS)))
    watched = tuple(_watch(framework, panel, row) for row in records(found.coverage))
    late = _older(found.corroboration, found.observations)
    looked = tuple(one for one in watched if one is not None)
    steps = new_steps(framework, found.outcomes, panel, standing_outcomes(ledger.known(days[0])))
    gone = tuple(reader.taken_back(row) for row in records(found.changed) if not row["successor"])
    return Evidence(days[0].isoformat(), items, len(rows), looked, late, steps, gone)


def _older(corroboration: pd.DataFrame, new: pd.DataFrame) -> int:
    keys = set(new[KEY].itertuples(index=False, name=None))
    return sum(key not in keys for key in corroboration[KEY].itertuples(index=False, name=None))


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows by column name, each with its line in the file."""
    cells = {str(name): rows[name].to_list() for name in rows.columns} | {"line": rows.index.to_list()}
    return [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]


class _Reader:
    """Reads rows of one ledger against the panel that was made from it."""

    def __init__(self, framework: Framework, known: Ledger, panel: xr.Dataset, changed: pd.DataFrame) -> None:
        self.known = known
        self.corrected = dict(zip(changed["successor"], changed["change_reason"], strict=True))
        self.indicators = {indicator.id: indicator for indicator in framework.declaration.indicators}
        self.sources = known.sources.set_index("source_id").to_dict("index")
        self.uses = Uses(framework, known, panel)

    def item(self, row: dict[str, Any]) -> Item:
        indicator, source = self.indicators[row["indicator"]], self.sources[row["source_id"]]
        further = self._corroborations(row)
        return Item(
            line=int(row["line"]),
            event_date=_day(row["event_date"]),
            end_date=_day(row["end_date"]),
            known_date=_day(row["known_date"]),
            indicator=indicator.name,
            driver=indicator.driver,
            kind=row["kind"],
            value=plain(f"{row['value']} {row['unit']}") if row["value"] else "",
            direction=row["direction"],
            grade=row["reliability"] + row["credibility"],
            summary=plain(row["summary"]),
            publisher=plain(source["publisher"]),
            title=plain(source["title"]),
            link=web_link(source["url"]),
            use=self.uses.use(indicator, row),
            further=len(further),
            independent=int((further["origin_id"] != "").sum()),
            corrects=plain(self.corrected.get(row["record_id"], "")),
        )

    def taken_back(self, row: dict[str, Any]) -> TakenBack:
        return TakenBack(
            _day(row["event_date"]),
            self.indicators[row["indicator"]].name,
            plain(row["summary"]),
            plain(row["change_reason"]),
            _day(row["change_known"]),
        )

    def _corroborations(self, row: dict[str, Any]) -> pd.DataFrame:
        table = self.known.corroboration
        same = (table[KEY[0]] == row[KEY[0]]) & (table[KEY[1]] == row[KEY[1]]) & (table[KEY[2]] == row[KEY[2]])
        return table[same]


def _watch(framework: Framework, panel: xr.Dataset, row: dict[str, Any]) -> Watch | None:
    place = month_index(row["month"]) - framework.start_index
    if not 0 <= place < int(panel.attrs["months"]):
        return None
    family = next((name for name, dim in TALLIES.items() if row["indicator"] in panel[dim].to_numpy()), None)
    if family is None:
        return None
    here = panel.isel({names.TIME: place}).sel({TALLIES[family]: row["indicator"]})
    indicator = next(one for one in framework.declaration.indicators if one.id == row["indicator"])
    reference = float(here["count_reference"]) if family == "count" else None
    looked = int(here[f"{family}_coverage"]) != NOT_LOOKED
    word = row["coverage"]
    if looked and indicator.watched_as not in {None, word}:
        word = f"{word}, read as {indicator.watched_as} like every month"
    return Watch(indicator.name, row["month"], word, looked, int(here[family]), reference)


def _day(value: Any) -> str:  # noqa: ANN401  # a timestamp or NaT
    import pandas as pd

    return "" if pd.isna(value) else value.date().isoformat()
