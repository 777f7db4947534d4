"""How readily a reading is published, for the two families that speak of one reading.

Of a publication that was due one sees whether it came: ``w(y) = P(came | y)``, or one less that. Family
``withheld`` says ``sum_y P(y | k) w(y)``. Reports of the same month and indicator speak of the same y, so
family ``direction`` reads them given what became of the publication, with ``P(y | k) w(y)`` in place of
``P(y | k)``. Both use one table of w, a row for each thing that can have become of a publication.

Invariant: what came and what was withheld add up to one, reading by reading; the first row, for a
month in which nothing was due, is exactly one (``tests/reference/test_withheld.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from indicast import names

if TYPE_CHECKING:
    import xarray as xr

READINGS = 3
NOT_DUE = 0
"""Row of a month in which nothing was due."""
ROWS = 1 + 2 * READINGS
"""Nothing due, then withheld and came, each by which reading embarrasses."""


def row(reading: np.ndarray, published: np.ndarray) -> np.ndarray:
    """Return the row of publications that were due.

    Parameters
    ----------
    reading
        Index of the reading that embarrasses; dims (silence).
    published
        Whether it came; dims (silence).
    """
    return np.asarray(1 + READINGS * published.astype(np.int64) + reading)


def silence_rows(panel: xr.Dataset) -> np.ndarray:
    """Return the row of each publication that was due, padding included; dims (silence)."""
    return row(panel["silence_reading"].to_numpy(), panel["silence_published"].to_numpy())


def cell_rows(panel: xr.Dataset) -> np.ndarray:
    """Return the row of each cell of reports, padding included; dims (cell)."""
    used = panel["silence_used"].to_numpy()
    places = (panel[f"silence_{name}"].to_numpy()[used].tolist() for name in ("time", "indicator"))
    due = dict(zip(zip(*places, strict=True), silence_rows(panel)[used].tolist(), strict=True))
    cells = zip(panel["cell_time"].to_numpy().tolist(), panel["cell_indicator"].to_numpy().tolist(), strict=True)
    return np.array([due.get(cell, NOT_DUE) for cell in cells], dtype=np.int64)


def table(draws: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return w of every row; dims (draw, row, direction), one draw if no publication can be withheld."""
    if names.PUBLISH_BASE not in draws:
        return np.ones((1, ROWS, READINGS))
    log_odds = draws[names.PUBLISH_BASE][:, None, None]
    log_odds = log_odds + draws[names.PUBLISH_EMBARRASSED][:, None, None] * np.eye(READINGS)
    return np.concatenate([np.ones_like(log_odds[:, :1]), expit(-log_odds), expit(log_odds)], axis=1)


def table_graph(variables: Mapping[str, Any]) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return :func:`table` as a PyTensor matrix; dims (row, direction)."""
    import pytensor.tensor as pt

    if names.PUBLISH_BASE not in variables:
        return pt.as_tensor(np.ones((ROWS, READINGS)))
    log_odds = variables[names.PUBLISH_BASE] + variables[names.PUBLISH_EMBARRASSED] * np.eye(READINGS)
    return pt.concatenate([np.ones((1, READINGS)), pt.sigmoid(-log_odds), pt.sigmoid(log_odds)], axis=0)
