"""Power scaling: ArviZ's own numbers, and a first-order change that a second road confirms."""

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.evaluate import scaled
from indicast.evaluate._power_scaling import components, quantities, sensitivity
from indicast.forecast import PRIOR_PARTS, part_of, with_predictions


@pytest.fixture(scope="module")
def tree(harbour):
    fitted = harbour.tree(harbour.draws(7, 1200))
    return with_predictions(fitted, harbour.framework, harbour.hyperparameters, 3)


@pytest.fixture(scope="module")
def found(harbour, tree):
    return scaled(tree, harbour.framework, harbour.hyperparameters)


def test_sensitivities_are_those_of_arviz_called_directly(harbour, tree, found):
    from arviz_stats import psense

    blocks = components(tree, harbour.hyperparameters)
    plain = quantities(tree, harbour.framework).drop_vars([names.CHAIN, names.DRAW], errors="ignore")
    direct = xr.DataTree.from_dict(
        {
            "/posterior": plain,
            "/log_prior": xr.Dataset({f"log p({name})": block for name, block in blocks.items() if name != "data"}),
            "/log_likelihood": tree["log_likelihood"].to_dataset(),
        }
    )
    for block in (name for name in blocks if name not in {"data", "all priors"}):
        table = psense(direct, group="prior", group_var_names=f"log p({block})")
        for one in (one for one in found if one.component == block):
            assert one.sensitivity == pytest.approx(float(table[one.quantity]), abs=1e-14)
    of_data = psense(direct, group="likelihood")
    for one in (one for one in found if one.component == "data"):
        assert one.sensitivity == pytest.approx(float(of_data[one.quantity]), rel=1e-9, abs=1e-12)


def test_the_first_order_change_is_that_of_reweighed_draws(harbour, tree, found):
    block = components(tree, harbour.hyperparameters)["chain"].to_numpy()
    for name, values in quantities(tree, harbour.framework).data_vars.items():
        step = 1e-4
        weight = np.exp(step * np.log(2.0) * (block - block.mean()))
        change = ((weight * values.to_numpy()).sum() / weight.sum() - values.to_numpy().mean()) / step
        one = next(one for one in found if (one.component, one.quantity) == ("chain", name))
        assert one.per_doubling == pytest.approx(change, rel=1e-2, abs=1e-5)


def test_blocks_of_priors_add_up_to_all_priors(found):
    for name in {one.quantity for one in found}:
        parts = {one.component: one.per_doubling for one in found if one.quantity == name}
        blocks = [value for block, value in parts.items() if block not in {"all priors", "data"}]
        assert sum(blocks) == pytest.approx(parts["all priors"], abs=1e-12)


def test_blocks_are_the_parts_by_which_arviz_is_asked_and_a_standing_tilt_is_a_shock(found, orchard):
    blocks = {one.component for one in found} - {"all priors", "data"}
    assert blocks <= set(PRIOR_PARTS)
    assert {part_of(name) for name in orchard.hyperparameters.priors} == set(PRIOR_PARTS)
    assert list(PRIOR_PARTS) == ["chain", "shocks", "emission", "sources", "detection"]
    assert part_of(names.TILT_MEAN) == part_of(names.TILT_SCALE) == "shocks"


def test_a_tight_prior_that_contradicts_the_data_is_informative_beside_them():
    rng = np.random.default_rng(5)
    # Prior N(3, .1) and data that say 0 with the same error: the posterior is N(1.5, .07), both pull.
    draws = rng.normal(1.5, 0.1 / np.sqrt(2.0), (2, 4000))
    dims = (names.CHAIN, names.DRAW)
    asked = xr.Dataset({"x": (dims, draws)})
    prior, data = (xr.DataArray(-0.5 * ((draws - mean) / 0.1) ** 2, dims=dims) for mean in (3.0, 0.0))
    # Sensitivity: both far above .05; a prior of the same width that agrees moves the mean nowhere, only the width.
    assert min(sensitivity(one, asked)["x"] for one in (prior, data)) > 1.0
    agreeing = xr.DataArray(-0.5 * ((draws - 1.5) / 0.1) ** 2, dims=dims)
    assert sensitivity(agreeing, asked)["x"] < 0.2


def test_a_run_without_predictions_is_refused(harbour, tree):
    bare = xr.DataTree.from_dict({"/posterior": tree["posterior"].to_dataset()})
    with pytest.raises(RunError, match="no group 'predictions'"):
        scaled(bare, harbour.framework, harbour.hyperparameters)
