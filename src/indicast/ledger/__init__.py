"""CSV rows become validated observations, as known on any day."""

from indicast.ledger._changes import changed_records
from indicast.ledger._export import neutral_cell
from indicast.ledger._history import with_records
from indicast.ledger._ledger import Ledger, load_ledger, read_ledger, typed_ledger
from indicast.ledger._lint import lint_findings
from indicast.ledger._outcomes import standing_outcomes

__all__ = [
    "Ledger",
    "changed_records",
    "lint_findings",
    "load_ledger",
    "neutral_cell",
    "read_ledger",
    "standing_outcomes",
    "typed_ledger",
    "with_records",
]
