"""Sentences about what moved a scenario.

Invariant: a reason never stands without its points (``tests/contract/test_report_words.py``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from indicast.publish._sentences import labelled, worded
from indicast.publish._wording import PERCENT, counted, day_name, listed, month_name, points, tenths

SMALL = 0.05
"""Standard errors below this, in points, would print as none."""

if TYPE_CHECKING:
    from indicast.publish._content import Content
    from indicast.publish._moved import Cause, Moved


def why_says(content: Content, moved: Moved) -> str:
    """Say what the main reasons are, with their points."""
    if moved.refused:
        return f"Why it moved cannot be told: {moved.refused}."
    month = month_name(moved.month)
    if not moved.main:
        return f"Nothing that became known since {month} moved {moved.scenario} by more than sampling noise."
    told = listed(f"{labelled(content, one.name)} ({points(one.points)} points)" for one in moved.main)
    hint = "" if moved.shape < moved.limit else ", as a hint only"
    return f"What moved {moved.scenario} most{hint}: {told}."


def why_without(content: Content, moved: Moved) -> str:
    """Say what the forecast would be without the largest reason, or nothing."""
    if not moved.without:
        return ""
    told = [
        f"{name}: {worded(content, value)}" for name, value in zip(content.names.values(), moved.without, strict=True)
    ]
    return f"Without the first, {listed(told)}."


def why_late(content: Content) -> str:
    """Say which news of the month speak of many months before it, or nothing."""
    late = [one for one in content.evidence.steps if one.judged and one.outcome == "not_yet" and not one.before]
    known, month = day_name(content.provenance.known_at), month_name(content.month)
    told = [
        f"the ledger first said by {known} that {one.name} had not happened, which counts for "
        f"{counted(one.months, 'month')} at once and is no event of {month}"
        for one in late
        if one.months > 1
    ]
    return f"Mind what became known late: {listed(told)}." if told else ""


def why_means(moved: Moved) -> str:
    """Say what the parts add up to."""
    doubt = (
        f" The weights behind them have a k-hat of {moved.shape:.2f}, which is not below {moved.limit:.2f}: only a fit "
        "without the news could tell, so they are a hint."
        if not moved.shape < moved.limit
        else ""
        if math.isinf(moved.shape)
        else f" The weights behind them have a k-hat of {moved.shape:.2f}, below its limit of {moved.limit:.2f}."
    )
    return (
        f"From {tenths(moved.before)} in {month_name(moved.month)} to {tenths(moved.after)} now. A part is the mean "
        f"over the orders in which the news could have come; all parts add up to the change.{doubt} A part says "
        "what a row is evidence of, never what an act brought about."
    )


def why_part(one: Cause) -> str:
    """Say how far one part moved the probability."""
    error = PERCENT * one.error
    return f"{points(one.points)} ± {f'{error:.1f}' if error >= SMALL else '<0.1'}"


def why_same(one: Cause) -> str:
    """Say that other news of the month say the same, or nothing."""
    return "other news say the same" if one.redundant else ""
