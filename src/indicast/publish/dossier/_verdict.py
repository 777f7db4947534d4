"""Whether the run may be published: every gate, the certificate, and whether files are what the manifest says.

Invariant: the verdict is ``pass`` only if there are gates and every one of them passed
(``tests/unit/test_dossier_verdict.py``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from indicast.errors import IndicastError, MissingError
from indicast.evaluate import CertificateStatus, certificate_status
from indicast.infer import code_hash
from indicast.publish._published import open_published
from indicast.publish._report import changed_inputs
from indicast.publish._wording import counted, error, listed, measured
from indicast.publish.dossier._judged import failure
from indicast.publish.dossier._section import Json, Section, Table, Verdict

if TYPE_CHECKING:
    from indicast.infer import Gate
    from indicast.publish.dossier._case import Case

TITLE, QUESTION = "Gates", "May this run be published?"
WORDS = {"valid": "of this very model", "stale": "of another version of the model", "none": "there is none"}


def verdict(case: Case) -> Section:
    """Return every gate with its verdict, and what else stands for or against the run."""
    gates = case.run.gates
    failed = [failure(gate) for gate in gates if not gate.passed]
    outcome: Verdict = "pass" if gates and not failed else "fail"
    status = _status(case)
    files, inputs, code = _published_files(case), changed_inputs(case.framework, case.ledger, case.run), _code(case)
    if not gates:
        told = "No gate was computed, so nothing vouches for this run."
    elif failed:
        told = f"{len(failed)} of {counted(len(gates), 'gate')} failed: {'; '.join(failed)}."
    else:
        told = f"All {counted(len(gates), 'gate')} passed: the computation did what it should."
    rows = (
        ("Calibration certificate", *_certificate(status)),
        (
            "Inputs in the workspace",
            "as in the manifest" if not inputs else "changed",
            listed(inputs) if inputs else "",
        ),
        ("Published files", *files),
        ("Code", *code),
    )
    return Section(
        id="gates",
        title=TITLE,
        question=QUESTION,
        verdict=outcome,
        conclusion=f"{told} {_certificate(status)[1]}",
        tables=(_gates(gates), Table("Other standing", ("What", "State", "Detail"), rows)),
        data={
            "gates": [_data(gate) for gate in gates],
            "certificate": _certificate(status)[0],
            "changed_inputs": list(inputs),
            "published_files": files[0],
            "code": code[0],
        },
    )


def _status(case: Case) -> CertificateStatus | IndicastError:
    """Return where the model stands with its certificate, or why that cannot be told: gates are shown either way."""
    try:
        return certificate_status(case.framework, case.hyperparameters)
    except IndicastError as error:
        return error


def _certificate(status: CertificateStatus | IndicastError) -> tuple[str, str]:
    if isinstance(status, IndicastError):
        return "note: it cannot be read", "The calibration certificate cannot be read."
    if status.state == "valid":
        return f"{WORDS['valid']}, {'passed' if status.passed else 'failed'}", status.sentence
    return f"note: {WORDS[status.state]}", status.sentence


def _gates(gates: tuple[Gate, ...]) -> Table:
    header = ("Gate", "Verdict", "Value", "Limit", "Where")
    return Table("Gates of the model and what they came to", header, tuple(_row(gate) for gate in gates))


def _row(gate: Gate) -> tuple[str, ...]:
    spread = "" if gate.error is None else f" ± {error(gate.error)}"
    side = "at most" if gate.at_most else "at least"
    value, limit = f"{measured(gate.value)}{spread}", f"{side} {measured(gate.limit)}"
    return gate.name, "pass" if gate.passed else "FAIL", value, limit, gate.where


def _data(gate: Gate) -> Json:
    return {
        "name": gate.name,
        "value": None if math.isnan(gate.value) else gate.value,
        "limit": gate.limit,
        "at_most": gate.at_most,
        "where": gate.where,
        "error": gate.error,
        "passed": gate.passed,
    }


def _published_files(case: Case) -> tuple[str, str]:
    """Return whether the month's publication is of this run and still as published."""
    framework, month = case.framework, str(case.run.manifest["as_of"])
    try:
        published = open_published(framework.root, framework.id, month)
    except MissingError:
        return "not published", f"nothing of {month} is published"
    except IndicastError:
        return "not published", f"what lies in the folder of {month} is a draft, or no publication that can be read"
    if published.manifest["hash"] != case.run.manifest["hash"]:
        return "of another run", f"{month} was published from {published.manifest['hash'][:12]}"
    altered = [f"{name}: {how}" for name, how in sorted(published.altered.items())]
    return ("altered", "; ".join(altered)) if altered else ("as published", listed(published.files))


def _code(case: Case) -> tuple[str, str]:
    """Return whether the dossier is computed by the code that made the run."""
    made = str(case.run.manifest.get("code_sha256", ""))
    if made == code_hash():
        return "as in the manifest", made[:16]
    return (
        "note: another version",
        f"the run was made by code {made[:16] or 'unknown'}; 'indicast replay' tells if it matters",
    )
