"""The shape of ``model.toml``: what a framework may declare, and nothing else.

Invariant: an instance of :class:`Declaration` has no unknown key, no dangling
reference between its own parts, and cannot be changed.
``tests/unit/test_workspace.py`` plants one fault per rule and reads the message.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicast.workspace._calibration import CalibrationSection
from indicast.workspace._indicator import Frozen, Identifier, Indicator, Text
from indicast.workspace._lexicons import Lexicon, shipped_lexicons
from indicast.workspace._scrutiny import LintSection, LiteSection, SurpriseSection, WatchSection
from indicast.workspace._start import LabelSection, Probability, StartSection

Looking = Literal["looked", "not_looked", "withheld"]
SUM_TOLERANCE = 1e-9
MOST_PARTS = 1000
"""Scenarios, indicators and so on that a declaration may have of each kind: far above what can be fitted."""


class ModelSection(Frozen):
    """What the framework is, and which source carries the experts' table."""

    id: Identifier
    title: Text
    question: Text
    version: Text
    table_source: Text


class PaddingSection(Frozen):
    """Array sizes are rounded up to multiples of these."""

    months: int = Field(ge=1, le=1200)
    cells: int = Field(ge=1, le=100_000)
    reports: int = Field(ge=1, le=1000)


class ForecastSection(Frozen):
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


class Scenario(Frozen):
    """One of K >= 2 exclusive scenarios.

    A ``residual`` scenario stands for none of the others. It predicts nothing: the table
    has no column for it, and every reading is as likely as any other.
    """

    id: Identifier
    name: Text
    short: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,5}$")]
    aliases: tuple[Text, ...] = ()
    description: Text
    residual: bool = False


class SlantRule(Frozen):
    """Sources that share a slant: by kind and country, or by source_id."""

    id: Identifier
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()
    reason: Text


class Milestone(Frozen):
    """A dated step that the paper names; its outcome stands in outcomes.csv."""

    id: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_]{0,79}$")]
    name: Text


class Gates(Frozen):
    """Limits that a fit must meet before anything is published.

    ``certificate`` says whether a valid calibration certificate is a condition too, or only told.
    """

    rhat_max: float = Field(gt=1.0, le=1.1)
    ess_bulk_min: float = Field(gt=0)
    ess_tail_min: float = Field(gt=0)
    divergences_max: int = Field(ge=0)
    bfmi_min: float = Field(gt=0.0, lt=1.0)
    label_identity_min: Probability
    certificate: Literal["required", "told"] = "told"


class PriorGates(Frozen):
    """Limits on what the priors imply before any data.

    ``worlds`` are simulated; what their months say is averaged over ``believed`` draws of
    the parameters; ``chains`` draws give the chance of a change within a year. ``check`` leaves the
    simulation of a ledger with more than ``largest_checked`` rows to the fit: it takes memory and time
    by the row, and ``check`` is to answer at once.
    """

    worlds: int = Field(ge=20, le=10_000)
    believed: int = Field(ge=20, le=10_000)
    chains: int = Field(ge=100, le=1_000_000)
    seed: int = Field(ge=0)
    annual: dict[Identifier, tuple[float, float]] = Field(default_factory=dict)
    annual_mass_min: Probability
    switch_within_year: tuple[Probability, Probability]
    loud_months_max: Probability
    jump: Probability
    jump_share_max: Probability
    largest_checked: int = Field(default=10_000, ge=0)
    reason: Text


class SamplerSection(Frozen):
    """NUTS settings; ``seed`` is the default for ``--seed``."""

    chains: int = Field(ge=2, le=64)
    tune: int = Field(ge=50)
    draws: int = Field(ge=50)
    target_accept: float = Field(gt=0.5, lt=1.0)
    seed: int = Field(ge=0)


