"""What became known between two days, cut into pieces that may be told or withheld one at a time.

A piece is a new observation with its corroborations; what was counted of one indicator in months that were newly
looked at; a new word on how well a month was covered; a new statement on a milestone; or a change of something that was
known before, which takes the old row out and puts the new one in.

Invariant: the earlier knowledge with all pieces is the later knowledge, and with none it is the earlier one, as far as
any panel can tell (``tests/unit/test_pieces.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from indicast.ledger import Ledger

if TYPE_CHECKING:
    import pandas as pd

MILESTONES, CORRECTIONS = "milestones", "corrections"
"""Groups besides those of the framework."""
TABLES: Final = ("observations", "sources", "corroboration", "coverage", "outcomes")
Kind = Literal["observation", "unread", "tally", "silence", "coverage", "corroboration", "milestone", "correction"]
Lines = dict[str, list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """News that are told or withheld together.

    Attributes
    ----------
    label
        What it says, in a few words.
    kind
        What sort of news it is.
    group
        The indicator's group, :data:`MILESTONES` or :data:`CORRECTIONS`.
    about
        Indicators or milestones whose evidence it can change.
    rows
        Record ids, or keys of rows that have none.
    gone, added
        Lines by table: of the earlier view that go, of the later one that come.
    driver
        Whether it speaks of what drives the scenarios rather than follows from them.
    """

    label: str
    kind: Kind
    group: str
    about: frozenset[str]
    rows: tuple[str, ...]
    gone: Lines = field(default_factory=dict)
    added: Lines = field(default_factory=dict)
    driver: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Two views of a ledger and the pieces that lie between them."""

    then: Ledger
    now: Ledger
    pieces: tuple[Piece, ...]

    def ledger(self, chosen: Iterable[int]) -> Ledger:
        """Return the earlier view with some of the pieces.

        Parameters
        ----------
        chosen
            Places in ``pieces``.
        """
        pieces = [self.pieces[place] for place in sorted(chosen)]
        return Ledger(*(self._table(name, pieces) for name in TABLES))

    def _table(self, name: str, pieces: list[Piece]) -> pd.DataFrame:
        import pandas as pd

        then, now = getattr(self.then, name), getattr(self.now, name)
        gone = [line for piece in pieces for line in piece.gone.get(name, [])]
        added = [line for piece in pieces for line in piece.added.get(name, [])]
        if name == "sources":
            added += now.index[~now["source_id"].isin(then["source_id"])].tolist()
        kept = then.drop(index=gone) if gone else then
        return pd.concat([kept, now.loc[added]]).sort_index(kind="stable") if added else kept
