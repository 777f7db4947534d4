"""The same month without a sampler, beside the full model, and why they differ.

Invariant: both columns are as published, above the floor, and reasons are computed exactly if
a difference exceeds the declared limit (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.explain import lite_reasons
from indicast.forecast import floored
from indicast.generative.lite import lite, readable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.publish._estimates import Estimate
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Beside:
    """One scenario by lite and by the full model, as published."""

    name: str
    lite: float
    full: float

    @property
    def difference(self) -> float:
        """Full less lite."""
        return self.full - self.lite


@dataclass(frozen=True, slots=True)
class Reason:
    """One of lite's simplifications, and what doing without it adds to a probability."""

    simplification: str
    points: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Lite beside the full model.

    Attributes
    ----------
    rows
        One per scenario, in declared order.
    limit
        Declared difference above which reasons are given.
    reasons
        For the scenario that differs most, largest first; empty below the limit.
    """

    rows: tuple[Beside, ...]
    limit: float
    reasons: tuple[Reason, ...]

    @property
    def widest(self) -> Beside:
        """The scenario that differs most."""
        return max(self.rows, key=lambda row: abs(row.difference))


def comparison(
    framework: Framework,
    hyperparameters: Hyperparameters,
    panel: xr.Dataset,
    tree: xr.DataTree,
    now: Sequence[Estimate],
) -> Comparison | None:
    """Return lite beside the full model, or None if lite cannot read this start.

    Parameters
    ----------
    framework, hyperparameters, panel
        As used for the run.
    tree
        The run's posterior.
    now
        What the full model publishes for the last month, in declared order.
    """
    if not readable(framework):
        return None
    found = floored(lite(framework, hyperparameters, panel).now, framework.declaration.forecast.floor)
    rows = tuple(Beside(one.name, float(value), one.probability) for one, value in zip(now, found, strict=True))
    plain = Comparison(rows, framework.declaration.lite.explain_above, ())
    if abs(plain.widest.difference) <= plain.limit:
        return plain
    parts = lite_reasons(tree, framework, hyperparameters, panel)
    return Comparison(rows, plain.limit, _ordered(parts, rows.index(plain.widest)))


def _ordered(parts: Mapping[str, np.ndarray], scenario: int) -> tuple[Reason, ...]:
    found = [Reason(name, float(values[scenario])) for name, values in parts.items()]
    return tuple(sorted(found, key=lambda reason: -abs(reason.points)))
