"""Lines about what rows move: numbers where they can be trusted, else the command that can tell."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from indicast.cli._jobs import open_desk
from indicast.cli._moved import moved
from indicast.cli._options import Shared
from indicast.infer import Gate, Run, build_manifest, save_run
from indicast.panel import vintage

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
ROW = {
    "kind": "event",
    "value": "",
    "unit": "",
    "direction": "parting",
    "reliability": "A",
    "credibility": "1",
    "source_id": "tide_table",
}


@pytest.fixture
def desk(tmp_path):
    return open_desk(Shared(workspace=Path(shutil.copytree(HARBOUR, tmp_path / "harbour")), quiet=True), "harbour")


@pytest.fixture
def fitted(desk, harbour):
    """Save draws of the prior as the run of June; what they were drawn from does not matter to the lines."""
    world = harbour._replace(framework=desk.framework, hyperparameters=desk.hyperparameters, ledger=desk.ledger)
    return lambda passed=True: save_run(desk.framework, a_run(desk, world, passed=passed))


def a_run(desk, world, *, passed):
    manifest = build_manifest(desk.framework, desk.ledger, vintage(desk.ledger), desk.settings)
    gate = Gate("largest R-hat", 1.0 if passed else 2.0, 1.02, at_most=True, where="x")
    return Run(world.tree(world.draws(17, 800)), (gate,), manifest)


def with_rows(ledger, indicator, days):
    last = ledger.observations.iloc[-1].to_dict()
    dates = [
        {
            "event_date": pd.Timestamp(day),
            "known_date": pd.Timestamp(day),
            "origin_id": day,
            "record_id": f"{indicator} {day}",
        }
        for day in days
    ]
    rows = pd.DataFrame([{**last, **ROW, **date, "indicator": indicator} for date in dates])
    rows.index = ledger.observations.index.max() + 1 + np.arange(len(rows))
    return replace(ledger, observations=pd.concat([ledger.observations, rows]))


def test_where_no_run_exists_the_command_that_makes_one_is_named(desk):
    longer = with_rows(desk.ledger, "pilot_exchange", ["2024-06-21"])
    assert moved(desk, desk.ledger, longer) == [
        "no run of harbour can tell yet what this moves; 'indicast fit harbour' makes one"
    ]


def test_each_scenario_has_a_line_and_the_last_one_says_what_it_rests_on(desk, fitted):
    folder = fitted()
    lines = moved(desk, desk.ledger, with_rows(desk.ledger, "pilot_exchange", ["2024-06-21"]))
    assert lines[0] == f"2024-06, from {folder.name} without a refit:"
    assert [line.split(":")[0].strip() for line in lines[1:5]] == [
        one.name for one in desk.framework.declaration.scenarios
    ]
    assert all("% -> " in line and " points, " in line and " dB" in line for line in lines[1:5])
    assert "trusted; worth " in lines[5]
    assert lines[5].endswith(" of 800 draws; 'indicast fit harbour --as-of 2024-06 --known-at 2024-06-30' fits anew")
    assert len(lines) == 6


def test_news_after_the_run_are_asked_about_in_their_own_month(desk, fitted):
    fitted()
    lines = moved(desk, desk.ledger, with_rows(desk.ledger, "pilot_exchange", ["2024-08-03"]))
    assert lines[0].startswith("2024-08, from 2024-06_")


def test_a_correction_is_asked_about_in_the_month_of_the_run_as_known_now(desk, fitted):
    fitted()
    rows = desk.ledger.observations
    old = rows[(rows["indicator"] == "pilot_exchange") & (rows["direction"] == "joining")].iloc[-1]
    change = {"change": "correction", "supersedes": old["record_id"], "record_id": "mended", "reason": "a slip"}
    new = pd.DataFrame([{**old.to_dict(), **change, "direction": "parting", "known_date": pd.Timestamp("2024-12-24")}])
    new.index = [rows.index.max() + 1]
    lines = moved(desk, desk.ledger, replace(desk.ledger, observations=pd.concat([rows, new])))
    assert lines[0].startswith("2024-06 as known now, from 2024-06_")
    assert "'indicast fit harbour --as-of 2024-06 --known-at 2024-12-24' fits anew" in lines[-1]


def test_rows_that_change_nothing_are_said_to(desk, fitted):
    fitted()
    assert moved(desk, desk.ledger, desk.ledger) == [
        "this moves nothing in 2024-06: it is no evidence of any month until then"
    ]


def test_a_driver_is_association_and_not_cause(desk, fitted):
    fitted()
    lines = moved(desk, desk.ledger, with_rows(desk.ledger, "council_tone", ["2024-06-21"]))
    assert lines[-1] == "  Tone of the council: association, not cause"


def test_where_weights_cannot_tell_there_is_no_number_but_a_command(desk, fitted):
    fitted()
    days = [f"2024-{month:02d}-{day:02d}" for month in range(1, 7) for day in range(3, 20, 2)]
    longer = with_rows(desk.ledger, "dredging_funds", days[::2])
    longer = with_rows(longer, "pilot_exchange", days[1::2])
    lines = moved(desk, desk.ledger, with_rows(longer, "council_tone", days))
    assert len(lines) == 1
    assert lines[0].startswith("only a refit can tell what this moves (k-hat ")
    assert lines[0].endswith("'indicast fit harbour'")
    assert "->" not in lines[0]


def test_a_run_of_other_priors_is_not_asked(desk, fitted):
    folder = fitted()
    with (desk.framework.priors_folder / "hyperparameters.toml").open("a", encoding="utf-8") as declared:
        declared.write("\n# another word\n")
    lines = moved(desk, desk.ledger, with_rows(desk.ledger, "pilot_exchange", ["2024-06-21"]))
    said = "was made with another hyperparameters.toml; only a refit can tell what this moves: 'indicast fit harbour'"
    assert lines == [f"{folder.name} {said}"]


def test_a_broken_run_is_reported_and_not_a_traceback(desk, fitted):
    folder = fitted()
    (folder / "posterior.nc").write_bytes(b"")
    (folder / "draws.npz").unlink()
    lines = moved(desk, desk.ledger, with_rows(desk.ledger, "pilot_exchange", ["2024-06-21"]))
    assert len(lines) == 1
    assert "is no complete run" in lines[0]


def test_a_run_that_failed_its_gates_says_so(desk, fitted):
    fitted(passed=False)
    lines = moved(desk, desk.ledger, with_rows(desk.ledger, "pilot_exchange", ["2024-06-21"]))
    assert "but the run failed its gates" in lines[5]
