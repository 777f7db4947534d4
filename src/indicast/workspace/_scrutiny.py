"""How a report holds the model against a simpler one, and the scenarios against what was seen.

Invariant: a limit is a fraction strictly between 0 and 1 (``tests/unit/test_workspace.py``).
"""

from __future__ import annotations

from pydantic import Field

from indicast.workspace._indicator import Frozen


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
