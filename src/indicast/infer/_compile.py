"""A model compiled once for the sampler, without paying twice for machine code.

nutpie wraps PyTensor's Numba functions in C callbacks. As it does so, Numba inlines the
whole function into each callback and optimises it again, which takes longer than the
sampling and cannot be cached. Here the callback builds the array views of the shared data
itself and jumps to the address of the function that PyTensor compiled, which PyTensor's
disk cache keeps between processes. Invariants: the density seen by the sampler is
PyTensor's own, bit for bit; code just compiled and the same code loaded from disk give
the same numbers, because no sum may be reordered (``tests/reference/test_compile.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from unittest import mock

import numba
import pytensor
from llvmlite import ir
from numba import carray  # type: ignore[attr-defined]  # Numba does not say that it exports it
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_new_ref
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array
from nutpie import compile_pymc

if TYPE_CHECKING:
    import numpy as np
    import pymc as pm

WORD = ir.IntType(64)
DOUBLES = types.CPointer(types.float64)
WRONG_SIZE, FAILED, NOT_FINITE = -1, 1, 3
"""What a callback returns to nutpie: negative stops the sampler, positive refuses the point."""


def compile_for_sampling(model: pm.Model) -> Any:  # noqa: ANN401  # nutpie does not export its class
    """Return a compiled model that stores the free variables and nothing else.

    Parameters
    ----------
    model
        From ``indicast.generative.model.build_model``.

    Returns
    -------
    compiled
        Accepts ``with_data`` for new data of the same ranks.
    """
    free = [variable.name for variable in model.free_RVs]
    # Kernels are optimised once by themselves and again inside what calls them; which copy runs depends on what was
    # loaded from disk. With reordering allowed (the default) the copies round differently.
    exact = pytensor.config.change_flags(numba__fastmath=False)
    density = mock.patch.object(compile_pymc, "_make_c_logp_func", _density_callback)
    expansion = mock.patch.object(compile_pymc, "_make_c_expand_func", _expansion_callback)
    with exact, density, expansion:
        return compile_pymc.compile_pymc_model(model, var_names=free)


def _density_callback(
    size: int,
    density: Any,  # noqa: ANN401  # stands in for the function of nutpie
    user_data: np.ndarray,
    shared_var_keys: list[str],
    shared_data: Mapping[str, np.ndarray],
) -> tuple[Any, Any]:
    """Return what Numba turns into the callback that fills density and gradient, and its C signature.

    Parameters
    ----------
    size
        Number of free coordinates.
    density
        The Numba dispatcher of PyTensor's function of x and the shared variables.
    user_data, shared_var_keys, shared_data
        See :func:`_call_by_address`.
    """
    call = _call_by_address(density, shared_data, shared_var_keys, user_data.dtype)

    def fill(length: int, point: Any, gradient: Any, value: Any, shared: Any) -> int:  # noqa: ANN401  # C pointers
        if length != size:
            return WRONG_SIZE
        try:
            found, slopes = call(carray(point, (size,)), shared)
        except Exception:  # noqa: BLE001  # Numba knows no narrower one, and C none at all
            return FAILED
        value[0] = found.item()
        finite = math.isfinite(value[0])
        for place in range(size):
            gradient[place] = slopes[place]
            finite &= math.isfinite(slopes[place])
        return 0 if finite else NOT_FINITE

    return fill, types.int64(types.uint64, DOUBLES, DOUBLES, DOUBLES, types.voidptr)


def _expansion_callback(  # stands in for the function of nutpie
    size: int,
    expanded_size: int,
    expand: Any,  # noqa: ANN401  # the same
    user_data: np.ndarray,
    shared_var_keys: list[str],
    shared_data: Mapping[str, np.ndarray],
) -> tuple[Any, Any]:
    """Return what Numba turns into the callback that fills the stored values, and its C signature."""
    call = _call_by_address(expand, shared_data, shared_var_keys, user_data.dtype)

    def fill(length: int, stored: int, point: Any, values: Any, shared: Any) -> int:  # noqa: ANN401  # C pointers
        if length != size or stored != expanded_size:
            return WRONG_SIZE
        try:
            (found,) = call(carray(point, (size,)), shared)
        except Exception:  # noqa: BLE001  # Numba knows no narrower one, and C none at all
            return FAILED
        for place in range(expanded_size):
            values[place] = found[place]
        return 0

    return fill, types.int64(types.uint64, types.uint64, DOUBLES, DOUBLES, types.voidptr)


def _call_by_address(
    inner: Any,  # noqa: ANN401  # a Numba dispatcher
    shared_data: Mapping[str, np.ndarray],
    shared_var_keys: list[str],
    record: np.dtype,
) -> Any:  # noqa: ANN401  # the same
    """Return ``f(x, user_data)`` that calls a compiled function with the shared arrays.

    Parameters
    ----------
    inner
        The Numba dispatcher of a PyTensor function of x and the shared variables.
    shared_data
        Shared arrays by key; only ranks and types are used.
    shared_var_keys
        Keys in the order of the function's arguments.
    record
        Layout of nutpie's record of data pointers, sizes and shapes.
    """
    arrays = [
        types.Array(numba.from_dtype(shared_data[key].dtype), shared_data[key].ndim, "C") for key in shared_var_keys
    ]
    offsets = [(_offset(record, "data", key), _offset(record, "shape", key)) for key in shared_var_keys]

    @intrinsic
    def jump(_typing: Any, x: Any, user_data: Any) -> Any:  # noqa: ANN401  # Numba's protocol for intrinsics
        _, _, folded, _ = inner.get_call_template((x, *arrays), {})
        overload = inner.overloads[tuple(folded)]
        address = overload.library.get_pointer_to_function(overload.fndesc.llvm_func_name)
        returned = overload.signature.return_type

        def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:  # noqa: ANN401  # Numba's protocol for intrinsics
            views = [
                _view(context, builder, kind, values[1], *places) for kind, places in zip(arrays, offsets, strict=True)
            ]
            arguments = [values[0], *views]
            if len(folded) == 1 and isinstance(folded[0], types.BaseTuple):
                arguments = [context.make_tuple(builder, folded[0], arguments)]
            pointer = builder.inttoptr(
                ir.Constant(WORD, address), context.call_conv.get_function_type(returned, folded).as_pointer()
            )
            status, result = context.call_conv.call_function(builder, pointer, returned, folded, arguments)
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return impl_ret_new_ref(context, builder, returned, result)

        return returned(x, user_data), generate

    @numba.njit
    def call(x: Any, user_data: Any) -> Any:  # noqa: ANN401  # compiled for the callback's arguments
        return jump(x, user_data)  # type: ignore[call-arg]  # Numba passes the typing context itself

    return call


def _offset(record: np.dtype, part: str, key: str) -> int:
    """Return where a shared array's pointer or shape stands in nutpie's record, bytes."""
    shared, start = _field(record, "shared")
    block, within = _field(shared, part)
    return start + within + _field(block, key)[1]


def _field(record: np.dtype, name: str) -> tuple[np.dtype, int]:
    """Return the type and the offset in bytes of a field of a structured type."""
    kind, offset = dict(record.fields or {})[name][:2]
    return kind, int(offset)


def _view(context: Any, builder: Any, kind: types.Array, record: Any, pointer_at: int, shape_at: int) -> Any:  # noqa: ANN401  # LLVM values are untyped
    """Return a C-contiguous array over shared memory that nutpie keeps alive."""

    def word(position: int) -> Any:  # noqa: ANN401  # LLVM values are untyped
        place = builder.gep(record, [ir.Constant(WORD, position)])
        return builder.load(builder.bitcast(place, WORD.as_pointer()))

    itemsize = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    shape = [word(shape_at + 8 * axis) for axis in range(kind.ndim)]
    strides = [ir.Constant(WORD, itemsize)]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    array = make_array(kind)(context, builder)
    data = builder.inttoptr(word(pointer_at), context.get_data_type(kind.dtype).as_pointer())
    populate_array(array, data=data, shape=shape, strides=strides[: kind.ndim], itemsize=itemsize, meminfo=None)
    return array._getvalue()  # noqa: SLF001  # the way Numba's own code reads a built array
