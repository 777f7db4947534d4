"""The commands. Each names its rooms and nothing else; heavy rooms are imported inside."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from indicast import __version__
from indicast.cli._analyst import analyst
from indicast.cli._observe import observe
from indicast.cli._options import (
    AS_OF,
    DRAFT,
    FORM,
    JSON,
    KNOWN_AT,
    MODEL,
    QUIET,
    REPLACE,
    RUN,
    SCHEDULER,
    SEED,
    START,
    WORKERS,
    WORKSPACE,
    Shared,
    parse_day,
)
from indicast.errors import GateError, IndicastError

USAGE_EXIT = 2
app = typer.Typer(
    name="indicast",
    help="Scenario-and-indicator tables as calibrated Bayesian forecasts.",
    epilog="Start with: indicast init DIR, then indicast run MODEL in that folder. Each command has its own --help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(observe)


def main() -> None:
    """Run the command line; known errors print their message and end with code 1 or 2."""
    try:
        app()
    except GateError as error:
        _complain(error)
        sys.exit(1)
    except IndicastError as error:
        _complain(error)
        sys.exit(USAGE_EXIT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print("indicast: stopped; nothing was half-written", file=sys.stderr)  # noqa: T201  # the command line speaks here
        sys.exit(130)


def _complain(error: IndicastError) -> None:
    for line in str(error).splitlines():
        print(f"indicast: {line}", file=sys.stderr)  # noqa: T201  # the command line speaks here


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"indicast {__version__}")
        raise typer.Exit


@app.callback()
def _shared(
    context: typer.Context,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version
    context.obj = Shared(workspace, quiet, as_json, seed)


@app.command(epilog="Example: indicast run my_table --as-of 2024-12; indicast run my_table --from 2021-07 --to 2024-12")
def run(
    context: typer.Context,
    model: MODEL,
    as_of: AS_OF = None,
    known_at: KNOWN_AT = None,
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM", help="Publish a span of months, each as then known, from this one."),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month of a span.", show_default="latest news")
    ] = None,
    workers: WORKERS = 1,
    scheduler: SCHEDULER = None,
    pages: Annotated[
        int | None,
        typer.Option(
            "--pages", min=0, help="Write report.html for this many last months of a span.", show_default="all"
        ),
    ] = None,
    keep_runs: Annotated[
        bool, typer.Option("--keep-runs", help="Keep every posterior of a span, not only those of its last two months.")
    ] = False,
    draft: DRAFT = False,
    replace: REPLACE = "",
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Check, fit the month and the month before, and write the report; or those of a span of months."""
    from indicast.cli import _jobs, _span, _span_steps

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    spread = _span_steps.Spread(workers, scheduler, pages, keep_runs, replace)
    alone = {"--as-of": as_of, "--known-at": known_at, "--draft": draft}
    if asked := _span_steps.asked(model, (first, last), spread, alone):
        if not _span.span(options, model, asked):
            raise typer.Exit(1)
        return
    _jobs.run(options, model, as_of, parse_day(known_at), draft=draft, reason=replace)


@app.command(epilog="Example: indicast check; indicast check my_table --format github")
def check(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(help="One model; all of them if left out.")] = None,
    form: FORM = None,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Only read files; do not simulate what the priors imply.")
    ] = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """Find faults in tables, priors and ledgers; exit 1 if any is an error."""
    from indicast.cli import _checks

    options = context.obj.joined(workspace, quiet=quiet, as_json=as_json)
    if _checks.check(options, model, form, simulate=not files_only):
        raise typer.Exit(1)


