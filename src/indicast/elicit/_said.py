"""``elicited.csv`` as statements: who said what about which number.

Invariant: every row is part of a statement about a prior that is to be fitted, and every such prior
has a statement at each of its spots; else there is a finding (``tests/unit/test_elicited.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.elicit._asked import Asked
from indicast.elicit._statements import Fault, Modes, Quantiles, Row, statement
from indicast.errors import one_of
from indicast.workspace import Finding, read_rows, rule, text_schema

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

FILE = "elicited.csv"
COUNTED_BY = {"quantile": "probability", "chips": "chips", "mode": "probability"}
"""Which of the two columns each kind of row fills in."""
NUMBER = r"[+-]?[0-9]{1,18}(\.[0-9]{1,20})?"
WHOLE = r"[0-9]{1,9}"

Spot = tuple[str, ...]
Said = dict[Spot, dict[str, tuple[int, Quantiles | Modes]]]
"""For each spot of a prior, each rater's statement and the line on which it begins."""


def read_said(path: Path, priors: Sequence[str], asked: Mapping[str, Asked]) -> tuple[dict[str, Said], list[Finding]]:
    """Return what people said by prior, or why it cannot be used.

    Faults of cells hide those of rows, and these those of statements: mend them in that order.

    Parameters
    ----------
    path
        ``elicited.csv``; it may be absent.
    priors
        Every prior of the model.
    asked
        Those that are to be fitted.

    Raises
    ------
    DataError
        If the file is no CSV with the declared columns.
    """
    said: dict[str, Said] = {name: {} for name in asked}
    rows: list[Row] = []
    if path.is_file():
        frame, findings = read_rows(path, _schema(priors, tuple(asked)))
        if findings:
            return said, findings
        rows = _rows(frame)
    faults = [fault for row in rows for fault in _row_faults(row, asked[row.prior])]
    faults = faults or _gather(rows, asked, said)
    if faults:
        return said, [_error(f"{FILE}:{fault.line}", fault.code, fault.message, fault.remedy) for fault in faults]
    return said, [finding for name, one in asked.items() for finding in _silence(path, one, said[name])]


def _error(place: str, code: str, message: str, remedy: str) -> Finding:
    return Finding(place, code, "error", message, remedy)


def _schema(priors: Sequence[str], asked: Sequence[str]) -> pa.DataFrameSchema:
    filled = rule("E008", lambda column: column.str.strip() != "", "it may not be blank")
    marked = rule(
        "E003",
        lambda column: ~column.isin(priors) | column.isin(asked),
        "its entry does not say elicited = true, so the row would be ignored; say so there or drop the row",
    )
    probability = rule("E006", _blank_or_probability, "write a number above 0 and below 1, or leave it blank")
    whole = rule("E007", lambda column: column.str.fullmatch(rf"|{WHOLE}"), "write a whole number, or leave it blank")
    return text_schema(
        {
            "prior": [rule("E001", lambda column: column.isin(priors), f"allowed are {one_of(priors)}"), marked],
            "label": [],
            "rater": [filled],
            "kind": [rule("E004", lambda column: column.isin(list(COUNTED_BY)), f"allowed are {one_of(COUNTED_BY)}")],
            "value": [rule("E005", lambda column: column.str.fullmatch(NUMBER), "write a plain number")],
            "probability": [probability],
            "chips": [whole],
            "source": [filled],
        }
    )


def _blank_or_probability(column: pd.Series) -> pd.Series:
    numbers = column.where(column.str.fullmatch(NUMBER), "-1").astype(float)
    return (column == "") | ((numbers > 0.0) & (numbers < 1.0))


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [
        Row(
            int(line),
            str(cells["prior"]),
            str(cells["label"]),
            str(cells["rater"]).strip(),
            str(cells["kind"]),
            float(cells["value"]),
            float(cells["probability"] or "nan"),
            float(cells["chips"] or "nan"),
        )
        for line, cells in zip(frame.index, frame.to_dict("records"), strict=True)
    ]


def _row_faults(row: Row, asked: Asked) -> list[Fault]:
    """Return what is wrong with a row, given what is asked about its prior."""
    faults = []
    if row.path not in asked.places:
        allowed = (
            one_of("/".join(place) for place in asked.places) if asked.places != ((),) else "blank: it is one number"
        )
        faults.append(Fault(row.line, "E002", f"{row.prior} has no label {row.label!r}", f"allowed are {allowed}"))
    if row.kind not in asked.kinds:
        message = f"{row.prior} is a {asked.distribution}, which is not fitted to rows of kind {row.kind}"
        faults.append(Fault(row.line, "E004", message, f"allowed are {one_of(asked.kinds)}"))
    for code, column, number in (("E006", "probability", row.probability), ("E007", "chips", row.chips)):
        if math.isnan(number) == (column == COUNTED_BY[row.kind]):
            wrong = "a blank" if math.isnan(number) else "a filled"
            remedy = f"fill in {COUNTED_BY[row.kind]} and leave the other blank"
            faults.append(Fault(row.line, code, f"a {row.kind} with {wrong} {column}", remedy))
    low, high = asked.support
    if row.kind != "chips" and not low < row.value < high:
        message = f"{row.prior} is a {asked.distribution} and cannot be {row.value:g}"
        faults.append(Fault(row.line, "E011", message, f"write a value above {low:g} and below {high:g}"))
    return faults


def _gather(rows: Sequence[Row], asked: Mapping[str, Asked], said: dict[str, Said]) -> list[Fault]:
    """Fill in each rater's statements; return the faults of those that are none."""
    groups: dict[tuple[str, Spot, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.prior, asked[row.prior].spot(row.path), row.rater), []).append(row)
    faults = []
    for (prior, spot, rater), group in groups.items():
        heard = statement(asked[prior], group)
        if isinstance(heard, Fault):
            faults.append(heard)
        else:
            said[prior].setdefault(spot, {})[rater] = (group[0].line, heard)
    return faults


def _silence(path: Path, asked: Asked, said: Said) -> list[Finding]:
    missing = ["/".join(spot) for spot in asked.spots if spot not in said]
    if not missing:
        return []
    about = f" about {one_of(missing)}" if any(missing) else ""
    what = f"no row says anything{about}" if path.is_file() else "the file does not exist"
    remedy = "enter what was said, or give the entry args instead of elicited"
    return [_error(FILE, "E009", f"{asked.name} is elicited, but {what}", remedy)]
