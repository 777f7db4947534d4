"""``--observe`` in words becomes an observation that is supposed.

``indicator=value@YYYY-MM[-DD][:GRADE][:kind][:slant]``, or ``milestone=outcome@YYYY-MM``. Invariant: what cannot be
meant is refused with what is allowed and the nearest name, and nothing is guessed but defaults that the answer tells
(``tests/contract/test_whatif.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NoReturn

from indicast.cli._asking import nearest
from indicast.cli._jobs import month_named
from indicast.errors import DataError
from indicast.explain import Supposed, milestones_judged
from indicast.panel import last_day
from indicast.workspace import month_index, shown

if TYPE_CHECKING:
    from indicast.workspace import Framework, Indicator

FORM = "write indicator=value@YYYY-MM, for example {example}=+1@2025-01:B"
GRADE = re.compile(r"[A-F][1-6]?")
NUMBER = re.compile(r"\+?[0-9]{1,12}(\.[0-9]{1,6})?")
WHOLE = re.compile(r"\+?[0-9]{1,3}")
SIGNS = {"-1": -1, "0": 0, "+1": 1, "1": 1}
KINDS = ("event", "claim", "count", "level", "share", "denial")
"""What may be said, the first that feeds the model being taken where nothing is said of it."""
OUTCOMES = ("occurred", "not_yet", "unclear")
ACT = "event"
WHOLE_SHARE = 100.0
"""Per cent."""


def supposed(framework: Framework, texts: Sequence[str], last: int) -> tuple[Supposed, ...]:
    """Return what is supposed, in words.

    Parameters
    ----------
    framework
        Whose words they are.
    texts
        One for each ``--observe``.
    last
        The last month that may be named, in months since year 0.

    Raises
    ------
    DataError
        If one cannot be meant, or two contradict each other.
    """
    found = tuple(Words(framework, text, last).read() for text in texts)
    once = [(one.label, one.time if one.what == "count" else 0) for one in found if one.what in ("count", "outcome")]
    for label, _ in {key for key in once if once.count(key) > 1}:
        message = f"--observe: {label} is supposed twice; a count of a month and an outcome are one each"
        raise DataError(message)
    return found


class Words:
    """One ``--observe``, taken apart."""

    def __init__(self, framework: Framework, text: str, last: int) -> None:
        self.framework, self.text, self.last = framework, text, last
        self.label, given, rest = (part.strip() for part in text.partition("="))
        value, at, tail = (part.strip() for part in rest.rpartition("@"))
        self.value, (self.when, *self.further) = value, [part.strip() for part in tail.split(":")]
        if not (given and at and self.label and value):
            self._refuse(FORM.format(example=framework.indicators[0]))

    def read(self) -> Supposed:
        """Return what is meant."""
        time, day = self._month()
        if self.label in milestones_judged(self.framework):
            return replace(self._outcome(time), day=day)
        meant = self._meant(self._indicator(), *self._further())
        return replace(meant, time=time, day=day)

    def _refuse(self, remedy: str) -> NoReturn:
        message = f"--observe {shown(self.text)}: {remedy}"
        raise DataError(message) from None

    def _month(self) -> tuple[int, str]:
        """Return the month, counted from the first, and the day."""
        try:
            index = month_index(self.when[:7])
            day = date.fromisoformat(self.when) if len(self.when) > len("2025-01") else last_day(index)
        except ValueError:
            self._refuse(f"{shown(self.when)} is no month; write YYYY-MM or YYYY-MM-DD, for example 2025-01")
        first = self.framework.start_index
        if not first <= index <= self.last:
            said = f"{self.when[:7]} is outside the months that can be told: {month_named(first)} to"
            self._refuse(f"{said} {month_named(self.last)}")
        return index - first, day.isoformat()

    def _indicator(self) -> Indicator:
        declared = {one.id: one for one in self.framework.declaration.indicators}
        if self.label not in declared:
            self._refuse(self._unknown(declared))
        return declared[self.label]

    def _unknown(self, declared: Iterable[str]) -> str:
        judged = milestones_judged(self.framework)
        if self.label in {one.id for one in self.framework.declaration.milestones}:
            return f"milestone {self.label} is no evidence, for nobody judged it; judged are {_listed(judged)}"
        near = nearest(self.label, [*declared, *judged])
        return f"{shown(self.label)} is no indicator or milestone{near} there are {_listed(declared)}"

    def _further(self) -> tuple[str, str, str]:
        """Return grade, kind and slant, blank where nothing is said."""
        slants = [rule.id for rule in self.framework.declaration.slants]
        found = {"grade": "", "kind": "", "slant": ""}
        for word in self.further:
            part = "grade" if GRADE.fullmatch(word) else "kind" if word in KINDS else "slant" if word in slants else ""
            if not part or found[part]:
                allowed = f"a grade A to F with or without 1 to 6, a kind ({', '.join(KINDS)}) and a slant"
                self._refuse(f"{shown(word)} says nothing; behind the month stand {allowed} ({', '.join(slants)})")
            found[part] = word
        return found["grade"] or "B", found["kind"], found["slant"] or slants[-1]

    def _outcome(self, time: int) -> Supposed:
        judged = self.framework.judged_index - self.framework.start_index
        if self.value not in OUTCOMES:
            self._refuse(f"{shown(self.value)} is no outcome{nearest(self.value, OUTCOMES)} one of {_listed(OUTCOMES)}")
        if self.further:
            self._refuse("an outcome has no grade; leave out what stands behind the month")
        if time < judged:
            self._refuse(f"it was judged in {month_named(self.framework.judged_index)}; name that month or a later one")
        return Supposed("outcome", self.label, time, outcome=self.value)

    def _meant(self, declared: Indicator, grade: str, kind: str, slant: str) -> Supposed:
        """Return what a value of an indicator means."""
        base = Supposed("report", declared.id, 0, 0.0, grade[0], grade[1:] or "2", slant=slant)
        number, _, unit = self.value.partition(" ")
        if unit.strip() and NUMBER.fullmatch(number):
            return self._reading(declared, base, float(number), unit.strip(), kind)
        if "count" in declared.feeds and self._counts(declared):
            return replace(base, what="count", value=float(self.value), kind=kind or declared.feeds["count"][0])
        sign = self._sign(declared)
        if self.value == ACT:
            return self._act(declared, base)
        return self._report(declared, base, sign, kind)

    def _counts(self, declared: Indicator) -> bool:
        """Whether a value is a number of a month; refused if it is none and nothing else feeds the indicator."""
        whole = WHOLE.fullmatch(self.value) is not None
        if not (whole or "direction" in declared.feeds or declared.event_directions):
            self._refuse(f"{declared.id} is counted; write how many there were that month, 0 to 999")
        return whole

    def _sign(self, declared: Indicator) -> int:
        words = {word: place - 1 for place, word in enumerate(self.framework.declaration.directions)}
        sign = {**SIGNS, **words}.get(self.value, 0 if self.value == ACT else None)
        if sign is None:
            units = [unit for series in declared.series for unit in series.units]
            more = [f"{ACT!r}"] * bool(declared.event_directions) + [f"a number and {unit!r}" for unit in units]
            allowed = ", ".join(["+1, 0, -1", *words, *more])
            self._refuse(
                f"{shown(self.value)} is no value of {declared.id}{nearest(self.value, words)} allowed are {allowed}"
            )
        return sign

    def _act(self, declared: Indicator, base: Supposed) -> Supposed:
        if not declared.event_directions:
            self._refuse(f"no acts of {declared.id} are counted; write +1, 0 or -1")
        return replace(base, what="act", value=1.0, kind="event")

    def _report(self, declared: Indicator, base: Supposed, sign: int, kind: str) -> Supposed:
        word = self.framework.declaration.directions[sign + 1]
        fed = {one: declared.stream(one, "", word) for one in ([kind] if kind else KINDS)}
        hearing = {one: stream.family for one, stream in fed.items() if stream and stream.family != "count"}
        if not hearing:
            kinds = ", ".join(dict.fromkeys(one for own in declared.feeds.values() for one in own))
            said = f"no {kind or 'report'} of {declared.id} that is {word} feeds the model"
            self._refuse(f"{said}; kinds that do: {kinds}")
        first, family = next(iter(hearing.items()))
        if family == "event":
            return replace(base, what="act", value=1.0, kind=first)
        return replace(base, value=float(sign), kind=first)

    def _reading(self, declared: Indicator, base: Supposed, number: float, unit: str, kind: str) -> Supposed:
        fits = [one for one in declared.series if unit in one.units and (not kind or kind in one.kinds)]
        if not fits:
            units = [own for one in declared.series for own in one.units]
            near = nearest(unit, units)
            self._refuse(f"{declared.id} has no series in {shown(unit)}{near} units are {_listed(units)}")
        if not number > 0.0 or (fits[0].family == "share" and number >= WHOLE_SHARE):
            allowed = "between 0 and 100" if fits[0].family == "share" else "above 0"
            self._refuse(f"{self.value} says nothing; write a number {allowed}")
        return replace(base, what=fits[0].family, value=number, unit=unit, kind=kind or fits[0].kinds[0])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
