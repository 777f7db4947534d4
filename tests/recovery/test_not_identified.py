"""A world whose scenarios nothing tells apart is sampled, refused, and shown in red.

Both scenarios expect the same of the one indicator and have the same priors, so that exchanging their names changes
nothing: no number about one of them means anything, however well the chains agree.
"""

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from indicast.cli import _jobs
from indicast.cli._options import Shared
from indicast.errors import GateError
from indicast.infer import Sampler, Settings
from indicast.panel import vintage
from indicast.publish.dossier import PARTS, Case, render_dossier, write_dossier

JETTY = Path(__file__).parents[1] / "fixtures" / "jetty"
PRIORS = "priors/jetty/hyperparameters.toml"
SAME = {
    "args.a = { used = 2.0, given_up = 1.2 }": "args.a = { used = 2.0, given_up = 2.0 }",
    "args.median = { used = 20.0, given_up = 12.0 }": "args.median = { used = 20.0, given_up = 20.0 }",
    "args.sigma = { used = 0.4, given_up = 0.3 }": "args.sigma = { used = 0.4, given_up = 0.4 }",
    "args.mu.landings = { used = 0.3, given_up = -0.9 }": "args.mu.landings = { used = 0.0, given_up = 0.0 }",
}
JUDGED = tuple(part for part in PARTS if part.id in {"gates", "sampling"})


def without_names(root):
    """Give both scenarios the same column of the table and the same priors."""
    path = root / PRIORS
    text = path.read_text(encoding="utf-8")
    for old, new in SAME.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    table = root / "priors/jetty/table.csv"
    rows = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
    lines = [rows[0], rows[1], [rows[1][0], "given_up", *rows[1][2:]]]
    table.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")


@pytest.mark.filterwarnings("ignore")
def test_scenarios_that_nothing_tells_apart_fail_a_gate_are_not_published_and_the_dossier_is_not_green(tmp_path):
    root = Path(shutil.copytree(JETTY, tmp_path / "jetty"))
    without_names(root)
    desk = _jobs.open_desk(Shared(workspace=root, quiet=True), "jetty")
    desk = replace(desk, settings=Settings(chains=2, tune=200, draws=200, target_accept=0.9, seed=11))
    run = _jobs.fit_month(desk, Sampler(desk.framework, desk.hyperparameters), vintage(desk.ledger, "2024-06"))
    gates = {gate.name: gate for gate in run.gates}
    assert gates["draws with labels in place"].value == 0.0
    with pytest.raises(GateError, match="draws with labels in place is 0"):
        _jobs.report(desk.options, "jetty", _jobs.Chosen(run.id), draft=False)
    assert not desk.framework.reports_folder.exists()
    case = Case(desk.framework, desk.hyperparameters, desk.ledger, run, desk.settings.seed)
    dossier = write_dossier(case, JUDGED, lambda _: None).dossier
    page = render_dossier(dossier)
    assert dossier.verdict == "fail"
    assert "It does not stand" in page
    assert not re.search(r'class="lead">[^<]*<span class="verdict pass"', page)
    assert page.count("NOT FOR PUBLICATION</span>") == page.count("<h2")
