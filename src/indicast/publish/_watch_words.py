"""Sentences about what to look at next.

Invariant: what an observation would do never stands without the chance to see it
(``tests/contract/test_report_words.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.publish._wording import PERCENT, counted, error, month_name, percent, tenths

if TYPE_CHECKING:
    from indicast.publish._watching import Look, Next


def watch_says(found: Next) -> str:
    """Say what the list is, and what it is not."""
    more = f" {counted(found.more, 'further row')}: indicast watch." if found.more else ""
    return (
        f"For {month_name(found.month)}, ranked by how much each is expected to settle: the share of what is open "
        "about the scenario that knowing it would remove, times the chance to see it at all, which is read from the "
        f"last {counted(found.window, 'month')}. A silence counts where somebody watches. Each stands for itself: two "
        f"of them are worth less than their sum.{more}"
    )


def watch_for(one: Look) -> str:
    """Say what to look for."""
    return f"{one.looked_for} (association, not cause)" if one.driver else one.looked_for


def watch_worth(one: Look) -> str:
    """Say how much it is expected to settle."""
    return f"{PERCENT * one.worth:.2f} % ± {error(PERCENT * one.mcse)}"


def watch_would(one: Look) -> str:
    """Say how the scenario that moves most would stand after each outcome that is not too rare."""
    told = [f"{tenths(o.probability)} if {o.name} (chance {percent(o.chance)})" for o in one.would]
    return f"{one.scenario}, {tenths(one.before)} without it: {', '.join(told)}"


def watch_first(found: Next) -> str:
    """Say in one sentence what to look at first."""
    first = found.looks[0]
    return f"Watch first: {first.name} ({watch_for(first)}; it can be seen with {percent(first.chance)})."
