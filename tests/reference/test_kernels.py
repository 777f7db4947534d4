"""Every hand-written kernel: its gradient, its two ways of running, and what it shares with NumPy and PyMC."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from pymc.logprob.transforms import SimplexTransform

from indicast import names
from indicast.generative import chain, direction
from indicast.generative._climate_kernel import CLIMATE
from indicast.generative._count_kernel import COUNTS
from indicast.generative._direction_kernel import DIRECTIONS
from indicast.generative._event_kernel import EVENTS
from indicast.generative._kernel_op import KernelOp
from indicast.generative._kernel_version import kernel_version
from indicast.generative._level_kernel import LEVELS
from indicast.generative._marks_kernel import MARKS
from indicast.generative._milestone_kernel import MILESTONES
from indicast.generative._probit_kernel import RESIDUAL, expected_parts, reading_parts
from indicast.generative._publication import NOT_DUE, table
from indicast.generative._simplex import SIMPLEX, Simplex
from indicast.generative._transition_kernel import TRANSITION


def climate_case(rng):
    """Five months, three indicators in two groups."""
    smooth = [rng.standard_normal(5), rng.standard_normal((5, 2)), np.array(0.7), np.array(0.4), rng.random(2) + 0.2]
    return CLIMATE, [*smooth, rng.standard_normal(3)], [np.array([1, 0, 1])]


def direction_case(rng):
    """Three indicators, four scenarios of which two expect the same, five cells in four months, eight reports.

    Of two cells a publication was withheld, of one it came.
    """
    smooth = [rng.random(3) + 0.2, rng.normal(0.0, 1.5, (4, 3)), np.array(0.6), rng.uniform(0.2, 0.9, 3)]
    smooth += [rng.uniform(0.3, 0.9, 6), rng.dirichlet([2.0, 1.0, 1.5], 2)]
    smooth += [table({names.PUBLISH_BASE: np.array([1.0]), names.PUBLISH_EMBARRASSED: np.array([-1.5])})[0]]
    expected = np.array([[1.0, 0.0, 1.0, -1.0], [0.0, 0.0, -1.0, 1.0], [1.0, -1.0, 0.0, -1.0]])
    cells = [np.array([0, 0, 2, 3, 3]), np.array([1, 0, 2, 1, 2]), np.array([NOT_DUE, 1, 6, NOT_DUE, 2])]
    reports = [np.array([0, 0, 1, 2, 2, 2, 3, 4]), np.array([1, -1, 0, 1, 1, 0, -1, -1])]
    reports += [np.array([0, 5, 2, 1, 1, 4, 3, 0]), rng.uniform(0.5, 1.0, 8), np.array([0, 1, 1, 0, 1, 0, 0, 1])]
    return DIRECTIONS, smooth, [expected, *cells, *reports]


def marks_case(rng):
    """Three indicators, four scenarios."""
    smooth = [rng.random(3) + 0.2, rng.normal(0.0, 1.5, 3), np.array(0.6), np.array(0.8)]
    return MARKS, smooth, [rng.integers(-1, 2, (3, 4)).astype(float), rng.random((3, 3, 4)), rng.random((3, 4))]


def marks_residual_case(rng):
    """The same with a fifth scenario, which predicts nothing and has no marks."""
    kernel, smooth, (expected, present, support) = marks_case(rng)
    return kernel, smooth, [np.pad(expected, ((0, 0), (0, 1)), constant_values=RESIDUAL), present, support]


def count_case(rng):
    """Five months of two counts, one month nobody looked at, one count of zero."""
    smooth = [rng.random(2) + 0.1, rng.normal(0.0, 0.3, (2, 12)), rng.standard_normal(2), rng.uniform(0.3, 0.9, 2)]
    smooth += [rng.normal(0.0, 0.3, (2, 3))]
    counts, coverage = np.array([[0, 3], [1, 7], [4, 0], [2, 2], [1, 5]]), rng.integers(0, 2, (5, 2))
    coverage[3, 0] = -1
    at_peak, months = rng.integers(0, 2, (5, 2)).astype(float), np.array([10, 11, 0, 1, 0])
    return COUNTS, smooth, [np.array(0.54), counts, coverage, rng.random((5, 2)) + 0.5, at_peak, months]


def event_case(rng):
    """Five months of two kinds of act, one month nobody watched."""
    smooth = [rng.random((2, 3)) + 0.05, rng.random(2) + 0.1, rng.random(2) + 0.5, rng.uniform(0.3, 0.9, 2)]
    coverage = rng.integers(0, 2, (5, 2))
    coverage[1, 1] = -1
    return EVENTS, smooth, [rng.poisson(1.0, (5, 2)), coverage]


def level_case(rng):
    """Five readings of two series in four months, two of them in one month."""
    smooth, when = [rng.normal(0.0, 0.4, (2, 3)), rng.random(2) + 0.2], np.array([0, 1, 1, 3, 3])
    readings = [when, np.array([0, 1, 0, 0, 1]), rng.normal(0.0, 0.5, 5), rng.random(5)]
    return LEVELS, smooth, [np.array(4.0), np.array(4), *readings]


def milestone_case(rng):
    """Three milestones, the second judged once for all of three scenarios, in five months."""
    owner = np.array([[0, 1, 2], [3, 3, 3], [4, 2, 0]])
    opened, done = rng.integers(0, 2, (5, 3)).astype(float), np.zeros((5, 3))
    done[3, 1], done[4, 0] = 1.0, 1.0
    smooth = [rng.uniform(0.05, 0.9, 5), rng.normal(0.0, 0.3, (1, 3)), rng.uniform(0.2, 1.0, 3)]
    return MILESTONES, smooth, [12.0 * rng.integers(1, 6, 5), owner, np.array([-1, 0, -1]), opened, done]


def transition_case(rng):
    """Four scenarios."""
    return TRANSITION, [rng.random(4) * 40 + 1, rng.dirichlet([1.0, 2.0, 3.0], 4)], []


def simplex_case(rng):
    """Three rows of four probabilities."""
    return SIMPLEX, [rng.standard_normal((3, 3))], []


CASES = [climate_case, direction_case, marks_case, marks_residual_case, count_case]
CASES += [event_case, level_case, milestone_case, transition_case, simplex_case]


@pytest.fixture(params=CASES, ids=lambda case: case.__name__.removesuffix("_case"))
def case(request):
    return request.param(np.random.default_rng(8))


def compiled(kernel, smooth, data, mode):
    """Return a function from the smooth inputs to the value, a curved function of it, and that one's gradient."""
    inputs = [pt.tensor(dtype="float64", shape=value.shape) for value in smooth]
    value = KernelOp(kernel, (None,) * np.ndim(first(kernel.value(*smooth, *data))))(*inputs, *data)
    weight = pt.arange(1, value.size + 1).reshape(value.shape) / 3.0
    curved = (pt.sin(value) * weight).sum()  # curved, so that the upstream differs in every place
    return pytensor.function(inputs, [value, curved, *pt.grad(curved, inputs)], mode=mode)


