"""Shared shocks: variance one in every month, and the matrix says what the recursion says."""

import numpy as np
import pytensor.tensor as pt
import pytest

from indicast import names
from indicast.generative.emission import group_of
from indicast.generative.shocks import autoregression, climate, climate_graph, tilt

MONTHS = 9


@pytest.mark.parametrize("phi", [0.0, 0.05, 0.6, 0.8, 0.999])
def test_every_month_has_variance_one_and_neighbours_correlate_by_phi_to_the_lag(phi):
    matrix = autoregression(np.array(phi), MONTHS)
    lag = np.abs(np.subtract.outer(np.arange(MONTHS), np.arange(MONTHS)))
    # Innovations are independent with variance one. Without the root, variance would be 1/(1 - phi^2).
    np.testing.assert_allclose(matrix @ matrix.T, phi**lag, atol=1e-13)


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.95])
def test_matrix_gives_the_path_of_the_recursion(phi):
    innovations = np.random.default_rng(1).standard_normal(MONTHS)
    path = [innovations[0]]
    for eps in innovations[1:]:
        path.append(phi * path[-1] + np.sqrt(1 - phi**2) * eps)
    np.testing.assert_allclose(autoregression(np.array(phi), MONTHS) @ innovations, path, atol=1e-13)


def test_a_shock_does_not_know_later_innovations():
    matrix = autoregression(np.array([0.2, 0.9]), MONTHS)
    assert matrix.shape == (2, MONTHS, MONTHS)
    assert (np.triu(matrix, k=1) == 0.0).all()


def test_climate_is_tilt_plus_global_plus_own_group_shock(world):
    draws = world.draws(2, 3)
    found = climate(draws, group_of(world.framework))
    groups = list(world.framework.groups)
    for s in range(3):
        phi = draws[names.PERSISTENCE][s]
        common, grouped = draws[names.GLOBAL_INNOVATION][s, 0], draws[names.GROUP_INNOVATION][s, 0].copy()
        for t in range(found.shape[1]):
            if t:
                keep, new = phi, np.sqrt(1 - phi**2)
                common = keep * common + new * draws[names.GLOBAL_INNOVATION][s, t]
                grouped = keep * grouped + new * draws[names.GROUP_INNOVATION][s, t]
            for place, indicator in enumerate(world.framework.declaration.indicators):
                g = groups.index(indicator.group)
                standing = draws[names.TILT_MEAN][s] + draws[names.TILT_SCALE][s] * draws[names.TILT_Z][s, place]
                shock = draws[names.GLOBAL_SCALE][s] * common + draws[names.GROUP_SCALE][s, g] * grouped[g]
                np.testing.assert_allclose(found[s, t, place], standing + shock, rtol=1e-11, atol=1e-12)


def test_tilt_is_a_shared_mean_plus_its_own_deviation(harbour):
    draws = harbour.draws(3, 4)
    draws[names.TILT_Z][:, 2] = 0.0
    np.testing.assert_allclose(tilt(draws)[:, 2], draws[names.TILT_MEAN], rtol=1e-14)


def test_compiled_climate_equals_the_matrix(world):
    draws, groups = world.draws(4, 3), group_of(world.framework)
    expected = climate(draws, groups)
    for s in range(3):
        variables = {name: pt.as_tensor(values[s]) for name, values in draws.items()}
        variables["tilt"] = pt.as_tensor(tilt(draws)[s])
        found = climate_graph(variables, groups).eval(mode="FAST_COMPILE")
        np.testing.assert_allclose(found, expected[s], atol=1e-12)
