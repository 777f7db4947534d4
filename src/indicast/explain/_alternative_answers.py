"""Every declared alternative answered, by weights or by a short fit, within a time.

Weights come first. What they cannot be trusted with is fitted as long as the time lasts, first where the compiled
model of the run's own declaration serves. What is left is told as not computed, never dropped.

Invariant: there is one answer for each alternative, in their order; an answer that was saved is not computed again
(``tests/unit/test_alternatives.py``).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from indicast import names
from indicast.errors import RunError
from indicast.explain._alternatives import Declared, Told, Weighed, declared_otherwise, reweighed, told
from indicast.explain._reweighting import error_of_mean
from indicast.infer import Sampler, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Alternative

Road = Literal["weights", "refit", "not computed"]
SHORT: Final = 500
"""Steps of adaptation and draws of each chain of a short fit, at most."""
COMPILING, RECOMPILING, SAMPLING = 10.0, 30.0, 8.0
"""Seconds that the run's own model, which was compiled before, another one and a short fit are expected to take."""
AGREEMENT: Final = 1e-6
"""Nats by which the evidence of the run may differ from that of the declarations at hand."""
MOST_DIVERGENT: Final = 0.01
"""Share of draws of a short fit that may diverge."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The probabilities now under one alternative.

    Attributes
    ----------
    id, name
        Of the alternative.
    road
        How they were found.
    now, error
        By scenario, with Monte Carlo standard errors; empty if not computed.
    k_hat
        Of the weights; None where there were none, or all were equal.
    remark
        Why there is no answer, or what to mind about it.
    """

    id: str
    name: str
    road: Road
    now: tuple[float, ...] = ()
    error: tuple[float, ...] = ()
    k_hat: float | None = None
    remark: str = ""


@dataclass(slots=True)
class Bench:
    """A run's draws and declarations, and what was compiled and timed so far.

    Attributes
    ----------
    tree, base
        A fit, and what it was made from.
    ledger, when
        The whole ledger and the vintage.
    settings
        Of a short fit.
    seconds
        How long all answers may take together.
    """

    tree: xr.DataTree
    base: Declared
    ledger: Ledger
    when: Vintage
    settings: Settings
    seconds: float
    _began: float = field(default_factory=time.perf_counter)
    _sampler: Sampler | None = None
    _compiling: float = RECOMPILING
    _sampling: float = SAMPLING

    def left(self) -> float:
        """Return the seconds left."""
        return self.seconds - (time.perf_counter() - self._began)

    def declared(self, one: Alternative) -> Declared:
        """Return what a fit of an alternative would be made from."""
        return declared_otherwise(one, self.base.framework, self.base.hyperparameters, self.ledger, self.when)

    def own_model(self, other: Declared) -> bool:
        """Whether the compiled model of the run's own declaration serves: nothing but data differ."""
        ours, theirs = self.base.hyperparameters, other.hyperparameters
        same = all(theirs.priors[name] is prior for name, prior in ours.priors.items())
        constants = all(theirs.constants[name].value == one.value for name, one in ours.constants.items())
        return same and constants and other.framework.variant == self.base.framework.variant

    def affords(self, other: Declared) -> bool:
        """Whether a fit is expected to end in time."""
        return self.left() >= self._sampling + self._preparing(other)

    def _preparing(self, other: Declared) -> float:
        """Return the seconds that compiling is expected to take."""
        if self.own_model(other):
            return 0.0 if self._sampler else COMPILING
        return self._compiling

    def fit(self, other: Declared) -> xr.DataTree:
        """Return a short fit of a declaration, its marks all heard."""
        own = self.own_model(other)
        fresh = not (own and self._sampler)
        sampler = self._sampler if own and self._sampler else Sampler(other.framework, other.hyperparameters)
        began = time.perf_counter()
        tree = sampler.fit(other.panel, self.settings, progress=False)
        spent = time.perf_counter() - began
        if not fresh:
            self._sampling = max(self._sampling, spent)
        elif not own:
            self._compiling = max(self._compiling, spent - self._sampling)
        self._sampler = sampler if own else self._sampler
        return tree


