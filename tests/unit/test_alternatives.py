"""Alternatives: nothing changed moves nothing, every one is answered, and what was saved is not computed again."""

import re
from dataclasses import replace

import numpy as np
import pytest

from indicast import names
from indicast.errors import RunError, WorkspaceError
from indicast.explain import (
    Bench,
    Declared,
    answer_key,
    answers,
    as_saved,
    declared_otherwise,
    from_saved,
    reweighed,
    what_if,
)
from indicast.explain import _alternative_answers as road
from indicast.generative import emission, marks
from indicast.infer import Settings
from indicast.panel import Vintage, last_day
from indicast.workspace import Alternative, month_index, read_alternatives, undeclared

WHEN = Vintage("2024-06", last_day(month_index("2024-06")))


def alternative(identity="one", **changes):
    return Alternative(id=identity, name=identity, reason="asked", **changes)


@pytest.fixture(scope="module")
def tree(harbour):
    return harbour.tree(harbour.draws(5, 1000))


@pytest.fixture(scope="module")
def base(harbour):
    return Declared(harbour.framework, harbour.hyperparameters, harbour.panel)


def otherwise(world, **changes):
    asked = alternative(**changes)
    return declared_otherwise(asked, world.framework, world.hyperparameters, world.ledger, WHEN)


def bench_of(world, tree, base, seconds=0.0):
    return Bench(tree, base, world.ledger, WHEN, Settings(2, 50, 50, 0.8, 1), seconds)


def test_a_change_to_the_declared_value_moves_nothing(harbour, tree, base):
    sigma = float(harbour.hyperparameters.priors[names.TILT_MEAN].arguments["sigma"])
    found = reweighed(tree, base, otherwise(harbour, priors={"tilt_mean": {"sigma": sigma}}))
    now = tree["posterior"][names.FILTERED].isel(time=-1).mean(("chain", "draw"))
    np.testing.assert_allclose(found.now, now, atol=1e-12)
    assert found.k_hat == -np.inf
    assert found.trusted


def test_weights_of_another_prior_stand_for_its_own_draws(harbour, base):
    # Draws of the priors under a wide and a narrow tilt, weighed from one to the other: the ledger's part is in both.
    narrow = {"tilt_mean": {"sigma": 0.4}}
    other = otherwise(harbour, priors=narrow)
    world = harbour._replace(hyperparameters=other.hyperparameters)
    weighed = reweighed(harbour.tree(harbour.draws(5, 8000)), base, other)
    own = world.tree(world.draws(6, 8000))["posterior"][names.FILTERED].isel(time=-1).to_numpy()
    error = np.hypot(weighed.error, own.std(axis=(0, 1)) / np.sqrt(8000))
    # Five joint standard errors.
    np.testing.assert_array_less(np.abs(weighed.now - own.mean(axis=(0, 1))), 5.0 * error)
    assert weighed.trusted


def test_an_alternative_far_from_all_draws_is_not_trusted(harbour, tree, base):
    assert not reweighed(tree, base, otherwise(harbour, priors={"tilt_mean": {"mu": 9.0}})).trusted


def test_lower_letters_change_only_judged_sources(harbour, base):
    lower = otherwise(harbour, grades_lower=1).panel["report_grade"].to_numpy()
    before = base.panel["report_grade"].to_numpy()
    assert set(np.unique(lower[before < 4] - before[before < 4])) == {1}
    np.testing.assert_array_equal(lower[before >= 4], before[before >= 4])
    assert (lower != before).any()


def test_left_out_indicators_say_nothing_at_all(harbour, tree):
    everyone = otherwise(harbour, without_indicators=harbour.framework.indicators)
    draws = harbour.draws(5, 20)
    evidence = emission.log_emission(draws, everyone.framework, everyone.hyperparameters, everyone.panel)
    felt = emission.with_climate(draws, harbour.framework)
    seen = marks.as_seen(harbour.framework.table, harbour.panel)
    table = marks.log_emission(draws, seen, harbour.hyperparameters, felt["climate"][:, 0])
    np.testing.assert_allclose(evidence[:, 0], table, atol=1e-12)
    np.testing.assert_array_equal(evidence[:, 1:], 0.0)
    rest = road.told(tree, everyone)
    free = emission.run_chain(harbour.draws(5, 1000), np.zeros((1000, everyone.panel.sizes["time"], 4)))
    np.testing.assert_allclose(rest.now, free.filtered[:, -1], atol=1e-9)


