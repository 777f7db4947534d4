"""The sampler-free model: equal to the full one's twin where both assume the same, and fast."""

import subprocess
import sys
import time

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.elicit import Prior
from indicast.errors import WorkspaceError
from indicast.generative import emission, marks
from indicast.generative import lite as room
from indicast.generative.families import Setting, active
from indicast.generative.lite import Cells, design_effect, evidence, exponents, lite, month_exponents, point_draws
from indicast.panel import used_months


class Constants:
    """Hyperparameters with another correlation of cells."""

    def __init__(self, hyperparameters, correlation):
        self._given, self._correlation = hyperparameters, correlation

    def __getattr__(self, name):
        return getattr(self._given, name)

    def number(self, name):
        return self._correlation if name == "lite_correlation" else self._given.number(name)


def pinned(world, size):
    """Return many equal draws: every prior at its point value, shocks of size zero but with any innovations."""
    rng, months = np.random.default_rng(3), world.panel.sizes[names.TIME]
    draws = {name: np.repeat(prior.point()[None], size, axis=0) for name, prior in world.hyperparameters.priors.items()}
    draws[names.GLOBAL_SCALE] *= 0.0
    draws[names.GROUP_SCALE] *= 0.0
    for name in (names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z):
        draws[name] = np.zeros((size, len(world.framework.indicators)))
    draws[names.GLOBAL_INNOVATION] = rng.standard_normal((size, months))
    draws[names.GROUP_INNOVATION] = rng.standard_normal((size, months, len(world.framework.groups)))
    draws[names.STRENGTH] = emission.strengths(draws, world.framework, world.hyperparameters)
    return draws


def test_without_correlation_lite_is_the_full_twin_with_every_parameter_pinned(world):
    draws = pinned(world, 3)
    full = emission.run_chain(draws, emission.log_emission(draws, world.framework, world.hyperparameters, world.panel))
    found = lite(world.framework, Constants(world.hyperparameters, 0.0), world.panel)
    months = int(world.panel.attrs["months"])
    assert found.posterior.filtered.shape[0] == months
    for s in range(3):
        np.testing.assert_allclose(found.posterior.filtered, full.filtered[s, :months], atol=1e-12)
        np.testing.assert_allclose(found.posterior.one_step, full.one_step[s, :months], atol=1e-10)
    # The exponent is what makes the difference, and it is no small one.
    declared = lite(world.framework, world.hyperparameters, world.panel)
    assert np.abs(declared.posterior.filtered - found.posterior.filtered).max() > 0.05


def test_without_correlation_lite_is_naive_bayes_over_cells(flagship):
    """The evidence of a month with directions only is the sum over its cells, one by one."""
    hyperparameters = Constants(flagship.hyperparameters, 0.0)
    setting = Setting(flagship.framework, hyperparameters, used_months(flagship.panel))
    draws = point_draws(setting)
    shocked, _ = emission.evidence_parts(draws, setting)
    panel, used = flagship.panel, flagship.panel["cell_used"].to_numpy()
    expected = np.zeros_like(shocked[0])
    for cell in np.flatnonzero(used):
        alone = panel.assign(cell_used=("cell", np.arange(used.size) == cell))
        part, _ = emission.evidence_parts(draws, Setting(flagship.framework, hyperparameters, used_months(alone)))
        expected += part[0]
    table = marks.log_emission(
        draws, flagship.framework.table, flagship.hyperparameters, np.zeros((1, len(flagship.framework.indicators)))
    )
    expected[0] -= (used.sum() - 1) * table[0]
    np.testing.assert_allclose(shocked[0], expected, atol=1e-9)
    np.testing.assert_array_equal(exponents(setting), 1.0)


def by_loops(cells, rho, phi, months):
    """Return the exponents of the docstring's formula, cell by cell."""
    found = np.ones(months)
    for t in range(months):
        effects = []
        for time_, indicator in zip(*cells, strict=True):
            if time_ != t:
                continue
            d = 1.0 - rho
            for other_time, other in zip(*cells, strict=True):
                if other_time <= t:
                    d += rho * (1.0 if other == indicator else phi ** (t - other_time))
            effects.append(d)
        if effects:
            found[t] = len(effects) / sum(effects)
    return found


def test_exponents_follow_the_formula_and_never_look_ahead():
    cells = Cells(np.array([0, 0, 0, 2, 2, 3, 5]), np.array([0, 1, 4, 1, 2, 1, 3]))
    found = month_exponents(cells.time, design_effect(cells, 0.3, 0.7), 7)
    np.testing.assert_allclose(found, by_loops(cells, 0.3, 0.7, 7), rtol=1e-12)
    assert found[1] == found[4] == found[6] == 1.0  # months without a cell
    for months in range(1, 7):
        early = Cells(*(part[cells.time < months] for part in cells))
        np.testing.assert_allclose(
            month_exponents(early.time, design_effect(early, 0.3, 0.7), months), found[:months], rtol=1e-12
        )


@pytest.mark.parametrize(("number", "rho"), [(1, 0.5), (14, 0.2), (14, 0.5), (6, 0.0)])
def test_one_month_of_n_indicators_counts_as_the_design_effect(number, rho):
    cells = Cells(np.zeros(number, int), np.arange(number))
    found = month_exponents(cells.time, design_effect(cells, rho, 0.8), 1)
    assert found[0] == pytest.approx(1.0 / (1.0 + (number - 1) * rho))


