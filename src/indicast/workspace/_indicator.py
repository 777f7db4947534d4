"""One row of the experts' table, and which stream each ledger row of it feeds.

Invariant: a row feeds at most one stream: :meth:`Indicator.stream` returns the first that
takes it, in a fixed order (``tests/unit/test_streams.py``, by hypothesis).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
LedgerKind = Literal["event", "count", "level", "share", "claim", "denial"]
Stream = Literal["direction", "count", "event"]
Family = Literal["direction", "count", "event"]
Reading = Literal["share", "level"]


class Frozen(BaseModel):
    """A declaration: unknown keys are refused, nothing can be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class CalendarEffect(Frozen):
    """A scheduled peak of a count: calendar ``month`` in every n-th year."""

    name: Text
    month: int = Field(ge=1, le=12)
    every_years: int = Field(ge=1, le=20)
    first_year: int = Field(ge=1900, le=2200)


class Unfed(Frozen):
    """Ledger kinds of an indicator that feed no stream, or of which acts leave a rest that feeds none, and why."""

    kinds: tuple[LedgerKind, ...] = Field(min_length=1)
    reason: Text


class Series(Frozen):
    """Numbers of one indicator that may be compared: same unit, same family of sources."""

    id: Identifier
    family: Reading
    kinds: tuple[LedgerKind, ...] = Field(min_length=1)
    units: tuple[Text, ...] = Field(min_length=1)
    reason: Text


class Fed(BaseModel):
    """Where a row goes.

    Attributes
    ----------
    family
        The family whose evidence it is.
    label
        The indicator, or the series for readings.
    """

    model_config = ConfigDict(frozen=True)
    family: str
    label: str


class Indicator(Frozen):
    """One row of the experts' table and how the ledger feeds it.

    ``watched_as`` is the coverage word that stands for every month which ``coverage.csv`` judges,
    whatever word it gives, withheld ones aside: for words that were given knowing what was found.
    """

    id: Identifier
    name: Text
    family: Family
    group: Identifier
    feeds: dict[Stream, tuple[LedgerKind, ...]]
    event_directions: tuple[Identifier, ...] = ()
    series: tuple[Series, ...] = ()
    unfed: Unfed | None = None
    driver: bool = False
    embarrassing: Identifier | None = None
    watched_as: Identifier | None = None
    major: CalendarEffect | None = None

    @model_validator(mode="after")
    def _each_kind_goes_one_way(self) -> Self:
        named = [kind for stream, kinds in self.feeds.items() for kind in kinds if not self._left(stream, kind)]
        named += [kind for kind in self.unfed.kinds if not self._rest_unfed(kind)] if self.unfed else []
        twice = sorted({kind for kind in named if named.count(kind) > 1})
        if twice:
            message = f"indicator {self.id}: kind {', '.join(twice)} is named twice; one row feeds one stream"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _family_is_fed(self) -> Self:
        if self.family not in self.feeds:
            message = (
                f"indicator {self.id}: family {self.family} needs feeds.{self.family}; name the kinds that feed it"
            )
            raise ValueError(message)
        if bool(self.event_directions) != ("event" in self.feeds):
            message = f"indicator {self.id}: feeds.event and event_directions belong together; name both or neither"
            raise ValueError(message)
        return self

    def _left(self, stream: str, kind: str) -> bool:
        """Whether a stream takes of a kind only what events leave, told by its direction."""
        return stream == "direction" and kind in self.feeds.get("event", ())

    def _rest_unfed(self, kind: str) -> bool:
        """Whether acts take some rows of a kind and no direction the others."""
        return kind in self.feeds.get("event", ()) and kind not in self.feeds.get("direction", ())

    def stream(self, kind: str, unit: str, direction: str) -> Fed | None:
        """Return what a ledger row feeds, or None.

        Series take rows of their kinds and units; of the rest, events take those of the
        declared directions; then each kind goes where ``feeds`` says.

        Parameters
        ----------
        kind, unit, direction
            Cells of the row.
        """
        for series in self.series:
            if kind in series.kinds and unit in series.units:
                return Fed(family=series.family, label=series.id)
        for family in ("count", "event", "direction"):
            if kind not in self.feeds.get(family, ()):
                continue
            if family != "event" or direction in self.event_directions:
                return Fed(family=family, label=self.id)
        return None
