"""The main jobs: fit a month, report a run, and both with the month before."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from indicast.errors import DataError, MissingError, RunError
from indicast.workspace import Framework, Mode, Route, find_root, load_framework, month_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from indicast.cli._options import Shared
    from indicast.elicit import Hyperparameters
    from indicast.evaluate import Fitted, Study
    from indicast.infer import Gate, Run, Sampler, Settings
    from indicast.ledger import Ledger
    from indicast.panel import Sizes, Vintage


@dataclass(frozen=True, eq=False)
class Desk:
    """Everything a job needs of one model: declarations, priors, ledger, settings."""

    options: Shared
    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    settings: Settings

    def say(self, text: str) -> None:
        """Tell a person what is going on; scripts and --quiet hear nothing."""
        if not (self.options.quiet or self.options.as_json):
            typer.echo(text, err=True)

    def panel(self, when: Vintage, sizes: Sizes | None = None) -> xr.Dataset:
        """Return the panel of a month as then known."""
        from indicast.panel import build_panel

        return build_panel(self.framework, self.hyperparameters, self.ledger, when, sizes)

    @cached_property
    def study(self) -> Study:
        """What fits of its months share."""
        from indicast.evaluate import Study

        return Study(self.framework, self.hyperparameters, self.ledger, self.settings)

    @cached_property
    def prior_gates(self) -> tuple[Gate, ...]:
        """What the priors imply, simulated once: it is the same whatever month is fitted."""
        from indicast.cli._checks import asked_of_priors

        return asked_of_priors(self.framework, self.hyperparameters, self.ledger)


STARTS: dict[str, tuple[Mode, Route]] = {"marks": ("marks", "A"), "labels": ("marks", "B"), "history": ("history", "A")}
"""Mode and route of each word of ``--start``."""


def open_desk(options: Shared, model: str, draws: int | None = None, start: str | None = None) -> Desk:
    """Load a model's declarations and ledger, or raise with the first faults."""
    from indicast.elicit import load_hyperparameters
    from indicast.ledger import load_ledger

    framework = load_framework(find_root(options.workspace), model)
    framework = framework.starting(*STARTS[start]) if start else framework
    hyperparameters = load_hyperparameters(framework)
    ledger, warnings = load_ledger(framework)
    desk = Desk(options, framework, hyperparameters, ledger, settings_of(framework, options, draws))
    if warnings:
        desk.say(f"{len(warnings)} warnings of the ledger: 'indicast check {model}'")
    return desk


def settings_of(framework: Framework, options: Shared, draws: int | None) -> Settings:
    from indicast.infer import Settings

    declared = framework.declaration.sampler
    seed = declared.seed if options.seed is None else options.seed
    return Settings(declared.chains, declared.tune, draws or declared.draws, declared.target_accept, seed)


def fit(
    options: Shared, model: str, asked: tuple[str | None, date | None], draws: int | None, start: str | None = None
) -> None:
    """Fit one month, asked for as month and day of knowledge, and save the run."""
    from indicast.infer import Sampler
    from indicast.panel import vintage

    desk = open_desk(options, model, draws, start)
    when = vintage(desk.ledger, *asked)
    run = fit_month(desk, Sampler(desk.framework, desk.hyperparameters), when)
    _tell_run(desk, run)


def fit_month(desk: Desk, sampler: Sampler, when: Vintage, sizes: Sizes | None = None) -> Run:
    """Return the run of a month, sampled and saved."""
    from indicast.evaluate import fitted
    from indicast.infer import save_run

    panel = desk.panel(when, sizes_as_published(desk, when.as_of, sizes))
    _tell_knowledge(desk, when, panel)
    bar = not (desk.options.quiet or desk.options.as_json) and sys.stderr.isatty()
    run = run_of(desk, when, fitted(desk.study, sampler, panel, progress=bar))
    save_run(desk.framework, run)
    return run


def run_of(desk: Desk, when: Vintage, made: Fitted) -> Run:
    """Return a fit with its manifest, and with what the priors imply among its gates."""
    from indicast.infer import Run, build_manifest

    manifest = build_manifest(desk.framework, desk.ledger, when, desk.settings, {"months": made.months})
    return Run(made.tree, made.gates + desk.prior_gates, manifest)


