"""Observations as known become one padded dataset of months, cells and reports."""

from indicast.panel._counts import NOT_LOOKED, reference_rate, reference_window, scheduled_peaks, trailing_reference
from indicast.panel._panel import Sizes, Vintage, build_panel, last_day, vintage

__all__ = [
    "NOT_LOOKED",
    "Sizes",
    "Vintage",
    "build_panel",
    "last_day",
    "reference_rate",
    "reference_window",
    "scheduled_peaks",
    "trailing_reference",
    "vintage",
]
