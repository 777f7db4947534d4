"""The shape of ``model.toml``: what a framework may declare, and nothing else.

Invariant: an instance of :class:`Declaration` has no unknown key, no dangling
reference between its own parts, and cannot be changed.
``tests/unit/test_workspace.py`` plants one fault per rule and reads the message.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
LedgerKind = Literal["event", "count", "level", "share", "claim", "denial"]
Stream = Literal["direction", "count"]
Family = Literal["direction", "count"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ModelSection(_Frozen):
    """What the framework is, and which source carries the experts' table."""

    id: Identifier
    title: Text
    question: Text
    version: Text
    table_source: Text


class StartSection(_Frozen):
    """Month t = 0 and what is known there.

    In mode ``marks`` the experts' marks enter at t = 0 and no ledger row of an
    earlier month is fed, nor any row whose source is in ``carried_by_marks``:
    those rows restate what the marks already say.
    """

    mode: Literal["marks"]
    month: Month
    carried_by_marks: tuple[str, ...] = ()
    reason: Text


class PaddingSection(_Frozen):
    """Array sizes are rounded up to multiples of these."""

    months: int = Field(ge=1, le=1200)
    cells: int = Field(ge=1, le=100_000)
    reports: int = Field(ge=1, le=1000)
    count: int = Field(ge=1, le=100_000)


class ForecastSection(_Frozen):
    """Horizons in months, the interval's mass and the published floor."""

    horizons: tuple[Annotated[int, Field(ge=1, le=600)], ...] = Field(min_length=1)
    longest: int = Field(ge=1, le=600)
    predictive_months: int = Field(ge=1, le=24)
    interval: float = Field(gt=0.0, lt=1.0)
    floor: float = Field(gt=0.0, lt=0.05)

    @model_validator(mode="after")
    def _horizons_within_longest(self) -> Self:
        if max(self.horizons) > self.longest:
            message = f"horizons {self.horizons} go beyond longest = {self.longest}"
            raise ValueError(message)
        if list(self.horizons) != sorted(set(self.horizons)):
            message = f"horizons {self.horizons} must rise without repeats"
            raise ValueError(message)
        return self


class Band(_Frozen):
    """One verbal band: probabilities in ``[low, high)``, the last one closed."""

    word: Text
    low: Probability
    high: Probability


class Lexicon(_Frozen):
    """Verbal bands that tile [0, 1] without gap or overlap."""

    id: Identifier
    name: Text
    source: Text
    bands: tuple[Band, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _tiles_the_unit_interval(self) -> Self:
        edges = [self.bands[0].low, *[band.high for band in self.bands]]
        starts = [band.low for band in self.bands]
        if edges[0] != 0.0 or edges[-1] != 1.0 or starts != edges[:-1] or edges != sorted(set(edges)):
            message = f"bands of lexicon {self.id} must tile 0 to 1 in rising order, got edges {edges}"
            raise ValueError(message)
        return self


class Scenario(_Frozen):
    """One of K >= 2 exclusive scenarios."""

    id: Identifier
    name: Text
    short: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,5}$")]
    aliases: tuple[Text, ...] = ()
    description: Text


class CalendarEffect(_Frozen):
    """A scheduled peak of a count: calendar ``month`` in every n-th year."""

    name: Text
    month: int = Field(ge=1, le=12)
    every_years: int = Field(ge=1, le=20)
    first_year: int = Field(ge=1900, le=2200)


class Unfed(_Frozen):
    """Ledger kinds of an indicator that feed no stream, and why."""

    kinds: tuple[LedgerKind, ...] = Field(min_length=1)
    reason: Text


class Indicator(_Frozen):
    """One row of the experts' table and how the ledger feeds it."""

    id: Identifier
    name: Text
    family: Family
    group: Identifier
    feeds: dict[Stream, tuple[LedgerKind, ...]]
    unfed: Unfed | None = None
    driver: bool = False
    major: CalendarEffect | None = None

    @model_validator(mode="after")
    def _each_kind_goes_one_way(self) -> Self:
        named = [kind for kinds in self.feeds.values() for kind in kinds]
        named += list(self.unfed.kinds) if self.unfed else []
        twice = sorted({kind for kind in named if named.count(kind) > 1})
        if twice:
            message = f"indicator {self.id}: kind {', '.join(twice)} is named twice; one row feeds one stream"
            raise ValueError(message)
        if set(self.feeds) != {self.family}:
            message = f"indicator {self.id}: family {self.family} needs feeds.{self.family} and no other stream"
            raise ValueError(message)
        return self


