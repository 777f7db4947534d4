"""Other starts run on the real ledger, and the card prints what they say."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicast import names
from indicast.infer import Sampler, run_gates
from indicast.panel import build_panel, vintage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("starts")]
CARD = Path(__file__).parents[2] / "models" / "belarus_russia" / "README.md"
FIRST = "2021-07"
ROWS = {"marks": "marks (the published start)", "labels": "labels (route B)", "history": "history: the dated rows"}


def printed(row):
    """Return the probabilities that the card prints in a row of its table of starts."""
    line = next(line for line in CARD.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {ROWS[row]}"))
    return np.array([float(cell) for cell in re.findall(r"\| (\.\d\d) ", line)])


@pytest.mark.parametrize(
    ("row", "mode", "route"), [("marks", "marks", "A"), ("labels", "marks", "B"), ("history", "history", "A")]
)
def test_the_card_prints_what_each_start_says_of_the_first_month(flagship, row, mode, route):
    desk = flagship.desk
    framework = desk.framework.starting(mode, route)
    panel = build_panel(framework, desk.hyperparameters, desk.ledger, vintage(desk.ledger, FIRST))
    settings = replace(desk.settings, draws=500, tune=700)
    tree = Sampler(framework, desk.hyperparameters).fit(panel, settings, progress=False)
    gates = run_gates(tree, framework, desk.hyperparameters)
    assert [
        gate.name for gate in gates if not gate.passed and "ESS" not in gate.name and "R-hat" not in gate.name
    ] == []
    found = tree["posterior"][names.FILTERED].isel({names.TIME: -1}).mean(("chain", "draw")).to_numpy()
    # A probability varies by about .25 over draws: 600 independent ones give an error of .01, and printing adds .005.
    np.testing.assert_allclose(found, printed(row), atol=0.03)
