"""``indicast card``: the generated part of a model card, rewritten in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.cli._jobs import Desk, open_desk
from indicast.errors import WorkspaceError

if TYPE_CHECKING:
    from indicast.cli._options import Shared


def card(options: Shared, model: str) -> None:
    """Rewrite the part of ``models/<model>/README.md`` between the markers."""
    from indicast.infer import replace_text

    desk = open_desk(options, model)
    path = desk.framework.model_file.with_name("README.md")
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    new = with_block(old, current_block(desk), path)
    if new != old:
        replace_text(path, new)
    typer.echo(f"{path}: {'in step already' if new == old else 'rewritten'}")


def current_block(desk: Desk) -> str:
    """Return what the generated part should be."""
    from indicast.generative.card import card_block
    from indicast.generative.model import build_model
    from indicast.panel import vintage

    model = build_model(desk.framework, desk.hyperparameters, desk.panel(vintage(desk.ledger)))
    residual = [one.id for one in desk.framework.declaration.scenarios if one.residual]
    return card_block(model, desk.hyperparameters, *residual)


def with_block(text: str, block: str, path: Path) -> str:
    """Return a card's text with the part between the first and last line of a block replaced by the block.

    Raises
    ------
    WorkspaceError
        If the markers are not there.
    """
    begin, *_, end = block.splitlines()
    if text.count(begin) != 1 or text.count(end) != 1:
        message = f"{path} needs the lines '{begin}' and '{end}' once each; put them where that part should stand"
        raise WorkspaceError(message)
    before, rest = text.split(begin)
    return before + block + rest.split(end)[1]
