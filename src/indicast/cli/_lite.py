"""``indicast fit MODEL --lite``: the sampler-free numbers, printed and not saved."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import typer

from indicast.cli._jobs import Desk, open_desk
from indicast.errors import DataError

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.generative.lite import Lite
    from indicast.panel import Vintage

WHAT = "lite: one value for each parameter, no shocks, a fixed exponent instead; no sampling, and nothing is saved"


def fit_lite(
    options: Shared, model: str, asked: tuple[str | None, date | None], draws: int | None, start: str | None
) -> None:
    """Print the sampler-free probabilities of a month, asked for as month and day of knowledge.

    Raises
    ------
    DataError
        If a number of draws is asked for.
    """
    from indicast.generative.lite import lite
    from indicast.panel import vintage

    if draws is not None:
        message = f"--draws {draws}: --lite draws nothing; leave one of the two out"
        raise DataError(message)
    desk = open_desk(options, model, start=start)
    when = vintage(desk.ledger, *asked)
    found = lite(desk.framework, desk.hyperparameters, desk.panel(when))
    if options.as_json:
        typer.echo(json.dumps(_summary(desk, when, found), indent=1))
        return
    for line in _lines(desk, when, found):
        typer.echo(line)


def _published(desk: Desk, found: Lite) -> dict[int, list[float]]:
    """Return floored probabilities in declared order by horizon in months, now being 0."""
    from indicast.forecast import floored

    settings = desk.framework.declaration.forecast
    ahead = floored(found.ahead(settings.longest), settings.floor)
    return {months: ahead[months].tolist() for months in (0, *settings.horizons)}


def _summary(desk: Desk, when: Vintage, found: Lite) -> dict[str, object]:
    scenarios, past = desk.framework.scenarios, found.posterior
    return {
        "what": WHAT,
        "as_of": when.as_of,
        "known_at": when.known_at.isoformat(),
        "saved": False,
        "correlation": desk.hyperparameters.number("lite_correlation"),
        "now": dict(zip(scenarios, _published(desk, found)[0], strict=True)),
        "ahead": {
            str(months): dict(zip(scenarios, values, strict=True)) for months, values in _published(desk, found).items()
        },
        "filtered": past.filtered.tolist(),
        "smoothed": past.smoothed.tolist(),
        "one_step": past.one_step.tolist(),
        "exponent": found.exponent.tolist(),
    }


def _lines(desk: Desk, when: Vintage, found: Lite) -> list[str]:
    from indicast.elicit import word_with_band

    declared = desk.framework.declaration
    lexicon = declared.published_lexicon
    lines = [f"{when.as_of}, known at {when.known_at}, {WHAT}"]
    for months, values in _published(desk, found).items():
        lines.append(f"in {months} months:" if months else "now:")
        lines += [
            f"  {scenario.name}: {word_with_band(lexicon, value)}"
            for scenario, value in zip(declared.scenarios, values, strict=True)
        ]
    fit = f"'indicast fit {desk.framework.id}'"
    return [
        *lines,
        f"in brackets: a word and the range it stands for, no interval; {fit} fits the full model, with intervals",
    ]
