"""Every row read is loaded, already there, not selected or quarantined; twice is once; a change is a correction."""

import csv
import io
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicast.errors import DataError, MissingError
from indicast.ledger import append_records, correction_of, load_ledger, read_ledger, retraction_of
from indicast.ledger.exports import Import, import_day, import_export, load_mapping
from indicast.ledger.exports import _import as import_module
from indicast.ledger.exports._rows import opened_export
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2024, 9, 2, 12, tzinfo=UTC)
TODAY = NOW.date()
ACLED = (FIXTURES / "imports" / "acled.csv").read_bytes()
GDELT = (FIXTURES / "imports" / "gdelt.export.CSV").read_bytes()


def mapping_path(name):
    return str(FIXTURES / "imports" / f"{name}.toml")


class Desk:
    """A copy of the harbour with its mappings."""

    def __init__(self, folder):
        self.root = Path(shutil.copytree(FIXTURES / "harbour", folder / "harbour"))
        self.framework = load_framework(self.root, "harbour")
        self.export = folder / "export.csv"
        self.read = (b"", None)

    def look(self, name, content, today=TODAY, day=None, mapping=None):
        """Return what an export would add, and what was refused."""
        self.export.write_bytes(content)
        own = mapping or load_mapping(self.framework, mapping_path(name))
        written = (self.framework.data_folder / "observations.csv").read_bytes()
        if self.read[0] != written:
            self.read = written, read_ledger(self.framework, today)[0]
        frames, refused = self.read[1], []
        return import_export(
            Import(self.framework, own, frames, today, day or today), self.export, refused.append
        ), refused

    def save(self, found, now=NOW):
        return append_records(self.framework, found.records, now, found.sources)

    def rows(self, today=TODAY):
        return read_ledger(self.framework, today)[0]["observations"]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """Return a desk of which nobody changes the ledger."""
    return Desk(tmp_path_factory.mktemp("still"))


def figures(found):
    return found.read, found.loaded, found.there, found.not_selected, found.quarantined


def column(found, name):
    return [record[name] for record in found.records]


def changed(content, line, **cells):
    """Return an export in the ACLED format with other cells in one of its rows; line 0 is the first event."""
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    rows[line] |= cells
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_events_of_the_first_format_become_evidence(desk):
    found, refused = desk.look("acled", ACLED)
    assert figures(found) == (7, 3, 1, 2, 1)
    assert column(found, "record_id") == ["acled:ORR101", "acled:ORR102", "acled:ORR103"]
    assert column(found, "indicator") == ["pilot_exchange", "council_tone", "disputes"]
    assert column(found, "direction") == ["joining", "parting", "parting"]
    assert column(found, "event_date") == ["2024-02-05", "2024-02-06", "2024-02-09"]
    assert column(found, "known_date") == ["2024-02-09", "2024-02-09", "2024-02-14"]
    assert found.records[2]["summary"].endswith("a berth. Nobody was hurt.")
    assert [source["source_id"] for source in found.sources] == [
        "acled_tide_table",
        "acled_saltmarsh_radio_vael_post",
        "acled_vael_post",
    ]
    assert [(one.line, "0024-02-11" in one.reason) for one in refused] == [(7, True)]
    desk.save(found)
    ledger, _ = load_ledger(desk.framework, TODAY)
    assert "acled:ORR101" not in set(ledger.known(date(2024, 2, 8)).observations["record_id"])
    assert "acled:ORR101" in set(ledger.known(date(2024, 2, 9)).observations["record_id"])


def test_events_of_the_second_format_become_evidence(desk):
    found, refused = desk.look("gdelt", GDELT)
    assert figures(found) == (7, 4, 0, 2, 1)
    assert column(found, "direction") == ["joining", "joining", "parting", "parting"]
    assert column(found, "known_date") == ["2024-02-13", "2024-02-13", "2024-02-14", "2024-02-15"]
    assert column(found, "origin_id")[:2] == ["gdelt-20240212-05-QM"] * 2
    assert [one["url"] for one in found.sources][:1] == ["https://tidetable.example/"]
    assert [(one.line, one.text.startswith("900000107\t")) for one in refused] == [(7, True)]
    desk.save(found)
    load_ledger(desk.framework, TODAY)


