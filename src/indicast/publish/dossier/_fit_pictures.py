"""Pictures of what was seen against what was foreseen.

Invariant: each picture shows numbers of the checks beside it, and its sentence is computed from them
(``tests/unit/test_dossier_fit.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from indicast.publish.dossier._plotted import FORESEEN, SEEN, plot
from indicast.publish.dossier._section import Figure

if TYPE_CHECKING:
    from indicast.evaluate import Check, Correlations, Reliability, Rootogram

LEVEL = 0.05
"""Chance below which a check speaks, once raised for their number."""


def worst(checks: Sequence[Check]) -> Check:
    """Return the check with the smallest p-value among those decided."""
    return min((one for one in checks if one.decided), key=lambda one: one.p)


def told(one: Check, words: dict[str, str], where: str = "") -> str:
    """Return what a check says, in words."""
    return (
        f"{words.get(one.name, one.name)}{where} {one.seen:.3g}, expected {one.expected:.3g} "
        f"(90 % of replicates {one.low:.3g} to {one.high:.3g}), p = {one.p:.3f}"
    )


def rootograms(roots: Sequence[Rootogram], checks: Sequence[Check]) -> Figure:
    """Return the rootograms of all counted indicators."""
    with plot(len(roots), 3.0 * len(roots) + 0.6, 2.6) as drawn:
        for axes, root in zip(drawn.axes, roots, strict=True):
            low, high = np.sqrt(root.low), np.sqrt(root.high)
            axes.bar(
                root.value, high - low, bottom=low, width=0.7, color=FORESEEN, alpha=0.18, label="90 % of replicates"
            )
            axes.plot(root.value, np.sqrt(root.expected), "_", color=FORESEEN, markersize=22, label="foreseen")
            axes.plot(root.value, np.sqrt(root.seen), "o", color=SEEN, markersize=5, label="seen")
            axes.set_title(root.label)
            axes.set_xticks(root.value, [*map(str, root.value[:-1]), f"{root.value[-1]}+"])
            most = max(float(root.high.max()), float(root.seen.max()))
            ticks = [tick for tick in (0, 1, 4, 9, 16, 25, 36, 64, 100, 144, 225) if tick <= most]
            axes.set_yticks(np.sqrt(ticks), [str(tick) for tick in ticks])
            axes.set_xlabel("in a month")
        drawn.axes[0].set_ylabel("months (root scale)")
        drawn.axes[-1].legend(fontsize=7.5, frameon=False)
    mine = [one for one in checks if one.name == "frequencies"]
    out = [root.label for root in roots if ((root.seen < root.low) | (root.seen > root.high)).any()]
    where = f"leave the band of 90 % for {', '.join(out)}" if out else "stay in the band of 90 % everywhere"
    decided = [one for one in mine if one.decided]
    p = (
        f"; the smallest p-value of {len(decided)} is {worst(decided).p:.3f} ({worst(decided).label})"
        if decided
        else ""
    )
    alt = f"How many months had 0, 1, 2 or more of {', '.join(root.label for root in roots)}: seen against foreseen."
    return Figure("fit-rootograms", drawn.svg, alt, f"Frequencies {where}{p}.")


def reliabilities(lines: Sequence[Reliability], names: Sequence[str], checks: Sequence[Check]) -> Figure:
    """Return the calibration of the chances of each direction."""
    with plot(len(lines), 3.0 * len(lines) + 0.3, 3.0) as drawn:
        for axes, line, name in zip(drawn.axes, lines, names, strict=True):
            axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
            axes.fill_between(line.chance, line.low, line.high, step="mid", color=FORESEEN, alpha=0.18, linewidth=0)
            axes.step(line.chance, line.share, where="mid", color=SEEN, linewidth=1.6)
            axes.plot(line.chance, np.full(line.chance.size, -0.03), "|", color="0.35", markersize=5)
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.06, 1.03), title=name, xlabel="chance foreseen", aspect="equal")
        drawn.axes[0].set_ylabel("share seen")
    mine = [one for one in checks if one.name == "calibration"]
    alt = "Share of cells of reports that leaned each way against the chance foreseen; shaded: 90 % of replicates."
    if not any(one.decided for one in mine):
        return Figure("fit-reliability", drawn.svg, alt, "There are too few cells of reports to decide.")
    least = worst(mine)
    line = lines[mine.index(least)]
    where = float(np.mean((line.share < line.low - 1e-12) | (line.share > line.high + 1e-12)))
    text = (
        f"Farthest from calibrated are the chances of {names[mine.index(least)]} (p = {least.p:.3f}): their curve is "
        f"outside the band of 90 % for {100.0 * where:.0f} % of {least.number} cells. What was seen rises "
        f"{line.slope[0]:.1f} times as steeply as the chances (90 % of replicates {line.slope[1]:.1f} to "
        f"{line.slope[2]:.1f}; below 1 they are too bold, above 1 too timid)."
    )
    return Figure("fit-reliability", drawn.svg, alt, text)


def readings(places: dict[str, np.ndarray], least: int, checks: Sequence[Check]) -> Figure:
    """Return the PIT of continuous readings, each as a line."""
    with plot(1, 5.0, 0.7 + 0.5 * len(places)) as drawn:
        axes = drawn.axes[0]
        for row, found in enumerate(places.values()):
            axes.plot(found, np.full(found.size, row), "|", color=SEEN, markersize=16, markeredgewidth=1.6)
        axes.set_yticks(range(len(places)), [f"{name} ({len(found)})" for name, found in places.items()])
        axes.set(xlim=(0, 1), ylim=(-0.6, len(places) - 0.4), xlabel="share of the prediction below the reading")
    few = [f"{name} ({len(found)})" for name, found in places.items() if len(found) < least]
    decided = [one for one in checks if one.name == "uniformity" and one.decided]
    text = [f"Too few readings to decide, fewer than {least}: {', '.join(few)}"] if few else []
    text += [f"the PIT of {one.family} is {one.seen:.2f} from uniform, p = {one.p:.3f}" for one in decided]
    return Figure("fit-pit", drawn.svg, "Places of readings in their predictions, from 0 to 1.", f"{'; '.join(text)}.")


def correlations(found: Correlations) -> Figure:
    """Return the matrix of correlations of surprises, and their size against replicates."""
    size = next(one for one in found.checks if one.name == "size")
    from matplotlib import colormaps

    colours = colormaps["PuOr_r"].resampled(10)
    with plot(2, 8.6, 4.2) as drawn:
        first, second = drawn.axes
        row, column = np.nonzero(np.tri(len(found.labels), k=-1, dtype=bool) & np.isfinite(found.matrix))
        side = 72.0 * 2.4 / max(len(found.labels), 1)
        image = first.scatter(
            column + 0.5, row + 0.5, c=found.matrix[row, column], s=side**2, marker="s", cmap=colours, vmin=-1, vmax=1
        )
        first.set(xlim=(0, len(found.labels)), ylim=(0, len(found.labels)), aspect="equal")
        first.set_xticks(np.arange(len(found.labels)) + 0.5, found.labels, rotation=90, fontsize=7)
        first.set_yticks(np.arange(len(found.labels)) + 0.5, found.labels, fontsize=7)
        first.invert_yaxis()
        first.set_title("correlation of surprises")
        first.figure.colorbar(image, ax=first, shrink=0.6)
        second.hist(found.size_again, bins=30, color=FORESEEN, alpha=0.35)
        second.axvline(size.seen, color=SEEN, linewidth=2)
        second.set(title="mean size of a correlation", xlabel="replicates (shaded), seen (line)", yticks=[])
    text = (
        f"Over {size.number} pairs of indicators with enough common months the mean absolute correlation of their "
        f"surprises is {size.seen:.2f} where shocks, scenarios and chance give {size.expected:.2f} "
        f"({size.low:.2f} to {size.high:.2f}; {f'p = {size.p:.3f}' if size.decided else 'too few months to decide'}); "
        f"{found.touched} of the pairs are of two indicators with reports, which alone share shocks."
    )
    alt = "Correlations between the surprises of indicators, and their mean size among replicates."
    return Figure("fit-correlation", drawn.svg, alt, text)
