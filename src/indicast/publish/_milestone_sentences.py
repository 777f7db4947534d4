"""The sentences about milestones, each made from the numbers it states.

Invariant: a chance is never without its word, and a milestone that is unclear or unknown is
never called one that has not happened (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.publish._sentences import worded
from indicast.publish._wording import counted, day_name, duration, listed, month_name, percent, span

if TYPE_CHECKING:
    from indicast.publish._content import Content
    from indicast.publish._milestones import Clock
    from indicast.publish._steps import Step


def clock_summary(content: Content) -> str:
    """Say how many milestones stand how."""
    clocks = content.milestones.clocks
    number = {state: sum(one.state == state for one in clocks) for state in ("occurred", "open", "unclear")}
    parts = [
        (number["occurred"], "{} occurred"),
        (number["open"], "{} had not"),
        (number["unclear"], f"{{}} {'was' if number['unclear'] == 1 else 'were'} unclear"),
        (len(clocks) - sum(number.values()), "nothing was known of {}"),
    ]
    told = listed(text.format(many) for many, text in parts if many)
    day = day_name(content.provenance.known_at)
    return f"Of {counted(len(clocks), 'milestone')} that the experts judged, as known on {day}: {told}."


def clock_likeliest(content: Content) -> str:
    """Say which open milestone is the likeliest within the first declared horizon, or nothing."""
    found = content.milestones.open
    if not found:
        return ""
    likeliest = max(found, key=lambda one: one.declared[0].probability)
    due, condition = likeliest.declared[0], "" if likeliest.state == "open" else ", if it has not happened yet"
    return (
        f"Of those not seen to have occurred, the likeliest by {month_name(due.month)} is "
        f"{likeliest.name}: {worded(content, due.probability)}{condition}."
    )


def clock_state(content: Content, one: Clock) -> str:
    """Say how a milestone stands, and what became of the experts' dates."""
    since = f", as of {day_name(one.day)}" if one.day else ""
    said = {
        "occurred": f"Occurred on {day_name(one.day) if one.day else 'an unknown day'}",
        "open": f"Not yet{since}",
        "unclear": f"Unclear{since}, so it counts for nothing",
        "not known": "Not known, so it counts for nothing",
    }[one.state]
    dates = _dates(content, one)
    return f"{said}; {dates}." if dates else f"{said}."


def _dates(content: Content, one: Clock) -> str:
    past = [month for month in one.dates if one.state == "occurred" or month <= content.month]
    if not past:
        return ""
    several, told = len(past) > 1, listed(month_name(month) for month in past)
    noun = "dates" if several else "date"
    if one.state == "occurred":
        return f"the experts' {noun} {'were' if several else 'was'} {told}"
    return f"the experts' {noun}, {told}, {'have' if several else 'has'} passed"


def step(one: Step) -> str:
    """Say what became known of a milestone, and what the model does with it."""
    day = day_name(one.day)
    said = {"occurred": f"occurred on {day}", "not_yet": f"not yet, as of {day}", "unclear": f"unclear, as of {day}"}
    return f"Milestone {one.name}: {said[one.outcome]}; {_of_use(one)}."


def _of_use(one: Step) -> str:
    if not one.judged:
        return "the experts gave it no date, so it feeds nothing"
    if one.outcome == "unclear":
        return "it counts for nothing"
    months = counted(one.months, "month")
    if one.outcome == "occurred":
        return f"that month counts as reached and {months} before it as open"
    if not one.before:
        return f"{months} now {'counts' if one.months == 1 else 'count'} as open, all at once"
    more = one.months - one.before
    if more <= 0:
        return f"{months} {'counts' if one.months == 1 else 'count'} as open, {one.before} before"
    return f"{counted(more, 'month')} more now {'counts' if more == 1 else 'count'} as open, {one.months} in all"


def news_of_milestones(content: Content) -> str:
    """Say which judged milestones became known to have occurred or not, or nothing."""
    words = ("occurred", "not_yet")
    steps = [one for one in content.evidence.steps if one.judged and one.outcome in words]
    told = [f"{one.name} ({'occurred' if one.outcome == 'occurred' else _still_open(one)})" for one in steps]
    return f"Also new, of milestones: {listed(told)}." if told else ""


def _still_open(one: Step) -> str:
    more = one.months - one.before
    if not one.before:
        return f"not yet, for {counted(more, 'month')} at once"
    return f"not yet, for {counted(more, 'month')} more" if more > 0 else "not yet"


def clock_heads(content: Content) -> list[str]:
    """Return the declared horizons as heads of the table's columns."""
    declared = content.milestones.open[0].declared
    return [f"by {month_name(due.month)} ({duration(due.ahead)})" for due in declared]


def clock_experts(content: Content, one: Clock) -> list[str]:
    """Return the experts' dates with the chance to keep each, or what became of it."""
    if one.state == "occurred":
        return [f"{month_name(month)}: {'late' if one.day[:7] > month else 'kept'}" for month in one.dates if one.day]
    told = [f"{month_name(month)}: passed" for month in one.dates if month <= content.month]
    told += [
        f"{month_name(due.month)}: {worded(content, due.probability)}, {span(due.low, due.high)}" for due in one.named
    ]
    reached = {due.month for due in one.named}
    later = [month for month in one.dates if month > content.month and month not in reached]
    return told + [f"{month_name(month)}: beyond the forecast" for month in later]


def clock_done(one: Clock) -> str:
    """Say since when a milestone is reached."""
    return f"occurred on {day_name(one.day)}" if one.day else "occurred on an unknown day"


def clock_standing(content: Content) -> str:
    """Say what holds for every clock."""
    found = content.milestones
    learned = (
        f" {found.prior_only} of the {found.elicited} elicited chances behind the open ones are prior-only."
        if found.elicited
        else ""
    )
    return (
        "Reached means in a form that can be dated: steps that nobody could date are left out, so a clock stays "
        "below the experts' own words. "
        f"The chance per month is constant within a scenario and was elicited, not counted.{learned} "
        "A milestone that nobody saw is not the same as one that did not happen: where a state is unclear or not "
        "known, the clock says how likely it is from now on if it has not happened yet."
    )


def clock_about(content: Content, one: Clock) -> str:
    """Describe one milestone's picture for someone who cannot see it."""
    if not one.dues:
        return f"Drawn as done: {clock_done(one)}."
    told = [f"{percent(due.probability)} by {month_name(due.month)}" for due in one.dues]
    return f"The chance rises from 0 % in {month_name(content.month)} to {listed(told)}."
