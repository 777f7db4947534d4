"""What the listed scenarios do not explain: surprising indicators, and a residual scenario.

Invariant: an indicator is called unexplained exactly if surprise like its own has at most the
declared chance (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.forecast import Surprise, surprises

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.publish._estimates import Estimate
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Unexplained:
    """How well the last months fit the listed scenarios.

    Attributes
    ----------
    months, limit
        Declared window, and chance at or below which an indicator counts as unexplained.
    seen
        Surprise of every indicator seen in the window, least likely first.
    names
        Indicator names by id, of all indicators.
    """

    months: int
    limit: float
    seen: tuple[Surprise, ...]
    names: Mapping[str, str]

    @property
    def beyond(self) -> tuple[Surprise, ...]:
        """Indicators that the listed scenarios do not explain."""
        return tuple(one for one in self.seen if one.chance <= self.limit)


@dataclass(frozen=True, slots=True)
class Residual:
    """The scenario that stands for none of the listed ones.

    Attributes
    ----------
    name, probability
        As published.
    limit
        Declared probability above which the report warns, or None.
    """

    name: str
    probability: float
    limit: float | None


def unexplained(
    framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, tree: xr.DataTree, seed: int
) -> Unexplained | None:
    """Return how well the last months fit the listed scenarios, or None if no window is declared.

    Parameters
    ----------
    framework, hyperparameters, panel, tree
        As used for and made by the run.
    seed
        Of the run.
    """
    declared = framework.declaration.surprise
    if declared is None:
        return None
    found = surprises(tree, framework, hyperparameters, panel, seed)
    ordered = tuple(sorted(found, key=lambda one: (one.chance, -one.standardised)))
    labels = {one.id: one.name for one in framework.declaration.indicators}
    return Unexplained(declared.window_months, declared.chance, ordered, labels)


def residual(framework: Framework, now: Sequence[Estimate]) -> Residual | None:
    """Return the residual scenario as published, or None if there is none."""
    declared, last = framework.declaration.surprise, framework.declaration.scenarios[-1]
    if not last.residual:
        return None
    return Residual(last.name, now[-1].probability, declared.residual_above if declared else None)
