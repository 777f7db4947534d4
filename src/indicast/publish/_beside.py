"""What a month publishes in its manifest beside the numbers of ``forecast.csv``: intervals, and states of milestones.

Invariant: an interval is made of quantiles of the very draws whose mean stands in ``forecast.csv``, and is the one
that the report states (``tests/contract/test_site.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.forecast import standings

if TYPE_CHECKING:
    from indicast.infer import Run
    from indicast.workspace import Framework

SAMPLE = (names.CHAIN, names.DRAW)
DIGITS = 6
"""Of a probability; its Monte Carlo error is a thousand times larger."""


def intervals(framework: Framework, run: Run) -> dict[str, object]:
    """Return the mass of the intervals and, for each scenario, low and high by horizon 0, 1, ... months."""
    settings, scenarios = framework.declaration.forecast, list(framework.scenarios)
    draws = run.tree["predictions"].to_dataset()["scenario_probability"].sel({names.SCENARIO: scenarios})
    tail = (1.0 - settings.interval) / 2.0
    edges = draws.quantile([tail, 1.0 - tail], dim=SAMPLE).transpose(names.SCENARIO, names.HORIZON, "quantile")
    values = np.clip(edges.to_numpy(), settings.floor, 1.0 - settings.floor).round(DIGITS)
    return {"mass": settings.interval, "scenario": dict(zip(scenarios, values.tolist(), strict=True))}


def milestone_states(framework: Framework, run: Run) -> dict[str, dict[str, str]]:
    """Return how each judged milestone stands, and the ISO day from which that is known or blank, by its id."""
    if not framework.judgements:
        return {}
    return {
        one.milestone: {"state": one.state, "day": one.day.isoformat() if one.day else ""}
        for one in standings(run.tree)
    }
