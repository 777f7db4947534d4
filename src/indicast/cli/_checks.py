"""``indicast check``: every finding of every room, printed as lines, JSON or commands of GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.cli import _formats
from indicast.cli._options import Form
from indicast.errors import DataError, IndicastError, WorkspaceError
from indicast.workspace import (
    FOLDERS,
    Finding,
    Framework,
    RefusedError,
    find_root,
    load_framework,
    model_names,
    read_alternatives,
)

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.elicit import Hyperparameters
    from indicast.evaluate import MilestoneSays
    from indicast.infer import Gate
    from indicast.ledger import Ledger


ALTERNATIVES = "alternatives.toml"


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


def check(options: Shared, model: str | None, form: Form | None = None, *, simulate: bool = True) -> bool:
    """Print the findings of one model or all; return whether any is an error."""
    form = _chosen(options, form)
    root = find_root(options.workspace)
    names = [model] if model else list(model_names(root))
    found = {name: checked(root, name, simulate=simulate) for name in names}
    if form is Form.JSON:
        typer.echo(_formats.as_json({name: one.findings for name, one in found.items()}))
    else:
        for name, one in found.items():
            _print(name, one, form, quiet=options.quiet)
    return any(finding.severity == "error" for one in found.values() for finding in one.findings)


def _chosen(options: Shared, form: Form | None) -> Form:
    """Return the form that was asked for; ``--json`` is short for one of them."""
    if options.as_json and form not in {None, Form.JSON}:
        message = f"--json and --format {form}: these are two forms; leave one of them out"
        raise DataError(message)
    return Form.JSON if options.as_json else form or Form.TEXT


def _print(model: str, found: Checked, form: Form, *, quiet: bool) -> None:
    commands = form is Form.GITHUB
    lines = [_formats.as_command(model, one) if commands else one.line() for one in found.findings]
    if not quiet and not commands:
        lines += [f"asked of the priors: {told(gate)}" for gate in found.gates]
        lines += [f"a milestone alone would say: {_told_milestone(one)}" for one in found.milestones]
    for line in lines:
        typer.echo(line)
    errors = sum(finding.severity == "error" for finding in found.findings)
    typer.echo(f"{model}: {errors} errors, {len(found.findings) - errors} warnings")


def checked(root: Path, model: str, *, simulate: bool = True) -> Checked:
    """Return what was found of a model, its ledger and its priors.

    A ledger is looked at for what is possible but seldom meant once it has no error, and what the priors imply is
    simulated once nothing has one.

    Parameters
    ----------
    root, model
        The workspace and one of its models.
    simulate
        Whether to ask what the priors imply; without it only files are read.

    Raises
    ------
    MissingError
        If there is no such model.
    """
    from indicast.elicit import label_findings, milestone_findings, table_findings

    if model not in model_names(root):
        load_framework(root, model)
    try:
        framework = load_framework(root, model)
    except IndicastError as error:
        return Checked(_in_order(_unloadable(error)))
    hyperparameters, findings = _declared(framework)
    ledger, amiss = _ledger(framework)
    findings += [*table_findings(framework), *label_findings(framework), *milestone_findings(framework), *amiss]
    findings += _alternatives(framework, hyperparameters)
    broken = any(finding.severity == "error" for finding in findings)
    if hyperparameters is None or ledger is None or broken or not simulate:
        return Checked(_in_order(findings))
    if _too_large(framework, ledger):
        return Checked(_in_order([*findings, _unasked(framework, ledger)]))
    gates = asked_of_priors(framework, hyperparameters, ledger)
    says = _milestones(framework, hyperparameters) if gates else ()
    return Checked(_in_order(findings + prior_findings(framework, gates)), gates, says)


def _alternatives(framework: Framework, hyperparameters: Hyperparameters | None) -> list[Finding]:
    """Return what is wrong with the other declarations; they enter no fit, so nothing of it is an error."""
    path = framework.model_file.with_name(ALTERNATIVES)
    if hyperparameters is None or not path.is_file():
        return []
    from indicast.explain import require_declared

    try:
        asked = read_alternatives(framework)
    except WorkspaceError as error:
        told = str(error).removeprefix(f"{path}: ")
        return [Finding(ALTERNATIVES, "A101", "warning", told, "correct it; until then the dossier lacks that part")]
    found = list[Finding]()
    for one in asked:
        try:
            require_declared(one, framework, hyperparameters)
        except WorkspaceError as error:
            told = str(error).removeprefix(f"{ALTERNATIVES}: ")
            found.append(Finding(ALTERNATIVES, "A102", "warning", told, "name what is declared, or leave it out"))
    return found


def _too_large(framework: Framework, ledger: Ledger) -> bool:
    limits = framework.declaration.prior_gates
    return limits is not None and len(ledger.observations) > limits.largest_checked


def _unasked(framework: Framework, ledger: Ledger) -> Finding:
    message = f"nothing was asked of the priors: with {len(ledger.observations):,} rows that takes too long here"
    remedy = f"'indicast fit {framework.id}' asks before it fits, or raise prior_gates.largest_checked in model.toml"
    return Finding("model.toml", "P102", "warning", message, remedy)


def _in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=_order)


def _order(finding: Finding) -> tuple[str, str, int, str]:
    """Return errors first, then by file, line and code."""
    file, _, line = finding.place.partition(":")
    return finding.severity, file, int(line) if line.isdecimal() else 0, finding.code


def _ledger(framework: Framework) -> tuple[Ledger | None, list[Finding]]:
    """Return the ledger if nothing is wrong with it, and what was found."""
    from indicast.ledger import lint_findings, read_ledger, typed_ledger

    try:
        frames, findings = read_ledger(framework)
    except IndicastError as error:
        return None, _unloadable(error)
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    return typed_ledger(frames), findings + lint_findings(framework, frames)


def _declared(framework: Framework) -> tuple[Hyperparameters | None, list[Finding]]:
    """Return the priors if they can be loaded, and what people said amiss."""
    from indicast.elicit import elicited_findings, load_hyperparameters, unsourced_findings

    findings: list[Finding] = []
    try:
        findings = unsourced_findings(framework)
        if findings:
            return None, findings
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
    if isinstance(error, RefusedError):
        return list(error.findings)
    remedy = "correct it, then check again"
    return [Finding(_named_file(line), "W001", "error", line, remedy) for line in str(error).splitlines()]


def _named_file(message: str) -> str:
    """Return the file with whose path a message begins, and the line if it says so; else ``workspace``."""
    file = re.match(r".*?/([a-z_]+\.(?:csv|toml))\b", message)
    if file is None or not any(file[1] in files for files in FOLDERS.values()):
        return "workspace"
    line = re.search(r"\(at line ([0-9]+), ", message)
    return f"{file[1]}:{line[1]}" if line else file[1]
