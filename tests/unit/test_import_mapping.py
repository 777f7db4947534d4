"""A mapping says columns, constants and listed words, and nothing else; the first rule that fits decides."""

import csv
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.errors import DataError, MissingError, WorkspaceError
from indicast.ledger.exports import load_mapping
from indicast.ledger.exports._dates import parse_date
from indicast.ledger.exports._mapping import Mapping
from indicast.ledger.exports._mapping_files import layout_names
from indicast.ledger.exports._template import parse_template
from indicast.ledger.exports._translation import LONGEST_CELL, Translator, slug
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[1] / "fixtures"
COLUMNS = ("id", "day", "code", "place", "weight", "link", "__class__", "a.b")
BASE = {
    "name": "own",
    "event_id": "{id}",
    "columns": {
        "event_date": "{day}",
        "indicator": "convoys",
        "kind": "event",
        "direction": "joining",
        "summary": "{place}",
        "reliability": "C",
        "credibility": "3",
        "origin_id": "own-{id}",
    },
    "source": {"id": "{place}", "publisher": "p", "title": "t", "kind": "k"},
}
CELLS = ["7", "2024-01-02", "057", "Old Quay", "3", "https://www.tide.example/a", "secret", "dotted"]


def mapping(**changes):
    return Mapping.model_validate(BASE | changes)


def said(given_mapping, **changes):
    row = [changes.get(name, cell) for name, cell in zip(COLUMNS, CELLS, strict=True)]
    return Translator(given_mapping, COLUMNS)(row)


def filled(column, text, **changes):
    return said(mapping(columns=BASE["columns"] | {column: text}), **changes).cells[column]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)


@given(st.lists(st.one_of(WORDS, st.sampled_from(["{place}", "{code}", "{{", "}}", "{0}", "{id!r}", "{id:>9}"]))))
def test_a_template_holds_its_own_text_and_cells_of_columns_or_is_refused(pieces):
    text = "".join(pieces)
    try:
        template = parse_template(text)
    except ValueError:
        return
    try:
        made = filled("summary", text)
    except MissingError:
        assert set(template.columns) - set(COLUMNS)
        return
    assert set(template.columns) <= set(COLUMNS)
    by_hand = "".join(
        literal + (dict(zip(COLUMNS, CELLS, strict=True))[name] if name else "") for literal, name in template.parts
    )
    assert made == by_hand.strip()


@pytest.mark.parametrize(
    "text", ["{id.__class__}", "{id[0]}", "{id!r}", "{id:>20}", "{0}", "{self}", "{__init__}", "{ id }", "{ID}"]
)
def test_no_template_reaches_anything_but_a_column(text):
    with pytest.raises(MissingError, match="has no column"):
        filled("summary", text)


def test_a_column_may_have_any_name_and_is_only_a_cell():
    assert filled("summary", "{__class__} {a.b}") == "secret dotted"


def test_a_cell_with_braces_is_not_filled_again():
    assert filled("summary", "{place}", place="{id} {code}") == "{id} {code}"


def test_doubled_braces_stand_for_braces():
    assert filled("summary", "{{{place}}}") == "{Old Quay}"


@pytest.mark.parametrize("text", ["{", "}", "{id", "id}", "{}", "{ }", "{a{b}}"])
def test_an_unfinished_place_is_refused(text):
    with pytest.raises(ValueError, match=r"brace|place"):
        parse_template(text)


LOOKUP = {"turn": {"of": "{code}", "words": {"057": "joining", "15": "parting"}}}


def looked_up(default=None):
    lookups = {"turn": LOOKUP["turn"] | ({} if default is None else {"default": default})}
    return mapping(columns=BASE["columns"] | {"direction": {"lookup": "turn"}}, lookups=lookups)


def test_a_lookup_gives_its_word_or_its_default_or_refuses_the_row():
    assert said(looked_up()).cells["direction"] == "joining"
    assert said(looked_up("level"), code="99").cells["direction"] == "level"
    with pytest.raises(DataError, match="lookup turn has no word for '99'; add it"):
        said(looked_up(), code="99")


def test_the_first_rule_that_fits_decides_and_a_row_that_fits_none_is_left_out():
    rules = [
        {"when": {"code": {"prefix": "05"}}, "then": {"direction": "joining"}},
        {"when": {"code": {"prefix": ["0", "1"]}}, "then": {"direction": "parting"}},
    ]
    ruled = mapping(rules=rules)
    assert [said(ruled, code=code) and said(ruled, code=code).cells["direction"] for code in ("057", "042", "20")] == [
        "joining",
        "parting",
        None,
    ]
    turned = mapping(rules=rules[::-1])
    assert said(turned, code="057").cells["direction"] == "parting"


