"""A run that passed its gates becomes a report folder, whole or not at all.

Invariant: nothing is published from a run with a failed gate, or from inputs that are
not the run's own; a draft says so on every page and replaces no publication
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import GateError, RunError
from indicast.forecast import forecast_table
from indicast.infer import Gate, Run, Settings, build_manifest, whole_folder, write_json
from indicast.ledger import neutral_cell
from indicast.panel import Vintage
from indicast.publish._content import report_content
from indicast.publish._history import was_draft
from indicast.publish._page import render_html, render_markdown
from indicast.publish._wording import listed

if TYPE_CHECKING:
    import pandas as pd

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

PAGE, TEXT, TABLE, MANIFEST = "report.html", "report.md", "forecast.csv", "manifest.json"


def publish_report(
    framework: Framework,
    hyperparameters: Hyperparameters,
    ledger: Ledger,
    run: Run,
    previous: Run | None,
    *,
    draft: bool = False,
) -> Path:
    """Write ``reports/<model>/<YYYY-MM>`` and return it.

    Parameters
    ----------
    framework, hyperparameters, ledger
        As used for the run; the whole ledger may be passed.
    run
        With its predictions.
    previous
        The run of the month before, or None.
    draft
        Publish in spite of failed gates, stamped as a draft.

    Raises
    ------
    GateError
        If a gate failed and no draft was asked for.
    RunError
        If the run's inputs are no longer those of the workspace, if a draft would
        replace a publication, or if the disk refuses.
    """
    failed = _failures(run)
    if failed and not draft:
        remedy = "sample longer (--draws), mend the priors where they fail, or write a draft (--draft)"
        message = f"run {run.id} is not published: {'; '.join(failed)}; {remedy}"
        raise GateError(message)
    changed = changed_inputs(framework, ledger, run)
    if changed and not draft:
        message = (
            f"run {run.id} was made with another {listed(changed)}; make it again with 'indicast fit {framework.id}'"
        )
        raise RunError(message)
    target = framework.reports_folder / str(run.tree.attrs["as_of"])
    if draft:
        _refuse_to_replace(target)
    _refuse_to_forget(target, run)
    content = report_content(framework, hyperparameters, ledger, run, previous, _reasons(failed, changed, draft=draft))
    table = forecast_table(run.tree, framework)
    with whole_folder(target) as folder:
        _keep_rest(target, folder, run)
        (folder / PAGE).write_text(render_html(content), encoding="utf-8", newline="\n")
        (folder / TEXT).write_text(render_markdown(content), encoding="utf-8", newline="\n")
        write_table(folder / TABLE, table)
        files = {name: _sha256(folder / name) for name in (PAGE, TEXT, TABLE)}
        write_json(folder / MANIFEST, {**run.manifest, "published": {"draft": draft, "sha256": files}})
    return target


def _refuse_to_forget(target: Path, run: Run) -> None:
    """Refuse to replace a publication by one that knows less of the news."""
    path = target / MANIFEST
    if not path.is_file():
        return
    known, older = run.manifest["known_at"], json.loads(path.read_text(encoding="utf-8")).get("known_at", "")
    if known < older:
        message = (
            f"{target} is published with news up to {older}, and this run knows news up to {known} only; "
            "it stays in its run folder and the publication as it was"
        )
        raise RunError(message)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a forecast with every digit of its values, so that sums survive reading, and no formula in its texts."""
    texts = {name: table[name].map(neutral_cell) for name in table.columns[table.dtypes == "str"]}
    table.assign(**texts).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _failures(run: Run) -> list[str]:
    if not run.gates:
        return ["no gate was computed"]
    return [_failure(gate) for gate in run.gates if not gate.passed]


def _failure(gate: Gate) -> str:
    value = "could not be computed" if math.isnan(gate.value) else f"is {gate.value:.6g}"
    return f"{gate.name} {value} ({'at most' if gate.at_most else 'at least'} {gate.limit:g}, {gate.where})"


def changed_inputs(framework: Framework, ledger: Ledger, run: Run) -> list[str]:
    """Return which of the workspace's inputs are no longer those of the run."""
    when = Vintage(run.manifest["as_of"], date.fromisoformat(run.manifest["known_at"]))
    now = build_manifest(framework, ledger, when, Settings(**run.manifest["sampler"]))
    then = run.manifest["declarations"]
    files = [name for name, entry in now["declarations"].items() if then.get(name, {}).get("sha256") != entry["sha256"]]
    return files + ["ledger"] * (now["ledger_sha256"] != run.manifest["ledger_sha256"])


def _reasons(failed: list[str], changed: list[str], *, draft: bool) -> tuple[str, ...]:
    if not draft:
        return ()
    inputs = [f"the run was made with another {listed(changed)}"] if changed else []
    return tuple(failed + inputs) or ("it was asked for as a draft; every gate passed",)


def _refuse_to_replace(target: Path) -> None:
    if (target / MANIFEST).is_file() and not was_draft(target):
        message = f"{target} is already published and a draft may not replace it; move that folder away first"
        raise RunError(message)


def _keep_rest(target: Path, folder: Path, run: Run) -> None:
    """Carry over other files of the same run's report, such as its dossier."""
    try:
        same = json.loads((target / MANIFEST).read_text(encoding="utf-8")).get("hash") == run.manifest["hash"]
    except (OSError, ValueError):
        return
    for path in target.iterdir() if same else ():
        if path.is_file() and path.name not in {PAGE, TEXT, TABLE, MANIFEST}:
            shutil.copy2(path, folder / path.name)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
