"""What the rules of the ledger have against rows before they are in it.

Invariant: a row without a fault here gives no error of cells or dates in the ledger that it joins
(``tests/unit/test_import.py``, by hypothesis).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from indicast.ledger import _schemas
from indicast.ledger._consistency import date_findings
from indicast.workspace import shown

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

    from indicast.ledger.exports._translation import Translated
    from indicast.workspace import Framework


def faults(said: Sequence[Translated], framework: Framework, day: date, today: date) -> dict[int, str]:
    """Return the first fault of each row that has one, by the row's place.

    Parameters
    ----------
    said
        Rows with all columns of observations.csv.
    framework
        Declares what a row may say.
    day
        From when a row may be used that does not say it.
    today
        Nothing may be known later.
    """
    import pandas as pd

    if not said:
        return {}
    rows = pd.DataFrame([_known(one.cells, day.isoformat()) for one in said], dtype=str)
    sources = pd.DataFrame([one.source for one in said], dtype=str)
    named = tuple(sources["source_id"].unique())
    wrong = _broken(sources, _schemas.sources_schema())
    wrong |= {int(one.place.partition(":")[2]): one.message for one in date_findings(rows, today)}
    return wrong | _broken(rows, _schemas.observations_schema(framework, named))


def _known(cells: dict[str, str], day: str) -> dict[str, str]:
    return cells | {"known_date": cells["known_date"] or max(day, cells["event_date"])}


def _broken(rows: pd.DataFrame, schema: pa.DataFrameSchema) -> dict[int, str]:
    """Return the first cell of each row that a schema refuses, by the row's label."""
    import pandera.pandas as pa

    try:
        schema.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        columns = (cases["index"], cases["column"], cases["failure_case"], cases["check"])
        return {
            int(label): f"{column} is {shown(value)}; {str(check).partition('|')[2]}"
            for label, column, value, check in reversed(list(zip(*columns, strict=True)))
        }
    return {}
