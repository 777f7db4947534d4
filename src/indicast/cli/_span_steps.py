"""What a span of months asks for: which months are published, fitted to be compared with, or left as they lie.

Invariant: a month that is published from the same inputs and versions, and has the files that are wanted, is left
(``tests/contract/test_span.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from indicast.cli._jobs import Desk, month_named, sizes_as_published
from indicast.errors import DataError
from indicast.workspace import month_index

if TYPE_CHECKING:
    from indicast.panel import Sizes, Vintage

Task = Literal["publish", "compare", "leave"]
KEPT_RUNS = 2
"""So many last months of a span keep their posterior: the last for its dossier, both for the month that follows."""
EVERY = 100_000
"""More months than any span has."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a span is made.

    Attributes
    ----------
    workers, scheduler
        Who fits.
    pages
        How many of the last months get a page beside the text; None for all.
    keep_runs
        Whether every posterior is kept.
    reason
        Why other numbers may take the place of those published; blank if they may not.
    """

    workers: int = 1
    scheduler: str | None = None
    pages: int | None = None
    keep_runs: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A span as asked for: ISO months, the last one None for that of the latest news."""

    first: str
    last: str | None
    how: Spread


def asked(model: str, ends: tuple[str | None, str | None], how: Spread, alone: Mapping[str, object]) -> Asked | None:
    """Return the span that the words of a command ask for, or None if they ask for one month.

    Parameters
    ----------
    model
        For the remedy.
    ends
        Of ``--from`` and ``--to``.
    how
        The options that only a span has, and the reason.
    alone
        Values of the options that only one month has, by their names.

    Raises
    ------
    DataError
        If options of both are mixed.
    """
    first, last = ends
    if first is None:
        spare = [name for name, given in _of_span(last, how).items() if given]
        if spare:
            message = (
                f"{spare[0]}: that belongs to a span of months; give its first one, as in '{model} --from 2021-07'"
            )
            raise DataError(message)
        return None
    if mixed := [name for name, given in alone.items() if given]:
        message = f"{mixed[0]}: a span publishes each month as it was known on its last day; leave {mixed[0]} out"
        raise DataError(message)
    return Asked(first, last, how)


def _of_span(last: str | None, how: Spread) -> dict[str, bool]:
    return {
        "--to": last is not None,
        "--workers": how.workers != 1,
        "--scheduler": how.scheduler is not None,
        "--pages": how.pages is not None,
        "--keep-runs": how.keep_runs,
    }


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What is to be done about one month: published, fitted so that the next can be compared, or left."""

    when: Vintage
    sizes: Sizes
    task: Task
    page: bool
    keep: bool
    saved: Path | None

    @property
    def fits(self) -> bool:
        """Whether it has to be sampled."""
        return self.task != "leave" and self.saved is None


def steps_of(desk: Desk, asked: Asked) -> list[Step]:
    """Return the months of the span, and those before them that have to be compared, oldest first."""
    from indicast.panel import Sizes

    first, last = _bounds(desk, asked)
    whole = desk.panel(_vintage(last))
    sizes = Sizes(whole.sizes["time"], whole.sizes["cell"], whole.sizes["report"])
    paged = max(first, last + 1 - (EVERY if asked.how.pages is None else asked.how.pages))
    steps = [
        _step(desk, index, sizes, page=index >= paged, keep=last - index < KEPT_RUNS)
        for index in range(first, last + 1)
    ]
    before = [_step(desk, first - 1, sizes, page=False, keep=False)] if first > desk.framework.start_index else []
    steps = [*(replace(one, task="leave") for one in before), *steps]
    return [_compared(one, after) for one, after in zip(steps, [*steps[1:], None], strict=True)]


def _compared(step: Step, after: Step | None) -> Step:
    needed = step.task == "leave" and after is not None and after.task == "publish"
    return replace(step, task="compare") if needed else step


def _bounds(desk: Desk, asked: Asked) -> tuple[int, int]:
    found, start = [], desk.framework.start_index
    latest = desk.ledger.latest_known().strftime("%Y-%m")
    for option, month in (("--from", asked.first), ("--to", asked.last or latest)):
        try:
            found.append(month_index(month))
        except ValueError as error:
            message = f"{option}: {error}"
            raise DataError(message) from None
    first, last = found
    if not start <= first <= last <= month_index(latest):
        message = (
            f"--from {asked.first} --to {month_named(last)}: a span runs from an earlier month to a later one, "
            f"within {month_named(start)} and {latest}, where model and ledger begin and end"
        )
        raise DataError(message)
    return first, last


def _vintage(index: int) -> Vintage:
    from indicast.panel import Vintage, last_day

    return Vintage(month_named(index), last_day(index))


def _step(desk: Desk, index: int, sizes: Sizes, *, page: bool, keep: bool) -> Step:
    from indicast.infer import build_manifest, run_id

    when = _vintage(index)
    own = sizes_as_published(desk, when.as_of, sizes) or sizes
    manifest = build_manifest(desk.framework, desk.ledger, when, desk.settings, {"months": own.months})
    saved = desk.framework.runs_folder / run_id(manifest)
    task: Task = "leave" if _stands_published(desk, manifest, page=page) else "publish"
    return Step(when, own, task, page, keep, saved if (saved / "manifest.json").is_file() else None)


def _stands_published(desk: Desk, manifest: Mapping[str, Any], *, page: bool) -> bool:
    """Whether a month lies there as it was published from these inputs, with the page if one is wanted."""
    from indicast.publish import open_published, published_months

    month = str(manifest["as_of"])
    if month not in published_months(desk.framework.reports_folder):
        return False
    published = open_published(desk.framework.root, desk.framework.id, month)
    same = published.manifest["hash"] == manifest["hash"] and not published.altered
    return same and (not page or "report.html" in published.files)
