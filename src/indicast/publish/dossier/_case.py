"""What every part of the dossier is computed from, and whether it can bear that.

Invariant: draws that are not there, are too few chains or are no numbers never become a statistic; they
become an error that says what to do (``tests/unit/test_dossier_case.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.errors import RunError, one_of

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.infer import Run
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

FEWEST_CHAINS = 2
"""Chains are compared with each other; one has nothing to be compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A run under review, with what it was made from.

    Attributes
    ----------
    framework, hyperparameters, ledger
        As used for the run; the whole ledger.
    run
        Draws, gates and manifest.
    seed
        Of everything random in the dossier.
    """

    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    run: Run
    seed: int

    def group(self, name: str) -> xr.Dataset:
        """Return a group of the posterior's file.

        Raises
        ------
        RunError
            If it is not there.
        """
        if name not in self.run.tree.children:
            there = one_of(self.run.tree.children)
            message = f"the posterior of {self.run.id} has no group {name} (there are: {there}); {self.remedy}"
            raise RunError(message)
        return self.run.tree[name].to_dataset()

    def draws(self, name: str = "posterior", needed: tuple[str, ...] = ()) -> xr.Dataset:
        """Return a group of draws that can be judged: some chains, some draws, all of them numbers.

        Parameters
        ----------
        name
            Of the group.
        needed
            Variables that must be there, and the only ones that are looked at; all of them if left out.

        Raises
        ------
        RunError
            If it is not there, or cannot be judged.
        """
        drawn = self.group(name)
        lacking = [one for one in needed if one not in drawn]
        chains, draws = (int(drawn.sizes.get(dim, 0)) for dim in (names.CHAIN, names.DRAW))
        amiss = ""
        if lacking:
            amiss = f"lacks {', '.join(lacking)}"
        elif not chains * draws:
            amiss = "holds no draws"
        elif chains < FEWEST_CHAINS:
            amiss = f"holds {chains} chain where {FEWEST_CHAINS} or more are needed"
        elif faulty := _not_finite(drawn[list(needed)] if needed else drawn):
            amiss = f"holds draws of {faulty} that are no numbers"
        if amiss:
            message = f"group {name} of {self.run.id} {amiss}; {self.remedy}"
            raise RunError(message)
        return drawn

    @property
    def remedy(self) -> str:
        """What to do about a run that cannot be judged."""
        return f"make it again with 'indicast fit {self.framework.id} --as-of {self.run.manifest['as_of']}'"


def _not_finite(drawn: xr.Dataset) -> str:
    """Return the first variable of draws with a value that is no finite number, or nothing."""
    for name, values in drawn.data_vars.items():
        array = values.to_numpy()
        if array.dtype.kind == "f" and names.DRAW in values.dims and not np.isfinite(array).all():
            return str(name)
    return ""
