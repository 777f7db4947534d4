"""The experts' table and words become prior objects, findings and the additive index."""

from indicast.elicit._additive import (
    ADDITIVE_RULES,
    AdditiveRule,
    MarkCounts,
    additive_rules,
    counts,
    label_matches,
    labels,
)
from indicast.elicit._constants import Constant
from indicast.elicit._densities import log_density, log_standard_normal
from indicast.elicit._fragility import LabelSurvival, flat_rows, label_flips, label_survival, straddles
from indicast.elicit._label_findings import label_findings
from indicast.elicit._lexicon import band_for, band_positions, band_probabilities, word_for, word_with_band
from indicast.elicit._linter import table_findings
from indicast.elicit._marginals import marginal
from indicast.elicit._milestone_findings import milestone_findings
from indicast.elicit._prior import Prior
from indicast.elicit._priors import Hyperparameters, elicited_findings, load_hyperparameters
from indicast.elicit._requirements import GRADES, coordinates, requirements
from indicast.elicit._sourced import unsourced_findings

__all__ = [
    "ADDITIVE_RULES",
    "GRADES",
    "AdditiveRule",
    "Constant",
    "Hyperparameters",
    "LabelSurvival",
    "MarkCounts",
    "Prior",
    "additive_rules",
    "band_for",
    "band_positions",
    "band_probabilities",
    "coordinates",
    "counts",
    "elicited_findings",
    "flat_rows",
    "label_findings",
    "label_flips",
    "label_matches",
    "label_survival",
    "labels",
    "load_hyperparameters",
    "log_density",
    "log_standard_normal",
    "marginal",
    "milestone_findings",
    "requirements",
    "straddles",
    "table_findings",
    "unsourced_findings",
    "word_for",
    "word_with_band",
]
