"""``forecast.csv``: tidy rows in the hubverse model-output convention.

Invariant: every pmf sums to one within 1e-9, no cdf falls, and nothing published is 0 or 1
(``tests/contract/test_forecast_csv.py``).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.forecast._horizons import SAMPLE, floored
from indicast.forecast._milestones import published_clocks
from indicast.panel import last_day
from indicast.workspace import Framework, month_index

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

COLUMNS = (
    "model_id",
    "reference_date",
    "known_at",
    "target",
    "item",
    "horizon",
    "target_end_date",
    "output_type",
    "output_type_id",
    "value",
)
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
Row = tuple[str, str, int, str, str, float]


def forecast_table(tree: xr.DataTree, framework: Framework) -> pd.DataFrame:
    """Return the published forecast of a run.

    Parameters
    ----------
    tree
        A fit with its ``predictions`` group.
    framework
        Declares the floor.

    Returns
    -------
    table
        Columns :data:`COLUMNS`; targets ``scenario`` (pmf, horizon in months),
        ``milestone`` (cdf, for those that have not occurred), ``direction`` (pmf) and
        ``count`` (quantiles, of counts and of acts).
    """
    import pandas as pd

    predictions, floor = tree["predictions"].to_dataset(), framework.declaration.forecast.floor
    rows = _scenario_rows(predictions, floor) + _milestone_rows(predictions, floor)
    rows += _direction_rows(predictions, framework) + _count_rows(predictions)
    index = month_index(tree.attrs["as_of"])
    fixed = (framework.id, last_day(index).isoformat(), tree.attrs["known_at"])
    return pd.DataFrame([(*fixed, *_dated(row, index)) for row in rows], columns=list(COLUMNS))


def _dated(row: Row, index: int) -> tuple[str, str, int, date, str, str, float]:
    target, item, horizon, kind, label, value = row
    return target, item, horizon, last_day(index + horizon), kind, label, value


def _scenario_rows(predictions: xr.Dataset, floor: float) -> list[Row]:
    mean = predictions["scenario_probability"].mean(SAMPLE)
    values = floored(mean.to_numpy(), floor)
    labels = [str(label) for label in mean[names.SCENARIO].to_numpy()]
    return [
        ("scenario", "", int(h), "pmf", label, float(p))
        for h, row in zip(mean[names.HORIZON].to_numpy(), values, strict=True)
        for label, p in zip(labels, row, strict=True)
    ]


def _milestone_rows(predictions: xr.Dataset, floor: float) -> list[Row]:
    clocks = published_clocks(predictions, floor)
    return [
        ("milestone", str(label), int(h), "cdf", f"{h}", float(p))
        for label, curve in zip(clocks[names.MILESTONE].to_numpy(), clocks.to_numpy(), strict=True)
        for h, p in zip(clocks[names.HORIZON].to_numpy(), curve, strict=True)
    ]


def _direction_rows(predictions: xr.Dataset, framework: Framework) -> list[Row]:
    floor = framework.declaration.forecast.floor
    reported = [one.id for one in framework.directed]
    mean = predictions["direction_ahead"].sel({names.INDICATOR: reported}).mean(SAMPLE)
    words = [str(word) for word in mean[names.DIRECTION].to_numpy()]
    return [
        ("direction", str(indicator), int(h), "pmf", word, float(p))
        for h in mean[names.AHEAD].to_numpy()
        for indicator in mean[names.INDICATOR].to_numpy()
        for word, p in zip(
            words, floored(mean.sel({names.AHEAD: h, names.INDICATOR: indicator}).to_numpy(), floor), strict=True
        )
    ]


def _count_rows(predictions: xr.Dataset) -> list[Row]:
    tallies = (("count_ahead", names.COUNTED), (names.EVENT_AHEAD, names.EVENT_SERIES))
    return [row for name, dim in tallies if name in predictions for row in _quantile_rows(predictions[name], dim)]


def _quantile_rows(ahead: xr.DataArray, dim: str) -> list[Row]:
    ends = ahead.quantile(np.array(QUANTILES), dim=SAMPLE)
    return [
        (
            "count",
            str(label),
            int(h),
            "quantile",
            f"{q:g}",
            float(ends.sel({"quantile": q, names.AHEAD: h, dim: label})),
        )
        for h in ends[names.AHEAD].to_numpy()
        for label in ends[dim].to_numpy()
        for q in QUANTILES
    ]
