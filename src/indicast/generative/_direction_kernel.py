"""The evidence of reported directions, cell by cell, and its adjoint.

The compiled road beside the NumPy one of ``direction``; the mathematics stands there.
Forward, each cell leaves its slopes, so that the adjoint only multiplies and adds. ``shown`` is w of
``_publication``, and 1.0 where no publication was due, which changes no bit.
Invariant: equals the NumPy twin and finite differences (``tests/reference/test_twin.py``,
``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from math import exp, log

import numba
import numpy as np

from indicast.generative._kernel_op import Arrays, Kernel
from indicast.generative._probit_kernel import expected_parts, reading_parts

READINGS = 3
BY_ETA, BY_THRESHOLD, BY_NEWS, BY_MESSAGE = 0, 1, 2, 3
BY_SHOWN = BY_MESSAGE + READINGS
SLOPES = BY_SHOWN + READINGS


@numba.njit(error_model="numpy", fastmath=False)
def _log_messages(
    reliability: np.ndarray,
    slant: np.ndarray,
    cells: int,
    report_cell: np.ndarray,
    report_direction: np.ndarray,
    report_grade: np.ndarray,
    report_factor: np.ndarray,
    report_slant: np.ndarray,
) -> np.ndarray:
    """Return log m(y): what every reading shares, plus the odds of the reading reported; dims (cell, direction)."""
    message = np.zeros((cells, READINGS))
    for r in range(report_cell.shape[0]):
        cell, said = report_cell[r], report_direction[r] + 1
        rho = reliability[report_grade[r]] * report_factor[r]
        guessed = (1.0 - rho) * slant[report_slant[r], said]
        if_else = log(guessed)
        for y in range(READINGS):
            message[cell, y] += if_else
        message[cell, said] += log(rho + guessed) - if_else
    return message


def _value(
    strength: np.ndarray,
    climate: np.ndarray,
    threshold: np.ndarray,
    flat_news: np.ndarray,
    reliability: np.ndarray,
    slant: np.ndarray,
    shown: np.ndarray,
    expected: np.ndarray,
    cell_time: np.ndarray,
    cell_indicator: np.ndarray,
    cell_row: np.ndarray,
    report_cell: np.ndarray,
    report_direction: np.ndarray,
    report_grade: np.ndarray,
    report_factor: np.ndarray,
    report_slant: np.ndarray,
) -> Arrays:
    cells, scenarios, tau = cell_time.shape[0], expected.shape[1], threshold.item()
    message = _log_messages(
        reliability, slant, cells, report_cell, report_direction, report_grade, report_factor, report_slant
    )
    emission = np.zeros((climate.shape[0], scenarios))
    slopes, value = np.empty((cells, scenarios, SLOPES)), np.empty(scenarios)
    for c in range(cells):
        t, i = cell_time[c], cell_indicator[c]
        nu, at_fell, at_stayed, at_rose = (
            flat_news[i],
            shown[cell_row[c], 0],
            shown[cell_row[c], 1],
            shown[cell_row[c], 2],
        )
        peak = max(message[c, 0], message[c, 1], message[c, 2])
        fell, stayed, rose = exp(message[c, 0] - peak), exp(message[c, 1] - peak), exp(message[c, 2] - peak)
        for k in range(scenarios):
            same = 0
            while expected[i, same] != expected[i, k]:
                same += 1
            if same < k:  # scenarios that expect the same reading share its evidence
                value[k] = value[same]
                slopes[c, k] = slopes[c, same]
                continue
            low, flat, high, at_low, at_high = expected_parts(expected[i, k], strength[i], climate[t, i], tau)
            down, still, up = at_fell * (low * fell), at_stayed * (flat * stayed), at_rose * (high * rose)
            joint, reported = down + nu * still + up, at_fell * low + nu * (at_stayed * flat) + at_rose * high
            value[k] = log(joint / reported) + peak
            per_joint, per_reported = 1.0 / joint, 1.0 / reported
            quiet = nu * at_stayed
            by_low = (at_fell * fell - quiet * stayed) * per_joint - (at_fell - quiet) * per_reported
            by_high = (at_rose * rose - quiet * stayed) * per_joint - (at_rose - quiet) * per_reported
            slopes[c, k, BY_ETA] = by_high * at_high - by_low * at_low
            slopes[c, k, BY_THRESHOLD] = -by_high * at_high - by_low * at_low
            slopes[c, k, BY_NEWS] = still * per_joint - at_stayed * flat * per_reported
            slopes[c, k, BY_MESSAGE] = down * per_joint
            slopes[c, k, BY_MESSAGE + 1] = nu * still * per_joint
            slopes[c, k, BY_MESSAGE + 2] = up * per_joint
            slopes[c, k, BY_SHOWN] = low * (fell * per_joint - per_reported)
            slopes[c, k, BY_SHOWN + 1] = nu * flat * (stayed * per_joint - per_reported)
            slopes[c, k, BY_SHOWN + 2] = high * (rose * per_joint - per_reported)
        for k in range(scenarios):
            emission[t, k] += value[k]
    return emission, slopes


def _adjoint(
    upstream: np.ndarray,
    slopes: np.ndarray,
    strength: np.ndarray,
    climate: np.ndarray,
    threshold: np.ndarray,
    flat_news: np.ndarray,
    reliability: np.ndarray,
    slant: np.ndarray,
    shown: np.ndarray,
    expected: np.ndarray,
    cell_time: np.ndarray,
    cell_indicator: np.ndarray,
    cell_row: np.ndarray,
    report_cell: np.ndarray,
    report_direction: np.ndarray,
    report_grade: np.ndarray,
    report_factor: np.ndarray,
    report_slant: np.ndarray,
) -> Arrays:
    to_strength, to_climate, to_news = np.zeros_like(strength), np.zeros_like(climate), np.zeros_like(flat_news)
    to_reliability, to_slant, to_threshold = np.zeros_like(reliability), np.zeros_like(slant), 0.0
    felt, to_shown = np.zeros((slopes.shape[0], READINGS)), np.zeros_like(shown)
    for c in range(slopes.shape[0]):
        t, i = cell_time[c], cell_indicator[c]
        for k in range(expected.shape[1]):
            weight = upstream[t, k]
            by_eta = weight * slopes[c, k, BY_ETA]
            to_climate[t, i] += by_eta
            to_strength[i] += by_eta * expected[i, k]
            to_threshold += weight * slopes[c, k, BY_THRESHOLD]
            to_news[i] += weight * slopes[c, k, BY_NEWS]
            for y in range(READINGS):
                felt[c, y] += weight * slopes[c, k, BY_MESSAGE + y]
                to_shown[cell_row[c], y] += weight * slopes[c, k, BY_SHOWN + y]
    for r in range(report_cell.shape[0]):
        cell, said, grade, source = report_cell[r], report_direction[r] + 1, report_grade[r], report_slant[r]
        rho = reliability[grade] * report_factor[r]
        guessed = (1.0 - rho) * slant[source, said]
        by_rho = felt[cell, said] / (rho + guessed)
        by_guess = (felt[cell].sum() - felt[cell, said]) / guessed + by_rho
        to_reliability[grade] += (by_rho - by_guess * slant[source, said]) * report_factor[r]
        to_slant[source, said] += by_guess * (1.0 - rho)
    return to_strength, to_climate, np.asarray(to_threshold), to_news, to_reliability, to_slant, to_shown


DIRECTIONS = Kernel(_value, _adjoint, smooth=7, kept=(3,), parts=(expected_parts, reading_parts))
"""Inputs: seven smooth ones, the expected readings as floats, then cells and reports."""
