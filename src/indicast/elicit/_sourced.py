"""Entries of ``hyperparameters.toml`` that do not say where their numbers come from, or why.

Loading refuses the first of them; here all are found, each with its line.

Invariant: what loading refuses for want of a source or reason is found here (``tests/unit/test_sourced.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from indicast.workspace import Finding, Framework, read_toml

FILE = "hyperparameters.toml"
SECTIONS = ("priors", "constants")
WANTED = ("source", "reason")


def unsourced_findings(framework: Framework) -> list[Finding]:
    """Return an error for each prior or constant without a source or reason.

    Raises
    ------
    MissingError
        If there is no such file.
    WorkspaceError
        If it is no TOML.
    """
    path = framework.priors_folder / FILE
    content = read_toml(path)
    text = path.read_text(encoding="utf-8")
    return [
        _finding(text, section, name, absent)
        for section in SECTIONS
        for name, entry in _entries(content.get(section))
        if (absent := [key for key in WANTED if not (isinstance(entry.get(key), str) and str(entry[key]).strip())])
    ]


def _entries(section: object) -> list[tuple[str, Mapping[str, object]]]:
    if not isinstance(section, Mapping):
        return []
    return [(name, entry) for name, entry in section.items() if isinstance(entry, Mapping)]


def _finding(text: str, section: str, name: str, absent: list[str]) -> Finding:
    line = _line(text, section, name)
    message = f"{section}.{name} has no {' and no '.join(absent)}"
    remedy = "say in a sentence where the number comes from, and in another why it is defensible"
    return Finding(FILE if line is None else f"{FILE}:{line}", "P001", "error", message, remedy)


def _line(text: str, section: str, name: str) -> int | None:
    """Return the line of an entry's header, in whichever way TOML lets it be written."""
    header = re.compile(rf"""\s*\[\s*{section}\s*\.\s*["']?{re.escape(name)}["']?\s*[.\]]""")
    dotted = re.compile(rf"\s*(?:{section}\s*\.\s*)?{re.escape(name)}\s*[.=]")
    lines = text.splitlines()
    for pattern in (header, dotted):
        found = next((number for number, line in enumerate(lines, start=1) if pattern.match(line)), None)
        if found is not None:
            return found
    return None
