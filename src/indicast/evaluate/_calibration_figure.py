"""The certificate's picture: rank distributions against their bands, and scenarios against their probabilities.

Invariant: the same simulations draw the same file, byte for byte
(``tests/unit/test_calibration_figure.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from indicast.evaluate._quantities import LIKELIHOOD, RECENT
from indicast.evaluate._trial import WHENS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 8
"""Rank distributions in the picture."""
REPRESENTATIVE = (LIKELIHOOD, RECENT, "persistence", "strength_base")
"""Shown beside the worst ones, as far as the model has them."""
BAND = 0.99
BAND_SIMULATIONS, BAND_PLACES = 2000, 60
LONGEST_TITLE = 34
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "indicast", "font.size": 8.0}


def calibration_figure(certificate: Mapping[str, Any], fractions: Mapping[str, np.ndarray]) -> str:
    """Return the picture as SVG.

    Parameters
    ----------
    certificate
        From ``certificate``.
    fractions
        Ranks as fractions by quantity, from ``fractions_of``.
    """
    import arviz as az
    from matplotlib import pyplot as plt
    from matplotlib import rc_context

    chosen = shown_quantities(certificate, tuple(fractions))
    ranks = xr.Dataset({_title(name): (("simulation",), fractions[name]) for name in chosen})
    with rc_context(STYLE):
        drawn = az.plot_ecdf_pit(
            xr.DataTree.from_dict({"/prior_sbc": ranks}),
            group="prior_sbc",
            sample_dims=["simulation"],
            backend="matplotlib",
            figure_kwargs={"figsize": (10.0, 8.2)},
        )
        figure = drawn.viz["figure"].item()
        _add_bands(figure, next(iter(fractions.values())).size)
        _add_states(figure, certificate)
        text = _as_svg(figure)
        plt.close(figure)
    return text


def shown_quantities(certificate: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """Return the representative quantities, then the worst of the others."""
    first = [name for name in REPRESENTATIVE if name in names]
    worst = [one["name"] for one in sorted(certificate["quantities"], key=lambda one: (one["p"], one["name"]))]
    return [*first, *[name for name in worst if name not in first]][:SHOWN]


def _title(name: str) -> str:
    return name if len(name) <= LONGEST_TITLE else f"{name[: LONGEST_TITLE - 1]}…"


def _add_bands(figure: Figure, simulations: int) -> None:
    """Shade where the whole curve of sound ranks stays with the chance :data:`BAND`."""
    from arviz_stats.ecdf_utils import ecdf_pit

    places, _, low, high = ecdf_pit(np.linspace(0.0, 1.0, simulations), BAND, BAND_SIMULATIONS)
    kept = np.unique(np.linspace(0, places.size - 1, BAND_PLACES).astype(np.int64))
    places, low, high = places[kept], low[kept], high[kept]
    for axes in figure.axes:
        axes.fill_between(places, low - places, high - places, color="0.5", alpha=0.18, linewidth=0.0)
        axes.set_xlabel("rank / draws")
        axes.set_ylabel("share below, less expected")
        axes.label_outer()


def _add_states(figure: Figure, certificate: Mapping[str, Any]) -> None:
    figure.subplots_adjust(left=0.08, right=0.98, top=0.95, bottom=0.42, hspace=0.5, wspace=0.14)
    scenarios = list(dict.fromkeys(one["scenario"] for one in certificate["states"]))
    for place, when in enumerate(WHENS):
        axes = figure.add_axes((0.08 + 0.31 * place, 0.07, 0.27, 0.27))
        _draw_state(axes, [one for one in certificate["states"] if one["when"] == when], scenarios)
        axes.set_title(f"scenarios {when}")
        axes.set_xlabel("probability given")
        if not place:
            axes.set_ylabel("share that held (bars: 95 % if right)")
            axes.legend(*axes.get_legend_handles_labels(), frameon=False)


def _draw_state(axes: Axes, bins: list[dict[str, Any]], scenarios: list[str]) -> None:
    axes.plot([0.0, 1.0], [0.0, 1.0], color="0.6", linewidth=0.8)
    for place, scenario in enumerate(scenarios):
        mine = [one for one in bins if one["scenario"] == scenario and one["number"]]
        given = [one["expected"] + 0.008 * place for one in mine]
        axes.vlines(
            given, *zip(*(one["band"] for one in mine), strict=True), color=f"C{place}", alpha=0.35, linewidth=3
        )
        axes.plot(given, [one["observed"] for one in mine], "o", color=f"C{place}", markersize=3.5, label=scenario)
    axes.set(xlim=(0.0, 1.0), ylim=(-0.02, 1.02))


def _as_svg(figure: Figure) -> str:
    written = StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    shorter = re.sub(r"(\d\.\d\d)\d+", r"\1", written.getvalue())
    return "\n".join(line.rstrip() for line in shorter.splitlines()) + "\n"
