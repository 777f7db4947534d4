"""Findings as text, as JSON, and as commands that make GitHub show each beside its line.

Invariant: whatever a finding says, its command stays one line with the properties that were meant
(``tests/contract/test_check_formats.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indicast.workspace import Finding


def as_json(found: Mapping[str, Sequence[Finding]]) -> str:
    """Return the findings of each model as a JSON object of lists."""
    return json.dumps({model: [one.as_dict() for one in findings] for model, findings in found.items()}, indent=1)


def as_command(model: str, finding: Finding) -> str:
    """Return a workflow command of GitHub; its path is relative to the workspace's root.

    Parameters
    ----------
    model
        Whose files the finding is about.
    finding
        Its severity names the command, its code is the title.

    Examples
    --------
    >>> from indicast.workspace import Finding
    >>> as_command("harbour", Finding("table.csv:3", "T002", "error", "mark is '?'", "use +, = or -"))
    "::error file=priors/harbour/table.csv,line=3,title=T002::mark is '?'; use +, = or -"
    """
    file, line = finding.located(model)
    properties = {"file": file, "line": line, "title": finding.code}
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::{finding.severity} {said}::{_data(f'{finding.message}; {finding.remedy}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
