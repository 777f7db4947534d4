"""Findings are printed in three forms that say the same; commands of GitHub survive whatever a cell holds."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.cli import main
from indicast.cli._formats import as_command
from indicast.workspace import Finding

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
COMMAND = re.compile(r"::(error|warning) ([^:]*)::(.*)")


@pytest.fixture
def workspace(tmp_path):
    """Return a workspace with findings in each of the three folders, two of them errors."""
    root = Path(shutil.copytree(FIXTURES / "harbour", tmp_path / "harbour"))
    path = root / "data" / "harbour" / "observations.csv"
    path.write_text(path.read_text("utf-8").replace(",council_tone,event,", ',"tone: 5%, sharp",event,', 2), "utf-8")
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


def unescaped(text):
    for escape, sign in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escape, sign)
    return text


def parsed(line):
    severity, properties, said = COMMAND.fullmatch(line).groups()
    return severity, {key: unescaped(value) for key, value in (p.split("=") for p in properties.split(","))}, said


def test_the_three_forms_say_the_same(workspace, indicast):
    given = ("check", "harbour", "--workspace", str(workspace), "--quiet")
    code, text, _ = indicast(*given)
    lines = text.splitlines()
    found = json.loads(indicast(*given, "--format", "json")[1])["harbour"]
    commands = indicast(*given, "--format", "github")[1].splitlines()
    assert code == 1
    assert (
        [Finding(**one).line() for one in found]
        == lines[:-1]
        == indicast(*given, "--format", "text")[1].splitlines()[:-1]
    )
    assert commands[-1] == lines[-1]
    said = [parsed(line) for line in commands[:-1]]
    assert [(one[0], one[1]["title"], unescaped(one[2])) for one in said] == [
        (one["severity"], one["code"], f"{one['message']}; {one['remedy']}") for one in found
    ]


def test_every_command_names_a_file_below_the_root_and_a_line_of_it(workspace, indicast):
    shutil.rmtree(workspace / "data")
    shutil.copytree(FIXTURES / "harbour" / "data", workspace / "data")
    with (workspace / "data" / "harbour" / "sources.csv").open("a", encoding="utf-8") as sources:
        sources.write("echo,The Echo,Nothing,,,QM,independent_media\n")
    out = indicast("check", "--workspace", str(workspace), "--format", "github", "--quiet")[1]
    places = [parsed(line)[1] for line in out.splitlines()[:-1]]
    assert {one["file"] for one in places} == {
        "data/harbour/sources.csv",
        "models/harbour/model.toml",
        "priors/harbour/table.csv",
    }
    for one in places:
        lines = (workspace / one["file"]).read_text("utf-8").splitlines()
        assert 1 <= int(one.get("line", 1)) <= len(lines)


def no_toml(root):
    (root / "models" / "harbour" / "model.toml").write_text("\ntitle = ?", "utf-8")


def no_key(root):
    path = root / "models" / "harbour" / "model.toml"
    path.write_text(path.read_text("utf-8").replace("[padding]", "[pudding]"), "utf-8")


def no_prior(root):
    path = root / "priors" / "harbour" / "hyperparameters.toml"
    path.write_text(path.read_text("utf-8").replace("[priors.persistence]", "[priors.patience]"), "utf-8")


def no_ledger(root):
    (root / "data" / "harbour" / "observations.csv").unlink()


UNLOADABLE = {
    "no TOML": (no_toml, "file=models/harbour/model.toml,line=2,"),
    "an unknown section": (no_key, "file=models/harbour/model.toml,"),
    "a missing prior": (no_prior, "file=priors/harbour/hyperparameters.toml,"),
    "a missing ledger, which has no file": (no_ledger, ""),
}


@pytest.mark.parametrize("fault", UNLOADABLE)
def test_what_cannot_be_loaded_is_shown_at_its_file_and_at_no_wrong_one(fault, workspace, indicast):
    plant, where = UNLOADABLE[fault]
    plant(workspace)
    code, out, _ = indicast("check", "--workspace", str(workspace), "--format", "github")
    assert code == 1
    assert f"::error {where}title=W001::" in out


ONE = '[[alternatives]]\nid = "a"\nname = "A"\nreason = "Asked."\n'
SPOILED = {
    "no TOML": ("[[alternatives", "A101", "is no TOML"),
    "an unknown key": (f"{ONE}wind = 1\n", "A101", "wind"),
    "an unknown prior": (f"{ONE}priors.wind.mu = 1.0\n", "A102", "prior wind is not declared"),
    "an unknown argument": (f"{ONE}priors.tilt_mean.median = 1.0\n", "A102", "no argument median"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_other_declarations_that_cannot_be_used_are_found_at_their_file_and_stop_no_fit(kind, tmp_path, indicast):
    text, code, told = SPOILED[kind]
    root = Path(shutil.copytree(FIXTURES / "harbour", tmp_path / "harbour"))
    path = root / "models" / "harbour" / "alternatives.toml"
    path.write_text(text, "utf-8")
    ended, out, _ = indicast("check", "harbour", "--workspace", str(root), "--files-only", "--format", "github")
    [line] = [line for line in out.splitlines() if "alternatives.toml" in line]
    severity, properties, said = parsed(line)
    assert (ended, severity, properties["title"]) == (0, "warning", code)
    assert properties["file"] == "models/harbour/alternatives.toml"
    assert told in said


def test_json_is_short_for_a_format(workspace, indicast):
    given = ("check", "--workspace", str(workspace))
    assert (
        indicast(*given, "--json")
        == indicast(*given, "--format", "json")
        == indicast(*given, "--json", "--format", "json")
    )


def test_two_formats_at_once_are_refused(workspace, indicast):
    code, out, err = indicast("check", "--workspace", str(workspace), "--json", "--format", "github")
    assert (code, out) == (2, "")
    assert "--json and --format github: these are two forms; leave one of them out" in err


def test_an_unknown_format_is_answered_with_those_there_are(indicast):
    code, _, err = indicast("check", "--format", "xml")
    assert code == 2
    assert all(form in err for form in ("text", "json", "github"))


@given(st.text("a%:,=\r\n;0AD23C", max_size=30))
def test_a_command_is_one_line_and_gives_back_what_was_said(text):
    command = as_command("harbour", Finding("table.csv:3", "T002", "error", text, "x"))
    assert len(command.splitlines()) == 1
    head, said = command.split("::", 2)[1:]
    assert head == "error file=priors/harbour/table.csv,line=3,title=T002"
    assert unescaped_data(said) == f"{text}; x"


def unescaped_data(text):
    return re.sub("%(25|0D|0A)", lambda match: bytes.fromhex(match[1]).decode(), text)


def test_a_folder_with_signs_of_its_own_is_escaped():
    command = as_command("a,b:c%d", Finding("table.csv:3", "T002", "error", "m", "r"))
    assert command == "::error file=priors/a%2Cb%3Ac%25d/table.csv,line=3,title=T002::m; r"


def test_files_only_leaves_the_priors_alone_and_nothing_else(indicast):
    every = indicast("check", "--workspace", str(FIXTURES / "harbour"), "--quiet")[1].splitlines()
    fewer = indicast("check", "--workspace", str(FIXTURES / "harbour"), "--quiet", "--files-only")[1].splitlines()
    assert [line for line in every[:-1] if "P100" not in line] == fewer[:-1]
    assert len(fewer) == len(every) - 1


ENDINGS = {
    "0": ("check", "--workspace", str(FIXTURES / "harbour")),
    "1": ("check", "harbour", "--workspace", "{spoilt}"),
    "2": ("check", "haven", "--workspace", str(FIXTURES / "harbour")),
}


@pytest.mark.parametrize("code", ENDINGS)
def test_a_check_ends_with_the_documented_code(code, workspace, indicast):
    words = [word.format(spoilt=workspace) for word in ENDINGS[code]]
    assert indicast(*words)[0] == int(code)


def test_an_interrupt_ends_with_the_documented_code(monkeypatch, indicast):
    def stopped(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("indicast.cli._checks.check", stopped)
    assert indicast("check", "--workspace", str(FIXTURES / "harbour"))[0] == 130


def test_a_reader_who_leaves_ends_it_with_the_documented_code():
    words = [sys.executable, "-m", "indicast", "check", "--workspace", str(FIXTURES / "harbour")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.wait() == 1


def test_every_ending_is_documented():
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([0-9]+) \|", page, re.MULTILINE) == [*ENDINGS, "130"]
