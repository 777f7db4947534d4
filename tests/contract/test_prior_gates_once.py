"""Prior gates: simulated once in a process, whatever is fitted, and no fit passes without them."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from indicast.cli import _checks as checks
from indicast.cli._checks import checked, told
from indicast.cli._jobs import fit_month, open_desk
from indicast.cli._options import Shared
from indicast.infer import Gate
from indicast.panel import Vintage

ROOT = Path(__file__).parents[2]
GOOD = Gate("loud (prior)", 0.016, 0.02, at_most=True, where="all", error=0.0006)
BAD = Gate("loud (prior)", 0.03, 0.02, at_most=True, where="all", error=0.0006)


@pytest.fixture
def simulated(monkeypatch):
    """Replace the simulation by its verdict, which the test sets, and keep the panels it was asked about."""
    asked = SimpleNamespace(panels=[], gates=(GOOD,))

    def simulate(*given):
        asked.panels.append(given[-1])
        return asked.gates

    monkeypatch.setattr("indicast.evaluate.prior_gates", simulate)
    return asked


@pytest.fixture
def desk():
    return open_desk(Shared(workspace=ROOT, quiet=True), "belarus_russia")


@pytest.fixture
def fitted(monkeypatch, desk):
    """Fit months with everything heavy left out."""
    made = SimpleNamespace(tree=None, gates=(), months=12)
    monkeypatch.setattr("indicast.evaluate.fitted", lambda *_, **__: made)
    monkeypatch.setattr("indicast.infer.save_run", lambda *_: None)
    return lambda month, day: fit_month(desk, None, Vintage(month, day))


def test_two_fitted_months_simulate_once_and_of_the_whole_ledger(simulated, fitted, desk):
    runs = [fitted("2023-05", date(2023, 5, 31)), fitted("2023-06", date(2023, 6, 30))]
    assert [run.gates for run in runs] == [(GOOD,), (GOOD,)]
    assert len(simulated.panels) == 1
    assert simulated.panels[0].attrs["as_of"] == desk.ledger.latest_known().strftime("%Y-%m")


def test_a_fit_whose_priors_fail_does_not_pass(simulated, fitted):
    simulated.gates = (BAD,)
    assert not fitted("2023-06", date(2023, 6, 30)).passed


def test_a_check_simulates_once_and_reads_priors_and_ledger_once(simulated, monkeypatch):
    from indicast import elicit, ledger

    calls = []
    for room, name in ((elicit, "load_hyperparameters"), (ledger, "read_ledger")):
        real = getattr(room, name)
        monkeypatch.setattr(room, name, lambda *given, name=name, real=real: (calls.append(name), real(*given))[1])
    monkeypatch.setattr(ledger, "load_ledger", lambda *_: calls.append("again"))
    found = checked(ROOT, "belarus_russia")
    assert sorted(calls) == ["load_hyperparameters", "read_ledger"]
    assert len(simulated.panels) == 1
    assert found.gates == (GOOD,)
    assert found.milestones
    assert "error" not in {finding.severity for finding in found.findings}


def test_a_check_of_priors_that_fail_is_an_error(simulated):
    simulated.gates = (BAD,)
    assert [f.message for f in checked(ROOT, "belarus_russia").findings if f.code == "P101"] == [told(BAD)]


def test_a_gate_is_told_with_its_error_where_it_has_one():
    assert told(GOOD) == "loud (prior): 0.016 ± 0.0006, at most 0.02 is allowed (all)"
    assert "±" not in told(Gate("x", 1.0, 2.0, at_most=True, where="y"))


def test_a_large_ledger_is_checked_without_the_simulation_and_says_so(simulated, monkeypatch):
    real = checks.load_framework

    def smaller(root, model):
        framework = real(root, model)
        limits = framework.declaration.prior_gates.model_copy(update={"largest_checked": 239})
        return replace(framework, declaration=framework.declaration.model_copy(update={"prior_gates": limits}))

    monkeypatch.setattr(checks, "load_framework", smaller)
    found = checked(ROOT, "belarus_russia")
    assert [finding.code for finding in found.findings if finding.code.startswith("P")] == ["P102"]
    assert not simulated.panels
    assert found.gates == ()
