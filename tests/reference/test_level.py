"""Levels: scipy's Student t, changes that scale with the gap, and estimates too wild to decide."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from indicast import names
from indicast.generative import level
from indicast.generative.families import EMISSIONS

FAMILY = EMISSIONS["level"]


@pytest.mark.parametrize("tail", [1.0, 4.0, 30.0])
@pytest.mark.parametrize("scale", [0.05, 0.25, 2.0])
def test_density_equals_that_of_scipy(tail, scale):
    change = np.array([-5.0, -0.3, 0.0, 0.11, 0.4, 9.0])
    expected = stats.t.logpdf(change, tail, loc=0.13, scale=scale)
    # Variance for scale would miss by 1.4 nats at .25; the tail's constant by .05 and more.
    np.testing.assert_allclose(level.log_student(change, 0.13, scale, tail), expected, atol=1e-12)


@pytest.mark.parametrize("name", ["orchard", "flagship"])
def test_emission_of_the_family_equals_a_loop_over_readings(name, request):
    world = request.getfixturevalue(name)
    draws, panel, tail = world.felt(1, 2), world.panel, world.hyperparameters.number("level_tail")
    size = len(world.framework.scenarios)
    expected = np.zeros((2, panel.sizes[names.TIME], size))
    for s, r, k in itertools.product(range(2), np.flatnonzero(panel["level_used"].to_numpy()), range(size)):
        series, years = int(panel["level_place"][r]), float(panel["level_gap"][r]) / 12
        density = stats.t.logpdf(
            float(panel["level_change"][r]),
            tail,
            loc=draws[names.DRIFT][s, series, k] * years,
            scale=draws[names.LEVEL_SCALE][s, series],
        )
        expected[s, int(panel["level_time"][r]), k] += density
    np.testing.assert_allclose(FAMILY.log_emission(draws, world.setting), expected, atol=1e-12)


# ---- from ledger rows


def troops(world, *readings):
    """Return a panel of readings (day, number) of the flagship's first series."""
    row = world.ledger.observations.loc[146]
    assert row["unit"] == "Russian troops (Ukrainian border service)"
    rows = pd.DataFrame(
        [
            row.to_dict() | {"event_date": day, "known_date": day, "value": str(value), "origin_id": f"own-{day}"}
            for day, value in readings
        ],
        index=range(2, 2 + len(readings)),
    )
    for column in ("event_date", "known_date"):
        rows[column] = pd.to_datetime(rows[column])
    empty = world.ledger.corroboration.iloc[:0]
    return world.seen(replace(world.ledger, observations=rows, corroboration=empty), "2024-12")


def evidence(world, draws, *readings):
    return FAMILY.log_emission(draws, replace(world.setting, panel=troops(world, *readings)))


def test_the_first_reading_of_a_series_says_nothing(flagship):
    draws = flagship.felt(2, 3)
    assert (evidence(flagship, draws, ("2022-03-01", 9000)) == 0.0).all()
    two = evidence(flagship, draws, ("2022-03-01", 9000), ("2022-09-01", 4000))
    assert np.flatnonzero((two != 0.0).any(axis=(0, 2))).tolist() == [14]  # September 2022, 14 months after July 2021


def test_a_change_is_that_of_the_logarithm_and_the_gap_in_months(flagship):
    panel = troops(flagship, ("2022-03-01", 9000), ("2022-09-01", 4000), ("2023-09-01", 4000))
    used = panel["level_used"].to_numpy()
    np.testing.assert_allclose(panel["level_change"].to_numpy()[used], [np.log(4 / 9), 0.0], atol=1e-14)
    np.testing.assert_allclose(panel["level_gap"].to_numpy()[used], [184 / 365.25 * 12, 365 / 365.25 * 12], rtol=1e-12)


def test_units_of_the_level_do_not_matter(flagship):
    draws, days = flagship.felt(3, 3), ("2022-03-01", "2022-09-01", "2023-02-01")
    men = evidence(flagship, draws, *zip(days, (9000, 4000, 5000), strict=True))
    thousands = evidence(flagship, draws, *zip(days, (9, 4, 5), strict=True))
    np.testing.assert_allclose(men, thousands, atol=1e-12)


def test_the_same_yearly_change_over_a_longer_gap_says_more_about_the_drift(flagship):
    drift = np.array([0.4, 0.0, -0.4])
    gains = []
    for years in (1, 2):
        centre, change = drift * years, drift[0] * years
        found = level.log_student(change, centre, 0.25, 4.0)
        gains.append(found[0] - found[1])
    assert 0.0 < gains[0] < gains[1]
    draws = flagship.felt(4, 1)
    draws[names.DRIFT][:], draws[names.LEVEL_SCALE][:] = drift, 0.25
    value = round(1000 * np.exp(0.4))
    found = evidence(flagship, draws, ("2022-03-01", 1000), ("2023-03-01", value))[0].sum(axis=0)
    assert found[0] - found[1] == pytest.approx(gains[0], abs=0.01)  # a year is 365 of 365.25 days, a man is a man


def test_a_wild_estimate_decides_nothing(flagship):
    # With normal errors a hundredfold level would say hundreds of nats; with t errors its say goes to zero.
    drift, tail = np.array([0.4, 0.0, -0.4]), flagship.hyperparameters.number("level_tail")
    said = [np.ptp(level.log_student(change, drift, 0.25, tail)) for change in (0.4, 2.0, 4.6, 50.0)]
    assert max(said) < 6.0
    assert said[1] > said[2] > said[3]
    assert said[3] < 0.1
    normal = stats.norm.logpdf(4.6, drift, 0.25)
    assert np.ptp(normal) > 50.0
