"""``indicast diagnose``: the reviewer's dossier of a saved run.

Invariant: a run that is not of this workspace is refused before anything is computed, and a draft says so
(``tests/contract/test_diagnose.py``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import typer

from indicast.cli._jobs import STARTS, Desk, open_desk, short
from indicast.errors import RunError, one_of

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.infer import Run
    from indicast.publish.dossier import Case, Progress, Written

WIDTH = 80
"""Of a terminal."""


def diagnose(
    options: Shared, model: str, run_id: str | None, *, draft: bool, everything: bool = False, refits: int = 0
) -> bool:
    """Write the dossier of a saved run; return whether every gate passed and every part was computed."""
    from indicast.infer import find_run, load_run
    from indicast.publish import write_site
    from indicast.publish.dossier import PARTS, unhurried, with_refits, write_dossier

    parts = with_refits(unhurried(PARTS) if everything else PARTS, refits)
    desk = open_desk(options, model)
    folder = find_run(desk.framework, run_id)
    case, reasons = opened_case(desk, load_run(folder), folder, draft=draft)
    desk.say(f"{case.run.id}: {len(parts)} parts ...")
    with _progress(desk, len(parts)) as progress:
        written = write_dossier(case, parts, progress, reasons)
    if written.folder.parent == desk.framework.reports_folder:
        write_site(desk.framework.root)
    _tell(desk, written)
    return written.dossier.verdict == "pass" and not reasons


def opened_case(desk: Desk, run: Run, folder: Path, *, draft: bool) -> tuple[Case, tuple[str, ...]]:
    """Return what is reviewed, and why its dossier can be a draft only.

    Raises
    ------
    RunError
        If the run's files belong to different runs, or its inputs are no longer those of the workspace and no draft
        was asked for.
    """
    from indicast.publish import changed_inputs
    from indicast.publish.dossier import Case, require_one_run

    require_one_run(run, folder)
    framework = desk.framework
    if variant := run.manifest.get("variant"):
        if variant not in STARTS:
            message = f"{run.id} starts from {variant!r}; this version knows {one_of(STARTS)}: fit the run again"
            raise RunError(message)
        framework = framework.starting(*STARTS[variant])
    changed = changed_inputs(framework, desk.ledger, run)
    if changed and not draft:
        message = (
            f"run {run.id} was made with another {one_of(changed)} than now lies in the workspace; fit it again with "
            f"'indicast fit {framework.id}', or write a stamped draft (--draft)"
        )
        raise RunError(message)
    seed = int(run.manifest["sampler"]["seed"]) if desk.options.seed is None else desk.options.seed
    reasons = (f"the run was made with another {one_of(changed)}",) if changed else ()
    reasons = reasons or ("it was asked for as a draft",) if draft else ()
    return Case(framework, desk.hyperparameters, desk.ledger, run, seed), reasons


@contextmanager
def _progress(desk: Desk, length: int) -> Iterator[Progress]:
    """Give what is told of each part; it draws a bar on a terminal only."""
    if desk.options.quiet or desk.options.as_json or not sys.stderr.isatty():
        yield lambda made: desk.say(f"  {made.section.title}: {made.section.verdict}, {made.seconds:.1f} s")
        return
    with typer.progressbar(length=length, label="dossier", file=sys.stderr) as bar:
        yield lambda made: bar.update(1)  # noqa: ARG005  # the bar shows how many, not which


def _tell(desk: Desk, written: Written) -> None:
    dossier = written.dossier
    if desk.options.as_json:
        typer.echo(json.dumps(_summary(written), indent=1))
        return
    for section in dossier.sections:
        _say(f"{section.title}: {section.verdict}. {section.conclusion}")
    _say(f"{dossier.case.run.id}: {dossier.verdict}. {dossier.sentence}")
    if dossier.stamp:
        typer.echo("NOT FOR PUBLICATION")
    typer.echo(f"dossier: {short(written.page)}{_why_there(desk, written)}")


def _say(text: str) -> None:
    typer.echo(fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False))


def _why_there(desk: Desk, written: Written) -> str:
    from indicast.publish.dossier import stands_whole

    if written.folder.parent == desk.framework.reports_folder:
        return ""
    case = written.dossier.case
    if written.dossier.draft:
        why = "a draft never lies beside a publication"
    elif stands_whole(desk.framework.reports_folder / str(case.run.manifest["as_of"]), case):
        why = "beside the report lies one that is whole"
    else:
        why = "its month is not published from it"
    return f" (in the run's folder, because {why})"


def _summary(written: Written) -> dict[str, object]:
    dossier = written.dossier
    return {
        "run": dossier.case.run.id,
        "dossier": str(written.page),
        "verdict": dossier.verdict,
        "sentence": dossier.sentence,
        "not_for_publication": list(dossier.stamp),
        "parts": [
            {"id": one.section.id, "verdict": one.section.verdict, "seconds": round(one.seconds, 3)}
            for one in written.made
        ],
    }
