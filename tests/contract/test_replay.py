"""Whatever of a published month was altered is named, and what cannot be replayed says why.

The fit is made up, as in the tests of the report; ``tests/recovery/test_replayed_month.py`` samples.
"""

import csv
import hashlib
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from indicast.cli import main
from indicast.infer import manifest_hash
from indicast.ledger import read_ledger
from indicast.publish import Issue

PLACE = Path(__file__).with_name("test_report.py")
FILES = ("report.html", "report.md", "forecast.csv")


@pytest.fixture(scope="session")
def reports():
    """Return the module whose workspace and made-up posterior are used here."""
    spec = importlib.util.spec_from_file_location("made_up_reports", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def case(reports, tmp_path, monkeypatch):
    """Return a workspace that published June 2023; replaying it samples nothing."""
    (tmp_path / "workspace").mkdir()
    case = reports.Case(tmp_path / "workspace")
    run = case.run()
    case.folder = case.publish(run)
    case.refits = []
    case.tree = run.tree

    def refit(options, made):
        case.refits.append((options, made))
        return case.tree

    monkeypatch.setattr("indicast.cli._replay.refit", refit)
    return case


@pytest.fixture
def replay(case, monkeypatch, capsys):
    def call(*words, month="2023-06", model="visits"):
        root = str(case.framework.root)
        monkeypatch.setattr("sys.argv", ["indicast", "replay", model, month, "--workspace", root, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


def lines(out):
    """Return verdict and reason by what was compared."""
    rows = [line.split(maxsplit=2) for line in out.splitlines()[:-1] if not line.startswith(" ")]
    return {what: words for what, *words in rows}


def rewrite(case, **changes):
    """Change the manifest as someone would who also mends its hash."""
    path = case.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    gone = {key for key, value in changes.items() if value is None}
    manifest = {key: value for key, value in (manifest | changes).items() if key not in gone}
    path.write_text(json.dumps(manifest | {"hash": manifest_hash(manifest)}), encoding="utf-8")


def append(path, row):
    """Append a row to a file of the ledger, with the columns that the file lacks."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(dict.fromkeys([*rows[0], *row]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows([*rows, rows[0] | row])


def test_an_untouched_month_is_the_same_twice_and_nothing_is_written(case, replay):
    before = {path: path.read_bytes() for path in case.framework.root.rglob("*") if path.is_file()}
    first, second = replay(), replay()
    assert first[:2] == second[:2]
    assert first[0] == 0
    assert {words[0] for words in lines(first[1].replace("manifest hash", "manifest-hash")).values()} == {"same"}
    assert first[1].endswith("visits 2023-06: made again, and nothing that was compared differs\n")
    assert {path: path.read_bytes() for path in case.framework.root.rglob("*") if path.is_file()} == before


def test_numbers_altered_together_with_their_manifest_are_not_those_of_the_record(case, replay):
    path = case.folder / "forecast.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    manifest = json.loads((case.folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["published"]["sha256"]["forecast.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(case, published=manifest["published"])
    code, out, _ = replay()
    assert code == 1
    assert lines(out)["record"] == ["differs", "published.csv has other numbers as edition 1"]
    (case.framework.reports_folder / "published.csv").unlink()
    code, out, _ = replay()
    assert code == 0
    assert lines(out)["record"][0] == "not"


def test_a_month_without_a_page_can_be_replayed(case, replay):
    case.publish(case.run(), issue=Issue(page=False))
    code, out, _ = replay()
    assert code == 0, out
    assert "report.html" not in out


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_altered_is_named(name, case, replay):
    path = case.folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    code, out, _ = replay()
    assert code == 1
    assert lines(out)[name] == ["differs", "altered after publication"]
    assert out.splitlines()[-1] == f"visits 2023-06: differs from what was published ({name})"
    path.unlink()
    assert lines(replay()[1])[name] == ["differs", "the file is gone"]
    assert replay("--numbers")[0] == 1


def test_a_number_that_was_altered_is_found_even_if_the_hash_in_the_manifest_was_mended(case, replay):
    path = case.folder / "forecast.csv"
    text = path.read_text(encoding="utf-8").splitlines()
    head, _, value = text[5].rpartition(",")
    text[5] = f"{head},{float(value) + 0.25!r}"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    published = json.loads((case.folder / "manifest.json").read_text(encoding="utf-8"))["published"]
    published["sha256"]["forecast.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(case, published=published)
    code, out, _ = replay()
    assert code == 1
    found = lines(out)
    assert found["forecast.csv"] == ["same"]
    assert found["numbers"][1].startswith("1 of ")
    assert "probabilities by up to 25 points (scenario" in found["numbers"][1]
    assert "NOT within Monte Carlo error" in found["numbers"][1]


def test_a_row_that_was_taken_out_or_put_in_is_counted(case, replay):
    path = case.folder / "forecast.csv"
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*text[:-1], text[-1].replace("visits", "others")]) + "\n", encoding="utf-8")
    assert "2 rows stand in one of the two only; NOT within" in lines(replay()[1])["numbers"][1]
    path.write_text("nothing\n", encoding="utf-8")
    assert "rows stand in one of the two only; NOT within" in lines(replay()[1])["numbers"][1]


@pytest.mark.parametrize("value", ["0.9", "nan", "many"])
def test_a_second_row_for_the_same_number_is_counted_whatever_it_says(value, case, replay):
    path = case.folder / "forecast.csv"
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*text, f"{text[5].rpartition(',')[0]},{value}"]) + "\n", encoding="utf-8")
    assert "1 rows stand in one of the two only; NOT within" in lines(replay()[1])["numbers"][1]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("hash", "0" * 64, "its content is not what its own hash says"),
        ("sampler", {"seed": 1}, "its content is not what its own hash says"),
        ("declarations", None, "the content of table.csv in it is not what its SHA-256 there says"),
    ],
)
def test_a_manifest_that_was_altered_is_not_replayed(key, value, told, case, replay):
    path = case.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if key == "declarations":
        manifest[key]["table.csv"]["content"] += "\n"
        manifest["hash"] = manifest_hash(manifest)
    else:
        manifest[key] = value
    path.write_text(json.dumps(manifest), encoding="utf-8")
    code, out, _ = replay("--numbers")
    assert code == 1
    assert lines(out)["manifest.json"] == ["differs", told]
    assert "not made again, because its manifest is not the one that was published" in out
    assert case.refits == []


def test_later_news_and_rows_recorded_later_change_nothing(case, replay):
    data = case.framework.data_folder
    late = {"known_date": "2023-08-01", "event_date": "2023-07-30", "published_date": "2023-08-01"}
    append(data / "observations.csv", late | {"summary": "Later", "origin_id": "l1"})
    backfilled = {"known_date": "2023-03-01", "published_date": "2023-03-01", "recorded_at": "2023-09-01T10:00:00Z"}
    append(data / "observations.csv", backfilled | {"summary": "Found in September", "origin_id": "l2"})
    code, out, err = replay()
    assert (code, err) == (0, ""), out
    assert lines(out)["ledger"] == ["same"]


def test_an_old_row_that_was_altered_is_located_and_named(case, replay):
    path = case.framework.data_folder / "observations.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("An old row", "An old rows"), encoding="utf-8")
    code, out, _ = replay()
    assert code == 1
    told = "the ledger as known on 2023-06-30 has changed since: observations.csv, rows known in 2023-02"
    assert lines(out)["ledger"] == ["differs", told]
    assert replay("--numbers")[0] == 1


def git(root, *words):
    own = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.hooksPath=/dev/null"]
    command = [shutil.which("git"), "-C", str(root), *own, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="only where there is git can it be asked")
def test_where_git_has_the_commit_the_rows_that_changed_are_shown(case, replay):
    root, path = case.framework.root, case.framework.data_folder / "observations.csv"
    git(root, "init", "-q")
    git(root, "add", "data")
    git(root, "commit", "-q", "-m", "x")
    rewrite(case, git_commit=git(root, "rev-parse", "HEAD"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("An old row", "An old\u202e rows"), encoding="utf-8")
    append(path, {"known_date": "2023-03-01", "recorded_at": "2023-09-01T10:00:00Z", "origin_id": "later"})
    out = replay()[1]
    shown = [line for line in out.splitlines() if line.startswith("  observations.csv, ")]
    assert [line.split(":")[0] for line in shown] == ["  observations.csv, then", "  observations.csv, now"]
    assert "summary An old row" in shown[0]
    assert "summary An old? rows" in shown[1]
    rewrite(case, git_commit="--help")
    assert "observations.csv, then" not in replay()[1]


@pytest.mark.skipif(shutil.which("git") is None, reason="only where there is git can it be asked")
def test_rows_that_only_got_their_ids_written_down_are_not_shown_as_changed(case, replay):
    root, path = case.framework.root, case.framework.data_folder / "observations.csv"
    git(root, "init", "-q")
    git(root, "add", "data")
    git(root, "commit", "-q", "-m", "x")
    rewrite(case, git_commit=git(root, "rev-parse", "HEAD"))
    frame = read_ledger(case.framework)[0]["observations"]
    assert frame["known_date"].iloc[[1, 2]].str.startswith("2023-06").all()
    frame.assign(summary=frame["summary"].where(frame.index != frame.index[1], "Another")).to_csv(path, index=False)
    shown = [line for line in replay()[1].splitlines() if line.startswith("  observations.csv, ")]
    assert [line.split(":")[0] for line in shown] == ["  observations.csv, then", "  observations.csv, now"]


def test_a_row_put_in_by_hand_with_an_old_date_is_located(case, replay):
    by_hand = {"known_date": "2023-03-01", "published_date": "2023-03-01", "summary": "By hand", "origin_id": "l3"}
    append(case.framework.data_folder / "observations.csv", by_hand)
    assert lines(replay()[1])["ledger"][1].endswith("since: observations.csv, rows known in 2023-03")


def test_a_source_that_was_altered_is_located(case, replay):
    path = case.framework.data_folder / "sources.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("The Gazette", "A Gazette"), encoding="utf-8")
    assert lines(replay()[1])["ledger"][1].endswith("since: sources.csv, rows without a known date")


def test_another_library_is_named_and_forgiven_only_on_request(case, replay):
    libraries = json.loads((case.folder / "manifest.json").read_text(encoding="utf-8"))["libraries"]
    now = libraries["numpy"]
    rewrite(case, libraries=libraries | {"numpy": "0.9"})
    code, out, _ = replay()
    assert code == 1
    assert lines(out)["libraries"] == ["differs", f"numpy 0.9 -> {now}"]
    assert lines(out)["numbers"] == ["same"]
    code, out, _ = replay("--numbers")
    assert code == 0
    assert "the published numbers stand, although there differ: libraries, manifest hash" in out


def test_numbers_are_forgiven_within_monte_carlo_error_and_only_with_other_versions(case, replay):
    case.tree = case.run(seed=99).tree  # another run of the same posterior
    assert replay()[0] == 1
    assert replay("--numbers")[0] == 1
    rewrite(case, code_sha256="0" * 64)
    code, out, _ = replay("--numbers")
    assert code == 0, out
    assert "within Monte Carlo error" in lines(out)["numbers"][1]
    assert "NOT" not in lines(out)["numbers"][1]
    case.tree = case.run(seed=99, top=0.6).tree
    code, out, _ = replay("--numbers")
    assert code == 1
    assert "NOT within Monte Carlo error" in lines(out)["numbers"][1]


def test_a_manifest_of_an_older_form_is_compared_as_far_as_it_goes(case, replay):
    rewrite(case, ledger=None)
    code, out, _ = replay()
    assert code == 0
    assert lines(out)["ledger"][0] == "not"
    assert out.count("the manifest is of an older form, which does not hold it") == 2
    assert lines(out)["numbers"] == ["same"]


def test_json_says_the_same(case, replay):
    (case.folder / "report.md").write_text("x", encoding="utf-8")
    code, out, err = replay("--json")
    said = json.loads(out)
    assert (code, err) == (1, "")
    assert (said["same"], said["failed"], said["refitted"]) == (False, ["report.md"], True)
    assert said["numbers"]["within"] is True
    assert {one["what"]: one["verdict"] for one in said["checks"]}["report.md"] == "differs"


def test_a_month_that_was_not_published_is_answered_with_those_that_were(replay):
    code, _, err = replay(month="2023-05")
    assert code == 2
    assert "no manifest.json of 2023-05" in err
    assert "there are: 2023-06" in err
    assert "there are: visits" in replay(model="../visits")[2]
    assert "MONTH: " in replay(month="../2023")[2]


def test_a_draft_is_no_publication(case, replay):
    case.publish(case.run("2023-05", passed=False), draft=True)
    code, _, err = replay(month="2023-05")
    assert code == 2
    assert "is a draft, which is no publication" in err
    assert "published are: 2023-06" in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no JSON", "lacks a usable as_of, code_sha256, declarations"),
        ("[]", "lacks a usable as_of, code_sha256, declarations"),
        ("[" * 100_000, "lacks a usable as_of, code_sha256, declarations"),
    ],
    ids=["words", "list", "depth"],
)
def test_a_broken_manifest_is_named(text, told, case, replay):
    (case.folder / "manifest.json").write_text(text, encoding="utf-8")
    code, _, err = replay()
    assert code == 2
    assert told in err
    assert "restore the file" in err


ODD = (7, "x", [], {"x": []}, {"x": "y"}, {"sha256": {"forecast.csv": 1}}, {"months": -1}, {"months": "x"})


@pytest.mark.parametrize(
    "key", ["model", "known_at", "declarations", "sampler", "padded", "published", "ledger", "libraries", "git_commit"]
)
def test_no_value_of_a_manifest_ends_in_a_traceback(key, case, replay):
    # The call fails if anything but the exit of the command comes out.
    whole = (case.folder / "manifest.json").read_text(encoding="utf-8")
    for odd in ODD:
        (case.folder / "manifest.json").write_text(whole, encoding="utf-8")
        rewrite(case, **{key: odd})
        code, out, err = replay()
        assert code in ({0, 1, 2} if key in {"libraries", "git_commit"} else {2}), (odd, out)
        assert code < 2 or err.startswith("indicast: ")


def test_the_manifest_of_another_month_is_not_taken_for_this_one(case, replay):
    rewrite(case, as_of="2023-05")
    assert "is the manifest of visits 2023-05; restore the file of that folder" in replay()[2]


def test_a_sampler_that_this_version_does_not_know_is_named(case, replay):
    rewrite(case, sampler={"chains": 2, "temperature": 3})
    code, _, err = replay()
    assert code == 2
    assert "sampler has chains, temperature, and this version knows chains, draws, seed" in err
