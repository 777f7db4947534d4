"""``indicast observe import``: counted, asked for, saved; a dry run and a refusal leave every file as it was."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from indicast.cli import main

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXPORT = FIXTURES / "imports" / "acled.csv"
SUM = "7 read = 3 loaded + 1 already there + 2 not selected + 1 quarantined"


@pytest.fixture
def root(tmp_path):
    made = Path(shutil.copytree(FIXTURES / "harbour", tmp_path / "harbour"))
    (made / "models" / "harbour" / "imports").mkdir()
    for mapping in (FIXTURES / "imports").glob("*.toml"):
        shutil.copy(mapping, made / "models" / "harbour" / "imports")
    return made


@pytest.fixture
def observe_import(monkeypatch, capsys, root):
    def call(*words, export=EXPORT, mapping="acled"):
        given = ["observe", "import", "harbour", str(export), "--mapping", mapping, "--workspace", str(root), *words]
        monkeypatch.setattr("sys.argv", ["indicast", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return call


def content(root):
    """Return every file of a workspace that is no lock, with what it holds."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def lines(root, name):
    with (root / "data" / "harbour" / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_an_import_is_saved_and_the_next_one_adds_nothing(observe_import, root):
    before = len(lines(root, "observations"))
    code, out, _ = observe_import("--yes")
    assert code == 0
    assert SUM in out
    rows = lines(root, "observations")
    assert len(rows) == before + 3
    assert rows[-1]["record_id"] == "acled:ORR103"
    assert rows[-1]["recorded_at"]
    assert lines(root, "sources")[-1]["source_id"] == "acled_vael_post"
    saved = content(root)
    code, out, _ = observe_import("--yes")
    assert (code, content(root)) == (0, saved)
    assert "7 read = 0 loaded + 4 already there + 2 not selected + 1 quarantined" in out


def test_what_cannot_be_used_is_set_aside(observe_import, root, tmp_path):
    observe_import("--yes", "--quarantine", str(tmp_path / "aside.csv"))
    with (tmp_path / "aside.csv").open(encoding="utf-8", newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert (row["export"], row["line"]) == ("acled.csv", "7")
    assert row["row"] == EXPORT.read_text(encoding="utf-8").splitlines()[6]
    assert not (root / "runs").exists()


def test_a_dry_run_writes_nothing(observe_import, root):
    before = content(root)
    code, out, _ = observe_import("--dry-run")
    assert (code, content(root)) == (0, before)
    assert SUM in out
    assert out.endswith("nothing was saved\nthis was a dry run; without --dry-run it asks and saves\n")
    observe_import("--yes")
    assert observe_import("--dry-run")[1].endswith("nothing was saved\n")


def test_a_script_has_to_say_yes(observe_import, root):
    before = content(root)
    code, _, err = observe_import()
    assert (code, content(root)) == (2, before)
    assert "--yes" in err


def test_the_figures_come_as_json(observe_import):
    code, out, _ = observe_import("--yes", "--json", export=FIXTURES / "imports" / "gdelt.export.CSV", mapping="gdelt")
    told = json.loads(out)
    names = ("saved", "read", "loaded", "already_there", "not_selected", "quarantined")
    assert code == 0
    assert [told[name] for name in names] == [True, 7, 4, 0, 2, 1]
    assert told["records"][0] == "gdelt:900000101"


@pytest.mark.parametrize(
    ("words", "changes", "match"),
    [
        (["--known-date", "2999-01-01"], {}, "is after today"),
        (["--known-date", "soon"], {}, "--known-date: 'soon' is no date"),
        ([], {"mapping": "none"}, "no mapping 'none'"),
        ([], {"export": Path("none.csv")}, "does not exist or is no file"),
        ([], {"mapping": "gdelt"}, "0 loaded"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(observe_import, root, words, changes, match):
    before = content(root / "data")
    code, out, err = observe_import("--yes", *words, **changes)
    assert content(root / "data") == before
    assert match in (out if match == "0 loaded" else err)
    assert code == (0 if match == "0 loaded" else 2)
    assert "Traceback" not in err


def test_an_export_that_is_named_as_its_own_quarantine_is_left_alone(observe_import, tmp_path):
    export = Path(shutil.copy(EXPORT, tmp_path / "export.csv"))
    code, _, err = observe_import("--yes", "--quarantine", str(export), export=export)
    assert code == 2
    assert "is no quarantine file" in err
    assert export.read_bytes() == EXPORT.read_bytes()
