"""Two runs of one posterior lie within Monte Carlo error of each other, and two of different ones do not."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicast.forecast import beyond, monte_carlo_distances

pytestmark = pytest.mark.unit

SIZE = (4, 500)
PLACES = [("scenario", "", 0, "pmf", "more"), ("scenario", "", 0, "pmf", "less")]
PLACES += [("milestone", "treaty", 2, "cdf", "2"), ("direction", "tone", 1, "pmf", "up")]
PLACES += [("count", "visits", 1, "quantile", f"{q:g}") for q in (0.1, 0.5, 0.9)]
COLUMNS = ["target", "item", "horizon", "output_type", "output_type_id"]


def tree(seed, top=0.6, rate=4.0):
    rng, sample = np.random.default_rng(seed), ("chain", "draw")
    chance = np.clip(top + 0.1 * rng.standard_normal(SIZE), 0.0, 1.0)[:, :, None]
    states = np.stack([chance, 1.0 - chance], axis=-1)
    by = np.stack([np.zeros_like(chance), chance / 2, chance], axis=-1)
    predictions = xr.Dataset(
        {
            "scenario_probability": ((*sample, "horizon0", "scenario"), states),
            "milestone_by": ((*sample, "milestone", "horizon"), by),
            "direction_ahead": ((*sample, "ahead", "indicator", "direction"), states[:, :, :, None]),
            "count_ahead": ((*sample, "ahead", "counted"), rng.poisson(rate, (*SIZE, 1, 1))),
        }
    )
    predictions["scenario_probability"] = (
        predictions["scenario_probability"].rename({"horizon0": "horizon"}).isel(horizon=[0, 0, 0])
    )
    coords = {"horizon": [0, 1, 2], "scenario": ["more", "less"], "milestone": ["treaty"], "ahead": [1]}
    coords |= {"indicator": ["tone"], "direction": ["up", "down"], "counted": ["visits"]}
    return xr.DataTree.from_dict({"/predictions": predictions.assign_coords(coords)})


def table(made):
    predictions = made["predictions"].to_dataset()
    first = predictions["scenario_probability"].sel(horizon=0).mean(("chain", "draw")).to_numpy()
    counts = predictions["count_ahead"].to_numpy().ravel()
    values = [*first, float(predictions["milestone_by"].sel(horizon=2).mean()), first[0]]
    values += [float(np.quantile(counts, q)) for q in (0.1, 0.5, 0.9)]
    return pd.DataFrame(
        [(*place, value) for place, value in zip(PLACES, values, strict=True)], columns=[*COLUMNS, "value"]
    )


def test_a_run_lies_nowhere_from_itself():
    made = tree(1)
    own = table(made)
    assert (monte_carlo_distances(made, own, own["value"].to_numpy()) == 0.0).all()


def test_a_mean_lies_its_difference_over_root_two_of_the_textbook_error():
    # Independent draws: e = sd / sqrt(n). ArviZ divides by an estimated sample size, good to some per cent.
    made = tree(1)
    own = table(made)
    other = own["value"].to_numpy() + 0.01
    draws = made["predictions"]["scenario_probability"].sel(horizon=0, scenario="more").to_numpy()
    expected = 0.01 / (np.sqrt(2.0) * draws.std() / np.sqrt(draws.size))
    assert monte_carlo_distances(made, own, other)[:4] == pytest.approx(expected, rel=0.15)


def test_two_runs_of_one_posterior_rarely_lie_too_far_apart():
    # 60 pairs at 1 % or less each: more than 4 have a chance of 0.3 %.
    far = 0
    for seed in range(60):
        made, other = tree(seed), table(tree(1000 + seed))["value"].to_numpy()
        own = table(made)
        far += monte_carlo_distances(made, own, other).max() > beyond(len(own))
    assert far <= 4


def test_a_posterior_that_moved_is_seen():
    made = tree(1)
    own = table(made)
    for moved in (tree(2, top=0.62), tree(2, rate=5.5)):
        assert monte_carlo_distances(made, own, table(moved)["value"].to_numpy()).max() > beyond(len(own))


def test_a_quantile_that_jumps_by_one_within_error_is_no_difference():
    # P(X <= 4) of these draws is a hair below or above a half: both 4 and 5 are fair medians, 6 is not.
    made = tree(1)
    half = np.resize([4, 5], SIZE)[:, :, None, None]
    np.random.default_rng(0).shuffle(half)
    made["predictions"] = xr.DataTree(
        made["predictions"].to_dataset().assign(count_ahead=(("chain", "draw", "ahead", "counted"), half))
    )
    own = pd.DataFrame([(*PLACES[5], 4.0)], columns=[*COLUMNS, "value"])
    far = [float(monte_carlo_distances(made, own, np.array([value]))[0]) for value in (4.0, 5.0, 6.0, 3.0)]
    assert far[0] == 0.0
    assert far[1] < 1.0
    assert far[3] > 10.0
    assert far[2] == np.inf
    assert far[3] > beyond(1)


def test_a_difference_of_what_never_varies_is_infinitely_far():
    made = tree(1)
    fixed = xr.full_like(made["predictions"]["milestone_by"], 0.25)
    made["predictions"] = xr.DataTree(made["predictions"].to_dataset().assign(milestone_by=fixed))
    own = pd.DataFrame([(*PLACES[2], 0.25)], columns=[*COLUMNS, "value"])
    assert monte_carlo_distances(made, own, np.array([0.26]))[0] == np.inf
    assert monte_carlo_distances(made, own, np.array([0.25]))[0] == 0.0
