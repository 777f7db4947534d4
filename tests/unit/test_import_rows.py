"""An export is cut into rows without losing a byte, and a broken row costs no other."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.errors import DataError, MissingError
from indicast.ledger.exports import _rows
from indicast.ledger.exports._mapping import Format
from indicast.ledger.exports._rows import opened_export

pytestmark = pytest.mark.unit

COMMA, TABS = Format(), Format(delimiter="\t", quotes=False, names=("a", "b", "c"))


def cut(folder, content, form=COMMA):
    path = Path(folder) / "export.csv"
    path.write_bytes(content)
    with opened_export(path, form) as export:
        return list(export)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


LINES = st.lists(
    st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"x").rstrip(b"\r").removeprefix(b"\xef\xbb\xbf")),
    max_size=12,
)


@given(LINES, st.sampled_from([COMMA, TABS]))
def test_the_rows_put_together_are_the_file(folder, lines, form):
    header = b"" if form.names else b"a,b,c\n"
    body = [line + b"\n" for line in lines]
    rows = cut(folder, header + b"".join(body), form)
    joined = "".join(row.text for row in rows).encode("utf-8", "surrogateescape")
    assert joined == b"".join(line for line in body if line.strip(b"\r\n"))
    assert all(bool(row.reason) or len(row.cells) == 3 for row in rows)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=9)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS).filter(any), min_size=1, max_size=8))
def test_what_a_csv_writer_wrote_is_read_cell_by_cell(folder, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    got = cut(folder, text.getvalue().encode())
    assert [tuple(row.cells) for row in got] == rows
    assert not any(row.reason for row in got)


def test_a_stray_quote_costs_its_own_line_only(folder):
    content = b'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n10,"x\ny",12\n'
    rows = cut(folder, content)
    assert [row.cells for row in rows if not row.reason] == [["1", "2", "3"], ["7", "8", "9"], ["10", "x\ny", "12"]]
    assert [(row.line, row.text) for row in rows if row.reason] == [(3, '4,"5,6\n')]


def test_a_row_with_a_wrong_number_of_cells_says_so(folder):
    rows = cut(folder, b"a,b,c\n1,2\n1,2,3,4\n")
    assert [row.reason for row in rows] == ["2 cells instead of 3", "4 cells instead of 3"]


def test_bytes_that_are_no_text_refuse_their_row_and_come_back_as_they_were(folder):
    bad, good = cut(folder, b"a,b,c\n1,M\xfcnz,3\n1,M\xc3\xbcnz,3\n")
    assert "bytes that are no text" in bad.reason
    assert bad.text.encode("utf-8", "surrogateescape") == b"1,M\xfcnz,3\n"
    assert good.cells[1] == "Münz"


def test_a_declared_encoding_and_a_byte_order_mark_are_read(folder):
    assert cut(folder, b"a,b,c\n1,M\xfcnz,3\n", Format(encoding="cp1252"))[0].cells[1] == "Münz"
    assert cut(folder, b"\xef\xbb\xbfa,b,c\n1,2,3\n")[0].cells == ["1", "2", "3"]


def test_quotes_are_text_where_the_format_has_none(folder):
    assert cut(folder, b'1\t"2\t3\n', TABS)[0].cells == ["1", '"2', "3"]


def test_a_cell_of_ten_megabytes_is_read_whole(folder):
    rows = cut(folder, b'a,b,c\n1,"' + b"x" * 10_000_000 + b'",3\n4,5,6\n')
    assert [len(row.cells[1]) for row in rows] == [10_000_000, 1]


def test_a_line_without_end_is_no_export(folder, monkeypatch):
    monkeypatch.setattr(_rows, "LONGEST_LINE", 100)
    with pytest.raises(DataError, match="2 has more than 100 characters"):
        cut(folder, b"a,b,c\n" + b"x" * 101)


@pytest.mark.parametrize(("content", "match"), [(b"", "header is missing"), (b"a,b,a\n", "names a twice")])
def test_a_header_that_cannot_be_used_is_refused(folder, content, match):
    with pytest.raises(DataError, match=match):
        cut(folder, content)


def test_a_missing_export_is_named(tmp_path):
    with pytest.raises(MissingError, match="does not exist or is no file"), opened_export(tmp_path / "none.csv", COMMA):
        pass


def test_reading_leaves_the_csv_limit_as_it_was(folder):
    before = csv.field_size_limit()
    cut(folder, b'a,b,c\n1,"2",3\n')
    assert csv.field_size_limit() == before
