"""Whether a publication stands although the same inputs, sampled elsewhere, gave other digits.

Other processors round otherwise, and a sampler makes other draws of it. What was published is then not replaced and
nothing is wrong with it, as long as Monte Carlo error explains every difference
(``tests/contract/test_editions.py``).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicast.forecast import forecast_table
from indicast.publish._compared import compared_numbers
from indicast.publish._published import MANIFEST, TABLE
from indicast.publish._report import table_text

if TYPE_CHECKING:
    from indicast.infer import Run
    from indicast.workspace import Framework

INPUTS: Final = ("model", "variant", "as_of", "known_at", "declarations", "ledger_sha256", "sampler", "padded")
"""Keys of a manifest that say what went in; the versions of code and libraries are not among them."""


def stands(framework: Framework, run: Run) -> str:
    """Return how a run differs from the publication of the same inputs within Monte Carlo error.

    Parameters
    ----------
    framework
        Whose reports are looked at.
    run
        With its predictions.

    Returns
    -------
    how
        Blank if nothing is published, the inputs or the numbers are others, or nothing differs.
    """
    folder = framework.reports_folder / str(run.manifest["as_of"])
    published = _publication(folder)
    if any(published.get(key) != run.manifest.get(key) for key in INPUTS):
        return ""
    table = table_text(forecast_table(run.tree, framework))
    if published["published"]["sha256"].get(TABLE) == hashlib.sha256(table.encode()).hexdigest():
        return ""
    with tempfile.TemporaryDirectory(prefix="indicast-stands-") as aside:
        numbers = compared_numbers(folder / TABLE, run.tree, framework, Path(aside))
    return numbers.line() if numbers.within else ""


def _publication(folder: Path) -> Mapping[str, Any]:
    """Return the manifest of a month whose numbers lie there as they were published, else an empty one."""
    try:
        manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        published = manifest["published"]
        whole = published["sha256"][TABLE] == hashlib.sha256((folder / TABLE).read_bytes()).hexdigest()
        return manifest if whole and not published["draft"] else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
