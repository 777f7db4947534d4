"""The flagship's table and ledger are complete and derived as their README says.

``exercises_monthly.csv`` and ``milestones.csv`` beside this file are copies of the
compiler's own summaries: ``coverage.csv`` and ``outcomes.csv`` must agree with them.
"""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.content

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LEDGER = ROOT / "data" / "belarus_russia"
MODEL = ROOT / "models" / "belarus_russia" / "model.toml"
KEY = ["event_date", "indicator", "source_id"]
DIRECTION_CLASHES = {
    ("chathamhouse-2023-03", "public_support", "2023-03"),
    ("hajun-2023-08-29", "russian_forces", "2023-08"),
}
# indicator: expected, then marks, for strengthening, status_quo, split
EXPERTS = {
    "exercises": ("+1 0 -1", "+ = -"),
    "exercise_posture": ("+1 0 -1", "+ - -"),
    "russian_forces": ("+1 0 -1", "+ - -"),
    "armament_modernisation": ("+1 0 0", "+ + +"),
    "leadership_stability": ("+1 0 -1", "+ - -"),
    "military_bases": ("+1 +1 -1", "+ + -"),
    "legislation": ("+1 +1 -1", "+ + -"),
    "officer_training": ("+1 0 -1", "= + -"),
    "defence_orders": ("+1 0 -1", "+ + ="),
    "joint_command": ("+1 0 -1", "= + ="),
    "integration_directions": ("+1 0 -1", "+ + -"),
    "public_support": ("+1 +1 -1", "= = ="),
    "international_pressure": ("+1 +1 -1", "+ = +"),
    "neighbour_pressure": ("+1 +1 -1", "+ + +"),
}


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.fixture(scope="module")
def observations():
    return read(LEDGER / "observations.csv")


@pytest.fixture(scope="module")
def sources():
    return read(LEDGER / "sources.csv")


@pytest.fixture(scope="module")
def coverage():
    return read(LEDGER / "coverage.csv")


@pytest.fixture(scope="module")
def of_exercises(coverage):
    return coverage[coverage["indicator"] == "exercises"].reset_index(drop=True)


@pytest.fixture(scope="module")
def outcomes():
    return read(LEDGER / "outcomes.csv")


@pytest.fixture(scope="module")
def exercises_monthly():
    return read(HERE / "exercises_monthly.csv")


@pytest.fixture(scope="module")
def milestones():
    return read(HERE / "milestones.csv")


@pytest.fixture(scope="module")
def table():
    return read(ROOT / "priors" / "belarus_russia" / "table.csv")


def starts_by_month(observations):
    """Return the number of joint exercises that began, by month."""
    rows = observations[(observations["indicator"] == "exercises") & (observations["kind"] == "event")]
    return rows.groupby(rows["event_date"].str[:7]).size()


@pytest.mark.parametrize(
    ("name", "rows"),
    [("observations", 240), ("sources", 283), ("corroboration", 100), ("coverage", 52 + 106), ("outcomes", 11)],
)
def test_every_row_of_the_ledger_is_there(name, rows):
    assert len(read(LEDGER / f"{name}.csv")) == rows


def test_every_source_that_is_cited_is_listed_once(observations, sources, outcomes):
    corroboration = read(LEDGER / "corroboration.csv")
    cited = [*observations["source_id"], *outcomes["source_id"]]
    cited += [*corroboration["source_id"], *corroboration["corroborating_source_id"]]
    assert sources["source_id"].is_unique
    assert set(cited) <= set(sources["source_id"])


def test_every_corroboration_matches_a_row_of_the_ledger(observations):
    corroboration = read(LEDGER / "corroboration.csv")
    known = set(observations[KEY].itertuples(index=False, name=None))
    assert set(corroboration[KEY].itertuples(index=False, name=None)) <= known


def test_exercises_that_began_are_as_many_as_the_monthly_summary_says(observations, exercises_monthly):
    summary = exercises_monthly.set_index("month")["exercises_started"].astype(int)
    starts = starts_by_month(observations)
    assert set(starts.index) <= set(summary.index)
    pd.testing.assert_series_equal(starts.reindex(summary.index, fill_value=0), summary, check_names=False)


