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


def fit_again(tree: xr.DataTree) -> str:
    """Return the command that makes a fit again; its model is known if it was saved.

    Examples
    --------
    >>> import xarray as xr
    >>> saved = xr.DataTree()
    >>> saved.attrs = {"model": "harbour", "as_of": "2024-06"}
    >>> fit_again(saved)
    "fit again with 'indicast fit harbour --as-of 2024-06'"
    """
    month = f" --as-of {tree.attrs['as_of']}" if "as_of" in tree.attrs else ""
    return f"fit again with 'indicast fit {tree.attrs.get('model', 'MODEL')}{month}'"


def group_of_fit(tree: xr.DataTree, name: str, *, drawn: bool = True) -> xr.Dataset:
    """Return a group of a fit.

    Parameters
    ----------
    tree
        A fit, of this version or an older one.
    name
        Of the group, see ``docs/posterior.md``.
    drawn
        Whether it must hold variables and draws; else it only has to be there.

    Raises
    ------
    RunError
        If the fit has no such group, or one without draws.
    """
    held = ", ".join(sorted(str(child) for child in tree.children)) or "none"
    if name not in tree.children:
        message = f"the fit has no group {name} (it has {held}); {fit_again(tree)}"
        raise RunError(message)
    found = tree[name].to_dataset()
    if drawn and (not found.data_vars or 0 in found.sizes.values()):
        message = f"group {name} of the fit is empty; {fit_again(tree)}"
        raise RunError(message)
    return found
