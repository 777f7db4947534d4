"""Log-density of every free parameter under the elicited priors, for power-scaling.

Invariant: each variable equals PyMC's own term (``tests/reference/test_log_prior.py``), and every free parameter
belongs to exactly one part of the model (``tests/contract/test_posterior_groups.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import xarray as xr

from indicast import names
from indicast.elicit import log_density, log_standard_normal
from indicast.generative.ratings import STANDARD_NORMAL

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters

INNOVATIONS: Final = frozenset(
    {
        names.STRENGTH_Z,
        names.TILT_Z,
        names.FLAT_NEWS_Z,
        names.GLOBAL_INNOVATION,
        names.GROUP_INNOVATION,
        *STANDARD_NORMAL,
    }
)
"""Free parameters that are standard normal by construction, not by elicitation."""

PRIOR_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "chain": (names.INITIAL, names.DWELL, names.EXIT),
    "shocks": (
        names.PERSISTENCE,
        names.GLOBAL_SCALE,
        names.GROUP_SCALE,
        names.GLOBAL_INNOVATION,
        names.GROUP_INNOVATION,
        names.TILT_MEAN,
        names.TILT_SCALE,
        names.TILT_Z,
    ),
    "emission": (
        names.STRENGTH_BASE,
        names.STRENGTH_Z,
        names.THRESHOLD,
        names.FLAT_NEWS_MEAN,
        names.FLAT_NEWS_SCALE,
        names.FLAT_NEWS_Z,
        names.GROWTH,
        names.OVERDISPERSION,
        names.SEASON,
        names.PEAK,
        names.EVENT_RATE,
        names.EVENT_BACKGROUND,
        names.LEDGER_DENSITY,
        names.SHARE_CENTRE,
        names.SHARE_SCALE,
        names.DRIFT,
        names.LEVEL_SCALE,
        names.MILESTONE_CHANCE,
        names.MILESTONE_CLARITY,
        names.MILESTONE_SHIFT,
        names.MARKS_OF_PRESENT,
        names.RATER_SCALE_Z,
        names.RATER_LEAN_Z,
        names.COUNTRY_ERROR_Z,
        names.SHARED_ERROR_SCALE,
        names.SHARED_ERROR_Z,
    ),
    "sources": (names.RELIABILITY, names.SLANT_SHARES, names.HOUSE_EFFECT),
    "detection": (names.DETECTION, names.EVENT_DETECTION, names.PUBLISH_BASE, names.PUBLISH_EMBARRASSED),
}
"""Parts of the model and their free parameters, so that one part's prior may be scaled alone.

What an indicator leans to in the long run (tilt) is a shock that does not fade. Marks, and the people who made them,
belong to what scenarios show.
"""


def prior_parts(densities: xr.Dataset) -> dict[str, list[str]]:
    """Return the parts of the model that a fit has and their parameters, for ArviZ's ``prior_var_names``.

    Parameters
    ----------
    densities
        Group ``log_prior`` of a fit.
    """
    held = {part: [name for name in members if name in densities] for part, members in PRIOR_PARTS.items()}
    return {part: members for part, members in held.items() if members}


def part_of(name: str) -> str:
    """Return the part of the model that a free parameter belongs to.

    Examples
    --------
    >>> part_of("tilt_mean"), part_of("dwell")
    ('shocks', 'chain')
    """
    return next(part for part, members in PRIOR_PARTS.items() if name in members)


def log_prior(posterior: xr.Dataset, hyperparameters: Hyperparameters) -> xr.Dataset:
    """Return log p(parameter) of every free parameter, nats, summed over its own dims.

    Densities of the values themselves, without any Jacobian. What labels say of the chain, where the table enters by
    them, is evidence and not counted here.

    Parameters
    ----------
    posterior
        Of a fit; dims (chain, draw, ...).
    hyperparameters
        The priors of that fit.

    Returns
    -------
    log_prior
        A variable for each free parameter; dims (chain, draw).
    """
    stacked = posterior.stack(sample=(names.CHAIN, names.DRAW)).transpose("sample", ...)
    leading = (names.CHAIN, names.DRAW)
    shape = tuple(posterior.sizes[dim] for dim in leading)
    found = {}
    for name in map(str, posterior.data_vars):
        if name in INNOVATIONS:
            found[name] = log_standard_normal(stacked[name].to_numpy())
        elif name in hyperparameters.priors:
            prior = hyperparameters.priors[name]
            found[name] = log_density(prior, stacked[name].transpose("sample", *prior.dims).to_numpy())
    coords = {dim: posterior[dim].to_numpy() for dim in leading}
    return xr.Dataset({name: (leading, values.reshape(shape)) for name, values in found.items()}, coords=coords)
