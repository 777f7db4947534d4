"""A saved fit holds what docs/posterior.md lists, and ArviZ's stock calls take it as it stands."""

import re
import warnings
from dataclasses import replace
from pathlib import Path

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.forecast import PRIOR_PARTS, prior_parts, with_groups, with_predictions
from indicast.generative.families import Setting
from indicast.generative.model import build_model
from indicast.infer import Run, group_of_fit, load_run, panel_of, save_run
from indicast.panel import used_months

PAGE = Path(__file__).parents[2] / "docs" / "posterior.md"
SAMPLED = (names.CHAIN, names.DRAW)
PREDICTIVE = ("posterior_predictive", names.ONE_STEP_PREDICTIVE, "prior_predictive")
SIZE = 240
ROW = re.compile(r"^\| (?:`(?P<group>\w+)`)? *\| (?P<holds>.+?) \| (?P<dims>.*?) ?\|$")


def documented():
    """Return group, variable and dims of each row of the page's first table that names a variable."""
    rows, group = [], ""
    for line in PAGE.read_text(encoding="utf-8").split("A place on a dim")[0].splitlines():
        if (match := ROW.match(line)) and "---" not in line and not line.startswith("| group"):
            group = match["group"] or group
            variable = re.match(r"`(\w+)`(?=:| \|)", match["holds"] + " |")
            dims = [re.sub(r" \(.*?\)", "", dim) for dim in re.split(r", (?![^(]*\))", match["dims"]) if dim]
            rows.append((group, variable[1] if variable else None, tuple(dims)))
    return rows


