"""CSV files as validated text columns.

Invariant: a frame returned without findings obeys its schema; a cell is text until
its schema has accepted it, and nothing in a cell is ever interpreted as code.
``tests/unit/test_rows.py`` feeds each kind of broken file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indicast.errors import DataError, MissingError, one_of
from indicast.workspace._findings import Finding

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

LARGEST_FILE_BYTES = 1_000_000_000
HEADER_LINES = 1
LONGEST_SHOWN = 60


def rule(code: str, accepts: Callable[[pd.Series], pd.Series], allowed: str) -> pa.Check:
    """Return a vectorised pandera check that carries its code and remedy.

    Parameters
    ----------
    code
        Stable code of the finding.
    accepts
        Maps a text column to booleans, True where the cell is fine.
    allowed
        What would be allowed, as the end of a sentence.
    """
    import pandera.pandas as pa

    return pa.Check(accepts, element_wise=False, error=f"{code}|{allowed}")


def text_schema(
    columns: Mapping[str, list[pa.Check]], optional: Mapping[str, list[pa.Check]] | None = None
) -> pa.DataFrameSchema:
    """Return a schema of text columns, refusing columns that are not named."""
    import pandera.pandas as pa

    required = {name: pa.Column(str, checks) for name, checks in columns.items()}
    extra = {name: pa.Column(str, checks, required=False) for name, checks in (optional or {}).items()}
    return pa.DataFrameSchema({**required, **extra}, strict=True)


def read_rows(path: Path, schema: pa.DataFrameSchema) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a CSV file as text and say which cells break the schema.

    Parameters
    ----------
    path
        A UTF-8 CSV file with a header line.
    schema
        From :func:`text_schema`.

    Returns
    -------
    frame, findings
        All rows as text (row label = line number in the file, the header being
        line 1) and one finding per broken cell.

    Raises
    ------
    MissingError
        If the file does not exist.
    DataError
        If it is no CSV, is too large, or its columns are not the declared ones.
    """
    frame = _read_text(path)
    _require_columns(path, list(frame.columns), schema)
    return frame, _broken_cells(path, frame, schema)


def _read_text(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        message = f"{path} does not exist; create it (its columns are described in docs/data.md)"
        raise MissingError(message)
    if path.stat().st_size > LARGEST_FILE_BYTES:
        message = f"{path} has {path.stat().st_size:,} bytes; at most {LARGEST_FILE_BYTES:,} are read, split the ledger"
        raise DataError(message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path, dtype=str, keep_default_na=False, encoding="utf-8", skip_blank_lines=False, index_col=False
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError, ValueError) as error:
        message = (
            f"{path} is no UTF-8 CSV file with a header line ({' '.join(str(error).split())}); repair or restore it"
        )
        raise DataError(message) from None
    frame = frame.fillna("")
    frame.index = pd.Index(_line_numbers(path, frame))
    return frame


def _line_numbers(path: Path, frame: pd.DataFrame) -> np.ndarray:
    """Return the line on which each row begins; a quoted cell may hold line breaks."""
    plain = np.arange(len(frame)) + HEADER_LINES + 1
    with path.open("rb") as opened:
        lines = sum(block.count(b"\n") for block in iter(lambda: opened.read(1 << 20), b""))
    if lines <= len(frame) + HEADER_LINES:
        return plain
    within = sum((frame[column].str.count("\n") for column in frame.columns), start=np.zeros(len(frame)))
    before = np.concatenate([[0], np.cumsum(within)[:-1]]) if len(frame) else np.zeros(0)
    return np.asarray(plain + before.astype(np.int64))


def lines_by(path: Path, columns: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    """Return the first line on which each combination of cells stands; empty if there is no such file.

    Parameters
    ----------
    path
        A file that :func:`read_rows` accepts.
    columns
        Names of columns it has.
    """
    if not path.is_file():
        return {}
    frame = _read_text(path).drop_duplicates(list(columns))
    cells = frame[list(columns)].itertuples(index=False, name=None)
    return {tuple(map(str, key)): int(line) for key, line in zip(cells, frame.index, strict=True)}


def _require_columns(path: Path, found: list[str], schema: pa.DataFrameSchema) -> None:
    required = {name for name, column in schema.columns.items() if column.required}
    missing, unknown = required - set(found), set(found) - set(schema.columns)
    if missing or unknown:
        parts = [f"lacks {one_of(missing)}"] * bool(missing) + [f"has unknown {one_of(unknown)}"] * bool(unknown)
        message = f"{path}: the header {' and '.join(parts)}; allowed columns are {', '.join(schema.columns)}"
        raise DataError(message)


def _broken_cells(path: Path, frame: pd.DataFrame, schema: pa.DataFrameSchema) -> list[Finding]:
    import pandera.pandas as pa

    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        return [
            _finding(path, *case)
            for case in zip(cases["column"], cases["check"], cases["failure_case"], cases["index"], strict=True)
        ]
    return []


def _finding(path: Path, column: object, check: object, value: object, line: object) -> Finding:
    code, _, allowed = str(check).partition("|")
    return Finding(f"{path.name}:{line}", code, "error", f"{column} is {shown(value)}", allowed)


def shown(value: object) -> str:
    """Return a cell's text quoted, without control characters and not too long.

    Examples
    --------
    >>> shown("a" * 90)[-4:]
    "...'"
    """
    text = "".join(character if character.isprintable() else "?" for character in str(value))
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "...")
