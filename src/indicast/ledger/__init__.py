"""CSV rows become validated observations, as known on any day; rows are added, corrected and taken back."""

from indicast.ledger._alike import alike
from indicast.ledger._append import append_lines, append_records, correction_of, retraction_of, try_records
from indicast.ledger._changes import changed_records
from indicast.ledger._export import neutral_cell
from indicast.ledger._history import RETRACTION, derived_id, standing_records, with_records
from indicast.ledger._ledger import Ledger, load_ledger, read_ledger, standing_outcomes, typed_ledger
from indicast.ledger._lint import lint_findings
from indicast.ledger._lock import locked
from indicast.ledger._schemas import CREDIBILITIES, KINDS, RELIABILITIES

__all__ = [
    "CREDIBILITIES",
    "KINDS",
    "RELIABILITIES",
    "RETRACTION",
    "Ledger",
    "alike",
    "append_lines",
    "append_records",
    "changed_records",
    "correction_of",
    "derived_id",
    "lint_findings",
    "load_ledger",
    "locked",
    "neutral_cell",
    "read_ledger",
    "retraction_of",
    "standing_outcomes",
    "standing_records",
    "try_records",
    "typed_ledger",
    "with_records",
]