def sizes_as_published(desk: Desk, month: str, sizes: Sizes | None) -> Sizes | None:
    """Return sizes of arrays with the padding under which a month was published, so that it gives the same draws."""
    from indicast.panel import Sizes
    from indicast.publish import published_padding

    months = published_padding(desk.framework.reports_folder / month)
    return replace(sizes or Sizes(0, 0, 0), months=months) if months else sizes


def _tell_knowledge(desk: Desk, when: Vintage, panel: xr.Dataset) -> None:
    reports, months = panel.attrs["reports"], panel.attrs["months"]
    desk.say(f"{when.as_of}, known at {when.known_at}: {reports} reports in {months} months")
    desk.say("compiling (minutes the first time) and sampling ...")
    latest = desk.ledger.latest_known().strftime("%Y-%m")
    if when.as_of > latest:
        desk.say(f"the ledger ends in {latest}: later months are the chain running on without news")
    if not reports:
        desk.say("no report known by then feeds the model: the result rests on the priors, the table and any counts")


def _tell_run(desk: Desk, run: Run) -> None:
    if desk.options.as_json:
        typer.echo(json.dumps(_run_summary(desk.framework, run), indent=1))
        return
    for line in _run_lines(desk.framework, run):
        typer.echo(line)


def _run_summary(framework: Framework, run: Run) -> dict[str, object]:
    from dataclasses import asdict

    from indicast.forecast import headlines

    now = run.tree["predictions"].to_dataset()["scenario_probability"].sel(horizon=0)
    shown = headlines(now, framework.declaration.forecast.interval)
    gates = [gate.as_dict() for gate in run.gates]
    folder = str(framework.runs_folder / run.id)
    return {
        "run": run.id,
        "folder": folder,
        "passed": run.passed,
        "gates": gates,
        "now": [asdict(one) for one in shown],
    }


def _run_lines(framework: Framework, run: Run) -> list[str]:
    from indicast.elicit import word_with_band
    from indicast.forecast import headlines

    declared = framework.declaration
    lexicon = declared.published_lexicon
    now = run.tree["predictions"].to_dataset()["scenario_probability"].sel(horizon=0)
    lines = [f"run {run.id}: {'all gates passed' if run.passed else 'GATES FAILED, not for publication'}"]
    for one, scenario in zip(headlines(now, declared.forecast.interval), declared.scenarios, strict=True):
        spread = f"{declared.forecast.interval:.0%} interval {one.low:.0%} to {one.high:.0%}"
        lines.append(f"  {scenario.name}: {word_with_band(lexicon, one.mean)}, {spread}")
    lines += [f"  failed: {gate.name} {gate.value:.4g}, limit {gate.limit:g}" for gate in run.gates if not gate.passed]
    return [*lines, f"in {framework.runs_folder / run.id}"]


class Chosen(NamedTuple):
    """Which run is reported, and in which words.

    Attributes
    ----------
    run_id
        Its id, or None for the newest.
    as_of
        The month whose newest run it is, or None for any month.
    lexicon
        Id of a lexicon, or None for the declared one.
    """

    run_id: str | None = None
    as_of: str | None = None
    lexicon: str | None = None


def report(options: Shared, model: str, chosen: Chosen, *, draft: bool, reason: str = "") -> None:
    """Publish a saved run, beside the month before if that was fitted.

    Raises
    ------
    DataError
        If both a run and a month are named, or the month is none.
    RunError
        If the run starts from another judgement than the declared one.
    """
    from indicast.infer import load_run

    desk = open_desk(options, model)
    run = load_run(_found(desk.framework, chosen))
    if run.manifest.get("variant"):
        message = f"{run.id} starts from {run.manifest['variant']}: a sensitivity run is compared, never published"
        raise RunError(message)
    previous = _saved_month_before(desk, run)
    if chosen.lexicon is not None:
        _write_in_other_words(desk, run, previous, chosen.lexicon)
        return
    if previous is None and not (draft or reason) and published_with_change(desk.framework, run.manifest):
        typer.echo(f"{run.manifest['as_of']} is published from this very run, beside the month before; it stands")
        return
    _publish(desk, run, previous, draft=draft, reason=reason)


