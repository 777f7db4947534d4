"""A stationary AR(1) path from its innovations, as a compiled PyTensor operation.

Written as a recursion so that value and gradient cost O(months) instead of the
O(months^2) of a matrix. Invariant: equals ``shocks.autoregression(phi) @ innovations``,
and its gradient equals finite differences (``tests/reference/test_shocks.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from indicast.generative._kernel_version import kernel_version


def _path(innovations: np.ndarray, persistence: np.ndarray) -> np.ndarray:
    phi = persistence.item()
    fresh = np.sqrt(1.0 - phi * phi)
    path = innovations.copy()
    for t in range(1, innovations.shape[0]):
        for g in range(innovations.shape[1]):
            path[t, g] = phi * path[t - 1, g] + fresh * innovations[t, g]
    return path


def _adjoint(
    path: np.ndarray, innovations: np.ndarray, persistence: np.ndarray, upstream: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    phi = persistence.item()
    fresh = np.sqrt(1.0 - phi * phi)
    to_innovations = upstream.copy()
    to_phi = 0.0
    for t in range(innovations.shape[0] - 1, 0, -1):
        for g in range(innovations.shape[1]):
            felt = to_innovations[t, g]
            to_phi += felt * (path[t - 1, g] - phi / fresh * innovations[t, g])
            to_innovations[t - 1, g] += phi * felt
            to_innovations[t, g] = fresh * felt
    return to_innovations, np.asarray(to_phi)


class _AutoregressionGradient(Op):
    """Gradient of :class:`Autoregression`; itself not differentiable."""

    __props__ = ()

    def make_node(self, *inputs: Variable) -> Apply:
        path, _, persistence, _ = inputs
        return Apply(self, list(inputs), [path.type(), persistence.type()])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        return [shapes[0], shapes[2]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        for storage, value in zip(output_storage, _adjoint(*inputs), strict=True):
            storage[0] = value


class Autoregression(Op):
    """Paths with unit variance: dims (time, path) from innovations and phi in (0, 1)."""

    __props__ = ()

    def make_node(self, innovations: Any, persistence: Any) -> Apply:  # noqa: ANN401  # PyTensor variables are untyped
        """Return the graph node of the path."""
        given = pt.as_tensor_variable(innovations).astype("float64")
        return Apply(self, [given, pt.as_tensor_variable(persistence).astype("float64")], [given.type()])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        """Return the shape of the path: that of the innovations."""
        return [shapes[0]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:  # noqa: ARG002  # the signature of pytensor.graph.op.Op
        """Fill the output in plain Python, where Numba is not used."""
        output_storage[0][0] = _path(*inputs)

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Return the gradient by the adjoint recursion."""
        return list(_AutoregressionGradient()(outputs[0], *inputs, cotangents[0]))


@register_funcify_default_op_cache_key(Autoregression)
def _compiled_path(op: Autoregression, **_: object) -> tuple[Callable[..., Any], int]:  # noqa: ARG001  # the dispatcher passes the op
    return numba.njit(_path, fastmath=False, cache=False), kernel_version(_path)


@register_funcify_default_op_cache_key(_AutoregressionGradient)
def _compiled_adjoint(op: _AutoregressionGradient, **_: object) -> tuple[Callable[..., Any], int]:  # noqa: ARG001  # the dispatcher passes the op
    return numba.njit(_adjoint, fastmath=False, cache=False), kernel_version(_adjoint)
