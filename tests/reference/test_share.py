"""Shares: a density by another road, and a house whose many waves never make a scenario certain."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, special, stats

from indicast import names
from indicast.generative import share
from indicast.generative.families import EMISSIONS

FAMILY = EMISSIONS["share"]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(120)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@pytest.mark.parametrize("centre", [0.03, 0.35, 0.5, 0.9])
@pytest.mark.parametrize("scale", [0.1, 0.5, 2.0])
def test_density_between_two_shares_is_the_normals_between_their_log_odds(centre, scale):
    edges = np.array([0.02, 0.2, 0.34, 0.5, 0.77, 0.98])
    middle = special.logit(centre)
    expected = np.diff(stats.norm.cdf(special.logit(edges), loc=middle, scale=scale))
    found = [
        integrate.quad(lambda x: np.exp(share.log_logit_normal(x, centre, scale)), low, high, epsabs=1e-11)[0]
        for low, high in itertools.pairwise(edges)
    ]
    # quad's error is below 1e-9 here. Without the Jacobian each part would be a third or less of what it should be.
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_density_is_scipys_normal_of_the_log_odds_times_the_jacobian():
    x = np.array([0.01, 0.2, 0.58, 0.93])
    expected = stats.norm.logpdf(special.logit(x), special.logit(0.4), 0.3) - np.log(x * (1 - x))
    np.testing.assert_allclose(share.log_logit_normal(x, 0.4, 0.3), expected, rtol=1e-12)


def test_emission_of_the_family_equals_a_loop_over_readings(orchard):
    draws, panel = orchard.felt(1, 2), orchard.panel
    expected = np.zeros((2, panel.sizes[names.TIME], 4))
    for s, r, k in itertools.product(range(2), np.flatnonzero(panel["share_used"].to_numpy()), range(4)):
        x, series = float(panel["share_value"][r]), int(panel["share_place"][r])
        centre = special.logit(draws[names.SHARE_CENTRE][s, series, k]) + draws[names.HOUSE_EFFECT][s, series]
        density = stats.norm.logpdf(np.log(x / (1 - x)), centre, draws[names.SHARE_SCALE][s, series])
        expected[s, int(panel["share_time"][r]), k] += density - np.log(x) - np.log(1 - x)
    np.testing.assert_allclose(FAMILY.log_emission(draws, orchard.setting), expected, atol=1e-12)


# ---- the house effect


CENTRES = np.array([0.62, 0.50, 0.41, 0.30])
SCATTER, HOUSE, READ = 0.25, 0.3, 0.58


def waves(world, number):
    """Return the world's setting with so many equal readings of the first series, a month each."""
    padded = world.panel.isel({"share_reading": np.zeros(number, dtype=int)})
    variables = {
        "share_time": np.arange(number) % world.panel.sizes[names.TIME],
        "share_place": np.zeros(number, dtype=int),
        "share_value": np.full(number, READ),
        "share_used": np.ones(number, dtype=bool),
    }
    panel = padded.assign({name: (padded[name].dims, values) for name, values in variables.items()})
    return replace(world.setting, panel=panel)


def log_odds(world, number, house):
    """Return log p(waves | each scenario), relative to the last, with the house effect integrated out by quadrature."""
    draws = {
        names.SHARE_CENTRE: np.broadcast_to(CENTRES, (NODES.size, 2, 4)),
        names.HOUSE_EFFECT: np.repeat(house * NODES[:, None], 2, axis=1),
        names.SHARE_SCALE: np.full((NODES.size, 2), SCATTER),
    }
    terms = FAMILY.log_emission(draws, waves(world, number)).sum(axis=1)
    evidence = special.logsumexp(terms, axis=0, b=WEIGHTS[:, None])
    return evidence - evidence[-1]


def closed_form(number, house):
    """Return the same from the mean of the waves: N(logit x; logit p_k, house^2 + scatter^2 / n)."""
    density = stats.norm.logpdf(special.logit(READ), special.logit(CENTRES), np.sqrt(house**2 + SCATTER**2 / number))
    return density - density[-1]


@pytest.mark.parametrize("number", [1, 2, 10])
def test_quadrature_over_the_house_effect_gives_the_closed_form(orchard, number):
    # 120 nodes leave 1e-8 for ten waves. A house effect per scenario or per wave would miss by whole nats.
    np.testing.assert_allclose(log_odds(orchard, number, HOUSE), closed_form(number, HOUSE), atol=1e-6)


def test_ten_equal_waves_of_one_house_move_the_odds_less_than_the_house_could_be_wrong(orchard):
    distance = special.logit(READ) - special.logit(CENTRES)
    bound = (distance[-1] ** 2 - distance**2) / (2 * HOUSE**2)  # of infinitely many waves
    one, ten = log_odds(orchard, 1, HOUSE), log_odds(orchard, 10, HOUSE)
    assert (one[:-1] > 0.0).all()
    assert (one[:-1] < ten[:-1]).all()
    assert (ten[:-1] < bound[:-1]).all()
    assert (ten[:-1] < 1.7 * one[:-1]).all()  # (house^2 + scatter^2) / (house^2 + scatter^2 / 10) = 1.58
    np.testing.assert_allclose(closed_form(10**9, HOUSE)[:-1], bound[:-1], rtol=1e-6)


def test_without_a_house_effect_ten_waves_would_say_ten_times_as_much(orchard):
    np.testing.assert_allclose(log_odds(orchard, 10, 0.0), 10.0 * log_odds(orchard, 1, 0.0), rtol=1e-10)


def test_two_houses_say_more_than_one_house_twice(orchard):
    draws = orchard.felt(2, 1)
    both = waves(orchard, 2)
    assert (both.panel["share_place"].to_numpy() == 0).all()
    other = both.panel["share_place"].copy(data=[0, 1])
    grid = np.stack(np.meshgrid(HOUSE * NODES, HOUSE * NODES, indexing="ij"), axis=-1).reshape(-1, 2)
    weight = np.outer(WEIGHTS, WEIGHTS).ravel()
    draws = {
        names.SHARE_CENTRE: np.broadcast_to(CENTRES, (len(grid), 2, 4)),
        names.HOUSE_EFFECT: grid,
        names.SHARE_SCALE: np.full((len(grid), 2), SCATTER),
    }
    two = FAMILY.log_emission(draws, replace(both, panel=both.panel.assign(share_place=other))).sum(axis=1)
    evidence = special.logsumexp(two, axis=0, b=weight[:, None])
    found = evidence - evidence[-1]
    np.testing.assert_allclose(found, 2.0 * log_odds(orchard, 1, HOUSE), atol=1e-6)
    assert (found[:-1] > log_odds(orchard, 2, HOUSE)[:-1]).all()


def test_a_scenario_that_expects_the_share_that_was_read_gains(orchard):
    odds = log_odds(orchard, 1, HOUSE)
    assert odds.argmax() == np.abs(special.logit(READ) - special.logit(CENTRES)).argmin()
