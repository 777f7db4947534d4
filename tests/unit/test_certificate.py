"""The verdict follows the declared rule, drops nothing, and knows which model it is of."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicast.elicit import load_hyperparameters
from indicast.errors import RunError
from indicast.evaluate import Plan, calibration_block, certificate, certificate_path, certificate_status
from indicast.evaluate._certificate import soundness
from indicast.evaluate._trial import WHENS
from indicast.workspace import load_framework

JETTY = Path(__file__).parents[1] / "fixtures" / "jetty"
SIMULATIONS = 200
QUANTITIES = [f"quantity {n}" for n in range(40)]


@pytest.fixture
def plan(jetty):
    return Plan(jetty.framework, jetty.hyperparameters, jetty.panel, jetty.framework.declaration.sbc, 0.9, 4)


def trials(plan, seed=1, count=SIMULATIONS):
    """Return what calibrated simulations would find."""
    rng = np.random.default_rng(seed)
    found = []
    for place in range(count):
        states = {}
        for when in WHENS:
            chance = rng.dirichlet([1.5, 1.0])
            states[when] = {"true": int(rng.random() > chance[0]), "probability": chance.tolist()}
        found.append(
            {
                "place": place,
                "ranks": {name: int(rng.integers(0, plan.settings.thinned + 1)) for name in QUANTITIES},
                "within": float(rng.random()),
                "correlations": dict.fromkeys(QUANTITIES, 0.01),
                "states": states,
                "rhat": 1.01,
                "divergences": 0,
                "seconds": 1.0,
            }
        )
    return found


def failed(content):
    return [one["name"] for one in content["quantities"] if not one["passed"]]


def test_calibrated_simulations_pass(plan):
    content = certificate(plan, trials(plan))
    assert content["passed"]
    assert failed(content) == []
    assert content["tests"] == len(QUANTITIES) + 2 * len(WHENS) * 5
    assert content["simulations"] == SIMULATIONS
    assert json.loads(json.dumps(content)) == content


def test_one_biased_quantity_of_forty_fails_and_is_named(plan):
    found = trials(plan)
    for trial in found:
        rank = trial["ranks"]["quantity 7"]
        trial["ranks"]["quantity 7"] = int(plan.settings.thinned * (rank / plan.settings.thinned) ** 2)
    content = certificate(plan, found)
    assert not content["passed"]
    assert failed(content) == ["quantity 7"]


def test_over_confident_scenarios_fail_though_all_ranks_are_uniform(plan):
    found = trials(plan)
    for trial in found:
        for state in trial["states"].values():
            sharp = np.array(state["probability"]) ** 4
            state["probability"] = (sharp / sharp.sum()).tolist()
    content = certificate(plan, found)
    assert not content["passed"]
    assert failed(content) == []
    assert not all(one["passed"] for one in content["states"])


def test_unsound_fits_are_counted_and_ranked_all_the_same(plan):
    found = trials(plan)
    found[0]["rhat"] = 1.4
    found[1]["rhat"] = None
    found[2]["divergences"] = 3
    found[3] = {"place": 3, "failed": "the sampler stopped", "seconds": 1.0}
    fits = soundness(plan, found)
    assert (fits["rhat_above"], fits["divergent"], fits["failed"]) == (3, 1, 1)  # one not made has no R-hat either
    assert fits["unsound"] == pytest.approx(4 / SIMULATIONS)
    assert certificate(plan, found)["simulations"] == SIMULATIONS
    assert certificate(plan, found)["quantities"] != certificate(plan, found[4:])["quantities"]


def test_too_many_unsound_fits_are_no_certificate(plan):
    strict = replace(plan, settings=plan.settings.model_copy(update={"unsound_max": 0.0}))
    found = trials(plan)
    assert certificate(strict, found)["passed"]
    found[5]["divergences"] = 1
    content = certificate(strict, found)
    assert failed(content) == []
    assert not content["passed"]


def test_not_one_fit_is_an_error(plan):
    with pytest.raises(RunError, match="not one of 2 fits could be made: the sampler stopped"):
        certificate(plan, [{"place": place, "failed": "the sampler stopped", "seconds": 0.1} for place in range(2)])


def test_the_order_of_simulations_changes_nothing(plan):
    found = trials(plan)
    assert certificate(plan, found[::-1]) == certificate(plan, found)


def numbers(text):
    return re.findall(r"\d+(?:\.\d+)?", text)


def test_every_number_of_the_cards_part_stands_in_the_certificate(plan):
    content = certificate(plan, trials(plan))
    content["fits"] |= {"unsound": 0.1234, "rhat_above": 17, "divergent": 19, "failed": 23}
    block = calibration_block(content)
    for wanted in (
        "200 simulations",
        "seed 4",
        "12.3%",
        "in 17,",
        "in 19,",
        "at all 23",
        content["key"][:12],
        "passed",
    ):
        assert wanted in block
    assert calibration_block(content | {"passed": False}).count("FAILED") == 1
    lowest = min(content["quantities"], key=lambda one: one["p"])
    assert f"| `{lowest['name']}` | {lowest['p']:.2g} |" in block
    for one in content["brier"]:
        assert f"| {one['scenario']} | {one['when']} | {one['score']:.3f} |" in block


def test_a_failed_test_is_named_in_the_card(plan):
    content = certificate(plan, trials(plan))
    content["quantities"][3]["passed"] = False
    content["states"][8]["passed"] = False
    block = calibration_block(content | {"passed": False})
    assert content["quantities"][3]["name"] in block.split("\n\n")[1]
    assert content["states"][8]["when"] in block.split("\n\n")[1]


@pytest.fixture
def workspace(tmp_path):
    root = tmp_path / "jetty"
    shutil.copytree(JETTY, root)
    framework = load_framework(root, "jetty")
    return framework, load_hyperparameters(framework)


def test_without_a_certificate_there_is_none(workspace):
    status = certificate_status(*workspace)
    assert status.state == "none"
    assert "no calibration certificate" in status.sentence


def test_a_certificate_is_valid_until_a_number_of_the_model_changes(workspace, plan):
    framework, hyperparameters = workspace
    content = certificate(plan, trials(plan))
    certificate_path(framework).write_text(json.dumps(content), encoding="utf-8")
    status = certificate_status(framework, hyperparameters)
    assert (status.state, status.simulations, status.passed) == ("valid", SIMULATIONS, True)
    assert "This very model was put through 200 simulations with known truth and passed" in status.sentence
    prior = hyperparameters.priors["persistence"]
    arguments = dict(prior.arguments) | {"alpha": prior.arguments["alpha"] + 0.5}
    priors = dict(hyperparameters.priors) | {"persistence": replace(prior, arguments=arguments)}
    status = certificate_status(framework, replace(hyperparameters, priors=priors))
    assert status.state == "stale"
    assert "of another version" in status.sentence


def test_a_failed_certificate_says_so(workspace, plan):
    framework, hyperparameters = workspace
    content = certificate(plan, trials(plan)) | {"passed": False}
    certificate_path(framework).write_text(json.dumps(content), encoding="utf-8")
    assert certificate_status(framework, hyperparameters).sentence.endswith("and failed.")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"key": "a"}', '{"key": "a", "simulations": "x", "passed": true}'])
def test_a_file_that_is_no_certificate_is_one_line(workspace, text):
    certificate_path(workspace[0]).write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"calibration\.json is no calibration certificate; make one with 'indicast sbc"):
        certificate_status(*workspace)
