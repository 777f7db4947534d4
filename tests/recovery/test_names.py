"""The public names are those of a posterior that was really computed and saved."""

import warnings

import arviz as az
import numpy as np
import pytest

from indicast import names
from indicast.infer import find_run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flagship")]
DIMS = {
    names.INITIAL: (names.SCENARIO,),
    names.DWELL: (names.SCENARIO,),
    names.EXIT: (names.SCENARIO, names.DESTINATION),
    names.GROUP_SCALE: (names.GROUP,),
    names.GLOBAL_INNOVATION: (names.TIME,),
    names.GROUP_INNOVATION: (names.TIME, names.GROUP),
    names.TILT_Z: (names.INDICATOR,),
    names.STRENGTH: (names.INDICATOR,),
    names.RELIABILITY: (names.GRADE,),
    names.SLANT_SHARES: (names.SLANT, names.DIRECTION),
    names.GROWTH: (names.COUNTED, names.SCENARIO),
    names.DETECTION: (names.COVERAGE,),
    names.SEASON: (names.COUNTED, names.CALENDAR_MONTH),
    names.FILTERED: (names.TIME, names.SCENARIO),
    names.SMOOTHED: (names.TIME, names.SCENARIO),
    names.TRANSITION: (names.SCENARIO, names.NEXT_SCENARIO),
}

PREDICTED = {
    "scenario_probability": (names.HORIZON, names.SCENARIO),
    "count_ahead": (names.AHEAD, names.COUNTED),
    "direction_ahead": (names.AHEAD, names.INDICATOR, names.DIRECTION),
    names.EVENT_AHEAD: (names.AHEAD, names.EVENT_SERIES),
    names.MILESTONE_BY: (names.MILESTONE, names.HORIZON),
}


@pytest.fixture(scope="module")
def saved(flagship):
    return az.from_netcdf(find_run(flagship.desk.framework, as_of="2024-12") / "posterior.nc")


def test_arviz_opens_every_group(saved):
    wanted = {"posterior", "sample_stats", "log_likelihood", "prior", "predictions", "observed_data", "constant_data"}
    wanted |= {"log_prior", "posterior_predictive", "prior_predictive", names.ONE_STEP_PREDICTIVE}
    assert wanted <= set(saved.children)
    assert az.summary(saved, var_names=[names.STRENGTH_BASE]).shape[0] == 1


def test_arviz_scores_and_scales_the_saved_fit_as_it_stands(saved):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a k-hat above .7 is a finding, not a fault of the file
        assert np.isfinite(az.loo(saved).elpd)
    assert set(saved["log_prior"].data_vars) <= set(saved["posterior"].data_vars)
    assert az.psense_summary(saved, var_names=[names.INITIAL]).shape[0] == saved["posterior"].sizes[names.SCENARIO]
    pit = az.loo_pit(saved, var_names=[names.ONE_STEP])[names.ONE_STEP]
    assert 0.0 <= float(pit.min()) <= float(pit.max()) <= 1.0


def test_the_file_stays_small(flagship):
    folder = find_run(flagship.desk.framework, as_of="2024-12")
    assert (folder / "posterior.nc").stat().st_size < 120e6


def test_replicated_counts_have_the_size_of_the_real_ones(saved):
    """Not a test of fit: a month's chance that a drawn year and the real one are of one order is near one."""
    drawn = saved["posterior_predictive"]["count"].sum(names.SEEN_COUNT)
    real = int(saved["observed_data"]["count"].sum())
    assert float(drawn.quantile(0.001)) < real < float(drawn.quantile(0.999))


def test_every_variable_has_its_named_dims(saved):
    for name, dims in DIMS.items():
        assert saved["posterior"][name].dims == (names.CHAIN, names.DRAW, *dims), name


def test_every_prediction_has_its_named_dims(saved):
    for name, dims in PREDICTED.items():
        assert saved["predictions"][name].dims == (names.CHAIN, names.DRAW, *dims), name


def test_milestones_that_occurred_have_no_clock(saved, flagship):
    states = saved["constant_data"].to_dataset()["milestone_state"]
    judged = list(dict.fromkeys(one.milestone for one in flagship.desk.framework.judgements))
    assert states[names.MILESTONE].values.tolist() == judged
    still = states[names.MILESTONE].values[states.values != "occurred"].tolist()
    assert saved["predictions"][names.MILESTONE].values.tolist() == still
    assert 0 < len(still) < len(judged)
    assert float(saved["predictions"][names.MILESTONE_BY].diff(names.HORIZON).min()) >= 0.0


def test_labels_are_those_of_the_framework(saved, flagship):
    posterior, framework = saved["posterior"], flagship.desk.framework
    assert tuple(posterior[names.SCENARIO].values) == framework.scenarios
    assert tuple(posterior[names.INDICATOR].values) == framework.indicators
    assert tuple(posterior[names.GROUP].values) == framework.groups
    assert posterior[names.TIME].values[0] == np.datetime64(framework.declaration.start.month)
    assert posterior[names.TIME].values[-1] == np.datetime64("2024-12-01")
    assert list(saved["predictions"][names.HORIZON].values) == list(range(framework.declaration.forecast.longest + 1))


def test_one_step_terms_have_a_month_each(saved):
    terms = saved["log_likelihood"][names.ONE_STEP]
    assert terms.dims == (names.CHAIN, names.DRAW, names.TIME)
    assert bool(np.isfinite(terms).all())


def test_nothing_in_the_posterior_is_missing(saved):
    assert all(bool(np.isfinite(saved["posterior"][name]).all()) for name in saved["posterior"].data_vars)
