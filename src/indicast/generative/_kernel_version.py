"""A number that changes with a kernel's source, so that old machine code is not reused.

Invariant: PyTensor's disk cache returns code of this very source
(``tests/reference/test_compile.py``).
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

BITS = 48


def kernel_version(kernel: Callable[..., Any]) -> int:
    """Return a number made from a function's source text.

    Examples
    --------
    >>> kernel_version(kernel_version) == kernel_version(kernel_version)
    True
    """
    digest = hashlib.sha256(inspect.getsource(kernel).encode()).hexdigest()
    return int(digest, 16) % 2**BITS
