"""forecast.csv of every model of this repository: columns, sums, floor, horizons and days."""

import calendar
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicast import names
from indicast.forecast import COLUMNS, forecast_table
from indicast.publish import write_table
from indicast.workspace import load_framework, model_names

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=model_names(ROOT))
def framework(request):
    return load_framework(ROOT, request.param)


def simplex(rng, shape):
    """Return skewed probabilities, some of them far below any floor."""
    weights = rng.gamma(0.2, size=shape) + 1e-12
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def tree(framework):
    rng, settings = np.random.default_rng(3), framework.declaration.forecast
    size = (2, 3)
    ahead = np.arange(1, settings.predictive_months + 1)
    probability = simplex(rng, (*size, settings.longest + 1, len(framework.scenarios)))
    probability[:, :, :, -1] = 0.0
    probability[:, :, :, 0] += 1.0 - probability.sum(axis=-1)
    direction = simplex(rng, (*size, len(ahead), len(framework.indicators), 3))
    sample = (names.CHAIN, names.DRAW)
    arrays = {
        "scenario_probability": ((*sample, names.HORIZON, names.SCENARIO), probability),
        "direction_ahead": ((*sample, names.AHEAD, names.INDICATOR, names.DIRECTION), direction),
    }
    coords = {
        names.HORIZON: np.arange(settings.longest + 1),
        names.SCENARIO: list(framework.scenarios),
        names.AHEAD: ahead,
        names.INDICATOR: list(framework.indicators),
        names.DIRECTION: list(framework.declaration.directions),
    }
    if framework.counts:
        counts = rng.poisson(1.3, (*size, len(ahead), len(framework.counts)))
        arrays["count_ahead"] = ((*sample, names.AHEAD, names.COUNTED), counts)
        coords[names.COUNTED] = [one.id for one in framework.counts]
    made = xr.DataTree.from_dict({"/predictions": xr.Dataset(arrays, coords=coords)})
    made.attrs = {"as_of": "2023-12", "known_at": "2024-01-05"}
    return made


@pytest.fixture(scope="module")
def written(framework, tree, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "forecast.csv"
    write_table(path, forecast_table(tree, framework))
    return path


@pytest.fixture(scope="module")
def table(written):
    return pd.read_csv(written, dtype={"item": str, "output_type_id": str}, keep_default_na=False)


def test_columns_follow_the_convention(table):
    assert tuple(table.columns) == COLUMNS
    assert set(table["target"]) <= {"scenario", "direction", "count", "milestone"}
    assert set(table["output_type"]) <= {"pmf", "quantile", "cdf", "mean"}


def test_lines_end_as_on_unix(written):
    content = written.read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"\n")


def test_probabilities_still_sum_to_one_after_reading(table):
    pmf = table[table["output_type"] == "pmf"]
    sums = pmf.groupby(["target", "item", "horizon"])["value"].sum()
    assert np.abs(sums - 1.0).max() < 1e-9


def test_nothing_published_lies_below_the_floor(table, framework):
    values = table.loc[table["output_type"] == "pmf", "value"]
    assert values.min() >= framework.declaration.forecast.floor
    assert values.max() < 1.0


def test_every_digit_survives_reading(table, tree, framework):
    made = forecast_table(tree, framework)
    assert (table["value"].to_numpy() == made["value"].to_numpy()).all()


def test_scenarios_have_every_horizon(table, framework):
    scenario = table[table["target"] == "scenario"]
    longest = framework.declaration.forecast.longest
    assert sorted(scenario["horizon"].unique()) == list(range(longest + 1))
    for _, rows in scenario.groupby("horizon"):
        assert tuple(rows["output_type_id"]) == framework.scenarios


def test_days_are_the_last_of_their_month(table):
    assert set(table["reference_date"]) == {"2023-12-31"}
    assert set(table["known_at"]) == {"2024-01-05"}
    for horizon, day in table[["horizon", "target_end_date"]].drop_duplicates().itertuples(index=False):
        year, month = divmod(2023 * 12 + 11 + horizon, 12)
        assert day == f"{year}-{month + 1:02d}-{calendar.monthrange(year, month + 1)[1]:02d}"


def test_quantiles_rise(table):
    counted = table[table["output_type"] == "quantile"]
    for _, rows in counted.groupby(["item", "horizon"]):
        ordered = rows.assign(level=rows["output_type_id"].astype(float)).sort_values("level")
        assert ordered["value"].is_monotonic_increasing
