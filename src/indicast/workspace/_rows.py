"""CSV files as validated text columns.

Invariant: a frame returned without findings obeys its schema; a cell is text until
its schema has accepted it, and nothing in a cell is ever interpreted as code.
``tests/unit/test_rows.py`` feeds each kind of broken file, ``tests/unit/test_hostile_files.py``
thousands that a machine made up.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indicast.errors import DataError, one_of, visible
from indicast.workspace._bytes import read_text_bytes
from indicast.workspace._findings import Finding
from indicast.workspace._layout import Layout, layout, other_separator, refuse_ragged

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

CREATE, SPLIT = "create it (its columns are described in docs/data.md)", "split the ledger"
LARGEST_FILE_BYTES = 400_000_000
MOST_LINES = 2_000_000
MOST_COLUMNS = 200
MOST_FINDINGS = 1000
"""Broken cells of one column that are listed for one rule; the rest are counted."""
HEADER_LINES = 1
LONGEST_SHOWN = 60
NAMES_SHOWN = 5


def rule(code: str, accepts: Callable[[pd.Series], pd.Series], allowed: str) -> pa.Check:
    """Return a vectorised pandera check that carries its code and remedy.

    Parameters
    ----------
    code
        Stable code of the finding.
    accepts
        Maps a text column to booleans, True where the cell is fine. It judges each cell by itself: it is
        given the distinct cells of the column, each once.
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
    frame = _text_of(path, schema)
    return frame, list(_broken_cells(path, frame, schema))


def _text_of(path: Path, schema: pa.DataFrameSchema | None = None) -> pd.DataFrame:
    content = read_text_bytes(path, LARGEST_FILE_BYTES, CREATE, SPLIT, MOST_LINES)
    found = layout(path, _after_mark(content))
    if not len(found.ends) or not found.ends[0]:
        message = f"{path} is no UTF-8 CSV file with a header line; repair or restore it"
        raise DataError(message)
    header = _header(path, bytes(_after_mark(content)[: found.ends[0]]).decode("utf-8"), int(found.cells[0]))
    if schema is not None:
        _require_columns(path, header, schema)
    refuse_ragged(path, found)
    return _frame(path, header, content, found)


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
    frame = _text_of(path).drop_duplicates(list(columns))
    cells = frame[list(columns)].itertuples(index=False, name=None)
    return {tuple(map(str, key)): int(line) for key, line in zip(cells, frame.index, strict=True)}


def _after_mark(content: io.BytesIO) -> np.ndarray:
    """Return the bytes after the byte order mark, if there is one, without copying them."""
    view = np.frombuffer(content.getbuffer(), dtype=np.uint8)
    return view[len(BOM_UTF8) :] if bytes(view[: len(BOM_UTF8)]) == BOM_UTF8 else view


def _header(path: Path, line: str, cells: int) -> list[str]:
    if cells > MOST_COLUMNS:
        message = f"{path}: the header has {cells:,} columns, and at most {MOST_COLUMNS} are read; remove the others"
        raise DataError(message)
    try:
        names = next(csv.reader([line.rstrip("\r\n")]))
    except (csv.Error, StopIteration) as error:
        message = f"{path}: the header cannot be read ({error}); write the columns' names with commas between them"
        raise DataError(message) from None
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        message = f"{path}: the header has {_few(twice)} more than once; keep one column of each name"
        raise DataError(message)
    return names


def _frame(path: Path, header: list[str], content: io.BytesIO, found: Layout) -> pd.DataFrame:
    import pandas as pd

    lines = pd.Index(found.lines[HEADER_LINES:])
    if lines.empty:
        return pd.DataFrame({name: pd.Series(dtype=str) for name in header}, index=lines)
    content.seek(len(content.getbuffer()) - len(_after_mark(content)) + int(found.ends[0]) + 1)
    try:
        frame = pd.read_csv(
            content,
            header=None,
            names=header,
            index_col=False,
            nrows=len(lines),
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8",
        )
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        message = f"{path} is no CSV file ({' '.join(str(error).split())}); repair or restore it"
        raise DataError(message) from None
    if len(frame) != len(lines):
        message = f"{path}: {len(lines):,} rows were counted and {len(frame):,} read; give each cell quotes or none"
        raise DataError(message)
    frame.index = lines
    return frame


def _require_columns(path: Path, found: list[str], schema: pa.DataFrameSchema) -> None:
    required = {name for name, column in schema.columns.items() if column.required}
    missing, unknown = required - set(found), set(found) - set(schema.columns)
    if missing or unknown:
        parts = [f"lacks {one_of(missing)}"] * bool(missing) + [f"has unknown {_few(unknown)}"] * bool(unknown)
        remedy = other_separator(found) or f"allowed columns are {', '.join(schema.columns)}"
        message = f"{path}: the header {' and '.join(parts)}; {remedy}"
        raise DataError(message)


def _few(names: Iterable[str]) -> str:
    """Return the first names as readable text, and how many others there are."""
    ordered = sorted(names)
    text = ", ".join(visible(_cut(name)) for name in ordered[:NAMES_SHOWN])
    return text if len(ordered) <= NAMES_SHOWN else f"{text} and {len(ordered) - NAMES_SHOWN:,} more"


def _broken_cells(path: Path, frame: pd.DataFrame, schema: pa.DataFrameSchema) -> Iterator[Finding]:
    """Yield what breaks a rule; each rule looks at the distinct cells of its column."""
    import pandas as pd

    for name, column in schema.columns.items():
        if name not in frame or frame.empty:
            continue
        codes, distinct = pd.factorize(frame[name])
        cells = pd.Series(distinct, dtype=str)
        for check in column.checks:
            accepts = check._check_fn  # noqa: SLF001  # calling the check itself costs ten times the rule
            broken = ~np.asarray(accepts(cells), dtype=bool)
            if broken.any():
                rows = np.flatnonzero(broken[codes])
                yield from _findings(path, name, check, frame[name].iloc[rows])


def _findings(path: Path, column: str, check: pa.Check, cells: pd.Series) -> Iterator[Finding]:
    code, _, allowed = str(check.error).partition("|")
    for line, cell in islice(cells.items(), MOST_FINDINGS):
        yield Finding(f"{path.name}:{line}", code, "error", f"{column} is {shown(cell)}", allowed)
    if len(cells) > MOST_FINDINGS:
        others = f"{len(cells) - MOST_FINDINGS:,} more cells of {column} break the same rule"
        yield Finding(f"{path.name}:{cells.index[MOST_FINDINGS]}", code, "error", others, allowed)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def shown(value: object) -> str:
    """Return a cell's text quoted, without control characters and not too long.

    Examples
    --------
    >>> shown("a" * 90)[-4:]
    "...'"
    """
    return repr("".join(one if one.isprintable() else "?" for one in _cut(str(value))))
