"""An entry of the hyperparameters without source or reason is found with its line, and by loading too."""

import re
import shutil
from pathlib import Path

import pytest

from indicast.cli._checks import checked
from indicast.elicit import load_hyperparameters, unsourced_findings
from indicast.errors import WorkspaceError
from indicast.workspace import load_framework

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"


@pytest.fixture
def root(tmp_path):
    return shutil.copytree(FIXTURES / "harbour", tmp_path / "harbour")


def path_in(root):
    return root / "priors" / "harbour" / "hyperparameters.toml"


def header_of(root, entry):
    lines = path_in(root).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(f"[{entry}]"))


def spoil(root, entry, key, line):
    """Replace the line of a key within an entry."""
    text = path_in(root).read_text("utf-8")
    start = text.index(f"[{entry}]")
    end = text.find("\n[", start) if text.find("\n[", start) > 0 else len(text)
    changed = re.sub(rf"^{key} = .*\n", line, text[start:end] + "\n", count=1, flags=re.MULTILINE)
    assert changed != text[start:end] + "\n"
    path_in(root).write_text(text[:start] + changed + text[end:], "utf-8")


@pytest.mark.parametrize(
    ("folder", "name"), [(ROOT, "belarus_russia"), *((FIXTURES / name, name) for name in ("harbour", "orchard"))]
)
def test_a_sound_file_has_no_finding(folder, name):
    assert unsourced_findings(load_framework(folder, name)) == []


@pytest.mark.parametrize("entry", ["priors.persistence", "constants.claim_factor"])
@pytest.mark.parametrize("key", ["source", "reason"])
@pytest.mark.parametrize("line", ["", '{key} = "  "\n', "{key} = 3\n"], ids=["left out", "blank", "a number"])
def test_what_loading_refuses_is_found_at_the_entry(entry, key, line, root):
    spoil(root, entry, key, line.format(key=key))
    framework = load_framework(root, "harbour")
    found = unsourced_findings(framework)
    place = f"hyperparameters.toml:{header_of(root, entry)}"
    assert [(f.code, f.severity, f.place, f.message) for f in found] == [
        ("P001", "error", place, f"{entry} has no {key}")
    ]
    with pytest.raises(WorkspaceError, match=key):
        load_hyperparameters(framework)


def test_all_of_them_are_found_at_once_and_check_gives_their_code(root):
    spoil(root, "priors.persistence", "source", "")
    spoil(root, "priors.persistence", "reason", "")
    spoil(root, "constants.claim_factor", "reason", "")
    errors = [f for f in checked(root, "harbour").findings if f.severity == "error"]
    assert [(f.code, f.message) for f in errors] == [
        ("P001", "priors.persistence has no source and no reason"),
        ("P001", "constants.claim_factor has no reason"),
    ]


def test_a_table_that_is_refused_keeps_its_codes_and_places_in_a_check(root):
    path = root / "priors" / "harbour" / "table.csv"
    path.write_text(path.read_text("utf-8").replace(",consensus,pact_paper p. 3", ",consensus,"), "utf-8")
    found = checked(root, "harbour").findings
    # Eight cells stand on page 3: more than a refusal of loading names.
    assert [(f.code, f.place) for f in found] == [("T006", f"table.csv:{line}") for line in range(2, 10)]