class SlantRule(_Frozen):
    """Sources that share a slant: by kind and country, or by source_id."""

    id: Identifier
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()
    reason: Text


class Milestone(_Frozen):
    """A dated step that the paper names; its outcome stands in outcomes.csv."""

    id: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_]{0,79}$")]
    name: Text


class Gates(_Frozen):
    """Limits that a fit must meet before anything is published."""

    rhat_max: float = Field(gt=1.0, le=1.1)
    ess_bulk_min: float = Field(gt=0)
    ess_tail_min: float = Field(gt=0)
    divergences_max: int = Field(ge=0)
    bfmi_min: float = Field(gt=0.0, lt=1.0)
    label_identity_min: Probability


class SamplerSection(_Frozen):
    """NUTS settings; ``seed`` is the default for ``--seed``."""

    chains: int = Field(ge=2, le=64)
    tune: int = Field(ge=50)
    draws: int = Field(ge=50)
    target_accept: float = Field(gt=0.5, lt=1.0)
    seed: int = Field(ge=0)


class Declaration(_Frozen):
    """All of ``model.toml``."""

    model: ModelSection
    start: StartSection
    padding: PaddingSection
    forecast: ForecastSection
    lexicon: Identifier
    directions: tuple[Identifier, Identifier, Identifier]
    coverage: dict[Identifier, Literal["looked", "not_looked"]]
    groups: dict[Identifier, Text]
    gates: Gates
    sampler: SamplerSection
    scenarios: tuple[Scenario, ...] = Field(min_length=2)
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    slants: tuple[SlantRule, ...] = Field(min_length=1)
    lexicons: tuple[Lexicon, ...] = Field(min_length=1)
    milestones: tuple[Milestone, ...] = ()

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        _refuse_repeats("scenario", [scenario.id for scenario in self.scenarios])
        _refuse_repeats("scenario short name", [scenario.short for scenario in self.scenarios])
        _refuse_repeats("scenario alias", [a for scenario in self.scenarios for a in {scenario.id, *scenario.aliases}])
        _refuse_repeats("indicator", [indicator.id for indicator in self.indicators])
        _refuse_repeats("slant", [slant.id for slant in self.slants])
        _refuse_repeats("lexicon", [lexicon.id for lexicon in self.lexicons])
        _refuse_repeats("milestone", [milestone.id for milestone in self.milestones])
        _refuse_repeats("direction word", list(self.directions))
        used = {indicator.group for indicator in self.indicators}
        _require_same("groups", used, set(self.groups))
        _require_slants_for_all(self.slants)
        if any(indicator.family == "count" for indicator in self.indicators) and "looked" not in self.coverage.values():
            message = "coverage: no word means 'looked', so nothing could ever be counted; add one"
            raise ValueError(message)
        if self.lexicon not in {lexicon.id for lexicon in self.lexicons}:
            message = f"lexicon = {self.lexicon!r} is not among [[lexicons]]: {', '.join(x.id for x in self.lexicons)}"
            raise ValueError(message)
        return self


def _refuse_repeats(what: str, names: list[str]) -> None:
    repeats = sorted({name for name in names if names.count(name) > 1})
    if repeats:
        message = f"{what} {', '.join(repeats)} stands more than once; each needs its own id"
        raise ValueError(message)


def _require_same(what: str, used: set[str], declared: set[str]) -> None:
    if used - declared:
        message = (
            f"{what}: {', '.join(sorted(used - declared))} is used but not declared; add it or correct the spelling"
        )
        raise ValueError(message)
    if declared - used:
        message = f"{what}: {', '.join(sorted(declared - used))} is declared but never used; remove it"
        raise ValueError(message)


def _require_slants_for_all(rules: tuple[SlantRule, ...]) -> None:
    for rule in rules[:-1]:
        if not (rule.source_ids or (rule.kinds and rule.countries)):
            message = f"slant {rule.id} fits no source; name source_ids, or kinds together with countries"
            raise ValueError(message)
    last = rules[-1]
    if last.kinds or last.countries or last.source_ids:
        message = f"slant {last.id} stands last and must fit every source; leave out its kinds, countries, source_ids"
        raise ValueError(message)


def month_index(month: str) -> int:
    """Return months since year 0 for an ISO month such as ``2021-07``.

    Examples
    --------
    >>> month_index("2021-09") - month_index("2021-07")
    2
    """
    match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", month)
    if match is None:
        message = f"{month!r} is no month; write YYYY-MM, for example 2024-12"
        raise ValueError(message)
    return int(match[1]) * 12 + int(match[2]) - 1
