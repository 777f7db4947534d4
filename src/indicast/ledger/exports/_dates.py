"""Days as exports write them: a closed list of forms, read without a locale.

Invariant: a text is read by exactly one of the declared forms or refused; no form guesses
(``tests/unit/test_import_mapping.py``).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, Literal

from indicast.errors import DataError
from indicast.workspace import shown

Form = Literal["YYYY-MM-DD", "YYYYMMDD", "YYYYMMDDhhmmss", "DD Month YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "unix"]
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS: Final = {
    "january": 1,
    "february": 2,
    "march": 3,
    "april": 4,
    "june": 6,
    "july": 7,
    "august": 8,
    "september": 9,
    "october": 10,
    "november": 11,
    "december": 12,
}
_YEAR, _MONTH, _DAY = "(?P<year>[0-9]{4})", "(?P<month>[0-9]{1,2})", "(?P<day>[0-9]{1,2})"
PATTERNS: Final[dict[Form, re.Pattern[str]]] = {
    "YYYY-MM-DD": re.compile(f"{_YEAR}-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})"),
    "YYYYMMDD": re.compile(f"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})"),
    "YYYYMMDDhhmmss": re.compile(
        f"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){{2}}"
    ),
    "DD Month YYYY": re.compile(f"{_DAY} (?P<word>[A-Za-z]{{3,9}}) {_YEAR}"),
    "DD/MM/YYYY": re.compile(f"{_DAY}/{_MONTH}/{_YEAR}"),
    "MM/DD/YYYY": re.compile(f"{_MONTH}/{_DAY}/{_YEAR}"),
    "unix": re.compile("[0-9]{1,11}"),
}
"""How each form looks; ``unix`` counts seconds, and the day of a moment is that of UTC."""
EARLIEST_YEAR: Final = 1900
"""Years before this are slips of the pen, such as 0025."""


@lru_cache(maxsize=4096)
def parse_date(text: str, forms: tuple[Form, ...]) -> date:
    """Return the day that a text names in one of some forms.

    Raises
    ------
    DataError
        If no form fits, or the day does not exist.

    Examples
    --------
    >>> parse_date("16 May 2025", ("YYYY-MM-DD", "DD Month YYYY")).isoformat()
    '2025-05-16'
    """
    for form in forms:
        found = PATTERNS[form].fullmatch(text)
        day = _day(form, found) if found else None
        if day and day.year >= EARLIEST_YEAR:
            return day
    message = f"{shown(text)} is no day in the form {' or '.join(forms)}"
    raise DataError(message)


def _day(form: Form, found: re.Match[str]) -> date | None:
    try:
        if form == "unix":
            return datetime.fromtimestamp(int(found[0]), tz=UTC).date()
        month = _month(found["word"]) if form == "DD Month YYYY" else int(found["month"])
        return date(int(found["year"]), month, int(found["day"]))
    except (ValueError, OverflowError, OSError):
        return None


def _month(word: str) -> int:
    """Return a month's number from its English name or the first three letters of it; 0 if it is none."""
    lower = word.lower()
    return LONG_MONTHS.get(lower) or (MONTHS.index(lower) + 1 if lower in MONTHS else 0)
