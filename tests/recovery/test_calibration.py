"""The certificate on the smallest workspace: a sound model passes, bugs fail, kills change nothing."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indicast.cli import main
from indicast.elicit import load_hyperparameters
from indicast.evaluate import (
    CALIBRATION_BEGIN,
    CALIBRATION_END,
    Bench,
    Plan,
    _trial,
    certificate,
    run_trials,
    trial_store,
)
from indicast.generative.families import EMISSIONS
from indicast.ledger import load_ledger
from indicast.panel import build_panel, vintage
from indicast.workspace import load_framework

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("jetty")]  # machine code of a model of its own
JETTY = Path(__file__).parents[1] / "fixtures" / "jetty"
SEED = 11


def plan_of(root, **settings):
    framework = load_framework(root, "jetty")
    hyperparameters = load_hyperparameters(framework)
    ledger, _ = load_ledger(framework, today=date(2030, 1, 1))
    panel = build_panel(framework, hyperparameters, ledger, vintage(ledger), today=date(2030, 1, 1))
    declared = framework.declaration
    section = declared.sbc.model_copy(update=settings)
    return Plan(framework, hyperparameters, panel, section, declared.sampler.target_accept, SEED)


@pytest.fixture(scope="module")
def bench():
    return Bench(plan_of(JETTY), cores=None)


@pytest.fixture(scope="module")
def trials(bench):
    """The simulations of a sound model, made one after another in this process."""
    return [bench.trial(place) for place in range(bench.plan.settings.simulations)]


def with_plan(bench, plan):
    """Return a bench of another plan with the same compiled model."""
    other = replace(bench, plan=plan)
    other.__dict__["sampler"] = bench.sampler
    return other


def timeless(trial):
    return {name: value for name, value in trial.items() if name != "seconds"}


def by_place(trials):
    return {trial["place"]: timeless(trial) for trial in trials}


def test_a_sound_model_passes(bench, trials):
    content = certificate(bench.plan, trials)
    assert [one["name"] for one in content["quantities"] if not one["passed"]] == []
    assert content["passed"]
    assert content["fits"]["failed"] == 0
    assert max(one["neighbour_correlation"] for one in content["quantities"]) < 0.2


def test_simulator_with_inverted_overdispersion_fails(bench, monkeypatch):
    sound = EMISSIONS["count"]

    def inverted(truth, setting, path, rng):
        return sound.simulate({**truth, "overdispersion": 1.0 / truth["overdispersion"]}, setting, path, rng)

    monkeypatch.setitem(EMISSIONS, "count", replace(sound, simulate=inverted))
    content = certificate(bench.plan, [bench.trial(place) for place in range(25)])
    assert not content["passed"]
    failed = {one["name"] for one in content["quantities"] if not one["passed"]}
    assert {"overdispersion[landings]", "log likelihood"} <= failed


def test_truths_with_two_scenarios_exchanged_fail(bench, monkeypatch):
    honest = _trial.draw_truth

    def exchanged(*given):
        truth = honest(*given)
        return truth | {"initial": truth["initial"][:, ::-1]}

    monkeypatch.setattr(_trial, "draw_truth", exchanged)
    content = certificate(bench.plan, [bench.trial(place) for place in range(60)])
    assert not content["passed"]
    assert "initial[used]" in {one["name"] for one in content["quantities"] if not one["passed"]}


def test_a_simulation_depends_on_seed_and_place_only(bench, trials):
    assert timeless(bench.trial(7)) == timeless(trials[7])
    other = with_plan(bench, replace(bench.plan, seed=SEED + 1))
    assert other.trial(7)["ranks"] != trials[7]["ranks"]


def test_two_workers_find_what_one_finds(bench, trials):
    found = []
    run_trials(bench.plan, range(5), found.append, workers=2)
    assert by_place(found) == by_place(trials[:5])


def test_fits_that_did_not_converge_are_recorded_not_dropped(bench):
    short = bench.plan.settings.model_copy(update={"tune": 5, "draws": 30, "rhat_max": 1.01})
    hasty = replace(bench.plan, settings=short)
    found = [with_plan(bench, hasty).trial(place) for place in range(3)]
    content = certificate(hasty, found)
    assert content["fits"]["rhat_above"] == 3
    assert content["fits"]["unsound"] == 1.0
    assert content["simulations"] == 3
    assert not content["passed"]


@pytest.fixture
def workspace(tmp_path):
    root = tmp_path / "jetty"
    shutil.copytree(JETTY, root)
    card = f"# Card\n\n{CALIBRATION_BEGIN}\nold\n{CALIBRATION_END}\n\nRest.\n"
    (root / "models" / "jetty" / "README.md").write_text(card, encoding="utf-8")
    return root


@pytest.fixture
def indicast(workspace, monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", "--workspace", str(workspace), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return call


COMMAND = ("sbc", "jetty", "--simulations", "10", "--seed", str(SEED))


def test_the_command_leaves_certificate_picture_and_card_and_goes_on_where_it_was(workspace, indicast, trials):
    code, out, err = indicast(*COMMAND)
    assert code == 0, err
    assert "jetty: calibration passed, 10 simulations" in out
    folder = workspace / "models" / "jetty"
    content = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert content["simulations"] == 10
    assert (folder / "calibration.svg").stat().st_size < 300_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "**Calibration: passed.** 10 simulations" in card
    assert "old" not in card
    assert card.endswith("Rest.\n")
    kept = trial_store(plan_of(workspace))
    assert by_place(kept.finished(60).values()) == by_place(trials[:10])
    again = indicast(*COMMAND, "--json")
    assert again[0] == 0
    assert again[2] == ""
    assert {**json.loads(again[1]), "sitting": 0} == {**content, "sitting": 0}


def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed(workspace, indicast, trials):
    store, rng = trial_store(plan_of(workspace)), random.Random(3)  # noqa: S311  # moments of a test
    words = [sys.executable, "-m", "indicast", "--workspace", str(workspace), *COMMAND, "--quiet"]
    for _ in range(2):
        before, started = len(store.finished(10)), subprocess.Popen(words, stdout=subprocess.DEVNULL)
        while len(store.finished(10)) == before and started.poll() is None:
            time.sleep(0.02)
        time.sleep(rng.uniform(0.0, 0.8))
        started.send_signal(signal.SIGKILL)
        started.communicate()
    assert len(store.finished(10)) > 0
    assert not (workspace / "models" / "jetty" / "calibration.json").exists()
    assert indicast(*COMMAND)[0] == 0
    assert by_place(store.finished(10).values()) == by_place(trials[:10])


def test_a_cluster_by_address_finds_the_same(workspace, indicast, trials):
    from distributed import LocalCluster

    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with LocalCluster(**options) as cluster:
        code, _, err = indicast(*COMMAND, "--scheduler", cluster.scheduler_address)
    assert code == 0, err
    assert by_place(trial_store(plan_of(workspace)).finished(10).values()) == by_place(trials[:10])


def test_a_scheduler_that_does_not_answer_is_one_line(indicast):
    code, _, err = indicast(*COMMAND, "--scheduler", "tcp://127.0.0.1:1", "--quiet")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "--scheduler tcp://127.0.0.1:1: no scheduler answers there" in err
    assert "dask scheduler" in err


def test_a_failed_certificate_ends_with_code_one(workspace, indicast, trials):
    store = trial_store(plan_of(workspace))
    for trial in trials[:10]:
        store.keep(trial | {"divergences": 4})
    code, out, _ = indicast(*COMMAND)
    assert code == 1
    assert "jetty: calibration FAILED" in out
    assert "unsound fits: 100.0%" in out
