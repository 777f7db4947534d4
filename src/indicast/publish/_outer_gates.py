"""Gates that do not come with the fit: the calibration certificate, and published files that are as published.

Invariant: where ``model.toml`` requires a certificate, only a valid one that passed lets a run be published; where it
does not, what is missing is told and is never a pass (``tests/unit/test_outer_gates.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from indicast.errors import GateError, IndicastError, MissingError
from indicast.evaluate import certificate_path, certificate_status
from indicast.publish._published import open_published
from indicast.publish._wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

State = Literal["pass", "told", "FAIL"]
CERTIFICATE, FILES = "calibration certificate", "published files as published"


@dataclass(frozen=True, slots=True)
class OuterGate:
    """One condition on what lies beside a run.

    Attributes
    ----------
    name
        What is asked.
    value
        What was found, in a word or two.
    limit
        What it must be.
    where
        The file or folder, from the workspace on.
    state
        ``told``: not as it should be, or nothing to ask; the declaration does not make it a condition.
    sentence
        What a reader should know, with what to do; empty if there is nothing to do.
    """

    name: str
    value: str
    limit: str
    where: str
    state: State
    sentence: str

    @property
    def failure(self) -> str:
        """What is told of it where it failed."""
        return f"{self.name} {self.value} ({self.limit} is required, {self.where}): {self.sentence}"

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {name: getattr(self, name) for name in ("name", "value", "limit", "where", "state", "sentence")}


def certificate_gate(framework: Framework, hyperparameters: Hyperparameters) -> OuterGate:
    """Return whether the model in hand has a certificate that it passed.

    Parameters
    ----------
    framework
        Declares under ``[gates]`` whether it is required.
    hyperparameters
        Those of the run.
    """
    value, sentence = _certificate(framework, hyperparameters)
    required = framework.declaration.gates.certificate == "required"
    state: State = "pass" if value == "valid" else "FAIL" if required else "told"
    where = certificate_path(framework).relative_to(framework.root).as_posix()
    return OuterGate(CERTIFICATE, value, "valid", where, state, sentence)


def _certificate(framework: Framework, hyperparameters: Hyperparameters) -> tuple[str, str]:
    remedy = f"'indicast sbc {framework.id}' makes one"
    try:
        status = certificate_status(framework, hyperparameters)
    except IndicastError:
        return "unreadable", f"The calibration certificate cannot be read; {remedy}."
    if status.state != "valid":
        return status.state, f"{status.sentence.removesuffix('.')}; {remedy}."
    if status.passed:
        return "valid", status.sentence
    return "failed", f"{status.sentence} Mend the model, then {remedy.removesuffix(' makes one')} again."


def require_certificate(framework: Framework, hyperparameters: Hyperparameters) -> None:
    """Raise if a certificate is required and there is none that is valid.

    Raises
    ------
    GateError
        With what is amiss and what to do.
    """
    gate = certificate_gate(framework, hyperparameters)
    if gate.state == "FAIL":
        message = f"{framework.id} is not published: {gate.failure.removesuffix('.')}, or write a draft (--draft)"
        raise GateError(message)


def files_gate(framework: Framework, manifest: Mapping[str, Any]) -> OuterGate:
    """Return whether the publication of a run's month is of this very run and still as published.

    Parameters
    ----------
    framework
        Of the workspace.
    manifest
        Of the run.
    """
    month = str(manifest["as_of"])
    where = (framework.reports_folder / month).relative_to(framework.root).as_posix()
    value, state, sentence = _files(framework, month, str(manifest["hash"]))
    return OuterGate(FILES, value, "as published", where, state, sentence)


def _files(framework: Framework, month: str, wanted: str) -> tuple[str, State, str]:
    try:
        published = open_published(framework.root, framework.id, month)
    except MissingError:
        return "not published", "told", f"Nothing of {month} is published."
    except IndicastError:
        told = f"What lies in the folder of {month} is a draft, or no publication that can be read."
        return "not published", "told", told
    if published.manifest["hash"] != wanted:
        return "of another run", "told", f"{month} was published from {published.manifest['hash'][:12]}."
    if published.altered:
        altered = listed(f"{name}: {how}" for name, how in sorted(published.altered.items()))
        return "altered", "FAIL", f"{altered}; 'indicast report {framework.id}' of this run publishes it anew."
    return "as published", "pass", f"As published: {listed(published.files)}."