@pytest.mark.parametrize(("name", "content"), [("acled", ACLED), ("gdelt", GDELT)])
def test_a_file_imported_twice_is_imported_once(desk, name, content):
    first, refused = desk.look(name, content)
    desk.save(first)
    again, refused_again = desk.look(name, content)
    assert figures(again) == (first.read, 0, first.loaded + first.there, first.not_selected, first.quarantined)
    assert refused_again == refused
    assert again.sources == ()


def test_an_event_that_changed_upstream_is_a_correction_known_from_its_new_date(desk):
    desk.save(desk.look("acled", ACLED)[0])
    later = changed(ACLED, 0, notes="The charter was only initialled.", timestamp="1711929600")
    found, _ = desk.look("acled", later)
    assert figures(found) == (7, 1, 3, 2, 1)
    record = found.records[0]
    assert (record["record_id"], record["supersedes"], record["change"]) == (
        "acled:ORR101:v2",
        "acled:ORR101",
        "correction",
    )
    assert record["known_date"] == "2024-04-01"
    assert record["reason"] == "changed in the export"
    desk.save(found)
    ledger, _ = load_ledger(desk.framework, TODAY)
    at = {day: set(ledger.known(day).observations["record_id"]) for day in (date(2024, 3, 31), date(2024, 4, 1))}
    assert "acled:ORR101" in at[date(2024, 3, 31)]
    assert "acled:ORR101" not in at[date(2024, 4, 1)]
    assert "acled:ORR101:v2" in at[date(2024, 4, 1)]
    assert desk.look("acled", later)[0].loaded == 0
    assert desk.look("acled", ACLED)[0].loaded == 0


def test_a_third_version_follows_the_second(desk):
    desk.save(desk.look("acled", ACLED)[0])
    for number, stamp in ((2, "1711929600"), (3, "1714521600")):
        found, _ = desk.look("acled", changed(ACLED, 0, notes=f"Version {number}", timestamp=stamp))
        assert column(found, "record_id") == [f"acled:ORR101:v{number}"]
        desk.save(found)
    load_ledger(desk.framework, TODAY)
    found, _ = desk.look("acled", changed(ACLED, 0, timestamp="1717200000"))
    assert column(found, "record_id") == ["acled:ORR101:v4"]


def test_a_new_time_stamp_alone_changes_nothing(desk):
    desk.save(desk.look("acled", ACLED)[0])
    assert desk.look("acled", changed(ACLED, 0, timestamp="1711929600"))[0].loaded == 0


def test_a_change_without_a_later_date_is_known_from_the_day_of_the_import(desk):
    desk.save(desk.look("acled", ACLED)[0])
    found, _ = desk.look("acled", changed(ACLED, 0, notes="Said otherwise."), day=date(2024, 8, 1))
    assert column(found, "known_date") == ["2024-08-01"]


def test_an_older_export_takes_nothing_back_even_if_it_was_never_seen(desk):
    desk.save(desk.look("acled", changed(ACLED, 0, notes="The second text.", timestamp="1711929600"))[0])
    assert figures(desk.look("acled", ACLED)[0]) == (7, 0, 4, 2, 1)


@pytest.mark.parametrize(("name", "content"), [("acled", ACLED), ("gdelt", GDELT)])
def test_a_mapping_that_was_changed_and_changed_back_leaves_its_first_words(desk, tmp_path, name, content):
    text = Path(mapping_path(name)).read_text(encoding="utf-8")
    (tmp_path / "other.toml").write_text(text.replace('credibility = "', 'summary = "other"\ncredibility = "'))
    other = load_mapping(desk.framework, str(tmp_path / "other.toml"))
    desk.save(desk.look(name, content)[0])
    for number, own in enumerate((other, None, other), start=2):
        found = desk.look(name, content, mapping=own)[0]
        assert found.corrections == found.loaded > 0
        assert {record["reason"] for record in found.records} == {"changed in the export or in its mapping"}
        assert column(found, "record_id")[0].endswith(f":v{number}")
        desk.save(found)
    load_ledger(desk.framework, TODAY)