def answers(
    bench: Bench, asked: Sequence[Alternative], saved: Mapping[str, Answer], key: Mapping[str, str]
) -> tuple[Answer, ...]:
    """Return an answer for each alternative, in their order.

    Parameters
    ----------
    bench
        The run, and the time that there is.
    asked
        The alternatives.
    saved
        Answers that were computed before, by key.
    key
        Key of each alternative, by id; see :func:`answer_key`.

    Raises
    ------
    RunError
        If the run was not made from these declarations and this ledger.
    WorkspaceError
        If an alternative names what is not declared.
    """
    found = {one.id: saved[key[one.id]] for one in asked if key[one.id] in saved}
    waiting = [one for one in asked if one.id not in found]
    if waiting:
        known = _known(bench)
        declared = {one.id: bench.declared(one) for one in waiting}
        found |= {one.id: _by_weights(bench, one, declared[one.id], known) for one in waiting}
        undone = [one for one in waiting if found[one.id].road == "not computed"]
        for one in sorted(undone, key=lambda one: not bench.own_model(declared[one.id])):
            if bench.affords(declared[one.id]):
                found[one.id] = _by_fit(bench, one, declared[one.id])
    return tuple(found[one.id] for one in asked)


def answer_key(one: Alternative, run_hash: str, code: str) -> str:
    """Return the name under which an answer is saved: another run, code or declaration has another."""
    text = json.dumps([run_hash, code, SHORT, one.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def as_saved(answer: Answer) -> dict[str, object]:
    """Return an answer as JSON keeps it."""
    return asdict(answer)


def from_saved(content: Mapping[str, object]) -> Answer:
    """Return a saved answer.

    Raises
    ------
    TypeError
        If it is none.
    """
    told_of: dict[str, Any] = dict(content)
    told_of |= {name: tuple(told_of[name]) for name in ("now", "error")}
    return Answer(**told_of)


def _known(bench: Bench) -> Told:
    """Return what the run's draws make of the declarations at hand, which must be what they were made from."""
    known = told(bench.tree, bench.base)
    one_step = bench.tree["log_likelihood"].to_dataset()[names.ONE_STEP]
    fitted = one_step.transpose(names.CHAIN, names.DRAW, names.TIME).to_numpy().sum(axis=-1).ravel()
    apart = np.ptp(known.log_density - fitted)
    if apart > AGREEMENT + np.abs(fitted).max() * 1e-9 and bench.base.framework.declaration.start.route != "B":
        message = (
            f"the run's evidence differs from that of the declarations and the ledger by up to {apart:.3g} nats, so it "
            "was made from others; fit the month again"
        )
        raise RunError(message)
    return known


def _by_weights(bench: Bench, one: Alternative, other: Declared, known: Told) -> Answer:
    try:
        found = reweighed(bench.tree, bench.base, other, known)
    except RunError as error:
        return Answer(one.id, one.name, "not computed", remark=str(error).split(";", maxsplit=1)[0])
    if not found.trusted:
        remark = f"weights cannot be trusted (k-hat {found.k_hat:.2f}, {found.effective:.0f} effective draws)"
        return Answer(one.id, one.name, "not computed", k_hat=_finite(found.k_hat), remark=remark)
    return _answer(one, "weights", found)


def _answer(one: Alternative, road: Road, found: Weighed, remark: str = "") -> Answer:
    now, error = tuple(found.now.tolist()), tuple(found.error.tolist())
    return Answer(one.id, one.name, road, now, error, _finite(found.k_hat), remark)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _by_fit(bench: Bench, one: Alternative, other: Declared) -> Answer:
    """Fit an alternative; marks that it leaves out are taken away by weights, which then have little to do."""
    tree = bench.fit(other)
    values = tree["posterior"][names.FILTERED].isel({names.TIME: -1})
    now = values.transpose(names.CHAIN, names.DRAW, names.SCENARIO).to_numpy()
    mean = now.mean(axis=(0, 1))
    found = Weighed(mean, error_of_mean(now - mean), -np.inf, trusted=True, effective=float(now[..., 0].size))
    if other.silent:
        found = reweighed(tree, other._replace(silent=()), other)
    remark = _faults(now, float(tree["sample_stats"]["diverging"].mean()), other.framework.declaration.gates.rhat_max)
    if not found.trusted:
        remark = "marks weigh too much to be dropped"
        return Answer(one.id, one.name, "not computed", k_hat=_finite(found.k_hat), remark=remark)
    return _answer(one, "refit", found, remark)


def _faults(now: np.ndarray, diverged: float, limit: float) -> str:
    """Return what to mind about a short fit: divergences, and chains that disagree on the last probabilities.

    Parameters
    ----------
    now
        P(scenario at the last month); dims (chain, draw, scenario).
    diverged
        Share of draws that diverged.
    limit
        The framework's largest R-hat.
    """
    import arviz as az

    told = [f"{diverged:.1%} of its draws diverged"] if diverged > MOST_DIVERGENT else []
    varies = now[..., np.ptp(now, axis=(0, 1)) > 0.0]
    if varies.size:
        highest = float(np.max(az.rhat(varies, chain_axis=0, draw_axis=1)))
        told += [] if highest <= limit else [f"R-hat {highest:.3f} where {limit:g} is allowed"]
    return ", ".join(told)
