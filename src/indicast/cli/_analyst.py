"""The analyst's commands: what moved, what if, what to watch. Each reads a saved run; none writes to a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indicast.cli._options import AS_OF, JSON, MODEL, QUIET, RUN, SEED, WORKSPACE

analyst = typer.Typer()


@analyst.command(epilog="Example: indicast watch my_table; indicast watch my_table --pair STR,SQ --top 5 --deception")
def watch(
    context: typer.Context,
    model: MODEL,
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help="Month to watch.", show_default="the one after the run's"),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option("--pair", metavar="A,B", help="Two scenarios to tell apart.", show_default="the most probable"),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", min=1, metavar="N", help="Rows to print.", show_default="10, all for --json")
    ] = None,
    deception: Annotated[
        bool, typer.Option("--deception", help="Also the fewest hidden or faked reports that flip the top scenario.")
    ] = False,
    refit: Annotated[bool, typer.Option("--refit", help="Fit the ledger on which they were played.")] = False,
    grade: Annotated[
        str | None,
        typer.Option("--grade", metavar="LETTER", help="Reliability of fakes.", show_default="the most common one"),
    ] = None,
    run: RUN = None,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """Rank the next observations by what they are expected to say of the scenarios."""
    from indicast.cli import _watch

    options = context.obj.joined(workspace, quiet=quiet, as_json=as_json)
    asked = _watch.Asked(deception, refit, grade)
    _watch.watch(options, model, run, month, pair, top, asked)


@analyst.command(
    epilog="Example: indicast whatif my_table --observe quarrels=+1@2024-07:B; --observe 'visits=0@2024-07' --without "
    "r3dbf; how an observation is written: docs/what_if.md"
)
def whatif(
    context: typer.Context,
    model: MODEL,
    observe: Annotated[
        list[str] | None,
        typer.Option(
            "--observe", metavar="ID=VALUE@YYYY-MM", help="Suppose an observation; repeatable.", show_default=False
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="RECORD_ID", help="Leave out a row; repeatable.", show_default=False),
    ] = None,
    grade: Annotated[
        list[str] | None,
        typer.Option(
            "--grade", metavar="SOURCE=LETTER", help="Grade a source otherwise; repeatable.", show_default=False
        ),
    ] = None,
    drop_indicator: Annotated[
        list[str] | None,
        typer.Option("--drop-indicator", metavar="ID", help="Leave out an indicator; repeatable.", show_default=False),
    ] = None,
    drop_rater: Annotated[
        list[str] | None,
        typer.Option("--drop-rater", metavar="ID", help="Leave out an expert's marks; repeatable.", show_default=False),
    ] = None,
    as_of: AS_OF = None,
    run_id: RUN = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit anew: slow, and right where weights cannot tell.")
    ] = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Say what the probabilities would be had something else been observed; exit 1 if only a refit can tell."""
    from indicast.cli._deferred import defer

    defer("xarray")
    from indicast.cli import _asked_run, _whatif

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    supposed = _asked_run.Asked(
        observe=tuple(observe or ()),
        without=tuple(without or ()),
        grades=tuple(grade or ()),
        indicators=tuple(drop_indicator or ()),
        raters=tuple(drop_rater or ()),
        as_of=as_of,
        run=run_id,
        refit=refit,
    )
    if not _whatif.whatif(options, model, supposed):
        raise typer.Exit(1)


@analyst.command(epilog="Example: indicast explain my_table --from 2024-11 --to 2024-12 --svg moved.svg")
def explain(
    context: typer.Context,
    model: MODEL,
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="The earlier month.", show_default=False)],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="The later month.", show_default=False)],
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it.", show_default=False)] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit the later month without the news where weights cannot tell.")
    ] = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Tell what moved the probabilities between two fitted months, bar by bar."""
    from indicast.cli import _explain

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    _explain.explain(options, model, (first, last), svg, refit=refit)
