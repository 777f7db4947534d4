"""Another table, with other scenarios and indicators, goes through the whole main job."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from indicast import names
from indicast.cli import main
from indicast.infer import find_run, load_run
from indicast.workspace import load_framework

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("harbour")]
HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("second") / "workspace"
    shutil.copytree(HARBOUR, root)
    return root


@pytest.fixture
def indicast(workspace, monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", "--workspace", str(workspace), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert ended.value.code == 0, captured.err
        return captured

    return call


def test_four_scenarios_and_five_indicators_run_from_ledger_to_report(workspace, indicast):
    said = json.loads(indicast("run", "harbour", "--json").out)
    assert said["passed"]
    assert len(said["now"]) == 4
    assert sum(one["mean"] for one in said["now"]) == pytest.approx(1.0, abs=1e-9)
    folder = workspace / "reports" / "harbour" / "2024-06"
    assert {path.name for path in folder.iterdir()} == {"report.html", "report.md", "forecast.csv", "manifest.json"}
    with (folder / "forecast.csv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["target"] == "scenario"]
    assert {int(row["horizon"]) for row in rows} == set(range(int(rows[-1]["horizon"]) + 1))


def test_nothing_known_gives_the_prior_chain_and_says_so(workspace, indicast):
    said = indicast("fit", "harbour", "--as-of", "2023-06", "--known-at", "2022-12-31", "--draws", "200")
    assert "no report known by then feeds the model" in said.err
    run = load_run(find_run(load_framework(workspace, "harbour"), as_of="2023-06"))
    posterior = run.tree["posterior"].to_dataset().stack(sample=("chain", "draw")).transpose("sample", ...)
    filtered, transition = posterior[names.FILTERED].to_numpy(), posterior[names.TRANSITION].to_numpy()
    for month in range(1, filtered.shape[1]):
        expected = np.einsum("sj,sjk->sk", filtered[:, month - 1], transition)
        np.testing.assert_allclose(filtered[:, month], expected, atol=1e-12)