def test_coverage_repeats_month_word_and_note_of_the_monthly_summary(of_exercises, exercises_monthly):
    assert of_exercises[["month", "coverage", "note"]].to_numpy().tolist() == (
        exercises_monthly[["month", "coverage", "notes"]].to_numpy().tolist()
    )


@pytest.mark.parametrize(
    ("indicator", "first"), [("exercises", "2020-09"), ("military_bases", "2020-08"), ("legislation", "2020-08")]
)
def test_coverage_has_every_month_once_and_is_known_at_its_end(indicator, first, coverage):
    rows = coverage[coverage["indicator"] == indicator]
    months = pd.PeriodIndex(rows["month"], freq="M")
    assert months.equals(pd.period_range(first, "2024-12", freq="M"))
    assert rows["known_date"].tolist() == months.to_timestamp(how="end").strftime("%Y-%m-%d").tolist()


def test_coverage_goes_together_with_the_counts_as_the_readme_says(of_exercises, observations):
    found = of_exercises["month"].isin(starts_by_month(observations).index)
    assert of_exercises.loc[found, "coverage"].value_counts().to_dict() == {"good": 11, "partial": 3}
    assert of_exercises.loc[~found, "coverage"].value_counts().to_dict() == {"partial": 30, "poor": 8}


def test_coverage_of_acts_is_one_word_in_every_month(coverage):
    # Given without a look at what was found: it cannot go together with the acts, as that of the exercises does.
    acts = coverage[coverage["indicator"] != "exercises"]
    assert set(acts["indicator"]) == {"military_bases", "legislation"}
    assert set(acts["coverage"]) == {"partial"}
    assert set(acts["note"].str.split(":").str[0]) == {"One word for every month"}
    assert len(acts) == 2 * 53


def test_outcomes_repeat_the_milestone_summary(outcomes, milestones):
    columns = ["milestone", "outcome", "date", "as_of", "source_id", "note"]
    pd.testing.assert_frame_equal(outcomes[columns], milestones[columns])
    assert outcomes["outcome"].value_counts().to_dict() == {"unclear": 6, "occurred": 3, "not_yet": 2}


# What the 2021 paper says of each step in its three scenario lists, as words of the priors: years, then the words for
# strengthening, status quo and split. "all" is a list that reads the same under the three.
JUDGEMENTS = {
    "updated_union_state_military_doctrine_adopted": (1, "listed"),
    "common_logistics_base_established": (1, "listed"),
    "russian_air_force_base_established": (3, "highly_likely", "negotiated", "blocked"),
    "special_forces_cooperation_agreement_concluded": (3, "highly_likely", "negotiated", "blocked"),
    "joint_command_structures_formed": (5, "highly_likely", "negotiated", "blocked"),
    "joint_command_and_control_made_official": (5, "highly_likely", "negotiated", "blocked"),
    "units_ready_for_joint_combat_operations": (5, "highly_likely", "not_mentioned", "against_the_scenario"),
    "integration_projects_blocked": (3, "against_the_scenario", "not_mentioned", "listed"),
    "minsk_demands_control_of_projects": (5, "blocked", "negotiated", "listed"),
}


def test_judgements_about_milestones_are_those_of_the_design_row_by_row():
    found = read(ROOT / "priors" / "belarus_russia" / "milestones.csv")
    expected = [
        (milestone, scenario, str(years), word)
        for milestone, (years, *words) in JUDGEMENTS.items()
        for scenario, word in zip(
            ["all"] if len(words) == 1 else ["strengthening", "status_quo", "split"], words, strict=True
        )
    ]
    assert len(found) == len(expected) == 23
    columns = ["milestone", "scenario", "horizon_years", "word"]
    assert list(found[columns].itertuples(index=False, name=None)) == expected
    assert (found["source"] == "jasutis2021 section 3, scenario lists").all()
    assert found["reason"].str.len().min() > 10


