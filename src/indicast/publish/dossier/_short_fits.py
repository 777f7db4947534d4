"""What a short fit of a case is made from: its panel, as then known, and fewer draws than the run's.

Invariant: the panel is that of the run, whatever was recorded since (``tests/unit/test_alternatives.py``: a run of
another ledger is refused).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from indicast.infer import Settings
from indicast.panel import Vintage, build_panel

if TYPE_CHECKING:
    import xarray as xr

    from indicast.ledger import Ledger
    from indicast.publish.dossier._case import Case

SHORT: Final = 500
"""Steps of adaptation and draws of each chain of a short fit, at most."""


class Known(NamedTuple):
    """What a case's run knew.

    Attributes
    ----------
    ledger
        As recorded when the run was made.
    when
        Month and day of knowledge.
    panel
        With its padding.
    """

    ledger: Ledger
    when: Vintage
    panel: xr.Dataset


def vintage_of(case: Case) -> Vintage:
    """Return month and day of knowledge of a case's run."""
    manifest = case.run.manifest
    return Vintage(str(manifest["as_of"]), date.fromisoformat(str(manifest["known_at"])))


def known(case: Case) -> Known:
    """Return what a case's run knew."""
    when = vintage_of(case)
    recorded = case.run.manifest.get("ledger", {}).get("recorded_by")
    ledger = case.ledger.recorded(datetime.fromisoformat(recorded)) if recorded else case.ledger
    return Known(ledger, when, build_panel(case.framework, case.hyperparameters, ledger, when))


def short(case: Case) -> Settings:
    """Return the settings of a short fit."""
    sampler = case.run.manifest["sampler"]
    return Settings(
        int(sampler["chains"]),
        min(SHORT, int(sampler["tune"])),
        min(SHORT, int(sampler["draws"])),
        float(sampler["target_accept"]),
        int(sampler["seed"]),
    )
