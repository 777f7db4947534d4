"""One thing to look at in a coming month, and what is known of that month.

Invariant: outcomes as they are told are unions of outcomes (``tests/unit/test_channels.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names

if TYPE_CHECKING:
    import xarray as xr

    from indicast.explain._seen import Seen
    from indicast.generative.families import Setting


class Channel(NamedTuple):
    """One thing to look at.

    Attributes
    ----------
    stream
        Family whose evidence it would be.
    label
        Indicator, series or milestone.
    looked_for
        What to look for, in words.
    seen
        In which months so far it could be seen; dims (time).
    outcomes
        What may be seen, in words.
    chance
        P(outcome | scenario); dims (draw, scenario, outcome).
    shown
        Class of each outcome when they are told, as long as ``outcomes``; their own by default.
    grade
        Letter of the source that is assumed; blank where none is.
    """

    stream: str
    label: str
    looked_for: str
    seen: np.ndarray
    outcomes: tuple[str, ...]
    chance: np.ndarray
    shown: np.ndarray | None = None
    grade: str = ""

    @property
    def told(self) -> np.ndarray:
        """P(outcome as it is told | scenario); dims (draw, scenario, told)."""
        if self.shown is None:
            return self.chance
        return np.stack([self.chance[..., self.shown == place].sum(axis=-1) for place in range(len(self.outcomes))], -1)


class Ahead(NamedTuple):
    """What is known of the month ahead.

    Attributes
    ----------
    tree
        The fit.
    setting
        Its panel has no padded months.
    seen
        What the draws make of it.
    months
        How many months lie between the fit's last one and the one that is watched, that one included.
    window
        Last months that say what a report looks like.
    """

    tree: xr.DataTree
    setting: Setting
    seen: Seen
    months: int
    window: int

    @property
    def draws(self) -> dict[str, np.ndarray]:
        """Parameters by name; leading axis draw."""
        return self.seen.draws

    @property
    def place(self) -> int:
        """Months from the framework's start to the month watched."""
        return self.setting.panel.sizes[names.TIME] - 1 + self.months