def test_declared_milestones_are_those_with_an_outcome_and_those_judged(outcomes):
    declared = [one["id"] for one in tomllib.loads(MODEL.read_text(encoding="utf-8"))["milestones"]]
    assert len(declared) == len(set(declared)) == 13
    assert set(declared) == set(outcomes["milestone"]) | set(JUDGEMENTS)
    # Neither blocked projects nor demands of Minsk have a row: nobody looked for them, so nothing is known.
    assert set(JUDGEMENTS) - set(outcomes["milestone"]) == {
        "integration_projects_blocked",
        "minsk_demands_control_of_projects",
    }


def test_every_word_of_a_judgement_has_numbers_and_every_number_a_judgement():
    priors = tomllib.loads((ROOT / "priors" / "belarus_russia" / "hyperparameters.toml").read_text(encoding="utf-8"))
    words = priors["constants"]["milestone_words"]["value"]
    assert set(words) == {word for _, *given in JUDGEMENTS.values() for word in given}


def test_an_outcome_that_occurred_is_known_with_its_ledger_row_and_never_before_its_date(outcomes, observations):
    occurred = outcomes[outcomes["outcome"] == "occurred"]
    rows = occurred.merge(observations, left_on=["source_id", "date"], right_on=["source_id", "event_date"])
    assert len(rows) == len(occurred)
    assert (rows["known_date_x"] == rows[["date", "known_date_y"]].max(axis=1)).all()
    assert (occurred["known_date"] >= occurred["date"]).all()


def test_any_other_outcome_is_known_from_its_latest_evidence(outcomes):
    others = outcomes[outcomes["outcome"] != "occurred"]
    assert (others["known_date"] == others["as_of"]).all()


def test_a_known_date_before_the_event_belongs_to_an_announced_measure(observations):
    early = observations[observations["known_date"] < observations["event_date"]]
    assert early["kind"].value_counts().to_dict() == {"event": 6, "count": 2}
    assert (early["published_date"] == early["known_date"]).all()


def test_known_dates_follow_the_rule_of_the_readme(observations, sources):
    published = observations["source_id"].map(sources.set_index("source_id")["published_date"])
    month = published.str[:7].where(published.str.len() >= len("2021-07"), observations["event_date"].str[:7])
    month_end = pd.PeriodIndex(month, freq="M").to_timestamp(how="end").strftime("%Y-%m-%d")
    expected = observations["published_date"].where(observations["published_date"] != "", month_end)
    differs = expected != observations["known_date"]
    assert observations.loc[differs, KEY].to_numpy().tolist() == [["2022-09-01", "exercises", "andrewdoria_v22"]]
    assert (observations.loc[differs, "known_date"] == observations.loc[differs, "event_date"]).all()


def test_one_origin_has_two_directions_in_a_month_only_where_the_readme_says(observations):
    month = observations["event_date"].str[:7].rename("month")
    directions = observations.groupby(["origin_id", "indicator", month])["direction"].nunique()
    assert set(directions[directions > 1].index) == DIRECTION_CLASHES


def test_the_key_of_a_row_stands_twice_only_where_the_readme_says(observations):
    twice = observations[observations.duplicated(KEY)]
    assert twice[KEY].to_numpy().tolist() == [
        ["2021-07-01", "officer_training", "jasutis2021"],
        ["2021-07-01", "russian_forces", "jasutis2021"],
    ]


def test_the_experts_table_has_the_expected_codes_and_marks_in_order(table):
    scenarios = ["strengthening", "status_quo", "split"]
    wanted = [
        [indicator, *cell]
        for indicator, (expected, marks) in EXPERTS.items()
        for cell in zip(scenarios, expected.split(), marks.split(), strict=True)
    ]
    assert table[["indicator", "scenario", "expected", "mark"]].to_numpy().tolist() == wanted


def test_every_cell_of_the_experts_table_has_few_words_one_rater_and_a_source(table):
    assert table["descriptor"].str.split().str.len().between(2, 6).all()
    assert set(table["rater"]) == {"consensus"}
    assert set(table["source"]) == {"jasutis2021 Table No 3"}
