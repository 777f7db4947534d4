"""A fit becomes a reviewer's dossier: each part answers a question that a sceptic asks."""

from dataclasses import replace
from functools import partial

from indicast.publish.dossier import (
    _alternatives,
    _calibration,
    _fit,
    _influence,
    _priors,
    _sampling,
    _speaking,
    _verdict,
)
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._judged import Dossier
from indicast.publish.dossier._one_run import require_one_run
from indicast.publish.dossier._page import render_dossier
from indicast.publish.dossier._parts import Made, Part, Progress, made_parts
from indicast.publish.dossier._section import Figure, Section, Table, Verdict, not_computed
from indicast.publish.dossier._write import Written, stands_whole, write_dossier

PARTS: tuple[Part, ...] = (
    Part("gates", _verdict.TITLE, _verdict.QUESTION, _verdict.verdict),
    Part("sampling", _sampling.TITLE, _sampling.QUESTION, _sampling.part),
    Part("fit", _fit.TITLE, _fit.QUESTION, _fit.part),
    Part("influence", _influence.TITLE, _influence.QUESTION, _influence.part),
    Part("calibration", _calibration.TITLE, _calibration.QUESTION, _calibration.part),
    Part(_priors.ID, _priors.TITLE, _priors.QUESTION, _priors.part),
    Part(_speaking.ID, _speaking.TITLE, _speaking.QUESTION, _speaking.part),
    Part(_alternatives.ID, _alternatives.TITLE, _alternatives.QUESTION, _alternatives.part),
)
"""Every part, in the order of the page."""

__all__ = [
    "PARTS",
    "Case",
    "Dossier",
    "Figure",
    "Made",
    "Part",
    "Progress",
    "Section",
    "Table",
    "Verdict",
    "Written",
    "made_parts",
    "not_computed",
    "render_dossier",
    "require_one_run",
    "stands_whole",
    "unhurried",
    "with_refits",
    "write_dossier",
]


def with_refits(parts: tuple[Part, ...], refits: int) -> tuple[Part, ...]:
    """Return parts of which the one on influence may make so many fits to the first months."""
    fitting = partial(_influence.part, refits=refits)
    return tuple(replace(one, make=fitting) if one.make is _influence.part else one for one in parts)


def unhurried(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return parts that take whatever time they need: every alternative is computed."""
    whole = partial(_alternatives.part, everything=True)
    return tuple(replace(one, make=whole) if one.make is _alternatives.part else one for one in parts)
