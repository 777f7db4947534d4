"""Whether what was seen of an indicator is what its priors led one to expect.

Worlds are drawn from the priors, scenario path included, and seen through the same months, cells, sources and
watches. One number sums up what each family shows of an indicator: the sum of reported directions, the number of
counted events or acts, the mean reading. Its prior predictive p-value is two-sided, ``2 min(P(T <= t), P(T >= t))``
(Box 1980, doi:10.2307/2982063).

Invariant: in worlds of the priors a p-value of at most c comes about with probability of about c or less
(``tests/unit/test_prior_conflict.py``). Not valid as a verdict on the posterior, which may have learned what the prior
missed: the flag says that data and prior disagreed, so that the prior's shape mattered. Reports of one indicator
share a tilt, so a sum of many is no more extreme than a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from indicast import names
from indicast.evaluate._prior_worlds import draw_path
from indicast.evaluate._simulate import draw_truth, simulate_families
from indicast.generative.emission import with_climate
from indicast.generative.families import Setting, series_indicator
from indicast.panel import NOT_LOOKED, used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

WORLDS: Final = 500
"""Worlds behind a p-value; its error at .05 is .01."""
CHANCE: Final = 0.05
"""Below this a p-value is flagged where the framework declares none for surprises."""
LOWEST, HIGHEST = 5.5, 94.5
"""Percentiles of the worlds that are told beside what was seen."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What one family shows of one indicator, and what the priors expected.

    Attributes
    ----------
    indicator
        Its id.
    family
        Which evidence.
    pieces
        How many reports, watched months or readings.
    seen
        The sum of directions, the number found, or the mean reading.
    low, middle, high
        Of the same in worlds of the priors: ends of the central 89 % and median.
    p_value
        Two-sided, in (0, 1].
    limit
        Below which it is flagged: what is declared for surprises.
    """

    indicator: str
    family: str
    pieces: int
    seen: float
    low: float
    middle: float
    high: float
    p_value: float
    limit: float

    @property
    def flagged(self) -> bool:
        """Whether the p-value is below its limit."""
        return self.p_value < self.limit


Shown = Mapping[str, np.ndarray]
"""Variables of a panel, seen or drawn."""


def expected_by_priors(
    framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset, seed: int, worlds: int = WORLDS
) -> tuple[Expected, ...]:
    """Return what was seen of every indicator beside what the priors expected, in declared order.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    panel
        What was seen.
    seed
        Of the worlds.
    worlds
        How many.
    """
    setting, rng = Setting(framework, hyperparameters, used_months(panel)), np.random.default_rng(seed)
    families = [name for name in framework.families if name in STATISTICS]
    months = setting.panel.sizes[names.TIME]
    truths = with_climate(draw_truth(framework, hyperparameters, months, rng, size=worlds), framework)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in families}
    for world in range(worlds):
        truth = {name: values[world : world + 1] for name, values in truths.items()}
        shown = simulate_families(truth, setting, draw_path(truth, months, rng), rng)
        for name in families:
            drawn[name].append(STATISTICS[name](setting, shown[name])[1])
    found = [one for name in families for one in _expected(setting, name, np.stack(drawn[name]))]
    order = framework.indicators.index
    return tuple(sorted(found, key=lambda one: order(one.indicator)))


def _expected(setting: Setting, family: str, drawn: np.ndarray) -> list[Expected]:
    """Compare what a family shows of each indicator; ``drawn`` has dims (world, indicator)."""
    given = {str(name): values.to_numpy() for name, values in setting.panel.data_vars.items()}
    pieces, seen = STATISTICS[family](setting, given)
    declared = setting.framework.declaration.surprise
    limit = declared.chance if declared else CHANCE
    rows = []
    for place in np.flatnonzero(pieces):
        below, above = ((drawn[:, place] <= seen[place]).sum(), (drawn[:, place] >= seen[place]).sum())
        p_value = min(1.0, 2.0 * (1 + int(min(below, above))) / (1 + len(drawn)))
        low, middle, high = np.percentile(drawn[:, place], [LOWEST, 50.0, HIGHEST]).tolist()
        told = (setting.framework.indicators[place], family, int(pieces[place]), float(seen[place]))
        rows.append(Expected(*told, low, middle, high, p_value, limit))
    return rows


def _directions(setting: Setting, shown: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Return number of reports and sum of their directions; dims (indicator) both."""
    used, cell = setting.panel["report_used"].to_numpy(), setting.panel["cell_indicator"].to_numpy()
    size, owner = len(setting.framework.indicators), np.maximum(cell, 0)
    total = np.where(used, shown["report_direction"], 0).sum(axis=1)
    return (
        np.bincount(owner, weights=used.sum(axis=1), minlength=size).astype(np.int64),
        np.bincount(owner, weights=total, minlength=size),
    )


def _found(variable: str, coverage: str, fed: str) -> Callable[[Setting, Shown], tuple[np.ndarray, np.ndarray]]:
    def statistic(setting: Setting, shown: Shown) -> tuple[np.ndarray, np.ndarray]:
        """Return number of watched months and what was found in them; dims (indicator) both."""
        framework = setting.framework
        looked = setting.panel[coverage].to_numpy() != NOT_LOOKED
        owner = np.array([framework.indicators.index(one.id) for one in framework.feeding(fed)], dtype=np.int64)
        size, total = len(framework.indicators), np.where(looked, shown[variable], 0).sum(axis=0)
        return (
            np.bincount(owner, weights=looked.sum(axis=0), minlength=size).astype(np.int64),
            np.bincount(owner, weights=total, minlength=size),
        )

    return statistic


def _readings(family: str, value: str) -> Callable[[Setting, Shown], tuple[np.ndarray, np.ndarray]]:
    def statistic(setting: Setting, shown: Shown) -> tuple[np.ndarray, np.ndarray]:
        """Return number and mean of readings; dims (indicator) both."""
        used, place = (setting.panel[f"{family}_{name}"].to_numpy() for name in ("used", "place"))
        owner = series_indicator(setting.framework, family)[place[used]]
        size = len(setting.framework.indicators)
        number = np.bincount(owner, minlength=size)
        total = np.bincount(owner, weights=np.asarray(shown[value])[used], minlength=size)
        return number, total / np.maximum(number, 1)

    return statistic


STATISTICS: Final[Mapping[str, Callable[[Setting, Shown], tuple[np.ndarray, np.ndarray]]]] = {
    "direction": _directions,
    "count": _found("count", "count_coverage", "count"),
    "event": _found("event", "event_coverage", "event"),
    "level": _readings("level", "level_change"),
    "share": _readings("share", "share_value"),
}
"""Family -> number of pieces, and the number that sums them up, of each indicator."""
