"""Indicators and experts taken out of a panel.

Invariant: nothing is left of them, and all of the others (``tests/unit/test_supposed.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from indicast.panel import NOT_LOOKED

if TYPE_CHECKING:
    from indicast.infer import PlainPanel
    from indicast.workspace import Framework


def silenced(panel: PlainPanel, framework: Framework, places: Sequence[int]) -> PlainPanel:
    """Return a panel in which nothing was seen of some indicators, nor looked for.

    Parameters
    ----------
    panel
        With or without what is supposed.
    framework
        Which series belong to which indicator.
    places
        Indices of the indicators.
    """
    ids = [framework.indicators[place] for place in places]
    changed = {"cell_used": panel.values("cell_used") & ~np.isin(panel.values("cell_indicator"), places)}
    changed["report_used"] = panel.values("report_used") & changed["cell_used"][:, None]
    for coverage, declared in (("count_coverage", framework.counts), ("event_coverage", framework.events)):
        gone = np.isin([one.id for one in declared], ids)
        changed[coverage] = np.where(gone, NOT_LOOKED, panel.values(coverage))
    for family in ("share", "level"):
        owner = [one.id for one in framework.declaration.indicators for own in one.series if own.family == family]
        mine = [place for place, name in enumerate(owner) if name in ids]
        changed[f"{family}_used"] = panel.values(f"{family}_used") & ~np.isin(panel.values(f"{family}_place"), mine)
    changed["silence_used"] = panel.values("silence_used") & ~np.isin(panel.values("silence_indicator"), places)
    return panel.assign(changed)


def without_rater(framework: Framework, panel: PlainPanel, raters: Sequence[str]) -> tuple[Framework, PlainPanel]:
    """Return a framework and a panel without the marks of some raters.

    The median mark of a cell, which sets how strongly its indicator may show, follows from those that are left.

    Parameters
    ----------
    framework
        Whose experts judged one by one.
    panel
        With their marks.
    raters
        Their ids; every cell keeps a mark.
    """
    table, given = framework.table, framework.table.ratings
    kept = ~np.isin(given.rater, [given.raters.index(name) for name in raters])
    left = replace(given, **{name: getattr(given, name)[kept] for name in ("rater", "indicator", "scenario", "mark")})
    marks = table.marks.copy()
    for cell in {*zip(left.indicator.tolist(), left.scenario.tolist(), strict=True)}:
        own = left.mark[(left.indicator == cell[0]) & (left.scenario == cell[1])]
        marks[cell] = int(np.trunc(np.median(own)))
    other = replace(framework, table=replace(table, marks=marks, ratings=left))
    if "rating_mark" not in panel:
        return other, panel
    return other, panel.assign({"mark": marks, "rating_mark": left.mark})
