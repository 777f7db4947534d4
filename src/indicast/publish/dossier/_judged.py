"""The dossier as a whole: its parts, what they come to, and whether it may be published.

Invariant: the verdict is ``pass`` only if every gate passed and every part was computed; without every gate
passed nothing of it is for publication (``tests/contract/test_dossier.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from indicast.infer import Gate
from indicast.publish._outer_gates import OuterGate, certificate_gate, files_gate
from indicast.publish._wording import counted, listed, measured
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._section import Section

Overall = Literal["pass", "fail", "incomplete"]


@dataclass(frozen=True, eq=False)
class Dossier:
    """Every section of a case, in the order of the page.

    Attributes
    ----------
    case
        What was reviewed.
    sections
        In the order of the parts.
    draft
        Why it was written although it may not be published; empty if it was not asked for as a draft.
    """

    case: Case
    sections: tuple[Section, ...]
    draft: tuple[str, ...] = ()

    @property
    def verdict(self) -> Overall:
        """What it comes to in one word."""
        verdicts = {section.verdict for section in self.sections}
        if self.failed or "fail" in verdicts:
            return "fail"
        return "incomplete" if "not computed" in verdicts or not self.sections else "pass"

    @cached_property
    def outer(self) -> tuple[OuterGate, ...]:
        """What is asked of files beside the run."""
        return outer_gates(self.case)

    @cached_property
    def failed(self) -> tuple[str, ...]:
        """Gates that did not pass, each with its value and limit; one sentence if there is no gate at all."""
        gates = self.case.run.gates
        inner = tuple(failure(gate) for gate in gates if not gate.passed) if gates else ("no gate was computed",)
        return inner + tuple(gate.failure.removesuffix(".") for gate in self.outer if gate.state == "FAIL")

    @property
    def stamp(self) -> tuple[str, ...]:
        """Why it is not for publication; empty if it is."""
        return self.failed + self.draft

    @property
    def sentence(self) -> str:
        """The verdict in a sentence or two."""
        missing = [one.title for one in self.sections if one.verdict == "not computed"]
        failing = [one.title for one in self.sections if one.verdict == "fail"]
        gates = counted(len(self.case.run.gates) + sum(gate.state == "pass" for gate in self.outer), "gate")
        first = f"All {gates} passed" if not self.failed else f"Not for publication: {'; '.join(self.failed)}"
        rest = [f"the answer fails in: {listed(failing)}"] if failing else []
        rest += [f"not computed: {listed(missing)}"] if missing else []
        told = "; ".join([first, *rest])
        if not rest and not self.failed:
            told += f", and each of {counted(len(self.sections), 'part')} was computed"
        notes = [one.title for one in self.sections if one.verdict == "note"]
        return f"{told}. Read the notes in: {listed(notes)}." if notes else f"{told}."


def outer_gates(case: Case) -> tuple[OuterGate, ...]:
    """Return the gates that do not come with the fit."""
    return certificate_gate(case.framework, case.hyperparameters), files_gate(case.framework, case.run.manifest)


def failure(gate: Gate) -> str:
    """Return a gate that failed, with its value and limit."""
    side = "at most" if gate.at_most else "at least"
    return f"{gate.name} {measured(gate.value)} ({side} {measured(gate.limit)}, {gate.where})"
