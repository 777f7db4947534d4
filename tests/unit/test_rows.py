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


def test_a_row_with_too_few_cells_is_refused_since_nobody_knows_which_are_missing(tmp_path, schema):
    with pytest.raises(DataError, match=r"line 3: 1 cells, but the header has 2; write every comma"):
        read_rows(write(tmp_path, "a,b\n1,x\n1\n"), schema)


def test_a_row_with_too_many_cells_is_told_to_quote_its_comma(tmp_path, schema):
    content = "a,b\n1,x\n1,one, two\n2,y\n2,three, four, five\n"
    with pytest.raises(DataError) as told:
        read_rows(write(tmp_path, content), schema)
    assert "line 3: 3 cells, but the header has 2; put quotes around a cell that holds a comma" in str(told.value)
    assert "(the same on 1 other lines: 5)" in str(told.value)


def test_a_blank_line_in_the_middle_is_named_and_blank_lines_at_the_end_are_none(tmp_path, schema):
    with pytest.raises(DataError, match=r"line 3: 1 cells, .* remove blank lines"):
        read_rows(write(tmp_path, "a,b\n1,x\n\n2,y\n"), schema)
    frame, findings = read_rows(write(tmp_path, "a,b\n1,x\n\n\r\n"), schema)
    assert findings == []
    assert frame.index.tolist() == [2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_line_end_is_read_and_counted(end, tmp_path, schema):
    content = end.join(["a,b", "1,x", f'2,"y{end}z"', "3,x"])
    frame, findings = read_rows(write(tmp_path, content), schema)
    assert frame.index.tolist() == [2, 3, 5]
    assert frame.loc[3, "b"] == f"y{end}z"
    assert [finding.place for finding in findings] == ["rows.csv:5"]


def test_a_quote_that_never_ends_is_named_by_the_line_on_which_it_began(tmp_path, schema):
    with pytest.raises(DataError, match="line 3: a cell begins with a quote and never ends"):
        read_rows(write(tmp_path, 'a,b\n1,x\n1,"y ""z""\n2,x\n2,x\n'), schema)
    with pytest.raises(DataError, match="line 5: text follows the closing quote of the cell that began on line 3"):
        read_rows(write(tmp_path, 'a,b\n1,x\n1,"y\n2,x\n2,"w"\n'), schema)


@pytest.mark.parametrize("row", ['1,5" gun', '1, "x, y"'])
def test_a_quote_inside_a_cell_is_refused_with_its_line(row, tmp_path, schema):
    with pytest.raises(DataError, match="line 2: a quote stands inside a cell that has none around it"):
        read_rows(write(tmp_path, f"a,b\n{row}\n"), schema)


def test_many_broken_cells_are_counted_and_the_first_ones_listed(tmp_path, schema, monkeypatch):
    monkeypatch.setattr("indicast.workspace._rows.MOST_FINDINGS", 3)
    _, findings = read_rows(write(tmp_path, "a,b\n" + "9,x\n" * 10), schema)
    assert [finding.place for finding in findings] == ["rows.csv:2", "rows.csv:3", "rows.csv:4", "rows.csv:5"]
    assert findings[-1].message == "7 more cells of a break the same rule"


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
    "another encoding": ("a,b\n1,é\n".encode("latin-1"), r"is no UTF-8 text \(line 2"),
    "UTF-16": ("a,b\n1,x\n".encode("utf-16"), r"is no UTF-8 text \(line 1"),
    "a row that is too long": (b"a,b\n1,x\n1,x,y,z\n", "line 3: 4 cells, but the header has 2"),
    "every row too long": (b"a,b\n1,x,\n2,y,\n", "line 2: 3 cells, but the header has 2"),
    "an open quote": (b'a,b\n1,"x\n2,y\n', "line 2: a cell begins with a quote and never ends"),
    "a missing column": (b"a\n1\n", "the header lacks b; allowed columns are a, b, c"),
    "an unknown column": (b"a,b,d\n1,x,y\n", "the header has unknown d; allowed columns are a, b, c"),
    "a column twice": (b"a,b,a\n1,x,2\n", "the header has a more than once"),
    "semicolons": (b"a;b\n1;x\n", "has unknown a;b; its cells seem to be separated by semicolons: save it as CSV with"),
    "semicolons and a quote": (b'a;b\n1;"x;y"\n', "separated by semicolons: save it as CSV with commas"),
    "tabs and an open quote": (b'a\tb\n1\t"x\n', "separated by tabs: save it as CSV with commas"),
    "tabs": (b"a\tb\n1\tx\n", "its cells seem to be separated by tabs: save it as CSV with commas"),
    "no header": (b"1,x\n2,y\n", "the header lacks a, b and has unknown 1, x"),
    "zero bytes": (b"a,b\n1,\x00\x00\n\x00", "line 2: there is a zero byte"),
    "a hundred thousand columns": (b"," * 99_999 + b"\n", "the header has 100,000 columns, and at most 200 are read"),
    "a row of a megabyte and more": (b"a,b\n1," + b"x" * 1_000_001, "line 2: the row has more than 1,000,000 bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_table_of_ours_is_refused(name, tmp_path, schema):
    content, message = BROKEN[name]
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


def test_a_file_with_too_many_lines_is_not_parsed(tmp_path, schema, monkeypatch):
    monkeypatch.setattr("indicast.workspace._rows.MOST_LINES", 5)
    monkeypatch.setattr("pandas.read_csv", None)
    with pytest.raises(DataError, match="has more than 5 lines, which is the most that are read; split the ledger"):
        read_rows(write(tmp_path, "a,b\n" + "1,x\n" * 9), schema)


@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_rows_are_told_apart_wherever_a_block_of_bytes_ends(block, tmp_path, schema, monkeypatch):
    monkeypatch.setattr("indicast.workspace._layout.BLOCK_BYTES", block)
    frame, findings = read_rows(write(tmp_path, 'a,b\r\n1,"x\r\n""y"", z"\r\n2,é\n"1",""'), schema)
    assert findings == []
    assert frame["b"].tolist() == ['x\r\n"y", z', "é", ""]
    assert frame.index.tolist() == [2, 4, 5]


def test_a_quoted_line_break_does_not_shift_the_lines_below(tmp_path, schema):
    frame, findings = read_rows(write(tmp_path, 'a,b\n1,"x\ny"\n3,z\n'), schema)
    assert len(frame) == 2
    assert [finding.place for finding in findings] == ["rows.csv:4"]


@given(text=st.text(max_size=200))
def test_what_is_shown_of_a_cell_is_short_and_printable(text):
    assert len(shown(text)) <= 130
    assert shown(text).isprintable()
