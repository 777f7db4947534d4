"""The page "Your own table" works as written: each command, in order, with each text it says to add.

The commands are the page's own ``sh`` blocks; a ``toml`` or ``csv`` block after "At the end of
`file`" is added to that file, as a reader would. Other ``toml`` blocks must stand in the example.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.main import get_command

from indicast.cli import app
from indicast.workspace._new import example

PAGE = Path(__file__).parents[2] / "docs" / "your_own_table.md"
BLOCK = re.compile(r"^```(sh|toml|csv)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"At the end of\s+`([^`]+)`[^`]*$")
ROWS = {"correct": "First salmon", "retract": "Landings of May"}
"""Which row the reader is told to put in place of `RECORD_ID`, by how its summary begins."""
ID_OF = """
import sys
from pathlib import Path
from indicast.ledger import load_ledger
from indicast.workspace import load_framework
rows = load_ledger(load_framework(Path.cwd(), "river_compact"))[0].observations
print(rows.loc[rows["summary"].str.startswith(sys.argv[1]), "record_id"].iloc[0])
"""


class Block(NamedTuple):
    """One fenced block; `place` is the file to whose end it goes, if it is no command."""

    language: str
    text: str
    place: str | None


def blocks() -> list[Block]:
    page, found, since = PAGE.read_text(encoding="utf-8"), [], 0
    for match in BLOCK.finditer(page):
        place = PLACE.search(page[since : match.start()])
        found.append(Block(match[1], match[2], place[1] if place and match[1] != "sh" else None))
        since = match.end()
    return found


def script() -> str:
    """Return the page as one script."""
    lines = ["set -eu"]
    for block in blocks():
        if block.language == "sh":
            lines.append(with_id(block.text))
        elif block.place:
            lines.append(f"test -f {block.place}\ncat >> {block.place} <<'END'\n{block.text}END")
    return "\n".join(lines)


def with_id(text: str) -> str:
    """Return commands with an id in place of `RECORD_ID`, as a reader takes it from the list."""
    told = re.search(r"observe (\w+) river_compact RECORD_ID", text)
    if not told:
        return text
    found = f"RECORD_ID=$({shlex.quote(sys.executable)} -c {shlex.quote(ID_OF)} {shlex.quote(ROWS[told[1]])})"
    return f"{found}\n{text.replace('RECORD_ID', '$RECORD_ID')}"


def walk(folder: Path) -> str:
    """Follow the page in a folder; return all that was printed."""
    environment = {name: value for name, value in os.environ.items() if name != "INDICAST_WORKSPACE"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    command = ["bash", "-c", script()]
    ended = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_the_page_can_be_followed_from_its_first_command_to_two_reports_whose_gates_passed(tmp_path):
    out = walk(tmp_path)
    checks = re.findall(r"^river_compact: (\d+) errors, (\d+) warnings$", out, re.MULTILINE)
    assert len(checks) >= 3
    assert {errors for errors, _ in checks} == {"0"}
    assert {warnings for _, warnings in checks} == {"3"}  # as many as the page says
    assert "all gates passed" in out
    assert "GATES FAILED" not in out
    june, july = (
        (tmp_path / "my_watch/reports/river_compact" / month / "report.md").read_text(encoding="utf-8")
        for month in ("2025-06", "2025-07")
    )
    assert "New term of the compact signed (not yet, for 1 month more)" in june
    assert "judged after the fact: 36 judgements, one for each indicator and month" in june
    assert "Since June 2025:" in july
    assert "The model has no calibration certificate" in july


def test_what_the_page_shows_of_a_file_stands_in_the_example():
    shown = [block.text for block in blocks() if block.language != "sh" and not block.place]
    assert shown
    together = "".join(example("river_compact").values())
    assert [text for text in shown if text not in together] == []


def test_commands_named_on_the_page_exist():
    named = set(re.findall(r"^indicast (\w+)", "".join(block.text for block in blocks()), re.MULTILINE))
    assert named
    assert named <= set(get_command(app).commands)
