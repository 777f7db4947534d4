"""What is supposed moves what the full twin and a ledger with the same rows say it moves."""

import time
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import xarray as xr

from indicast.cli._supposing import supposed
from indicast.errors import RunError
from indicast.explain import Question, ask, known, refit, what_if
from indicast.explain._changed_evidence import differing
from indicast.explain._instant import read
from indicast.explain._questions import pose
from indicast.explain._reweighting import weights
from indicast.explain._supposed_ledger import with_rows
from indicast.generative import emission, marks
from indicast.infer import Sampler, Settings, drawn_of, plain_panel
from indicast.panel import Vintage, last_day, used_months
from indicast.workspace import month_index

CASES = {
    "harbour": ["pilot_exchange=-1@2024-06:A", "convoys=4@2024-05", "council_tone=0@2023-02"],
    "orchard": [
        "grafts=event@2024-06",
        "mood=-1@2024-02:C:claim",
        "harvest_days=2@2024-01",
        "joint_barn=occurred@2024-05",
        "cider_books=+1@2024-06",
    ],
    "mill": [],
    "flagship": ["russian_forces=+1@2024-12:B", "exercises=3@2024-06", "legislation=event@2023-01"],
}


def a_run(world, seed=7, size=400, later=0):
    drawn = drawn_of(world.tree(world.draws(seed, size)))
    return known(drawn, world.framework, world.hyperparameters, later, np.random.default_rng(5))


def question(world, run, *texts):
    last = world.framework.start_index + run.panel.sizes["time"] - 1
    return Question(run.panel, supposed(world.framework, texts, last))


def month_of(run):
    last = run.framework.start_index + run.panel.sizes["time"] - 1
    return f"{last // 12:04d}-{last % 12 + 1:02d}"


def by_twin(run, panel):
    """Return log p(panel | draw) and the last probabilities, every month computed again."""
    evidence = emission.log_emission(run.draws, run.framework, run.hyperparameters, panel.as_dataset())
    found = emission.run_chain(run.draws, evidence)
    return found.log_marginal, found.filtered[:, -1]


@pytest.mark.parametrize("later", [0, 3])
@pytest.mark.parametrize("name", ["harbour", "orchard", "flagship"])
def test_changes_alone_say_what_the_full_twin_says_draw_by_draw(name, later, request):
    world = request.getfixturevalue(name)
    run = a_run(world, size=60, later=later)
    for texts in ([one] for one in [*CASES[name], CASES[name]]):
        flat = texts[0] if isinstance(texts[0], list) else texts
        panel = pose(run, question(world, run, *flat)).panel
        found = read(run, panel)
        log_marginal, last = by_twin(run, panel)
        np.testing.assert_allclose(found.log_ratio, log_marginal - by_twin(run, run.panel)[0], atol=1e-9)
        np.testing.assert_allclose(found.last, last, atol=1e-11)


def test_draws_that_rule_a_scenario_out_are_read_from_all_evidence(harbour):
    """Counts that grow e^20-fold a year in the first scenario, nearly Poisson, leave it less than a number can hold."""
    draws = harbour.draws(7, 60)
    draws["overdispersion"][:20], draws["growth"][:20, :, 0] = 1e-3, 20.0
    drawn = drawn_of(harbour.tree(draws))
    run = known(drawn, harbour.framework, harbour.hyperparameters, 0, np.random.default_rng(5))
    assert (drawn.filtered == 0.0).any()
    for text in ("pilot_exchange=-1@2024-06:A", "council_tone=0@2023-02"):
        panel = pose(run, question(harbour, run, text)).panel
        found, (log_marginal, last) = read(run, panel), by_twin(run, panel)
        np.testing.assert_allclose(found.log_ratio, log_marginal - by_twin(run, run.panel)[0], atol=1e-8)
        np.testing.assert_allclose(found.last, last, atol=1e-9)


def test_the_comparison_with_the_twin_can_fail(harbour):
    run = a_run(harbour, size=60)
    panel = pose(run, question(harbour, run, CASES["harbour"][0])).panel
    assert np.abs(read(run, run.panel).last - by_twin(run, panel)[1]).max() > 0.01


