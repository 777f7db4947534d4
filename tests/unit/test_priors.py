"""Every impossible argument of a prior or constant is refused with the key that holds it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.errors import MissingError, WorkspaceError
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture
def root(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))


def priors_file(root):
    return root / "priors" / "harbour" / "hyperparameters.toml"


def load(root):
    return load_hyperparameters(load_framework(root, "harbour"))


def edit(root, entry, old, new):
    """Replace the first `old` after the heading of an entry."""
    path = priors_file(root)
    text = path.read_text(encoding="utf-8")
    start = text.index(f"[{entry}]")
    place = text.index(old, start)
    following = text.find("\n[", start)
    assert following == -1 or place < following, f"{old!r} is not in [{entry}]"
    path.write_text(text[:place] + new + text[place + len(old) :], encoding="utf-8")


FAULTS = [
    # entry, old, new, message
    ("priors.initial", "args.a", "args.b", r"priors\.initial\.args are b; Dirichlet takes a or concentration, mean"),
    ("priors.initial", "drift = 3.5, ", "", r"priors\.initial\.args\.a: scenario label drift is missing"),
    ("priors.initial", "drift = 3.5", "peace = 3.5, drift = 1.0", r"args\.a: scenario label peace is not known"),
    (
        "priors.initial",
        "drift = 3.5",
        "drift = 0.0",
        r"priors\.initial\.args\.a is 0\.0; Dirichlet needs a finite number above 0",
    ),
    ("priors.initial", "drift = 3.5", "drift = -1", r"priors\.initial\.args\.a is -1\.0"),
    ("priors.initial", "drift = 3.5", "drift = nan", r"priors\.initial\.args\.a is nan"),
    ("priors.initial", "drift = 3.5", "drift = inf", r"priors\.initial\.args\.a is inf"),
    (
        "priors.initial",
        "drift = 3.5",
        'drift = "3.5"',
        r"priors\.initial\.args\.a\.drift must be a number .*got '3\.5'",
    ),
    ("priors.initial", "drift = 3.5", "drift = true", r"priors\.initial\.args\.a\.drift must be a number .*got True"),
    (
        "priors.initial",
        "Dirichlet",
        "Beta",
        r"priors\.initial\.distribution is 'Beta'; initial must be simplex, so allowed are Dirichlet",
    ),
    ("priors.initial", "Dirichlet", "Cauchy", r"priors\.initial\.distribution is 'Cauchy'"),
    ("priors.initial", 'source = "invented"', 'source = " "', r"priors\.initial\.source must be a sentence"),
    ("priors.initial", 'reason = "Unequal on purpose."', "", r"priors\.initial: key reason is missing"),
    (
        "priors.initial",
        'source = "invented"',
        'source = "invented"\ncolour = 1',
        r"priors\.initial: key colour is not known",
    ),
    (
        "priors.dwell",
        "drift = 50.0",
        "drift = 0.0",
        r"priors\.dwell\.args\.median is 0\.0; LogNormal needs a finite number above 0",
    ),
    ("priors.dwell", "rivalry = 0.6", "rivalry = -0.6", r"priors\.dwell\.args\.sigma is -0\.6"),
    ("priors.dwell", "LogNormal", "Normal", r"dwell must be positive, so allowed are Exponential, Gamma"),
    (
        "priors.exit",
        "{ drift = 7.0",
        "{ one_harbour = 7.0",
        r"priors\.exit\.args\.a\.one_harbour: destination label .*is missing|not known",
    ),
    (
        "priors.persistence",
        "args.alpha = 12.0",
        "args.alpha = { sea = 12.0 }",
        r"priors\.persistence\.args\.alpha must be one number, got a table with sea",
    ),
    (
        "priors.persistence",
        "args.beta = 5.0",
        "",
        r"priors\.persistence\.args are alpha; Beta takes alpha, beta or concentration, mean",
    ),
    (
        "priors.persistence",
        "args.beta = 5.0",
        "args.beta = 5.0\nargs.mean = 0.5",
        r"priors\.persistence\.args are alpha, beta, mean",
    ),
    ("priors.persistence", "Beta", "HalfNormal", r"persistence must be unit, so allowed are Beta"),
    ("priors.group_scale", "law = 0.3", "law = 0.0", r"priors\.group_scale\.args\.sigma is 0\.0"),
    ("priors.tilt_mean", "args.sigma = 0.4", "args.sigma = 0", r"priors\.tilt_mean\.args\.sigma is 0\.0"),
    (
        "priors.tilt_mean",
        "args.mu = 0.1",
        "args.mu = inf",
        r"priors\.tilt_mean\.args\.mu is inf; Normal needs a finite number",
    ),
    (
        "priors.threshold",
        "args.lower = 0.1",
        "",
        r"priors\.threshold\.args are mu, sigma; TruncatedNormal takes mu, sigma, lower",
    ),
    (
        "priors.reliability",
        "E = 0.25",
        "E = 1.0",
        r"priors\.reliability\.args\.mean holds .*a mean must lie between 0 and 1",
    ),
    (
        "priors.reliability",
        "args.concentration = 12.0",
        "args.concentration = 0",
        r"priors\.reliability\.args\.concentration is 0\.0",
    ),
    ("priors.slant_shares", "parting = 0.15", "parting = 0.25", r"priors\.slant_shares\.args\.mean sums to \[1\.1"),
    ("priors.slant_shares", "args.mean.sour", "args.mean.bitter", r"slant label sour is missing"),
    ("priors.overdispersion", "convoys = 4.0", "convoys = 0.0", r"priors\.overdispersion\.args\.rate is 0\.0"),
    ("priors.detection", "thin = 6.0", "fog = 6.0", r"priors\.detection\.args\.alpha: coverage label thin is missing"),
    (
        "priors.growth",
        "args.sigma.disputes = 0.15",
        "args.sigma.disputes = -0.15",
        r"priors\.growth\.args\.sigma is -0\.15",
    ),
    ("priors.season", "[priors.season]", "[priors.seasons]", r"priors entry season is missing; the model needs it"),
    (
        "priors.initial",
        "[priors.initial]",
        "[surplus]\n[priors.initial]",
        r"section surplus is not known; allowed are constants, priors",
    ),
    (
        "constants.strength_floor",
        "value = 0.3",
        "value = 0",
        r"constants\.strength_floor\.value must be above 0, got 0\.0",
    ),
    (
        "constants.strength_floor",
        "value = 0.3",
        'value = "some"',
        r"constants\.strength_floor: value must be a number, got 'some'",
    ),
    (
        "constants.strength_floor",
        "value = 0.3",
        "value = nan",
        r"constants\.strength_floor\.value must be above 0, got nan",
    ),
    ("constants.strength_sd", "value = 0.25", "value = -1.0", r"constants\.strength_sd\.value must be above 0"),
    (
        "constants.growth_years",
        "[constants.growth_years]",
        "[constants.growth]",
        r"constants entry growth_years is missing",
    ),
    (
        "constants.growth_years",
        "value = 0.4166666666666667",
        "value = 0.0",
        r"constants\.growth_years\.value must be above 0",
    ),
    (
        "constants.reference_rate",
        "disputes = 0.7",
        "quarrels = 0.7",
        r"constants\.reference_rate needs one rate for each of convoys, disputes",
    ),
    (
        "constants.reference_rate",
        "{ convoys = 1.5, disputes = 0.7 }",
        "1.5",
        r"constants\.reference_rate: value must be a table",
    ),
    (
        "constants.mark_if_present",
        "[0.80, 0.15, 0.05]",
        "[0.80, 0.15, 0.15]",
        r"mark_if_present: a row of probabilities sums to \[1\.1",
    ),
    ("constants.mark_if_present", "[0.80, 0.15, 0.05], ", "", r"mark_if_present must be 3 rows of 3"),
    (
        "constants.mark_if_present",
        "[0.80, 0.15, 0.05]",
        "[1.2, -0.15, -0.05]",
        r"mark_if_present: a row of probabilities",
    ),
    ("constants.mark_if_support", "[0.60, 0.30, 0.10]", "[0.60, 0.40]", r"mark_if_support one row of 3"),
]

# Arguments that are numbers where numbers belong, although no model can be made of them.
SLIPS = [
    ("priors.threshold", "args.lower = 0.1", "args.lower = -1.0", r"priors\.threshold\.args\.lower"),
    ("constants.strength_floor", "value = 0.3", "value = 1.5", r"constants\.strength_floor"),
    ("constants.strength_sd", "value = 0.25", "value = inf", r"constants\.strength_sd"),
    ("constants.growth_years", "value = 0.4166666666666667", "value = inf", r"constants\.growth_years"),
    ("constants.claim_factor", "claim = 0.6", "claim = 1.6", r"constants\.claim_factor"),
    ("constants.claim_factor", "denial = 0.5", "denial = -0.5", r"constants\.claim_factor"),
    ("constants.claim_factor", "claim = 0.6", "clame = 0.6", r"constants\.claim_factor"),
    ("constants.claim_factor", "claim = 0.6", 'claim = "much"', r"constants\.claim_factor"),
    ("constants.credibility_steps", '"4" = 1', '"4" = -1', r"constants\.credibility_steps"),
    ("constants.credibility_steps", '"4" = 1', '"4" = 0.5', r"constants\.credibility_steps"),
    ("constants.credibility_steps", '"4" = 1', '"7" = 1', r"constants\.credibility_steps"),
    ("constants.reference_rate", "disputes = 0.7", "disputes = 0.0", r"constants\.reference_rate"),
    ("constants.reference_rate", "disputes = 0.7", "disputes = -0.7", r"constants\.reference_rate"),
    ("constants.reference_window_months", "value = 9", "value = 0", r"constants\.reference_window_months"),
    ("constants.reference_window_months", "value = 9", "value = 9.5", r"constants\.reference_window_months"),
    (
        "constants.lite_correlation",
        "value = 0.3",
        "value = 1.3",
        r"constants\.lite_correlation.* from 0 to 1, got 1\.3",
    ),
    ("constants.lite_correlation", "value = 0.3", "value = -0.1", r"constants\.lite_correlation"),
    ("constants.mark_if_present", "[0.80, 0.15, 0.05]", "[0.80, 0.20]", r"constants\.mark_if_present"),
    ("constants.mark_if_present", "[0.80, 0.15, 0.05]", '["a", 0.15, 0.05]', r"constants\.mark_if_present"),
]


@pytest.mark.parametrize(("entry", "old", "new", "message"), FAULTS, ids=[f"{f[0]} {f[2]}" for f in FAULTS])
def test_an_impossible_entry_is_refused_with_its_key(entry, old, new, message, root):
    edit(root, entry, old, new)
    with pytest.raises(WorkspaceError, match=message):
        load(root)


@pytest.mark.parametrize(("entry", "old", "new", "message"), SLIPS, ids=[f"{f[0]} {f[2]}" for f in SLIPS])
def test_an_entry_of_which_no_model_can_be_made_is_refused_with_its_key(entry, old, new, message, root):
    edit(root, entry, old, new)
    with pytest.raises(WorkspaceError, match=message):
        load(root)


def test_the_message_names_the_file(root):
    edit(root, "priors.initial", "drift = 3.5", "drift = -1")
    with pytest.raises(WorkspaceError, match=r"hyperparameters\.toml: priors\.initial"):
        load(root)


def test_a_missing_file_is_named(root):
    priors_file(root).unlink()
    with pytest.raises(MissingError, match=r"hyperparameters\.toml does not exist"):
        load(root)


def test_an_entry_that_is_no_table_is_refused(root):
    path = priors_file(root)
    path.write_text("priors = 3\n[constants]\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="priors must be a table of entries"):
        load(root)


def test_numbers_stand_at_their_labels(root):
    priors = load(root).priors
    np.testing.assert_allclose(priors[names.INITIAL].arguments["a"], [2.0, 3.5, 1.5, 0.8])
    np.testing.assert_allclose(priors[names.DWELL].arguments["sigma"], [0.4, 0.5, 0.6, 0.3])
    np.testing.assert_allclose(np.exp(priors[names.DWELL].arguments["mu"]), [30.0, 50.0, 20.0, 9.0])
    np.testing.assert_allclose(priors[names.GROWTH].arguments["mu"][1], [-0.20, 0.05, 0.40, -0.6])
    np.testing.assert_allclose(priors[names.GROWTH].arguments["sigma"][1], [0.15] * 4)
    np.testing.assert_allclose(priors[names.SLANT_SHARES].mean()[1], [0.60, 0.25, 0.15])


def test_numbers_of_acts_shares_and_levels_stand_at_their_series_and_scenarios():
    framework = load_framework(HARBOUR.parent / "orchard", "orchard")
    priors = load_hyperparameters(framework).priors
    rate, centre, drift = (priors[name].arguments for name in (names.EVENT_RATE, names.SHARE_CENTRE, names.DRIFT))
    np.testing.assert_allclose(rate["alpha"], [[6.0, 3.0, 1.5, 4.0], [5.0, 4.0, 9.0, 2.0]])
    np.testing.assert_allclose(rate["beta"], [[7.0, 12.0, 20.0, 9.0], [14.0, 21.0, 12.0, 8.0]])
    np.testing.assert_allclose(centre["alpha"][1], [20.0, 15.0, 12.0, 10.0])
    np.testing.assert_allclose(drift["sigma"], [[0.15] * 4, [0.25] * 4])
    assert priors[names.MILESTONE_SHIFT].arguments["sigma"].tolist() == [[0.3] * 4, [0.4] * 4]
    assert priors[names.PUBLISH_BASE].arguments["mu"].shape == ()


def test_exits_stand_in_the_order_of_the_other_scenarios(root):
    edit(
        root,
        "priors.exit",
        "{ one_harbour = 1.2, drift = 5.0, closed_strait = 3.0 }",
        "{ closed_strait = 3.0, drift = 5.0, one_harbour = 1.2 }",
    )
    exits = load(root).priors[names.EXIT].arguments["a"]
    np.testing.assert_allclose(exits, [[7.0, 2.0, 1.0], [4.0, 5.0, 1.5], [1.2, 5.0, 3.0], [1.1, 2.0, 6.0]])


def test_a_bare_number_holds_for_all_labels(root):
    edit(root, "priors.group_scale", "{ sea = 0.5, law = 0.3, purse = 0.4 }", "0.35")
    assert load(root).priors[names.GROUP_SCALE].arguments["sigma"].tolist() == [0.35] * 3


def test_an_integer_is_a_number(root):
    edit(root, "priors.persistence", "args.alpha = 12.0", "args.alpha = 12")
    assert float(load(root).priors[names.PERSISTENCE].arguments["alpha"]) == 12.0


def test_every_prior_has_source_and_reason():
    loaded = load(HARBOUR)
    for entry in [*loaded.priors.values(), *loaded.constants.values()]:
        assert entry.source.strip()
        assert entry.reason.strip()


def test_a_coverage_under_which_nobody_ever_looks_is_refused_in_words(root):
    path = root / "models" / "harbour" / "model.toml"
    text = path.read_text(encoding="utf-8").replace('full = "looked"', 'full = "not_looked"')
    path.write_text(text.replace('thin = "looked"', 'thin = "not_looked"'), encoding="utf-8")
    edit(root, "priors.detection", "args.alpha = { full = 18.0, thin = 6.0 }", "args.alpha = 6.0")
    edit(root, "priors.detection", "args.beta = { full = 2.0, thin = 5.0 }", "args.beta = 5.0")
    with pytest.raises(WorkspaceError, match="coverage"):
        load(root)
