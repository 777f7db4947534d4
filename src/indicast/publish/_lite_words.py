"""Sentences about the sampler-free model beside the full one.

Invariant: a difference above the limit names its largest reason with its number
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.publish._wording import listed, percent, points, tenths

if TYPE_CHECKING:
    from indicast.publish._lite import Comparison, Reason

SIMPLIFIED = {
    "chain": "how long scenarios last and where they lead, fixed instead of learned",
    "reporting": "the standing tilt of what gets reported, fixed instead of learned for each indicator",
    "sources": "the trust in sources and their slant, fixed instead of learned",
    "strengths": "how strongly a scenario shows in each indicator, fixed instead of learned",
    "shocks": "an exponent in place of the shocks that indicators share",
    "others": "the rates of counts, acts, levels, shares and milestones, fixed instead of learned",
    "uncertainty": "one value for each parameter in place of all that fit",
}
"""What lite does instead, by simplification."""
WORTH_NAMING = 0.005
"""Contributions that would print as zero points are not named."""


def lite_says(found: Comparison) -> str:
    """Say what lite gives for each scenario."""
    values = listed(f"{row.name} {percent(row.lite)}" for row in found.rows)
    return (
        "The same table and ledger without a sampler (one value for each parameter, no shared shocks, and an exponent "
        f"that weakens what such shocks would touch) give: {values}."
    )


def lite_differs(found: Comparison) -> str:
    """Say how far both are apart, and which simplification does most of it."""
    widest, limit = found.widest, f"{points(found.limit)[1:]} points"
    if not found.reasons:
        return f"No scenario differs from the full model by more than {limit}."
    first, *rest = found.reasons
    others = [f"{simplified(one)} ({points(one.points)})" for one in rest if abs(one.points) >= WORTH_NAMING]
    return (
        f"The widest difference is {points(widest.difference)} points for {widest.name} "
        f"(without the sampler {tenths(widest.lite)}, the full model {tenths(widest.full)}), "
        f"above the declared {limit}. "
        "With the simplifications undone one after another, averaged over all orders, the largest part is "
        f"{points(first.points)} points from {simplified(first)}."
        + (f" The others: {'; '.join(others)}." if others else "")
    )


def simplified(reason: Reason) -> str:
    """Return in words what lite does instead."""
    return SIMPLIFIED[reason.simplification]
