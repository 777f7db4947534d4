"""A hand-written kernel and its hand-written adjoint, as one smooth PyTensor operation.

A family's evidence as a graph is dozens of small operations, each compiled by itself and
each passing over memory; as one kernel it is one. Only the value is differentiable, and
only by the first inputs; the rest are data. Invariant: value and gradient are those of the
kernels, compiled or not, and agree with the NumPy twin and finite differences
(``tests/reference/test_kernels.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from indicast.generative._kernel_version import kernel_version

Arrays = np.ndarray | tuple[np.ndarray, ...]
"""What a kernel returns: one array by itself, or several in a tuple."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A function of one family, and how it is differentiated.

    Attributes
    ----------
    value
        Takes the inputs; returns the value, then what the adjoint wants to keep.
    adjoint
        Takes the upstream gradient, what was kept and the inputs; returns the gradient
        by each of the first ``smooth`` inputs.
    smooth
        Number of differentiable inputs; all are float64.
    kept
        Number of axes of each array kept.
    parts
        Compiled functions of other modules that both call: a change of one makes old machine code stale.
    """

    value: Callable[..., Arrays]
    adjoint: Callable[..., Arrays]
    smooth: int
    kept: tuple[int, ...]
    parts: tuple[Callable[..., Any], ...] = ()


class KernelOp(Op):
    """The value of a kernel.

    Parameters
    ----------
    kernel
        What to compute.
    shape
        Lengths of the value's axes as far as they are known.
    """

    __props__ = ("version", "shape")
    default_output = 0

    def __init__(self, kernel: Kernel, shape: tuple[int | None, ...]) -> None:
        self.kernel, self.shape = kernel, shape
        self.version = kernel_version(kernel.value, *kernel.parts)

    def make_node(self, *inputs: Any) -> Apply:  # noqa: ANN401  # PyTensor variables are untyped
        """Return the graph node of the value and of what is kept."""
        given = [pt.as_tensor_variable(value) for value in inputs]
        smooth = [variable.astype("float64") for variable in given[: self.kernel.smooth]]
        kept = [pt.tensor(dtype="float64", shape=(None,) * rank) for rank in self.kernel.kept]
        value = pt.tensor(dtype="float64", shape=self.shape)
        return Apply(self, [*smooth, *given[self.kernel.smooth :]], [value, *kept])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        """Fill the outputs in plain Python, where Numba is not used."""
        _store(output_storage, self.kernel.value(*inputs))

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return which outputs depend smoothly on which inputs."""
        return [[place < self.kernel.smooth] * len(node.outputs) for place in range(len(node.inputs))]

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Return the gradient by the smooth inputs; data have none."""
        upstream, *others = cotangents
        if any(not isinstance(other.type, DisconnectedType) for other in others):
            message = "what a kernel keeps for its adjoint is not differentiable"
            raise TypeError(message)
        gradient = AdjointOp(self.kernel)(upstream, *outputs[1:], *inputs, return_list=True)
        return [*gradient, *(disconnected_type() for _ in inputs[self.kernel.smooth :])]


class AdjointOp(Op):
    """The gradient of a kernel; itself not differentiable."""

    __props__ = ("version",)

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.version = kernel_version(kernel.adjoint, *kernel.parts)

    def make_node(self, *inputs: Variable) -> Apply:
        """Return the graph node of the gradients, each of its input's type."""
        first = 1 + len(self.kernel.kept)
        return Apply(self, list(inputs), [given.type() for given in inputs[first : first + self.kernel.smooth]])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        """Fill the outputs in plain Python, where Numba is not used."""
        _store(output_storage, self.kernel.adjoint(*inputs))


def _store(storage: list[list[Any]], values: Arrays) -> None:
    for place, value in zip(storage, values if isinstance(values, tuple) else (values,), strict=True):
        place[0] = value


def _compiled(kernel: Callable[..., Arrays]) -> Callable[..., Arrays]:
    # Division by zero gives infinity, which the sampler refuses; an exception would stop it.
    return numba.njit(kernel, fastmath=False, cache=False, error_model="numpy")


@register_funcify_default_op_cache_key(KernelOp)
def _compiled_value(op: KernelOp, **_: object) -> tuple[Callable[..., Arrays], int]:
    return _compiled(op.kernel.value), op.version


@register_funcify_default_op_cache_key(AdjointOp)
def _compiled_adjoint(op: AdjointOp, **_: object) -> tuple[Callable[..., Arrays], int]:
    return _compiled(op.kernel.adjoint), op.version
