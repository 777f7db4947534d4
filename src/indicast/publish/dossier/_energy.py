"""Pictures of the sampler's energy and of where it diverged.

Invariant: without a divergence there is no picture of any (``tests/unit/test_dossier_sampling.py``). Source:
Betancourt 2016, arXiv:1604.00695.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.infer import element
from indicast.publish._wording import counted
from indicast.publish.dossier._drawn import Chart, Line, drawn, thinned
from indicast.publish.dossier._section import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from indicast.infer import Mixing

BINS = 40
SHOWN = 400
"""Draws in a picture of pairs; every divergent one is among them."""


def energy_figure(stats: xr.Dataset, bfmi: Sequence[float]) -> Figure:
    """Return the energies that were visited beside the steps from one to the next."""
    energy = stats["energy"].transpose(names.CHAIN, names.DRAW).to_numpy()
    centred, steps = (energy - energy.mean(axis=1, keepdims=True)).ravel(), np.diff(energy, axis=1).ravel()
    limit = float(np.ceil(np.abs(np.concatenate([centred, steps])).max()))
    edges = np.linspace(-limit, limit, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2.0
    lines = [np.histogram(one, edges, density=True)[0] for one in (centred, steps)]
    top = float(np.ceil(100.0 * max(one.max() for one in lines)) / 100.0)
    chart = Chart(
        "Solid: energy visited. Dashed: steps",
        tuple(Line(middles, one, ink) for ink, one in enumerate(lines)),
        (-limit, limit),
        (0.0, top),
        (-limit, 0.0, limit),
        (0.0, top),
        label="energy less its mean; density above",
    )
    return Figure(
        id="energy",
        svg=drawn([chart]),
        alt="Density of the energies visited, and of the steps between them, over all chains.",
        conclusion=f"Steps spread {steps.std() / centred.std():.2f} times as wide as the energies; the smallest BFMI "
        f"of {counted(len(bfmi), 'chain')} is {min(bfmi):.2f}.",
    )


def divergence_figure(draws: xr.Dataset, stats: xr.Dataset, mixing: Sequence[Mixing]) -> Figure:
    """Return draws of the two numbers whose divergent draws lie farthest from the others."""
    diverged = stats["diverging"].transpose(names.CHAIN, names.DRAW).to_numpy().astype(bool).ravel()
    involved = sorted(mixing, key=lambda one: _shift(element(draws, one).ravel(), diverged), reverse=True)[:2]
    first, second = (element(draws, one).ravel() for one in (involved[0], involved[-1]))
    others = np.flatnonzero(~diverged)
    others = others[thinned(others.size, SHOWN)]
    chart = Chart(
        f"{involved[-1].label} (up)",
        (),
        (float(first.min()), float(first.max())),
        (float(second.min()), float(second.max())),
        (float(first.min()), float(first.max())),
        (float(second.min()), float(second.max())),
        dots=((first[others], second[others], "sound"), (first[diverged], second[diverged], "diverged")),
        label=involved[0].label,
    )
    moved = _shift(first, diverged)
    return Figure(
        id="divergences",
        svg=drawn([chart], 300.0),
        alt=f"Draws of {involved[0].label} and {involved[-1].label}; those that diverged are marked.",
        conclusion=f"{counted(int(diverged.sum()), 'draw')} diverged; in {involved[0].label} they lie {moved:.1f} "
        "standard deviations from the mean, farther than in any other number.",
    )


def _shift(values: np.ndarray, diverged: np.ndarray) -> float:
    """Return how far the mean of divergent draws lies from that of all, in standard deviations of all."""
    spread = float(values.std())
    return abs(float(values[diverged].mean() - values.mean())) / spread if spread else 0.0
