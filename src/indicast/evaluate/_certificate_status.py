"""Whether a model's certificate is there, and whether it is of this very model.

Invariant: a certificate is valid exactly as long as the calibration key is the one it was made
for (``tests/unit/test_certificate.py``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from indicast.errors import RunError
from indicast.evaluate._calibration_key import calibration_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

State = Literal["valid", "stale", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class CertificateStatus:
    """Where a model stands with its calibration.

    Attributes
    ----------
    state
        ``valid``: made for this very model; ``stale``: for another version of it; ``none``.
    simulations
        Number of simulations behind the certificate; 0 without one.
    passed
        What the certificate says; False without one.
    """

    state: State
    simulations: int = 0
    passed: bool = False

    @property
    def sentence(self) -> str:
        """What a reader should know of it."""
        if self.state == "none":
            return "The model has no calibration certificate: whether it finds a known truth was not simulated."
        verdict = "and passed" if self.passed else "and failed"
        if self.state == "stale":
            return (
                f"The calibration certificate is of another version of the model, which was put through "
                f"{self.simulations:,} simulations {verdict}; it says nothing certain of this one."
            )
        return f"This very model was put through {self.simulations:,} simulations with known truth {verdict}."


def certificate_path(framework: Framework) -> Path:
    """Return ``models/<model>/calibration.json``."""
    return framework.model_file.with_name("calibration.json")


def certificate_status(framework: Framework, hyperparameters: Hyperparameters) -> CertificateStatus:
    """Return whether the model in hand is the one that was certified.

    Raises
    ------
    RunError
        If the certificate cannot be read.
    """
    path = certificate_path(framework)
    if not path.is_file():
        return CertificateStatus("none")
    content = _read(path)
    try:
        state: State = "valid" if content["key"] == calibration_key(framework, hyperparameters) else "stale"
        return CertificateStatus(state, int(content["simulations"]), content["passed"] is True)
    except (KeyError, TypeError, ValueError):
        message = f"{path} is no calibration certificate; make one with 'indicast sbc {framework.id}' or remove it"
        raise RunError(message) from None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    return content if isinstance(content, dict) else {}
