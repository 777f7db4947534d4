"""Scenario probabilities ahead: draws stay draws until the product is taken."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from indicast import names
from indicast.forecast import floored, headlines, scenario_ahead

LABELS = ["up", "flat", "down"]


def a_tree(filtered, transition):
    """Return a fit with these values; filtered dims (chain, draw, scenario), two months, the first one misleading."""
    size = filtered.shape[-1]
    months = np.stack([np.full_like(filtered, 1.0 / size), filtered], axis=2)
    posterior = xr.Dataset(
        {
            names.FILTERED: (("chain", "draw", names.TIME, names.SCENARIO), months),
            names.TRANSITION: (("chain", "draw", names.SCENARIO, names.NEXT_SCENARIO), transition),
        },
        coords={names.SCENARIO: LABELS[:size], names.NEXT_SCENARIO: LABELS[:size]},
    )
    return xr.DataTree.from_dict({"/posterior": posterior})


def random_fit(seed, draws=40):
    rng = np.random.default_rng(seed)
    filtered = rng.dirichlet([4.0, 1.5, 0.5], (2, draws))
    transition = rng.dirichlet([0.6, 0.6, 0.6], (2, draws, 3)) * 0.4 + 0.6 * np.eye(3)
    return filtered, transition


def test_horizon_zero_is_the_last_month_and_every_row_sums_to_one():
    filtered, transition = random_fit(1)
    ahead = scenario_ahead(a_tree(filtered, transition), 24)
    assert ahead.dims == (names.CHAIN, names.DRAW, names.HORIZON, names.SCENARIO)
    np.testing.assert_array_equal(ahead.sel({names.HORIZON: 0}), filtered)
    np.testing.assert_allclose(ahead.sum(names.SCENARIO), 1.0, atol=1e-12)
    assert list(ahead[names.SCENARIO].to_numpy()) == LABELS


@pytest.mark.parametrize("horizon", [1, 2, 7, 60])
def test_each_draw_moves_by_a_power_of_its_own_matrix(horizon):
    filtered, transition = random_fit(2)
    found = scenario_ahead(a_tree(filtered, transition), 60).sel({names.HORIZON: horizon}).to_numpy()
    for place in np.ndindex(filtered.shape[:2]):
        expected = filtered[place] @ np.linalg.matrix_power(transition[place], horizon)
        # A transposed matrix would miss by .1.
        np.testing.assert_allclose(found[place], expected, atol=1e-12)


def test_forecast_equals_many_simulated_paths():
    rng = np.random.default_rng(3)
    filtered, transition = random_fit(4, draws=3)
    ahead = scenario_ahead(a_tree(filtered, transition), 6)
    paths = 100_000
    for place in ((0, 0), (1, 2)):
        state = rng.choice(3, paths, p=filtered[place])
        for h in range(1, 7):
            edges = transition[place][state].cumsum(axis=1)
            state = (rng.random((paths, 1)) > edges).sum(axis=1)
            share = np.bincount(state, minlength=3) / paths
            expected = ahead.to_numpy()[place][h]
            # Five standard errors of a share over 1e5 paths: at most .008. One month too many or few misses by .05.
            assert (np.abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / paths) + 1e-12).all()


def test_the_forecast_averages_products_and_not_factors():
    # Two equally likely draws: one is sure of 'up' and stays, the other is sure of 'flat' and leaves at once.
    filtered = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    stays = np.eye(3)
    leaves = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    ahead = scenario_ahead(a_tree(filtered, np.stack([stays, leaves])[None]), 1)
    found = ahead.sel({names.HORIZON: 1}).mean((names.CHAIN, names.DRAW)).to_numpy()
    np.testing.assert_allclose(found, [0.5, 0.0, 0.5], atol=1e-15)
    product_of_averages = filtered.mean(axis=(0, 1)) @ ((stays + leaves) / 2)
    assert np.abs(found - product_of_averages).max() > 0.2


def test_far_ahead_the_forecast_is_the_long_run_share_of_each_draw():
    filtered, transition = random_fit(5, draws=4)
    far = scenario_ahead(a_tree(filtered, transition), 600).sel({names.HORIZON: 600}).to_numpy()
    for place in np.ndindex(filtered.shape[:2]):
        equations = np.vstack([transition[place].T - np.eye(3), np.ones(3)])
        longrun = np.linalg.lstsq(equations, np.array([0.0, 0.0, 0.0, 1.0]), rcond=None)[0]
        np.testing.assert_allclose(far[place], longrun, atol=1e-9)


def test_headlines_are_mean_and_central_interval_over_draws():
    rng = np.random.default_rng(6)
    probability = rng.dirichlet([6.0, 3.0, 1.0], (4, 500))
    array = xr.DataArray(probability, dims=("chain", "draw", names.SCENARIO), coords={names.SCENARIO: LABELS})
    found = headlines(array, 0.8)
    assert [line.scenario for line in found] == LABELS
    for k, line in enumerate(found):
        values = probability[..., k].ravel()
        assert line.mean == pytest.approx(values.mean(), rel=1e-12)
        assert (line.low, line.high) == pytest.approx(np.quantile(values, [0.1, 0.9]), rel=1e-9)
        # Independent draws: the Monte Carlo error is sd / sqrt(n) up to the error of the ESS, some 10 %.
        assert line.mcse == pytest.approx(values.std() / np.sqrt(values.size), rel=0.25)


@given(
    weights=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8).filter(lambda x: sum(x) > 0.01),
    floor=st.sampled_from([0.0001, 0.001, 0.01, 0.04]),
)
def test_a_floored_pmf_sums_to_one_keeps_its_order_and_has_no_entry_below_the_floor(weights, floor):
    probability = np.array(weights) / sum(weights)
    found = floored(probability, floor)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert (found >= floor).all()
    assert (np.diff(found[np.argsort(probability, kind="stable")]) >= -1e-12).all()
    if (probability >= floor).all():
        np.testing.assert_allclose(found, probability, rtol=1e-14)


def test_rows_are_floored_one_by_one():
    rows = np.array([[1.0, 0.0, 0.0], [0.5, 0.4995, 0.0005], [0.2, 0.3, 0.5]])
    found = floored(rows, 0.001)
    np.testing.assert_allclose(found, [floored(row, 0.001) for row in rows], rtol=1e-14)
    np.testing.assert_allclose(found[0], [0.998, 0.001, 0.001], rtol=1e-12)
