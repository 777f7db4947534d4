"""Truth and draws pass through one function, and what depends on the data does."""

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.evaluate._quantities import LIKELIHOOD, RECENT, asked_of, quantities
from indicast.generative.families import Setting

PRIOR_ONLY = {names.GLOBAL_INNOVATION, names.GROUP_INNOVATION}
STANDARD = {
    names.STRENGTH_Z: (names.INDICATOR,),
    names.TILT_Z: (names.INDICATOR,),
    names.FLAT_NEWS_Z: (names.INDICATOR,),
    names.GLOBAL_INNOVATION: (names.TIME,),
    names.GROUP_INNOVATION: (names.TIME, names.GROUP),
}


def labelled(world, draws):
    """Return draws as a posterior of the used months with its labels."""
    months = int(world.panel.attrs["months"])
    dims = {name: prior.dims for name, prior in world.hyperparameters.priors.items()} | STANDARD
    coords = dict(world.hyperparameters.coords) | {names.TIME: np.arange(months)}
    arrays = {}
    for name, kept in dims.items():
        values = draws[name][:, :months] if names.TIME in kept else draws[name]
        arrays[name] = ((names.CHAIN, names.DRAW, *kept), values[None])
    used = {dim for kept in dims.values() for dim in kept}
    return xr.Dataset(arrays, coords={dim: list(labels) for dim, labels in coords.items() if dim in used})


@pytest.fixture(scope="module", params=["harbour", "flagship", "orchard", "jetty"])
def asked(request):
    world = request.getfixturevalue(request.param)
    months = int(world.panel.attrs["months"])
    draws = world.draws(20260301, 7)
    for name in PRIOR_ONLY:
        draws[name] = draws[name][:, :months]
    setting = Setting(world.framework, world.hyperparameters, world.panel)
    return world, draws, setting, labelled(world, draws)


def test_every_element_of_every_parameter_has_its_own_name(asked):
    world, draws, setting, free = asked
    found = quantities(asked_of(draws, setting), free, setting)
    elements = sum(int(np.prod(draws[name].shape[1:])) for name in free.data_vars if name not in PRIOR_ONLY)
    reported = {int(i) for i in world.panel["cell_indicator"].to_numpy()[world.panel["cell_used"].to_numpy()]}
    # Innovations: three months and the sum of squares each; likelihood and score; one for each reported indicator.
    assert len(found) == elements + 2 * 4 + 2 + len(reported)
    assert all(values.shape == (7,) for values in found.values())
    label = world.framework.scenarios[1]
    np.testing.assert_array_equal(found[f"dwell[{label}]"], draws[names.DWELL][:, 1])


def test_one_draw_alone_gives_what_it_gives_among_others(asked):
    _, draws, setting, free = asked
    together = quantities(asked_of(draws, setting), free, setting)
    alone = quantities(asked_of({name: values[3:4] for name, values in draws.items()}, setting), free, setting)
    assert list(alone) == list(together)
    for name, values in alone.items():
        np.testing.assert_allclose(values[0], together[name][3], rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_score_of_the_last_year_is_part_of_the_likelihood(asked):
    _, draws, setting, free = asked
    believed = asked_of(draws, setting)
    found = quantities(believed, free, setting)
    earlier = believed.state.one_step[:, :-12].sum(axis=1)
    np.testing.assert_allclose(found[LIKELIHOOD], found[RECENT] + earlier, atol=1e-9)
    assert np.abs(found[LIKELIHOOD] - found[RECENT]).min() > 1e-6


def test_strength_is_multiplied_by_what_was_reported(harbour):
    draws = harbour.draws(1, 5)
    months = int(harbour.panel.attrs["months"])
    used = draws | {name: draws[name][:, :months] for name in PRIOR_ONLY}
    setting = Setting(harbour.framework, harbour.hyperparameters, harbour.panel)
    found = quantities(asked_of(used, setting), labelled(harbour, draws), setting)
    place = harbour.framework.indicators.index("council_tone")
    said = [
        int(harbour.panel["report_direction"].to_numpy()[cell, report])
        for cell, report in zip(*np.nonzero(harbour.panel["report_used"].to_numpy()), strict=True)
        if harbour.panel["cell_indicator"].to_numpy()[cell] == place
    ]
    expected = draws[names.STRENGTH][:, place] * np.mean(said)
    np.testing.assert_allclose(found["strength times mean report[council_tone]"], expected)
    assert not any("convoys" in name for name in found if name.startswith("strength times"))


def test_other_reports_give_other_test_quantities(harbour):
    draws = harbour.draws(2, 3)
    months = int(harbour.panel.attrs["months"])
    used = draws | {name: draws[name][:, :months] for name in PRIOR_ONLY}
    flipped = harbour.panel.assign(report_direction=-harbour.panel["report_direction"])
    free = labelled(harbour, draws)
    one, other = (
        quantities(asked_of(used, setting), free, setting)
        for setting in (
            Setting(harbour.framework, harbour.hyperparameters, panel) for panel in (harbour.panel, flipped)
        )
    )
    changed = {name for name in one if not np.allclose(one[name], other[name])}
    assert {LIKELIHOOD, RECENT, "strength times mean report[council_tone]"} <= changed
    assert not changed & {"persistence", "global_innovation squared"}
