"""Whether the sampler went everywhere it had to go, by ArviZ's diagnostics.

Invariant: every number is ArviZ's own of the same draws (``tests/reference/test_sampling.py``), and draws that
cannot be judged are not (``tests/unit/test_dossier_case.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast.infer import RANK_BAND, Sampling, judged, rank_curves, sampling
from indicast.publish._wording import counted, listed, percent
from indicast.publish.dossier._drawn import Chart, Line, drawn, thinned
from indicast.publish.dossier._energy import divergence_figure, energy_figure
from indicast.publish.dossier._section import Figure, Json, Section, Table, Verdict

if TYPE_CHECKING:
    from indicast.infer import Mixing, RankCurves
    from indicast.publish.dossier._case import Case

TITLE, QUESTION = "Sampling", "Did the sampler go everywhere it had to go?"
TABLED, DRAWN = 10, 6
"""Numbers nearest to a limit that are listed, and drawn."""
PLACES = 60
"""Places of a drawn curve."""


def part(case: Case) -> Section:
    """Return the sampler's diagnostics."""
    posterior = case.draws()
    stats = case.draws("sample_stats", ("energy", "diverging"))
    found = sampling(case.run.tree, case.framework, case.hyperparameters)
    free = judged(posterior)
    curves = [rank_curves(free, one) for one in found.mixing[:DRAWN]]
    figures = [_rank_figure(curves), energy_figure(stats, found.bfmi)]
    if sum(found.divergences):
        figures.append(divergence_figure(free, stats, found.mixing))
    return Section(
        id="sampling",
        title=TITLE,
        question=QUESTION,
        verdict=_verdict(case, found),
        conclusion=" ".join(_sentences(found)),
        figures=tuple(figures),
        tables=(_mixing_table(found.mixing[:TABLED]), _chain_table(found)),
        data=_data(found, curves),
    )


def _verdict(case: Case, found: Sampling) -> Verdict:
    limits = case.framework.declaration.gates
    sound = sum(found.divergences) <= limits.divergences_max and min(found.bfmi) >= limits.bfmi_min
    sound = sound and found.labels >= limits.label_identity_min
    for one in found.mixing:
        sound = sound and one.rhat <= limits.rhat_max
        sound = sound and one.bulk >= limits.ess_bulk_min and one.tail >= limits.ess_tail_min
    if not sound:
        return "fail"
    return "note" if found.saturated or found.complaints else "pass"


def _sentences(found: Sampling) -> list[str]:
    highest = max(found.mixing, key=lambda one: one.rhat)
    fewest = min(found.mixing, key=lambda one: one.effective)
    mixed = (
        f"Of {counted(len(found.mixing), 'number')} the largest R-hat is {highest.rhat:.4f} ({highest.label}) and the "
        f"smallest effective number of draws {fewest.effective:,.0f} ({fewest.label})."
    )
    told = [
        mixed,
        _divergences(found),
        _depth(found),
        f"Labels are in place in {percent(found.labels)} of the draws.",
    ]
    if found.seconds is not None:
        told.append(f"Sampling took {found.seconds:,.0f} seconds.")
    checked = f"ArviZ's own check finds fault with: {listed(found.complaints)}."
    return [*told, checked if found.complaints else "ArviZ's own check of everything finds no fault."]


def _divergences(found: Sampling) -> str:
    number = sum(found.divergences)
    if number:
        return f"{number} of {found.chains * found.draws:,} draws ended in a divergence."
    return f"Not one of {found.chains * found.draws:,} draws ended in a divergence."


def _depth(found: Sampling) -> str:
    if found.saturated is None:
        return "Whether trees were cut off at their greatest depth was not kept."
    if found.saturated:
        verb = "was" if found.saturated == 1 else "were"
        return f"{counted(found.saturated, 'tree')} {verb} cut off at the greatest depth, so that draws came slowly."
    return "No tree was cut off" + (f"; the deepest had depth {found.deepest}." if found.deepest is not None else ".")


def _rank_figure(curves: list[RankCurves]) -> Figure:
    number, leaving = sum(len(one.curves) for one in curves), sum(one.leaving for one in curves)
    expected = number * (1.0 - RANK_BAND)
    return Figure(
        id="ranks",
        svg=drawn([_rank_chart(one) for one in curves]),
        alt=f"For {listed(one.label for one in curves)}: how far the ranks of each chain lie from those of all chains.",
        conclusion=f"Of {counted(number, 'curve')}, one for each chain and number, {leaving} leave the band in which "
        f"{percent(RANK_BAND)} of the curves of sound chains stay; luck alone would make it {expected:.1f}, and more "
        "where the worst are looked for. Across: rank among all chains; up: share of a chain's draws below it, less "
        "the expected. Lines: chains (1 solid, 2 dashed, 3 dotted, 4 dash-dotted); shaded: the band.",
    )


RANKED = "rank among the draws of all chains (share)"


def _rank_chart(one: RankCurves) -> Chart:
    kept = thinned(one.places.size, PLACES)
    top = float(np.ceil(20.0 * max(np.abs(one.curves).max(), one.high.max())) / 20.0)
    lines = tuple(Line(one.places[kept], chain[kept], place) for place, chain in enumerate(one.curves))
    band = (one.places[kept], one.low[kept], one.high[kept])
    return Chart(one.label, lines, (0.0, 1.0), (-top, top), (0.0, 0.5, 1.0), (-top, 0.0, top), band, label=RANKED)


def _mixing_table(worst: tuple[Mixing, ...]) -> Table:
    rows = tuple((one.label, f"{one.rhat:.4f}", f"{one.bulk:,.0f}", f"{one.tail:,.0f}") for one in worst)
    return Table("The numbers nearest to a limit", ("Number", "R-hat", "Bulk ESS", "Tail ESS"), rows)


def _chain_table(found: Sampling) -> Table:
    rows = zip(found.bfmi, found.divergences, strict=True)
    cells = tuple((f"{place + 1}", f"{bfmi:.3f}", f"{number}") for place, (bfmi, number) in enumerate(rows))
    return Table(f"Chains of {counted(found.draws, 'draw')}", ("Chain", "BFMI", "Divergences"), cells)


def _data(found: Sampling, curves: list[RankCurves]) -> dict[str, Json]:
    return {
        "chains": found.chains,
        "draws": found.draws,
        "judged": len(found.mixing),
        "worst": [
            {"number": one.label, "rhat": one.rhat, "ess_bulk": one.bulk, "ess_tail": one.tail}
            for one in found.mixing[:TABLED]
        ],
        "largest_rhat": max(one.rhat for one in found.mixing),
        "smallest_ess_bulk": min(one.bulk for one in found.mixing),
        "smallest_ess_tail": min(one.tail for one in found.mixing),
        "bfmi": list(found.bfmi),
        "divergences": list(found.divergences),
        "saturated": found.saturated,
        "deepest": found.deepest,
        "labels_in_place": found.labels,
        "seconds": found.seconds,
        "arviz_complaints": list(found.complaints),
        "rank_curves": [
            {"number": one.label, "chains": len(one.curves), "leaving": one.leaving, "ranks": int(one.places.size) - 1}
            for one in curves
        ],
    }