@pytest.mark.parametrize(
    ("condition", "cell", "fits"),
    [
        ("3", "3", True),
        ("3", "33", False),
        (["3", "4"], "4", True),
        ({"among": ["3"]}, "4", False),
        ({"not_among": ["3"]}, "3", False),
        ({"not_among": ["3"]}, "4", True),
        ({"prefix": "3"}, "31", True),
        ({"at_least": 3}, "3", True),
        ({"at_least": 3}, "2.9", False),
        ({"at_most": 3}, "-10", True),
        ({"at_least": 1, "at_most": 3}, "4", False),
        ({"at_least": 0}, "", False),
        ({"prefix": "1", "at_least": 15}, "14", False),
    ],
)
def test_conditions_hold_all_together(condition, cell, fits):
    assert (said(mapping(select={"weight": condition}), weight=cell) is not None) == fits


@pytest.mark.parametrize("cell", ["many", "nan", "inf", "1,000"])
def test_a_range_asked_of_no_number_refuses_the_row(cell):
    with pytest.raises(DataError, match="where a number is asked for"):
        said(mapping(select={"weight": {"at_least": 1}}), weight=cell)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2024-02-29", "YYYY-MM-DD", date(2024, 2, 29)),
        ("20240229", "YYYYMMDD", date(2024, 2, 29)),
        ("20240229235959", "YYYYMMDDhhmmss", date(2024, 2, 29)),
        ("6 May 2024", "DD Month YYYY", date(2024, 5, 6)),
        ("06 Sep 2024", "DD Month YYYY", date(2024, 9, 6)),
        ("06 September 2024", "DD Month YYYY", date(2024, 9, 6)),
        ("03/04/2024", "DD/MM/YYYY", date(2024, 4, 3)),
        ("03/04/2024", "MM/DD/YYYY", date(2024, 3, 4)),
        ("1707436799", "unix", date(2024, 2, 8)),
        ("1707436800", "unix", date(2024, 2, 9)),
    ],
)
def test_a_day_is_read_in_its_declared_form(text, form, day):
    assert parse_date(text, (form,)) == day


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2023-02-29", "YYYY-MM-DD"),
        ("2024-2-9", "YYYY-MM-DD"),
        ("0025-02-09", "YYYY-MM-DD"),
        ("٢٠٢٤-٠٢-٠٩", "YYYY-MM-DD"),
        ("20240229", "YYYY-MM-DD"),
        ("20241301", "YYYYMMDD"),
        ("20240229250000", "YYYYMMDDhhmmss"),
        ("6 Mai 2024", "DD Month YYYY"),
        ("6 May 24", "DD Month YYYY"),
        ("99999999999999", "unix"),
        ("-5", "unix"),
        ("0", "YYYYMMDD"),
    ],
)
def test_what_is_no_day_in_that_form_is_refused(text, form):
    with pytest.raises(DataError, match="is no day in the form"):
        parse_date(text, (form,))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"colour": 1}, "colour"),
        ({"name": "Own Events"}, "pattern"),
        ({"event_id": "always the same"}, "event_id names no column"),
        ({"columns": BASE["columns"] | {"colour": "red"}}, "colour"),
        ({"columns": {"event_date": "{day}"}}, "leaves out indicator, kind"),
        ({"columns": BASE["columns"] | {"direction": {"lookup": "none"}}}, "lookup none is not declared"),
        ({"columns": BASE["columns"] | {"summary": "two\nlines"}}, "line break"),
        ({"dates": {"event_date": ["DDMMYY"]}}, "YYYY-MM-DD"),
        ({"select": {"code": {}}}, "asks nothing"),
        ({"select": {"code": {"matches": ".*"}}}, "matches"),
        ({"format": {"delimiter": "ab"}}, "pattern"),
        ({"format": {"names": ["a", "a"]}}, "twice"),
        ({"derived": {"host": {"of": "{link}", "take": "path"}}}, "host"),
    ],
)
def test_a_fault_in_a_mapping_is_named(changes, match):
    with pytest.raises(ValueError, match=match):
        mapping(**changes)