@pytest.mark.parametrize("name", ["harbour", "orchard"])
@pytest.mark.parametrize("place", [0, 3])
def test_a_supposed_report_moves_what_a_row_of_the_ledger_moves(name, place, request):
    world = request.getfixturevalue(name)
    text = {
        "harbour": ["pilot_exchange=-1@2024-06:A", "council_tone=0@2023-02"],
        "orchard": ["mood=-1@2024-02:C:claim"] * 2,
    }
    tree = world.tree(world.draws(7, 400))
    run = known(drawn_of(tree), world.framework, world.hyperparameters, 0, np.random.default_rng(5))
    posed = question(world, run, text[name][place // 3])
    ledger = world.ledger.known(date.fromisoformat(world.panel.attrs["known_at"]))
    when = Vintage(month_of(run), last_day(month_index(month_of(run))))
    longer = with_rows(ledger, world.framework, posed.observations)
    expected = what_if(world.framework, world.hyperparameters, tree, ledger, longer, when, seed=5)
    found = ask(run, posed, month_of(run))
    np.testing.assert_allclose(found.after, expected.after, atol=1e-12)
    np.testing.assert_allclose(found.difference_mcse, expected.difference_mcse, atol=1e-12)
    assert found.k_hat == pytest.approx(expected.k_hat, abs=1e-9)
    assert np.abs(found.difference).max() > 1e-4


def test_a_question_that_supposes_nothing_moves_nothing_exactly(orchard):
    run = a_run(orchard, later=2)
    found = ask(run, Question(run.panel), month_of(run))
    np.testing.assert_array_equal(found.before, found.after)
    assert found.k_hat == -np.inf


def test_an_indicator_left_out_is_heard_neither_in_reports_nor_in_marks(harbour):
    """The other road: a world that has no such row in its ledger, and a twin whose evidence lacks its marks."""
    run, place = a_run(harbour, size=300), harbour.framework.indicators.index("council_tone")
    found = ask(run, Question(run.panel, indicators=(place,)), month_of(run))
    rows = harbour.ledger.observations
    gone = replace(harbour.ledger, observations=rows[rows["indicator"] != "council_tone"])
    reports = read(run, pose(run, Question(run.panel, indicators=(place,))).panel)
    tree = harbour.tree(harbour.draws(7, 300))
    when = Vintage("2024-06", last_day(month_index("2024-06")))
    expected = what_if(harbour.framework, harbour.hyperparameters, tree, harbour.ledger, gone, when, seed=5)
    assert np.abs(found.after - expected.after).max() > 1e-6, "the marks say something of their own"
    assert reports.log_ratio.std() > 0.0
    table, draws = harbour.framework.table, run.draws
    climate = emission.with_climate(draws, harbour.framework)["climate"][:, 0]
    whole = marks.log_emission(draws, table, harbour.hyperparameters, climate, harbour.framework.residual)
    others = [other for other in range(len(harbour.framework.indicators)) if other != place]
    fewer = replace(
        table,
        expected=table.expected[others],
        marks=table.marks[others],
        descriptors=tuple(table.descriptors[other] for other in others),
    )
    part = {**draws, "strength": draws["strength"][:, others]}
    left = marks.log_emission(part, fewer, harbour.hyperparameters, climate[:, others], harbour.framework.residual)
    panel = pose(run, Question(run.panel, indicators=(place,))).panel
    evidence = emission.log_emission(draws, harbour.framework, harbour.hyperparameters, panel.as_dataset())
    evidence[:, 0] += left - whole
    chained = emission.run_chain(draws, evidence)
    ratio = chained.log_marginal - by_twin(run, run.panel)[0]
    mean = weights(ratio.reshape(run.drawn.shape)).mean(chained.filtered[:, -1].reshape(*run.drawn.shape, -1))
    np.testing.assert_allclose(found.after, mean, atol=1e-9)


def test_a_rater_left_out_moves_something_and_an_indicator_of_a_rated_table_is_left_to_a_fit(rated):
    run = a_run(rated, size=300)
    found = ask(run, Question(run.panel, raters=(rated.framework.table.ratings.raters[0],)), month_of(run))
    assert np.abs(found.difference).max() > 0.0
    assert found.k_hat > -np.inf
    with pytest.raises(RunError, match="only a fit can tell"):
        ask(run, Question(run.panel, indicators=(0,)), month_of(run))


def test_a_refit_is_made_of_the_supposed_panel_and_has_errors_of_its_own(harbour, monkeypatch):
    """The sampler is stood in for by draws of the priors: what is fitted and what is told of it are looked at."""
    run, seen = a_run(harbour, later=1), []
    again = harbour.tree(harbour.draws(8, 400))

    def fit(_self, panel, settings, *, progress):
        seen.append((panel, settings, progress))
        return again.assign({"sample_stats": xr.DataTree(xr.Dataset({"diverging": ("draw", [False, True, False])}))})

    monkeypatch.setattr(Sampler, "fit", fit)
    posed = question(harbour, run, "pilot_exchange=-1@2024-07:A")
    settings = Settings(chains=2, tune=10, draws=200, target_accept=0.9, seed=3)
    found, divergences = refit(run, posed, "2024-07", settings, 24)
    ((panel, given, _),) = seen
    assert (given, divergences) == (settings, 1)
    assert panel.sizes["time"] == 24
    assert int(panel["month_used"].sum()) == int(panel.attrs["months"]) == 19
    asked = pose(run, posed).panel
    for family in harbour.framework.families:
        assert not differing(family, plain_panel(used_months(panel)), asked)
    last = again["posterior"]["filtered"].isel(time=-1).mean(("chain", "draw"))
    np.testing.assert_allclose(found.after, last, atol=1e-12)
    np.testing.assert_allclose(found.before, ask(run, posed, "2024-07").before, atol=1e-12)
    np.testing.assert_allclose(found.difference_mcse, np.hypot(found.before_mcse, found.after_mcse), atol=1e-15)
    with pytest.raises(RunError, match="no fit leaves out the marks of one indicator"):
        refit(run, Question(run.panel, indicators=(0,)), "2024-07", settings, 24)


def test_an_answer_takes_a_blink(flagship):
    """4000 draws in 50 ms on an idle machine; ten times that here, for other work may share the processor."""
    run = a_run(flagship, size=4000, later=1)
    posed = question(flagship, run, "russian_forces=+1@2025-01:B")
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        ask(run, posed, "2025-01")
        taken.append(time.perf_counter() - began)
    assert np.median(taken) < 0.5
