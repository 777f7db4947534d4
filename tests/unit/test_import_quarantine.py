"""A quarantine only grows, holds the original bytes, and opens in a spreadsheet without computing anything."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.errors import DataError
from indicast.ledger.exports import Refused, quarantining

pytestmark = pytest.mark.unit


def kept(path, export, *rows):
    with quarantining(export) as quarantine:
        for row in rows:
            quarantine.add(row)
        return quarantine.keep(path)


def read(path):
    before = csv.field_size_limit(10**8)
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as opened:
            return list(csv.reader(opened))
    finally:
        csv.field_size_limit(before)


ROW = Refused(3, "2 cells instead of 3", "a,b\n")


def test_rows_are_added_to_those_that_are_there(tmp_path):
    path, export = tmp_path / "new" / "quarantine.csv", tmp_path / "export.csv"
    assert kept(path, export, ROW) == 1
    first = path.read_bytes()
    assert kept(path, export, ROW, Refused(4, "no day", "c,d\n")) == 1
    assert path.read_bytes().startswith(first)
    assert read(path) == [
        ["export", "line", "reason", "row"],
        ["export.csv", "3", "2 cells instead of 3", "a,b"],
        ["export.csv", "4", "no day", "c,d"],
    ]


def test_the_same_rows_are_not_added_again(tmp_path):
    path, export = tmp_path / "quarantine.csv", tmp_path / "export.csv"
    kept(path, export, ROW)
    before = path.stat().st_mtime_ns, path.read_bytes()
    assert kept(path, export, ROW) == 0
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_nothing_is_left_behind_if_nothing_is_kept(tmp_path):
    with quarantining(tmp_path / "export.csv") as quarantine:
        quarantine.add(ROW)
    assert list(tmp_path.iterdir()) == []


TEXTS = st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape").rstrip("\r\n"))


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_the_original_bytes_come_back(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("quarantine")
    kept(folder / "q.csv", folder / "e.csv", *[Refused(n, "why", text) for n, text in enumerate(texts)])
    back = [row[3] for row in read(folder / "q.csv")[1:]]
    assert len(back) == len(texts)
    for cell, text in zip(back, texts, strict=True):
        assert cell in {text, f"'{text}"}


def test_a_row_that_begins_as_a_formula_is_text(tmp_path):
    kept(tmp_path / "q.csv", tmp_path / "e.csv", Refused(2, "why", "=cmd|' /C calc'!A0,1\n"))
    assert read(tmp_path / "q.csv")[1][3] == "'=cmd|' /C calc'!A0,1"


def test_a_row_of_ten_megabytes_is_kept(tmp_path):
    path = tmp_path / "q.csv"
    kept(path, tmp_path / "e.csv", Refused(2, "why", "x" * 10_000_000))
    assert kept(path, tmp_path / "e.csv", ROW) == 1
    assert [len(row[3]) for row in read(path)[1:]] == [10_000_000, 3]


def test_another_file_is_never_written_to(tmp_path):
    path = tmp_path / "observations.csv"
    path.write_text("event_date,indicator\n")
    with pytest.raises(DataError, match="is no quarantine file"):
        kept(path, tmp_path / "e.csv", ROW)
    assert path.read_text() == "event_date,indicator\n"
    assert [one.name for one in tmp_path.iterdir()] == ["observations.csv"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write .*name another file with --quarantine"):
        kept(tmp_path / "file" / "q.csv", tmp_path / "e.csv", ROW)