class Declaration(Frozen):
    """All of ``model.toml``."""

    model: ModelSection
    start: StartSection
    padding: PaddingSection
    forecast: ForecastSection
    lite: LiteSection = LiteSection()
    surprise: SurpriseSection | None = None
    watch: WatchSection = WatchSection()
    lint: LintSection = LintSection()
    lexicon: Identifier
    directions: tuple[Identifier, Identifier, Identifier]
    coverage: dict[Identifier, Looking]
    groups: dict[Identifier, Text]
    gates: Gates
    prior_gates: PriorGates | None = None
    sampler: SamplerSection
    sbc: CalibrationSection = CalibrationSection()
    scenarios: tuple[Scenario, ...] = Field(min_length=2, max_length=MOST_PARTS)
    indicators: tuple[Indicator, ...] = Field(min_length=1, max_length=MOST_PARTS)
    slants: tuple[SlantRule, ...] = Field(min_length=1, max_length=MOST_PARTS)
    lexicons: tuple[Lexicon, ...] = Field(default=(), max_length=MOST_PARTS)
    milestones: tuple[Milestone, ...] = Field(default=(), max_length=MOST_PARTS)

    @property
    def looked(self) -> tuple[str, ...]:
        """Coverage words under which somebody watched, in declared order."""
        return tuple(word for word, meaning in self.coverage.items() if meaning == "looked")

    @property
    def published_lexicon(self) -> Lexicon:
        """The words that probabilities are published with."""
        return self.known_lexicons[self.lexicon]

    @property
    def table_lexicon(self) -> Lexicon:
        """The words of the experts' table, which need not be those of the report."""
        return self.known_lexicons[self.lint.lexicon or self.lexicon]

    @property
    def known_lexicons(self) -> dict[str, Lexicon]:
        """Lexicons by id, a declared one before a shipped one of the same id."""
        return {one.id: one for one in shipped_lexicons()} | {one.id: one for one in self.lexicons}

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
        annual = set(self.prior_gates.annual) if self.prior_gates else set()
        counted = {indicator.id for indicator in self.indicators if "count" in indicator.feeds}
        _require_words("prior_gates.annual", tuple(sorted(counted)), sorted(annual))
        _require_slants_for_all(self.slants)
        _refuse_repeats("series", [series.id for one in self.indicators for series in one.series])
        _require_words(
            "event_directions", self.directions, [w for one in self.indicators for w in one.event_directions]
        )
        _require_words("embarrassing", self.directions, [one.embarrassing for one in self.indicators])
        _require_words("watched_as", self.looked, [one.watched_as for one in self.indicators])
        _require_residual_last(self.scenarios)
        _require_residual_for_its_limit(self.surprise, self.scenarios)
        _require_label_shares(self.start.labels, self.scenarios)
        watched = any({"count", "event"} & set(indicator.feeds) for indicator in self.indicators)
        if watched and not self.looked:
            message = "coverage: no word means 'looked', so nothing could ever be counted; add one"
            raise ValueError(message)
        known = self.known_lexicons
        for name, wanted in (("lexicon", self.lexicon), ("lint.lexicon", self.lint.lexicon)):
            if wanted is not None and wanted not in known:
                message = f"{name} = {wanted!r} is neither among [[lexicons]] nor shipped: {', '.join(sorted(known))}"
                raise ValueError(message)
        _require_printed_labels(self.lint, self.scenarios, self.table_lexicon)
        return self


def _refuse_repeats(what: str, names: list[str]) -> None:
    repeats = sorted(name for name, times in Counter(names).items() if times > 1)
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


def _require_words(what: str, allowed: tuple[str, ...], given: Iterable[str | None]) -> None:
    for word in given:
        if word is not None and word not in allowed:
            message = f"{what}: {word!r} is not known; allowed are {', '.join(allowed)}"
            raise ValueError(message)


def _require_residual_last(scenarios: tuple[Scenario, ...]) -> None:
    if any(scenario.residual for scenario in scenarios[:-1]):
        message = "scenarios: the residual one stands for none of the others; put it last, and have one at most"
        raise ValueError(message)
    if scenarios[-1].residual and len(scenarios) < 3:  # noqa: PLR2004  # two scenarios and what is neither
        message = "scenarios: a residual one needs at least two others"
        raise ValueError(message)


def _require_residual_for_its_limit(surprise: SurpriseSection | None, scenarios: tuple[Scenario, ...]) -> None:
    if surprise and surprise.residual_above is not None and not scenarios[-1].residual:
        message = "surprise.residual_above needs a residual scenario; add one or leave it out"
        raise ValueError(message)


def _require_label_shares(labels: LabelSection | None, scenarios: tuple[Scenario, ...]) -> None:
    if labels is None:
        return
    wanted = {scenario.id for scenario in scenarios}
    if set(labels.shares) != wanted or abs(sum(labels.shares.values()) - 1.0) > SUM_TOLERANCE:
        message = f"start.labels.shares must name {', '.join(sorted(wanted))} and sum to 1, got {labels.shares}"
        raise ValueError(message)


def _require_printed_labels(lint: LintSection, scenarios: tuple[Scenario, ...], lexicon: Lexicon) -> None:
    wanted = {scenario.id for scenario in scenarios if not scenario.residual}
    if lint.printed_labels and set(lint.printed_labels) != wanted:
        message = f"lint.printed_labels must name {', '.join(sorted(wanted))}, got {', '.join(lint.printed_labels)}"
        raise ValueError(message)
    _require_words("lint.printed_labels", tuple(band.word for band in lexicon.bands), lint.printed_labels.values())


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
    match = re.fullmatch(r"([1-9][0-9]{3})-(0[1-9]|1[0-2])", month)
    if match is None:
        message = f"{month!r} is no month; write YYYY-MM, for example 2024-12"
        raise ValueError(message)
    return int(match[1]) * 12 + int(match[2]) - 1
