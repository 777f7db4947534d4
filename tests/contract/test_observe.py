"""`indicast observe`: flags or questions, nothing saved unseen or half, one line for each fault, safe output."""

import csv
import io
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from indicast.cli import _moved, main
from indicast.ledger import append_lines, load_ledger, read_ledger
from indicast.workspace import load_framework

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = datetime.now(tz=UTC).date()
ROW = {
    "--indicator": "pilot_exchange",
    "--event-date": "2024-07-04",
    "--kind": "event",
    "--direction": "joining",
    "--summary": "Five pilots came on loan",
    "--source": "tide_table",
    "--reliability": "B",
    "--credibility": "2",
}
FIRST = "observations.csv:2"


class Terminal(io.StringIO):
    """Answers of a person who sits at a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def data(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "harbour")) / "data" / "harbour"


@pytest.fixture
def observe(data, monkeypatch, capsys):
    """Return a call of ``indicast observe`` that gives exit code, output and complaints."""

    def call(*words, answers=None):
        monkeypatch.setattr("sys.argv", ["indicast", "observe", *words, "--workspace", str(data.parents[1])])
        monkeypatch.setattr("sys.stdin", io.StringIO() if answers is None else Terminal("\n".join(answers) + "\n"))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


def flags(without=(), **changed):
    cells = {name: text for name, text in ROW.items() if name not in without}
    cells |= {f"--{name.replace('_', '-')}": text for name, text in changed.items()}
    return [word for pair in cells.items() for word in pair]


def rows_of(data):
    return read_ledger(load_framework(data.parents[1], "harbour"), TODAY)[0]["observations"]


def contents(data):
    return {path.name: path.read_bytes() for path in data.glob("*.csv")}


def one_line(text):
    """Return a complaint without the word before it; it is one line."""
    assert text.count("\n") == 1
    assert text.startswith("indicast: ")
    return text.removeprefix("indicast: ").strip()


def test_a_row_is_added_with_its_id_its_day_and_an_origin_of_its_own(observe, data):
    code, out, _ = observe("add", "harbour", *flags(), "--yes", "--no-effect")
    last = rows_of(data).iloc[-1]
    assert code == 0
    assert f"saved as {last['record_id']}" in out
    assert "next: 'indicast fit harbour'" in out
    assert last["origin_id"] == "tide_table-2024-07-04"
    assert last["known_date"] == TODAY.isoformat()
    assert load_ledger(load_framework(data.parents[1], "harbour"))[0].latest_known() == TODAY


def test_before_a_row_is_saved_it_says_how_far_it_moves_or_which_command_can_tell(observe):
    code, out, _ = observe("add", "harbour", *flags(), "--yes")
    assert code == 0
    assert out.index("no run of harbour can tell yet") < out.index("saved as")
    assert "'indicast fit harbour' makes one" in out


def test_what_check_would_warn_of_is_said_before_a_row_is_saved(observe):
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    code, out, _ = observe("add", "harbour", *flags(event_date=tomorrow), "--yes", "--no-effect")
    assert code == 0
    assert out.index("note L101: known before the day it tells of") < out.index("saved as")


def test_what_moves_is_the_ledger_as_it_stands_against_the_ledger_as_it_would_stand(observe, data, monkeypatch):
    asked = []

    def moved(desk, before, after):
        asked.append((desk, before, after))
        return ["it moves by \x1b[31mso much"]

    monkeypatch.setattr(_moved, "moved", moved)
    observe("add", "harbour", *flags(), "--yes")
    code, out, _ = observe("retract", "harbour", FIRST, "--reason", "never happened", "--yes")
    assert code == 0
    assert "it moves by ?[31mso much" in out
    (_, bare, longer), (_, before, after) = asked
    assert len(bare.observations) == 43
    assert longer.observations.loc[45, "summary"] == "Five pilots came on loan"
    timed = ["record_id", "recorded_at"]  # a trial and what is saved after it may lie in two seconds
    pd.testing.assert_frame_equal(longer.observations.drop(columns=timed), before.observations.drop(columns=timed))
    gone = set(before.known(TODAY).observations["record_id"]) - set(after.known(TODAY).observations["record_id"])
    assert gone == {rows_of(data)["record_id"].iloc[0]}


def test_a_ledger_with_errors_still_takes_a_sound_row_and_says_why_nothing_is_told(observe, data):
    path = data / "observations.csv"
    path.write_text(path.read_text("utf-8").replace(",parting,", ",sideways,", 1), "utf-8")
    code, out, _ = observe("add", "harbour", *flags(), "--yes")
    assert code == 0
    assert "the ledger has errors, so nothing can tell what this moves; 'indicast check harbour' lists them" in out


def test_a_script_that_does_not_say_yes_sees_the_row_and_saves_nothing(observe, data):
    before = contents(data)
    code, out, err = observe("add", "harbour", *flags(), "--no-effect")
    assert code == 2
    assert "2024-07-04 pilot_exchange event joining, B2 tide_table" in out
    assert "give --yes to save it" in one_line(err)
    assert contents(data) == before


def test_json_is_json_and_holds_the_record(observe, data):
    code, out, _ = observe("add", "harbour", *flags(value="5", unit="pilots"), "--yes", "--no-effect", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["saved"] is True
    assert told["record"] == rows_of(data).iloc[-1].to_dict()
    assert (told["alike"], told["effect"], told["sources"]) == ([], [], [])


def test_all_that_is_missing_is_said_at_once_with_what_is_allowed(observe):
    code, _, err = observe("add", "harbour", "--event-date", "2024-07-04")
    said = one_line(err)
    assert code == 2
    for name in set(ROW) - {"--event-date"}:
        assert name in said
    assert "--direction (parting, level, joining)" in said
    assert "call it in a terminal to be asked" in said


SLIPS = {
    "indicator": ("pilot_exchanges", "did you mean 'pilot_exchange'? allowed are convoys"),
    "direction": ("joiningg", "did you mean 'joining'? allowed are parting, level, joining"),
    "kind": ("evnt", "did you mean 'event'? allowed are event, count"),
    "source": ("tidetable", "is not in sources.csv; did you mean 'tide_table'?"),
    "reliability": ("b", "did you mean 'B'? allowed are A, B, C, D, E, F"),
    "credibility": ("7", "allowed are 1, 2, 3, 4, 5, 6"),
    "event_date": ("2024-02-30", "is no date; write YYYY-MM-DD"),
    "published_date": ("July", "is no date; write YYYY-MM-DD"),
    "value": ("1e3", "is no plain number"),
    "summary": (" ", "--summary may not be blank"),
    "origin": ("", "--origin may not be blank"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_answered_with_the_nearest_and_what_is_allowed(name, observe, data):
    text, message = SLIPS[name]
    before = contents(data)
    code, _, err = observe("add", "harbour", *flags(**{name: text}), "--yes")
    assert code == 2
    assert message in one_line(err)
    assert contents(data) == before


def test_several_slips_are_said_together(observe):
    code, _, err = observe("add", "harbour", *flags(indicator="x", direction="y", event_date="z"), "--yes")
    assert code == 2
    assert len(err.splitlines()) == 3


def test_what_only_the_whole_ledger_can_tell_is_said_too(observe, data):
    before = contents(data)
    code, _, err = observe("add", "harbour", *flags(end_date="2024-07-01"), "--yes", "--no-effect")
    assert code == 2
    assert "the new row: error L008: end_date is before event_date" in one_line(err)
    assert contents(data) == before


def test_a_source_that_is_not_listed_is_added_with_the_row(observe, data):
    words = ["--source-publisher", "The Ferryman", "--source-title", "Notes", "--source-kind", "independent_media"]
    code, out, _ = observe("add", "harbour", *flags(source="ferryman"), *words, "--yes", "--no-effect")
    assert code == 0
    assert "new source" in out
    sources = read_ledger(load_framework(data.parents[1], "harbour"))[0]["sources"]
    assert sources.iloc[-1]["publisher"] == "The Ferryman"
    code, _, err = observe("add", "harbour", *flags(source="ferryman", event_date="2024-05-01"), *words, "--yes")
    assert "is listed already; leave out --source-publisher" in one_line(err)


def test_the_parts_of_a_new_source_that_are_missing_are_named(observe):
    words = flags(source="ferryman")
    code, _, err = observe("add", "harbour", *words, "--source-title", "Notes", "--yes")
    assert code == 2
    assert "to list it as new, give --source-publisher, --source-kind as well" in one_line(err)


def test_where_others_are_like_it_a_script_has_to_say_whose_report_it_is(observe, data):
    observe("add", "harbour", *flags(), "--yes", "--no-effect")
    first, before = rows_of(data).iloc[-1], contents(data)
    again = flags(event_date="2024-07-06", source="saltmarsh", summary="Five pilots came on loan again")
    code, _, err = observe("add", "harbour", *again, "--yes", "--no-effect")
    assert code == 2
    said = one_line(err)
    assert f"1 row may be the same report: '{first['record_id']}'; give --origin" in said
    assert "('tide_table-2024-07-04')" in said
    assert contents(data) == before
    code, out, _ = observe("add", "harbour", *again, "--origin", "tide_table-2024-07-04", "--yes", "--no-effect")
    assert code == 0
    assert f"{first['record_id']}: 2024-07-04 pilot_exchange" in out


def test_a_person_is_asked_for_what_is_missing_and_sees_the_allowed_words(observe, data):
    answers = [
        "pilots",  # no such indicator
        "pilot_exchange",
        "2024-07-04",
        "",  # the usual kind
        "joinings",
        "joining",
        "Five pilots came",
        "tide_table",
        "",  # published: unknown
        "",  # known: today
        "",  # the grade that the source had last
        "3",
        "y",
    ]
    code, out, err = observe("add", "harbour", "--no-effect", answers=answers)
    assert code == 0
    last = rows_of(data).iloc[-1]
    assert "saved as" in out
    assert (last["kind"], last["direction"], last["reliability"], last["credibility"]) == ("event", "joining", "B", "3")
    assert last["known_date"] == TODAY.isoformat()
    assert "direction (parting, level, joining)" in err
    assert "did you mean 'joining'?" in err
    assert "reliability (A, B, C, D, E, F; A is best, F cannot be judged) [B]" in err
    assert f"known {TODAY}): Five pilots came" in out


def test_a_person_is_asked_since_when_it_was_known_and_only_days_that_can_be_are_taken(observe, data):
    words = [*flags(), "--no-effect"]
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    code, out, err = observe("add", "harbour", *words, answers=[tomorrow, "2024-07-05", "2024-07-04", "", "y"])
    assert code == 0
    assert rows_of(data)["known_date"].iloc[-1] == "2024-07-05"
    assert f"--published-date: {tomorrow} is after today" in err
    assert "known date, the first day on which anyone could have used it [2024-07-05]" in err
    assert "2024-07-04 is before it was published (2024-07-05)" in err
    assert "(origin tide_table-2024-07-04, known 2024-07-05)" in out


def test_of_a_row_that_feeds_nothing_it_is_said_before_it_is_saved(observe):
    told = "no share of pilot_exchange that is joining feeds the model: the row is kept and moves no probability; what"
    assert told in observe("add", "harbour", *flags(kind="share"), "--no-effect")[1]
    assert "feeds the model" not in observe("add", "harbour", *flags(), "--no-effect")[1]


def test_a_person_who_waits_is_told_for_what(observe):
    words = [*flags(), "--published-date", "2024-07-04", "--known-date", "2024-07-04"]
    assert "weighing what this moves ..." in observe("add", "harbour", *words, answers=["n"])[1]
    assert "weighing" not in observe("add", "harbour", *words, "--no-effect", answers=["n"])[1]
    assert "weighing" not in observe("add", "harbour", *words, "--yes")[1]


def test_a_row_that_is_saved_from_today_on_says_so(observe):
    assert "known today)" in observe("add", "harbour", *flags(), "--yes", "--no-effect")[1]


def test_who_stops_in_the_middle_of_the_questions_is_told_that_nothing_was_saved(observe, data):
    before = contents(data)
    code, _, err = observe("add", "harbour", *flags(without=["--summary"]), answers=[])
    assert code == 130
    assert err.endswith("indicast: stopped; nothing was saved\n")
    assert contents(data) == before


def test_no_is_the_default_and_saves_nothing(observe, data):
    before = contents(data)
    words = [*flags(), "--published-date", "2024-07-04", "--no-effect"]
    for answers in (["", ""], ["", "n"]):
        code, out, err = observe("add", "harbour", *words, answers=answers)
        assert code == 0
        assert "Save? [y/N]" in err
        assert "nothing was saved" in out
        assert contents(data) == before


def test_a_person_is_offered_to_list_a_new_source(observe, data):
    words = [*flags(without=["--source"]), "--published-date", "2024-07-04", "--no-effect"]
    answers = ["ferryman", "y", "The Ferryman", "Notes", "independent_media", "", "Orrin", "QN", "", "y"]
    code, _, err = observe("add", "harbour", *words, answers=answers)
    assert code == 0
    assert "List it as a new source? [y/N]" in err
    sources = read_ledger(load_framework(data.parents[1], "harbour"))[0]["sources"]
    assert sources.iloc[-1][["source_id", "country"]].tolist() == ["ferryman", "QN"]
    assert "'Orrin' is no country; write two capitals, such as LT" in err


@pytest.mark.parametrize("given", [["--source", "tide_tabel"], []])
def test_a_slip_in_the_source_costs_no_answer(given, observe, data):
    words = [*flags(without=["--source"]), *given, "--published-date", "2024-07-04", "--no-effect"]
    answers = [*([] if given else ["tide_tabel"]), "n", "tide_table", "", "y"]
    code, _, err = observe("add", "harbour", *words, answers=answers)
    assert code == 0
    assert "'tide_tabel' is not in sources.csv; did you mean 'tide_table'" in err
    assert rows_of(data)["source_id"].iloc[-1] == "tide_table"


def test_a_person_is_asked_whose_report_it_is_where_others_are_like_it(observe, data):
    observe("add", "harbour", *flags(), "--yes", "--no-effect")
    words = [*flags(source="saltmarsh"), "--published-date", "2024-07-05", "--no-effect"]
    code, out, err = observe("add", "harbour", *words, answers=["", "", "saltmarsh-own", "y"])
    assert code == 0
    assert "rows that may be the same report:" in out
    assert "origin: that of such a row if it is one report" in err
    assert rows_of(data)["origin_id"].iloc[-1] == "saltmarsh-own"


def test_a_correction_shows_what_changes_and_leaves_the_row(observe, data):
    old = rows_of(data).iloc[0]
    words = ["--direction", "level", "--reason", "misheard", "--yes", "--no-effect"]
    code, out, _ = observe("correct", "harbour", FIRST, *words)
    rows = rows_of(data)
    assert code == 0
    assert "--direction: 'parting' -> 'level'" in out
    assert rows.iloc[0].equals(old)
    assert rows.iloc[-1][["change", "supersedes", "reason", "direction"]].tolist() == [
        "correction",
        old["record_id"],
        "misheard",
        "level",
    ]
    code, _, err = observe("correct", "harbour", FIRST, *words)
    assert code == 2
    assert f"was superseded already, by the correction '{rows.iloc[-1]['record_id']}'" in one_line(err)


def test_a_correction_is_never_known_before_the_row(observe):
    words = ["--direction", "level", "--reason", "misheard", "--known-date", "2022-12-11", "--yes", "--no-effect"]
    code, _, err = observe("correct", "harbour", FIRST, *words, "--published-date", "")
    assert code == 2
    assert "H009: known or recorded before the row that it supersedes" in one_line(err)


def test_a_cell_is_made_blank_by_an_empty_text(observe, data):
    code, _, _ = observe(
        "correct", "harbour", FIRST, "--published-date", "", "--reason", "unknown", "--yes", "--no-effect"
    )
    assert code == 0
    assert rows_of(data).iloc[-1]["published_date"] == ""


def test_a_correction_of_nothing_without_reason_or_to_an_unlisted_source_is_refused(observe, data):
    before = contents(data)
    assert "nothing would be different" in one_line(observe("correct", "harbour", FIRST, "--reason", "x", "--yes")[2])
    words = ["--direction", "level", "--yes", "--no-effect"]
    assert "missing --reason" in one_line(observe("correct", "harbour", FIRST, *words)[2])
    words = ["--source", "tide_tabel", "--reason", "x", "--yes"]
    assert "did you mean 'tide_table'? add it there first" in one_line(observe("correct", "harbour", FIRST, *words)[2])
    assert contents(data) == before


def test_a_row_is_taken_back_and_no_longer_listed_unless_all_are(observe, data):
    name = rows_of(data).iloc[0]["record_id"]
    code, out, _ = observe("retract", "harbour", name[:6], "--reason", "never happened", "--yes", "--no-effect")
    assert code == 0
    assert f"takes back {name}" in out
    gone = rows_of(data).iloc[-1]["record_id"]
    assert name not in observe("list", "harbour")[1]
    full = observe("list", "harbour", "--all")[1]
    assert f"retraction of {name}: never happened" in full
    code, _, err = observe("retract", "harbour", gone, "--reason", "again", "--yes", "--no-effect")
    assert code == 2
    assert "H011: a retraction cannot be retracted" in one_line(err)
    code, _, _ = observe("correct", "harbour", gone, "--reason", "it did happen", "--yes", "--no-effect")
    assert code == 0
    assert "The council rose without a vote" in observe("list", "harbour")[1]


def test_a_person_is_asked_for_the_reason(observe, data):
    code, _, err = observe("retract", "harbour", FIRST, "--no-effect", answers=["", "never happened", "y"])
    assert code == 0
    assert "reason" in err
    assert rows_of(data).iloc[-1]["reason"] == "never happened"


NAMES = {
    "nothing": ("", "no record ''"),
    "an unknown id": ("r999", "no record 'r999' in"),
    "a beginning of several": ("r", "43 records begin with 'r'"),
    "a line without a row": ("observations.csv:1", "no record 'observations.csv:1'"),
    "another file": ("sources.csv:2", "no record 'sources.csv:2'"),
    "what a terminal would obey": ("\x1b[31m", "no record '?[31m'"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_cannot_be_told_is_said_in_one_line(name, observe):
    given, message = NAMES[name]
    code, _, err = observe("retract", "harbour", given, "--reason", "x", "--yes")
    assert code == 2
    assert message in one_line(err)


def test_the_list_can_be_narrowed_and_seen_as_it_stood(observe):
    observe("correct", "harbour", FIRST, "--direction", "level", "--reason", "x", "--yes", "--no-effect")
    only = observe("list", "harbour", "--indicator", "council_tone", "--since", "2024-01-01")[1]
    assert only
    assert all(" council_tone " in line for line in only.splitlines()[:-1])
    then = json.loads(observe("list", "harbour", "--known-at", "2022-12-31", "--json")[1])
    assert [row["line"] for row in then] == [2, 3]
    assert then[0]["direction"] == "parting"
    now = json.loads(observe("list", "harbour", "--json")[1])
    assert now[-1]["direction"] == "level"
    assert "did you mean 'council_tone'?" in observe("list", "harbour", "--indicator", "council_ton")[2]
    assert "--since: 'spring' is no date" in observe("list", "harbour", "--since", "spring")[2]
    assert "leave one of the two out" in observe("list", "harbour", "--csv", "--json")[2]


def test_hostile_cells_reach_no_terminal_and_no_spreadsheet_as_they_are(observe, data):
    cells = {"event_date": "2024-07-04", "known_date": "2024-07-04", "indicator": "pilot_exchange", "kind": "event"}
    cells |= {"direction": "joining", "source_id": "tide_table", "reliability": "B", "credibility": "2"}
    append_lines(data / "observations.csv", [cells | {"summary": '=HYPERLINK("x")', "origin_id": "o"}])
    path = data / "observations.csv"
    path.write_text(path.read_text("utf-8").replace("Winter convoy", "Winter \x1b]0;title\x07\u202econvoy"), "utf-8")
    plain = observe("list", "harbour")[1]
    assert all(line.isprintable() for line in plain.splitlines())
    table = list(csv.DictReader(io.StringIO(observe("list", "harbour", "--csv")[1])))
    assert table[-1]["summary"] == '\'=HYPERLINK("x")'
    assert json.loads(observe("list", "harbour", "--json")[1])[-1]["summary"] == '=HYPERLINK("x")'


def test_a_bare_ledger_is_listed_with_ids_by_which_its_rows_can_be_named(observe, data):
    told = json.loads(observe("list", "harbour", "--json")[1])
    assert len(told) == 43
    assert "record_id" not in (data / "observations.csv").read_text("utf-8").splitlines()[0]
    code, _, _ = observe("retract", "harbour", told[7]["record_id"], "--reason", "x", "--yes", "--no-effect")
    assert code == 0
    assert rows_of(data)["record_id"].iloc[:-1].tolist() == [row["record_id"] for row in told]


def test_days_of_the_past_may_be_given_for_what_became_known_then(observe, data):
    code, _, _ = observe("add", "harbour", *flags(known_date="2024-07-05"), "--yes", "--no-effect")
    assert code == 0
    ledger, _ = load_ledger(load_framework(data.parents[1], "harbour"))
    assert (ledger.known(date(2024, 7, 5)).observations["summary"] == "Five pilots came on loan").any()
    moment = datetime(2024, 7, 6, tzinfo=UTC)
    assert not (ledger.recorded(moment).observations["summary"] == "Five pilots came on loan").any()
