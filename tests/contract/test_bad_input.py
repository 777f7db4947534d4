"""Every documented mistake gives clear lines, code 1 or 2, no traceback, nothing half-written."""

import shutil
from pathlib import Path

import pytest

from indicast.cli import main

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    root = tmp_path / "workspace"
    shutil.copytree(HARBOUR, root)
    monkeypatch.chdir(root)
    monkeypatch.delenv("INDICAST_WORKSPACE", raising=False)
    return root


@pytest.fixture
def indicast(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return call


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def observations(root):
    return root / "data" / "harbour" / "observations.csv"


def first_row(root):
    return observations(root).read_text(encoding="utf-8").splitlines()[1]


def with_cell(root, column, value):
    lines = observations(root).read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index(column)
    cells = lines[1].split(",")
    cells[place] = value
    observations(root).write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")


def empty_ledger(root):
    observations(root).write_text(observations(root).read_text(encoding="utf-8").splitlines()[0] + "\n")


def duplicate_row(root):
    with observations(root).open("a", encoding="utf-8") as ledger:
        ledger.write(first_row(root) + "\n")


def mark_that_is_none(root):
    path = root / "priors" / "harbour" / "table.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("mark")
    cells = lines[1].split(",")
    cells[place] = "?"
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")


def sum_that_is_not_one(root):
    replace(root / "priors" / "harbour" / "hyperparameters.toml", "[0.80, 0.15, 0.05]", "[0.80, 0.15, 0.15]")


FAULTS = {
    "a missing file": (lambda root: observations(root).unlink(), "has no observations.csv"),
    "an unknown indicator": (lambda root: with_cell(root, "indicator", "weather"), "L002: indicator is 'weather'"),
    "a date that is none": (
        lambda root: with_cell(root, "event_date", "2023-02-30"),
        "L001: event_date is '2023-02-30'",
    ),
    "a known date in the future": (lambda root: with_cell(root, "known_date", "2199-01-01"), "L009"),
    "an end before the start": (lambda root: with_cell(root, "end_date", "2001-01-01"), "L008"),
    "an unknown source": (lambda root: with_cell(root, "source_id", "nobody"), "L005: source_id is 'nobody'"),
    "a duplicate row": (duplicate_row, "L010"),
    "an empty ledger": (empty_ledger, "L017: there are no observations"),
    "a rater whom nobody introduced": (
        lambda root: replace(root / "priors" / "harbour" / "table.csv", "+1,+,consensus", "+1,+,anna"),
        "T005: rater is 'anna'",
    ),
    "a mark that is not + = -": (mark_that_is_none, "T004: mark is '?'"),
    "a probability that does not sum to one": (sum_that_is_not_one, "mark_if_present"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fit_stops_with_one_clear_complaint(fault, workspace, indicast):
    plant, said = FAULTS[fault]
    plant(workspace)
    code, out, err = indicast("fit", "harbour", "--quiet")
    assert code == 2
    assert out == ""
    assert said in err
    assert all(line.startswith("indicast: ") for line in err.splitlines())
    assert "Traceback" not in err
    assert not (workspace / "runs").exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_check_lists_the_same_fault_and_ends_with_one(fault, workspace, indicast):
    plant, said = FAULTS[fault]
    plant(workspace)
    code, out, err = indicast("check", "harbour")
    assert code == 1
    assert said.split(":")[0] in out
    assert "Traceback" not in out + err


CALLS = {
    "a model folder that does not exist": (("fit", "haven"), "no model 'haven'"),
    "a month before the start": (("fit", "harbour", "--as-of", "2020-01"), "ask for 2023-01 or later"),
    "a month in the future": (("fit", "harbour", "--as-of", "2199-01"), "is in the future"),
    "a month that is none": (("fit", "harbour", "--as-of", "2024-13"), "'2024-13' is no month"),
    "a day that is none": (("fit", "harbour", "--known-at", "2024-02-30"), "'2024-02-30' is no date"),
    "a run that does not exist": (("report", "harbour", "--run", "nope"), "no run nope"),
    "no run at all": (("report", "harbour"), "make one with 'indicast fit harbour'"),
    "a workspace that is none": (("check", "--workspace", "/nowhere"), "is no workspace"),
}


@pytest.mark.parametrize("mistake", CALLS)
def test_a_wrong_call_says_what_is_allowed(mistake, workspace, indicast):
    words, said = CALLS[mistake]
    code, out, err = indicast(*words, *(["--quiet"] if words[0] == "fit" else []))
    assert code == 2
    assert out == ""
    assert said in err
    assert len([line for line in err.splitlines() if line.startswith("indicast: ")]) == 1
    assert not (workspace / "runs").exists()
    assert not (workspace / "reports").exists()


def test_an_option_that_does_not_exist_is_explained(indicast):
    code, _, err = indicast("fit", "harbour", "--colour")
    assert code == 2
    assert "No such option" in err
