"""What a reader must hold against the numbers, counted where it can be counted.

Invariant: every number here is counted from the ledger as known, none is remembered
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indicast.ledger import Ledger
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Caveats:
    """Counts behind the caveats.

    Attributes
    ----------
    rows, origins
        Rows known, and the independent origins they rest on.
    directions
        Each direction's word and how many rows point that way.
    undated
        Rows whose day of publication is not known, so that their known date is a guess.
    judged_months
        Judgements of coverage, one for each indicator and month.
    drivers
        Names of indicators that drive rather than follow.
    changed_inputs
        What else than news differs from the run of the month before.
    """

    rows: int
    origins: int
    directions: tuple[tuple[str, int], ...]
    undated: int
    judged_months: int
    drivers: tuple[str, ...]
    changed_inputs: tuple[str, ...]


def caveats(
    framework: Framework, known: Ledger, manifest: Mapping[str, Any], earlier: Mapping[str, Any] | None
) -> Caveats:
    """Return the counts of a ledger as known and what differs between two manifests."""
    rows = known.observations
    counted = rows["direction"].value_counts()
    return Caveats(
        len(rows),
        int(rows["origin_id"].nunique()),
        tuple((word, int(counted.get(word, 0))) for word in framework.declaration.directions),
        int((rows["published_date"] == "").sum()),
        len(known.coverage),
        tuple(one.name for one in framework.declaration.indicators if one.driver),
        changed_inputs(manifest, earlier),
    )


def changed_inputs(manifest: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return in words what besides the ledger differs between two manifests.

    Examples
    --------
    >>> changed_inputs({"code_sha256": "a"}, {"code_sha256": "b"})
    ('the code',)
    """
    if earlier is None:
        return ()
    now, then = _hashes(manifest), _hashes(earlier)
    files = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
    code = ["the code"] if manifest.get("code_sha256") != earlier.get("code_sha256") else []
    return (*files, *code)


def _hashes(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {name: entry["sha256"] for name, entry in manifest.get("declarations", {}).items()}
