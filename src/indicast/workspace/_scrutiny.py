"""How a report holds the model against a simpler one, the scenarios against what was seen, and files against habits.

Invariant: a limit that is a share is a fraction strictly between 0 and 1 (``tests/unit/test_workspace.py``), and
no limit of ``[lint]`` departs from its default without a reason (``tests/unit/test_lint_section.py``).
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from indicast.workspace._indicator import Frozen, Identifier, Text


class LiteSection(Frozen):
    """What a report says when the sampler-free model differs.

    Attributes
    ----------
    explain_above
        Difference of a probability, fraction of 1, above which the report takes it apart.
    """

    explain_above: float = Field(default=0.05, gt=0.0, lt=1.0)


class SurpriseSection(Frozen):
    """When a report says that the scenario set does not explain what was seen.

    Attributes
    ----------
    window_months
        Last months that are looked at.
    chance
        An indicator counts as unexplained if surprise like its own has at most this chance.
    residual_above
        Probability of the residual scenario above which the report warns of it.
    """

    window_months: int = Field(ge=1, le=600)
    chance: float = Field(gt=0.0, lt=1.0)
    residual_above: float | None = Field(default=None, gt=0.0, lt=1.0)


class WatchSection(Frozen):
    """What the list of the next observations is made from.

    Attributes
    ----------
    window_months
        Last months that say how often each thing can be seen and what its reports look like. Twelve: most indicators
        are seen twice or thrice a year, so that a shorter window holds none of some, and sources of years ago may be
        gone.
    """

    window_months: int = Field(default=12, ge=1, le=600)


class LintSection(Frozen):
    """From where on ``indicast check`` warns; every key but ``reason`` may be left out.

    The defaults only decide what is read again by a person, never a number that is computed.

    Attributes
    ----------
    lexicon
        Whose words the printed labels are, if not those that the framework publishes with.
    printed_labels
        The published word of each scenario of the table. Without them the labels by net share are looked at.
    label_error
        Error of the index that the table's authors allow, as a fraction of 1. Without it none is assumed.
    years_before
        An event this many years before the judged month is a slip of the pen, or feeds nothing. Five: what happened
        earlier has long entered the experts' judgement, and two digits that changed places (2012 for 2021) are
        nine years apart.
    unit_edits
        Letters by which a unit may miss a declared one and still be taken for it misspelt. Two: two letters that
        changed places. Never more than a quarter of the unit.
    stale_months
        Months that may have ended without a word in coverage.csv. Three: some hand in their judgements by the quarter.
    publisher_share
        Share of reports above which one publisher feeds most of them. Two in three: the rest together are
        outnumbered two to one.
    month_reports
        Fewest reports of an indicator in a month of which such a share is told. Three: of two, one is no majority.
    indicator_reports
        The same over all months. Five: below it, most indicators of a young ledger would be told of.
    reason
        Why these limits; needed as soon as one of them is given.
    """

    lexicon: Identifier | None = None
    printed_labels: dict[Identifier, Text] = Field(default_factory=dict)
    label_error: float | None = Field(default=None, gt=0.0, lt=1.0)
    years_before: int = Field(default=5, ge=1, le=500)
    unit_edits: int = Field(default=2, ge=0, le=10)
    stale_months: int = Field(default=3, ge=0, le=600)
    publisher_share: float = Field(default=2 / 3, gt=0.0, lt=1.0)
    month_reports: int = Field(default=3, ge=2)
    indicator_reports: int = Field(default=5, ge=2)
    reason: Text | None = None

    @model_validator(mode="after")
    def _limits_have_a_reason(self) -> Self:
        given = sorted(self.model_fields_set - {"reason", "printed_labels", "lexicon"})
        if given and self.reason is None:
            message = f"lint: {', '.join(given)} is given without a reason; add lint.reason"
            raise ValueError(message)
        return self
