"""Worlds of the certificate, for every kind of workspace: drawn from the model's own joint distribution."""

import numpy as np
import pytest

from indicast import names
from indicast.evaluate import Plan, draw_truth
from indicast.evaluate._quantities import asked_of
from indicast.evaluate._trial import MONTHS_AHEAD, _judged_truth, draw_world
from indicast.generative.emission import log_labels
from indicast.generative.families import Setting

WORLDS = ["jetty", "harbour", "orchard", "orchard_residual", "orchard_labels", "orchard_history", "rated", "flagship"]
SEED = 20260501


def plan_of(world):
    settings = world.framework.declaration.sbc
    return Plan(world.framework, world.hyperparameters, world.panel, settings, 0.9, SEED)


@pytest.fixture(params=WORLDS)
def world(request):
    return request.getfixturevalue(request.param)


def test_a_drawn_world_can_be_read_by_its_own_model(world):
    plan = plan_of(world)
    for seed in range(3):
        truth, path, panel = draw_world(plan, np.random.default_rng(seed))
        assert path.shape == (panel.sizes[names.TIME] + MONTHS_AHEAD,)
        months = int(panel.attrs["months"])
        used = truth | {name: truth[name][:, :months] for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION)}
        state = asked_of(used, Setting(world.framework, world.hyperparameters, panel)).state
        assert np.isfinite(state.log_marginal).all()


def test_what_is_drawn_follows_from_its_seed(world):
    plan = plan_of(world)
    one, same, other = (draw_world(plan, np.random.default_rng(seed))[2] for seed in (1, 1, 2))
    assert one.identical(same)
    assert not one.identical(other)


def test_only_what_was_seen_is_drawn_anew(world):
    drawn = draw_world(plan_of(world), np.random.default_rng(4))[2]
    seen = {
        "report_direction",
        "count",
        "count_reference",
        "event",
        "share_value",
        "level_change",
        "mark",
        "rating_mark",
    }
    seen |= {"milestone_open", "milestone_done", "silence_published"}
    for name in world.panel.data_vars:
        if name not in seen:
            assert drawn[name].identical(world.panel[name]), name


def test_labels_are_part_of_the_prior_that_truths_are_drawn_from(orchard_labels):
    rng, plan = np.random.default_rng(5), plan_of(orchard_labels)
    drawn = np.array([_judged_truth(plan, 1, rng)[names.INITIAL][0] for _ in range(1500)])
    prior = draw_truth(orchard_labels.framework, orchard_labels.hyperparameters, 1, rng, size=40_000)
    weight = np.exp(log_labels(prior, orchard_labels.framework))
    weight /= weight.sum()
    expected = weight @ prior[names.INITIAL]
    # Monte Carlo error of both means, four of them together; the prior without labels misses by more.
    error = drawn.std(axis=0) / np.sqrt(1500) + np.sqrt((weight**2).sum()) * prior[names.INITIAL].std(axis=0)
    assert (np.abs(drawn.mean(axis=0) - expected) < 4.0 * error).all()
    assert (np.abs(prior[names.INITIAL].mean(axis=0) - expected) > 4.0 * error).any()