def test_cells_are_every_mark_and_every_cell_with_a_report(flagship):
    cells = room.shocked_cells(Setting(flagship.framework, flagship.hyperparameters, flagship.panel))
    indicators = len(flagship.framework.indicators)
    assert cells.time.size == indicators + int(flagship.panel["cell_used"].sum())
    assert sorted(cells.indicator[cells.time == 0][:indicators]) == list(range(indicators))


def test_a_family_names_its_cells_exactly_if_shocks_touch_it(world):
    setting = Setting(world.framework, world.hyperparameters, world.panel)
    draws = world.draws(4, 2)
    calm = emission.with_climate(draws, world.framework)
    stormy = calm | {"climate": calm["climate"] + 1.0}
    for family in active(setting):
        moved = not np.array_equal(family.log_emission(calm, setting), family.log_emission(stormy, setting))
        assert moved == (family.cells is not None), family.name


def test_only_shocked_evidence_is_raised_to_the_exponent(world):
    setting = Setting(world.framework, world.hyperparameters, world.panel)
    draws = point_draws(setting)
    shocked, other = emission.evidence_parts(draws, setting)
    months = setting.panel.sizes[names.TIME]
    np.testing.assert_allclose(evidence(draws, setting, np.zeros(months)), other, atol=1e-12)
    np.testing.assert_allclose(evidence(draws, setting, np.ones(months)), shocked + other, atol=1e-12)
    assert np.abs(other).max() > 0
    assert np.abs(shocked).max() > 0


def test_the_forecast_is_the_last_month_times_powers_of_the_chain(flagship):
    found = lite(flagship.framework, flagship.hyperparameters, flagship.panel)
    ahead = found.ahead(60)
    np.testing.assert_allclose(ahead[36], found.now @ np.linalg.matrix_power(found.transition, 36), atol=1e-12)
    # The point values of model.md section 2: medians of the durations, means of the exits.
    year = np.linalg.matrix_power(found.transition, 12)[0]
    np.testing.assert_allclose(year, [0.7923, 0.1747, 0.0330], atol=5e-5)


POINTS = [
    ("Normal", {"mu": 0.3, "sigma": 2.0}, 0.3),
    ("HalfNormal", {"sigma": 0.5}, stats.halfnorm.median(scale=0.5)),
    ("LogNormal", {"mu": 3.0, "sigma": 0.5}, stats.lognorm.median(0.5, scale=np.exp(3.0))),
    ("Exponential", {"lam": 4.0}, stats.expon.median(scale=0.25)),
    ("Gamma", {"alpha": 3.0, "beta": 11.0}, stats.gamma.median(3.0, scale=1 / 11.0)),
    ("TruncatedNormal", {"mu": 0.2, "sigma": 0.15, "lower": 0.1}, stats.truncnorm.median(-2 / 3, np.inf, 0.2, 0.15)),
    ("Beta", {"alpha": 16.0, "beta": 4.0}, 0.8),
]


@pytest.mark.parametrize(("distribution", "arguments", "expected"), POINTS)
def test_a_point_is_the_mean_of_a_probability_and_the_median_of_anything_else(distribution, arguments, expected):
    given = {name: np.array([value, value]) for name, value in arguments.items()}
    point = Prior("x", ("group",), distribution, given, "test", "test").point()
    np.testing.assert_allclose(point, [expected, expected], rtol=1e-12)


def test_points_of_shares_sum_to_one(world):
    for name in (names.INITIAL, names.EXIT, names.SLANT_SHARES):
        np.testing.assert_allclose(world.hyperparameters.priors[name].point().sum(axis=-1), 1.0, atol=1e-9)


def test_labels_are_refused_because_lite_holds_fixed_what_they_move(flagship):
    with pytest.raises(WorkspaceError, match=r"route 'B' moves parameters, which lite holds fixed; use route 'A'"):
        lite(flagship.framework.starting(route="B"), flagship.hyperparameters, flagship.panel)


def test_raters_who_marked_one_by_one_stand_at_their_point_values(rated):
    found = lite(rated.framework, Constants(rated.hyperparameters, 0.0), rated.panel)
    draws = point_draws(Setting(rated.framework, rated.hyperparameters, rated.panel))
    full = emission.run_chain(draws, emission.log_emission(draws, rated.framework, rated.hyperparameters, rated.panel))
    months = int(rated.panel.attrs["months"])
    np.testing.assert_allclose(found.posterior.filtered, full.filtered[0, :months], atol=1e-12)


def test_the_history_start_reads_no_marks(flagship):
    framework = flagship.framework.starting("history")
    cells = room.shocked_cells(Setting(framework, flagship.hyperparameters, flagship.panel))
    assert cells.time.size == int(flagship.panel["cell_used"].sum())


def test_all_months_of_the_real_ledger_take_less_than_a_second_and_give_the_same_numbers_again(flagship):
    began = time.perf_counter()
    first = lite(flagship.framework, flagship.hyperparameters, flagship.panel)
    seconds = time.perf_counter() - began
    again = lite(flagship.framework, flagship.hyperparameters, flagship.panel)
    assert first.posterior.filtered.shape == (42, 3)
    assert seconds < 1.0  # about .01 on one busy core, so that only another algorithm could miss it
    for one, other in zip(first.posterior, again.posterior, strict=True):
        np.testing.assert_array_equal(one, other)


def test_neither_the_sampler_nor_its_compiler_is_imported():
    code = (
        "import sys, indicast.generative.lite, indicast.explain, indicast.publish, indicast.cli._lite;"
        "print(sorted({'pymc', 'pytensor', 'nutpie', 'arviz', 'numba'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