def published_with_change(framework: Framework, manifest: Mapping[str, Any]) -> bool:
    """Whether a month is published from inputs with this hash, beside the month before, which would now be lost."""
    folder = framework.reports_folder / str(manifest["as_of"])
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        same = bool(found["hash"] == manifest["hash"] and not found["published"]["draft"])
        return same and "\n## Change since " in (folder / "report.md").read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write_in_other_words(desk: Desk, run: Run, previous: Run | None, lexicon: str) -> None:
    """Write a reading copy into the run's folder; what is published stays as it is."""
    from indicast.infer import replace_text
    from indicast.publish import render_html, render_markdown, report_content

    framework, folder = desk.framework.speaking(lexicon), desk.framework.runs_folder / run.id
    why = (f"a reading copy in the words of {lexicon}",)
    content = report_content(framework, desk.hyperparameters, desk.ledger, run, previous, why)
    for kind, text in (("html", render_html(content)), ("md", render_markdown(content))):
        replace_text(folder / f"report_{lexicon}.{kind}", text)
    typer.echo(f"in other words: {short(folder)}/report_{lexicon}.html (what is published stays)")


def _found(framework: Framework, chosen: Chosen) -> Path:
    from indicast.infer import find_run

    if chosen.run_id and chosen.as_of:
        message = "--run and --as-of both name a run; leave one of them out"
        raise DataError(message)
    if chosen.as_of is not None:
        _require_month(chosen.as_of)
    return find_run(framework, chosen.run_id, chosen.as_of)


def _require_month(text: str) -> None:
    try:
        month_index(text)
    except ValueError as error:
        message = f"--as-of: {error}"
        raise DataError(message) from None


def _saved_month_before(desk: Desk, run: Run) -> Run | None:
    from indicast.infer import find_run, load_run

    month = month_before(str(run.manifest["as_of"]))
    if month_index(month) < desk.framework.start_index:
        return None
    try:
        previous = load_run(find_run(desk.framework, as_of=month))
    except MissingError:
        previous = None
    if previous is None or previous.manifest["known_at"] > run.manifest["known_at"]:
        command = f"indicast fit {desk.framework.id} --as-of {month}"
        desk.say(f"no earlier knowledge of {month}, so the report shows no change; '{command}' makes it")
        return None
    return previous


def month_before(month: str) -> str:
    """Return the month before one.

    Examples
    --------
    >>> month_before("2024-01")
    '2023-12'
    """
    return month_named(month_index(month) - 1)


def month_named(index: int) -> str:
    """Return the ISO month of a number of months since year 0.

    Examples
    --------
    >>> month_named(2024 * 12)
    '2024-01'
    """
    year, place = divmod(index, 12)
    return f"{year:04d}-{place + 1:02d}"


def run(
    options: Shared, model: str, as_of: str | None, known_at: date | None, *, draft: bool, reason: str = ""
) -> None:
    """Check, fit the month and the one before, and publish."""
    from indicast.infer import Sampler
    from indicast.panel import Sizes, last_day, vintage
    from indicast.publish import require_certificate

    desk = open_desk(options, model)
    if not draft:
        require_certificate(desk.framework, desk.hyperparameters)
    when = vintage(desk.ledger, as_of, known_at)
    sampler = Sampler(desk.framework, desk.hyperparameters)
    panel = desk.panel(when)
    sizes = Sizes(panel.sizes["time"], panel.sizes["cell"], panel.sizes["report"])
    earlier = month_before(when.as_of)
    previous = None
    if month_index(earlier) >= desk.framework.start_index:
        day = min(when.known_at, last_day(month_index(earlier)))
        previous = fit_month(desk, sampler, replace(when, as_of=earlier, known_at=day), sizes)
    current = fit_month(desk, sampler, when, sizes)
    if not desk.options.as_json:
        _tell_run(desk, current)
    _publish(desk, current, previous, draft=draft, reason=reason)


def _publish(desk: Desk, current: Run, previous: Run | None, *, draft: bool, reason: str) -> None:
    from indicast.publish import Issue, publish_report, stands, write_site

    kept = "" if draft or reason else stands(desk.framework, current)
    folder = desk.framework.reports_folder / str(current.manifest["as_of"])
    if not kept:
        inputs = (desk.framework, desk.hyperparameters, desk.ledger)
        folder = publish_report(*inputs, current, previous, draft=draft, issue=Issue(reason))
        write_site(desk.framework.root)
    if desk.options.as_json:
        told = {"report": str(folder)} | ({"stands": kept} if kept else {})
        typer.echo(json.dumps(_run_summary(desk.framework, current) | told, indent=1))
        return
    if kept:
        typer.echo(f"published before from the same inputs, and it stands: {kept}")
    typer.echo(f"report: {short(folder)}/report.html")


def short(path: Path) -> str:
    """Return a path as seen from the folder in which the command runs, if it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
