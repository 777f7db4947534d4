"""A case becomes ``dossier.html`` and ``dossier.json``, each of them whole or not at all.

Invariant: the same case gives the same bytes, whenever and wherever it is written; a dossier never lies beside a
publication that is of another run, and an incomplete one replaces no whole one there
(``tests/contract/test_dossier.py``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from indicast import __version__
from indicast.errors import RunError
from indicast.infer import code_hash, library_versions, replace_text
from indicast.publish._history import was_draft
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._judged import Dossier
from indicast.publish.dossier._page import STAMP, render_dossier
from indicast.publish.dossier._parts import Made, Part, Progress, made_parts

PAGE: Final = "dossier.html"
NUMBERS: Final = "dossier.json"
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A dossier that was written.

    Attributes
    ----------
    folder
        Where its two files lie.
    dossier
        What they say.
    made
        Its sections with the seconds that each took; they stand in no file.
    """

    folder: Path
    dossier: Dossier
    made: tuple[Made, ...]

    @property
    def page(self) -> Path:
        """The page."""
        return self.folder / PAGE


def write_dossier(case: Case, parts: Sequence[Part], progress: Progress, draft: tuple[str, ...] = ()) -> Written:
    """Compute every part, write the dossier and return it.

    Parameters
    ----------
    case
        The run under review.
    parts
        In the order of the page.
    progress
        Told of each part as soon as it is made.
    draft
        Why it is written although it may not be published.

    Raises
    ------
    RunError
        If the disk refuses.
    """
    made = made_parts(case, parts, progress)
    dossier = Dossier(case, tuple(one.section for one in made), draft)
    page, folder = render_dossier(dossier), place(case, draft=bool(draft))
    if dossier.verdict == "incomplete" and stands_whole(folder, case):
        folder = case.framework.runs_folder / case.run.id
    numbers = as_json(dossier) | {"page_sha256": hashlib.sha256(page.encode()).hexdigest()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / PAGE, page)
        replace_text(folder / NUMBERS, json_text(numbers))
    except OSError as error:
        message = f"cannot write to {folder}: {error.strerror}; free the disk or change its permissions"
        raise RunError(message) from None
    return Written(folder, dossier, made)


def place(case: Case, *, draft: bool) -> Path:
    """Return where a dossier belongs: beside the report of this very run, else in the run's folder.

    A draft lies beside a draft only.
    """
    report = case.framework.reports_folder / str(case.run.manifest["as_of"])
    try:
        published = json.loads((report / MANIFEST).read_text(encoding="utf-8")).get("hash")
    except (OSError, ValueError, AttributeError):
        published = None
    same = published == case.run.manifest["hash"]
    beside = same and (not draft or was_draft(report))
    return report if beside else case.framework.runs_folder / case.run.id


def stands_whole(folder: Path, case: Case) -> bool:
    """Whether a folder holds a dossier of this very run of which every part was computed."""
    try:
        held = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
        return bool(held["manifest_sha256"] == case.run.manifest["hash"] and held["verdict"] != "incomplete")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def as_json(dossier: Dossier) -> dict[str, Any]:
    """Return all of a dossier but its pictures, as objects of JSON."""
    case, manifest = dossier.case, dossier.case.run.manifest
    return {
        "model": case.framework.id,
        "as_of": manifest["as_of"],
        "known_at": manifest["known_at"],
        "run": case.run.id,
        "manifest_sha256": manifest["hash"],
        "seed": case.seed,
        "verdict": dossier.verdict,
        "sentence": dossier.sentence,
        "stamp": STAMP if dossier.stamp else "",
        "reasons": list(dossier.stamp),
        "versions": {"indicast": __version__, "code_sha256": code_hash(), "libraries": library_versions()},
        "parts": [_part(section) for section in dossier.sections],
    }


def _part(section: Any) -> dict[str, Any]:  # noqa: ANN401  # a Section, whose figures lose their pictures
    told = asdict(section)
    told["figures"] = [{name: one[name] for name in ("id", "alt", "conclusion")} for one in told["figures"]]
    return told


def json_text(content: object) -> str:
    """Return JSON with sorted keys and finite numbers only."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
