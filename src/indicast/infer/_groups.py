"""Groups of a fit, read so that fits of all versions serve.

Invariant: the panel of a fit is the same whether counts and reports stand among what was observed, as in
runs without replicated data, or with the rest of the panel (``tests/contract/test_posterior_groups.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicast.errors import RunError

if TYPE_CHECKING:
    import xarray as xr

GRIDS: Final = ("count", "report_direction")
"""Variables of the panel that older runs keep in ``observed_data``."""


def panel_of(tree: xr.DataTree) -> xr.Dataset:
    """Return the panel of a fit without padded months, as in ``docs/panel.md``.

    Parameters
    ----------
    tree
        A fit, of this version or an older one.
    """
    constant = tree["constant_data"].to_dataset()
    elsewhere = [name for name in GRIDS if name not in constant and name in tree["observed_data"]]
    return constant.merge(tree["observed_data"].to_dataset()[elsewhere]) if elsewhere else constant


def group_of_fit(tree: xr.DataTree, name: str) -> xr.Dataset:
    """Return a group of a fit.

    Parameters
    ----------
    tree
        A fit, of this version or an older one.
    name
        Of the group, see ``docs/posterior.md``.

    Raises
    ------
    RunError
        If the fit has no such group, or one without draws.
    """
    held = ", ".join(sorted(str(child) for child in tree.children)) or "none"
    if name not in tree.children:
        message = f"the fit has no group {name} (it has {held}); fit again with 'indicast fit'"
        raise RunError(message)
    found = tree[name].to_dataset()
    if not found.data_vars or 0 in found.sizes.values():
        message = f"group {name} of the fit is empty; fit again with 'indicast fit'"
        raise RunError(message)
    return found
