"""Finished simulations on disk, so that a run that was stopped goes on where it was.

Each is one file, renamed into place after it was written whole. Invariant: whatever the moment
of a kill, a file that can be read holds a whole result, and a restart makes the others
anew, with the same numbers (``tests/unit/test_trial_store.py``, ``tests/recovery/test_calibration.py``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import RunError
from indicast.infer import replace_text

if TYPE_CHECKING:
    from indicast.evaluate._trial import Plan, Trial

LETTERS = 12


@dataclass(frozen=True, slots=True)
class TrialStore:
    """A folder with one file for each finished simulation."""

    folder: Path

    def finished(self, simulations: int) -> dict[int, Trial]:
        """Return the results that are there, by place, below a number of simulations.

        What cannot be read, or says that it is another simulation's, counts as not there.
        """
        found = ((place, _read(self._path(place))) for place in range(simulations))
        return {place: trial for place, trial in found if trial.get("place") == place}

    def keep(self, trial: Trial) -> None:
        """Write a result, whole or not at all.

        Raises
        ------
        RunError
            If the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_text(self._path(int(trial["place"])), json.dumps(trial, sort_keys=True) + "\n")
        except OSError as error:
            message = f"cannot write to {self.folder}: {error.strerror}; free the disk or change its permissions"
            raise RunError(message) from None

    def _path(self, place: int) -> Path:
        return self.folder / f"{place:04d}.json"


def trial_store(plan: Plan) -> TrialStore:
    """Return the store of a plan: another model, ledger, seed or setting has another."""
    return TrialStore(plan.framework.runs_folder / f"sbc-{plan.key[:LETTERS]}")


def _read(path: Path) -> Trial:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
