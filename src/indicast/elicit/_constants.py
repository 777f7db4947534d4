"""Fixed numbers of ``hyperparameters.toml``: read, and refused when impossible.

Invariant: a constant that was loaded is finite, of the declared kind and in its range
(``tests/unit/test_priors.py`` plants a fault for each rule).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indicast.errors import WorkspaceError, one_of
from indicast.workspace import Framework

POSITIVE = (
    "strength_floor",
    "strength_sd",
    "reference_weight_months",
    "reference_window_months",
    "growth_years",
    "level_tail",
    *("rating_spacing", "rating_cut", "rater_scale_sd", "rater_lean_sd", "country_error_sd"),
)
LEDGER_KINDS = ("event", "count", "level", "share", "claim", "denial")
CREDIBILITIES = ("1", "2", "3", "4", "5", "6")
PRESENT_SHAPE, SUPPORT_SHAPE = (3, 3), (3,)


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed number or table of numbers, with its source and reason."""

    name: str
    value: object
    source: str
    reason: str


def as_number(constant: Constant) -> float:
    """Return a constant that is one number.

    Raises
    ------
    WorkspaceError
        If it is none.
    """
    return _number(constant.name, constant.value)


def as_array(constant: Constant) -> np.ndarray:
    """Return a constant that is an array of numbers.

    Raises
    ------
    WorkspaceError
        If rows differ in length or an entry is no number.
    """
    try:
        return np.asarray(constant.value, dtype=float)
    except (TypeError, ValueError):
        message = f"constants.{constant.name}: value must be rows of numbers of one length, got {constant.value!r}"
        raise WorkspaceError(message) from None


def as_mapping(constant: Constant) -> dict[str, float]:
    """Return a constant that is a table of numbers.

    Raises
    ------
    WorkspaceError
        If it is no table, or an entry is no number.
    """
    if not isinstance(constant.value, Mapping):
        message = f"constants.{constant.name}: value must be a table, got {constant.value!r}"
        raise WorkspaceError(message)
    return {str(key): _number(f"{constant.name}.{key}", number) for key, number in constant.value.items()}


def _number(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        message = f"constants.{name}: value must be a number, got {value!r}"
        raise WorkspaceError(message)
    return float(value)


def check_constants(path: Path, framework: Framework, constants: Mapping[str, Constant]) -> None:
    """Refuse constants that no model could use.

    Raises
    ------
    WorkspaceError
        With the key, the value and what is allowed.
    """
    for name in POSITIVE:
        if name in constants:
            _require(path, f"{name}.value", as_number(constants[name]), 0.0, math.inf, "above 0", open_low=True)
    _require(path, "strength_floor.value", as_number(constants["strength_floor"]), 0.0, 1.0, "at most 1")
    correlation = as_number(constants["lite_correlation"])
    _require(path, "lite_correlation.value", correlation, 0.0, 1.0, "from 0 to 1")
    _check_marks(path, constants)
    _check_table(path, "claim_factor", as_mapping(constants["claim_factor"]), LEDGER_KINDS, 1.0)
    steps = as_mapping(constants["credibility_steps"])
    _check_table(path, "credibility_steps", steps, CREDIBILITIES, math.inf)
    for key, value in steps.items():
        _require_whole(path, f"credibility_steps.{key}", value)
    if framework.counts:
        _check_reference(path, framework, constants)


def _require(
    path: Path, key: str, value: float, low: float, high: float, allowed: str, *, open_low: bool = False
) -> None:
    if math.isfinite(value) and low <= value <= high and not (open_low and value == low):
        return
    message = f"{path}: constants.{key} must be {allowed}, got {value}; write a finite number in that range"
    raise WorkspaceError(message)


def _require_whole(path: Path, key: str, value: float) -> None:
    if value != int(value):
        message = f"{path}: constants.{key} must be a whole number, got {value}"
        raise WorkspaceError(message)


def _check_table(path: Path, name: str, values: Mapping[str, float], keys: tuple[str, ...], high: float) -> None:
    unknown = set(values) - set(keys)
    if unknown:
        message = f"{path}: constants.{name}: {one_of(unknown)} is not known; allowed are {one_of(keys)}"
        raise WorkspaceError(message)
    allowed = f"0 to {high:g}" if math.isfinite(high) else "0 or more"
    for key, value in values.items():
        _require(path, f"{name}.{key}", value, 0.0, high, allowed)


def _check_marks(path: Path, constants: Mapping[str, Constant]) -> None:
    present, support = as_array(constants["mark_if_present"]), as_array(constants["mark_if_support"])
    if present.shape != PRESENT_SHAPE or support.shape != SUPPORT_SHAPE:
        shapes = "constants.mark_if_present must be 3 rows of 3 numbers and constants.mark_if_support one row of 3"
        message = f"{path}: {shapes} (the marks + = -)"
        raise WorkspaceError(message)
    for name, rows in (("mark_if_present", present), ("mark_if_support", support[None, :])):
        if not (rows >= 0).all() or not np.allclose(rows.sum(axis=1), 1.0, atol=1e-9, rtol=0.0):
            sums = rows.sum(axis=1).round(6).tolist()
            message = (
                f"{path}: constants.{name}: a row of probabilities sums to {sums} or is negative; make each sum to 1"
            )
            raise WorkspaceError(message)


def _check_reference(path: Path, framework: Framework, constants: Mapping[str, Constant]) -> None:
    rates, counted = as_mapping(constants["reference_rate"]), {indicator.id for indicator in framework.counts}
    if set(rates) != counted:
        message = f"{path}: constants.reference_rate needs one rate for each of {one_of(counted)}"
        raise WorkspaceError(message)
    for key, value in rates.items():
        _require(path, f"reference_rate.{key}", value, 0.0, math.inf, "above 0", open_low=True)
    _require_whole(path, "reference_window_months.value", as_number(constants["reference_window_months"]))
