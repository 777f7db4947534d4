"""Diagnostics of the dossier are ArviZ's own numbers, and rank curves tell sound chains from shifted ones."""

import arviz as az
import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.infer import RANK_BAND, Mixing, element, judged, rank_curves, sampling
from indicast.publish.dossier import _sampling


@pytest.fixture(scope="module")
def found(made_up):
    return sampling(made_up.run.tree, made_up.framework, made_up.hyperparameters)


def test_every_number_is_that_of_a_direct_call(made_up, found):
    for one in found.mixing[::7]:
        draws = xr.DataArray(element(judged(made_up.draws()), one), dims=(names.CHAIN, names.DRAW))
        assert one.rhat == pytest.approx(float(az.rhat(draws)), rel=1e-12)
        assert one.bulk == pytest.approx(float(az.ess(draws, method="bulk")), rel=1e-12)
        assert one.tail == pytest.approx(float(az.ess(draws, method="tail")), rel=1e-12)


def test_extremes_are_those_of_the_gates(made_up, found):
    gates = {gate.name: gate.value for gate in made_up.run.gates}
    assert max(one.rhat for one in found.mixing) == gates["largest R-hat"]
    assert min(one.bulk for one in found.mixing) == gates["smallest bulk ESS"]
    assert min(one.tail for one in found.mixing) == gates["smallest tail ESS"]
    assert min(found.bfmi) == gates["smallest BFMI"]
    assert found.labels == gates["draws with labels in place"]


def test_bfmi_is_its_formula(made_up, found):
    energy = made_up.group("sample_stats")["energy"].to_numpy()
    formula = (np.diff(energy, axis=1) ** 2).mean(axis=1) / energy.var(axis=1, ddof=1)
    # ArviZ divides by n-1 in one of the two means, so both agree up to 1/n
    assert found.bfmi == pytest.approx(formula, rel=3 / energy.shape[1])


def test_every_judged_number_is_there_once_the_nearest_to_a_limit_first(made_up, found):
    free = judged(made_up.draws())
    size = sum(int(np.prod(values.shape[2:])) for values in free.data_vars.values())
    assert len(found.mixing) == len({one.label for one in found.mixing}) == size
    limits = made_up.framework.declaration.gates

    def used(one):
        excess = (one.rhat - 1) / (limits.rhat_max - 1)
        return max(excess, limits.ess_bulk_min / one.bulk, limits.ess_tail_min / one.tail)

    shares = [used(one) for one in found.mixing]
    assert shares == sorted(shares, reverse=True)


def test_the_section_shows_these_numbers(made_up, found):
    section = _sampling.part(made_up)
    assert section.verdict == "pass"
    assert section.data["bfmi"] == list(found.bfmi)
    assert section.data["worst"][0]["rhat"] == found.mixing[0].rhat
    assert section.tables[0].rows[0][:2] == (found.mixing[0].label, f"{found.mixing[0].rhat:.4f}")


def with_statistics(made_up, **changes):
    """Return the tree of the run with other statistics; changes map (chain, draw) arrays."""
    tree = made_up.run.tree.copy()
    stats = tree["sample_stats"].to_dataset()
    arrays = {name: (stats["energy"].dims, values) for name, values in changes.items()}
    tree["sample_stats"] = xr.DataTree(stats.assign(arrays))
    return tree


def test_divergences_and_cut_off_trees_are_counted_and_complained_of(made_up):
    shape = made_up.group("sample_stats")["energy"].shape
    diverging, cut_off = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    diverging[1, [3, 5, 8]], cut_off[0, 2] = True, True
    tree = with_statistics(made_up, diverging=diverging, maxdepth_reached=cut_off)
    found = sampling(tree, made_up.framework, made_up.hyperparameters)
    assert found.divergences == (0, 3)
    assert found.saturated == 1
    assert found.complaints[:2] == ("3 divergences", "1 trees cut off")


def test_what_the_sampler_did_not_keep_is_unknown_rather_than_good(made_up):
    tree = made_up.run.tree.copy()
    tree["sample_stats"] = xr.DataTree(tree["sample_stats"].to_dataset().drop_vars(["depth", "maxdepth_reached"]))
    found = sampling(tree, made_up.framework, made_up.hyperparameters)
    assert (found.saturated, found.deepest, found.seconds) == (None, None, None)


def curves_of(values):
    draws = xr.Dataset({"x": ((names.CHAIN, names.DRAW), values)})
    return rank_curves(draws, Mixing("x", (), 1.0, 1.0, 1.0))


def test_sound_chains_leave_the_band_about_as_often_as_it_says():
    rng, trials = np.random.default_rng(1), 100
    leaving = sum(curves_of(rng.standard_normal((4, 200))).leaving for _ in range(trials))
    # chains share their ranks, so that they leave a band of independent ones less often, never more:
    # four standard errors of a Poisson number
    expected = 4 * trials * (1.0 - RANK_BAND)
    assert leaving <= expected + 4.0 * np.sqrt(expected)


def test_a_shifted_chain_leaves_the_band_and_the_ends_stay_fixed():
    values = np.random.default_rng(2).standard_normal((4, 200))
    values[2] += 0.8
    found = curves_of(values)
    assert (found.curves[2] < found.low).any()
    assert found.curves[:, [0, -1]] == pytest.approx(0.0)


def test_slow_chains_are_thinned_to_their_effective_draws():
    rng, chains = np.random.default_rng(3), np.zeros((2, 4000))
    for step in range(1, 4000):
        chains[:, step] = 0.8 * chains[:, step - 1] + rng.standard_normal(2)
    # (1 - .8) / (1 + .8) of the draws of such a chain count: every 9th, within a fifth for the error of the estimate
    assert curves_of(chains).places.size == pytest.approx(4000 / 9, rel=0.2)
