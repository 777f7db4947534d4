"""``indicast card``: the generated part of a model card, rewritten in place."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.cli._jobs import Desk, open_desk
from indicast.errors import WorkspaceError

if TYPE_CHECKING:
    from indicast.cli._options import Shared


def card(options: Shared, model: str) -> None:
    """Rewrite the part of ``models/<model>/README.md`` between the markers."""
    desk = open_desk(options, model)
    path = desk.framework.model_file.with_name("README.md")
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    new = with_block(old, current_block(desk), path)
    if new != old:
        _replace(path, new)
    typer.echo(f"{path}: {'in step already' if new == old else 'rewritten'}")


def current_block(desk: Desk) -> str:
    """Return what the generated part should be."""
    from indicast.generative.card import card_block
    from indicast.generative.model import build_model
    from indicast.panel import vintage

    model = build_model(desk.framework, desk.hyperparameters, desk.panel(vintage(desk.ledger)))
    return card_block(model, desk.hyperparameters)


def with_block(text: str, block: str, path: Path) -> str:
    """Return a card's text with its generated part replaced.

    Raises
    ------
    WorkspaceError
        If the markers are not there.
    """
    from indicast.generative.card import BEGIN, END

    if text.count(BEGIN) != 1 or text.count(END) != 1:
        message = f"{path} needs the lines '{BEGIN}' and '{END}' once each; put them where the tables should stand"
        raise WorkspaceError(message)
    before, rest = text.split(BEGIN)
    return before + block + rest.split(END)[1]


def _replace(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as made:
        made.write(text)
    Path(made.name).chmod(0o644)
    Path(made.name).replace(path)
