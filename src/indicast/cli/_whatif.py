"""``indicast whatif``: what the probabilities would be had something else been observed, said or left out.

Invariant: no number is told that rests on weights which cannot be trusted; nothing is written but a file of draws that
the run lacks, and neither PyMC nor ArviZ is imported before a refit is asked for (``tests/contract/test_whatif.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast.cli._asked_run import Asked, Opened, open_run
from indicast.cli._asking import nearest
from indicast.cli._jobs import month_named
from indicast.errors import DataError, MissingError
from indicast.workspace import month_index, shown

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.explain import Known, Question, Supposed, WhatIf

LETTERS = "ABCDEF"
ADDRESS = "observations.csv:"


@dataclass(frozen=True, eq=False)
class Told:
    """An answer with what it was asked: months, words and how it was found."""

    opened: Opened
    as_of: str
    supposed: tuple[str, ...]
    drivers: tuple[str, ...]
    found: WhatIf
    refitted: bool
    divergences: int = 0
    marks_left_out: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer to tell."""
        return self.refitted or self.found.trusted


def whatif(options: Shared, model: str, asked: Asked) -> bool:
    """Tell what would be had something else been observed.

    Parameters
    ----------
    options
        Shared options.
    model
        Name of the model.
    asked
        What is supposed.

    Returns
    -------
    answered
        Whether the run could tell.
    """
    from indicast.cli import _whatif_text
    from indicast.cli._supposing import supposed

    if not any((asked.observe, asked.without, asked.grades, asked.indicators, asked.raters)):
        message = f"nothing is supposed; give --observe, for example 'indicast whatif {model} --observe ID=+1@YYYY-MM'"
        raise DataError(message)
    opened = open_run(options, model, asked)
    observations = supposed(opened.framework, asked.observe, opened.last)
    as_of = _month(opened, asked, observations)
    run = _known(opened, as_of)
    question = _question(opened, run, asked, observations, as_of)
    told = _told(opened, run, question, as_of, asked)
    _whatif_text.tell(told)
    return told.answered


def _month(opened: Opened, asked: Asked, observations: Sequence[Supposed]) -> str:
    """Return the month to describe: the one asked for, or the run's, or the latest one supposed to be known."""
    start = opened.framework.start_index
    latest = max([start + one.time for one in observations], default=0)
    month = max(month_index(asked.as_of or str(opened.manifest["as_of"])), 0 if asked.as_of else latest)
    if latest > month:
        message = f"--as-of {asked.as_of} comes before what is supposed; ask for {month_named(latest)} or later"
        raise DataError(message)
    if month > opened.last:
        message = (
            f"--as-of {asked.as_of} is too far ahead of {opened.id}; ask for {month_named(opened.last)} or earlier"
        )
        raise DataError(message)
    return month_named(month)


def _known(opened: Opened, as_of: str) -> Known:
    from indicast.explain import known, months_after

    later = months_after(opened.framework, opened.drawn.filtered.shape[1], as_of)
    rng = np.random.default_rng(opened.seed)
    return known(opened.drawn, opened.framework, opened.hyperparameters, later, rng)


def _question(opened: Opened, run: Known, asked: Asked, observations: tuple[Supposed, ...], as_of: str) -> Question:
    from indicast.explain import Otherwise, Question, panel_otherwise

    framework = opened.framework
    readings = tuple(one for one in observations if one.what in ("share", "level"))
    otherwise = Otherwise(_lines(opened, asked.without), _grades(opened, asked.grades), readings)
    panel = run.panel
    if otherwise:
        panel = panel_otherwise(framework, opened.hyperparameters, opened.view, as_of, otherwise)
    places = tuple(_place("--drop-indicator", one, framework.indicators) for one in dict.fromkeys(asked.indicators))
    return Question(panel, observations, places, _raters(opened, asked.raters))


def _lines(opened: Opened, names: Iterable[str]) -> tuple[int, ...]:
    return tuple(_line(opened, name) for name in dict.fromkeys(names))