def test_without_milestones_weights_are_those_of_other_rows(orchard):
    tree = orchard.tree(orchard.draws(5, 600))
    own = Declared(orchard.framework, orchard.hyperparameters, orchard.panel)
    known = tuple(dict.fromkeys(orchard.ledger.outcomes["milestone"]))
    other = otherwise(orchard, without_milestones=known)
    found = reweighed(tree, own, other)
    fewer = replace(orchard.ledger, outcomes=orchard.ledger.outcomes.iloc[:0])
    same = what_if(orchard.framework, orchard.hyperparameters, tree, orchard.ledger, fewer, WHEN, seed=1)
    np.testing.assert_allclose(found.now, same.after, atol=1e-9)
    np.testing.assert_allclose(found.k_hat, same.k_hat, atol=1e-6)
    # Not weighed at all, the same draws say something else.
    assert np.abs(road.told(tree, other).now.mean(axis=0) - found.now).max() > 1e-4


def test_another_first_month_is_left_to_a_fit(orchard):
    month = Vintage("2024-06", last_day(month_index("2024-06")))
    own = Declared(orchard.framework, orchard.hyperparameters, orchard.panel)
    asked = alternative(start="history")
    other = declared_otherwise(asked, orchard.framework, orchard.hyperparameters, orchard.ledger, month)
    with pytest.raises(RunError, match="only a fit can tell"):
        reweighed(orchard.tree(orchard.draws(5, 40)), own, other)


def test_every_alternative_is_answered_and_none_is_dropped_for_time(harbour, tree, base):
    asked = (
        alternative("near", priors={"tilt_mean": {"sigma": 0.45}}),
        alternative("far", priors={"tilt_mean": {"mu": 9.0}}),
    )
    found = answers(bench_of(harbour, tree, base), asked, {}, {"near": "a", "far": "b"})
    assert [one.id for one in found] == ["near", "far"]
    assert [one.road for one in found] == ["weights", "not computed"]
    assert found[1].now == ()
    assert "cannot be trusted" in found[1].remark


def test_what_weights_cannot_tell_is_fitted_if_time_allows(harbour, tree, base, monkeypatch):
    monkeypatch.setattr(Bench, "fit", lambda *_: fitted(harbour))
    far = (alternative("far", priors={"tilt_mean": {"mu": 9.0}}),)
    found = answers(bench_of(harbour, tree, base, seconds=np.inf), far, {}, {"far": "b"})[0]
    assert found.road == "refit"
    assert sum(found.now) == pytest.approx(1.0)


def test_a_short_fit_whose_chains_disagree_says_so(harbour, tree, base, monkeypatch):
    def disagreeing(*_):
        other = fitted(harbour)
        held = other["posterior"].to_dataset()
        last = held[names.FILTERED].to_numpy().copy()
        last[0] = 0.5 * last[0] + 0.5 * np.eye(last.shape[-1])[0]  # one chain of two believes in the first scenario
        other["posterior"] = type(other)(held.assign({names.FILTERED: (held[names.FILTERED].dims, last)}))
        return other

    monkeypatch.setattr(Bench, "fit", disagreeing)
    far = (alternative("far", priors={"tilt_mean": {"mu": 9.0}}),)
    found = answers(bench_of(harbour, tree, base, seconds=np.inf), far, {}, {"far": "b"})[0]
    assert found.road == "refit"
    limit = harbour.framework.declaration.gates.rhat_max
    told = re.fullmatch(rf"R-hat (\d\.\d+) where {limit:g} is allowed", found.remark)
    assert told
    assert float(told[1]) > limit