def first(returned):
    return returned[0] if isinstance(returned, tuple) else returned


def test_gradient_equals_finite_differences(case):
    kernel, smooth, data = case
    function = compiled(kernel, smooth, data, "FAST_COMPILE")
    _, _, *gradient = function(*smooth)
    assert len(gradient) == kernel.smooth == len(smooth)
    for argument, slopes in enumerate(gradient):
        assert slopes.shape == smooth[argument].shape
        for place in np.ndindex(slopes.shape):
            ends = []
            for sign in (1.0, -1.0):
                moved = [value.copy() for value in smooth]
                moved[argument][place] += sign * 1e-5
                ends.append(float(function(*moved)[1]))
            # h^2 f'''/6 and eps f/h are both below 1e-7 here; a term left out misses by more than 1e-3.
            assert slopes[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=2e-6)


def test_machine_code_and_plain_python_give_the_same(case):
    found = [compiled(*case, mode)(*case[1]) for mode in ("NUMBA", "FAST_COMPILE")]
    for by_machine, by_python in zip(*found, strict=True):
        np.testing.assert_allclose(by_machine, by_python, rtol=1e-12, atol=1e-12)


def test_what_is_kept_for_the_adjoint_cannot_be_differentiated():
    kernel, smooth, data = marks_case(np.random.default_rng(1))
    strength = pt.as_tensor(smooth[0])
    node = KernelOp(kernel, (None,))(strength, *smooth[1:], *data).owner
    with pytest.raises(TypeError, match="what a kernel keeps for its adjoint is not differentiable"):
        pt.grad(node.outputs[1].sum(), strength)


