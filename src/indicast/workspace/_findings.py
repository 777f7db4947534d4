"""What a check found: a code, a place, a reason and a remedy.

Invariant: a finding can be acted on from its text alone; codes are stable and
listed in ``docs/findings.md`` (``tests/content/test_model_card.py`` compares).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from indicast.errors import DataError, visible

Severity = Literal["error", "warning"]
SHOWN = 5
FOLDERS = {
    "data": ("observations.csv", "sources.csv", "corroboration.csv", "coverage.csv", "outcomes.csv"),
    "priors": ("table.csv", "raters.csv", "elicited.csv", "milestones.csv", "hyperparameters.toml"),
    "models": ("model.toml", "alternatives.toml"),
}
"""Which folder of a workspace holds which of a model's files."""


class RefusedError(DataError):
    """Findings that stop the loading; each keeps its code and place.

    Attributes
    ----------
    findings
        All errors, in order.
    """

    def __init__(self, message: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(message)
        self.findings = findings


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong (``error``) or deserves a look (``warning``)."""

    place: str
    code: str
    severity: Severity
    message: str
    remedy: str

    def line(self) -> str:
        """Return the finding as one line of text, safe to print.

        Examples
        --------
        >>> Finding("table.csv:3", "T002", "error", "mark is '?'", "use +, = or -").line()
        "table.csv:3: error T002: mark is '?'; use +, = or -"
        """
        text = f"{self.place}: {self.severity} {self.code}: {self.message}; {self.remedy}"
        return visible(text).replace("\n", "\\n")

    def as_dict(self) -> dict[str, str]:
        """Return the finding's fields for JSON output."""
        return asdict(self)

    def located(self, model: str) -> tuple[str | None, int | None]:
        """Return the file, relative to the workspace's root, and the line; None where there is none.

        Parameters
        ----------
        model
            Name of the model's folders.

        Examples
        --------
        >>> Finding("table.csv:3", "T002", "error", "mark is '?'", "use +, = or -").located("harbour")
        ('priors/harbour/table.csv', 3)
        """
        file, _, line = self.place.partition(":")
        folder = next((folder for folder, files in FOLDERS.items() if file in files), None)
        path = f"{folder}/{model}/{file}" if folder else None
        return path, int(line) if path and line.isdecimal() else None


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise for the errors among findings, naming the first few places.

    Raises
    ------
    RefusedError
        If any finding is an error.
    """
    errors = sorted(finding for finding in findings if finding.severity == "error")
    if not errors:
        return
    rest = len(errors) - SHOWN
    more = [f"... and {rest} more; run 'indicast check' for all of them"] if rest > 0 else []
    raise RefusedError("\n".join([finding.line() for finding in errors[:SHOWN]] + more), tuple(errors))
