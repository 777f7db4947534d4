"""What a reviewer asks of a sampler, as numbers: every parameter's R-hat and ESS, energy, divergences, depth.

Invariant: R-hat, ESS and BFMI are ArviZ's own numbers of the same draws, to machine precision
(``tests/reference/test_sampling.py``). Sources: Vehtari et al. 2021, doi:10.1214/20-BA1221; Betancourt 2016,
arXiv:1604.00695; Säilynoja et al. 2022, doi:10.1007/s11222-022-10090-6.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.infer._gates import DERIVED, label_identity

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Mixing:
    """How well the chains agree about one number.

    Attributes
    ----------
    variable
        Name in the posterior.
    place
        Labels of its element; empty for a scalar.
    rhat
        Rank-normalised split R-hat, 1 or above up to noise.
    bulk, tail
        Effective number of draws, for the middle and for the tails.
    """

    variable: str
    place: tuple[tuple[str, str], ...]
    rhat: float
    bulk: float
    tail: float

    @property
    def label(self) -> str:
        """The variable with the labels of its element."""
        inside = ", ".join(label for _, label in self.place)
        return f"{self.variable}[{inside}]" if inside else self.variable

    @property
    def effective(self) -> float:
        """The smaller of both effective numbers."""
        return min(self.bulk, self.tail)


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampler's work as a whole.

    Attributes
    ----------
    chains, draws
        Number of chains, and of kept draws of each.
    mixing
        Every number that was judged, the one nearest to a declared limit first.
    bfmi
        Energy's fraction of missing information by chain.
    divergences
        By chain.
    saturated
        Draws whose tree was cut off at its greatest depth; None if that was not kept.
    deepest
        Greatest depth of a tree; None if that was not kept.
    labels
        Share of draws with every scenario's label in place.
    seconds
        Time of sampling; None if it was not kept.
    complaints
        What ``arviz.diagnose`` found fault with at the declared limits; empty if nothing.
    """

    chains: int
    draws: int
    mixing: tuple[Mixing, ...]
    bfmi: tuple[float, ...]
    divergences: tuple[int, ...]
    saturated: int | None
    deepest: int | None
    labels: float
    seconds: float | None
    complaints: tuple[str, ...]


def sampling(tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters) -> Sampling:
    """Return what a sampler's draws and statistics say of its work.

    Parameters
    ----------
    tree
        Groups ``posterior`` and ``sample_stats``; two or more chains of finite draws.
    framework
        Declares the limits.
    hyperparameters
        Priors that hold the labels apart.
    """
    import arviz as az

    posterior, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    free = judged(posterior)
    chains = range(int(stats.sizes[names.CHAIN]))
    cut_off = _cut_off(stats)
    depth = stats.get("depth", stats.get("tree_depth"))
    time = stats.attrs.get("sampling_time")
    return Sampling(
        chains=len(chains),
        draws=int(stats.sizes[names.DRAW]),
        mixing=_mixing(free, framework),
        bfmi=tuple(np.asarray(az.bfmi(tree)["energy"], dtype=float).tolist()),
        divergences=tuple(int(stats["diverging"].isel({names.CHAIN: one}).sum()) for one in chains),
        saturated=None if cut_off is None else int(cut_off.sum()),
        deepest=None if depth is None else int(depth.max()),
        labels=label_identity(posterior, framework, hyperparameters),
        seconds=None if time is None else float(time),
        complaints=_complaints(free, stats, framework),
    )


def judged(posterior: xr.Dataset) -> xr.Dataset:
    """Return the variables that gates judge: the free ones, and the scenarios of the last month."""
    free = posterior.drop_vars([name for name in DERIVED if name in posterior and name != names.FILTERED])
    if names.FILTERED in free:
        free[names.FILTERED] = free[names.FILTERED].isel({names.TIME: -1}, drop=True)
    return free


def _cut_off(stats: xr.Dataset) -> xr.DataArray | None:
    """Return whether each tree was cut off; samplers name it differently."""
    return stats.get("maxdepth_reached", stats.get("reached_max_treedepth"))


def _mixing(free: xr.Dataset, framework: Framework) -> tuple[Mixing, ...]:
    import arviz as az

    rhat, bulk, tail = az.rhat(free), az.ess(free, method="bulk"), az.ess(free, method="tail")
    found = [
        Mixing(str(name), place, *(float(one[name].to_numpy()[at]) for one in (rhat, bulk, tail)))
        for name in rhat.data_vars
        for at, place in _places(rhat[name])
    ]
    limits = framework.declaration.gates

    def nearness(one: Mixing) -> float:
        """Return how much of what the limits allow is used up; infinite if that is unknown."""
        if not (np.isfinite([one.rhat, one.bulk, one.tail]).all() and one.effective > 0.0):
            return np.inf
        excess = (one.rhat - 1.0) / (limits.rhat_max - 1.0)
        return max(excess, limits.ess_bulk_min / one.bulk, limits.ess_tail_min / one.tail)

    return tuple(sorted(found, key=nearness, reverse=True))


def _places(values: xr.DataArray) -> list[tuple[tuple[int, ...], tuple[tuple[str, str], ...]]]:
    """Return index and labels of every element."""
    labels = [[(str(dim), _label(one)) for one in values[dim].to_numpy()] for dim in values.dims]
    indices = itertools.product(*(range(len(one)) for one in labels))
    return list(zip(indices, itertools.product(*labels), strict=True))


def _label(value: Any) -> str:  # noqa: ANN401  # a text, a number or a date
    return str(value.astype("datetime64[M]")) if isinstance(value, np.datetime64) else str(value)


def element(draws: xr.Dataset, one: Mixing) -> np.ndarray:
    """Return the draws of one number; dims (chain, draw)."""
    values = draws[one.variable]
    at = {dim: [_label(value) for value in values[dim].to_numpy()].index(label) for dim, label in one.place}
    return np.asarray(values.isel(at).transpose(names.CHAIN, names.DRAW).to_numpy(), dtype=float)


def _complaints(free: xr.Dataset, stats: xr.Dataset, framework: Framework) -> tuple[str, ...]:
    """Return what ArviZ's own check of everything says at the declared limits."""
    import arviz as az
    import xarray as xr

    limits, cut_off = framework.declaration.gates, _cut_off(stats)
    named = stats if cut_off is None else stats.assign(reached_max_treedepth=cut_off)
    tree = xr.DataTree.from_dict({"/posterior": free, "/sample_stats": named})
    _, found = az.diagnose(
        tree,
        rhat_max=limits.rhat_max,
        ess_threshold=int(limits.ess_bulk_min),
        bfmi_threshold=limits.bfmi_min,
        show_diagnostics=False,
        return_diagnostics=True,
    )
    told = [f"{found['divergent']['n_divergent']} divergences"] if found["divergent"]["n_divergent"] else []
    told += [f"{deep} trees cut off" for deep in [found.get("treedepth", {}).get("n_max", 0)] if deep]
    told += [f"low BFMI in chain {chain}" for chain in found["bfmi"]["failed_chains"]]
    told += [f"ESS of {name}" for name in found["ess"]["bad_params"]]
    return tuple(told + [f"R-hat of {name}" for name in found["rhat"]["bad_params"]])
