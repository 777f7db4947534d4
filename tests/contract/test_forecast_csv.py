"""forecast.csv of every model of this repository: columns, sums, clocks, floor, horizons and days."""

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


def open_milestones(framework):
    """Return all judged milestones but the first, which is taken to have occurred."""
    return list(dict.fromkeys(one.milestone for one in framework.judgements))[1:]


def clocks(rng, shape):
    """Return curves that start at 0 and never fall; the first one never leaves it, the last one jumps to 1."""
    steps = rng.gamma(0.1, size=shape)
    steps[..., 0] = 0.0
    steps[..., 0, :] = 0.0
    steps[..., -1, 1] = 1e9
    return -np.expm1(-steps.cumsum(axis=-1))


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
    if framework.events:
        acts = rng.poisson(0.4, (*size, len(ahead), len(framework.events)))
        arrays[names.EVENT_AHEAD] = ((*sample, names.AHEAD, names.EVENT_SERIES), acts)
        coords[names.EVENT_SERIES] = [one.id for one in framework.events]
    if framework.judgements:
        labels = coords[names.MILESTONE] = open_milestones(framework)
        curves = clocks(rng, (*size, len(labels), settings.longest + 1))
        arrays[names.MILESTONE_BY] = ((*sample, names.MILESTONE, names.HORIZON), curves)
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


def test_every_open_milestone_has_every_horizon_and_closed_ones_none(table, framework):
    rows = table[table["target"] == "milestone"]
    assert list(dict.fromkeys(rows["item"])) == open_milestones(framework)
    assert set(rows["output_type"]) <= {"cdf"}
    months = list(range(1, framework.declaration.forecast.longest + 1))
    for _, curve in rows.groupby("item"):
        assert curve["horizon"].tolist() == months
        assert curve["output_type_id"].tolist() == [str(month) for month in months]


def test_no_clock_falls_or_is_certain(table, framework):
    floor, rows = framework.declaration.forecast.floor, table[table["output_type"] == "cdf"]
    for _, curve in rows.groupby("item"):
        assert (np.diff(curve["value"]) >= 0.0).all()
        assert curve["value"].between(floor, 1.0 - floor).all()


def test_clocks_are_means_over_draws(table, tree, framework):
    means = tree["predictions"].to_dataset().mean((names.CHAIN, names.DRAW))
    floor, rows = framework.declaration.forecast.floor, table[table["target"] == "milestone"]
    for item, horizon, value in rows[["item", "horizon", "value"]].itertuples(index=False):
        mean = float(means[names.MILESTONE_BY].sel({names.MILESTONE: item, names.HORIZON: horizon}))
        assert value == pytest.approx(min(max(mean, floor), 1 - floor), abs=1e-12)


def test_counts_and_acts_have_quantiles_for_every_month_ahead(table, framework):
    rows = table[table["target"] == "count"]
    assert set(rows["item"]) == {one.id for one in (*framework.counts, *framework.events)}
    wanted = {
        (one, h) for one in set(rows["item"]) for h in range(1, framework.declaration.forecast.predictive_months + 1)
    }
    assert set(rows[["item", "horizon"]].itertuples(index=False, name=None)) == wanted
    assert (rows["value"] >= 0).all()


def test_a_run_without_open_milestones_has_no_clocks(tree, framework):
    predictions = tree["predictions"].to_dataset().drop_dims(names.MILESTONE, errors="ignore")
    closed = xr.DataTree.from_dict({"/predictions": predictions})
    closed.attrs = dict(tree.attrs)
    found = forecast_table(closed, framework)
    assert "milestone" not in set(found["target"])
    assert set(found["target"]) >= {"scenario", "direction"}


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
