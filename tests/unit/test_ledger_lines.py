"""Further lines leave every byte that stood there; a header that grows leaves every row its id."""

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.errors import DataError
from indicast.ledger import read_ledger
from indicast.ledger._history import RECORD, derived_id, with_records
from indicast.ledger._lines import _records, lengthened
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[1] / "fixtures"
PATH = Path("observations.csv")
CELL = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
ANY_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12)


def grown(content, rows, optional=RECORD):
    return lengthened(PATH, content, rows, optional, lambda cells: {"record_id": derived_id(cells)})


def parsed(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def lines_of(content):
    """Return the text of each row without its line end."""
    return [raw.rstrip("\r\n") for _, raw in _records(PATH, content.decode("utf-8-sig"))]


def written(rows, end, last_end, mark):
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    body = text.getvalue() if last_end else text.getvalue().removesuffix(end)
    return (b"\xef\xbb\xbf" if mark else b"") + body.encode()


@given(
    old=st.lists(st.tuples(ANY_CELL, ANY_CELL), max_size=4),
    new=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=3),
    end=st.sampled_from(["\n", "\r\n"]),
    last_end=st.booleans(),
    mark=st.booleans(),
)
def test_old_bytes_are_a_prefix_and_new_rows_are_read_back(old, new, end, last_end, mark):
    content = written([("a", "b"), *old], end, last_end, mark)
    result = grown(content, [{"b": second, "a": first} for first, second in new], ())
    assert result.startswith(content)
    assert parsed(result) == [["a", "b"], *map(list, old), *map(list, new)]
    added = result[len(content) :].removeprefix(b"" if last_end else end.encode())
    assert added.count(end.encode()) == len(new)


@given(
    old=st.lists(st.tuples(ANY_CELL, ANY_CELL), max_size=4),
    end=st.sampled_from(["\n", "\r\n"]),
    last_end=st.booleans(),
    mark=st.booleans(),
)
def test_where_the_header_grows_each_old_line_begins_its_new_self(old, end, last_end, mark):
    content = written([("a", "b"), *old], end, last_end, mark)
    result = grown(content, [{"a": "x", "record_id": "own"}])
    rows = parsed(result)
    assert rows[0] == ["a", "b", *RECORD]
    expected = [[*row, derived_id({"a": row[0], "b": row[1]}), "", "", "", ""] for row in old]
    assert rows[1:] == [*expected, ["x", "", "own", "", "", "", ""]]
    old_lines, new_lines = (lines_of(text) for text in (content, result))
    assert len(new_lines) == len(old_lines) + 1
    assert all(new.startswith(f"{line},") for line, new in zip(old_lines, new_lines, strict=False))
    assert result.startswith(b"\xef\xbb\xbf") == mark


def test_a_missing_column_of_which_no_row_has_need_is_not_added():
    assert grown(b"a,b\n1,2\n", [{"a": "3", "record_id": ""}]) == b"a,b\n1,2\n3,\n"


def test_a_file_with_some_of_the_columns_gets_the_others_and_its_changes_keep_their_ids():
    content = b"a,change,supersedes,reason\n1,,,\n2,correction,r1,slip\n"
    result = parsed(grown(content, [{"a": "3", "record_id": "own"}]))
    assert result[0] == ["a", "change", "supersedes", "reason", "record_id", "recorded_at"]
    cells = {"a": "2", "change": "correction", "supersedes": "r1", "reason": "slip"}
    assert result[2][4] == derived_id(cells)


@pytest.mark.parametrize("model", ["harbour", "orchard", "mill"])
def test_a_header_that_grows_leaves_every_row_the_id_it_had(model, tmp_path):
    root = Path(shutil.copytree(FIXTURES / model, tmp_path / model))
    framework = load_framework(root, model)
    before = read_ledger(framework, date(2030, 1, 1))[0]["observations"]
    path = framework.data_folder / "observations.csv"
    path.write_bytes(grown(path.read_bytes(), [{"record_id": "own"}]))
    after = read_ledger(framework, date(2030, 1, 1))[0]["observations"]
    assert after.iloc[:-1].equals(before[after.columns])


def test_the_id_of_cells_is_the_id_of_the_row():
    import pandas as pd

    rows = pd.DataFrame([{"b": "2", "a": "1", "change": "correction", "supersedes": "r1", "reason": "why"}])
    assert with_records(rows)["record_id"].iloc[0] == derived_id(rows.iloc[0].to_dict())


FAULTS = {
    "an unknown column": (b"a,b\n", {"c": "1"}, "has no column 'c'; allowed columns are a, b, change"),
    "a line break": (b"a,b\n", {"a": "1\n2"}, "a is '1?2'; write it without line breaks"),
    "a control character": (b"a,b\n", {"a": "\x1b[31m"}, "write it without line breaks and control characters"),
    "half a character": (b"a,b\n", {"a": "\udc80"}, "write it without line breaks and control characters"),
    "no header": (b"", {"a": "1"}, "has no header line"),
    "another encoding": ("a,b\nä,1\n".encode("latin-1"), {"record_id": "1"}, "is no UTF-8 text (line 2)"),
    "an open quote": (b'a,b\n"1,2\n', {"record_id": "1"}, "is no CSV"),
    "a short row": (b"a,b\n1\n", {"record_id": "1"}, "row 1 has 1 cells and the header 2"),
    "an empty line": (b"a,b\n1,2\n\n", {"record_id": "1"}, "row 2 has 0 cells"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_written_is_said_in_one_line(name):
    content, row, message = FAULTS[name]
    with pytest.raises(DataError) as caught:
        grown(content, [row])
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
