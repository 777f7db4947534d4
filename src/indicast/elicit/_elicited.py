"""What people said becomes the arguments of the priors that rest on it.

Invariant: an entry of ``hyperparameters.toml`` that says ``elicited = true`` comes out as any other entry,
with ``args`` at its labels; nothing is fitted while a row is wrong (``tests/unit/test_elicited.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

from indicast.elicit._asked import TEXTS, Asked, asked_of
from indicast.elicit._distributions import DISTRIBUTIONS
from indicast.elicit._fitting import Fit, fit_one, fit_pool
from indicast.elicit._said import FILE, Said, Spot, read_said
from indicast.elicit._statements import Modes, Quantiles
from indicast.workspace import Finding, Framework

Entry = Mapping[str, object]
SHOWN = 3
"""Of the probabilities that a fit misses, the worst few are told."""


def with_elicited(
    framework: Framework,
    entries: Mapping[str, Entry],
    wanted: Mapping[str, tuple[tuple[str, ...], str]],
    coords: Mapping[str, tuple[str, ...]],
) -> tuple[dict[str, Entry], list[Finding]]:
    """Return the priors' entries with fitted ``args`` for those that are elicited, and every finding.

    Parameters
    ----------
    framework
        Says where the files are.
    entries
        The tables under ``priors`` in ``hyperparameters.toml``.
    wanted
        Dims and support of each prior.
    coords
        Labels of every dim.

    Returns
    -------
    entries, findings
        If a finding is an error, some elicited entries still lack ``args``.

    Raises
    ------
    WorkspaceError
        If an entry says ``elicited`` and its other keys do not fit.
    DataError
        If ``elicited.csv`` is no CSV with the declared columns.
    """
    path, place = framework.priors_folder / FILE, framework.priors_folder / "hyperparameters.toml"
    marked = {name: entry for name, entry in entries.items() if "elicited" in entry}
    asked = {name: asked_of(f"{place}: priors.{name}", name, marked[name], wanted[name], coords) for name in marked}
    filled = dict(entries)
    if not asked and not path.is_file():
        return filled, []
    said, findings = read_said(path, tuple(entries), asked)
    if findings:
        return filled, findings
    for name, one in asked.items():
        arguments, found = _arguments(one, said[name])
        texts = {key: entries[name][key] for key in TEXTS}
        filled[name] = {**texts, "args": arguments}
        findings += found
    return filled, findings


def _arguments(asked: Asked, said: Said) -> tuple[dict[str, object], list[Finding]]:
    """Return fitted arguments as tables by label, and what the fits miss."""
    numbers: dict[str, dict[Spot, float]] = {}
    findings = []
    for spot in asked.spots:
        fit = fit_pool(asked, [heard for _, heard in said[spot].values()])
        findings += _findings(asked, spot, said[spot], fit)
        for (name, place), number in zip(_targets(asked, spot), fit.arguments, strict=bool(fit.arguments)):
            numbers.setdefault(name, {})[place] = number
    return {name: _nested(flat) for name, flat in numbers.items()}, findings


def _targets(asked: Asked, spot: Spot) -> list[tuple[str, Spot]]:
    """Return argument and place of each number of a fit, in the fit's order."""
    if asked.shares:
        return [("a", place) for place in asked.places if asked.spot(place) == spot]
    return [(name, spot) for name in DISTRIBUTIONS[asked.distribution].parameters]


def _nested(flat: Mapping[Spot, float]) -> object:
    """Return numbers by path of labels as tables within tables.

    Examples
    --------
    >>> _nested({("a", "x"): 1.0, ("a", "y"): 2.0, ("b", "x"): 3.0})
    {'a': {'x': 1.0, 'y': 2.0}, 'b': {'x': 3.0}}
    """
    if () in flat:
        return flat[()]
    heads = dict.fromkeys(path[0] for path in flat)
    return {head: _nested({path[1:]: n for path, n in flat.items() if path[0] == head}) for head in heads}


def _findings(
    asked: Asked, spot: Spot, voices: Mapping[str, tuple[int, Quantiles | Modes]], pool: Fit
) -> list[Finding]:
    """Return errors where nothing could be fitted, and warnings where a fit misses what it was fitted to."""
    about = " ".join([asked.name, *(["/".join(spot)] if spot else [])])
    fits = [(f"{FILE}:{line}", f"{about} by {rater}", fit_one(asked, heard)) for rater, (line, heard) in voices.items()]
    if len(voices) > 1 and all(fit.arguments for _, _, fit in fits):
        fits.append((FILE, f"{about}, pool of {len(voices)} raters", pool))
    return [finding for place, who, fit in fits for finding in _judged(asked, place, who, fit)]


def _judged(asked: Asked, place: str, who: str, fit: Fit) -> list[Finding]:
    if not fit.arguments:
        remedy = "check the numbers, or choose another distribution"
        return [Finding(place, "E018", "error", f"{who}: no {asked.distribution} could be fitted", remedy)]
    missed = sorted((abs(point.stated - point.fitted), point) for point in fit.points)[: -1 - SHOWN : -1]
    told = [f"{p.text} stated {p.stated:.3f}, fitted {p.fitted:.3f}" for gap, p in missed if gap > asked.tolerance]
    if not told:
        return []
    message = f"{who}: the fitted {asked.distribution} misses by more than {asked.tolerance:g}: {', '.join(told)}"
    remedy = "show it to those who were asked, choose another distribution, or accept it with a larger tolerance"
    return [Finding(place, "E101", "warning", message, remedy)]
