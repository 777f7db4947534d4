"""Bugs planted one at a time in a copy of the package, and the checks that turn red.

A check that no bug can turn red is worthless. Each plant is one edit of one source file, as a
tired programmer might make it; the checks named with it are run against the mutated copy, and every
one of them must fail. They pass on the package as it is: they are part of this same suite.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


class Plant(NamedTuple):
    """One edit, and the checks that must notice it."""

    file: str
    old: str
    new: str
    checks: tuple[str, ...]


REFERENCE, UNIT = "tests/reference", "tests/unit"
PLANTS = {
    "inverted overdispersion, in the twin": Plant(
        "generative/count.py",
        "spread, number = np.asarray(overdispersion) ** 2",
        "spread, number = np.asarray(overdispersion) ** -2",
        (
            f"{REFERENCE}/test_count.py::test_density_equals_that_of_scipy",
            f"{REFERENCE}/test_twin.py::test_evidence_of_the_model_equals_the_twins",
        ),
    ),
    "transposed transition matrix, everywhere": Plant(
        "generative/chain.py",
        "    return matrix\n\n\ndef other_scenarios",
        "    return np.swapaxes(matrix, -1, -2)\n\n\ndef other_scenarios",
        (
            f"{REFERENCE}/test_chain.py::test_transition_rows_hold_the_leave_chance_and_the_exit_shares_in_declared_order",
            f"{REFERENCE}/test_chain.py::test_point_values_of_the_flagship_give_the_forecast_of_the_design",
            f"{REFERENCE}/test_twin.py::test_evidence_of_the_model_equals_the_twins",
        ),
    ),
    "transposed transition, in the recursion only": Plant(
        "generative/chain.py",
        '"...j,...jk->...k", state, transition',
        '"...j,...kj->...k", state, transition',
        (
            f"{REFERENCE}/test_chain.py::test_twin_equals_the_sum_over_all_paths",
            f"{REFERENCE}/test_horizons.py::test_forecast_equals_many_simulated_paths",
        ),
    ),
    "sign error in one column of expected states": Plant(
        "workspace/_table.py",
        'int(cells[key]["expected"].iloc[0]) for key in row',
        'int(cells[key]["expected"].iloc[0]) * (1 if place else -1) for place, key in enumerate(row)',
        (
            f"{REFERENCE}/test_marks.py::test_marks_give_the_anchor_of_the_design",
            f"{UNIT}/test_workspace.py::test_the_table_holds_each_cell_in_its_place",
        ),
    ),
    "a future row leaks": Plant(
        "ledger/_ledger.py",
        '(frame["known_date"] <= limit)',
        '(frame["event_date" if "event_date" in frame else "known_date"] <= limit)',
        (
            f"{UNIT}/test_known_at.py::test_no_row_known_later_is_visible_in_any_table",
            f"{UNIT}/test_known_at.py::test_a_panel_does_not_change_with_anything_known_later",
        ),
    ),
    "a dropped Jacobian, of coordinates": Plant(
        "generative/_simplex.py",
        'return pt.log(share.shape[-1].astype("float64")) + pt.log(share).sum(axis=-1)',
        "return pt.zeros_like(share[..., 0])",
        (f"{REFERENCE}/test_kernels.py::test_simplex_is_pymcs",),
    ),
    "a dropped Jacobian, of a density": Plant(
        "generative/share.py",
        "- np.log(scale) - LOG_ROOT_TWO_PI - np.log(value) - np.log1p(-value)",
        "- np.log(scale) - LOG_ROOT_TWO_PI",
        (f"{REFERENCE}/test_share.py",),
    ),
    "a doubled report": Plant(
        "panel/_reports.py",
        'key = [*CELL, "origin_id"]',
        'key = [*CELL, "line"]',
        (
            f"{UNIT}/test_panel.py::test_rows_of_one_origin_in_a_cell_are_one_report",
            f"{REFERENCE}/test_direction.py::test_ten_copies_of_one_origin_change_nothing",
        ),
    ),
    "detection forgotten where acts are tallied": Plant(
        "generative/event.py",
        "return np.asarray(detection[..., None] * ",
        "return np.asarray((detection[..., None] > 0) * ",
        (f"{REFERENCE}/test_event.py", f"{REFERENCE}/test_twin.py::test_evidence_of_the_model_equals_the_twins"),
    ),
    "a milestone's horizon read as months": Plant(
        "generative/milestone.py",
        "/ (MONTHS_PER_YEAR * np.asarray(years))",
        "/ np.asarray(years)",
        (f"{REFERENCE}/test_milestone.py",),
    ),
    "a level's change without its gap": Plant(
        "generative/level.py",
        'arrays["level_gap"][:, None] / MONTHS_PER_YEAR',
        "1.0 / MONTHS_PER_YEAR",
        (f"{REFERENCE}/test_level.py",),
    ),
    "shocks that forget their persistence": Plant(
        "generative/shocks.py",
        "matrix[..., 1:] *= np.sqrt(1.0 - phi**2)",
        "matrix[..., 1:] *= 1.0",
        (f"{REFERENCE}/test_shocks.py::test_every_month_has_variance_one_and_neighbours_correlate_by_phi_to_the_lag",),
    ),
    "both meanings of a mark exchanged": Plant(
        "generative/marks.py",
        "omega * present + (1.0 - omega)",
        "(1.0 - omega) * present + omega",
        (f"{REFERENCE}/test_marks.py::test_marks_give_the_anchor_of_the_design",),
    ),
    "an unreliable source that always errs": Plant(
        "generative/direction.py",
        "factor = reliability[..., None] * said + (1.0 - reliability[..., None]) * guess",
        "factor = reliability[..., None] * said + (1.0 - reliability[..., None]) * (~said) / 2.0",
        (f"{REFERENCE}/test_direction.py::test_a_worthless_source_has_likelihood_ratio_one",),
    ),
    "reports read as if no publication were due": Plant(
        "generative/direction.py",
        "flat_news(draws)[:, indicator], shown)",
        "flat_news(draws)[:, indicator])",
        (f"{REFERENCE}/test_withheld.py::test_both_families_together_are_the_exact_joint_of_publication_and_reports",),
    ),
    "reports drawn before publications": Plant(
        "evaluate/_simulate.py",
        "sorted(active(setting), key=lambda one: not one.leads)",
        "active(setting)",
        (f"{REFERENCE}/test_withheld.py::test_a_simulated_world_draws_reports_after_publications",),
    ),
    "the forecast one month late": Plant(
        "forecast/_horizons.py",
        "path = [state.to_numpy()]",
        "path = [step(state.to_numpy(), transition)]",
        (f"{REFERENCE}/test_horizons.py::test_horizon_zero_is_the_last_month_and_every_row_sums_to_one",),
    ),
    "a milestone decided before the scenario moves": Plant(
        "forecast/_milestones.py",
        "(moved * hazard).sum(axis=-1)",
        "(waiting * hazard).sum(axis=-1)",
        (
            f"{REFERENCE}/test_clocks.py::test_clocks_equal_simulated_paths",
            f"{REFERENCE}/test_clocks.py::test_a_scenario_entered_next_month_counts_next_month",
        ),
    ),
    "a clock one month late": Plant(
        "forecast/_milestones.py",
        "for h in range(1, longest + 1):",
        "for h in range(2, longest + 1):",
        (
            f"{REFERENCE}/test_clocks.py::test_clocks_equal_simulated_paths",
            f"{REFERENCE}/test_clocks.py::test_equal_hazards_forget_the_chain",
            f"{REFERENCE}/test_clocks.py::test_limits_of_the_hazard",
        ),
    ),
    "a clock of averages instead of an average of clocks": Plant(
        "forecast/_milestones.py",
        "rate = milestone.milestone_rate(draws, framework)[:, places]",
        "draws |= {name: np.broadcast_to(one.mean(axis=0), one.shape) for name, one in draws.items()}\n"
        "    rate = milestone.milestone_rate(draws, framework)[:, places]",
        (f"{REFERENCE}/test_clocks.py::test_every_draw_has_the_clock_of_its_own_parameters",),
    ),
    "a clock for what occurred": Plant(
        "forecast/_milestones.py",
        'return self.state != "occurred"',
        "return True",
        (
            f"{REFERENCE}/test_clocks.py::test_a_milestone_that_occurred_has_no_clock",
            "tests/contract/test_report.py::test_dates_of_the_experts_that_lie_ahead_stand_beside_the_declared_ones",
        ),
    ),
    "unclear read as not yet": Plant(
        "panel/_outcomes.py",
        '"unclear": "unclear"',
        '"unclear": "open"',
        (
            f"{UNIT}/test_milestone_states.py::test_a_partial_step_is_unclear_and_has_the_day_of_the_evidence",
            "tests/contract/test_report.py::test_each_milestone_says_how_it_stands",
        ),
    ),
    "every step can be dated": Plant(
        "generative/milestone.py",
        "return np.asarray(rate * draws[names.MILESTONE_CLARITY][:, :, None])",
        "return np.asarray(rate)",
        (
            f"{REFERENCE}/test_milestone.py::test_where_nothing_is_ever_clear_nothing_is_evidence",
            f"{REFERENCE}/test_twin.py",
        ),
    ),
    "the first outcome known instead of the latest": Plant(
        "ledger/_ledger.py",
        'keep="last"',
        'keep="first"',
        (
            f"{UNIT}/test_outcome_history.py::test_arrays_are_those_of_the_latest_known_row_told_by_hand",
            f"{UNIT}/test_outcome_history.py::test_a_milestone_that_was_open_and_then_reached_is_seen_as_each_day_saw_it",
        ),
    ),
    "the last outcome in the file instead of the latest known": Plant(
        "ledger/_ledger.py",
        'sort_values(["milestone", "known_date"]).drop',
        'sort_values("milestone", kind="stable").drop',
        (f"{UNIT}/test_outcome_history.py::test_the_order_of_rows_in_the_file_changes_nothing",),
    ),
    "a month that has not ended counted as open": Plant(
        "panel/_outcomes.py",
        "return _month(framework, day + pd.Timedelta(days=1))",
        "return _month(framework, day) + 1",
        (f"{UNIT}/test_outcome_history.py::test_not_yet_counts_only_the_months_that_had_ended",),
    ),
    "a statement heard as a number and again as a direction": Plant(
        "panel/_reports.py",
        "rows = rows[~told_by_number(rows, framework, hyperparameters, ledger, months)]",
        "rows = rows.copy()",
        (
            f"{UNIT}/test_streams.py::test_an_origin_that_is_evidence_by_a_number_or_an_act_is_no_report_of_that_month",
            f"{UNIT}/test_streams.py::test_the_flagships_only_origin_in_two_streams_of_a_month_is_heard_once",
        ),
    ),
    "a base that silences its origin": Plant(
        "panel/_readings.py",
        "return rows[rows.set_index(DAY).index.isin(changes.set_index(DAY).index)]",
        "return rows if len(changes) else rows",
        (f"{UNIT}/test_streams.py::test_the_flagships_only_origin_in_two_streams_of_a_month_is_heard_once",),
    ),
    "the last of two levels of a day": Plant(
        "panel/_readings.py",
        "mean = of_origin.groupby(level=DAY).mean()",
        "mean = of_origin.groupby(level=DAY).last()",
        (f"{UNIT}/test_panel_families.py::test_levels_of_one_day_are_averaged_as_logarithms_whoever_gave_them",),
    ),
    "every coming act found": Plant(
        "forecast/_predictive.py",
        "* draws[names.EVENT_DETECTION][:, watch, None]",
        "* 1.0",
        (f"{REFERENCE}/test_predictive.py::test_acts_one_month_ahead_are_a_mixture_of_poissons",),
    ),
    "the reference looks at its own month": Plant(
        "panel/_counts.py",
        "end = np.arange(values.shape[0])",
        "end = np.arange(values.shape[0]) + 1",
        (f"{UNIT}/test_panel.py::test_reference_of_a_month_uses_months_before_it_only",),
    ),
}


def planted(plant: Plant, folder: Path) -> Path:
    """Return the sources with one bug in them."""
    copy = folder / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "indicast" / plant.file
    text = path.read_text(encoding="utf-8")
    assert text.count(plant.old) >= 1, f"the plant no longer fits {plant.file}; mend the plant"
    path.write_text(text.replace(plant.old, plant.new), encoding="utf-8")
    return copy


def red(sources: Path, checks: tuple[str, ...]) -> tuple[set[str], str]:
    """Return which of the checks fail on given sources, and what pytest printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", "-rf", *checks]
    environment = os.environ | {"PYTHONPATH": str(sources), "HYPOTHESIS_PROFILE": "planted"}
    environment.pop("PYTEST_ADDOPTS", None)
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=500)
    failed = re.findall(r"^FAILED (\S+)", ran.stdout, flags=re.MULTILINE)
    return {check for check in checks if any(name.startswith(check) for name in failed)}, ran.stdout[-2000:]


@pytest.mark.parametrize("name", PLANTS)
def test_every_named_check_turns_red(name, tmp_path):
    plant = PLANTS[name]
    found, printed = red(planted(plant, tmp_path), plant.checks)
    assert found == set(plant.checks), f"still green: {set(plant.checks) - found}\n{printed}"


def test_the_copy_itself_is_not_what_turns_checks_red(tmp_path):
    sound = Plant("generative/chain.py", "def step", "def step", (f"{REFERENCE}/test_horizons.py",))
    found, printed = red(planted(sound, tmp_path), sound.checks)
    assert found == set(), printed
    assert "passed" in printed