def test_readings_and_densities_are_those_of_the_normal_also_far_out():
    for eta in (-30.0, -9.0, -0.7, -0.2, 0.0, 0.3, 2.0, 12.0):
        for threshold in (0.1, 0.67, 2.5):
            *parts, at_low, at_high = reading_parts(eta, threshold)
            expected = direction.reading_probability(np.array(eta), np.array(threshold))
            np.testing.assert_allclose(parts, expected, rtol=1e-12)
            cuts = -0.5 * (np.array([threshold + eta, threshold - eta])) ** 2
            np.testing.assert_allclose([at_low, at_high], np.exp(cuts) / np.sqrt(2 * np.pi), rtol=1e-12)


def test_a_source_that_says_nothing_leaves_the_odds_exactly_even():
    kernel, smooth, data = direction_case(np.random.default_rng(2))
    smooth[4][:] = 0.0
    emission, _ = kernel.value(*smooth, *data)
    assert np.ptp(emission, axis=1).max() < 1e-14  # logs of sums of three terms that cancel


def test_transition_equals_the_twins():
    _, (dwell, shares), _ = transition_case(np.random.default_rng(3))
    np.testing.assert_allclose(TRANSITION.value(dwell, shares), chain.transition_matrix(dwell, shares), rtol=1e-14)


@pytest.mark.parametrize("shape", [(3,), (2, 1), (3, 2)])
def test_simplex_is_pymcs(shape):
    free = np.random.default_rng(4).normal(0.0, 2.0, shape)
    ours, theirs = Simplex(), SimplexTransform()
    share = ours.backward(free).eval()
    np.testing.assert_allclose(share, theirs.backward(free).eval(), rtol=1e-13)
    np.testing.assert_allclose(ours.forward(share).eval(), free, atol=1e-12)
    np.testing.assert_allclose(ours.log_jac_det(free).eval(), theirs.log_jac_det(free).eval(), atol=1e-12)


def test_dirichlet_with_our_transform_has_pymcs_density():
    weights, free = np.array([2.2, 0.7, 1.0]), np.array([0.4, -1.3])
    found = []
    for settings in ({"default_transform": Simplex()}, {}):
        with pm.Model() as model:
            pm.Dirichlet("share", weights, **settings)
        found.append(float(model.compile_logp(mode="FAST_COMPILE")({"share_simplex__": free})))
    assert found[0] == pytest.approx(found[1], rel=1e-13)


def test_a_changed_part_makes_old_machine_code_stale():
    assert kernel_version(MARKS.value, reading_parts) != kernel_version(MARKS.value)
    assert KernelOp(MARKS, (None,)).version == kernel_version(MARKS.value, expected_parts, reading_parts)


def test_a_residual_scenarios_readings_are_even_and_have_no_slope():
    assert expected_parts(RESIDUAL, 0.7, 0.3, 0.6) == pytest.approx((1 / 3, 1 / 3, 1 / 3, 0.0, 0.0))
    assert expected_parts(-1.0, 0.7, 0.3, 0.6) == reading_parts(0.7 * -1.0 + 0.3, 0.6)
