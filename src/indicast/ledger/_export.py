"""Cells that leave for a spreadsheet are text there, never a formula.

Invariant: no cell that was made neutral begins as a formula does, and numbers stay as they are
(``tests/unit/test_neutral_cells.py``).
"""

from __future__ import annotations

import re

FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a formula begins in the usual spreadsheets, also with signs of full width.

OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection.
"""
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def neutral_cell(text: str) -> str:
    """Return a cell that a spreadsheet shows as text, or as the number that it is.

    An apostrophe is put before what could be read as a formula; a sign alone is none. For export only:
    a ledger keeps its cells as they were written.

    Parameters
    ----------
    text
        The cell before it is quoted for CSV.

    Examples
    --------
    >>> neutral_cell("=1+1"), neutral_cell("-1.5"), neutral_cell("-1.5+A1"), neutral_cell("+"), neutral_cell("a=b")
    ("'=1+1", '-1.5', "'-1.5+A1", '+', 'a=b')
    """
    if not FORMULA.match(text) or NUMBER.fullmatch(text) or text in {"+", "-", "="}:
        return text
    return f"'{text}"
