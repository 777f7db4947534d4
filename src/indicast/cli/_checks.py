"""``indicast check``: every finding of every room, printed as lines or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.errors import IndicastError
from indicast.workspace import Finding, Framework, find_root, load_framework, model_names

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.infer import Gate


def check(options: Shared, model: str | None) -> bool:
    """Print the findings of one model or all; return whether any is an error."""
    root = find_root(options.workspace)
    names = [model] if model else list(model_names(root))
    found = {name: model_findings(root, name) for name in names}
    if options.as_json:
        typer.echo(json.dumps({name: [f.as_dict() for f in findings] for name, findings in found.items()}, indent=1))
    else:
        for name, findings in found.items():
            _print(name, findings)
    return any(finding.severity == "error" for findings in found.values() for finding in findings)


def _print(model: str, findings: list[Finding]) -> None:
    for finding in findings:
        typer.echo(finding.line())
    errors = sum(finding.severity == "error" for finding in findings)
    typer.echo(f"{model}: {errors} errors, {len(findings) - errors} warnings")


def model_findings(root: Path, model: str) -> list[Finding]:
    """Return all findings of a model; what cannot be loaded is a finding too.

    Raises
    ------
    MissingError
        If there is no such model.
    """
    from indicast.elicit import table_findings
    from indicast.ledger import read_ledger

    if model not in model_names(root):
        load_framework(root, model)
    try:
        framework = load_framework(root, model)
    except IndicastError as error:
        return _unloadable(error)
    findings = table_findings(framework) + _declared_findings(framework)
    try:
        findings += read_ledger(framework)[1]
    except IndicastError as error:
        findings += _unloadable(error)
    if not any(finding.severity == "error" for finding in findings):
        findings += prior_findings(framework)
    return sorted(findings, key=lambda finding: (finding.severity, finding.place, finding.code))


def _declared_findings(framework: Framework) -> list[Finding]:
    """Return what people said amiss; if nothing, whether the priors that rest on it can be loaded."""
    from indicast.elicit import elicited_findings, load_hyperparameters

    findings: list[Finding] = []
    try:
        findings = elicited_findings(framework)
        if all(finding.severity == "warning" for finding in findings):
            load_hyperparameters(framework)
    except IndicastError as error:
        findings += _unloadable(error)
    return findings


def prior_findings(framework: Framework) -> list[Finding]:
    """Return a finding for each prior gate that fails, or one if none is declared."""
    from indicast.elicit import load_hyperparameters
    from indicast.evaluate import prior_gates
    from indicast.ledger import load_ledger
    from indicast.panel import build_panel, vintage

    if framework.declaration.prior_gates is None:
        remedy = "declare [prior_gates] in model.toml to have what the priors imply simulated"
        return [Finding("model.toml", "P100", "warning", "nothing is asked of the priors before any data", remedy)]
    hyperparameters, (ledger, _) = load_hyperparameters(framework), load_ledger(framework)
    panel = build_panel(framework, hyperparameters, ledger, vintage(ledger))
    return [
        Finding("hyperparameters.toml", "P101", "error", _told(gate), "change that prior, or argue with the limit")
        for gate in prior_gates(framework, hyperparameters, panel)
        if not gate.passed
    ]


def _told(gate: Gate) -> str:
    bound = "at most" if gate.at_most else "at least"
    return f"{gate.name}: {gate.value:.3g}, {bound} {gate.limit:g} is allowed ({gate.where})"


def _unloadable(error: IndicastError) -> list[Finding]:
    remedy = "correct it, then check again"
    return [Finding("workspace", "W001", "error", line, remedy) for line in str(error).splitlines()]
