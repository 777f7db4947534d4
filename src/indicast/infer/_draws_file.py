"""``draws.npz``: of a run what a what-if needs, in a file that NumPy alone reads in a moment.

Beside every ``posterior.nc``: free parameters, transitions, filtered probabilities, evidence month by month and the
panel. Invariant: it says what ``posterior.nc`` says, and a file of another run, or one that was altered, is refused
(``tests/unit/test_draws_file.py``). It holds no pickles.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from indicast import names
from indicast.errors import RunError
from indicast.infer._plain_panel import Plain, PlainPanel, plain_panel

if TYPE_CHECKING:
    import xarray as xr

DRAWS = "draws.npz"
VERSION = 1
DERIVED = (names.FILTERED, names.SMOOTHED, names.TRANSITION, names.STRENGTH)
"""What a posterior holds besides free parameters."""
HEADER = "header"


class Drawn(NamedTuple):
    """Draws of a run; leading axis draw, chains one after another.

    Attributes
    ----------
    free
        Free parameters by name.
    transition
        Dims (draw, scenario, next_scenario).
    filtered
        P(scenario at t | seen up to t); dims (draw, time, scenario).
    one_step
        log p(month t | months before), nats; dims (draw, time).
    panel
        What was seen, without padded months.
    shape
        Chains and draws.
    priors
        Names of all priors of its model.
    """

    free: dict[str, np.ndarray]
    transition: np.ndarray
    filtered: np.ndarray
    one_step: np.ndarray
    panel: PlainPanel
    shape: tuple[int, int]
    priors: tuple[str, ...]


def is_whole(tree: xr.DataTree) -> bool:
    """Whether a tree has the groups and variables that :func:`drawn_of` reads."""
    groups = {"posterior": names.FILTERED, "log_likelihood": names.ONE_STEP, "constant_data": "cell_used"}
    return all(group in tree.children and name in tree[group].data_vars for group, name in groups.items())


def drawn_of(tree: xr.DataTree) -> Drawn:
    """Return the draws of a fit.

    Parameters
    ----------
    tree
        A fit, with its panel.
    """
    from indicast.infer._groups import panel_of

    posterior = tree["posterior"].to_dataset()
    shape = (posterior.sizes[names.CHAIN], posterior.sizes[names.DRAW])
    flat = {name: _flat(one) for name, one in posterior.data_vars.items() if name not in DERIVED}
    return Drawn(
        {str(name): values for name, values in flat.items()},
        _flat(posterior[names.TRANSITION], names.SCENARIO, names.NEXT_SCENARIO),
        _flat(posterior[names.FILTERED], names.TIME, names.SCENARIO),
        _flat(tree["log_likelihood"].to_dataset()[names.ONE_STEP], names.TIME),
        plain_panel(panel_of(tree)),
        shape,
        tuple(map(str, tree["prior"].data_vars)),
    )


def _flat(one: xr.DataArray, *dims: str) -> np.ndarray:
    others = dims or tuple(str(dim) for dim in one.dims if dim not in (names.CHAIN, names.DRAW))
    values = one.transpose(names.CHAIN, names.DRAW, *others).to_numpy()
    return np.ascontiguousarray(values.reshape(-1, *values.shape[2:]))


def write_drawn(folder: Path, drawn: Drawn, manifest: Mapping[str, Any]) -> None:
    """Write the draws of a run beside its posterior.

    Parameters
    ----------
    folder
        Of the run.
    drawn
        From :func:`drawn_of`.
    manifest
        Of the run.
    """
    arrays = _arrays(drawn)
    header = {
        "version": VERSION,
        "run": str(manifest["hash"]),
        "sha256": _sha256(arrays),
        "shape": list(drawn.shape),
        "priors": list(drawn.priors),
        "dims": {name: list(one.dims) for name, one in _parts(drawn.panel)},
        "attrs": {key: value.item() if isinstance(value, np.generic) else value for key, value in _attrs(drawn)},
    }
    with (folder / DRAWS).open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays, **{HEADER: np.array(json.dumps(header))})


def keep_drawn(folder: Path, drawn: Drawn, manifest: Mapping[str, Any]) -> None:
    """Write the draws of a run that was saved before such files were; a disk that refuses changes nothing."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as made:
            write_drawn(Path(made), drawn, manifest)
            (Path(made) / DRAWS).replace(folder / DRAWS)
    except OSError:
        return


def _attrs(drawn: Drawn) -> list[tuple[str, Any]]:
    return [(str(key), value) for key, value in drawn.panel.attrs.items() if key != "months"]


def _parts(panel: PlainPanel) -> list[tuple[str, Plain]]:
    variables = [(f"panel/{name}", one) for name, one in panel.data_vars.items()]
    return variables + [(f"coord/{name}", one) for name, one in panel.coords.items()]


def _arrays(drawn: Drawn) -> dict[str, np.ndarray]:
    found = {f"free/{name}": values for name, values in drawn.free.items()}
    found |= {name: one.values for name, one in _parts(drawn.panel)}
    derived = {"transition": drawn.transition, "filtered": drawn.filtered, "one_step": drawn.one_step}
    return {name: np.ascontiguousarray(values) for name, values in (found | derived).items()}


def _sha256(arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes() if arrays[name].dtype.kind in "Mm" else arrays[name].data)
    return digest.hexdigest()


def read_drawn(folder: Path, manifest: Mapping[str, Any]) -> Drawn | None:
    """Return the draws of a run from the file beside its posterior; nothing if there is no such file.

    Parameters
    ----------
    folder
        Of the run.
    manifest
        Of the run.

    Raises
    ------
    RunError
        If the file belongs to another run, or was altered or cut.
    """
    path = folder / DRAWS
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened.files}
        header = json.loads(str(arrays.pop(HEADER)))
        fault = _fault(header, arrays, manifest)
        found = None if fault else _read(header, arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        fault, found = f"it cannot be read ({' '.join(str(error).split())[:120]})", None
    if found is None:
        message = f"{path}: {fault}; delete it, and the next what-if makes it again from posterior.nc"
        raise RunError(message)
    return found


def _fault(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], manifest: Mapping[str, Any]) -> str | None:
    if header["version"] != VERSION:
        return f"it is of version {header['version']}, and this one reads {VERSION}"
    if header["run"] != manifest["hash"]:
        return f"it belongs to run {str(header['run'])[:12]}, not {str(manifest['hash'])[:12]}"
    return None if header["sha256"] == _sha256(arrays) else "its numbers are not those that were written"


def _read(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Drawn:
    parts: dict[str, dict[str, Any]] = {"free": {}, "panel": {}, "coord": {}}
    for name, values in arrays.items():
        where, _, own = name.partition("/")
        if own:
            parts[where][own] = values if where == "free" else Plain(tuple(header["dims"][name]), values)
    months = parts["coord"][names.TIME].values.size
    panel = PlainPanel(parts["panel"], parts["coord"], {**header["attrs"], "months": months})
    chains, draws = header["shape"]
    derived = (arrays["transition"], arrays["filtered"], arrays["one_step"])
    return Drawn(parts["free"], *derived, panel, (chains, draws), tuple(header["priors"]))