def test_what_a_person_corrected_or_took_back_is_left_to_persons(desk):
    desk.save(desk.look("acled", ACLED)[0])
    rows = desk.rows().set_index("record_id", drop=False)
    mended = correction_of(rows.loc["acled:ORR101"].to_dict(), {"direction": "level"}, "read again")
    gone = retraction_of(rows.loc["acled:ORR102"].to_dict(), "a hoax")
    append_records(desk.framework, [mended, gone], NOW)
    assert desk.look("acled", ACLED)[0].loaded == 0
    both = changed(changed(ACLED, 0, notes="New.", timestamp="1711929600"), 1, notes="New.", timestamp="1711929600")
    found, refused = desk.look("acled", both)
    assert found.loaded == 0
    assert ["was changed by hand" in one.reason for one in refused] == [True, True, False]


def test_one_event_with_two_texts_in_a_file_is_refused_unless_the_second_is_later(desk):
    again = changed(ACLED, 6, notes="Another text.")
    assert [one.reason for one in desk.look("acled", again)[1]][1:] == [
        "the event stands further up in the file with other cells"
    ]
    found, _ = desk.look("acled", changed(ACLED, 6, notes="Another text.", timestamp="1711929600"))
    assert column(found, "supersedes") == ["", "", "", "acled:ORR102"]
    desk.save(found)
    load_ledger(desk.framework, TODAY)


def test_two_events_that_say_the_same_are_one_row(desk):
    twin = GDELT.splitlines()[0].replace(b"900000101", b"900000199") + b"\n"
    found, _ = desk.look("gdelt", GDELT + twin)
    assert figures(found) == (8, 4, 1, 2, 1)


def test_nothing_is_known_before_it_happened_or_in_the_future(desk):
    early, _ = desk.look("acled", changed(ACLED, 0, timestamp="1706745600"))
    assert early.records[0]["known_date"] == early.records[0]["event_date"] == "2024-02-05"
    for name, cells in (("known_date", {"timestamp": "1893456000"}), ("event_date", {"event_date": "2030-01-01"})):
        _, refused = desk.look("acled", changed(ACLED, 0, **cells))
        assert refused[0].reason == f"{name} is 2030-01-01, after today (2024-09-02)"
    unstamped, _ = desk.look("acled", changed(ACLED, 0, timestamp=""), day=date(2024, 3, 1))
    assert unstamped.records[0]["known_date"] == "2024-03-01"
    before, _ = desk.look("acled", changed(ACLED, 0, timestamp=""), day=date(2024, 1, 1))
    assert before.records[0]["known_date"] == "2024-02-05"


def test_the_day_of_the_import_is_not_in_the_future():
    assert import_day(NOW, None) == (TODAY, TODAY)
    with pytest.raises(DataError, match="--known-date 2024-09-03 is after today"):
        import_day(NOW, date(2024, 9, 3))


def test_a_row_that_the_ledger_would_refuse_is_quarantined_with_its_reason(desk, tmp_path):
    text = (FIXTURES / "imports" / "acled.toml").read_text().replace("[columns]", '[columns]\nvalue = "{fatalities}"')
    path = tmp_path / "own.toml"
    path.write_text(text + '\n[source]\ncountry = "{admin3}"\n')
    own = load_mapping(desk.framework, str(path))
    broken = changed(changed(ACLED, 0, fatalities="some"), 1, admin3="Orrin")
    found, refused = desk.look("acled", changed(broken, 2, notes=""), mapping=own)
    assert [(one.line, one.reason) for one in refused[:3]] == [
        (2, "value is 'some'; write a plain number or leave it blank"),
        (3, "country is 'Orrin'; write the two-letter ISO code or leave it blank"),
        (4, "summary is ''; it may not be blank"),
    ]
    assert figures(found) == (7, 1, 0, 2, 4)