@app.command(
    epilog="Example: indicast fit my_table --as-of 2023-06 --known-at 2023-06-15; indicast fit my_table --lite"
)
def fit(
    context: typer.Context,
    model: MODEL,
    as_of: AS_OF = None,
    known_at: KNOWN_AT = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=50, help="Kept draws per chain.", show_default="as declared")
    ] = None,
    start: START = None,
    lite: Annotated[bool, typer.Option("--lite", help="Print sampler-free numbers at once; save nothing.")] = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Infer one month with what was known then, and save the run."""
    from indicast.cli import _jobs, _lite

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    if lite:
        _lite.fit_lite(options, model, (as_of, parse_day(known_at)), draws, start)
        return
    _jobs.fit(options, model, (as_of, parse_day(known_at)), draws, start)


@app.command(epilog="Example: indicast report my_table --as-of 2024-12; indicast report my_table --lexicon phia")
def report(
    context: typer.Context,
    model: MODEL,
    run: RUN = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="YYYY-MM", help="Month whose newest run to report.", show_default="the latest"),
    ] = None,
    lexicon: Annotated[
        str | None, typer.Option("--lexicon", metavar="ID", help="Words to use.", show_default="as declared")
    ] = None,
    draft: DRAFT = False,
    replace: REPLACE = "",
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """Write the monthly report of a saved run; refused if a gate failed."""
    from indicast.cli import _jobs

    options = context.obj.joined(workspace, quiet=quiet, as_json=as_json)
    _jobs.report(options, model, _jobs.Chosen(run, as_of, lexicon), draft=draft, reason=replace)


@app.command(epilog="Example: indicast diagnose my_table --run 2024-12_0123456789ab")
def diagnose(
    context: typer.Context,
    model: MODEL,
    run: RUN = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Write a stamped draft even if the run's inputs have changed.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Compute every alternative, however long it takes; the next time is quick.")
    ] = False,
    refits: Annotated[
        int, typer.Option("--refits", min=0, metavar="N", help="Short fits to score months from the months before.")
    ] = 0,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Write the reviewer's dossier of a saved run; exit 1 if a gate failed or a part was not computed."""
    from indicast.cli import _diagnose

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    if not _diagnose.diagnose(options, model, run, draft=draft, everything=everything, refits=refits):
        raise typer.Exit(1)


@app.command(epilog="Example: indicast card my_table")
def card(context: typer.Context, model: MODEL, workspace: WORKSPACE = None, quiet: QUIET = False) -> None:
    """Bring the generated part of the model card in step with the model."""
    from indicast.cli import _card

    options = context.obj.joined(workspace, quiet=quiet, as_json=False)
    _card.card(options, model)


@app.command(epilog="Example: indicast sbc my_table --simulations 300 --workers 2")
def sbc(
    context: typer.Context,
    model: MODEL,
    simulations: Annotated[
        int | None, typer.Option("--simulations", min=10, help="Number of simulations.", show_default="as declared")
    ] = None,
    scheduler: SCHEDULER = None,
    workers: WORKERS = 1,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Certify by simulation that the model finds a known truth; exit 1 if it does not."""
    from indicast.cli import _sbc

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    if not _sbc.sbc(options, model, simulations, scheduler, workers):
        raise typer.Exit(1)


@app.command(epilog="Example: indicast replay my_table 2024-12; indicast replay my_table 2024-12 --numbers --json")
def replay(
    context: typer.Context,
    model: MODEL,
    month: Annotated[str, typer.Argument(metavar="MONTH", help="Published month, YYYY-MM.", show_default=False)],
    numbers: Annotated[
        bool,
        typer.Option("--numbers", help="Forgive other versions if the numbers stand within Monte Carlo error."),
    ] = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """Make a published month again from its manifest; exit 1 if anything differs."""
    from indicast.cli import _replay

    options = context.obj.joined(workspace, quiet=quiet, as_json=as_json)
    if not _replay.replay(options, model, month, numbers_only=numbers):
        raise typer.Exit(1)


@app.command(epilog="Example: indicast init my_watch; indicast init my_watch --name river_compact")
def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty.", show_default=False)
    ],
    name: Annotated[str, typer.Option("--name", metavar="MODEL", help="Name of its model.")] = "river_compact",
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """Make a new workspace with a small example that runs."""
    from indicast.cli import _init

    _init.init(context.obj.joined(None, quiet=quiet, as_json=as_json), folder, name)


@app.command(epilog="Example: indicast index")
def index(context: typer.Context, workspace: WORKSPACE = None, quiet: QUIET = False, as_json: JSON = False) -> None:
    """Write reports/index.html, the page of everything published; publishing does it too."""
    from indicast.cli import _index

    _index.index(context.obj.joined(workspace, quiet=quiet, as_json=as_json))


app.registered_commands += analyst.registered_commands
