"""Rows of an export said in the words of the ledger.

Invariant: a translation depends on the row's cells and the mapping alone; each row is left out, refused
with a reason or said whole, and the first rule that fits decides (``tests/unit/test_import_mapping.py``).
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from indicast.errors import DataError, MissingError, one_of
from indicast.ledger.exports._dates import parse_date
from indicast.ledger.exports._mapping import DATES, Condition, LookedUp, Mapping, Said
from indicast.ledger.exports._template import parse_template
from indicast.workspace import shown

Cells = list[str]
Getter = Callable[[Cells], str]
Test = Callable[[Cells], bool]

LONGEST_CELL: Final = 10_000
"""Characters of a cell that is used; a longer one is no summary."""
LONGEST_SLUG: Final = 60
LONGEST_ID: Final = 44
"""A record_id has at most 64: the mapping's name, the event's id, and the number of the version."""
JOINERS: Final = "\u200c\u200d\u00ad"
"""Invisible characters that words of some languages hold."""
SPACES: Final = re.compile(r"\s+")
EVENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Translated:
    """One event in the words of the ledger.

    Attributes
    ----------
    record_id
        Of its first version.
    cells
        Cells of observations.csv by column, ``known_date`` being blank if the export does not say it.
    source
        Line of sources.csv, by column.
    """

    record_id: str
    cells: dict[str, str]
    source: dict[str, str]


class Translator:
    """A mapping made ready for the columns of one export.

    Raises
    ------
    MissingError
        If the mapping names a column that the export does not have.
    """

    def __init__(self, mapping: Mapping, columns: tuple[str, ...]) -> None:
        self._mapping = mapping
        self._getters: dict[str, Getter] = {name: _cell(name, place) for place, name in enumerate(columns)}
        for name, derived in mapping.derived.items():
            self._getters[name] = _host(self._text(derived.of))
        self._select = self._tests(mapping.select)
        cases = [(rule.when, then) for rule, (_, then) in zip(mapping.rules, mapping.outcomes(), strict=False)]
        self._cases = [
            (self._tests(when), {name: self._said(said) for name, said in then.items()})
            for when, then in (cases or [({}, dict(mapping.columns))])
        ]
        self._event_id = self._text(mapping.event_id)
        self._source = {name: self._text(getattr(mapping.source, name)) for name in type(mapping.source).model_fields}

    def __call__(self, cells: Cells) -> Translated | None:
        """Return what a row says, or None if it is not selected.

        Raises
        ------
        DataError
            If the row is selected and cannot be said.
        """
        if not all(test(cells) for test in self._select):
            return None
        for tests, getters in self._cases:
            if all(test(cells) for test in tests):
                said = {str(name): self._filled(name, getter, cells) for name, getter in getters.items()}
                return Translated(self._record_id(cells), said, self._source_line(cells))
        return None

    def _filled(self, name: str, getter: Getter, cells: Cells) -> str:
        text = getter(cells)
        return parse_date(text, self._mapping.forms(name)).isoformat() if text and name in DATES else text

    def _record_id(self, cells: Cells) -> str:
        text = self._event_id(cells)
        if not text:
            message = "the event has no id"
            raise DataError(message)
        if len(text) > LONGEST_ID - len(self._mapping.name) or not EVENT_ID.fullmatch(text):
            text = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{self._mapping.name}:{text}"

    def _source_line(self, cells: Cells) -> dict[str, str]:
        said = {name: getter(cells) for name, getter in self._source.items()}
        identifier = slug(said.pop("id"))
        if not identifier:
            message = "the source has no name"
            raise DataError(message)
        return {"source_id": identifier, "published_date": "", **said}

    def _tests(self, conditions: Dictionary[str, Condition]) -> list[Test]:
        return [_test(name, self._column(name), condition) for name, condition in conditions.items()]

    def _said(self, said: Said) -> Getter:
        if not isinstance(said, LookedUp):
            return self._text(said)
        lookup = self._mapping.lookups[said.lookup]
        return _looked_up(said.lookup, self._text(lookup.of), lookup.words, lookup.default)

    def _text(self, text: str) -> Getter:
        template = parse_template(text)
        if template.constant is not None:
            return _constant(template.constant)
        parts = [(literal, self._column(name) if name is not None else None) for literal, name in template.parts]
        return _joined(parts)

    def _column(self, name: str) -> Getter:
        if name not in self._getters:
            message = f"the export has no column {shown(name)}, which the mapping names; it has {one_of(self._getters)}"
            raise MissingError(message)
        return self._getters[name]


def _constant(text: str) -> Getter:
    return lambda _: text


def _cell(name: str, place: int) -> Getter:
    def get(cells: Cells) -> str:
        return _tidy(name, cells[place])

    return get


def _tidy(name: str, text: str) -> str:
    """Return a cell on one line, or refuse it for what it hides or how long it is."""
    if len(text) > LONGEST_CELL:
        message = f"{name} has {len(text):,} characters, at most {LONGEST_CELL:,} are read"
        raise DataError(message)
    if text.isascii() and text.isprintable():
        return text.strip()
    tidy = SPACES.sub(" ", text).strip()
    hidden = next((one for one in tidy if unicodedata.category(one)[0] == "C" and one not in JOINERS), None)
    if hidden is not None:
        message = f"{name} holds the invisible character U+{ord(hidden):04X} in {shown(tidy)}"
        raise DataError(message)
    return tidy


def _joined(parts: list[tuple[str, Getter | None]]) -> Getter:
    def get(cells: Cells) -> str:
        return "".join(literal + (getter(cells) if getter else "") for literal, getter in parts).strip()

    return get


def _host(get_address: Getter) -> Getter:
    def get(cells: Cells) -> str:
        address = get_address(cells)
        try:
            host = urlsplit(address).hostname
        except ValueError:
            host = None
        if not host:
            message = f"{shown(address)} is no address of which to take the host"
            raise DataError(message)
        return host.removeprefix("www.")

    return get


def _looked_up(name: str, get_key: Getter, words: dict[str, str], default: str | None) -> Getter:
    def get(cells: Cells) -> str:
        key = get_key(cells)
        word = words.get(key, default)
        if word is None:
            message = f"lookup {name} has no word for {shown(key)}; add it, or give a default"
            raise DataError(message)
        return word

    return get


def _test(name: str, getter: Getter, condition: Condition) -> Test:
    among, not_among = frozenset(condition.among), frozenset(condition.not_among)
    prefix = condition.prefix
    low, high = condition.at_least, condition.at_most

    def test(cells: Cells) -> bool:
        text = getter(cells)
        if (among and text not in among) or text in not_among or (prefix and not text.startswith(prefix)):
            return False
        if low is None and high is None:
            return True
        if not text:
            return False
        number = _number(name, text)
        return (low is None or number >= low) and (high is None or number <= high)

    return test


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        message = f"{name} is {shown(text)}, where a number is asked for"
        raise DataError(message)
    return number


def slug(text: str) -> str:
    """Return a short name of small letters, digits and underscores; what is lost comes back as a few digits.

    Examples
    --------
    >>> slug("The Tide Table")
    'the_tide_table'
    >>> slug("Ärmelkanal-Bote"), slug("Вестник")
    ('armelkanal_bote', 'x_df9fb54b')
    """
    plain = "".join(one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one))
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    lost = not plain.isascii()
    if not (lost or len(made) > LONGEST_SLUG):
        return made
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{made[: LONGEST_SLUG - 9].strip('_') or 'x'}_{mark}"
