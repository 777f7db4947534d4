"""Files that a machine made up: the loaders read them or refuse them, in little time and memory."""

import csv
import io
import json
import os
import shutil
import string
import subprocess
import sys
import time
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indicast.errors import DataError, IndicastError, WorkspaceError
from indicast.ledger import load_ledger
from indicast.workspace import load_framework, read_rows, read_toml, text_schema
from indicast.workspace._open import parse_declaration

FUZZER = Path(__file__).parents[1] / "fuzz" / "fuzz_loaders.py"
# `fast` is the same few hundred inputs each time; every other profile draws many more.
INPUTS = 500 if os.environ.get("HYPOTHESIS_PROFILE", "fast") == "fast" else 20_000
ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"
JETTY = Path(__file__).parents[1] / "fixtures" / "jetty" / "models" / "jetty" / "model.toml"


def test_spoiled_files_are_read_or_refused_and_nothing_else(tmp_path):
    words = [sys.executable, FUZZER, "--inputs", str(INPUTS), "--seed", "20", "--keep", tmp_path / "faults"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert sum(found["outcomes"].values()) == INPUTS
    assert any("loaded" in one for one in found["outcomes"])


# ---------------------------------------------------------------- tables

CELL = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
TABLE = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8)
)


def written(rows, end):
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


@given(rows=TABLE, end=st.sampled_from(["\n", "\r\n"]))
@example(rows=[["\ufeff"]], end="\n")
@example(rows=[["a\rb"], ["\r"]], end="\n")
@example(rows=[['"'], ['""'], [""]], end="\n")
def test_every_table_that_python_writes_is_read_cell_by_cell(rows, end, tmp_path_factory):
    names = list(string.ascii_lowercase[: len(rows[0])])
    path = tmp_path_factory.getbasetemp() / "table.csv"
    path.write_bytes(written([names, *rows], end))
    frame, findings = read_rows(path, text_schema({name: [] for name in names}))
    assert findings == []
    assert frame.to_numpy().tolist() == rows
    numbers = [2]
    for row in rows[:-1]:
        breaks = sum(cell.replace("\r\n", "\n").replace("\r", "\n").count("\n") for cell in row)
        numbers.append(numbers[-1] + 1 + breaks)
    assert frame.index.tolist() == numbers


