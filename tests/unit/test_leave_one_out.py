"""Numbers of leaving out are those of ArviZ; what cannot be told is named."""

import arviz as az
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from indicast.errors import RunError
from indicast.explain import foretold, leave_one_out
from indicast.explain._future_left_out import until
from indicast.names import ONE_STEP

pytestmark = pytest.mark.filterwarnings("ignore:Estimated shape parameter")
MONTHS = 15


def tree_of(values):
    time = (np.datetime64("2023-01") + np.arange(values.shape[-1])).astype("datetime64[ns]")
    coords = {"chain": np.arange(values.shape[0]), "draw": np.arange(values.shape[1]), "time": time}
    ones = xr.Dataset({ONE_STEP: (("chain", "draw", "time"), values)}, coords=coords)
    mean = xr.Dataset(
        {"mean": (("chain", "draw"), values[..., 0])}, coords={name: coords[name] for name in ("chain", "draw")}
    )
    return xr.DataTree.from_dict({"/log_likelihood": ones, "/posterior": mean})


@pytest.fixture(scope="module")
def normal():
    """Fifteen readings with one unknown mean of prior N(0, 2), and draws of its posterior."""
    rng = np.random.default_rng(61)
    seen = rng.normal(0.7, 1.0, MONTHS)
    precision = MONTHS + 0.25
    mean = rng.normal(seen.sum() / precision, precision**-0.5, (4, 1000))
    return seen, tree_of(stats.norm.logpdf(seen, mean[..., None], 1.0))


def test_leave_one_out_is_what_arviz_says(normal):
    _, tree = normal
    found, direct = leave_one_out(tree), az.loo(tree, var_name=ONE_STEP, pointwise=True)
    assert (found.elpd, found.se, found.p) == (direct.elpd, direct.se, direct.p)
    np.testing.assert_array_equal(found.score, direct.elpd_i)
    np.testing.assert_array_equal(found.k_hat, direct.pareto_k)
    assert not found.doubtful


def test_months_are_foretold_as_the_closed_form_says(normal):
    """Normal predictions given the readings before; draws weighed back are worth ever fewer.

    Standard error of a log of a mean: below .1 where the weights are trusted; four of them.
    """
    seen, tree = normal
    found = foretold(tree)
    good = found.trusted
    assert good[-4:].all()
    for time in np.flatnonzero(good):
        precision = time + 0.25
        exact = stats.norm.logpdf(seen[time], seen[:time].sum() / precision, np.sqrt(1.0 + 1.0 / precision))
        assert found.score[time] == pytest.approx(exact, abs=0.4 if time < MONTHS - 4 else 0.1)
    # Draws that know everything flatter: by more than what is tolerated in sum.
    assert found.hindsight[good].sum() > found.score[good].sum()


def test_a_month_that_no_other_foretells_is_named():
    """Ratios with the tail of a Pareto distribution of shape 1.5 have no mean."""
    rng = np.random.default_rng(62)
    values = rng.normal(-1.0, 0.1, (4, 1000, 6))
    values[..., 2] = -1.5 * rng.standard_exponential((4, 1000))
    tree = tree_of(values)
    assert leave_one_out(tree).doubtful == ("2023-03",)
    np.testing.assert_array_equal(foretold(tree).trusted, [False, False, False, True, True, True])


def test_a_run_without_terms_is_refused():
    for ask in (leave_one_out, foretold):
        with pytest.raises(RunError, match=r"no group log_likelihood.*indicast fit"):
            ask(xr.DataTree())


@pytest.mark.parametrize("months", [1, 7])
def test_no_report_of_a_cell_that_is_left_out_is_used(harbour, months):
    """Compiled code follows a used report to its cell; where no cell is used it would read where nothing lies."""
    cut = until(harbour.panel, months)
    later = harbour.panel["cell_used"] & (harbour.panel["cell_time"] >= months)
    assert bool((harbour.panel["report_used"] & later).any())
    assert not bool((cut["report_used"] & ~cut["cell_used"]).any())
    kept = harbour.panel["report_used"] & (harbour.panel["cell_time"] < months)
    np.testing.assert_array_equal(cut["report_used"], kept)
