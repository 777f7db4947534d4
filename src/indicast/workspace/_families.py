"""The emission families: what each asks of a workspace before its mathematics is run.

Invariant: a family that is registered here has a module of its own name in
``generative`` with everything else about it, and the other way round
(``tests/contract/test_families.py``). To add one: write that module and an entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from indicast import names

Shape = tuple[tuple[str, ...], str]
"""Dims of a prior, outermost first, and its support: real, positive, unit or simplex."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a family asks for.

    Attributes
    ----------
    priors
        Entries under ``priors`` in ``hyperparameters.toml``, with dims and support.
    constants
        Entries under ``constants``.
    """

    priors: Mapping[str, Shape] = field(default_factory=dict)
    constants: tuple[str, ...] = ()


FAMILIES: Final[Mapping[str, Needs]] = {
    "direction": Needs(),
    "count": Needs(
        {
            names.GROWTH: ((names.COUNTED, names.SCENARIO), "real"),
            names.OVERDISPERSION: ((names.COUNTED,), "positive"),
            names.DETECTION: ((names.COVERAGE,), "unit"),
            names.SEASON: ((names.COUNTED, names.CALENDAR_MONTH), "real"),
            names.PEAK: ((names.COUNTED,), "real"),
        },
        ("reference_rate", "reference_weight_months", "reference_window_months", "growth_years"),
    ),
    "event": Needs(
        {
            names.EVENT_RATE: ((names.EVENT_SERIES, names.SCENARIO), "positive"),
            names.EVENT_BACKGROUND: ((names.EVENT_SERIES,), "positive"),
            names.LEDGER_DENSITY: ((names.EVENT_SERIES,), "positive"),
            names.EVENT_DETECTION: ((names.COVERAGE,), "unit"),
        }
    ),
    "share": Needs(
        {
            names.SHARE_CENTRE: ((names.SHARE_SERIES, names.SCENARIO), "unit"),
            names.HOUSE_EFFECT: ((names.SHARE_SERIES,), "real"),
            names.SHARE_SCALE: ((names.SHARE_SERIES,), "positive"),
        }
    ),
    "level": Needs(
        {
            names.DRIFT: ((names.LEVEL_SERIES, names.SCENARIO), "real"),
            names.LEVEL_SCALE: ((names.LEVEL_SERIES,), "positive"),
        },
        ("level_tail",),
    ),
    "milestone": Needs(
        {
            names.MILESTONE_CLARITY: ((names.MILESTONE,), "unit"),
            names.MILESTONE_SHIFT: ((names.SHARED_MILESTONE, names.SCENARIO), "real"),
        },
        ("milestone_words",),
    ),
    "withheld": Needs({names.PUBLISH_BASE: ((), "real"), names.PUBLISH_EMBARRASSED: ((), "real")}),
}
"""Families by name, in the order in which their evidence is added up."""

STREAMS: Final = ("level", "share", "count", "event", "direction")
"""Families that ledger rows feed, in the order in which they may take a row."""
