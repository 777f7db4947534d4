"""The sampling part draws what there is, and fails where a limit is broken."""

import dataclasses

import numpy as np
import xarray as xr

from indicast import names
from indicast.publish.dossier import _sampling
from indicast.publish.dossier._sound import require_sound


def with_statistics(case, **changes):
    tree = case.run.tree.copy()
    stats = tree["sample_stats"].to_dataset()
    tree["sample_stats"] = xr.DataTree(
        stats.assign({name: (stats["energy"].dims, one) for name, one in changes.items()})
    )
    return dataclasses.replace(case, run=dataclasses.replace(case.run, tree=tree))


def test_without_a_divergence_there_is_a_sentence_and_no_picture(made_up):
    section = _sampling.part(made_up)
    require_sound(section)
    assert [figure.id for figure in section.figures] == ["ranks", "energy"]
    assert "Not one of 1,000 draws ended in a divergence." in section.conclusion


def test_divergences_are_drawn_where_they_lie_and_fail(made_up):
    dwell = made_up.draws()[names.DWELL]
    high = dwell.isel({dwell.dims[2]: 0})
    case = with_statistics(made_up, diverging=(high > high.quantile(0.99)).to_numpy())
    section = _sampling.part(case)
    require_sound(section)
    assert section.verdict == "fail"
    assert section.figures[-1].id == "divergences"
    assert "10 draws diverged; in dwell[" in section.figures[-1].conclusion
    assert section.figures[-1].svg.count('class="diverged"') == 10


def test_a_single_cut_off_tree_is_a_note(made_up):
    cut_off = np.zeros(made_up.group("sample_stats")["energy"].shape, dtype=bool)
    cut_off[0, 0] = True
    section = _sampling.part(with_statistics(made_up, maxdepth_reached=cut_off))
    assert section.verdict == "note"
    assert "1 tree was cut off" in section.conclusion


def test_chains_that_disagree_fail(made_up):
    tree = made_up.run.tree.copy()
    posterior = tree["posterior"].to_dataset()
    shifted = posterior["persistence"].to_numpy().copy()
    shifted[0] += 3.0
    tree["posterior"] = xr.DataTree(posterior.assign(persistence=(posterior["persistence"].dims, shifted)))
    section = _sampling.part(dataclasses.replace(made_up, run=dataclasses.replace(made_up.run, tree=tree)))
    assert section.verdict == "fail"
    assert section.data["worst"][0]["number"] == "persistence"
    assert section.data["rank_curves"][0]["leaving"] == 2


def test_the_same_draws_give_the_same_section(made_up):
    assert _sampling.part(made_up) == _sampling.part(made_up)
