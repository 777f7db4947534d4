"""The main job on the real ledger: gates, files, labels, and the same numbers twice."""

import json

import arviz as az
import numpy as np
import pytest

from indicast import names
from indicast.cli import _jobs
from indicast.forecast import forecast_table
from indicast.infer import find_run, load_run, run_gates

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("flagship")]


def test_every_gate_passes_on_the_real_ledger_without_a_divergence(flagship):
    gates = {gate.name: gate for gate in flagship.run.gates}
    assert [gate.name for gate in gates.values() if not gate.passed] == []
    assert gates["divergences"].value == 0


def test_gates_equal_direct_calls_of_arviz(flagship):
    gates = {gate.name: gate.value for gate in flagship.run.gates}
    posterior = flagship.run.tree["posterior"].to_dataset()
    summary = az.rhat(posterior[[names.STRENGTH_BASE, names.GLOBAL_SCALE, names.GROUP_SCALE]])
    assert gates["largest R-hat"] >= max(float(summary[name].max()) for name in summary.data_vars)


def test_a_gate_fails_on_chains_that_disagree(flagship):
    tree = flagship.run.tree.copy(deep=True)
    shifted = tree["posterior"].to_dataset()
    shifted[names.TILT_MEAN][0] += 5.0
    tree["posterior"] = type(tree)(shifted)
    broken = run_gates(tree, flagship.desk.framework, flagship.desk.hyperparameters)
    failed = {gate.name for gate in broken if not gate.passed}
    assert {"largest R-hat", "smallest bulk ESS"} <= failed


def test_filtered_and_smoothed_are_probabilities_that_agree_in_the_last_month(flagship):
    posterior = flagship.run.tree["posterior"]
    filtered, smoothed = posterior[names.FILTERED], posterior[names.SMOOTHED]
    np.testing.assert_allclose(filtered.sum(names.SCENARIO), 1.0, atol=1e-12)
    np.testing.assert_allclose(smoothed.sum(names.SCENARIO), 1.0, atol=1e-12)
    np.testing.assert_array_equal(filtered.isel(time=-1), smoothed.isel(time=-1))


def test_a_saved_run_is_found_again_with_its_numbers(flagship):
    loaded = load_run(find_run(flagship.desk.framework, as_of="2024-12"))
    assert loaded.id == flagship.run.id
    assert loaded.passed
    for group in ("posterior", "predictions", "log_likelihood", "prior", "observed_data", "constant_data"):
        assert group in loaded.tree
    table, again = (forecast_table(run.tree, flagship.desk.framework) for run in (flagship.run, loaded))
    np.testing.assert_array_equal(table["value"], again["value"])


def test_the_report_of_a_run_that_passed_is_published_whole(flagship):
    _jobs.report(flagship.desk.options, flagship.desk.framework.id, _jobs.Chosen(flagship.run.id), draft=False)
    folder = flagship.desk.framework.reports_folder / "2024-12"
    assert {path.name for path in folder.iterdir()} == {"report.html", "report.md", "forecast.csv", "manifest.json"}
    assert flagship.run.manifest["hash"][:12] in (folder / "report.html").read_text()
    assert json.loads((folder / "manifest.json").read_text())["hash"] == flagship.run.manifest["hash"]


def test_the_same_seed_gives_the_same_draws(flagship):
    desk = flagship.desk
    panel = desk.panel(_jobs_vintage(desk))
    short = type(desk.settings)(2, 100, 50, 0.8, 7)
    first, second = (flagship.sampler.fit(panel, short, progress=False)["posterior"] for _ in range(2))
    for name in first.data_vars:
        np.testing.assert_array_equal(first[name], second[name])
    other = flagship.sampler.fit(panel, type(short)(2, 100, 50, 0.8, 8), progress=False)["posterior"]
    assert not np.array_equal(first[names.TILT_MEAN], other[names.TILT_MEAN])


def _jobs_vintage(desk):
    from indicast.panel import vintage

    return vintage(desk.ledger, "2024-12")
