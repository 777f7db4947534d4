"""Everything a report states, as numbers in one frozen value.

Invariant: no template holds a number; change one here and the page changes, in HTML and
in Markdown (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from indicast import names
from indicast.evaluate import CertificateStatus, certificate_status
from indicast.explain import Change, Read, change
from indicast.panel import Vintage, build_panel, last_day
from indicast.publish._caveats import Caveats, caveats
from indicast.publish._estimates import Estimate, Horizon, horizons, lexicon_of, share_leading
from indicast.publish._evidence import Evidence, new_evidence
from indicast.publish._expected import Expected, expected
from indicast.publish._history import History, history
from indicast.publish._judgement import Judgement, judgement
from indicast.publish._lite import Comparison, comparison
from indicast.publish._milestones import Milestones, milestones
from indicast.publish._moved import Moved, why
from indicast.publish._table import TableRow, table_rows
from indicast.publish._unexplained import Residual, Unexplained, residual, unexplained
from indicast.publish._watching import Next, next_looks
from indicast.workspace import Framework, Lexicon, month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.infer import Gate, Run
    from indicast.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Since:
    """The comparison with an earlier run.

    Attributes
    ----------
    month
        Its ISO month.
    changes
        One per scenario, in declared order.
    sound
        Whether that run passed its own gates.
    """

    month: str
    changes: tuple[Change, ...]
    sound: bool


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the numbers were made from."""

    model: str
    model_version: str
    manifest: str
    ledger: str
    seed: int
    chains: int
    draws: int
    version: str
    code: str
    known_at: str
    reports: int


@dataclass(frozen=True, slots=True)
class Content:
    """All that one month's report says.

    Attributes
    ----------
    title, question, month
        Of the model; ISO month.
    draft
        Reasons why it is no publication; empty if it is one.
    lexicon, interval
        Verbal bands, and the mass of every interval.
    names
        Scenario names by id.
    lite
        The sampler-free model beside the full one, or None where it cannot read the start.
    unexplained, residual
        What the listed scenarios do not explain, if a window is declared; the scenario
        that stands for none of them, if there is one.
    leading
        Share of draws in which the most probable scenario is the most probable.
    since
        Change since the month before, or None.
    moved
        Why the scenario of the widest change moved, or None.
    watch
        What to look at next, or None if the fit does not say what it would make of it.
    """

    title: str
    question: str
    month: str
    draft: tuple[str, ...]
    lexicon: Lexicon
    interval: float
    names: Mapping[str, str]
    horizons: tuple[Horizon, ...]
    leading: float
    since: Since | None
    moved: Moved | None
    history: History
    evidence: Evidence
    table: tuple[TableRow, ...]
    milestones: Milestones
    expected: Expected
    watch: Next | None
    judgement: Judgement
    lite: Comparison | None
    calibration: CertificateStatus
    unexplained: Unexplained | None
    residual: Residual | None
    gates: tuple[Gate, ...]
    caveats: Caveats
    provenance: Provenance

    @property
    def now(self) -> tuple[Estimate, ...]:
        """Every scenario at the end of the month."""
        return self.horizons[0].estimates

    @property
    def top(self) -> Estimate:
        """The most probable scenario."""
        return max(self.now, key=lambda one: one.probability)


def report_content(
    framework: Framework,
    hyperparameters: Hyperparameters,
    ledger: Ledger,
    run: Run,
    previous: Run | None,
    draft: tuple[str, ...] = (),
) -> Content:
    """Return what a run says about its month.

    Parameters
    ----------
    framework, hyperparameters, ledger
        As used for the run; the whole ledger may be passed.
    run
        With its predictions.
    previous
        The run of the month before, or None.
    draft
        Reasons why the report is no publication.

    Raises
    ------
    RunError
        If the two runs do not have the same scenarios.
    DataError
        If an earlier report cannot be read.
    """
    when = Vintage(run.tree.attrs["as_of"], date.fromisoformat(run.tree.attrs["known_at"]))
    declared, found = framework.declaration, horizons(run.tree, framework)
    top = max(found[0].estimates, key=lambda one: one.probability)
    panel = build_panel(framework, hyperparameters, ledger, when)
    return Content(
        title=declared.model.title,
        question=declared.model.question,
        month=when.as_of,
        draft=draft,
        lexicon=lexicon_of(framework),
        interval=declared.forecast.interval,
        names={scenario.id: scenario.name for scenario in declared.scenarios},
        horizons=found,
        leading=share_leading(_now(run.tree), top.scenario),
        since=_since(framework, run, previous),
        moved=why(Read(framework, hyperparameters, ledger), run, previous),
        history=history(run.tree, framework),
        evidence=new_evidence(framework, ledger, panel, (_day_before(when, previous), when.known_at)),
        table=table_rows(framework),
        milestones=milestones(run.tree, framework),
        expected=expected(run.tree, framework),
        watch=next_looks(framework, hyperparameters, run.tree),
        judgement=judgement(run.tree, framework),
        calibration=certificate_status(framework, hyperparameters),
        lite=comparison(framework, hyperparameters, panel, run.tree, found[0].estimates),
        unexplained=unexplained(framework, hyperparameters, panel, run.tree, run.manifest["sampler"]["seed"]),
        residual=residual(framework, found[0].estimates),
        gates=run.gates,
        caveats=caveats(framework, ledger.known(when.known_at), run.manifest, previous.manifest if previous else None),
        provenance=_provenance(framework, run, when),
    )


def _now(tree: xr.DataTree) -> xr.DataArray:
    return tree["predictions"].to_dataset()["scenario_probability"].sel({names.HORIZON: 0})


def _day_before(when: Vintage, previous: Run | None) -> date:
    if previous is not None:
        return date.fromisoformat(previous.tree.attrs["known_at"])
    return last_day(month_index(when.as_of) - 1)


def _since(framework: Framework, run: Run, previous: Run | None) -> Since | None:
    if previous is None:
        return None
    found = change(previous.tree, run.tree, framework.declaration.forecast.floor)
    order = {scenario: place for place, scenario in enumerate(framework.scenarios)}
    ordered = tuple(sorted(found, key=lambda one: order[one.scenario]))
    return Since(previous.tree.attrs["as_of"], ordered, previous.passed)


def _provenance(framework: Framework, run: Run, when: Vintage) -> Provenance:
    manifest, sampler = run.manifest, run.manifest["sampler"]
    return Provenance(
        framework.id,
        framework.declaration.model.version,
        manifest["hash"],
        manifest["ledger_sha256"],
        sampler["seed"],
        sampler["chains"],
        sampler["draws"],
        manifest["package_version"],
        manifest["code_sha256"],
        when.known_at.isoformat(),
        int(run.tree.attrs["reports"]),
    )
