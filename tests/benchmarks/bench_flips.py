"""Every indicator told three things for the month after a run: weighed draws against real fits.

Twenty minutes on two shared cores: ``python tests/benchmarks/bench_flips.py ROOT MODEL [OUT.csv]``. One compilation
serves all fits, each with a seed of its own. Weighed draws are those of one run, so that its own Monte Carlo error is
in all their answers: what matters is the distribution, and an average that is off for one scenario in all rows alike.
"""

import csv
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from indicast import names
from indicast.cli._asked_run import Asked, open_run
from indicast.cli._options import Shared
from indicast.cli._supposing import supposed
from indicast.cli._whatif import _known
from indicast.explain import Question, ask
from indicast.explain._questions import pose
from indicast.forecast import headlines
from indicast.infer import Sampler, Settings, padded_dataset

COUNTS = ("0", "1", "3")


def grid(framework, month):
    """Return three observations of each indicator, in words."""
    found = []
    for one in framework.declaration.indicators:
        values = COUNTS if "count" in one.feeds else ("-1", "0", "event") if one.event_directions else ("-1", "0", "+1")
        found += [f"{one.id}={value}@{month}:B" for value in values]
    return found


def compared(opened, run, sampler, text, month, place):
    """Return what weighed draws and a fit say of one observation, in a line each scenario."""
    question = Question(run.panel, supposed(opened.framework, (text,), opened.last))
    found = ask(run, question, month)
    panel = padded_dataset(pose(run, question).panel, int(opened.manifest["padded"]["months"]))
    settings = replace(Settings(**opened.manifest["sampler"]), seed=1000 + place)
    tree = sampler.fit(panel, settings, progress=False)
    last = headlines(tree["posterior"].to_dataset()[names.FILTERED].isel(time=-1), 0.5)
    divergences = int(tree["sample_stats"]["diverging"].sum())
    for scenario, before, after, error, one in zip(
        found.scenarios, found.before, found.after, found.after_mcse, last, strict=True
    ):
        both = math.hypot(error, one.mcse)
        yield {
            "observed": text,
            "scenario": scenario,
            "k_hat": round(found.k_hat, 3),
            "trusted": found.trusted,
            "before": before,
            "whatif": after,
            "whatif_mcse": error,
            "refit": one.mean,
            "refit_mcse": one.mcse,
            "off": (after - one.mean) / both,
            "divergences": divergences,
        }


def main(root, model, out):
    """Fit the whole grid, write a table, and say how the differences are distributed."""
    opened = open_run(Shared(workspace=Path(root), quiet=True), model, Asked())
    start = opened.last - opened.framework.declaration.padding.months + 1
    month = f"{start // 12:04d}-{start % 12 + 1:02d}"
    run, sampler = _known(opened, month), Sampler(opened.framework, opened.hyperparameters)
    rows = []
    with Path(out).open("w", encoding="utf-8", newline="") as file:
        for place, text in enumerate(grid(opened.framework, month)):
            part = list(compared(opened, run, sampler, text, month, place))
            writer = csv.DictWriter(file, list(part[0]), lineterminator="\n")
            if not rows:
                writer.writeheader()
            writer.writerows(part)
            file.flush()
            rows += part
            print(text, part[0]["k_hat"], [round(one["off"], 2) for one in part], flush=True)
    print(json.dumps(distribution(rows), indent=1))


def distribution(rows):
    """Return how far trusted answers are off, in Monte Carlo standard errors."""
    trusted = [row for row in rows if row["trusted"]]
    off = np.array([row["off"] for row in trusted])
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    return {
        "answers": len(rows),
        "trusted": len(trusted),
        "within_2": float((np.abs(off) <= 2.0).mean()),
        "largest": float(np.abs(off).max()),
        "chi_square": float((off**2).sum()),
        "tail": float(stats.chi2.sf((off**2).sum(), len(off))),
        "mean_by_scenario": {
            name: float(np.mean([row["off"] for row in trusted if row["scenario"] == name])) for name in scenarios
        },
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "flips.csv")
