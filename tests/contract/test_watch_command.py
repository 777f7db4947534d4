"""``indicast watch``: 80 columns, JSON for scripts, and a line that says what to run for each kind of fault."""

import json
import shutil

import pytest

from indicast.cli import main


@pytest.fixture
def root(made_up, tmp_path):
    return shutil.copytree(made_up.framework.root, tmp_path / "workspace")


@pytest.fixture
def watch(root, monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", "watch", "harbour", "--workspace", str(root), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return call


def refused(told):
    code, out, err = told
    assert (code, out) == (2, "")
    assert err.startswith("indicast: ")
    return err.splitlines()[-1]


def test_the_list_fits_a_terminal_and_says_what_each_thing_would_do(watch, made_up):
    code, out, _ = watch()
    lines = out.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"2024-07, from {made_up.run.id}: ONE ")
    assert lines[1].endswith("|RIV") or "|" in lines[1][-10:]
    assert lines[2].startswith(" 1 ")
    assert " -> " in out
    assert "association, not cause" in out
    assert "milli-nats" in out
    assert " bits" in out


def test_json_holds_all_rows_and_top_cuts_both(watch):
    code, out, err = watch("--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    ranked = [one["nats"] for one in told["watch"]]
    assert ranked == sorted(ranked, reverse=True)
    keys = {"month", "stream", "label", "chance", "nats", "mcse", "bits", "pair", "pair_nats", "before", "outcomes"}
    assert keys <= set(told["watch"][0])
    assert set(told["watch"][0]["outcomes"][0]) == {"name", "probability", "scenario"}
    assert json.loads(watch("--json", "--top", "2")[1])["watch"] == told["watch"][:2]


def test_a_pair_is_asked_for_by_short_name_or_id(watch):
    pairs = [
        json.loads(watch("--json", "--pair", text)[1])["watch"][0]["pair"]
        for text in ("riv,ONE", "rivalry,one_harbour")
    ]
    assert pairs == [["rivalry", "one_harbour"]] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--pair", "ONE,rivalri"),
            "--pair: 'rivalri' is no scenario; did you mean 'rivalry' or 'RIV'? allowed are ONE, DRIFT",
        ),
        (
            ("--pair", "ONE"),
            "--pair: 'ONE' is not two scenarios; write two of ONE, DRIFT, RIV, SHUT, such as ONE,DRIFT",
        ),
        (("--pair", "ONE,one_harbour"), "is not two scenarios"),
        (("--month", "2024-06"), "ask for 2024-07 or later, or use a run of the month before: 'indicast fit harbour"),
        (("--month", "soon"), "--month: 'soon' is no month; write YYYY-MM"),
        (("--run", "2024-01_x"), "make one with 'indicast fit harbour"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(watch, words, said):
    assert said in refused(watch(*words))


def test_without_a_run_the_command_that_makes_one_is_named(watch, root):
    shutil.rmtree(root / "runs")
    assert "make one with 'indicast fit harbour'" in refused(watch())


@pytest.mark.parametrize(
    ("file", "more", "named"),
    [
        (
            "data/harbour/observations.csv",
            "2024-06-20,,2024-06-21,council_tone,event,,,parting,A late note,saltmarsh,B,2,2024-06-21,late-note\n",
            "ledger",
        ),
        ("priors/harbour/hyperparameters.toml", "\n# another word\n", "hyperparameters.toml"),
    ],
)
def test_a_run_that_is_older_than_the_workspace_is_refused(watch, root, file, more, named):
    with (root / file).open("a", encoding="utf-8") as opened:
        opened.write(more)
    line = refused(watch())
    assert f"was made with another {named} than now lies in the workspace" in line
    assert "fit the month again: 'indicast fit harbour --as-of 2024-06'" in line


def test_the_cheapest_deception_is_told_with_what_was_ruled_out_and_a_fit_has_the_last_word(
    watch, made_up, monkeypatch
):
    """The fit is put in place of the sampler's: it leaves everything as it was, whatever weighed draws say."""
    given = []

    def fit(_self, panel, settings, *, progress):
        given.append((int(panel.attrs["months"]), settings.seed, progress))
        return made_up.run.tree

    monkeypatch.setattr("indicast.infer.Sampler.fit", fit)
    code, out, err = watch("--top", "1", "--deception", "--grade", "a", "--refit", "--quiet")
    text = " ".join(out.split())
    assert (code, err) == (0, "")
    assert given == [(18, made_up.run.manifest["sampler"]["seed"], False)]
    assert max(map(len, out.splitlines())) <= 80
    assert "4 more rows: --top 5." in text
    assert "the cheapest deception of 2024-06: ONE " in text
    assert "another scenario on top of DRIFT" in text
    assert "reports graded A faked, each costs 1; no word on a milestone is among them." in text
    assert "the fit leaves DRIFT on top" in text
    assert "what single tricks would do, the most harmful first:" in text


def test_json_holds_the_deception(watch):
    told = json.loads(watch("--json", "--deception", "--grade", "A")[1])["deception"]
    assert told["found"]["flips"]
    assert told["found"]["trusted"]
    assert told["refit"] is None
    assert told["smallest"] == (len(told["found"]["tricks"]) == 1)
    assert {"kind", "label", "words"} == set(told["found"]["tricks"][0])
    assert sum(told["before"]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--refit",), "--refit is about a deception; add --deception"),
        (("--grade", "A"), "--grade is about a deception; add --deception"),
        (("--deception", "--grade", "Z"), "--grade: 'Z' is no reliability letter; allowed are A, B, C, D, E, F"),
    ],
)
def test_what_is_said_of_deceptions_wrongly_is_refused(watch, words, said):
    assert said in refused(watch(*words))
