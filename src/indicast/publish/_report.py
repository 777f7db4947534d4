"""A run that passed its gates becomes a report folder, whole or not at all.

Invariant: nothing is published from a run with a failed gate, or from inputs that are
not the run's own; a draft says so on every page and replaces no publication
(``tests/contract/test_report.py``); other numbers replace those of a publication only for a
reason that is recorded (``tests/contract/test_editions.py``).
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from indicast.errors import GateError, PublishedError, RunError
from indicast.forecast import forecast_table
from indicast.infer import Gate, Run, Settings, build_manifest, whole_folder, write_json
from indicast.ledger import neutral_cell
from indicast.panel import Vintage
from indicast.publish._beside import intervals, milestone_states
from indicast.publish._content import report_content
from indicast.publish._editions import editions, keep_numbers, keep_record, latest, with_edition
from indicast.publish._history import was_draft
from indicast.publish._outer_gates import certificate_gate
from indicast.publish._page import render_html, render_markdown
from indicast.publish._wording import listed

if TYPE_CHECKING:
    import pandas as pd

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

PAGE, TEXT, TABLE, MANIFEST = "report.html", "report.md", "forecast.csv", "manifest.json"


@dataclass(frozen=True, slots=True)
class Issue:
    """In which way a month is published.

    Attributes
    ----------
    reason
        Why other numbers may take the place of those published; if blank, they may not.
    page
        Whether ``report.html`` is written; the text, the table and the manifest always are.
    """

    reason: str = ""
    page: bool = True


def publish_report(
    framework: Framework,
    hyperparameters: Hyperparameters,
    ledger: Ledger,
    run: Run,
    previous: Run | None,
    *,
    draft: bool = False,
    issue: Issue = Issue(),
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
    issue
        With a page or without, and whether as another edition.

    Raises
    ------
    GateError
        If a gate failed and no draft was asked for.
    RunError
        If the run's inputs are no longer those of the workspace, if a draft would
        replace a publication, or if the disk refuses.
    PublishedError
        If the month is published with other numbers, or with later news.
    """
    failed = _failures(run) + _outer_failures(framework, hyperparameters)
    if failed and not draft:
        remedy = "sample longer (--draws), mend the priors where they fail, or write a draft (--draft)"
        message = f"run {run.id} is not published: {'; '.join(failed)}; {remedy}"
        raise GateError(message)
    changed = changed_inputs(framework, ledger, run)
    if changed and not draft:
        again = f"'indicast fit {framework.id} --as-of {run.manifest['as_of']}'"
        message = f"run {run.id} was made with another {listed(changed)}; make it again with {again}"
        raise RunError(message)
    target = framework.reports_folder / str(run.tree.attrs["as_of"])
    if draft:
        _refuse_to_replace(target)
    _refuse_to_forget(target, run)
    table = table_text(forecast_table(run.tree, framework))
    record = () if draft else with_edition(editions(target.parent), run.manifest, table, target, issue.reason)
    content = report_content(framework, hyperparameters, ledger, run, previous, _reasons(failed, changed, draft=draft))
    with whole_folder(target) as folder:
        _keep_rest(target, folder, run)
        texts = {PAGE: render_html(content)} if issue.page else {}
        texts |= {TEXT: render_markdown(content), TABLE: table}
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        files = {name: _sha256(folder / name) for name in texts}
        edition = latest(record, target.name)
        published = {"draft": draft, "sha256": files, "intervals": intervals(framework, run)}
        published["milestones"] = milestone_states(framework, run)
        published |= {"edition": edition.number, "reason": edition.reason} if edition else {}
        write_json(folder / MANIFEST, {**run.manifest, "published": published})
        if edition:
            keep_numbers(record, target.name, target, folder)
            keep_record(target.parent, record)  # before the folder moves: publishing again mends a stop between the two
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
        raise PublishedError(message)


def table_text(table: pd.DataFrame) -> str:
    """Return a forecast with every digit of its values, so that sums survive reading, and no formula in its texts."""
    texts = {name: table[name].map(neutral_cell) for name in table.columns[table.dtypes == "str"]}
    return str(table.assign(**texts).to_csv(index=False, lineterminator="\n"))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write the text of a forecast into a file."""
    path.write_text(table_text(table), encoding="utf-8", newline="\n")


def _failures(run: Run) -> list[str]:
    if not run.gates:
        return ["no gate was computed"]
    return [_failure(gate) for gate in run.gates if not gate.passed]


def _outer_failures(framework: Framework, hyperparameters: Hyperparameters) -> list[str]:
    gate = certificate_gate(framework, hyperparameters)
    return [gate.failure.removesuffix(".")] if gate.state == "FAIL" else []


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
