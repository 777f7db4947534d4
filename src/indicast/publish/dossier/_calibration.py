"""Whether the model finds a truth that is known, as its certificate has it.

Invariant: every number stands in the certificate; a certificate of another version, or none, is no pass, and fails
where one is required
(``tests/unit/test_dossier_calibration.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from indicast.errors import RunError
from indicast.evaluate import CertificateStatus, certificate_path, certificate_status
from indicast.publish._outer_gates import certificate_gate
from indicast.publish._wording import counted, listed, percent
from indicast.publish.dossier._section import Figure, Json, Section, Table, Verdict
from indicast.publish.dossier._sound import HEAVIEST

if TYPE_CHECKING:
    from pathlib import Path

    from indicast.publish.dossier._case import Case

TITLE, QUESTION = "Calibration", "Does the model find a truth that is known?"
KEPT = ("simulations", "tests", "quantities", "states", "brier", "fits", "key")
"""What of the certificate stands in ``dossier.json``."""
LISTED = 10
"""Quantities that are tabled, those furthest from uniform ranks first."""
UNSEEN = re.compile(r"<\?xml[^>]*>|<!DOCTYPE[^>]*>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
PATHS = re.compile(r' d="[^"]*"')
DIGITS = re.compile(r"(\.\d)\d+")


def part(case: Case) -> Section:
    """Return what the certificate of the model says, and whether it is of this very model."""
    status = certificate_status(case.framework, case.hyperparameters)
    gate = certificate_gate(case.framework, case.hyperparameters)
    verdict: Verdict = "pass" if gate.state == "pass" else "fail" if gate.state == "FAIL" else "note"
    if status.state == "valid" and not status.passed:
        verdict = "fail"
    if status.state == "none":
        return _section(status, verdict, gate.sentence)
    path = certificate_path(case.framework)
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        sentence = gate.sentence if status.state == "stale" else status.sentence
        shorts = {one.id: one.short for one in case.framework.declaration.scenarios}
        told = f"{sentence} {_tests(content, shorts)} {_states(content)}"
        tables = (_quantity_table(content), _state_table(content, shorts))
        data = {
            name: content[name] for name in ("simulations", "tests", "quantities", "states", "brier", "fits", "key")
        }
    except (KeyError, TypeError, ValueError):
        message = f"{path} is no whole calibration certificate; make one with 'indicast sbc {case.framework.id}'"
        raise RunError(message) from None
    return _section(status, verdict, told, _figures(path.with_suffix(".svg"), content), tables, data)


def _section(
    status: CertificateStatus,
    verdict: Verdict,
    told: str,
    figures: tuple[Figure, ...] = (),
    tables: tuple[Table, ...] = (),
    data: dict[str, Any] | None = None,
) -> Section:
    known: Json = {"state": status.state, "passed": status.passed, "simulations": status.simulations}
    return Section(
        "calibration", TITLE, QUESTION, verdict, told, figures, tables, {"status": known, "certificate": data or {}}
    )


def _tests(content: dict[str, Any], shorts: Mapping[str, str]) -> str:
    failed = [one["name"] for one in content["quantities"] if not one["passed"]]
    failed += [f"{_short(one, shorts)} {one['when']}" for one in content["states"] if not one["passed"]]
    told = f"{counted(len(failed), 'test')} of {content['tests']} failed"
    empty = sum(not one["number"] for one in content["states"])
    told += f" ({empty} had no simulation to go by)" if empty else ""
    named = f": {listed(failed[:LISTED])}" if failed else ""
    return f"{told}{named}; {percent(content['fits']['unsound'])} of the fits were unsound."


def _short(one: Mapping[str, Any], shorts: Mapping[str, str]) -> str:
    return shorts.get(str(one["scenario"]), str(one["scenario"]))


def _states(content: dict[str, Any]) -> str:
    """Return how often scenarios held beside how often they should have."""
    used = [one for one in content["states"] if one["number"]]
    outside = [one for one in used if not one["band"][0] <= one["observed"] <= one["band"][1]]
    return (
        f"Scenarios held as often as their probability said in {len(used) - len(outside)} of "
        f"{counted(len(used), 'bin')}; about one in twenty strays by luck."
    )


def _figures(path: Path, content: dict[str, Any]) -> tuple[Figure, ...]:
    """Return the certificate's picture, or none if there is none or it is too heavy for a page."""
    picture = _lighter(path.read_text(encoding="utf-8")) if path.is_file() else ""
    if not 0 < len(picture.encode()) <= HEAVIEST:
        return ()
    worst = min(content["quantities"], key=lambda one: (one["p"], one["name"]))
    return (
        Figure(
            "certificate",
            picture,
            f"Ranks of known truths among {content['simulations']} posteriors against the band of sound ranks, and "
            "how often scenarios held by the probability they were given.",
            f"Of {counted(len(content['quantities']), 'quantity', 'quantities')}, {worst['name']} lies furthest from "
            f"uniform ranks: its p-value, adjusted for {content['tests']} tests, is {worst['adjusted']:.2g}.",
        ),
    )


def _lighter(svg: str) -> str:
    """Return a picture without what nobody sees: tenths of a point are as fine as a screen shows."""
    bare = UNSEEN.sub("", svg)
    shorter = PATHS.sub(lambda found: DIGITS.sub(r"\1", found.group()), bare)
    return "\n".join(line.strip() for line in shorter.splitlines() if line.strip())


def _quantity_table(content: dict[str, Any]) -> Table:
    worst = sorted(content["quantities"], key=lambda one: (one["p"], one["name"]))[:LISTED]
    rows = tuple(
        (one["name"], f"{one['p']:.2g}", f"{one['adjusted']:.2g}", "pass" if one["passed"] else "FAIL") for one in worst
    )
    return Table("Quantities furthest from uniform ranks", ("Quantity", "p", "Adjusted p", "Verdict"), rows)


def _state_table(content: dict[str, Any], shorts: Mapping[str, str]) -> Table:
    rows = tuple(
        (
            f"{_short(one, shorts)} {one['when']}, {one['low']:.0%} to {one['high']:.0%}",
            f"{one['number']}",
            percent(one["expected"]),
            percent(one["observed"]),
            f"{percent(one['band'][0])} to {percent(one['band'][1])}",
        )
        for one in content["states"]
        if one["number"]
    )
    header = ("Probability given to", "Worlds", "Mean given", "Held", "95 % if right")
    return Table("Scenarios by the probability they were given", header, rows)
