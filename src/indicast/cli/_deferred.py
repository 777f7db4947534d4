"""Libraries that are imported only once they are used, though a module names them at its top.

The standard library's lazy loader gives way at the second ``import`` statement already; this stands in until an
attribute is asked for.

Invariant: whatever is asked of the stand-in, the library itself answers (``tests/contract/test_whatif.py``).
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


class Deferred(ModuleType):
    """Stands for a library that nobody has used yet."""

    def __getattr__(self, name: str) -> object:
        """Import the library, if it was not, and return its attribute."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def defer(name: str) -> None:
    """Let a library be imported when it is first used; nothing happens if it is already there.

    Parameters
    ----------
    name
        Of a package at the top.
    """
    if name not in sys.modules:
        sys.modules[name] = Deferred(name)
