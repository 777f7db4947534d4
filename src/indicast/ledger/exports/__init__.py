"""Exports of other systems become rows of the ledger, by a declared mapping."""

from indicast.ledger.exports._import import Import, Imported, Refused, import_day, import_export
from indicast.ledger.exports._mapping_files import load_mapping
from indicast.ledger.exports._quarantine import Quarantine, quarantining

__all__ = [
    "Import",
    "Imported",
    "Quarantine",
    "Refused",
    "import_day",
    "import_export",
    "load_mapping",
    "quarantining",
]
