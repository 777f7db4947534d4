"""The difference of two views of a ledger, cut into pieces of news.

Invariant: every row that differs is in one piece (``tests/unit/test_pieces.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from indicast.explain._pieces import CORRECTIONS, MILESTONES, Kind, Lines, Piece, Told
from indicast.ledger import changed_records
from indicast.panel import streams

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from indicast.ledger import Ledger
    from indicast.workspace import Framework, Indicator

TALLIES: Final = frozenset({"count", "event"})
"""Families in which a month without rows says something, if somebody looked."""
KEY: Final = ["event_date", "indicator", "source_id"]
SAID: Final = [*KEY, "corroborating_source_id", "origin_id", "reliability", "credibility"]


def told(framework: Framework, ledger: Ledger, before: date, now: date) -> Told:
    """Return the pieces that became known after one day and by another.

    Parameters
    ----------
    framework
        Says what a row is evidence of.
    ledger
        The whole ledger.
    before, now
        The last days of the earlier and of the later knowledge.
    """
    then, present = ledger.known(before), ledger.known(now)
    cut = _Cut(framework, then, present, changed_records(ledger, before, now))
    return Told(then, present, cut.pieces())


class _Cut:
    """Cuts the difference of two views."""

    def __init__(self, framework: Framework, then: Ledger, now: Ledger, changed: pd.DataFrame) -> None:
        self.framework, self.then, self.now, self.changed = framework, then, now, changed
        self.indicators: Mapping[str, Indicator] = {one.id: one for one in framework.declaration.indicators}
        self.names = {one.id: one.name for one in framework.declaration.indicators}

    def pieces(self) -> tuple[Piece, ...]:
        corrections = self._corrections()
        placed = {line for piece in corrections for line in piece.added["observations"]}
        rows = self.now.observations.drop(index=[*self.then.observations.index, *placed], errors="ignore")
        covered, recovered = self._coverage()
        streamed = [family for family, _ in streams(self.framework, rows)] if len(rows) else []
        rows = rows.assign(family=streamed)
        tallied, tallies = self._tallies(rows, covered)
        single = [self._observation(line, row) for line, row in _rows(rows.drop(index=tallied))]
        pieces = [*tallies, *single, *self._milestones(), *corrections, *recovered, *self._sources()]
        return (*pieces, *self._corroborations(pieces))

    def _corrections(self) -> list[Piece]:
        found = []
        line_of = dict(zip(self.now.observations["record_id"], self.now.observations.index.tolist(), strict=True))
        for line, row in _rows(self.changed):
            stands = line_of.get(row["successor"])
            added = [] if stands is None else [stands]
            about = {row["indicator"], *self.now.observations.loc[added, "indicator"]}
            word = "corrected" if added else "taken back"
            label = f"{self.names[row['indicator']]}: row of {row['event_date']:%Y-%m-%d} {word}"
            rows = (row["record_id"], *([row["successor"]] if added else []))
            found.append(
                self._piece(label, "correction", about, rows, {"observations": [line]}, {"observations": added})
            )
        return found

    def _piece(
        self, label: str, kind: Kind, about: Iterable[str], rows: tuple[str, ...], gone: Lines, added: Lines
    ) -> Piece:
        named = sorted(set(about))
        group = CORRECTIONS if kind == "correction" else self.indicators[named[0]].group
        driver = any(self.indicators[name].driver for name in named)
        return Piece(label, kind, group, frozenset(named), rows, gone, added, driver)

    def _observation(self, line: int, row: pd.Series) -> Piece:
        said = row["direction"] or " ".join(part for part in (row["value"], row["unit"]) if part)
        label = f"{self.names[row['indicator']]}: {said} ({row['kind']}, {row['event_date']:%Y-%m-%d})"
        kind: Kind = "observation" if row["family"] else "unread"
        return self._piece(label, kind, [row["indicator"]], (row["record_id"],), {}, {"observations": [line]})

    def _coverage(self) -> tuple[pd.DataFrame, list[Piece]]:
        """Return new words on months that had none, and those that replace another one."""
        then, now, key = self.then.coverage, self.now.coverage, ["indicator", "month"]
        known = then.reset_index(names="old").set_index(key)["old"]
        new = now.drop(index=then.index, errors="ignore")
        replaced = new[[(name, month) in known.index for name, month in new[key].itertuples(index=False)]]
        pieces = [
            self._piece(
                f"{self.names[row['indicator']]}: coverage of {row['month']} judged again",
                "correction",
                [row["indicator"]],
                (f"{row['indicator']} {row['month']}",),
                {"coverage": [known.loc[(row["indicator"], row["month"])]]},
                {"coverage": [line]},
            )
            for line, row in _rows(replaced)
        ]
        return new.drop(index=replaced.index), pieces

    def _tallies(self, rows: pd.DataFrame, covered: pd.DataFrame) -> tuple[list[int], list[Piece]]:
        """Return, by indicator, newly covered months with what was counted in them."""
        taken: list[int] = []
        pieces = []
        for name, words in covered.groupby("indicator", sort=False):
            ours = rows[(rows["indicator"] == name) & rows["family"].isin(TALLIES)]
            ours = ours[ours["event_date"].dt.strftime("%Y-%m").isin(words["month"])]
            taken += ours.index.tolist()
            keys = tuple(f"{name} {month}" for month in words["month"])
            added = {"coverage": words.index.tolist(), "observations": ours.index.tolist()}
            kind, text = self._found(str(name), words, len(ours))
            label = f"{self.names[str(name)]}: {text} ({', '.join(words['month'])})"
            pieces.append(self._piece(label, kind, [str(name)], (*keys, *ours["record_id"]), {}, added))
        return taken, pieces

    def _found(self, name: str, words: pd.DataFrame, counted: int) -> tuple[Kind, str]:
        meaning = {self.framework.declaration.coverage[word] for word in words["coverage"]}
        if counted:
            return "tally", f"{counted} counted"
        if TALLIES & set(self.indicators[name].feeds) and meaning == {"looked"}:
            return "silence", "looked and found nothing new"
        return "coverage", "withheld" if meaning == {"withheld"} else "coverage judged"

    def _milestones(self) -> list[Piece]:
        new = self.now.outcomes.drop(index=self.then.outcomes.index, errors="ignore")
        names = {one.id: one.name for one in self.framework.declaration.milestones}
        first = ~new["milestone"].isin(self.then.outcomes["milestone"])
        return [
            Piece(
                f"{names.get(row['milestone'], row['milestone'])}: {_outcome(row, first=bool(first[line]))}",
                "milestone",
                MILESTONES,
                frozenset({f"milestone {row['milestone']}"}),
                (f"{row['milestone']} {row['known_date']:%Y-%m-%d}",),
                added={"outcomes": [line]},
            )
            for line, row in _rows(new)
        ]

    def _sources(self) -> list[Piece]:
        """Return sources of known rows that are described otherwise than before."""
        then, now = (view.sources.reset_index(names="line").set_index("source_id") for view in (self.then, self.now))
        found = []
        for source in now.index.intersection(then.index):
            columns = ["kind", "country"]
            if (now.loc[source, columns] == then.loc[source, columns]).all():
                continue
            rows = self.now.observations
            about = set(rows.loc[rows["source_id"] == source, "indicator"]) | set(
                self.now.corroboration.loc[self.now.corroboration["corroborating_source_id"] == source, "indicator"]
            )
            gone, added = ({"sources": [int(view.loc[source, "line"])]} for view in (then, now))
            if about:
                label = f"source {source}: described otherwise"
                found.append(self._piece(label, "correction", about, (str(source),), gone, added))
        return found

    def _corroborations(self, pieces: list[Piece]) -> list[Piece]:
        """Put corroborations to the rows that bring them; return those of rows that stay."""
        then, now = self.then.corroboration, self.now.corroboration
        both = then.index.intersection(now.index)
        same = both[(then.loc[both, SAID] == now.loc[both, SAID]).all(axis=1)] if len(both) else both
        owner, left = self._owners(pieces), dict[int, Piece]()
        for side, view in (("gone", then), ("added", now)):
            for line, row in _rows(view.drop(index=same)):
                piece = owner.get((side, *row[KEY])) or left.setdefault(line, self._corroboration(line, row))
                lines: Lines = getattr(piece, side)
                lines.setdefault("corroboration", []).append(line)
        return list(left.values())

    def _owners(self, pieces: list[Piece]) -> dict[tuple[object, ...], Piece]:
        found: dict[tuple[object, ...], Piece] = {}
        for piece in pieces:
            for side, view in (("gone", self.then), ("added", self.now)):
                rows = view.observations.loc[getattr(piece, side).get("observations", []), KEY]
                found |= {(side, *key): piece for key in rows.itertuples(index=False, name=None)}
        return found

    def _corroboration(self, line: int, row: pd.Series) -> Piece:
        known = line in self.then.corroboration.index
        word = "corroboration changed of the row" if known else "another source on the row"
        label = f"{self.names[row['indicator']]}: {word} of {row['event_date']:%Y-%m-%d}"
        rows = (f"{row['source_id']} {row['corroborating_source_id']}",)
        return self._piece(label, "correction" if known else "corroboration", [row["indicator"]], rows, {}, {})


def _rows(frame: pd.DataFrame) -> list[tuple[int, pd.Series]]:
    """Return the rows of a table with their lines."""
    return [(line, row) for line, (_, row) in zip(frame.index.tolist(), frame.iterrows(), strict=True)]


def _outcome(row: pd.Series, *, first: bool) -> str:
    """Return what a row says of a milestone, and whether it is the first one to do so."""
    day = row["date"] if row["outcome"] == "occurred" else row["as_of"]
    said = {"not_yet": "had not happened by", "occurred": "happened on"}.get(row["outcome"], f"{row['outcome']} on")
    return f"{said} {day:%Y-%m-%d}{' (first word on any month)' if first else ''}"
