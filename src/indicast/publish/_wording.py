"""Numbers and dates become words, always in the same way.

Invariant: no probability inside (0, 1) is printed as 0 or 100 percent
(``tests/unit/test_publish_text.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MONTHS_OF_YEAR = 12
PERCENT = 100
WHOLE_PERCENTS = (0.01, 0.99)
"""Between these, probabilities are printed in whole percent."""


def share(value: float) -> str:
    """Return a percentage's number: whole, or finer near 0 and 100.

    Examples
    --------
    >>> share(0.4204), share(0.0034), share(0.9999), share(0.0), share(-0.357)
    ('42', '0.3', '99.99', '0', '-36')
    """
    if value <= 0.0 or value >= 1.0 or WHOLE_PERCENTS[0] <= value <= WHOLE_PERCENTS[1]:
        return f"{PERCENT * value:.0f}"
    for decimals in range(1, 7):
        text = f"{PERCENT * value:.{decimals}f}"
        if 0.0 < float(text) < PERCENT:
            return text
    return f"{PERCENT * value:g}"


def percent(value: float) -> str:
    """Return a fraction as a percentage.

    Examples
    --------
    >>> percent(0.5)
    '50 %'
    """
    return f"{share(value)} %"


def span(low: float, high: float) -> str:
    """Return an interval of fractions as percentages.

    Examples
    --------
    >>> span(0.074, 0.875)
    '7 to 88 %'
    """
    return f"{share(low)} to {share(high)} %"


def points(difference: float) -> str:
    """Return a difference of fractions as signed percentage points.

    Examples
    --------
    >>> points(0.0123), points(-0.00001)
    ('+1.2', '-0.0')
    """
    return f"{PERCENT * difference:+.1f}"


def tenths(value: float) -> str:
    """Return a fraction as a percentage with one decimal, for differences of tenths.

    Examples
    --------
    >>> tenths(0.5234), tenths(0.0004)
    ('52.3 %', '0.04 %')
    """
    text = f"{PERCENT * value:.1f}"
    return f"{text} %" if 0.0 < float(text) < PERCENT else percent(value)


def measured(value: float) -> str:
    """Return a diagnostic, fine enough to compare with its limit.

    Examples
    --------
    >>> measured(1.00604), measured(938.4), measured(float("nan")), measured(0)
    ('1.006', '938.4', 'could not be computed', '0')
    """
    return "could not be computed" if math.isnan(value) else f"{value:.5g}"


def error(value: float) -> str:
    """Return a standard error, two digits of it.

    Examples
    --------
    >>> error(0.00071234)
    '0.00071'
    """
    return f"{value:.2g}"


def signed_share(value: float) -> str:
    """Return a share between -1 and 1 as a signed percentage.

    Examples
    --------
    >>> signed_share(0.786)
    '+79 %'
    """
    return f"{PERCENT * value:+.0f} %"


def month_name(month: str) -> str:
    """Return a month in words.

    Examples
    --------
    >>> month_name("2024-12")
    'December 2024'
    """
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def day_name(day: str) -> str:
    """Return a day in words.

    Examples
    --------
    >>> day_name("2021-11-04")
    '4 November 2021'
    """
    return f"{int(day[8:])} {month_name(day)}"


def month_at(index: int) -> str:
    """Return the ISO month of an index in months since year 0.

    Examples
    --------
    >>> month_at(2024 * 12 + 11)
    '2024-12'
    """
    year, month = divmod(index, MONTHS_OF_YEAR)
    return f"{year}-{month + 1:02d}"


def duration(months: int) -> str:
    """Return a number of months in words.

    Examples
    --------
    >>> duration(12), duration(36), duration(18), duration(1)
    ('1 year', '3 years', '18 months', '1 month')
    """
    if months % MONTHS_OF_YEAR == 0 and months:
        return counted(months // MONTHS_OF_YEAR, "year")
    return counted(months, "month")


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(0, "row"), counted(2, "copy", "copies")
    ('1 row', '0 rows', '2 copies')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b and c', 'a', 'none')
    """
    items = list(words)
    if len(items) < 2:  # noqa: PLR2004  # one word needs no "and"
        return items[0] if items else "none"
    return f"{', '.join(items[:-1])} and {items[-1]}"
