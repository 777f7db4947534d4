"""The scenario chain summed out, as one compiled PyTensor operation.

One pass forward and one backward give the evidence and, by Fisher's identity, its
gradient: d/d log-emission = smoothed probabilities, d/d log-transition = expected
transition counts, d/d log-initial = smoothed probabilities at t = 0. So no automatic
differentiation runs through the recursion. Invariant: value and gradient equal the
NumPy twin, enumeration and finite differences (``tests/reference/test_chain.py``).
Source: Cappe, Moulines, Ryden 2005, doi:10.1007/0-387-28982-8, section 10.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from indicast.generative._kernel_version import kernel_version


def _kernel(  # noqa: C901, PLR0912  # one loop nest, because Numba compiles it whole
    log_emission: np.ndarray, log_transition: np.ndarray, log_initial: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    months, size = log_emission.shape
    transition = np.exp(log_transition)
    filtered = np.empty((months, size))
    predicted = np.empty((months, size))
    smoothed = np.empty((months, size))
    counts = np.zeros((size, size))
    evidence = 0.0
    for t in range(months):
        peak = -np.inf
        for k in range(size):
            if t == 0:
                predicted[t, k] = np.exp(log_initial[k])
                filtered[t, k] = log_initial[k] + log_emission[t, k]
            else:
                total = 0.0
                for j in range(size):
                    total += filtered[t - 1, j] * transition[j, k]
                predicted[t, k] = total
                filtered[t, k] = np.log(total) + log_emission[t, k]
            peak = max(peak, filtered[t, k])
        total = 0.0
        for k in range(size):
            filtered[t, k] = np.exp(filtered[t, k] - peak)
            total += filtered[t, k]
        for k in range(size):
            filtered[t, k] /= total
        evidence += peak + np.log(total)
    for k in range(size):
        smoothed[months - 1, k] = filtered[months - 1, k]
    for t in range(months - 2, -1, -1):
        for j in range(size):
            smoothed[t, j] = 0.0
        for k in range(size):
            if predicted[t + 1, k] > 0.0:
                ratio = smoothed[t + 1, k] / predicted[t + 1, k]
                for j in range(size):
                    pair = filtered[t, j] * transition[j, k] * ratio
                    counts[j, k] += pair
                    smoothed[t, j] += pair
    return np.asarray(evidence), smoothed, counts


class ForwardBackward(Op):
    """Evidence, smoothed probabilities and expected transition counts of a chain.

    Inputs: log-emissions (time, scenario), log-transition (scenario, next_scenario),
    log-initial (scenario), all nats. Only the evidence is differentiable.
    """

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:  # noqa: ANN401  # the signature of pytensor.graph.op.Op
        """Return the graph node with outputs evidence, smoothed, counts."""
        log_emission, log_transition, log_initial = (pt.as_tensor_variable(value).astype("float64") for value in inputs)
        size = log_initial.type.shape[0]
        outputs = [
            pt.dscalar(),
            pt.tensor("smoothed", dtype="float64", shape=log_emission.type.shape),
            pt.tensor("counts", dtype="float64", shape=(size, size)),
        ]
        return Apply(self, [log_emission, log_transition, log_initial], outputs)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        """Return the shapes of the outputs from those of the inputs."""
        return [(), shapes[0], shapes[1]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        """Fill the outputs in plain Python, where Numba is not used."""
        for storage, value in zip(output_storage, _kernel(*inputs), strict=True):
            storage[0] = value

    def pullback(
        self,
        inputs: Sequence[Variable],  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        outputs: Sequence[Variable],
        cotangents: Sequence[Variable],
    ) -> list[Variable]:
        """Return the gradient of the evidence, which the backward pass already holds."""
        _, smoothed, counts = outputs
        upstream, *others = cotangents
        if any(not isinstance(other.type, DisconnectedType) for other in others):
            message = "only the evidence of ForwardBackward is differentiable"
            raise TypeError(message)
        return [upstream * smoothed, upstream * counts, upstream * smoothed[0]]


@register_funcify_default_op_cache_key(ForwardBackward)
def _compiled(op: ForwardBackward, **_: object) -> tuple[Callable[..., Any], int]:  # noqa: ARG001  # the dispatcher passes the op
    return numba.njit(_kernel, fastmath=False, cache=False), kernel_version(_kernel)


def chain_evidence(log_emission: Any, transition: Any, initial: Any) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the log marginal likelihood of a chain as a PyTensor scalar, nats.

    Parameters
    ----------
    log_emission
        Dims (time, scenario).
    transition
        Rows sum to one; dims (scenario, next_scenario).
    initial
        Sums to one; dims (scenario).
    """
    return ForwardBackward()(log_emission, pt.log(transition), pt.log(initial))[0]
