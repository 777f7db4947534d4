"""Every notebook runs from top to bottom, and holds no output of its own."""

from pathlib import Path

import jupytext
import nbclient
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path):
    notebook = jupytext.read(path)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": path.parent}}).execute()
    printed = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if output["output_type"] == "stream"
    ]
    assert printed


def test_there_is_a_notebook_and_none_has_stored_output():
    assert NOTEBOOKS
    assert list((NOTEBOOKS[0].parent).glob("*.ipynb")) == []
