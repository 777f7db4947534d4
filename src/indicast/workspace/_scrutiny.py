"""How a report holds the full model against a simpler one.

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
