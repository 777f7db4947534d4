"""Every notebook runs from top to bottom, holds no output of its own, and computes each number that it tells.

The rule for prose: a markdown cell, or a sentence built in code, has no digit of its own. Allowed are digits in names
(a code span with a letter in it, such as `01_review_a_month.py`), in the targets of links and in years of four digits.
Everything else is computed by the cell that shows it, and so cannot go stale.
"""

import ast
import re
from pathlib import Path

import jupytext
import nbclient
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
SMALL = {"INDICAST_NOTEBOOK_DRAWS": "300", "INDICAST_NOTEBOOK_WORLDS": "100"}
FITS, PICTURES = {"01_review_a_month"}, {"01_review_a_month", "02_from_table_to_prior"}
ALLOWED = re.compile(r"`[^`]*[A-Za-z_][^`]*`|\]\([^)]*\)|https?://\S+|\b(?:1[89]|20)[0-9]{2}\b")
SAY = "say"


def shown(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def written_figures(text):
    """Return the digits of a text that stand neither in a name, nor in a link, nor in a year."""
    return re.findall(r"[0-9]+", ALLOWED.sub(" ", text))


def sentences(code):
    """Return the fixed parts of sentences built in code: of f-strings, and of whatever is given to `say`."""
    tree = list(ast.walk(ast.parse(code)))
    fields = [node for node in tree if isinstance(node, ast.FormattedValue)]
    formats = {part for one in fields if one.format_spec for part in ast.walk(one.format_spec)}
    roots = [node for node in tree if isinstance(node, ast.JoinedStr) and node not in formats]
    roots += [node for node in tree if isinstance(node, ast.Call) and getattr(node.func, "id", "") == SAY]
    parts = {part for root in roots for part in ast.walk(root)} - formats
    fixed = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    typed = [str(one.value.value) for one in fields if one in parts and isinstance(one.value, ast.Constant)]
    return fixed + typed


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in FITS else []) for path in NOTEBOOKS],
)
def test_the_notebook_runs(path, monkeypatch):
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("INDICAST_NOTEBOOK_MODEL", raising=False)
    notebook = jupytext.read(path)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    outputs = shown(notebook)
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "text/markdown" in kinds or any(output["output_type"] == "stream" for output in outputs)
    assert path.stem not in PICTURES or "image/png" in kinds
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]


def test_there_is_a_notebook_and_none_has_stored_output():
    assert {path.stem for path in NOTEBOOKS} >= FITS | PICTURES
    assert list((NOTEBOOKS[0].parent).glob("*.ipynb")) == []
    assert [output for path in NOTEBOOKS for output in shown(jupytext.read(path))] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_prose_has_no_number_that_was_typed(path):
    cells = jupytext.read(path).cells
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    prose += [text for cell in cells if cell.cell_type == "code" for text in sentences(cell.source)]
    assert prose
    assert {text: found for text in prose if (found := written_figures(text))} == {}


@pytest.mark.parametrize(
    "text", ["The probability is 65 %.", "R-hat is below `1.01`.", "In 3 of 4 cases", "12021 rows", "k-hat 0.7 (2024)"]
)
def test_a_typed_number_is_found(text):
    assert written_figures(text)


@pytest.mark.parametrize(
    "text", ["Vehtari et al. 2024, [paper](https://doi.org/10.1000/1)", "see `02_from_table_to_prior.py`", "as of 1998"]
)
def test_names_links_and_years_are_no_typed_numbers(text):
    assert written_figures(text) == []


@pytest.mark.parametrize(
    "code",
    ['say("All 6 gates passed.")', 'told = f"{name}: 65 %"', 'say(f"worth {7:.1f} dB")', 'say("a" + "R-hat 1.0")'],
)
def test_a_number_typed_into_a_sentence_of_code_is_found(code):
    assert any(written_figures(text) for text in sentences(code))


def test_numbers_that_code_computes_may_be_formatted():
    code = 'say(f"{100 * share:.1f} points, {len(rows[:12])} rows, {now:%Y-%m} and {x:{width}.2f}")'
    assert not any(written_figures(text) for text in sentences(code))
