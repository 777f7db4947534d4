"""The shape of a mapping: which columns of an export become which columns of the ledger.

Invariant: a mapping has no unknown key and no dangling lookup, and nothing in it is ever run
(``tests/unit/test_import_mapping.py`` plants one fault per rule).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from indicast.errors import one_of
from indicast.ledger.exports._dates import Form
from indicast.ledger.exports._template import parse_template

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
LedgerColumn = Literal[
    "event_date",
    "end_date",
    "published_date",
    "indicator",
    "kind",
    "value",
    "unit",
    "direction",
    "summary",
    "reliability",
    "credibility",
    "known_date",
    "origin_id",
]
"""What a mapping may fill; source_id comes from ``[source]``."""
NEEDED: Final = ("event_date", "indicator", "kind", "direction", "summary", "reliability", "credibility", "origin_id")
DATES: Final = ("event_date", "end_date", "published_date", "known_date")
DATE_DEFAULT: Final[tuple[Form, ...]] = ("YYYY-MM-DD",)


class Declared(BaseModel):
    """Unknown keys are refused, nothing can be changed, and blanks are left as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _well_formed(text: str) -> str:
    parse_template(text)
    if not text.isprintable():
        message = "holds a line break or another invisible character; write it on one line"
        raise ValueError(message)
    return text


Text = Annotated[str, Field(max_length=2000), AfterValidator(_well_formed)]
"""A constant, a column as ``{name}``, or both mixed."""


class Format(Declared):
    """How the file is written; ``names`` stands for a header that it lacks."""

    delimiter: Annotated[str, Field(pattern=r"^[,;|\t]$")] = ","
    quotes: bool = True
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    names: tuple[Annotated[str, Field(min_length=1, pattern=r"^[^{}]+$")], ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            message = f"names holds {', '.join(twice)} twice; each column needs its own"
            raise ValueError(message)
        return self


class Derived(Declared):
    """A column made from others: the host of an address, without ``www.``."""

    of: Text
    take: Literal["host"]


class Lookup(Declared):
    """Cells become words; without a default, a row whose cell is not listed is refused."""

    of: Text
    words: dict[str, str] = Field(min_length=1)
    default: str | None = None


class LookedUp(Declared):
    """The word of a lookup table."""

    lookup: Word


Said = Text | LookedUp


class Condition(Declared):
    """What a cell must be; all that is given must hold. A blank cell is no number and fits no range."""

    among: tuple[str, ...] = ()
    not_among: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        asked = (self.among, self.not_among, self.prefix, self.at_least is not None, self.at_most is not None)
        if not any(asked):
            message = "asks nothing; name among, not_among, prefix, at_least or at_most"
            raise ValueError(message)
        return self


def _spelled_out(given: object) -> object:
    """Return a text as the list of itself, and a list as what the cell is among."""
    if isinstance(given, str):
        return {"among": [given]}
    if isinstance(given, list | tuple):
        return {"among": given}
    if isinstance(given, dict):
        return {key: [value] if isinstance(value, str) else value for key, value in given.items()}
    return given


Conditions = dict[str, Annotated[Condition, BeforeValidator(_spelled_out)]]


class Rule(Declared):
    """What a row becomes that meets the conditions."""

    when: Conditions
    then: dict[LedgerColumn, Said]


class SourceRule(Declared):
    """The source of a row and, if it is new, its line in sources.csv; the id is made a slug."""

    id: Text
    publisher: Text
    title: Text
    url: Text = ""
    country: Text = ""
    kind: Text


class Mapping(Declared):
    """From the rows of one export to rows of the ledger."""

    name: Word
    layout: Word | None = None
    event_id: Text
    format: Format = Format()
    dates: dict[Literal["event_date", "end_date", "published_date", "known_date"], tuple[Form, ...]] = Field(
        default_factory=dict
    )
    derived: dict[str, Derived] = Field(default_factory=dict)
    lookups: dict[Word, Lookup] = Field(default_factory=dict)
    columns: dict[LedgerColumn, Said]
    source: SourceRule
    select: Conditions = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _id_tells_apart(self) -> Self:
        if not parse_template(self.event_id).columns:
            message = "event_id names no column; take the export's own number of the event, as {column}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _lookups_exist(self) -> Self:
        asked = {said.lookup for said in self.all_said() if isinstance(said, LookedUp)}
        if asked - set(self.lookups):
            message = f"lookup {one_of(asked - set(self.lookups))} is not declared; there are: {one_of(self.lookups)}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _every_row_is_whole(self) -> Self:
        for place, then in self.outcomes():
            missing = [name for name in NEEDED if name not in then]
            if missing:
                message = f"{place} leaves out {', '.join(missing)}; say it there or under columns"
                raise ValueError(message)
        return self

    def outcomes(self) -> list[tuple[str, dict[LedgerColumn, Said]]]:
        """Return what each rule fills in, with the place where it is declared."""
        if not self.rules:
            return [("columns", dict(self.columns))]
        return [(f"rules.{place}.then", {**self.columns, **rule.then}) for place, rule in enumerate(self.rules)]

    def all_said(self) -> list[Said]:
        """Return everything that fills a column."""
        return [said for _, then in self.outcomes() for said in then.values()]

    def forms(self, column: str) -> tuple[Form, ...]:
        """Return the forms in which a date column is read."""
        return next((forms for name, forms in self.dates.items() if name == column), DATE_DEFAULT)
