"""The parts of a dossier, run one after the other.

Invariant: a part that raises an error with a remedy stands as not computed, whatever was computed before it,
and so does one whose numbers or pictures break their contract (``tests/contract/test_dossier.py``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.errors import IndicastError
from indicast.publish.dossier._section import Section, not_computed
from indicast.publish.dossier._sound import require_sound

if TYPE_CHECKING:
    from indicast.publish.dossier._case import Case


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it stands before it is computed.

    Attributes
    ----------
    id, title, question
        As those of the section, for when an error stands in its place.
    make
        Turns the case into the section.
    """

    id: str
    title: str
    question: str
    make: Callable[[Case], Section]


@dataclass(frozen=True, slots=True)
class Made:
    """A section, and the seconds that it took."""

    section: Section
    seconds: float


Progress = Callable[[Made], None]
"""Told of each part as soon as it is made."""


def made_parts(case: Case, parts: Sequence[Part], progress: Progress) -> tuple[Made, ...]:
    """Return the sections of a case, in the order of the parts."""
    done = []
    for part in parts:
        began = time.perf_counter()
        section = _section(case, part)
        done.append(Made(section, time.perf_counter() - began))
        progress(done[-1])
    return tuple(done)


def _section(case: Case, part: Part) -> Section:
    try:
        section = part.make(case)
        require_sound(section)
    except IndicastError as error:
        return not_computed(part.id, part.title, part.question, _placeless(error, case))
    return section


def _placeless(error: IndicastError, case: Case) -> IndicastError:
    """Return an error that names files from the workspace on, so that every machine writes the same page."""
    return type(error)(str(error).replace(f"{case.framework.root}/", ""))
