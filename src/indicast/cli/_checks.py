"""``indicast check``: every finding of every room, printed as lines or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.errors import IndicastError
from indicast.workspace import Finding, Framework, find_root, load_framework, model_names

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.elicit import Hyperparameters
    from indicast.evaluate import MilestoneSays
    from indicast.infer import Gate
    from indicast.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one model.

    Attributes
    ----------
    findings
        What is wrong or deserves a look.
    gates
        What was asked of the priors; empty if nothing is, or if something else is wrong.
    milestones
        What milestones would say; decides nothing.
    """

    findings: list[Finding]
    gates: tuple[Gate, ...] = ()
    milestones: tuple[MilestoneSays, ...] = ()


def check(options: Shared, model: str | None) -> bool:
    """Print the findings of one model or all; return whether any is an error."""
    root = find_root(options.workspace)
    names = [model] if model else list(model_names(root))
    found = {name: checked(root, name) for name in names}
    if options.as_json:
        told = {name: [f.as_dict() for f in one.findings] for name, one in found.items()}
        typer.echo(json.dumps(told, indent=1))
    else:
        for name, one in found.items():
            _print(name, one, quiet=options.quiet)
    return any(finding.severity == "error" for one in found.values() for finding in one.findings)


def _print(model: str, found: Checked, *, quiet: bool) -> None:
    lines = [finding.line() for finding in found.findings]
    if not quiet:
        lines += [f"asked of the priors: {told(gate)}" for gate in found.gates]
        lines += [f"a milestone alone would say: {_told_milestone(one)}" for one in found.milestones]
    for line in lines:
        typer.echo(line)
    errors = sum(finding.severity == "error" for finding in found.findings)
    typer.echo(f"{model}: {errors} errors, {len(found.findings) - errors} warnings")


def checked(root: Path, model: str) -> Checked:
    """Return what was found of a model, its ledger and its priors; each is read once.

    Raises
    ------
    MissingError
        If there is no such model.
    """
    from indicast.elicit import table_findings

    if model not in model_names(root):
        load_framework(root, model)
    try:
        framework = load_framework(root, model)
    except IndicastError as error:
        return Checked(_unloadable(error))
    hyperparameters, findings = _declared(framework)
    ledger, amiss = _ledger(framework)
    findings = table_findings(framework) + findings + amiss
    if hyperparameters is None or ledger is None or any(finding.severity == "error" for finding in findings):
        return Checked(_in_order(findings))
    gates = asked_of_priors(framework, hyperparameters, ledger)
    says = _milestones(framework, hyperparameters) if gates else ()
    return Checked(_in_order(findings + prior_findings(framework, gates)), gates, says)


def _in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.severity, finding.place, finding.code))


def _ledger(framework: Framework) -> tuple[Ledger | None, list[Finding]]:
    """Return the ledger if nothing is wrong with it, and what was found."""
    from indicast.ledger import read_ledger, typed_ledger

    try:
        frames, findings = read_ledger(framework)
    except IndicastError as error:
        return None, _unloadable(error)
    broken = any(finding.severity == "error" for finding in findings)
    return None if broken else typed_ledger(frames), findings


def _declared(framework: Framework) -> tuple[Hyperparameters | None, list[Finding]]:
    """Return the priors if they can be loaded, and what people said amiss."""
    from indicast.elicit import elicited_findings, load_hyperparameters

    findings: list[Finding] = []
    try:
        findings = elicited_findings(framework)
        if all(finding.severity == "warning" for finding in findings):
            return load_hyperparameters(framework), findings
    except IndicastError as error:
        findings += _unloadable(error)
    return None, findings


def asked_of_priors(framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger) -> tuple[Gate, ...]:
    """Return what the priors imply, seen through the whole ledger as latest known; nothing if nothing is asked."""
    from indicast.evaluate import prior_gates
    from indicast.panel import build_panel, vintage

    if framework.declaration.prior_gates is None:
        return ()
    return prior_gates(framework, hyperparameters, build_panel(framework, hyperparameters, ledger, vintage(ledger)))


def _milestones(framework: Framework, hyperparameters: Hyperparameters) -> tuple[MilestoneSays, ...]:
    from indicast.evaluate import milestone_says

    limits = framework.declaration.prior_gates
    return milestone_says(framework, hyperparameters, size=limits.chains, seed=limits.seed) if limits else ()


def prior_findings(framework: Framework, gates: tuple[Gate, ...]) -> list[Finding]:
    """Return a finding for each prior gate that fails, or one if none is declared."""
    if framework.declaration.prior_gates is None:
        remedy = "declare [prior_gates] in model.toml to have what the priors imply simulated"
        return [Finding("model.toml", "P100", "warning", "nothing is asked of the priors before any data", remedy)]
    return [
        Finding("hyperparameters.toml", "P101", "error", told(gate), "change that prior, or argue with the limit")
        for gate in gates
        if not gate.passed
    ]


def told(gate: Gate) -> str:
    """Return a gate's value with its standard error, and its limit, in one line."""
    bound = "at most" if gate.at_most else "at least"
    error = "" if gate.error is None else f" ± {gate.error:.2g}"
    return f"{gate.name}: {gate.value:.3g}{error}, {bound} {gate.limit:g} is allowed ({gate.where})"


def _told_milestone(one: MilestoneSays) -> str:
    outcomes = (("reached in a month", one.occurred), ("open for its horizon", one.stayed_open))
    said = [f"{name} {it.decibans:.1f} dB for {it.likeliest} against {it.least}" for name, it in outcomes]
    return f"{one.milestone}: {', '.join(said)}"


def _unloadable(error: IndicastError) -> list[Finding]:
    remedy = "correct it, then check again"
    return [Finding("workspace", "W001", "error", line, remedy) for line in str(error).splitlines()]
