"""A workspace is data: nothing in it runs, nothing in it leads out, and what it says cannot steer a terminal."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import indicast
from indicast.errors import IndicastError, MissingError, WorkspaceError, visible
from indicast.workspace import Finding, find_root, load_framework, model_names

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
SOURCES = Path(indicast.__file__).parents[1]


@pytest.fixture
def root(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "workspace"))


# ---------------------------------------------------------------- nothing runs

PLANTED = (
    *("sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "__init__.py", "__main__.py", "pandas.py"),
    *("numpy.py", "typer.py", "typing.py", "csv.py", "tomllib.py", "pandera/__init__.py", "site-packages/evil.pth"),
    *("models/__init__.py", "models/harbour/__init__.py", "models/harbour/model.py", "models/harbour/conftest.py"),
    *(
        "priors/harbour/hyperparameters.py",
        "priors/harbour/table.py",
        "data/harbour/observations.py",
        "data/__init__.py",
    ),
)
PICKLES = (
    "data/harbour/observations.pkl",
    "runs/harbour/2024-06_0123456789ab/posterior.pkl",
    "models/harbour/m.pickle",
)
# A pickle that calls os.mkdir on unpickling, written out so that nothing here makes one.
PICKLE = b"cos\nmkdir\n(V%s\ntR."


def plant(root):
    """Put code everywhere that leaves a trace if it runs."""
    trace = root / "it_ran"
    for name in PLANTED:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"import os\nos.makedirs({str(trace)!r}, exist_ok=True)\n", encoding="utf-8")
    for name in PICKLES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PICKLE % str(trace).encode())
    return trace


COMMANDS = {
    "as a module": [sys.executable, "-m", "indicast"],
    "as the installed command": [sys.executable, "-P", "-c", "from indicast.cli import main; main()"],
}


def call(command, root, *words, path=SOURCES):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "INDICAST"))}
    environment |= {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*command, *words], cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_checking_a_workspace_full_of_code_runs_none_of_it(command, root):
    trace = plant(root)
    done = call(COMMANDS[command], root, "check", "harbour", "--quiet")
    assert "harbour: 0 errors" in done.stdout, done.stderr
    assert not trace.exists()


def test_the_plants_would_be_seen_if_one_ran(root):
    trace = plant(root)
    subprocess.run([sys.executable, "-c", "import pandas"], cwd=root, capture_output=True, check=False)
    assert trace.exists()


# ---------------------------------------------------------------- nothing leads out


@pytest.mark.parametrize(
    "name", ["../harbour", "..", ".", "/etc", "harbour/../harbour", "", "Harbour", "a\x1b[31m", "*"]
)
def test_a_name_that_is_no_name_of_a_model_is_refused(name, root):
    with pytest.raises(MissingError, match="there are: harbour; a model's name has small letters, digits and _"):
        load_framework(root, name)


@pytest.mark.parametrize("id_", ["../x", "/etc/passwd", "..", "a/b", "a\\\\b", "CON.", "x" * 61])
def test_an_id_that_is_a_path_is_refused(id_, root):
    path = root / "models" / "harbour" / "model.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('id = "harbour"', f'id = "{id_}"', 1), encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"model\.id"):
        load_framework(root, "harbour")


@pytest.mark.parametrize(
    "link",
    [
        *("models", "priors", "data", "models/harbour", "priors/harbour", "data/harbour"),
        *("models/harbour/model.toml", "priors/harbour/hyperparameters.toml", "data/harbour/observations.csv"),
        *("runs/harbour", "reports/harbour", "reports/harbour/2024-06"),
    ],
)
def test_a_link_that_leads_out_is_refused(link, root, tmp_path):
    path, elsewhere = root / link, tmp_path / "elsewhere"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.rename(elsewhere)
    else:
        elsewhere.mkdir()
    path.symlink_to(elsewhere)
    with pytest.raises(WorkspaceError, match=r"is a link to .*elsewhere, outside the workspace; copy"):
        load_framework(root, "harbour")


def test_links_within_a_workspace_and_to_it_are_followed(root, tmp_path):
    (root / "data" / "harbour").rename(root / "data" / "kept")
    (root / "data" / "harbour").symlink_to("kept")
    (tmp_path / "link").symlink_to(root)
    assert load_framework(find_root(tmp_path / "link"), "harbour").id == "harbour"
    assert load_framework(tmp_path / "link", "harbour").id == "harbour"


def test_a_link_to_itself_or_to_a_device_is_no_file(root):
    path = root / "data" / "harbour" / "sources.csv"
    for target in (path.name, "../../priors/nothing.csv"):
        path.unlink()
        path.symlink_to(target)
        done = call(COMMANDS["as a module"], root, "check", "--quiet")
        assert done.returncode == 1
        assert "has no sources.csv" in done.stdout
        assert "Traceback" not in done.stderr


def test_a_folder_whose_name_no_model_can_have_is_none(root):
    shutil.copytree(root / "models" / "harbour", root / "models" / "a\x1b[31m")
    assert model_names(root) == ("harbour",)


# ---------------------------------------------------------------- nothing steers a terminal

STEERING = "\x1b[31m\x9b2J\x07\r\u202e\u2066\u200b\x00"


def test_no_message_holds_what_a_terminal_would_obey():
    for error in (IndicastError(f"a{STEERING}\nb"), MissingError(f"a{STEERING}\nb"), WorkspaceError(f"a{STEERING}\nb")):
        first, second = str(error).splitlines()
        assert first.isprintable()
        assert r"\x1b[31m" in first
        assert second == "b"
    line = Finding("a.csv:2", "X001", "error", f"x {STEERING}", f"y\n{STEERING}").line()
    assert line.isprintable()


def test_text_that_shows_is_told_as_it_is():
    assert visible("Мінск, 5 € – «так»") == "Мінск, 5 € – «так»"


def test_a_message_of_a_megabyte_is_cut():
    assert len(str(IndicastError("x" * 1_000_000))) < 3000


def spoil_observations(root):
    path = root / "data" / "harbour" / "observations.csv"
    text = path.read_text(encoding="utf-8")
    row = text.splitlines()[1].split(",")
    path.write_text(
        text + ",".join(f"{STEERING[:-1].replace(chr(13), '')}{cell}" for cell in row) + "\n", encoding="utf-8"
    )


def spoil_header(root):
    path = root / "data" / "harbour" / "sources.csv"
    path.write_text("\x1b[31mred,\u202eleft\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


def spoil_declaration(root):
    path = root / "models" / "harbour" / "model.toml"
    path.write_text('"\\u001b[31m" = 1\n' + path.read_text(encoding="utf-8"), encoding="utf-8")


def spoil_values(root):
    path = root / "models" / "harbour" / "model.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('id = "', 'id = "\\u001b[31m'), encoding="utf-8")


def spoil_priors(root):
    path = root / "priors" / "harbour" / "hyperparameters.toml"
    path.write_text('["\\u001b[31m"]\na = 1\n' + path.read_text(encoding="utf-8"), encoding="utf-8")


@pytest.mark.parametrize("spoil", [spoil_observations, spoil_header, spoil_declaration, spoil_values, spoil_priors])
def test_check_prints_only_what_shows(spoil, root):
    spoil(root)
    done = call(COMMANDS["as a module"], root, "check")
    assert done.returncode == 1
    assert all(line.isprintable() for line in (done.stdout + done.stderr).splitlines())
    assert "Traceback" not in done.stderr