def _line(opened: Opened, name: str) -> int:
    """Return the line of a row that stood, named by its id, the beginning of it, or its place in the file."""
    rows = opened.view.observations
    exact = rows["record_id"] == name
    begun = exact if exact.any() else rows["record_id"].str.startswith(name or " ")
    found = (
        rows.index[rows.index.astype(str) == name.removeprefix(ADDRESS)]
        if name.startswith(ADDRESS)
        else rows.index[begun]
    )
    if len(found) == 1:
        return int(found[0])
    model = opened.framework.id
    if len(found):
        ids = ", ".join(rows.loc[found, "record_id"].head(5))
        message = f"--without: {len(found)} rows begin with {shown(name)}: {ids}; give more of it, or {ADDRESS}LINE"
        raise DataError(message)
    message = (
        f"--without: no row {shown(name)} stood on {opened.known_at}; 'indicast observe list {model} --known-at "
        f"{opened.known_at}' lists those that did"
    )
    raise MissingError(message)


def _grades(opened: Opened, texts: Iterable[str]) -> dict[str, str]:
    rows, others = opened.view.observations, opened.view.corroboration
    heard = sorted({*rows["source_id"], *others["corroborating_source_id"]})
    found: dict[str, str] = {}
    for text in texts:
        source, _, letter = (part.strip() for part in text.partition("="))
        if letter not in tuple(LETTERS):
            message = f"--grade {shown(text)}: write SOURCE=LETTER with a letter A to F, for example {heard[0]}=C"
            raise DataError(message)
        if source not in heard:
            near = nearest(source, heard)
            message = f"--grade: no row of source {shown(source)} stood{near} 'indicast observe list' tells them"
            raise DataError(message)
        found[source] = letter
    return found


def _place(option: str, name: str, known: Sequence[str]) -> int:
    if name in known:
        return list(known).index(name)
    message = f"{option}: {shown(name)} is unknown{nearest(name, known)} there are {', '.join(known)}"
    raise DataError(message)


def _raters(opened: Opened, names: Iterable[str]) -> tuple[str, ...]:
    """Return the experts that are left out; every cell keeps one."""
    wanted, given = tuple(dict.fromkeys(names)), opened.framework.table.ratings
    if wanted and not len(given):
        message = (
            f"--drop-rater: the table of {opened.framework.id} is one judgement that its experts agreed on, so none of "
            f"them can be left out; marks of each of them in table.csv would allow it"
        )
        raise DataError(message)
    if wanted and not opened.framework.marked:
        message = f"--drop-rater: {opened.id} starts without the marks, so that no expert moves anything"
        raise DataError(message)
    places = [_place("--drop-rater", name, given.raters) for name in wanted]
    gone = np.isin(given.rater, places)
    cells = list(zip(given.indicator.tolist(), given.scenario.tolist(), strict=True))
    if bare := {*cells} - {cell for cell, left in zip(cells, ~gone, strict=True) if left}:
        indicator, scenario = min(bare)
        where = f"{opened.framework.indicators[indicator]} under {opened.framework.scenarios[scenario]}"
        message = f"--drop-rater: nobody else judged {where}; leave out fewer experts"
        raise DataError(message)
    return wanted


def _told(opened: Opened, run: Known, question: Question, as_of: str, asked: Asked) -> Told:
    from indicast.cli._whatif_text import in_words
    from indicast.explain import ask, refit

    left = opened.view.observations.loc[list(_lines(opened, asked.without))]
    words = in_words(opened, question, asked, left["record_id"].tolist())
    about = {one.label for one in question.observations} | {*left["indicator"], *asked.indicators}
    drivers = tuple(one.name for one in opened.framework.declaration.indicators if one.driver and one.id in about)
    if not asked.refit:
        unheard = bool(question.indicators) and opened.framework.marked
        return Told(opened, as_of, words, drivers, ask(run, question, as_of), refitted=False, marks_left_out=unheard)
    from indicast.cli._jobs import settings_of

    settings = settings_of(opened.framework, opened.options, None)
    step = opened.framework.declaration.padding.months
    months = max(int(opened.manifest["padded"].get("months", 0)), step * math.ceil(run.panel.sizes["time"] / step))
    found, divergences = refit(run, question, as_of, settings, months)
    return Told(opened, as_of, words, drivers, found, refitted=True, divergences=divergences)
