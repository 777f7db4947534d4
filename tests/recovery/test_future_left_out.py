"""Months are foretold by weighing as fits to the months before them foretell them.

The world is simulated: two years of one counted indicator and two scenarios. One compilation serves all fits.
"""

from types import SimpleNamespace

import arviz as az
import numpy as np
import pytest

from indicast.errors import RunError
from indicast.evaluate import draw_truth, simulate_panel
from indicast.explain import Refits, foretold, scored
from indicast.explain._future_left_out import until
from indicast.infer import Sampler, Settings
from indicast.names import ONE_STEP

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
FIRST, MONTHS = 18, 24
SETTINGS = Settings(chains=2, tune=300, draws=500, target_accept=0.9, seed=81)


@pytest.fixture(scope="module")
def made(jetty):
    """A simulated world of 24 months, its fit, and a maker of other fits."""
    panel = jetty.seen(jetty.ledger, "2024-12")
    assert int(panel.attrs["months"]) == MONTHS
    rng = np.random.default_rng(82)
    truth = draw_truth(jetty.framework, jetty.hyperparameters, panel.sizes["time"], rng)
    path = np.repeat([0, 1], [MONTHS // 2, panel.sizes["time"] - MONTHS // 2])
    world = simulate_panel(jetty.framework, jetty.hyperparameters, panel, truth, path, rng)
    sampler = Sampler(jetty.framework, jetty.hyperparameters)
    return sampler, world, sampler.fit(world, SETTINGS, progress=False)


def cross_validated(made, method, most=MONTHS):
    sampler, world, tree = made
    refits = Refits(sampler, world, SETTINGS, most)
    found = az.lfo_cv(
        tree, refits.wrapper(), FIRST, 1, time_dim="time", var_name=ONE_STEP, method=method, pointwise=True
    )
    return found, refits


def test_weighing_forwards_and_backwards_agrees_with_a_fit_for_every_month(made):
    """Within two standard errors of the exact sum over months, and within .1 a month where weights are trusted."""
    exact, _ = cross_validated(made, "exact")
    approx, refits = cross_validated(made, "approx")
    assert refits.made[0] == FIRST
    assert len(refits.made) < len(exact.elpd_i)
    assert abs(approx.elpd - exact.elpd) < 2.0 * exact.se
    np.testing.assert_allclose(approx.elpd_i, exact.elpd_i, atol=0.2)
    back = foretold(made[2])
    good = back.trusted[FIRST:]
    assert good.any()
    np.testing.assert_allclose(back.score[FIRST:][good], exact.elpd_i.to_numpy()[good], atol=0.2)
    made_by_dossier, found = fitted_on(made)
    np.testing.assert_allclose(found, exact.elpd_i, atol=0.2)
    assert made_by_dossier[0] == FIRST
    assert len(made_by_dossier) < len(exact.elpd_i)


def fitted_on(made, most=MONTHS):
    """Return the months of the dossier's fits, and their scores, if no weights of the whole posterior were trusted."""
    sampler, world, tree = made
    refits, ahead = Refits(sampler, world, SETTINGS, most), foretold(tree)
    distrusted = SimpleNamespace(months=ahead.months, score=ahead.score, trusted=np.arange(MONTHS) < FIRST)
    return refits.made, scored(distrusted, refits).score[FIRST:]


def test_more_fits_than_allowed_are_refused(made):
    with pytest.raises(RunError, match="1 fits were made and"):
        cross_validated(made, "exact", most=1)


def test_nothing_is_seen_after_the_months_that_are_kept(made):
    _, world, _ = made
    cut = until(world, 7)
    assert cut.attrs["months"] == 7
    assert int(cut["month_used"].sum()) == 7
    assert (cut["count_coverage"].to_numpy()[7:] == -1).all()
