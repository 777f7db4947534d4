"""`indicast whatif`: an answer or one line that says what to do, in 80 columns, whole as JSON, and no slow import."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from indicast.cli import main

HEAVY = ("pymc", "pytensor", "nutpie", "arviz", "arviz_stats", "matplotlib", "numba", "scipy.stats", "xarray.core")
REPORT = "pilot_exchange=-1@2024-07:A"


@pytest.fixture(scope="module")
def root(made_up, tmp_path_factory):
    """The workspace of a run whose draws are those of its priors."""
    return Path(shutil.copytree(made_up.framework.root, tmp_path_factory.mktemp("asked") / "harbour"))


@pytest.fixture
def own(root, tmp_path):
    """The same workspace, to be changed."""
    return Path(shutil.copytree(root, tmp_path / "harbour"))


@pytest.fixture
def ask(root, monkeypatch, capsys):
    """Return a call of ``indicast whatif`` that gives exit code, output and complaints."""

    def call(*words, workspace=root):
        monkeypatch.setattr("sys.argv", ["indicast", "whatif", "harbour", *words, "--workspace", str(workspace)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


def refused(answer):
    code, said, complaint = answer
    assert code == 2
    assert said == ""
    assert complaint.startswith("indicast: ")
    assert complaint.count("\n") == 1
    return complaint


def test_an_answer_has_a_line_for_each_scenario_and_what_it_rests_on(ask, made_up):
    code, said, complaint = ask("--observe", REPORT, "--observe", "convoys=4@2024-06")
    assert (code, complaint) == (0, "")
    assert max(map(len, said.splitlines())) < 80
    assert said.startswith(f"what if, in 2024-07, from {made_up.run.id} without a refit; supposed:\n")
    assert "pilot_exchange parting in 2024-07: event, source graded A2, slant plain" in said
    assert "convoys: 4 in 2024-06" in said
    for scenario in made_up.framework.declaration.scenarios:
        assert any(scenario.name in line and "->" in line and " dB" in line for line in said.splitlines())
    assert "k-hat" in said
    assert "of 1000 draws" in said
    assert "association" not in said


def test_json_says_all_and_is_what_the_lines_round(ask):
    code, said, _ = ask("--observe", REPORT, "--json")
    told = json.loads(said)
    assert code == 0
    assert told["answered"]
    assert told["road"] == "weights"
    assert told["as_of"] == "2024-07"
    assert told["k_hat"] < told["k_hat_limit"]
    rows = told["scenarios"]
    for side in ("before", "after"):
        assert sum(row[side] for row in rows) == pytest.approx(1.0, abs=1e-12)
    for row in rows:
        assert row["difference"] == pytest.approx(row["after"] - row["before"], abs=1e-15)
        odds = row["after"] / (1 - row["after"]) / (row["before"] / (1 - row["before"]))
        assert row["decibans"] == pytest.approx(10.0 * np.log10(odds), abs=1e-9)
        assert row["beyond_noise"] == (abs(row["difference"]) > 2.0 * row["difference_mcse"])
    assert ask("--observe", REPORT, "--json")[1] == said
    assert json.loads(ask("--observe", REPORT, "--json", "--seed", "8")[1])["scenarios"] != rows


def test_a_driver_is_association_and_not_cause(ask):
    said = ask("--observe", "council_tone=+1@2024-06")[1]
    assert said.endswith("Tone of the council: association, not cause\n")
    assert json.loads(ask("--drop-indicator", "council_tone", "--json")[1])["association_not_cause"]


def test_a_row_left_out_is_named_by_its_id_or_its_line_alike(ask, made_up):
    line = made_up.ledger.observations.index[-2]
    name = made_up.ledger.observations["record_id"].iloc[-2]
    answers = [json.loads(ask("--without", text, "--json")[1]) for text in (name, name[:8], f"observations.csv:{line}")]
    assert answers[0]["scenarios"] == answers[1]["scenarios"] == answers[2]["scenarios"]
    assert answers[0]["as_of"] == "2024-06"
    assert all(one["supposed"] == [f"without row {name}"] for one in answers)


def test_a_source_graded_otherwise_moves_something(ask):
    told = json.loads(ask("--grade", "tide_table=F", "--json")[1])
    assert told["supposed"] == ["source tide_table graded F"]
    assert any(row["difference"] for row in told["scenarios"])


def test_what_no_draw_foresaw_is_withheld_and_a_refit_offered(ask):
    words = [
        f"{name}={sign}@2024-{month:02d}:A1"
        for month in range(1, 9)
        for sign in ("+1", "-1")
        for name in ("pilot_exchange", "dredging_funds", "council_tone")
    ]
    asked = [word for text in words for word in ("--observe", text)]
    code, said, _ = ask(*asked)
    assert code == 1
    assert "->" not in said
    assert "--refit" in said
    code, said, _ = ask(*asked, "--json")
    told = json.loads(said)
    assert (code, told["answered"], told["scenarios"], told["next"]) == (1, False, None, "Ask again with --refit")
    assert told["k_hat"] > told["k_hat_limit"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "nothing is supposed; give --observe"),
        (["--observe", "pilot_exchanges=+1@2024-06"], "did you mean 'pilot_exchange'"),
        (["--observe", "pilot_exchange"], "write indicator=value@YYYY-MM"),
        (["--observe", "pilot_exchange=+1"], "write indicator=value@YYYY-MM"),
        (["--observe", "pilot_exchange=+2@2024-06"], "allowed are +1, 0, -1, parting, level, joining"),
        (["--observe", "pilot_exchange=partin@2024-06"], "did you mean 'parting'"),
        (["--observe", "pilot_exchange=event@2024-06"], "no acts of pilot_exchange are counted"),
        (["--observe", "pilot_exchange=3 boats@2024-06"], "no series in 'boats'"),
        (["--observe", "pilot_exchange=+1@2024-13"], "'2024-13' is no month"),
        (["--observe", "pilot_exchange=+1@2024-06-31"], "'2024-06-31' is no month"),
        (["--observe", "pilot_exchange=+1@2022-12"], "outside the months that can be told: 2023-01 to 20"),
        (["--observe", "pilot_exchange=+1@2031-01"], "outside the months that can be told: 2023-01 to 20"),
        (["--observe", "pilot_exchange=+1@2024-06:G"], "'G' says nothing"),
        (["--observe", "pilot_exchange=+1@2024-06:B:A"], "'A' says nothing"),
        (
            ["--observe", "pilot_exchange=+1@2024-06:level"],
            "no level of pilot_exchange that is joining feeds the model",
        ),
        (["--observe", "convoys=some@2024-06"], "convoys is counted; write how many"),
        (["--observe", "convoys=-1@2024-06"], "convoys is counted; write how many"),
        (["--observe", "convoys=1@2024-06", "--observe", "convoys=2@2024-06"], "convoys is supposed twice"),
        (["--observe", "second_quay=occurred@2024-06"], "milestone second_quay is no evidence"),
        (["--without", "nothing"], "no row 'nothing' stood on 2024-06-30; 'indicast observe list harbour"),
        (["--without", "observations.csv:9999"], "no row 'observations.csv:9999' stood"),
        (["--grade", "tide_tabl=B"], "did you mean 'tide_table'"),
        (["--grade", "tide_table=G"], "write SOURCE=LETTER"),
        (["--grade", "tide_table"], "write SOURCE=LETTER"),
        (["--drop-indicator", "convoy"], "did you mean 'convoys'"),
        (["--drop-rater", "anna"], "one judgement that its experts agreed on"),
        (["--observe", REPORT, "--as-of", "2024-06"], "ask for 2024-07 or later"),
        (["--observe", REPORT, "--as-of", "June"], "--as-of: "),
        (["--observe", REPORT, "--as-of", "2031-01"], "too far ahead"),
        (["--observe", REPORT, "--as-of", "2024-03"], "make one with 'indicast fit harbour --as-of 2024-03'"),
        (["--observe", REPORT, "--run", "2024-06_0"], "no run 2024-06_0"),
    ],
)
def test_bad_input_is_one_line_that_says_what_is_allowed(ask, words, told):
    assert told in refused(ask(*words))


def test_a_run_of_other_declarations_is_not_asked(ask, own):
    with (own / "priors" / "harbour" / "hyperparameters.toml").open("a", encoding="utf-8") as declared:
        declared.write("\n# another word\n")
    complaint = refused(ask("--observe", REPORT, workspace=own))
    assert "made with another hyperparameters.toml; make one anew: 'indicast fit harbour'" in complaint


def changed_rows(own, change):
    path = own / "data" / "harbour" / "observations.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(rows).to_csv(path, index=False)


def test_a_run_that_is_older_than_the_ledger_is_not_asked_unless_it_is_named(ask, own, made_up):
    changed_rows(own, lambda rows: rows.assign(summary=rows["summary"].str.upper()))
    assert "the ledger has changed since" in refused(ask("--observe", REPORT, workspace=own))

    def with_news(rows):
        day = {"event_date": "2024-07-02", "known_date": "2024-07-03", "published_date": "", "origin_id": "news"}
        return pd.concat([rows, rows.iloc[[-1]].assign(**day)])

    shutil.copytree(made_up.framework.data_folder, own / "data" / "harbour", dirs_exist_ok=True)
    changed_rows(own, with_news)
    complaint = refused(ask("--observe", REPORT, workspace=own))
    assert (
        "it heard news to 2024-06-30, and there is some of 2024-07-03; 'indicast fit harbour' hears them" in complaint
    )
    assert ask("--observe", REPORT, "--run", made_up.run.id, workspace=own)[0] == 0


def test_where_there_is_no_run_the_command_that_makes_one_is_named(ask, own):
    shutil.rmtree(own / "runs")
    assert "make one with 'indicast fit harbour'" in refused(ask("--observe", REPORT, workspace=own))


def test_no_answer_writes_anything(ask, own):
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    assert ask("--observe", REPORT, "--grade", "tide_table=C", workspace=own)[0] == 0
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_an_observation_is_answered_without_a_slow_import(root):
    """The check can fail: with --without the ledger is read again, and xarray is there."""

    def loaded(*words):
        code = (
            "import sys\nfrom indicast.cli import main\nsys.argv = ['indicast', 'whatif', 'harbour', *sys.argv[1:]]\n"
            "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code, ended.code\n"
            f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
        )
        said = subprocess.run(
            [sys.executable, "-c", code, *words, "--workspace", str(root)], capture_output=True, text=True, check=True
        )
        return said.stdout.splitlines()[-1]

    assert loaded("--observe", REPORT, "--observe", "convoys=3@2024-06") == "loaded []"
    assert loaded("--grade", "tide_table=C") == "loaded ['xarray.core']"
