"""Broken CSV files: each kind gives a sentence, never a traceback, and every line is accounted for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.errors import DataError, MissingError
from indicast.workspace import read_rows, rule, shown, text_schema

pytestmark = pytest.mark.unit


@pytest.fixture
def schema():
    small = rule("X001", lambda column: column.isin(["1", "2"]), "allowed are 1, 2")
    return text_schema({"a": [small], "b": []}, {"c": []})


def write(tmp_path, content):
    path = tmp_path / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_cells_stay_text_and_rows_carry_their_line(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, 'a,b\n1,NA\n2,007\n1,"x, ""y"""\n'), schema)
    assert findings == []
    assert frame["b"].tolist() == ["NA", "007", 'x, "y"']
    assert frame.index.tolist() == [2, 3, 4]


def test_columns_may_come_in_any_order_and_the_optional_one_too(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, "c,b,a\nz,y,1\n"), schema)
    assert findings == []
    assert frame.loc[2, "a"] == "1"


def test_each_broken_cell_gives_one_finding_with_line_value_and_remedy(tmp_path, schema):
    _, findings = read_rows(write(tmp_path, "a,b\n1,x\n3,x\n2,x\n\x07,x\n"), schema)
    assert [(finding.place, finding.code, finding.severity) for finding in findings] == [
        ("rows.csv:3", "X001", "error"),
        ("rows.csv:5", "X001", "error"),
    ]
    assert findings[0].message == "a is '3'"
    assert findings[0].remedy == "allowed are 1, 2"
    assert "\x07" not in findings[1].message


def test_a_short_row_is_filled_with_blanks(tmp_path, schema):
    frame, _ = read_rows(write(tmp_path, "a,b\n1\n"), schema)
    assert frame.loc[2, "b"] == ""


def test_a_blank_line_in_the_middle_is_a_row_and_does_not_shift_the_others(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, "a,b\n1,x\n\n2,y\n"), schema)
    assert frame.loc[4, "b"] == "y"
    assert [finding.place for finding in findings] == ["rows.csv:3"]


def test_a_header_alone_is_an_empty_table(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, "a,b\n"), schema)
    assert frame.empty
    assert findings == []


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, b"\xef\xbb\xbfa,b\r\n1,x\r\n"), schema)
    assert findings == []
    assert frame.loc[2].tolist() == ["1", "x"]


BROKEN = {
    "no bytes at all": (b"", "is no UTF-8 CSV file with a header line"),
    "another encoding": ("a,b\n1,é\n".encode("latin-1"), "is no UTF-8 CSV file"),
    "UTF-16": ("a,b\n1,x\n".encode("utf-16"), "is no UTF-8 CSV file|the header"),
    "a row that is too long": (b"a,b\n1,x\n1,x,y,z\n", "is no UTF-8 CSV file"),
    "every row too long": (b"a,b\n1,x,\n2,y,\n", "is no UTF-8 CSV file|the header"),
    "an open quote": (b'a,b\n1,"x\n2,y\n', "is no UTF-8 CSV file"),
    "a missing column": (b"a\n1\n", "the header lacks b; allowed columns are a, b, c"),
    "an unknown column": (b"a,b,d\n1,x,y\n", "the header has unknown d; allowed columns are a, b, c"),
    "a column twice": (b"a,b,a\n1,x,2\n", "the header has unknown a.1"),
    "semicolons": (b"a;b\n1;x\n", "the header lacks a, b and has unknown a;b"),
    "no header": (b"1,x\n2,y\n", "the header lacks a, b and has unknown 1, x"),
    "zero bytes": (b"a,b\n1,\x00\x00\n\x00", "is no UTF-8 CSV file|error"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_table_of_ours_is_refused(name, tmp_path, schema):
    content, message = BROKEN[name]
    if name == "zero bytes":
        _, findings = read_rows(write(tmp_path, content), schema)
        assert findings  # the last line is no allowed value of a
        return
    with pytest.raises(DataError, match=message):
        read_rows(write(tmp_path, content), schema)


def test_a_missing_file_is_named(tmp_path, schema):
    with pytest.raises(MissingError, match=r"none\.csv does not exist; create it"):
        read_rows(tmp_path / "none.csv", schema)


def test_a_folder_is_no_file(tmp_path, schema):
    with pytest.raises(MissingError, match="does not exist"):
        read_rows(tmp_path, schema)


def test_a_file_that_is_too_large_is_not_read(tmp_path, schema, monkeypatch):
    monkeypatch.setattr("indicast.workspace._rows.LARGEST_FILE_BYTES", 5)
    with pytest.raises(DataError, match="has 8 bytes; at most 5 are read, split the ledger"):
        read_rows(write(tmp_path, "a,b\n1,x\n"), schema)


def test_a_quoted_line_break_does_not_shift_the_lines_below(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, 'a,b\n1,"x\ny"\n3,z\n'), schema)
    assert len(frame) == 2
    assert [finding.place for finding in findings] == ["rows.csv:4"]


@given(text=st.text(max_size=200))
def test_what_is_shown_of_a_cell_is_short_and_printable(text):
    assert len(shown(text)) <= 130
    assert shown(text).isprintable()
