"""A number that changes with a kernel's source, so that old machine code is not reused.

Invariant: PyTensor's disk cache returns code of this very source
(``tests/reference/test_compile.py``).
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

BITS = 48


def kernel_version(*kernels: Callable[..., Any]) -> int:
    """Return a number made from the source texts of the modules of a kernel and of the functions it calls.

    Whole modules, because a kernel also reads their constants.

    Examples
    --------
    >>> kernel_version(kernel_version) == kernel_version(kernel_version)
    True
    """
    sources = [inspect.getsource(sys.modules[kernel.__module__]) for kernel in kernels]
    digest = hashlib.sha256("".join(sources).encode()).hexdigest()
    return int(digest, 16) % 2**BITS
