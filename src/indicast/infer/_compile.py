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

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from unittest import mock

import numba
import pytensor
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_new_ref
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array
from nutpie import compile_pymc

if TYPE_CHECKING:
    import numpy as np
    import pymc as pm

WORD = ir.IntType(64)


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
    with exact, mock.patch.object(compile_pymc, "make_extraction_fn", _call_by_address):
        return compile_pymc.compile_pymc_model(model, var_names=free)


def _call_by_address(
    inner: Any,  # noqa: ANN401  # stands in for the function of nutpie
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
