"""Everything that can go wrong for a reason the user can mend.

Each error is one line: what is wrong, where, what is allowed, what to do next.
The command line prints it without a traceback; a traceback is a bug
(``tests/contract/test_bad_input.py`` proves it for every documented bad input).
Each class also inherits the builtin that a caller of the library would expect.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "DataError",
    "GateError",
    "IndicastError",
    "LedgerError",
    "MissingError",
    "PublishedError",
    "RunError",
    "WorkspaceError",
    "one_of",
    "visible",
]

LONGEST_LINE = 2000
"""Characters of a message's line that are told."""


class IndicastError(Exception):
    """Base of all errors with a remedy; ``str(error)`` is the whole message, safe to print."""

    def __str__(self) -> str:
        lines = super().__str__().split("\n")
        return visible("\n".join(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}..." for line in lines))


class WorkspaceError(IndicastError, ValueError):
    """A declaration (``model.toml``, ``table.csv``, priors) is wrong."""


class DataError(IndicastError, ValueError):
    """The ledger holds a row that cannot be used, or a date is out of range."""


class LedgerError(IndicastError, RuntimeError):
    """The ledger could not be written; the file that is named stands as it was."""


class MissingError(IndicastError, LookupError):
    """A file, folder, model or run that was named does not exist."""


class RunError(IndicastError, RuntimeError):
    """Inference or publication could not be completed."""


class PublishedError(RunError):
    """The month is published, and this run may not take its place; the publication stands as it was."""


class GateError(RunError):
    """A diagnostic gate failed, so nothing was published."""


def one_of(names: Iterable[object]) -> str:
    """Return the allowed names as readable text, sorted.

    Parameters
    ----------
    names
        Any iterable of names.

    Examples
    --------
    >>> one_of({"b", "a"})
    'a, b'
    """
    return ", ".join(sorted(str(name) for name in names)) or "(none)"


def visible(text: str) -> str:
    r"""Return text in which every character shows: what a terminal would obey is written as an escape.

    Control characters, marks that turn the direction of text or have no width, and characters of
    private meaning become their code; line breaks stay.

    Examples
    --------
    >>> print(visible("a\x1b[31mb\u202ec"))
    a\x1b[31mb\u202ec
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text)
