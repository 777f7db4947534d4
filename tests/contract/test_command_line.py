"""Help is instant and has examples; options stand before or after; JSON is JSON."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indicast import __version__
from indicast.cli import main

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
HEAVY = ("pandas", "pandera", "xarray", "pymc", "pytensor", "arviz", "matplotlib", "nutpie", "numba", "scipy")


@pytest.fixture
def indicast(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out

    return call


def test_help_loads_nothing_heavy():
    loaded = "import sys, indicast.cli; print([name for name in sys.argv[1:] if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", loaded, *HEAVY], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command", ["run", "check", "fit", "report", "card", "sbc", "init", "replay", "diagnose", "watch", "explain"]
)
def test_each_command_has_help_with_an_example(command, indicast):
    code, out = indicast(command, "--help")
    assert code == 0
    assert f"Example: indicast {command}" in " ".join(out.split())


@pytest.mark.parametrize("command", ["add", "correct", "retract", "list", "import"])
def test_each_command_of_observe_has_help_with_an_example(command, indicast):
    code, out = indicast("observe", command, "--help")
    assert code == 0
    assert f"Example: indicast observe {command} my_table" in " ".join(out.split())


def test_shared_options_stand_before_or_after_the_command(indicast):
    before = indicast("--workspace", str(HARBOUR), "--json", "check")
    after = indicast("check", "--workspace", str(HARBOUR), "--json")
    assert before == after
    assert list(json.loads(before[1])) == ["harbour"]


def test_check_of_a_sound_workspace_ends_with_zero(indicast):
    code, out = indicast("check", "--workspace", str(HARBOUR))
    assert code == 0
    assert "harbour: 0 errors" in out


def test_lite_prints_a_distribution_says_what_it_is_and_saves_nothing(indicast, tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(HARBOUR, workspace)
    before = sorted(workspace.rglob("*"))
    code, out = indicast("fit", "harbour", "--lite", "--json", "--workspace", str(workspace))
    assert code == 0
    said = json.loads(out)
    assert said["saved"] is False
    assert "no sampling, and nothing is saved" in said["what"]
    assert list(said["ahead"]) == ["0", "3", "12"]
    for values in said["ahead"].values():
        assert sum(values.values()) == pytest.approx(1.0, abs=1e-9)
    assert said["now"] == said["ahead"]["0"]
    assert len(said["filtered"]) == len(said["smoothed"]) == len(said["one_step"]) == len(said["exponent"]) == 18
    assert sorted(workspace.rglob("*")) == before
    code, out = indicast("fit", "harbour", "--lite", "--workspace", str(workspace))
    assert code == 0
    assert f"Drift: {100 * said['now']['drift']:.0f} % (perhaps, 20-60 %)" in out
    assert "no sampling, and nothing is saved" in out


def test_lite_refuses_a_number_of_draws(monkeypatch, capsys):
    words = ["indicast", "fit", "harbour", "--lite", "--draws", "100", "--workspace", str(HARBOUR)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--draws 100: --lite draws nothing; leave one of the two out" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(indicast):
    assert indicast("--version") == (0, f"indicast {__version__}\n")


def test_an_unknown_start_is_answered_with_those_there_are(indicast):
    code, _ = indicast("fit", "harbour", "--workspace", str(HARBOUR), "--start", "dice")
    assert code == 2


def test_a_start_that_the_workspace_does_not_declare_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["indicast", "fit", "harbour", "--workspace", str(HARBOUR), "--start", "history"])
    with pytest.raises(SystemExit):
        main()
    assert "[start.history] is missing" in capsys.readouterr().err
