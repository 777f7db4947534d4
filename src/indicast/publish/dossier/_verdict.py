"""Whether the run may be published: every gate, the certificate, and whether files are what the manifest says.

Invariant: the verdict is ``pass`` only if there are gates and every one of them passed, those of files beside the run
included
(``tests/unit/test_dossier_verdict.py``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from indicast.infer import code_hash
from indicast.publish._report import changed_inputs
from indicast.publish._wording import counted, error, listed, measured
from indicast.publish.dossier._judged import failure, outer_gates
from indicast.publish.dossier._section import Json, Section, Table, Verdict

if TYPE_CHECKING:
    from indicast.infer import Gate
    from indicast.publish._outer_gates import OuterGate
    from indicast.publish.dossier._case import Case

TITLE, QUESTION = "Gates", "May this run be published?"


def verdict(case: Case) -> Section:
    """Return every gate with its verdict, and what else stands for or against the run."""
    gates, outer = case.run.gates, outer_gates(case)
    failed = [failure(gate) for gate in gates if not gate.passed]
    failed += [gate.failure.removesuffix(".") for gate in outer if gate.state == "FAIL"]
    outcome: Verdict = "pass" if gates and not failed else "fail"
    inputs, code = changed_inputs(case.framework, case.ledger, case.run), _code(case)
    rows = (
        ("Inputs in the workspace", "changed" if inputs else "as in the manifest", listed(inputs) if inputs else ""),
        ("Code", *code),
    )
    return Section(
        id="gates",
        title=TITLE,
        question=QUESTION,
        verdict=outcome,
        conclusion=_conclusion(gates, outer, failed),
        tables=(_gates(gates, outer), Table("Other standing", ("What", "State", "Detail"), rows)),
        data={
            "gates": [_data(gate) for gate in gates],
            "outer_gates": [gate.as_dict() for gate in outer],
            "changed_inputs": list(inputs),
            "code": code[0],
        },
    )


def _conclusion(gates: tuple[Gate, ...], outer: tuple[OuterGate, ...], failed: list[str]) -> str:
    """Say what failed, and what is told though it is no condition."""
    number = len(gates) + sum(gate.state != "told" for gate in outer)
    if not gates:
        told = "No gate was computed, so nothing vouches for this run."
    elif failed:
        told = f"{len(failed)} of {counted(number, 'gate')} failed: {'; '.join(failed)}."
    else:
        told = f"All {counted(number, 'gate')} passed: the computation did what it should."
    return " ".join([told, *(gate.sentence for gate in outer if gate.state != "FAIL")])


def _gates(gates: tuple[Gate, ...], outer: tuple[OuterGate, ...]) -> Table:
    header = ("Gate", "Verdict", "Value", "Limit", "Where")
    beside = [(gate.name, gate.state, gate.value, gate.limit, gate.where) for gate in outer]
    return Table("Gates of the model and what they came to", header, (*map(_row, gates), *beside))


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


def _code(case: Case) -> tuple[str, str]:
    """Return whether the dossier is computed by the code that made the run."""
    made = str(case.run.manifest.get("code_sha256", ""))
    if made == code_hash():
        return "as in the manifest", made[:16]
    return (
        "note: another version",
        f"the run was made by code {made[:16] or 'unknown'}; 'indicast replay' tells if it matters",
    )