@given(content=st.binary(max_size=60).map(lambda one: b"a,b\n" + one))
@example(content=b'a,b\n1,"')
@example(content=b'a,b\n"')
@example(content=b"a,b\n\r\n\r")
@example(content=b"\xef\xbb\xbf")
@example(content=b"\n")
@example(content=b'""')
def test_any_bytes_are_a_table_as_python_reads_it_or_are_refused(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    try:
        frame, _ = read_rows(path, text_schema({"a": [], "b": []}))
    except IndicastError:
        return
    rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    while rows and not rows[-1]:
        rows.pop()
    assert frame.to_numpy().tolist() == rows[1:]


GIANTS = {
    "a cell of 50 MB": (lambda: b"a,b\n1," + b"x" * 50_000_000 + b"\n", "has more than 1,000,000 bytes"),
    "a quote of 50 MB without end": (lambda: b'a,b\n1,"' + b"x\n" * 900_000, "line 2: a cell begins with a quote"),
    "50 MB of commas": (lambda: b"a,b\n" + b"," * 50_000_000, "has more than 1,000,000 bytes"),
    "50 MB of quotes": (lambda: b"a,b\n" + b'"' * 50_000_000, "has more than 1,000,000 bytes"),
    "more lines than are read": (lambda: b"a,b\n" + b"1,2\n" * 2_100_000, "has more than 2,000,000 lines"),
    "more lines, ended as on an old Mac": (lambda: b"a,b\r" + b"1,2\r" * 2_100_000, "has more than 2,000,000 lines"),
    "a column of a megabyte": (
        lambda: b"a" * 900_000 + b",b\n1,2\n",
        "the header cannot be read .field larger than field limit",
    ),
    "half a million broken cells": (lambda: b"a,b\n" + b"1,2,3\n" * 500_000, "line 2: 3 cells, but the header has 2"),
}


@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_is_refused_soon(name, tmp_path):
    make, said = GIANTS[name]
    path = tmp_path / "giant.csv"
    path.write_bytes(make())
    began = time.process_time()
    with pytest.raises(DataError, match=said) as told:
        read_rows(path, text_schema({"a": [], "b": []}))
    assert time.process_time() - began < 2.0
    assert len(str(told.value)) < 3000


def test_a_file_of_a_gigabyte_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "large.csv"
    with path.open("wb") as opened:
        opened.truncate(1_000_000_001)
    monkeypatch.setattr(Path, "open", None)
    with pytest.raises(DataError, match=r"has 1,000,000,001 bytes; at most 400,000,000 are read, split the ledger"):
        read_rows(path, text_schema({"a": []}))


DATES = {
    "a month of the year 0": ("sources", "published_date", "0000-05", "S002"),
    "the year 0": ("sources", "published_date", "0000", "S002"),
    "a day of no month": ("observations", "event_date", "0000-00-00", "L001"),
    "a year of five digits": ("observations", "known_date", "99999-01-01", "L001"),
    "digits of another script": ("observations", "event_date", "２０２３-０１-０１", "L001"),
    "a month of coverage in the year 0": ("coverage", "month", "0000-01", "V001"),
    "a number that is none": ("observations", "value", "nan", "L011"),
    "a number without bounds": ("observations", "value", "1e999", "L011"),
    "an indicator like a regular expression": ("observations", "indicator", ".*", "L002"),
}


@pytest.mark.parametrize("name", DATES)
def test_a_cell_that_no_calendar_or_number_line_has_is_refused(name, tmp_path):
    file, column, cell, code = DATES[name]
    root = Path(shutil.copytree(ORCHARD, tmp_path / "orchard"))
    path = root / "data" / "orchard" / f"{file}.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    rows[0][column] = cell
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(DataError, match=f"{file}.csv:2: error {code}: {column} is "):
        load_ledger(load_framework(root, "orchard"), date(2030, 1, 1))


# ---------------------------------------------------------------- declarations

EXTREMES = {
    "a number of 5000 digits": ("a = " + "9" * 5000, "is no TOML: Exceeds the limit"),
    "a number of a million hexadecimal digits": ("a = 0x" + "f" * 900_000, "too large for 64 bits"),
    "a number just too large": ("a = [{ b = 9223372036854775808 }]", "a number under a is too large for 64 bits"),
    "arrays in arrays": ("a = " + "[" * 100_000, "is no TOML"),
    "arrays in arrays that end": ("a = " + "[" * 200 + "]" * 200, "nested more than 16 levels deep"),
    "tables in tables": ("a = " + "{a = " * 150 + "1" + "}" * 150, "nested more than 16 levels deep"),
    "a key of very many parts": ("a." * 400_000 + "a = 1", "line 1: 16 names with dots between them"),
    "a key of very many quoted parts": ('x = 1\n["a"' + " . 'a'" * 100_000 + "]", "line 2: 16 names with dots"),
    "a megabyte and more": ("# " + "x" * 1_000_000, "bytes; at most 1,000,000 are read, shorten its reasons"),
    "a date that is none": ("a = 0000-00-00", "is no TOML"),
    "a year of five digits": ("a = 99999-01-01", "is no TOML"),
    "a lone surrogate": ('a = "\\ud800"', "is no TOML"),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_an_extreme_declaration_is_refused_soon(name, tmp_path):
    text, said = EXTREMES[name]
    path = tmp_path / "model.toml"
    path.write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(WorkspaceError, match=said) as told:
        read_toml(path)
    assert time.process_time() - began < 2.0
    assert len(str(told.value)) < 3000


MANY = {
    "unknown keys": "".join(f"k{i} = 1\n" for i in range(80_000)),
    "milestones": "".join(f'[[milestones]]\nid = "m{i}"\nname = "x"\n' for i in range(25_000)),
    "scenarios of one name": "[[scenarios]]\nid = 'a'\n" * 40_000,
    "words of coverage": "[coverage]\n" + "".join(f"k{i} = 1\n" for i in range(80_000)),
    "an array of numbers for a text": "lexicon = [" + "1, " * 300_000 + "]",
}


@pytest.mark.parametrize("name", MANY)
def test_a_declaration_with_very_many_parts_is_refused_soon(name, tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(JETTY.read_text(encoding="utf-8") + MANY[name] if name == "milestones" else MANY[name])
    began = time.process_time()
    with pytest.raises(WorkspaceError) as told:
        parse_declaration(read_toml(path), path)
    assert time.process_time() - began < 2.0
    assert len(str(told.value).splitlines()) <= 21


def test_a_byte_order_mark_before_a_declaration_is_no_fault(tmp_path):
    path = tmp_path / "model.toml"
    path.write_bytes(b"\xef\xbb\xbf" + JETTY.read_bytes())
    assert read_toml(path) == tomllib.loads(JETTY.read_text(encoding="utf-8"))


def test_reasons_with_dots_are_no_long_keys(tmp_path):
    path = tmp_path / "model.toml"
    path.write_text('a = "See www.example.org, e.g. 1.2.3.4; and so on... i.e. nothing."\n', encoding="utf-8")
    assert read_toml(path)["a"].startswith("See")


SIMPLE = st.one_of(st.integers(), st.floats(), st.booleans(), st.text(st.characters(codec="ascii"), max_size=8))
NESTED = st.recursive(SIMPLE, lambda inner: st.lists(inner, max_size=3), max_leaves=8)


def toml(value):
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf").replace("\x7f", "\\u007f")


@given(value=NESTED, line=st.integers(0, 60))
def test_any_value_in_the_place_of_another_is_read_or_refused(value, line, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "model.toml"
    lines = JETTY.read_text(encoding="utf-8").splitlines()
    key, sign, _ = lines[line % len(lines)].partition("=")
    if sign:
        lines[line % len(lines)] = f"{key}= {toml(value)}"
    path.write_text("\n".join(lines), encoding="utf-8")
    try:
        parse_declaration(read_toml(path), path)
    except IndicastError:
        return
