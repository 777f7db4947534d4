"""`indicast init` makes a whole workspace or nothing, the same each time, and what it makes is sound."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.main import get_command

from indicast.cli import _checks, app, main
from indicast.errors import WorkspaceError
from indicast.workspace import create_workspace, find_root, load_framework, model_names
from indicast.workspace._new import EXAMPLE, NAME, example

ROOT = Path(__file__).parents[2]
FILES = {
    ".gitignore",
    "README.md",
    "data/tide/README.md",
    "data/tide/corroboration.csv",
    "data/tide/coverage.csv",
    "data/tide/observations.csv",
    "data/tide/outcomes.csv",
    "data/tide/sources.csv",
    "models/tide/README.md",
    "models/tide/model.toml",
    "priors/tide/hyperparameters.toml",
    "priors/tide/milestones.csv",
    "priors/tide/table.csv",
}


@pytest.fixture
def indicast(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", *map(str, words)])
        try:
            main()
        except SystemExit as ended:
            return ended.code, *capsys.readouterr()
        return 0, *capsys.readouterr()

    return call


@pytest.fixture
def tide(tmp_path):
    create_workspace(tmp_path / "tide", "tide")
    return tmp_path / "tide"


def texts(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in root.rglob("*") if path.is_file()}


def test_it_writes_every_file_with_parents_and_says_what_to_type_next(indicast, tmp_path, monkeypatch):
    monkeypatch.delenv("INDICAST_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    code, out, err = indicast("init", "deep/er/my watch", "--name", "tide")
    assert (code, err) == (0, "")
    assert set(texts(tmp_path / "deep" / "er" / "my watch")) == FILES
    assert out.splitlines()[1:5] == ["next:", "  cd 'deep/er/my watch'", "  indicast check", "  indicast run tide"]
    assert [one.name for one in (tmp_path / "deep" / "er").iterdir()] == ["my watch"]


def test_where_a_variable_names_another_workspace_the_next_commands_name_this_one(indicast, tmp_path, monkeypatch):
    monkeypatch.setenv("INDICAST_WORKSPACE", "/elsewhere")
    _, out, _ = indicast("init", tmp_path / "w")
    assert f"  indicast check --workspace {tmp_path / 'w'}" in out.splitlines()


def test_json_names_the_folder_the_model_and_the_files(indicast, tmp_path):
    _, out, _ = indicast("--json", "init", tmp_path / "w", "--name", "tide")
    assert json.loads(out) == {"workspace": str(tmp_path / "w"), "model": "tide", "files": sorted(FILES)}


def test_the_same_name_gives_the_same_bytes(tmp_path):
    create_workspace(tmp_path / "a", "tide")
    create_workspace(tmp_path / "b", "tide")
    assert texts(tmp_path / "a") == texts(tmp_path / "b") == example("tide")


def test_a_name_is_put_in_everywhere(tide):
    left = [name for name, text in texts(tide).items() if "{{" in text or "river_compact" in text or "\r" in text]
    assert left == []
    assert model_names(tide) == ("tide",)


@pytest.mark.parametrize("name", ["Tide", "", "tide-mill", "../tide", "1tide", "t" * 61, "tide\n", "tíde"])
def test_a_name_that_is_no_id_is_refused_and_nothing_is_written(name, indicast, tmp_path):
    code, _, err = indicast("init", tmp_path / "w", "--name", name)
    assert code == 2
    assert f"--name {name!r} is no id: small letters, digits and _" in err
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_allowed_exactly_if_model_toml_allows_it(tmp_path):
    for name in ("a", "tide_9", "t" * 60):
        assert NAME.fullmatch(name)
        create_workspace(tmp_path / name, name)
        assert load_framework(tmp_path / name, name).id == name


def test_a_folder_that_holds_something_is_refused_and_left_as_it_was(indicast, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    code, out, err = indicast("init", tmp_path)
    assert (code, out) == (2, "")
    assert "is not empty: it holds notes.txt; nothing was written; name a new or an empty folder" in err
    assert texts(tmp_path) == {"notes.txt": "mine"}


def test_a_file_is_refused(indicast, tmp_path):
    (tmp_path / "w").write_text("mine")
    code, _, err = indicast("init", tmp_path / "w")
    assert code == 2
    assert "is a file; name a folder that does not exist yet" in err


def test_a_place_that_cannot_be_written_is_named_without_a_traceback(indicast, tmp_path):
    (tmp_path / "w").write_text("a file, so nothing can stand below it")
    code, _, err = indicast("init", tmp_path / "w" / "x" / "y")
    assert code == 2
    assert re.fullmatch(r"indicast: .*/w/x/y cannot be made: .*; name a folder where you may write\n", err)
    assert texts(tmp_path) == {"w": "a file, so nothing can stand below it"}


def test_an_empty_folder_that_is_the_current_one_is_filled(indicast, tmp_path, monkeypatch):
    monkeypatch.delenv("INDICAST_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    code, out, _ = indicast("init", ".", "--name", "tide")
    assert code == 0
    assert "  cd" not in out
    assert set(texts(tmp_path)) == FILES
    assert find_root() == tmp_path.resolve()


@pytest.mark.parametrize("stands", [False, True])
@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("after", [0, 7, 12])
def test_what_is_interrupted_leaves_nothing_behind(stands, stop, after, tmp_path, monkeypatch):
    where = tmp_path / "deep" / "w"
    if stands:
        where.mkdir(parents=True)
    before, written, write = sorted(tmp_path.rglob("*")), [], Path.write_text

    def failing(self, *words, **named):
        if len(written) == after:
            raise stop
        written.append(self)
        return write(self, *words, **named)

    monkeypatch.setattr(Path, "write_text", failing)
    with pytest.raises((WorkspaceError, KeyboardInterrupt)):
        create_workspace(where, "tide")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failure_while_filling_an_empty_folder_empties_it_again(tmp_path, monkeypatch):
    rename = Path.rename

    def failing(self, target):
        if self.name == "models" and "new" in self.parent.name:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(WorkspaceError, match="cannot be made: Input/output error"):
        create_workspace(tmp_path, "tide")
    assert list(tmp_path.iterdir()) == []


def test_check_warns_only_of_what_marks_cannot_say_and_the_priors_hold_what_is_asked_of_them(tide):
    found = _checks.checked(tide, "tide")
    # Shares of marks that sum to more than 100 %, and labels that one mark changes: true of most tables.
    assert {one.code for one in found.findings} <= {"T108", "T110"}
    assert {one.severity for one in found.findings} <= {"warning"}
    assert len(found.gates) == 5
    assert all(gate.passed for gate in found.gates)


def test_the_example_shows_each_family_milestones_with_a_history_a_late_row_and_an_echo(tide):
    framework = load_framework(tide, "tide")
    declared = framework.declaration
    assert {one.family for one in declared.indicators} == {"direction", "count", "event"}
    assert len(declared.scenarios) == 3
    outcomes = (tide / "data/tide/outcomes.csv").read_text().splitlines()[1:]
    assert len(outcomes) > len(declared.milestones) == 3
    rows = (tide / "data/tide/observations.csv").read_text().splitlines()[1:]
    origins = [row.rsplit(",", 1)[1] for row in rows]
    assert 25 <= len(rows) <= 40
    assert len(set(origins)) < len(rows)


@pytest.mark.parametrize(("old", "new"), [("broken", "ended"), ("adrift", "limping"), ("formal_protests", "notes")])
def test_an_id_is_renamed_by_replacing_it_in_the_files(old, new, tide):
    for path in [*tide.rglob("*.toml"), *tide.rglob("*.csv")]:
        path.write_text(re.sub(rf"\b{old}\b", new, path.read_text()))
    assert [one.line() for one in _checks.checked(tide, "tide").findings if one.severity == "error"] == []


def test_check_lists_every_fault_of_a_table_with_its_code_in_the_order_of_the_lines(indicast, tide):
    table = tide / "priors/tide/table.csv"
    table.write_text(table.read_text().replace(",renewed,", ",renewd,"))
    code, out, _ = indicast("check", "--workspace", tide)
    lines = [2, 5, 8, 11, 14, 17]
    told = "error T002: scenario is 'renewd'; allowed are adrift, broken, renewed"
    assert code == 1
    assert out.splitlines() == [*(f"table.csv:{line}: {told}" for line in lines), "tide: 6 errors, 0 warnings"]


def test_the_card_has_a_place_for_the_generated_part(indicast, tide):
    code, out, err = indicast("card", "tide", "--workspace", tide)
    assert (code, err) == (0, "")
    assert out.endswith("rewritten\n")
    assert "| `strength_base` | scalar |" in (tide / "models/tide/README.md").read_text()
    assert indicast("card", "tide", "--workspace", tide)[1].endswith("in step already\n")


def test_links_and_commands_in_its_documents_lead_somewhere(tide):
    known = set(get_command(app).commands)
    for path in tide.rglob("*.md"):
        text = path.read_text()
        assert [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not (path.parent / link).exists()] == []
        assert set(re.findall(r"(?:^    |`)indicast (\w+)", text, re.MULTILINE)) <= known


def test_the_wheel_holds_the_templates(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if f"/workspace/{EXAMPLE}/" in name}
    assert len(inside) == len(FILES)
