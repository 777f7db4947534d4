"""Worlds with known truth: what the priors imply, and whether the model finds the truth."""

from indicast.evaluate._calibration_key import calibration_key
from indicast.evaluate._prior_gates import PriorWorlds, draw_path, draw_worlds, expected_evidence, jumps, prior_gates
from indicast.evaluate._simulate import draw_truth, simulate_panel
from indicast.evaluate._trial import Bench, Plan

__all__ = [
    "Bench",
    "Plan",
    "PriorWorlds",
    "calibration_key",
    "draw_path",
    "draw_truth",
    "draw_worlds",
    "expected_evidence",
    "jumps",
    "prior_gates",
    "simulate_panel",
]
