"""Model cards and documents say what the code does."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from indicast.cli._card import current_block, with_block
from indicast.cli._jobs import open_desk
from indicast.cli._options import Shared
from indicast.workspace import load_framework, model_names

ROOT = Path(__file__).parents[2]


@pytest.mark.xdist_group("flagship")
@pytest.mark.parametrize("model", model_names(ROOT))
def test_the_generated_part_of_the_card_is_the_model(model):
    desk = open_desk(Shared(workspace=ROOT, quiet=True), model)
    path = ROOT / "models" / model / "README.md"
    text = path.read_text(encoding="utf-8")
    message = f"run 'indicast card {model}'"
    assert with_block(text, current_block(desk), path) == text, message


def test_every_code_of_a_finding_is_documented_and_no_other():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    used = set(re.findall(r'"([WTELHSCVOMPA][0-9]{3})"', source))
    documented = set(
        re.findall(r"^\| ([WTELHSCVOMPA][0-9]{3}) \|", (ROOT / "docs" / "findings.md").read_text(), re.MULTILINE)
    )
    assert used == documented


def test_the_page_of_codes_is_in_order_and_names_each_code_once_with_its_severity():
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([WTELHSCVOMPA])([0-9]{3}) \| (\w+) \|", page, re.MULTILINE)
    assert {severity for _, _, severity in rows} == {"error", "warning"}
    assert len({(letter, number) for letter, number, _ in rows}) == len(rows)
    order = list(dict.fromkeys(letter for letter, _, _ in rows))
    assert rows == sorted(rows, key=lambda row: (order.index(row[0]), row[1]))


def test_the_page_names_the_limits_of_lint_with_their_defaults():
    limits = type(load_framework(ROOT, model_names(ROOT)[0]).declaration.lint).model_fields
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", page, re.MULTILINE))
    given = {name: field.get_default(call_default_factory=True) for name, field in limits.items() if name != "reason"}
    assert documented == {
        name: "none" if value in (None, {}) else str(Fraction(value).limit_denominator(10))
        for name, value in given.items()
    }


def test_links_between_documents_lead_somewhere():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*.md")]
    documents += list((ROOT / "data").rglob("*.md"))
    broken = [
        f"{path.relative_to(ROOT)} -> {link}"
        for path in documents
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        if not link.startswith("http") and not (path.parent / link).exists()
    ]
    assert broken == []


def test_commands_named_in_the_readme_exist():
    from indicast.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name or group.typer_instance.info.name for group in app.registered_groups}
    named = set(re.findall(r"bin/indicast (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named
    assert named <= known


def test_every_test_that_a_docstring_names_exists():
    texts = [*(ROOT / "src").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {name for path in texts for name in re.findall(r"tests/[a-z_/]+\.py", path.read_text(encoding="utf-8"))}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
