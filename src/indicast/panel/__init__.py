"""Observations as known become one padded dataset of months, cells and reports."""

from indicast.panel._counts import (
    reference_rate,
    reference_window,
    scheduled_peaks,
    trailing_exposure,
    trailing_reference,
)
from indicast.panel._outcomes import State
from indicast.panel._panel import Vintage, build_panel, last_day, used_months, vintage
from indicast.panel._sizes import Sizes
from indicast.panel._streams import NOT_LOOKED, streams

__all__ = [
    "NOT_LOOKED",
    "Sizes",
    "State",
    "Vintage",
    "build_panel",
    "last_day",
    "reference_rate",
    "reference_window",
    "scheduled_peaks",
    "streams",
    "trailing_exposure",
    "trailing_reference",
    "used_months",
    "vintage",
]