def test_a_formula_stays_text_in_the_ledger(desk):
    formula = '=HYPERLINK("https://example.org")'
    found, _ = desk.look("acled", changed(ACLED, 0, notes=formula))
    assert found.records[0]["summary"] == formula


def test_a_column_that_is_not_there_is_named(desk):
    with pytest.raises(MissingError, match="has no column 'timestamp', which the mapping names"):
        desk.look("acled", ACLED.replace(b",timestamp", b",stamp", 1))


@pytest.mark.parametrize(("sign", "written"), [(b";", '";"'), (b"\t", '"\\\\t"'), (b"|", r'"\|"')])
def test_an_export_that_separates_its_cells_otherwise_is_told_what_to_declare(sign, written, desk):
    with pytest.raises(DataError, match=f"write delimiter = {written} under"):
        desk.look("acled", ACLED.replace(b",", sign))


def test_an_event_that_is_gone_from_the_export_stays(desk):
    desk.save(desk.look("acled", ACLED)[0])
    shorter = ACLED.splitlines(keepends=True)
    assert desk.look("acled", b"".join([shorter[0], *shorter[2:]]))[0].records == ()


BYTES = st.sampled_from([b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\xe9", b"=", b"x", b"\t", b"2", b"", b"\x1b"])
EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3), BYTES), min_size=1, max_size=12)


def corrupted(content, edits):
    """Return an export with bytes put in place of others, its header (if any) left alone."""
    head, _, body = content.partition(b"\n")
    for place, length, byte in edits:
        at = place % len(body)
        body = body[:at] + byte + body[at + length :]
    return head + b"\n" + body


@settings(max_examples=60)
@given(st.sampled_from([("acled", ACLED), ("gdelt", GDELT)]), EDITS)
def test_counts_add_up_and_nothing_is_lost_whatever_the_file_holds(still, case, edits):
    name, content = case
    broken = corrupted(content, edits)
    found, refused = still.look(name, broken)
    with opened_export(still.export, load_mapping(still.framework, mapping_path(name)).format) as export:
        assert found.read == sum(1 for _ in export)
    assert found.read == found.loaded + found.there + found.not_selected + found.quarantined
    assert (len(found.records), len(refused)) == (found.loaded, found.quarantined)
    assert all(one.reason and "\n" not in one.reason for one in refused)
    for one in refused:
        assert one.text.encode("utf-8", "surrogateescape") in broken
    lines = [one.line for one in refused]
    assert lines == sorted(set(lines))


@settings(max_examples=15)
@given(EDITS)
def test_what_is_loaded_from_a_broken_file_joins_the_ledger_and_adds_nothing_again(tmp_path_factory, edits):
    desk = Desk(tmp_path_factory.mktemp("broken"))
    broken = corrupted(ACLED, edits)
    found, refused = desk.look("acled", broken)
    if found.records:
        desk.save(found)
    again, refused_again = desk.look("acled", broken)
    assert again.loaded == 0
    assert refused_again == refused


@given(st.integers(1, 9))
def test_chunks_do_not_show(still, size):
    whole, refused = still.look("acled", ACLED)
    for limit in ("CHUNK", "MOST_HELD"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_module, limit, size)
            assert still.look("acled", ACLED) == (whole, refused)


def test_a_row_that_is_dropped_silently_breaks_the_sum(still, monkeypatch):
    monkeypatch.setattr(import_module._Tally, "_keep", lambda *_: None)
    found, _ = still.look("acled", ACLED)
    assert found.read == 7
    assert found.loaded + found.there + found.not_selected + found.quarantined == 3
