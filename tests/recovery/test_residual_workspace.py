"""A workspace with a residual scenario goes through the whole path: fit, gates, report."""

import json
import shutil
from pathlib import Path

import pytest

from indicast.cli import main
from indicast.cli._card import current_block
from indicast.cli._jobs import open_desk
from indicast.cli._options import Shared

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mill")]
MILL = Path(__file__).parents[1] / "fixtures" / "mill"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Path(shutil.copytree(MILL, tmp_path_factory.mktemp("residual") / "workspace"))


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


def test_none_of_these_is_fitted_reported_and_explained(workspace, indicast):
    """The ledger's last eight months follow a pattern that is in no column: the fit must see it."""
    said = json.loads(indicast("fit", "mill", "--json").out)
    assert said["passed"]
    now = {one["scenario"]: one["mean"] for one in said["now"]}
    assert sum(now.values()) == pytest.approx(1.0, abs=1e-9)
    assert now["other"] > 0.5
    indicast("report", "mill", "--draft")
    folder = workspace / "reports" / "mill" / "2023-12"
    for name in ("report.html", "report.md"):
        text = (folder / name).read_text(encoding="utf-8").replace("\u00a0", " ").replace("&#39;", "'")
        assert "'None of these' stands for none of the listed scenarios" in text
        assert "above its declared limit of 50 %" in text
        assert "the scenario set does not explain" in text
        assert "The same without a sampler" in text
    assert ",other," in (folder / "forecast.csv").read_text(encoding="utf-8")


def test_the_card_says_what_the_residual_scenario_means(workspace):
    block = current_block(open_desk(Shared(workspace=workspace, quiet=True), "mill"))
    assert "**None of the above.** Scenario `other` stands for none of the listed ones." in block