def fitted(world, seed=3):
    """Return prior draws as a fit would leave them, with all its groups; no sampler runs."""
    tree = world.tree(world.draws(5, SIZE))
    labels = {dim: list(of) for dim, of in world.hyperparameters.coords.items() if of}
    posterior = tree["posterior"].to_dataset()
    sampled = {names.CHAIN: [0, 1], names.DRAW: np.arange(SIZE // 2)}
    dated = {
        names.TIME: used_months(world.panel)[names.TIME].to_numpy(),
        names.INDICATOR: list(world.framework.indicators),
    }
    coords = {dim: labels_of for dim, labels_of in (labels | dated).items() if dim in posterior.dims}
    tree["posterior"] = xr.DataTree(posterior.assign_coords(coords | sampled))
    tree["log_likelihood"] = xr.DataTree(tree["log_likelihood"].to_dataset().assign_coords(sampled))
    tree = with_predictions(tree, world.framework, world.hyperparameters, seed)
    return with_groups(tree, world.framework, world.hyperparameters, seed)


@pytest.fixture(scope="module")
def saved(orchard, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "posterior.nc"
    fitted(orchard).to_netcdf(path, engine="h5netcdf")
    tree = az.from_netcdf(path).load()
    tree.close()
    return tree


def test_the_page_lists_every_group_of_a_saved_fit_and_no_other(saved):
    assert {group for group, _, _ in documented()} == set(saved.children) | {"sample_stats"}


@pytest.mark.parametrize(("group", "variable", "dims"), [row for row in documented() if row[1]])
def test_every_variable_of_the_page_has_its_dims(saved, group, variable, dims):
    sampled = () if group == "observed_data" else SAMPLED
    assert saved[group][variable].dims == (*sampled, *dims)


def test_the_page_names_every_observed_variable(saved):
    listed = {variable for group, variable, _ in documented() if group == "observed_data"}
    assert listed == set(saved["observed_data"].data_vars)


@pytest.mark.parametrize("group", PREDICTIVE)
def test_replicated_data_have_the_names_dims_and_labels_of_what_was_observed(saved, group):
    drawn, observed = saved[group].to_dataset(), saved["observed_data"].to_dataset()
    assert set(drawn.data_vars) == set(observed.data_vars)
    for name in observed.data_vars:
        assert drawn[name].dims == (*SAMPLED, *observed[name].dims)
        assert bool(np.isfinite(drawn[name]).all()), name
        assert (drawn[name].dtype.kind == "i") == (observed[name].dtype.kind == "i"), name
    for name in observed.coords:
        np.testing.assert_array_equal(drawn[name], observed[name])
    assert {names.CHAIN, names.DRAW} <= set(drawn.coords)
    assert {names.CHAIN, names.DRAW} <= set(saved["prior"].coords)


def test_labels_are_unique_and_say_month_and_owner(saved, orchard):
    observed = saved["observed_data"].to_dataset()
    owners = {*orchard.framework.indicators, *panel_of(saved)[names.MILESTONE].values.tolist()}
    owners |= {*orchard.framework.series("share"), *orchard.framework.series("level")}
    for dim in set(observed.dims) - {names.TIME}:
        labels, months, of = (observed[name].values for name in (dim, f"{dim}_time", f"{dim}_of"))
        assert len(set(labels.tolist())) == labels.size > 0
        for label, month, owner in zip(labels, months, of, strict=True):
            assert str(label).startswith(f"{str(month)[:7]} {owner} ")
            assert owner in owners


def test_what_was_observed_is_the_panel_without_its_padding(saved, orchard):
    panel, observed = used_months(orchard.panel), saved["observed_data"].to_dataset()
    said = panel["report_direction"].to_numpy()[panel["report_used"].to_numpy()]
    np.testing.assert_array_equal(observed["report_direction"], said)
    looked = panel["count_coverage"].to_numpy() >= 0
    assert not looked.all()
    np.testing.assert_array_equal(observed["count"], panel["count"].to_numpy()[looked])
    np.testing.assert_array_equal(observed["level_change"], panel["level_change"].to_numpy()[panel["level_used"]])
    assert int(observed["milestone_done"].sum()) == int(panel["milestone_done"].sum())
    assert int(observed[names.ONE_STEP].sum()) == int(said.sum())
    xr.testing.assert_identical(panel_of(saved)["count"], panel["count"])


def test_every_free_parameter_belongs_to_exactly_one_part(saved, orchard, rated):
    members = [name for part in PRIOR_PARTS.values() for name in part]
    assert len(members) == len(set(members))
    for world in (orchard, rated):
        model = build_model(world.framework, world.hyperparameters, world.panel)
        assert {variable.name for variable in model.free_RVs} <= set(members)
    listed = prior_parts(saved["log_prior"].to_dataset())
    assert sorted(name for part in listed.values() for name in part) == sorted(saved["log_prior"].data_vars)


CALLS = {
    "summary": lambda tree: az.summary(tree, var_names=[names.STRENGTH_BASE]),
    "rhat": lambda tree: az.rhat(tree, var_names=[names.INITIAL]),
    "ess": lambda tree: az.ess(tree, var_names=[names.INITIAL]),
    "loo": az.loo,
    "loo_pit": lambda tree: az.loo_pit(tree, var_names=[names.ONE_STEP]),
    "loo_score": lambda tree: az.loo_score(tree, var_name=names.ONE_STEP),
    "psense_summary": lambda tree: az.psense_summary(tree, var_names=[names.INITIAL]),
    "psense_summary of one part": lambda tree: az.psense_summary(
        tree, var_names=[names.INITIAL], prior_var_names=prior_parts(tree["log_prior"].to_dataset())["chain"]
    ),
    "plot_loo_pit": lambda tree: az.plot_loo_pit(tree, var_names=[names.ONE_STEP]),
    "plot_ppc_tstat": lambda tree: az.plot_ppc_tstat(tree, var_names=["count"]),
    "plot_psense_dist": lambda tree: az.plot_psense_dist(tree, var_names=[names.STRENGTH_BASE]),
}
DRAWN = {
    "plot_ppc_dist": lambda tree, group: az.plot_ppc_dist(tree, group=group),
    "plot_ppc_dist of one": lambda tree, group: az.plot_ppc_dist(tree, group=group, var_names=["level_change"]),
    "plot_ppc_rootogram": lambda tree, group: az.plot_ppc_rootogram(tree, group=group, var_names=["count"]),
    "plot_ppc_pava": lambda tree, group: az.plot_ppc_pava(tree, group=group, var_names=["milestone_done"]),
    "plot_ppc_pava of directions": lambda tree, group: az.plot_ppc_pava(
        tree, group=group, var_names=["report_direction"], data_type="categorical"
    ),
    "plot_ppc_pit": lambda tree, group: az.plot_ppc_pit(tree, group=group, var_names=["count", "share_value"]),
    "plot_ppc_interval": lambda tree, group: az.plot_ppc_interval(tree, group=group, var_names=["event"]),
}


@pytest.mark.parametrize("call", CALLS)
def test_arviz_takes_a_saved_fit_by_stock_calls(saved, call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # prior draws are no posterior, and weights say so
        assert CALLS[call](saved) is not None
    plt.close("all")


@pytest.mark.parametrize("group", PREDICTIVE)
@pytest.mark.parametrize("call", DRAWN)
def test_arviz_draws_every_predictive_group_by_stock_calls(saved, call, group):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it recommends other plots for whole numbers
        assert DRAWN[call](saved, group) is not None
    plt.close("all")


def test_the_same_seed_gives_the_same_groups_and_another_seed_others(orchard):
    first, again, other = (fitted(orchard, seed) for seed in (3, 3, 4))
    for group in PREDICTIVE:
        assert first[group].to_dataset().identical(again[group].to_dataset())
        assert not first[group]["count"].equals(other[group]["count"])
    assert first["log_prior"].to_dataset().identical(other["log_prior"].to_dataset())


@pytest.mark.parametrize("name", ["jetty", "harbour", "mill", "orchard_residual", "orchard_history", "orchard_labels"])
def test_a_framework_without_some_families_has_the_groups_without_their_variables(name, request):
    world = request.getfixturevalue(name)
    tree = fitted(world)
    observed = tree["observed_data"].to_dataset()
    assert set(PREDICTIVE) | {"log_prior"} <= set(tree.children)
    assert ("report_direction" in observed) == bool(world.panel["report_used"].any())
    assert ("share_value" in observed) == bool(world.panel["share_used"].any())
    assert 0 not in observed.sizes.values()
    for group in PREDICTIVE:
        assert set(tree[group].data_vars) == set(observed.data_vars)


def test_replicated_data_are_small(saved):
    """Per draw less than the free parameters: a flagship's file grows by a twentieth."""
    posterior = sum(saved["posterior"][name].nbytes for name in saved["posterior"].data_vars)
    drawn = sum(saved[group][name].nbytes for group in PREDICTIVE[:2] for name in saved[group].data_vars)
    assert drawn < posterior / 2


def test_a_run_without_the_new_groups_loads_and_asks_for_a_fit_only_where_one_is_needed(orchard, tmp_path, saved):
    older = orchard.tree(orchard.draws(5, 8))
    made = {"model": "orchard", "as_of": "2024-06", "hash": "0" * 64}
    folder = save_run(replace(orchard.framework, root=tmp_path), Run(older, (), made))
    tree = load_run(folder).tree
    assert "count" in tree["observed_data"].data_vars
    xr.testing.assert_equal(panel_of(tree)["count"], panel_of(saved)["count"])
    xr.testing.assert_equal(panel_of(tree)["report_direction"], panel_of(saved)["report_direction"])
    with pytest.raises(
        RunError,
        match=r"has no group posterior_predictive \(it has .*\); fit again with 'indicast fit orchard --as-of 2024-06'",
    ):
        group_of_fit(tree, "posterior_predictive")
    assert names.FILTERED in group_of_fit(tree, "posterior")


def test_a_group_without_draws_is_refused(saved):
    cut = xr.DataTree.from_dict({"log_prior": saved["log_prior"].to_dataset().isel({names.DRAW: slice(0)})})
    with pytest.raises(RunError, match="group log_prior of the fit is empty; fit again"):
        group_of_fit(cut, "log_prior")


def test_a_panel_read_back_says_what_the_panel_of_the_fit_said(saved, orchard):
    """Replicated data are drawn from the panel as a saved fit holds it."""
    setting = Setting(orchard.framework, orchard.hyperparameters, panel_of(saved))
    for name in used_months(orchard.panel).data_vars:
        np.testing.assert_array_equal(setting.panel[name], used_months(orchard.panel)[name], err_msg=str(name))
