"""One planted fault per rule of the declaration and the table; the message says what to do."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from indicast.errors import DataError, MissingError, WorkspaceError
from indicast.panel import scheduled_peaks
from indicast.workspace import find_root, load_framework, model_names, month_index, read_toml

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture
def harbour(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def model_file(root):
    return root / "models" / "harbour" / "model.toml"


def table_file(root):
    return root / "priors" / "harbour" / "table.csv"


def test_the_fixture_is_sound():
    framework = load_framework(HARBOUR, "harbour")
    assert framework.scenarios == ("one_harbour", "drift", "rivalry", "closed_strait")
    assert [indicator.id for indicator in framework.counts] == ["convoys", "disputes"]
    assert framework.start_index == 2023 * 12


FAULTS = {
    "unknown key": ("[model]", "[model]\ncolour = 'blue'", r"model\.colour: is no known key"),
    "missing key": ('question = "Will', 'unasked = "Will', r"model\.question: is missing; add it"),
    "identifier in capitals": ('id = "convoys"', 'id = "Convoys"', r"indicators\.0\.id: .*got 'Convoys'"),
    "blank text": (
        'title = "The harbour pact of Orrin and Vael"',
        'title = " "',
        r"model\.title: .*at least 1 character",
    ),
    "unknown start mode": ('mode = "marks"', 'mode = "both"', r"start\.mode: .*'marks'.*got 'both'"),
    "no month": ('month = "2023-01"', 'month = "2023-13"', r"start\.month: .*got '2023-13'"),
    "padding of nothing": ("cells = 8", "cells = 0", r"padding\.cells: .*greater than or equal to 1, got 0"),
    "more ranks than draws": (
        "[sampler]",
        "[sbc]\nchains = 2\ndraws = 60\nthinned = 200\n\n[sampler]",
        r"sbc: thinned = 200 is more than chains times draws = 120",
    ),
    "too few simulations": ("[sampler]", "[sbc]\nsimulations = 3\n\n[sampler]", r"sbc\.simulations: .*got 3"),
    "horizon beyond the longest": ("longest = 12", "longest = 6", r"horizons \(3, 12\) go beyond longest = 6"),
    "horizons that fall": ("horizons = [3, 12]", "horizons = [12, 3]", r"horizons \(12, 3\) must rise without repeats"),
    "horizons twice": ("horizons = [3, 12]", "horizons = [3, 3]", r"horizons \(3, 3\) must rise without repeats"),
    "no horizons": ("horizons = [3, 12]", "horizons = []", r"forecast\.horizons: .*at least 1 item"),
    "floor too high": ("floor = 0.001", "floor = 0.05", r"forecast\.floor: .*less than 0\.05"),
    "floor of nothing": ("floor = 0.001", "floor = 0.0", r"forecast\.floor: .*greater than 0"),
    "interval of one": ("interval = 0.8", "interval = 1.0", r"forecast\.interval: .*less than 1"),
    "gap between bands": ("low = 0.6, high", "low = 0.7, high", r"bands of lexicon plain must tile 0 to 1"),
    "bands that stop early": ("high = 1.0", "high = 0.9", r"bands of lexicon plain must tile 0 to 1"),
    "probability above one": ("high = 1.0", "high = 1.5", r"bands\.2\.high: .*less than or equal to 1"),
    "overlapping bands": ("low = 0.6, high", "low = 0.5, high", r"bands of lexicon plain must rise without overlap"),
    "unknown lexicon": (
        'lexicon = "plain"',
        'lexicon = "fancy"',
        r"lexicon = 'fancy' is neither among \[\[lexicons\]\] nor shipped: icd203, phia, plain, ssd",
    ),
    "two direction words": (
        'directions = ["parting", "level", "joining"]',
        'directions = ["parting", "joining"]',
        r"directions: is missing|directions",
    ),
    "direction word twice": (
        '"parting", "level"',
        '"parting", "parting"',
        r"direction word parting stands more than once",
    ),
    "scenario twice": ('id = "drift"', 'id = "rivalry"', r"scenario rivalry stands more than once"),
    "short name twice": ('short = "RIV"', 'short = "ONE"', r"scenario short name ONE stands more than once"),
    "short name in small letters": ('short = "RIV"', 'short = "riv"', r"scenarios\.2\.short: .*got 'riv'"),
    "alias of another scenario": ('["competition"]', '["drift"]', r"scenario alias drift stands more than once"),
    "indicator twice": ('id = "disputes"', 'id = "convoys"', r"indicator convoys stands more than once"),
    "slant twice": ('id = "sour"', 'id = "rosy"', r"slant rosy stands more than once"),
    "milestone twice": ('id = "second_quay"', 'id = "joint_pilot_school"', r"milestone joint_pilot_school stands more"),
    "unknown group": ('group = "purse"', 'group = "money"', r"groups: money is used but not declared"),
    "unused group": (
        'purse = "Money"',
        'purse = "Money"\nspare = "Spare"',
        r"groups: spare is declared but never used",
    ),
    "unknown family": ('family = "direction"', 'family = "level"', r"indicators\.2\.family: .*got 'level'"),
    "unknown kind": ('"event", "level", "claim"', '"event", "rumour"', r"feeds\.direction\.1: .*got 'rumour'"),
    "a kind fed and unfed": (
        'kinds = ["claim", "denial"]',
        'kinds = ["event"]',
        r"indicator convoys: kind event is named twice",
    ),
    "a stream of another family": (
        'feeds = { count = ["event"] }\nunfed',
        'feeds = { direction = ["event"] }\nunfed',
        r"indicator convoys: family count needs feeds\.count",
    ),
    "a fair in month 13": (
        "month = 4, every_years",
        "month = 13, every_years",
        r"major\.month: .*less than or equal to 12",
    ),
    "unknown meaning of coverage": ('fog = "not_looked"', 'fog = "asleep"', r"coverage\.fog: .*got 'asleep'"),
    "R-hat below one": ("rhat_max = 1.02", "rhat_max = 0.9", r"gates\.rhat_max: .*greater than 1"),
    "one chain": ("chains = 4", "chains = 1", r"sampler\.chains: .*greater than or equal to 2, got 1"),
    "a negative seed": ("seed = 7", "seed = -7", r"sampler\.seed: .*got -7"),
    "text for a number": ("draws = 500", 'draws = "many"', r"sampler\.draws: .*got 'many'"),
    "no TOML": ("[model]", "[model", r"is no TOML: .*; correct that place"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_declaration_refuses(name, harbour):
    old, new, message = FAULTS[name]
    edit(model_file(harbour), old, new)
    with pytest.raises(WorkspaceError, match=message) as caught:
        load_framework(harbour, "harbour")
    assert "model.toml" in str(caught.value)


def test_a_workspace_that_does_not_declare_its_calibration_has_the_defaults(harbour):
    assert "[sbc]" not in model_file(harbour).read_text(encoding="utf-8")
    declared = load_framework(harbour, "harbour").declaration.sbc
    assert (declared.simulations, declared.thinned, declared.level) == (300, 99, 0.01)
    assert declared.reason


# ---- rules of the families, planted in the workspace that uses them all

ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"
WILD = 'short = "WILD"'
FAMILY_FAULTS = {
    "acts of no direction": (
        'event_directions = ["together"]',
        'event_directions = ["sideways"]',
        r"event_directions: 'sideways' is not known; allowed are apart, as_before, together",
    ),
    "acts without directions": (
        'event_directions = ["together"]\n',
        "",
        r"indicator grafts: feeds\.event and event_directions belong together; name both or neither",
    ),
    "directions without acts": (
        'feeds = { direction = ["event", "share", "claim", "denial"] }',
        'feeds = { direction = ["event", "share", "claim", "denial"] }\nevent_directions = ["apart"]',
        r"indicator mood: feeds\.event and event_directions belong together",
    ),
    "acts that are counted as well": (
        'feeds = { event = ["event"], direction',
        'feeds = { event = ["event"], count = ["event"], direction',
        r"indicator grafts: kind event is named twice; one row feeds one stream",
    ),
    "a kind of acts whose rest is both a direction and unfed": (
        'event_directions = ["together"]',
        'event_directions = ["together"]\nunfed = { kinds = ["event"], reason = "x" }',
        r"indicator grafts: kind event is named twice",
    ),
    "a watch that is no word of coverage": (
        'event_directions = ["together"]',
        'event_directions = ["together"]\nwatched_as = "superb"',
        r"watched_as: 'superb' is not known; allowed are ",
    ),
    "a series twice": (
        'id = "hands_by_quince"',
        'id = "hands_by_pomar"',
        r"series hands_by_pomar stands more than once",
    ),
    "a series twice in two families": (
        'id = "mood_in_quince"',
        'id = "hands_by_pomar"',
        r"series hands_by_pomar stands more than once",
    ),
    "a series of no kind": ('kinds = ["count", "level"]', "kinds = []", r"series\.1\.kinds: .*at least 1 item"),
    "a series of no unit": ('units = ["hands (Quince)"]', "units = []", r"series\.1\.units: .*at least 1 item"),
    "a series of another family": (
        'family = "level"\nkinds = ["count"]',
        'family = "count"\nkinds = ["count"]',
        r"series\.0\.family: .*'share' or 'level', got 'count'",
    ),
    "embarrassed by no direction": (
        'embarrassing = "as_before"',
        'embarrassing = "silence"',
        r"embarrassing: 'silence' is not known; allowed are apart, as_before, together",
    ),
    "a family that is not fed": (
        'family = "event"\ngroup = "folk"',
        'family = "direction"\ngroup = "folk"',
        r"indicator gates: family direction needs feeds\.direction; name the kinds that feed it",
    ),
    "a family of readings": (
        'family = "direction"\ngroup = "books"',
        'family = "level"\ngroup = "books"',
        r"indicators\.5\.family: .*got 'level'",
    ),
    "a residual scenario that is not last": (
        'short = "FELL"',
        'short = "FELL"\nresidual = true',
        r"scenarios: the residual one stands for none of the others; put it last, and have one at most",
    ),
    "two residual scenarios": (
        'short = "FELL"\ndescription = "The rows along the border are cut down."\n\n[[scenarios]]\nid = "wild"',
        'short = "FELL"\nresidual = true\ndescription = "x"\n\n[[scenarios]]\nresidual = true\nid = "wild"',
        r"put it last, and have one at most",
    ),
    "label shares that leave one out": (
        "wild = 0.10 }",
        "wold = 0.10 }",
        r"start\.labels\.shares must name felling, gra",
    ),
    "label shares of more than one": ("wild = 0.10 }", "wild = 0.11 }", r"shares must .*sum to 1, got"),
    "a label share below zero": (
        "wild = 0.10 }",
        "wild = -0.10 }",
        r"labels\.shares\.wild: .*greater than or equal to 0",
    ),
    "acts that nobody could see": (
        'walked = "looked"\nglimpsed = "looked"',
        'walked = "not_looked"\nglimpsed = "not_looked"',
        r"coverage: no word means 'looked', so nothing could ever be counted; add one",
    ),
}


@pytest.mark.parametrize("name", FAMILY_FAULTS)
def test_declaration_of_families_refuses(name, tmp_path):
    old, new, message = FAMILY_FAULTS[name]
    root = Path(shutil.copytree(ORCHARD, tmp_path / "orchard"))
    edit(root / "models" / "orchard" / "model.toml", old, new)
    with pytest.raises(WorkspaceError, match=message):
        load_framework(root, "orchard")


def residual_orchard(tmp_path):
    root = Path(shutil.copytree(ORCHARD, tmp_path / "orchard"))
    edit(root / "models" / "orchard" / "model.toml", WILD, f"{WILD}\nresidual = true")
    return root


def test_a_residual_scenario_has_no_column_in_the_table_and_predicts_nothing(tmp_path):
    root = residual_orchard(tmp_path)
    path = root / "priors" / "orchard" / "table.csv"
    with pytest.raises(DataError, match="T002: scenario is 'wild'; allowed are felling, graft, resting"):
        load_framework(root, "orchard")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if ",wild," not in line) + "\n", encoding="utf-8")
    framework = load_framework(root, "orchard")
    assert framework.residual.tolist() == [False, False, False, True]
    assert framework.table.expected.shape == framework.table.marks.shape == (6, 3)
    assert framework.expected.shape == (6, 4)
    assert (framework.expected[:, 3] == 0).all()
    assert (framework.expected[:, :3] == load_framework(ORCHARD, "orchard").expected[:, :3]).all()


def test_a_residual_scenario_needs_two_others(harbour):
    text = model_file(harbour).read_text(encoding="utf-8")
    first, one, _, _, last = re.split(r"\[\[scenarios\]\]", text)
    residual = last.replace('short = "SHUT"', 'short = "SHUT"\nresidual = true', 1)
    model_file(harbour).write_text(f"{first}[[scenarios]]{one}[[scenarios]]{residual}", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="scenarios: a residual one needs at least two others"):
        load_framework(harbour, "harbour")


def test_the_families_of_a_framework_are_those_it_feeds():
    assert load_framework(HARBOUR, "harbour").families == ("direction", "count")
    orchard = load_framework(ORCHARD, "orchard")
    assert orchard.families == ("direction", "count", "event", "share", "level", "milestone", "withheld")
    assert orchard.series("share") == ("mood_in_pomar", "mood_in_quince")
    assert orchard.series("level") == ("hands_by_pomar", "hands_by_quince")
    assert [one.id for one in orchard.watched] == ["harvest_days", "grafts", "gates", "cider_books"]


def test_two_faults_are_two_lines(harbour):
    edit(model_file(harbour), "chains = 4", "chains = 1")
    edit(model_file(harbour), "cells = 8", "cells = 0")
    with pytest.raises(WorkspaceError, match="chains") as caught:
        load_framework(harbour, "harbour")
    assert len(str(caught.value).splitlines()) == 2


def test_one_scenario_is_refused(harbour):
    text = model_file(harbour).read_text(encoding="utf-8")
    first, *_, after = re.split(r"\[\[scenarios\]\]", text)
    rest = after[after.index("[[indicators]]") :]
    only = '[[scenarios]]\nid = "one_harbour"\nname = "One"\nshort = "ONE"\ndescription = "x"\n\n'
    model_file(harbour).write_text(first + only + rest, encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"scenarios: .*at least 2 items"):
        load_framework(harbour, "harbour")


def test_a_last_slant_that_does_not_fit_every_source_is_refused(harbour):
    edit(
        model_file(harbour),
        'id = "plain"\nreason = "Everyone else."',
        'id = "plain"\nkinds = ["blog"]\ncountries = ["QM"]\nreason = "x"',
    )
    with pytest.raises(WorkspaceError, match="slant"):
        load_framework(harbour, "harbour")


def test_a_slant_rule_that_can_never_fit_is_refused(harbour):
    # Kinds without countries: the rule asks for both, so it would silently match nothing.
    edit(model_file(harbour), 'kinds = ["official"]\ncountries = ["QX"]', 'kinds = ["official"]')
    with pytest.raises(WorkspaceError, match="slant"):
        load_framework(harbour, "harbour")


def test_a_scheduled_peak_does_not_come_before_its_first_year(harbour):
    edit(model_file(harbour), "first_year = 2022", "first_year = 2026")
    peaks = scheduled_peaks(load_framework(harbour, "harbour"), 48)[:, 0]
    assert np.flatnonzero(peaks).tolist() == [3 * 12 + 3]  # April 2026; April 2024 is before the first fair


def test_the_folder_must_be_called_as_the_model(harbour):
    (harbour / "models" / "harbour").rename(harbour / "models" / "port")
    with pytest.raises(WorkspaceError, match=r"model\.id is 'harbour' but the folder is 'port'; make them equal"):
        load_framework(harbour, "port")


def test_an_unknown_model_is_named_beside_those_there_are(harbour):
    with pytest.raises(MissingError, match=r"no model 'bay' in .*; there are: harbour"):
        load_framework(harbour, "bay")


TABLE_FAULTS = {
    "unknown indicator": ("convoys,drift", "ships,drift", "T001", "indicator is 'ships'; allowed are"),
    "unknown scenario": ("convoys,drift", "convoys,peace", "T002", "scenario is 'peace'; allowed are"),
    "expected of two": ("convoys grow,+1", "convoys grow,+2", "T003", r"expected is '\+2'; allowed are -1, 0, 1"),
    "unknown mark": ("convoys grow,+1,+", "convoys grow,+1,?", "T004", r"mark is '\?'; allowed are \+ = -"),
    "a blank mark": ("convoys grow,+1,+", "convoys grow,+1,", "T004", "mark is ''"),
    "another rater": ("+1,+,consensus", "+1,+,anna", "T005", "rater is .anna.; allowed are consensus; .* raters.csv"),
    "no descriptor": ("convoys grow", " ", "T006", "descriptor is ' '; it may not be blank"),
    "no source": (
        "convoys grow,+1,+,consensus,pact_paper p. 3",
        "convoys grow,+1,+,consensus,",
        "T006",
        "source is ''",
    ),
    "a cell twice": ("convoys,drift", "convoys,rivalry", "T007", "convoys under rivalry stands twice"),
}


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_table_refuses(name, harbour):
    old, new, code, message = TABLE_FAULTS[name]
    edit(table_file(harbour), old, new)
    with pytest.raises(DataError, match=rf"table\.csv:\d+: error {code}: {message}"):
        load_framework(harbour, "harbour")


def test_a_missing_cell_of_the_table_is_named(harbour):
    lines = table_file(harbour).read_text(encoding="utf-8").splitlines()
    table_file(harbour).write_text("\n".join([lines[0], *lines[3:]]) + "\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="no row for convoys under one_harbour and 1 more cells"):
        load_framework(harbour, "harbour")


def test_the_order_of_the_tables_lines_does_not_matter(harbour):
    before = load_framework(harbour, "harbour").table
    first, *rest = table_file(harbour).read_text(encoding="utf-8").splitlines()
    table_file(harbour).write_text("\n".join([first, *reversed(rest)]) + "\n", encoding="utf-8")
    after = load_framework(harbour, "harbour").table
    assert (after.expected == before.expected).all()
    assert (after.marks == before.marks).all()
    assert after.descriptors == before.descriptors


def test_the_table_holds_each_cell_in_its_place():
    table = load_framework(HARBOUR, "harbour").table
    assert table.expected.tolist()[1] == [-1, 0, 1, -1]
    assert table.marks.tolist()[1] == [0, 1, -1, -1]
    assert table.descriptors[3][3] == "shared purse shrinks"
    assert table.diagnosticity.tolist() == [1.0, 1.0, 1.0, 0.5, 0.0]


def test_the_tables_arrays_cannot_be_written():
    table = load_framework(HARBOUR, "harbour").table
    with pytest.raises(ValueError, match="read-only"):
        table.marks[0, 0] = 0


def test_the_root_is_found_from_below_by_option_and_by_environment(harbour, monkeypatch, tmp_path):
    monkeypatch.delenv("INDICAST_WORKSPACE", raising=False)
    assert find_root(start=harbour / "data" / "harbour") == harbour.resolve()
    assert find_root(given=harbour, start=tmp_path) == harbour.resolve()
    monkeypatch.setenv("INDICAST_WORKSPACE", str(harbour))
    assert find_root(start=tmp_path) == harbour.resolve()
    assert model_names(harbour) == ("harbour",)


def test_a_folder_that_is_no_workspace_is_refused(monkeypatch, tmp_path):
    monkeypatch.delenv("INDICAST_WORKSPACE", raising=False)
    with pytest.raises(MissingError, match=r"is no workspace: it has no models/<model>/model\.toml"):
        find_root(given=tmp_path)
    with pytest.raises(MissingError, match=r"no workspace at .* or above it; go to a folder"):
        find_root(start=tmp_path)


def test_a_missing_file_is_named(harbour):
    table_file(harbour).unlink()
    with pytest.raises(MissingError, match=r"table\.csv does not exist; create it"):
        load_framework(harbour, "harbour")
    with pytest.raises(MissingError, match=r"no\.toml does not exist"):
        read_toml(harbour / "no.toml")


def test_bytes_that_are_no_text_are_no_toml(harbour):
    model_file(harbour).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WorkspaceError, match="is no UTF-8 text"):
        load_framework(harbour, "harbour")


@pytest.mark.parametrize("text", ["2023-00", "2023-13", "2023-1", "23-01", "2023-01-01", "2023-01\n", "", "januar"])
def test_only_a_month_is_a_month(text):
    with pytest.raises(ValueError, match="is no month; write YYYY-MM"):
        month_index(text)
