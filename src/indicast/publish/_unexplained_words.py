"""Sentences about what the listed scenarios do not explain.

Invariant: how many are unexplained never stands without how many would be by chance
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.publish._sentences import labelled
from indicast.publish._wording import counted, listed, percent

if TYPE_CHECKING:
    from indicast.publish._content import Content
    from indicast.publish._unexplained import Residual, Unexplained


def set_explains(content: Content, found: Unexplained) -> str:
    """Say how many indicators the scenario set does not explain, and how many chance alone would give."""
    number, window = len(found.seen), counted(found.months, "month")
    if not number:
        return f"No indicator was seen in the last {window}, so nothing can be said about the scenario set."
    beyond, by_chance = found.beyond, found.limit * number
    which = f": {listed(labelled(content, found.names[one.indicator]) for one in beyond)}" if beyond else ""
    unseen = len(found.names) - number
    rest = f" {counted(unseen, 'indicator was', 'indicators were')} not seen in that time." if unseen else ""
    said = f"does not explain {len(beyond)} of {counted(number, 'indicator')}{which}" if beyond else _all(number)
    return (
        f"In the last {window} the scenario set {said}. "
        f"If it holds, chance alone leaves at most {by_chance:.1f} unexplained on average.{rest}"
    )


def _all(number: int) -> str:
    return "explains the only indicator that was seen" if number == 1 else f"explains all {number} indicators seen"


def set_means(found: Unexplained) -> str:
    """Say what unexplained means."""
    return (
        "Surprise is minus the logarithm of how likely the months before made what was then seen, under a mixture of "
        "the listed scenarios. An indicator is unexplained if as much surprise as its own, or more, would come about "
        f"with a chance of {percent(found.limit)} or less. A tilt of what gets reported that was learned counts as an "
        "explanation."
    )


def nats(value: float) -> str:
    """Return a surprise with one decimal.

    Examples
    --------
    >>> nats(3.14159)
    '3.1'
    """
    return f"{value:.1f}"


def deviations(value: float) -> str:
    """Return a number of standard deviations, signed.

    Examples
    --------
    >>> deviations(1.26)
    '+1.3'
    """
    return f"{value:+.1f}"


def residual_means(found: Residual) -> str:
    """Say what the residual scenario is, and warn if it is above its limit."""
    meaning = (
        f"'{found.name}' stands for none of the listed scenarios. It predicts nothing, every reading being as likely "
        "as any other, so its probability rises when the others keep predicting what is not seen. It says that "
        "something is missing from the list, not what."
    )
    if found.limit is None:
        return meaning
    if found.probability <= found.limit:
        return f"{meaning} It is not above its declared limit of {percent(found.limit)}."
    return (
        f"{meaning} At {percent(found.probability)} it is above its declared limit of {percent(found.limit)}: "
        "the probabilities of the listed scenarios should not be relied upon before the list is reviewed."
    )
