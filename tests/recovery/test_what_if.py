"""A saved posterior, weighed, says what a fit to the longer ledger says.

The fit with more rows has draws of its own, so the difference has the Monte Carlo errors of both. The
rows are of months apart and of several indicators, so that parameters, shocks and months in between are moved,
not only the last month.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicast import names
from indicast.explain import what_if
from indicast.forecast import headlines
from indicast.panel import build_panel, vintage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flagship")]
ENOUGH = 4.0
ROWS = {"2024-08-14": 0, "2024-10-23": 2, "2024-11-05": 4, "2024-11-26": 6, "2024-12-04": 1, "2024-12-12": 3}
"""Days of the rows, and the place of each row's indicator among those that are reported on."""


@pytest.fixture(scope="module")
def longer(flagship):
    """The flagship's ledger with invented reports that all point to the last of the three directions."""
    desk = flagship.desk
    last, word = desk.ledger.observations.iloc[-1].to_dict(), desk.framework.declaration.directions[2]
    rows = [
        last
        | {"event_date": pd.Timestamp(day), "known_date": pd.Timestamp(day), "end_date": pd.NaT, "kind": "event"}
        | {
            "unit": "",
            "value": "",
            "direction": word,
            "reliability": "A",
            "credibility": "1",
            "origin_id": day,
            "record_id": day,
        }
        | {"indicator": desk.framework.directed[place].id}
        for day, place in ROWS.items()
    ]
    added = pd.DataFrame(rows, index=desk.ledger.observations.index.max() + 1 + np.arange(len(rows)))
    return replace(desk.ledger, observations=pd.concat([desk.ledger.observations, added]))


def test_weighed_draws_agree_with_a_fit_to_the_longer_ledger(flagship, longer):
    desk = flagship.desk
    when = vintage(desk.ledger, "2024-12")
    found = what_if(desk.framework, desk.hyperparameters, flagship.run.tree, desk.ledger, longer, when, seed=1)
    panel = build_panel(desk.framework, desk.hyperparameters, longer, when)
    again = flagship.sampler.fit(panel, replace(desk.settings, seed=desk.settings.seed + 1), progress=False)
    last = headlines(again["posterior"].to_dataset()[names.FILTERED].isel(time=-1), 0.5)
    mean, error = np.array([one.mean for one in last]), np.array([one.mcse for one in last])
    assert found.trusted
    off = np.abs(found.after - mean) / np.hypot(found.after_mcse, error)
    assert (off < ENOUGH).all(), off
    # What the rows say is far beyond that tolerance: probabilities that stayed as they were would fail.
    still = np.abs(found.before - mean) / np.hypot(found.before_mcse, error)
    assert still.max() > ENOUGH, still
