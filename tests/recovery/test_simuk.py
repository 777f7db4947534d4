"""Another implementation of simulation-based calibration ranks alike, on a model whose posterior is known.

simuk fits every simulation anew and ranks free variables only, so it checks the ranking here, not the flagship.
"""

import numpy as np
import pymc as pm
import pytest
import simuk
from scipy import stats

from indicast.evaluate._ranks import rank

pytestmark = pytest.mark.slow  # a compilation for each simulation
SHAPE, RATE, MONTHS = 3.0, 11.0, 12
SIMULATIONS, DRAWS = 8, 200


@pytest.fixture(scope="module")
def simulations():
    with pm.Model() as acts:
        rate = pm.Gamma("rate", np.float64(SHAPE), np.float64(RATE))
        pm.Poisson("acts", rate, observed=np.zeros(MONTHS, dtype=int))
    quick = {"draws": DRAWS, "tune": 200, "chains": 1, "cores": 1, "nuts_sampler": "pymc"}
    quick["compile_kwargs"] = {"mode": "FAST_COMPILE"}
    found = simuk.SBC(acts, num_simulations=SIMULATIONS, seed=5, progress_bar=False, sample_kwargs=quick)
    found.run_simulations()
    return found


def test_ranks_are_those_of_simuk(simulations):
    rng = np.random.default_rng(1)
    truth = simulations.ref_params["rate"].to_numpy()
    mine = [rank(one, fit["rate"].to_numpy(), rng) for one, fit in zip(truth, simulations.posteriors, strict=True)]
    assert mine == simulations.simulations["prior_sbc"]["rate"].to_numpy().ravel().tolist()
    assert len(set(mine)) > SIMULATIONS // 2


def test_simuks_fits_are_the_conjugate_posterior(simulations):
    # The sum of acts is not kept, but the posterior is a Gamma of the known rate, whose shape its mean then gives.
    for fit in simulations.posteriors:
        draws = fit["rate"].to_numpy()
        shape = round(draws.mean() * (RATE + MONTHS))
        # Mean of 200 dependent draws, about 60 independent ones: the shape is known within one or two acts.
        p_values = [
            stats.kstest(draws[::4], stats.gamma(SHAPE + acts, scale=1.0 / (RATE + MONTHS)).cdf).pvalue
            for acts in range(max(0, shape - 3 - 2), shape - 3 + 3)
        ]
        assert max(p_values) > 0.01
