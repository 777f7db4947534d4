"""``indicast sbc``: the calibration certificate of a model."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from indicast.cli._card import with_block
from indicast.cli._jobs import Desk, open_desk
from indicast.errors import RunError

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.evaluate import Plan

LISTED = 10
"""Failed tests that are named; the certificate has them all."""


def sbc(options: Shared, model: str, simulations: int | None, scheduler: str | None, workers: int) -> bool:
    """Make what simulations are missing, write the certificate and return its verdict."""
    from indicast.evaluate import certificate, fractions_of, run_trials, trial_store

    began, desk = time.perf_counter(), open_desk(options, model)
    plan = _plan(desk)
    wanted = simulations or plan.settings.simulations
    store = trial_store(plan)
    there = store.finished(wanted)
    missing = [place for place in range(wanted) if place not in there]
    _tell_start(desk, len(there), len(missing), workers, scheduler)
    with _progress(desk, len(missing)) as advance:

        def keep(trial: dict[str, Any]) -> None:
            store.keep(trial)
            advance()

        run_trials(plan, missing, keep, workers=workers, scheduler=scheduler)
    trials = list(store.finished(wanted).values())
    if len(trials) < wanted:
        message = f"{store.folder} lost results while they were made; run 'indicast sbc {model}' again"
        raise RunError(message)
    content = certificate(plan, trials)
    content |= {
        "seconds": round(sum(trial["seconds"] for trial in trials)),
        "sitting": round(time.perf_counter() - began),
    }
    _write(desk, content, fractions_of(plan, trials))
    _tell(desk, content)
    return bool(content["passed"])


def _plan(desk: Desk) -> Plan:
    from indicast.evaluate import Plan
    from indicast.panel import vintage

    declared, settings = desk.framework.declaration, desk.settings
    panel = desk.panel(vintage(desk.ledger))
    return Plan(desk.framework, desk.hyperparameters, panel, declared.sbc, settings.target_accept, settings.seed)


def _tell_start(desk: Desk, there: int, missing: int, workers: int, scheduler: str | None) -> None:
    where = f"the cluster at {scheduler}" if scheduler else f"{workers} process{'es' if workers > 1 else ''}"
    desk.say(f"{there} simulations are there already; {missing} to be made by {where}")
    if missing:
        desk.say("compiling (minutes the first time), then a few seconds for each; what is finished survives a stop")


@contextmanager
def _progress(desk: Desk, length: int) -> Iterator[Callable[[], None]]:
    """Give a function to call after each simulation; it draws a bar on a terminal only."""
    if desk.options.quiet or desk.options.as_json or not sys.stderr.isatty() or not length:
        yield lambda: None
        return
    with typer.progressbar(length=length, label="simulations", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _write(desk: Desk, content: dict[str, Any], fractions: dict[str, Any]) -> None:
    from indicast.evaluate import CALIBRATION_BEGIN, calibration_block, calibration_figure, certificate_path
    from indicast.infer import replace_text

    path = certificate_path(desk.framework)
    replace_text(path, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    replace_text(path.with_suffix(".svg"), calibration_figure(content, fractions))
    card = path.with_name("README.md")
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    if CALIBRATION_BEGIN in text:
        replace_text(card, with_block(text, calibration_block(content), card))
    else:
        desk.say(f"{card} has no line '{CALIBRATION_BEGIN}', so the certificate is not shown there")


def _tell(desk: Desk, content: dict[str, Any]) -> None:
    from indicast.evaluate import certificate_path

    if desk.options.as_json:
        typer.echo(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False))
        return
    for line in verdict_lines(content):
        typer.echo(line)
    typer.echo(f"in {certificate_path(desk.framework)}")


def verdict_lines(content: dict[str, Any]) -> list[str]:
    """Return what a person should read of a certificate."""
    failed = [one["name"] for one in content["quantities"] if not one["passed"]]
    failed += [f"{one['scenario']} {one['when']}" for one in content["states"] if not one["passed"]]
    fits, settings = content["fits"], content["settings"]
    word = "passed" if content["passed"] else "FAILED"
    lines = [
        f"{content['model']}: calibration {word}, {content['simulations']} simulations, {content['tests']} tests",
        f"  unsound fits: {fits['unsound']:.1%}, limit {settings['unsound_max']:.1%}",
        f"  p below .05: {content['small_p_share']:.1%}, of sound ranks {content['small_p_share_expected']:.1%}",
    ]
    lines += [f"  failed: {name}" for name in failed[:LISTED]]
    return lines + ([f"  and {len(failed) - LISTED} more"] if len(failed) > LISTED else [])
