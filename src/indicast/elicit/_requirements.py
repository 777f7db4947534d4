"""What ``hyperparameters.toml`` must hold for a framework, and the labels of every dim.

Invariant: an entry is required exactly if the model uses it, so that no number in the file
is dead (``tests/unit/test_priors.py``).
"""

from __future__ import annotations

from indicast import names
from indicast.workspace import FAMILIES, Framework, Needs

GRADES = ("A", "B", "C", "D", "E", "F")
"""Reliability letters of the Admiralty scale; F means that it cannot be judged."""
ALWAYS = Needs(
    {
        names.INITIAL: ((names.SCENARIO,), "simplex"),
        names.DWELL: ((names.SCENARIO,), "positive"),
        names.EXIT: ((names.SCENARIO, names.DESTINATION), "simplex"),
        names.PERSISTENCE: ((), "unit"),
        names.GLOBAL_SCALE: ((), "positive"),
        names.GROUP_SCALE: ((names.GROUP,), "positive"),
        names.TILT_MEAN: ((), "real"),
        names.TILT_SCALE: ((), "positive"),
        names.STRENGTH_BASE: ((), "positive"),
        names.THRESHOLD: ((), "positive"),
        names.FLAT_NEWS_MEAN: ((), "real"),
        names.FLAT_NEWS_SCALE: ((), "positive"),
        names.RELIABILITY: ((names.GRADE,), "unit"),
        names.SLANT_SHARES: ((names.SLANT, names.DIRECTION), "simplex"),
        names.MARKS_OF_PRESENT: ((), "unit"),
    },
    (
        "strength_floor",
        "strength_sd",
        "claim_factor",
        "credibility_steps",
        "mark_if_present",
        "mark_if_support",
        "lite_correlation",
    ),
)
WITH_RATINGS = Needs(
    {names.SHARED_ERROR_SCALE: ((), "positive")},
    ("rating_spacing", "rating_cut", "rater_scale_sd", "rater_lean_sd", "country_error_sd"),
)


def requirements(framework: Framework) -> Needs:
    """Return the priors and constants that a framework's families ask for.

    Examples
    --------
    >>> sorted(FAMILIES["level"].priors)
    ['drift', 'level_scale']
    """
    needs = [ALWAYS, *(FAMILIES[name] for name in framework.families)]
    needs += [WITH_RATINGS] if len(framework.table.ratings) else []
    priors = {name: shape for one in needs for name, shape in one.priors.items()}
    if not any(judgement.shared for judgement in framework.judgements):
        priors.pop(names.MILESTONE_SHIFT, None)
    return Needs(priors, tuple(name for one in needs for name in one.constants))


def coordinates(framework: Framework) -> dict[str, tuple[str, ...]]:
    """Return the labels of every dim that a prior may have."""
    declaration = framework.declaration
    return {
        names.SCENARIO: framework.scenarios,
        names.DESTINATION: tuple(str(rank) for rank in range(len(framework.scenarios) - 1)),
        names.INDICATOR: framework.indicators,
        names.GROUP: framework.groups,
        names.COUNTED: tuple(indicator.id for indicator in framework.counts),
        names.EVENT_SERIES: tuple(indicator.id for indicator in framework.events),
        names.SHARE_SERIES: framework.series("share"),
        names.LEVEL_SERIES: framework.series("level"),
        names.MILESTONE: tuple(dict.fromkeys(judgement.milestone for judgement in framework.judgements)),
        names.SHARED_MILESTONE: tuple(one.milestone for one in framework.judgements if one.shared),
        names.JUDGEMENT: tuple(judgement.label for judgement in framework.judgements),
        names.DIRECTION: declaration.directions,
        names.GRADE: GRADES,
        names.SLANT: tuple(rule.id for rule in declaration.slants),
        names.COVERAGE: declaration.looked,
        names.CALENDAR_MONTH: tuple(str(month) for month in range(1, 13)),
        names.RATER: framework.table.ratings.raters,
        names.COUNTRY: framework.table.ratings.countries,
    }
