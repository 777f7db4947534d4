"""A folder becomes a frozen :class:`Framework`; opening one runs nothing."""

from indicast.workspace._declaration import Band, Declaration, Indicator, Lexicon, Scenario, month_index
from indicast.workspace._findings import Finding, Severity, refuse_errors
from indicast.workspace._framework import Framework, find_root, load_framework, model_names, read_toml
from indicast.workspace._rows import read_rows, rule, shown, text_schema
from indicast.workspace._table import MARKS, Table, read_table

__all__ = [
    "MARKS",
    "Band",
    "Declaration",
    "Finding",
    "Framework",
    "Indicator",
    "Lexicon",
    "Scenario",
    "Severity",
    "Table",
    "find_root",
    "load_framework",
    "model_names",
    "month_index",
    "read_rows",
    "read_table",
    "read_toml",
    "refuse_errors",
    "rule",
    "shown",
    "text_schema",
]