def test_a_host_is_taken_from_an_address_and_from_nothing_else():
    hosted = mapping(derived={"host": {"of": "{link}", "take": "host"}}, source=BASE["source"] | {"id": "{host}"})
    assert said(hosted).source["source_id"] == "tide_example"
    for link in ("BBC Monitoring", "", "https://[broken", "mailto:a@b"):
        with pytest.raises(DataError, match="is no address"):
            said(hosted, link=link)


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\x7f", "\u202e", "\u2066", "\ufeff", "\ue000", "\udc80"])
def test_a_cell_with_an_invisible_character_refuses_its_row(hidden):
    with pytest.raises(DataError, match="place holds the invisible character U"):
        said(mapping(), place=f"Old{hidden}Quay")


def test_a_cell_that_is_not_used_is_not_looked_at():
    assert said(mapping(), link="\x00" * 99) == said(mapping())


def test_line_breaks_within_a_cell_become_spaces():
    assert said(mapping(), place=" Old\r\n\tQuay ").cells["summary"] == "Old Quay"


def test_a_cell_of_a_book_s_length_refuses_its_row():
    with pytest.raises(DataError, match="place has 10,001 characters"):
        said(mapping(), place="x" * (LONGEST_CELL + 1))


@given(st.text(max_size=120))
def test_a_slug_is_plain_and_short(text):
    assert len(slug(text)) <= 60
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


@given(st.text(st.characters(min_codepoint=0x400, max_codepoint=0x4FF), min_size=1, max_size=9))
def test_names_in_another_script_keep_slugs_of_their_own(text):
    assert slug(text) != slug(text + "ж")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80).filter(str.strip))
def test_an_event_s_id_is_one_that_the_ledger_takes(text):
    try:
        record = said(mapping(), id=text).record_id
    except DataError:
        return
    assert record.startswith("own:")
    assert len(f"{record}:v999") <= 64
    assert record.isascii()


def test_the_shipped_layouts_have_the_columns_of_their_formats():
    assert layout_names() == ("acled", "gdelt")
    framework = load_framework(FIXTURES / "harbour", "harbour")
    names = load_mapping(framework, str(FIXTURES / "imports" / "gdelt.toml")).format.names
    assert len(names) == 61
    assert (names[0], names[1], names[26], names[59], names[60]) == (
        "GLOBALEVENTID",
        "SQLDATE",
        "EventCode",
        "DATEADDED",
        "SOURCEURL",
    )
    with (FIXTURES / "imports" / "acled.csv").open(encoding="utf-8", newline="") as opened:
        assert len(next(csv.reader(opened))) == 31


def written(tmp_path, text):
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_word_that_the_framework_does_not_declare_is_refused_with_its_place(tmp_path):
    framework = load_framework(FIXTURES / "harbour", "harbour")
    text = (FIXTURES / "imports" / "acled.toml").read_text()
    for old, new, match in (
        ('"council_tone"', '"council_town"', r"rules\.1\.then\.indicator gives 'council_town'; allowed are"),
        ('"joining"', '"merging"', r"toml: lookups\.direction gives 'merging'; allowed are joining, level, parting"),
        ('reliability = "C"', 'reliability = "Z"', "reliability gives 'Z'"),
        ('layout = "acled"', 'layout = "aclad"', "layout is 'aclad'; allowed are acled, gdelt"),
        ('layout = "acled"', 'layout = "acled"\ncolour = 1', "colour is no known key"),
        ('reliability = "C"\n', "", "leaves out reliability"),
    ):
        assert old in text
        with pytest.raises(WorkspaceError, match=match):
            load_mapping(framework, written(tmp_path, text.replace(old, new)))


def test_a_layout_alone_is_no_mapping_and_the_message_says_what_to_write(tmp_path):
    framework = load_framework(FIXTURES / "harbour", "harbour")
    with pytest.raises(MissingError, match=r'imports/acled\.toml does not exist.*layout = "acled"'):
        load_mapping(framework, "acled")
    with pytest.raises(MissingError, match="layouts to start from: acled, gdelt"):
        load_mapping(framework, "other")
    with pytest.raises(MissingError, match="no mapping at"):
        load_mapping(framework, str(tmp_path / "none.toml"))


def test_a_workspace_s_keys_stand_above_those_of_the_layout(tmp_path):
    framework = load_framework(FIXTURES / "harbour", "harbour")
    text = (
        (FIXTURES / "imports" / "acled.toml")
        .read_text()
        .replace("[columns]", '[columns]\nsummary = "{location}: {notes}"')
    )
    own = load_mapping(framework, written(tmp_path, text))
    assert own.columns["summary"] == "{location}: {notes}"
    assert own.columns["origin_id"] == "acled-{event_id_cnty}"
    assert tomllib.loads(text)["columns"].get("origin_id") is None
