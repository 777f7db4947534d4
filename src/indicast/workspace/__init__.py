"""A folder becomes a frozen :class:`Framework`; opening one runs nothing."""

from indicast.workspace._alternatives import Alternative, read_alternatives, undeclared
from indicast.workspace._calibration import CalibrationSection
from indicast.workspace._declaration import Declaration, PriorGates, Scenario, month_index
from indicast.workspace._families import FAMILIES, Needs
from indicast.workspace._findings import FOLDERS, Finding, RefusedError, Severity, refuse_errors
from indicast.workspace._framework import Framework
from indicast.workspace._indicator import Fed, Indicator
from indicast.workspace._lexicons import Band, Lexicon, shipped_lexicons
from indicast.workspace._milestones import Judgement
from indicast.workspace._new import create_workspace
from indicast.workspace._open import ENVIRONMENT_VARIABLE, find_root, load_framework, model_names
from indicast.workspace._ratings import CONSENSUS, Rating, Ratings, collect_ratings
from indicast.workspace._rows import lines_by, read_rows, rule, shown, text_schema
from indicast.workspace._start import Mode, Route
from indicast.workspace._table import MARKS, Table, read_table
from indicast.workspace._toml import read_toml

__all__ = [
    "CONSENSUS",
    "ENVIRONMENT_VARIABLE",
    "FAMILIES",
    "FOLDERS",
    "MARKS",
    "Alternative",
    "Band",
    "CalibrationSection",
    "Declaration",
    "Fed",
    "Finding",
    "Framework",
    "Indicator",
    "Judgement",
    "Lexicon",
    "Mode",
    "Needs",
    "PriorGates",
    "Rating",
    "Ratings",
    "RefusedError",
    "Route",
    "Scenario",
    "Severity",
    "Table",
    "collect_ratings",
    "create_workspace",
    "find_root",
    "lines_by",
    "load_framework",
    "model_names",
    "month_index",
    "read_alternatives",
    "read_rows",
    "read_table",
    "read_toml",
    "refuse_errors",
    "rule",
    "shipped_lexicons",
    "shown",
    "text_schema",
    "undeclared",
]
