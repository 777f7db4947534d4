"""The cheapest deception: changes are what the rows themselves do, and what is ruled out was looked at."""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest

from indicast import names
from indicast.explain import Search, cheapest_deception, deceived_panel, what_if
from indicast.explain import _deception as searching
from indicast.explain._added_evidence import Passed, each_added, mean_of
from indicast.explain._deceived import Deceived, Deception, lead
from indicast.explain._deception import Field, _exactly, _singles
from indicast.explain._dropped import Fit, terms_of
from indicast.explain._seen import as_fitted
from indicast.explain._tricks import FAKED, deceived, effects, faked, hidden, together
from indicast.generative import chain, emission
from indicast.panel import Vintage, last_day
from indicast.workspace import month_index

MONTH = "2024-06"
WHEN = Vintage(MONTH, last_day(month_index(MONTH)))
SIZE = 400


@pytest.fixture(scope="module")
def tree(harbour):
    return harbour.tree(harbour.draws(41, SIZE))


@pytest.fixture(scope="module")
def fit(harbour, tree):
    seen = as_fitted(tree, harbour.framework, harbour.hyperparameters, 0, np.random.default_rng(0))
    return Fit(
        harbour.framework, harbour.hyperparameters, harbour.ledger.known(WHEN.known_at), WHEN, seen, (2, SIZE // 2)
    )


@pytest.fixture(scope="module")
def passed(fit):
    seen = fit.seen
    evidence = emission.log_emission(seen.draws, fit.framework, fit.hyperparameters, seen.panel)
    return Passed(seen.draws[names.INITIAL], seen.transition, evidence - seen.one_step[..., None])


@pytest.fixture(scope="module")
def tricks(fit):
    return [*hidden(fit), *faked(fit, "A")]


@pytest.fixture(scope="module")
def field(fit, passed, tricks):
    top = int(fit.seen.filtered[:, -1].mean(axis=0).argmax())
    known = terms_of(fit)
    return Field(fit, known, passed, effects(fit, known, tricks), top)


def test_changes_added_at_once_are_the_chain_run_again(passed):
    rng = np.random.default_rng(1)
    options = [{(0, t): rng.normal(0.0, 1.0, passed.initial.shape)} for t in (0, 5, 17)]
    options += [{(0, t): rng.normal(0.0, 1.0, passed.initial.shape) for t in (2, 3, 9)}]
    options += [{(0, 4): options[0][(0, 0)], (1, 4): options[1][(0, 5)]}]
    ends = each_added(passed, options)
    for changes, found in zip(options, ends, strict=True):
        run = chain.forward_backward(passed.added(changes).evidence, passed.transition, passed.initial)
        apart = np.log(found.sum(axis=-1)) - run.log_marginal
        np.testing.assert_allclose(apart, apart[0], atol=1e-9)
        np.testing.assert_allclose(found / found.sum(axis=-1, keepdims=True), run.filtered[:, -1], atol=1e-9)
    np.testing.assert_allclose(mean_of(ends).sum(axis=1), 1.0, atol=1e-12)


def test_evidence_beyond_all_bounds_is_borne(passed):
    extreme = np.linspace(-900.0, 900.0, passed.initial.size).reshape(passed.initial.shape)
    ends = each_added(passed, [{(0, 3): extreme}, {(0, 3): extreme, (0, 4): extreme}])
    assert np.isfinite(mean_of(ends)).all()
    np.testing.assert_allclose(mean_of(ends).sum(axis=1), 1.0, atol=1e-12)


def test_nothing_added_leaves_the_posterior_as_it_is(passed, fit):
    ends = each_added(passed, [{(0, 3): np.zeros_like(passed.initial)}])
    np.testing.assert_allclose(ends[0], fit.seen.filtered[:, -1], atol=1e-9)


def test_every_trick_does_what_its_rows_do(harbour, tree, field):
    """Against the whole chain under the changed ledger, for a hidden origin, a report, a count and a word of each."""
    singles = {one.tricks[0]: one for one in _singles(field)}
    some = list(singles)[:: max(len(singles) // 5, 1)]
    some += [one for one in singles if one.label == "convoys" and one.kind == "fake"]
    assert {one.kind for one in some} == {"hide", "fake"}
    for trick in some:
        after = deceived(field.fit.ledger, [trick], MONTH)
        found = what_if(harbour.framework, harbour.hyperparameters, tree, harbour.ledger, after, WHEN, seed=1)
        np.testing.assert_allclose(singles[trick].after, found.after, atol=1e-6, err_msg=trick.words)
        assert singles[trick].k_hat == pytest.approx(found.k_hat, abs=1e-6)
        np.testing.assert_allclose(singles[trick].mcse, found.difference_mcse, atol=1e-6)


def test_a_hidden_origin_takes_all_its_rows_with_it(fit, tricks):
    rows = fit.ledger.observations
    for one in tricks:
        if one.kind == "hide":
            assert set(one.lines) == set(rows.index[rows["origin_id"] == one.label])
    assert not any(
        one.kind == "hide" and (rows.loc[list(one.lines), "source_id"] == "pact_paper").all() for one in tricks
    )


def test_fakes_are_rows_of_their_own_without_a_slant_in_the_last_month(fit, tricks):
    fakes = [one for one in tricks if one.kind == "fake"][:3]
    ledger = deceived(fit.ledger, [*fakes, fakes[0]], MONTH)
    added = ledger.observations[ledger.observations["source_id"] == FAKED]
    assert len(added) == 4
    assert added["origin_id"].is_unique
    assert (added["event_date"].dt.strftime("%Y-%m") == MONTH).all()
    panel = deceived_panel(fit.framework, fit.hyperparameters, fit.ledger, WHEN, fakes)
    assert panel.attrs["reports"] > fit.seen.panel.attrs["reports"]


def test_tricks_in_different_places_add_up_and_those_in_one_place_are_played_together(field):
    fakes = [one for one in field.effects if one.kind == "fake" and one.label != "convoys"]
    first = fakes[0]
    other = next(one for one in fakes if one.label != first.label)
    both = together(field.fit, field.known, (first, other))
    for key, value in (field.effects[first] | field.effects[other]).items():
        np.testing.assert_allclose(both[key], value, atol=1e-9)
    twice, (key,) = together(field.fit, field.known, (first, first)), field.effects[first]
    assert np.abs(twice[key] - 2.0 * field.effects[first][key]).max() > 0.01


def asked(world, tree, **how):
    return cheapest_deception(world.framework, world.hyperparameters, tree, world.ledger, WHEN, Search(**how))


def test_the_set_that_is_found_flips_the_top_scenario_and_says_what_it_ruled_out(harbour, tree):
    found = asked(harbour, tree, grade="A")
    best = found.found
    assert best.flips
    assert best.trusted
    after = deceived(harbour.ledger.known(WHEN.known_at), best.tricks, MONTH)
    other = what_if(harbour.framework, harbour.hyperparameters, tree, harbour.ledger, after, WHEN, seed=1)
    np.testing.assert_allclose(best.after, other.after, atol=1e-6)
    assert harbour.framework.scenarios[int(other.after.argmax())] != found.top
    leads = [lead(one.after, found.scenarios.index(found.top)) for one in found.singles]
    assert leads == sorted(leads)
    size = len(best.tricks)
    assert found.ruled_out == min(size - 1, 2)
    if size > 1:
        assert not any(one.flips and one.trusted for one in found.singles)


@pytest.fixture
def small(field, monkeypatch):
    """Let the search have five tricks of little harm, three of which touch one place."""
    fakes = [one for one in faked(field.fit, "E") if one.label == "pilot_exchange"]
    chosen = [one for one in field.effects if one.kind == "hide"][:2] + fakes
    monkeypatch.setattr(searching, "hidden", lambda _: [one for one in chosen if one.kind == "hide"])
    monkeypatch.setattr(searching, "faked", lambda _, __: [one for one in chosen if one.kind == "fake"])
    return chosen


def test_among_few_tricks_the_best_pair_is_that_of_trying_all(harbour, tree, field, small, monkeypatch):
    """No single one or pair is enough, so that the pair from which the greedy search starts is told."""
    monkeypatch.setattr(searching, "_greedy", lambda _, start, *__: start)
    found = asked(harbour, tree, grade="A")
    pairs = [pair for pair in combinations_with_replacement(small, 2) if pair[0] != pair[1] or pair[0].kind == "fake"]
    assert (found.candidates, found.pairs, found.looked_at) == (5, len(pairs), len(pairs))
    exactly = {pair: _exactly(field, pair) for pair in pairs}
    assert not any(one.flips for one in exactly.values())
    best = min(exactly.values(), key=lambda one: lead(one.after, field.top))
    assert lead(found.found.after, field.top) == pytest.approx(lead(best.after, field.top), abs=1e-9)
    assert not found.smallest


@pytest.mark.usefixtures("small")
def test_what_was_not_looked_at_is_not_ruled_out(harbour, tree, monkeypatch):
    monkeypatch.setattr(searching, "_greedy", lambda _, start, *__: start)
    found = asked(harbour, tree, grade="A", seconds=-1.0)
    assert found.looked_at == 0 < found.pairs
    assert found.ruled_out == 1
    assert not found.smallest


@pytest.mark.usefixtures("small")
def test_larger_sets_grow_by_the_worst_trick_until_it_flips(harbour, tree, monkeypatch):
    monkeypatch.setattr(searching, "AGAIN", 1)
    heard = []
    found = asked(harbour, tree, grade="A", tell=heard.append)
    assert len(found.found.tricks) > 2
    assert not found.smallest
    assert any("tricks: lead" in one for one in heard)


def test_where_nothing_can_be_done_nothing_is_said_to_flip(harbour, tree, monkeypatch):
    monkeypatch.setattr(searching, "hidden", lambda _: [])
    monkeypatch.setattr(searching, "faked", lambda *_: [])
    found = asked(harbour, tree)
    assert (found.candidates, found.found.tricks, found.found.flips, found.singles) == (0, (), False, ())
    np.testing.assert_allclose(found.found.after, found.before, atol=1e-12)


def a_deception(size, *, flips=True, doubtful=0, pairs=0, looked_at=0):
    found = Deceived((None,) * size, (0.4, 0.6), (0.0, 0.0), 0.1, 0.7, flips)
    return Deception("2024-06", ("a", "b"), (0.6, 0.4), "a", "B", found, (), 9, doubtful, pairs, looked_at)


def test_only_what_can_be_told_is_called_the_smallest():
    assert a_deception(1).smallest
    assert a_deception(2, pairs=9, looked_at=3).smallest
    assert not a_deception(2, doubtful=1, pairs=9, looked_at=9).smallest
    assert not a_deception(3, pairs=9, looked_at=9).smallest
    assert not a_deception(1, flips=False).smallest
    assert a_deception(3, pairs=9, looked_at=9).ruled_out == 2
    assert a_deception(3, pairs=9, looked_at=8).ruled_out == 1
    assert a_deception(1).ruled_out == 0
    doubtful = replace(a_deception(1), found=replace(a_deception(1).found, k_hat=0.9))
    assert not doubtful.found.trusted
    assert not doubtful.smallest
