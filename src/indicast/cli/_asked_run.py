"""The run that ``indicast whatif`` asks: found, and refused if it is not of the model and the ledger as they stand.

Invariant: a run that does not know what the ledger says of its days is never asked
(``tests/contract/test_whatif.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicast.errors import DataError, MissingError, RunError
from indicast.workspace import find_root, load_framework, month_index

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.elicit import Hyperparameters
    from indicast.infer import Drawn
    from indicast.ledger import Ledger
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a question, as given on the command line."""

    observe: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()
    as_of: str | None = None
    run: str | None = None
    refit: bool = False


@dataclass(frozen=True, eq=False)
class Opened:
    """A run that may be asked: it is of the model and the ledger as they stand."""

    options: Shared
    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    manifest: dict[str, Any]
    id: str
    drawn: Drawn

    @property
    def seed(self) -> int:
        """Of later months' shocks, and of a refit."""
        declared = self.framework.declaration.sampler.seed
        return declared if self.options.seed is None else self.options.seed

    @cached_property
    def known_at(self) -> date:
        """The last day whose news the run heard."""
        return date.fromisoformat(self.manifest["known_at"])

    @cached_property
    def view(self) -> Ledger:
        """The ledger as the run knew it."""
        return self.ledger.known(self.known_at)

    @property
    def last(self) -> int:
        """The last month that may be named, in months since year 0."""
        return month_index(str(self.manifest["as_of"])) + self.framework.declaration.padding.months


def open_run(options: Shared, model: str, asked: Asked) -> Opened:
    """Return the run that is asked, or say why it may not be.

    Raises
    ------
    MissingError
        If there is none.
    RunError
        If the model, its priors or its ledger are no longer those of the run.
    """
    from indicast.cli._jobs import STARTS
    from indicast.elicit import load_hyperparameters
    from indicast.explain import refuse_another_model
    from indicast.infer import changed_declarations, load_drawn, load_manifest
    from indicast.ledger import load_ledger

    framework = load_framework(find_root(options.workspace), model)
    folder = _folder(framework, asked)
    manifest = load_manifest(folder)
    if changed := changed_declarations(framework, manifest):
        message = f"{folder.name} was made with another {', '.join(changed)}; make one anew: 'indicast fit {model}'"
        raise RunError(message)
    if manifest.get("variant") in STARTS:
        framework = framework.starting(*STARTS[manifest["variant"]])
    hyperparameters = load_hyperparameters(framework)
    drawn = load_drawn(folder, manifest)
    refuse_another_model(drawn, framework, hyperparameters)
    ledger, _ = load_ledger(framework)
    opened = Opened(options, framework, hyperparameters, ledger, manifest, folder.name, drawn)
    _refuse_older(opened, named=bool(asked.run or asked.as_of))
    return opened


def _folder(framework: Framework, asked: Asked) -> Path:
    """Return the run by id, or that of the month asked about, or the newest one if it ends before that month."""
    from indicast.infer import find_run

    if asked.as_of:
        try:
            month_index(asked.as_of)
        except ValueError as error:
            message = f"--as-of: {error}"
            raise DataError(message) from None
    if asked.run or not asked.as_of:
        return find_run(framework, asked.run)
    try:
        return find_run(framework, as_of=asked.as_of)
    except MissingError:
        newest = find_run(framework)
        if newest.name[:7] < asked.as_of:
            return newest
        raise


def _refuse_older(opened: Opened, *, named: bool) -> None:
    """Refuse a run that does not know the ledger: rows of its days differ, or, unless it was named, later ones came."""
    from indicast.infer import knowledge

    manifest, name = opened.manifest, opened.framework.id
    if knowledge(opened.ledger, opened.known_at).sha256 != manifest["ledger_sha256"]:
        again = f"'indicast fit {name} --as-of {manifest['as_of']} --known-at {manifest['known_at']}'"
        message = f"the ledger has changed since {opened.id} was made, for days that it knew; make it anew: {again}"
        raise RunError(message)
    latest = opened.ledger.latest_known()
    if latest > opened.known_at and not named:
        message = (
            f"{opened.id} is older than the ledger: it heard news to {opened.known_at}, and there is some of {latest}; "
            f"'indicast fit {name}' hears them, --run {opened.id} asks it all the same"
        )
        raise RunError(message)
