"""Draws that cannot be judged become an error with a remedy, never a statistic."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.publish.dossier import PARTS, made_parts

GROUP = "posterior"


def with_group(case, name, group):
    """Return the case with another group, or without it."""
    groups = {f"/{one}": node.to_dataset() for one, node in case.run.tree.children.items() if one != name}
    tree = xr.DataTree.from_dict(groups | ({f"/{name}": group} if group is not None else {}))
    tree.attrs = dict(case.run.tree.attrs)
    return dataclasses.replace(case, run=dataclasses.replace(case.run, tree=tree))


def spoiled(drawn):
    values = drawn[names.DWELL].to_numpy().copy()
    values[1, 7, 0] = np.nan
    return drawn.assign({names.DWELL: (drawn[names.DWELL].dims, values)})


UNFIT = {
    "no group posterior": lambda _: None,
    "holds 1 chain": lambda drawn: drawn.isel({names.CHAIN: [0]}),
    "holds no draws": lambda drawn: drawn.isel({names.DRAW: slice(0)}),
    "draws of dwell that are no numbers": spoiled,
}


@pytest.mark.parametrize("fault", UNFIT)
def test_unfit_draws_are_named_with_what_to_do(made_up, fault):
    case = with_group(made_up, GROUP, UNFIT[fault](made_up.group(GROUP)))
    with pytest.raises(RunError, match="indicast fit harbour --as-of 2024-06") as told:
        case.draws()
    assert fault in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("fault", UNFIT)
def test_a_part_of_unfit_draws_is_not_computed(made_up, fault):
    case = with_group(made_up, GROUP, UNFIT[fault](made_up.group(GROUP)))
    part = next(one for one in PARTS if one.id == "sampling")
    [made] = made_parts(case, [part], lambda _: None)
    assert made.section.verdict == "not computed"
    assert fault in made.section.conclusion


@pytest.mark.parametrize("name", ["energy", "diverging"])
def test_lacking_statistics_are_named(made_up, name):
    case = with_group(made_up, "sample_stats", made_up.group("sample_stats").drop_vars(name))
    part = next(one for one in PARTS if one.id == "sampling")
    [made] = made_parts(case, [part], lambda _: None)
    assert made.section.verdict == "not computed"
    assert f"lacks {name}" in made.section.conclusion


def test_fit_draws_are_given_as_they_are(made_up):
    assert made_up.draws().identical(made_up.run.tree[GROUP].to_dataset())
