"""Worlds with known truth: what the priors imply, and whether the model finds the truth."""

from indicast.evaluate._calibration_block import BEGIN as CALIBRATION_BEGIN
from indicast.evaluate._calibration_block import END as CALIBRATION_END
from indicast.evaluate._calibration_block import calibration_block
from indicast.evaluate._calibration_figure import calibration_figure
from indicast.evaluate._calibration_key import calibration_key
from indicast.evaluate._certificate import certificate, fractions_of
from indicast.evaluate._certificate_status import CertificateStatus, certificate_path, certificate_status
from indicast.evaluate._fits import Fitted, Study, Wanted, fitted, fitted_months
from indicast.evaluate._foreseen import Foreseen, foreseen
from indicast.evaluate._milestone_weights import Contrast, MilestoneSays, milestone_says
from indicast.evaluate._next_reports import NextReport, who_speaks
from indicast.evaluate._packed_evidence import expected_evidence, packed_evidence
from indicast.evaluate._power_scaling import Scaled, scaled
from indicast.evaluate._predictive_checks import (
    LEAST,
    Check,
    Reliability,
    Rootogram,
    Seen,
    holm,
    predictive_checks,
)
from indicast.evaluate._prior_conflict import Expected, expected_by_priors
from indicast.evaluate._prior_gates import jumps, prior_gates, share_with_error
from indicast.evaluate._prior_posterior import Lesson, lessons
from indicast.evaluate._prior_worlds import PriorWorlds, draw_path, draw_worlds
from indicast.evaluate._residual_correlation import Correlations, Pair, residual_correlation
from indicast.evaluate._simulate import draw_truth, simulate_panel
from indicast.evaluate._speaking import Speaking, Voice
from indicast.evaluate._trial import Bench, Plan
from indicast.evaluate._trial_store import TrialStore, trial_store
from indicast.evaluate._workers import run_trials

__all__ = [
    "CALIBRATION_BEGIN",
    "CALIBRATION_END",
    "LEAST",
    "Bench",
    "CertificateStatus",
    "Check",
    "Contrast",
    "Correlations",
    "Expected",
    "Fitted",
    "Foreseen",
    "Lesson",
    "MilestoneSays",
    "NextReport",
    "Pair",
    "Plan",
    "PriorWorlds",
    "Reliability",
    "Rootogram",
    "Scaled",
    "Seen",
    "Speaking",
    "Study",
    "TrialStore",
    "Voice",
    "Wanted",
    "calibration_block",
    "calibration_figure",
    "calibration_key",
    "certificate",
    "certificate_path",
    "certificate_status",
    "draw_path",
    "draw_truth",
    "draw_worlds",
    "expected_by_priors",
    "expected_evidence",
    "fitted",
    "fitted_months",
    "foreseen",
    "fractions_of",
    "holm",
    "jumps",
    "lessons",
    "milestone_says",
    "packed_evidence",
    "predictive_checks",
    "prior_gates",
    "residual_correlation",
    "run_trials",
    "scaled",
    "share_with_error",
    "simulate_panel",
    "trial_store",
    "who_speaks",
]
