"""Texts with places for cells: ``"{actor1} at {location}"``.

A place names a column and nothing else: there are no formats, no attributes and no calls, so a template
can say what the row says and not reach further.

Invariant: what is filled in is the template's own text and cells of the named columns, whatever stands
between the braces and in the cells (``tests/unit/test_import_mapping.py``, by hypothesis).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut into its parts.

    Attributes
    ----------
    parts
        Pairs of a literal text and the column whose cell follows it; the last column may be None.
    """

    parts: tuple[tuple[str, str | None], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The named columns, in order."""
        return tuple(column for _, column in self.parts if column is not None)

    @property
    def constant(self) -> str | None:
        """The text, if no column is named."""
        return None if self.columns else "".join(text for text, _ in self.parts)


def parse_template(text: str) -> Template:
    """Return a text cut at its places; ``{{`` and ``}}`` stand for braces.

    Raises
    ------
    ValueError
        If a brace has no partner, or a place is empty.

    Examples
    --------
    >>> parse_template("{actor1} at {location}").columns
    ('actor1', 'location')
    """
    parts: list[tuple[str, str | None]] = []
    literal = ""
    for found in PART.finditer(text):
        piece, name = found[0], found[1]
        if name is None and piece in "{}":
            message = f"{text!r} has a brace without its partner; write {{{{ or }}}} for a brace itself"
            raise ValueError(message)
        if name is None:
            literal += {"{{": "{", "}}": "}"}.get(piece, piece)
            continue
        if not name.strip():
            message = f"{text!r} has an empty place; write the name of a column between the braces"
            raise ValueError(message)
        parts.append((literal, name))
        literal = ""
    return Template((*parts, (literal, None)) if literal or not parts else tuple(parts))