def fitted(world):
    """Return a tree as a fit would leave it, without one."""
    other = world.tree(world.draws(9, 200))
    size = {dim: other["posterior"].sizes[dim] for dim in ("chain", "draw")}
    other["sample_stats"] = (
        other["sample_stats"].to_dataset().assign(diverging=(tuple(size), np.zeros(tuple(size.values()), dtype=bool)))
    )
    return other


def test_saved_answers_are_not_computed_again(harbour, tree, base, monkeypatch):
    asked = (alternative("near", priors={"tilt_mean": {"sigma": 0.45}}),)
    key = {"near": answer_key(asked[0], "run", "code")}
    first = answers(bench_of(harbour, tree, base), asked, {}, key)
    saved = {key["near"]: from_saved(as_saved(first[0]))}
    monkeypatch.setattr(road, "told", None)
    assert answers(bench_of(harbour, tree, base), asked, saved, key) == first


def test_another_run_code_or_change_has_another_key():
    one, other = (alternative(priors={"tilt_mean": {"sigma": value}}) for value in (0.4, 0.5))
    keys = {
        answer_key(one, "r", "c"),
        answer_key(other, "r", "c"),
        answer_key(one, "s", "c"),
        answer_key(one, "r", "d"),
    }
    assert len(keys) == 4


def test_a_run_of_another_ledger_is_refused(harbour, tree):
    ledger = replace(harbour.ledger, observations=harbour.ledger.observations.iloc[:-3])
    other = Declared(harbour.framework, harbour.hyperparameters, harbour.seen(ledger, "2024-06"))
    asked = (alternative(priors={"tilt_mean": {"sigma": 0.45}}),)
    with pytest.raises(RunError, match="fit the month again"):
        answers(bench_of(harbour, tree, other), asked, {}, {"one": "a"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"priors": {"wind": {"mu": 1.0}}}, "prior wind is not declared"),
        ({"priors": {"tilt_mean": {"median": 1.0}}}, "no argument median"),
        ({"constants": {"wind": 1.0}}, "constant wind"),
        ({"without_indicators": ("wind",)}, "indicator wind"),
        ({"without_milestones": ("wind",)}, "milestone wind"),
    ],
)
def test_what_is_not_declared_cannot_be_changed(harbour, changes, said):
    with pytest.raises(WorkspaceError, match=said):
        otherwise(harbour, **changes)


def test_an_alternative_that_changes_nothing_is_refused():
    with pytest.raises(ValueError, match="changes nothing"):
        alternative()


def test_without_a_file_alternatives_follow_from_what_is_declared(orchard, harbour):
    ids = [one.id for one in undeclared(orchard.framework)]
    assert ids == [one.id for one in read_alternatives(orchard.framework)]
    assert {"start_labels", "start_history", "sources_lower"} <= set(ids)
    assert "start_marks" not in ids
    assert "sources_lower" in [one.id for one in read_alternatives(harbour.framework)]


def test_a_wrong_file_says_where_and_what(harbour, tmp_path):
    framework = replace(harbour.framework, root=tmp_path)
    path = framework.model_file.with_name("alternatives.toml")
    path.parent.mkdir(parents=True)
    path.write_text('[[alternatives]]\nid = "a"\nname = "a"\nreason = "r"\nwind = 3\n')
    with pytest.raises(WorkspaceError, match=r"alternatives\.0\.wind"):
        read_alternatives(framework)
    path.write_text('[[alternatives]]\nid = "a"\nname = "a"\nreason = "r"\ngrades_lower = 1\n' * 2)
    with pytest.raises(WorkspaceError, match="declared twice"):
        read_alternatives(framework)


def test_the_flagships_alternatives_can_all_be_declared(flagship):
    when = Vintage("2024-12", last_day(month_index("2024-12")))
    found = read_alternatives(flagship.framework)
    assert len(found) > 10
    for one in found:
        declared_otherwise(one, flagship.framework, flagship.hyperparameters, flagship.ledger, when)
