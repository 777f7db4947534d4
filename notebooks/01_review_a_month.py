# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Review a month
#
# Somebody published a forecast: how likely each of a few scenarios is. You are asked whether to trust it.
#
# You need no code of the project for most of this. The posterior is a netCDF file, and ArviZ opens it.
#
# Every number on this page is computed by the cell that shows it.

# %%
import json
import os
import tempfile
import warnings
from datetime import UTC, date, datetime
from pathlib import Path

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import Markdown, display

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.evaluate import simulate_panel
from indicast.explain import what_if
from indicast.forecast import headlines, with_predictions
from indicast.infer import Run, Sampler, Settings, build_manifest, find_run, flat_draws, load_run, run_gates, save_run
from indicast.ledger import load_ledger, read_ledger, try_records, typed_ledger
from indicast.panel import NOT_LOOKED, Vintage, build_panel, vintage
from indicast.workspace import Framework, create_workspace, find_root, load_framework

SEED = 20240131
DOUBT = 0.05  # a misfit rarer than this among replicated panels is called one
UNLEARNED = 0.9  # a posterior with this much of its prior's spread is called not learned
warnings.filterwarnings("ignore", category=UserWarning, module="arviz_plots")  # about ticks, not about numbers
warnings.filterwarnings("ignore", category=FutureWarning, module="arviz_plots")  # about xarray's coming defaults


def say(text: str) -> None:
    """Show a sentence with its computed numbers."""
    display(Markdown(text))


# %% [markdown]
# ## Which run
#
# By default this page makes its own: the invented example that comes with the project, fitted in a temporary folder.
# The first fit on a machine compiles, which takes minutes; later ones take less than one.
#
# Set `INDICAST_NOTEBOOK_MODEL` to the name of a model, and its newest saved run is reviewed instead. Nothing is fitted
# then. `INDICAST_NOTEBOOK_DRAWS` shortens the fit of the example.


# %%
scratch = tempfile.TemporaryDirectory(prefix="indicast_notebook_")  # gone when the notebook is closed


def fitted_example(draws: int) -> tuple[Framework, Path]:
    """Return the invented example and the folder of a run of it."""
    root = Path(scratch.name)
    create_workspace(root, "river_compact")
    framework = load_framework(root, "river_compact")
    hyperparameters, (ledger, _) = load_hyperparameters(framework), load_ledger(framework)
    declared, when = framework.declaration.sampler, vintage(ledger)
    settings = Settings(declared.chains, declared.tune, draws or declared.draws, declared.target_accept, declared.seed)
    panel = build_panel(framework, hyperparameters, ledger, when)
    tree = Sampler(framework, hyperparameters).fit(panel, settings, progress=False)
    tree = with_predictions(tree, framework, hyperparameters, settings.seed)
    gates = run_gates(tree, framework, hyperparameters)
    manifest = build_manifest(framework, ledger, when, settings, {"months": panel.sizes[names.TIME]})
    return framework, save_run(framework, Run(tree, gates, manifest))


model = os.environ.get("INDICAST_NOTEBOOK_MODEL", "")
if model:
    framework = load_framework(find_root(), model)
    folder = find_run(framework)
else:
    framework, folder = fitted_example(int(os.environ.get("INDICAST_NOTEBOOK_DRAWS", "0")))
hyperparameters = load_hyperparameters(framework)
MASS = az.rcParams["stats.ci_prob"] = framework.declaration.forecast.interval
short = {one.id: one.name for one in framework.declaration.scenarios}
colours = dict(zip(framework.scenarios, plt.get_cmap("tab10").colors, strict=False))
say(f"**{framework.declaration.model.title}.** {framework.declaration.model.question}")
say("The scenarios, of which one holds in every month: " + "; ".join(short.values()) + ".")

# %% [markdown]
# ## Open the posterior
#
# A run is a folder. It holds the draws, the verdicts about them, and a manifest that says what they were made from.

# %%
tree = az.from_netcdf(folder / "posterior.nc")
posterior = tree["posterior"].to_dataset()
say(f"`{folder.name}` holds {', '.join(sorted(path.name for path in folder.iterdir()))}. ArviZ is {az.__version__}.")
pd.DataFrame(
    [(name, len(node.data_vars), ", ".join(map(str, node.dims))) for name, node in tree.children.items()],
    columns=["group", "variables", "dims"],
).set_index("group")

# %% [markdown]
# ## The gates
#
# A gate is a limit on a diagnostic. The limits stand in the model's declaration, so that nobody chooses them after
# seeing the draws. A run that fails one is not published.

# %%
run = load_run(folder)
failed = [gate.name for gate in run.gates if not gate.passed]
if failed:
    say(f"**{len(failed)} of {len(run.gates)} gates failed:** {', '.join(failed)}. Nothing below may be published.")
else:
    say(f"All {len(run.gates)} gates passed.")
pd.DataFrame(
    [(gate.name, gate.value, gate.limit, gate.where, "passed" if gate.passed else "failed") for gate in run.gates],
    columns=["gate", "value", "limit", "worst in", "verdict"],
).set_index("gate")

# %% [markdown]
# Do not take the verdicts on trust. Ask ArviZ for R-hat and effective sample sizes of every free parameter.
#
# What is derived from them (the scenario probabilities, for instance) is left out. It can look well mixed where they
# are not.

# %%
derived = [names.FILTERED, names.SMOOTHED, names.TRANSITION, names.STRENGTH]
free = posterior.drop_vars(derived)
table = az.summary(free, kind="diagnostics", round_to="none").astype(float).sort_values("r_hat", ascending=False)
say(
    f"{len(table)} numbers were sampled. The largest R-hat is {table['r_hat'].max():.4f}, the smallest bulk ESS "
    f"{table['ess_bulk'].min():.0f}, the smallest tail ESS {table['ess_tail'].min():.0f}, of "
    f"{posterior.sizes[names.CHAIN]} × {posterior.sizes[names.DRAW]} draws. The worst rows:"
)
table.head()

# %% [markdown]
# One number for each parameter hides where chains differ. A rank plot shows it.
#
# Rank all draws of a parameter together, then look at one chain. If chains agree, its ranks are uniform, and its
# line wanders about zero. Where a line is black, chance alone would seldom bring it so far.

# %%
single = [name for name in free.data_vars if set(free[name].dims) == {names.CHAIN, names.DRAW}]
drawn = sorted(single, key=lambda name: float(az.rhat(free[[name]])[name]), reverse=True)[:4]
az.plot_rank(tree, var_names=drawn)
plt.show()
say(
    f"Drawn are the scalars that mix worst: {', '.join(f'`{name}`' for name in drawn)}. "
    f"The worst R-hat among them is {float(az.rhat(free[[drawn[0]]])[drawn[0]]):.4f}."
)

# %% [markdown]
# ## What is claimed
#
# The published probability is a mean over draws. Its interval says how much the parameters leave open. The Monte
# Carlo error says how much would move with another seed.

# %%
now = headlines(posterior[names.FILTERED].isel(time=-1), MASS)
shown = pd.DataFrame(
    [(short[one.scenario], one.mean, one.low, one.high, one.mcse) for one in now],
    columns=["scenario", "probability", "low", "high", "Monte Carlo error"],
).set_index("scenario")
leader = max(now, key=lambda one: one.mean)
say(
    f"At the end of {run.manifest['as_of']} the likeliest scenario is **{short[leader.scenario]}**, "
    f"{leader.mean:.0%} (interval {leader.low:.0%} to {leader.high:.0%})."
)
shown.style.format("{:.3f}")

# %% [markdown]
# ## How it came about
#
# *Filtered* is what the data up to a month say about that month. *Smoothed* adds hindsight: all later months.
#
# In both, the parameters were learned from all months. So the filtered line is not what was published at the time.

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), sharey=True)
for axis, name in zip(axes, (names.FILTERED, names.SMOOTHED), strict=True):
    for scenario in framework.scenarios:
        line = posterior[name].sel(scenario=scenario)
        low, high = line.quantile([(1 - MASS) / 2, (1 + MASS) / 2], dim=[names.CHAIN, names.DRAW])
        axis.fill_between(line[names.TIME], low, high, color=colours[scenario], alpha=0.15, linewidth=0)
        axis.plot(
            line[names.TIME], line.mean([names.CHAIN, names.DRAW]), color=colours[scenario], label=short[scenario]
        )
    axis.set(title=name, ylim=(0, 1), ylabel="probability" if axis is axes[0] else "")
    axis.tick_params(axis="x", rotation=30)
figure.legend(
    *axes[0].get_legend_handles_labels(), loc="upper center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 1.1)
)
plt.show()
means = {name: posterior[name].mean([names.CHAIN, names.DRAW]) for name in (names.FILTERED, names.SMOOTHED)}
apart = means[names.SMOOTHED] - means[names.FILTERED]
worst = apart.isel(np.abs(apart).argmax(dim=[names.TIME, names.SCENARIO]))
say(
    f"Hindsight changes most in {worst[names.TIME].dt.strftime('%B %Y').item()}, for "
    f"{short[worst[names.SCENARIO].item()]}: {100 * worst.item():+.0f} points. "
    "In the last month both lines meet, because nothing comes after it."
)

# %% [markdown]
# ## What was learned
#
# Put the prior beside the posterior. A parameter whose two curves are the same was not learned from the ledger.
# That is no fault. But its value is judgement, and a reviewer should ask whose.

# %%
both = {
    name: tree[name].to_dataset()[[one for one in tree["prior"].data_vars if one in single]]
    for name in ("prior", "posterior")
}
kept = {name: float(both["posterior"][name].std() / both["prior"][name].std()) for name in both["prior"].data_vars}
ranked = sorted(kept, key=kept.get)
# Only the scalars: ArviZ adds a dim called "group" here, and this model has one of that name.
az.plot_prior_posterior(xr.DataTree.from_dict(both), var_names=[*ranked[:2], *ranked[-2:]])
plt.show()
say(
    f"Of {len(ranked)} scalars, `{ranked[0]}` was learned most: its posterior has {kept[ranked[0]]:.0%} of the prior's "
    f"spread. `{ranked[-1]}` was learned least: {kept[ranked[-1]]:.0%}. "
    f"{sum(share > UNLEARNED for share in kept.values())} of them keep more than {UNLEARNED:.0%} of their spread."
)

# %% [markdown]
# ## Would this model bring such data?
#
# Draw parameters from the posterior, a scenario path that goes with them, and a whole panel. Then compare.
#
# The data are used twice here: to fit and to compare. So this check can find a bad misfit, and cannot praise.

# %%
panel = xr.merge([tree["observed_data"].to_dataset(), tree["constant_data"].to_dataset()])
draws = flat_draws(posterior, framework, hyperparameters)
rng = np.random.default_rng(SEED)


def drawn_path(filtered: np.ndarray, transition: np.ndarray) -> np.ndarray:
    """Return one scenario path, drawn backwards from its posterior given the parameters."""
    path = [rng.choice(len(transition), p=filtered[-1])]
    for state in filtered[-2::-1]:
        weight = state * transition[:, path[-1]]
        path.append(rng.choice(weight.size, p=weight / weight.sum()))
    return np.array(path[::-1])


def replicated(place: int) -> xr.Dataset:
    """Return one panel as the model would have brought it, with the parameters of one draw."""
    truth = {name: values[[place]] for name, values in draws.items()}
    path = drawn_path(truth[names.FILTERED][0], truth[names.TRANSITION][0])
    return simulate_panel(framework, hyperparameters, panel, truth, path, rng)


months = int(panel["month_used"].sum())
panel = panel.isel({names.TIME: slice(months)})
replicates = [replicated(place) for place in rng.choice(len(draws[names.PERSISTENCE]), 200, replace=False)]
say(f"{len(replicates)} panels of {months} months were drawn.")

# %% [markdown]
# First the directions: how many reports point each way. Reports that are padding, and so were never made, do not count.

# %%
reported = panel["report_used"].to_numpy()


def tally(one: xr.Dataset) -> list[int]:
    """Return how many reports point down, nowhere and up."""
    said = one["report_direction"].to_numpy()[reported]
    return [int((said == value).sum()) for value in (-1, 0, 1)]


words = framework.declaration.directions
seen, simulated = np.array(tally(panel)), np.array([tally(one) for one in replicates])
low, high = np.quantile(simulated, [(1 - MASS) / 2, (1 + MASS) / 2], axis=0)
figure, axis = plt.subplots(figsize=(6, 2.4))
axis.hlines(words, low, high, color="tab:blue", linewidth=5, alpha=0.4, label="replicated")
axis.plot(seen, words, "o", color="black", label="seen")
axis.set(xlabel="reports")
axis.margins(y=0.3)
axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
far = ((np.vstack([seen, simulated]) - simulated.mean(axis=0)) ** 2 / (simulated.var(axis=0) + 1e-9)).sum(axis=1)
as_far = float((far[1:] >= far[0]).mean())
told = [
    f"{word}: {n} seen, {a:.0f} to {b:.0f} replicated" for word, n, a, b in zip(words, seen, low, high, strict=True)
]
say("; ".join(told) + f". {as_far:.0%} of the replicated panels lie at least as far from their mean as what was seen.")

# %% [markdown]
# Then the counts, month by month, as ArviZ draws them. A month in which nobody looked is left out: its zero is no
# observation.

# %%
counts_inside, counts_seen = 0, 0
for place, counted in enumerate(framework.counts):
    looked = panel["count_coverage"].isel(counted=place).to_numpy() != NOT_LOOKED
    observed = panel["count"].isel(counted=place, drop=True)[looked]
    again = np.stack([one["count"].isel(counted=place).to_numpy()[looked] for one in replicates])
    found = az.from_dict(
        {"posterior_predictive": {counted.id: again[None]}, "observed_data": {counted.id: observed.to_numpy()}}
    )
    az.plot_ppc_interval(found)
    plt.show()
    low, high = np.quantile(again, [(1 - MASS) / 2, (1 + MASS) / 2], axis=0)
    counts_inside += int(((low <= observed) & (observed <= high)).sum())
    counts_seen += observed.size
if counts_seen:
    say(f"{counts_inside} of {counts_seen} counted months lie inside their {MASS:.0%} interval.")
else:
    say("This model counts nothing, so there is nothing to compare here.")

# %% [markdown]
# ## Does one month decide?
#
# ArviZ can leave out each month's own term, log p(month | months before), and ask how the rest would predict it.
# k-hat says whether that can be done by weighing draws. It is large where a month pulls hard.
#
# The first month often does: it holds the whole table of the experts.
#
# This is no score of a forecast: the later months stay in. That is what a backtest is for.

# %%
with warnings.catch_warnings(record=True):
    warnings.simplefilter("always")
    left_out = az.loo(tree, var_name=names.ONE_STEP, pointwise=True)
az.plot_khat(left_out, hline_values=[left_out.good_k], visuals={"hlines": True})
plt.show()
pulling = left_out.pareto_k.where(left_out.pareto_k > left_out.good_k, drop=True)
hardest = left_out.pareto_k.idxmax().dt.strftime("%B %Y").item()
say(
    f"Leave-one-out density {left_out.elpd:.1f} ± {left_out.se:.1f} nats, effective parameters {left_out.p:.1f}, over "
    f"{left_out.n_data_points} months. Beyond the limit of {left_out.good_k:.2f}: {pulling.size}. The largest "
    f"k-hat, {float(left_out.pareto_k.max()):.2f}, belongs to {hardest}."
)

# %% [markdown]
# ## What would one more row do?
#
# Take the ledger's last report of a direction, and suppose its source now says the opposite. No fit is needed: the
# draws are weighed by how well each explains the longer ledger.
#
# The answer says what the row is evidence of. It never says what an act would bring about.

# %%
frames, _ = read_ledger(framework)
before = typed_ledger(frames)
when = Vintage(run.manifest["as_of"], date.fromisoformat(run.manifest["known_at"]))
plain = [one.id for one in framework.declaration.indicators if one.family == "direction"]
told_by_then = before.known(when.known_at).observations
last = told_by_then[told_by_then["indicator"].isin(plain) & (told_by_then["kind"] != "count")].index[-1]
cells = {name: str(cell) for name, cell in frames["observations"].loc[last].items()}
opposite = words[0] if cells["direction"] == words[2] else words[2]
row = cells | {"event_date": when.known_at.isoformat(), "known_date": when.known_at.isoformat(), "direction": opposite}
row |= dict.fromkeys(("end_date", "published_date", "record_id", "recorded_at", "change", "supersedes", "reason"), "")
row |= {"origin_id": "notebook-supposed", "summary": "Supposed, to see what it would move"}
row = {name: cell for name, cell in row.items() if name in frames["observations"].columns}
after = typed_ledger(try_records(framework, [row], datetime.now(UTC)))
moved = what_if(framework, hyperparameters, run.tree, before, after, when, seed=SEED)

figure, axis = plt.subplots(figsize=(6, 2.4))
places = np.arange(len(framework.scenarios))
axis.barh(places + 0.2, moved.before, height=0.35, color="lightgrey", label="as published")
axis.barh(places - 0.2, moved.after, height=0.35, color="tab:blue", label="with the row")
axis.set(yticks=places, yticklabels=[short[one] for one in framework.scenarios], xlim=(0, 1), xlabel="probability")
axis.legend(frameon=False, fontsize=8)
plt.show()
name = next(one.name for one in framework.declaration.indicators if one.id == row["indicator"])
say(f"Supposed: *{name}*, {opposite}, from `{row['source_id']}` (graded {row['reliability']}{row['credibility']}).")
if moved.trusted:
    lines = [
        f"- {short[one]}: {old:.1%} → {new:.1%} ({db:+.1f} dB{'' if clear else ', within sampling noise'})"
        for one, old, new, db, clear in zip(
            moved.scenarios, moved.before, moved.after, moved.decibans, moved.beyond_noise, strict=True
        )
    ]
    say("\n".join(lines))
    say(f"k-hat {moved.k_hat:.2f}, limit {moved.limit:.2f}: the weighed draws can be trusted.")
else:
    say(f"k-hat {moved.k_hat:.2f}, limit {moved.limit:.2f}: the weights cannot be trusted, only a new fit can tell.")

# %% [markdown]
# ## Could somebody else make it again?
#
# The manifest holds what the run was made from: declarations, priors, a hash of the ledger as known then, seed and
# versions. `indicast replay` makes a published month again from it and compares.

# %%
settings = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
say(
    f"Month {settings['as_of']}, known by {settings['known_at']}; manifest `{settings['hash'][:12]}`. "
    f"It records {', '.join(f'`{key}`' for key in sorted(settings) if key not in {'as_of', 'known_at', 'hash'})}."
)

# %% [markdown]
# ## What to conclude
#
# The list is made from the numbers above. A cross is a question to ask, not a reason to refuse; only the gates stop
# publication. A reviewer signs what was computed, and says what was not.

# %%
limits = framework.declaration.gates
verdicts = [
    ("The computation", not failed, f"{len(run.gates) - len(failed)} of {len(run.gates)} gates passed"),
    (
        "Chains, by ArviZ alone",
        bool((table["r_hat"] <= limits.rhat_max).all() and (table["ess_bulk"] >= limits.ess_bulk_min).all()),
        f"R-hat at most {table['r_hat'].max():.3f}, bulk ESS at least {table['ess_bulk'].min():.0f}",
    ),
    (
        "Directions reported",
        as_far > DOUBT,
        f"{as_far:.0%} of replicated panels are as odd; {DOUBT:.0%} or fewer would be a misfit",
    ),
    (
        "No month pulls so hard that draws cannot be weighed without it",
        pulling.size == 0,
        f"beyond the limit of k-hat: {', '.join(pulling['time'].dt.strftime('%B %Y').values) or 'none'}",
    ),
    ("One more row, without a fit", moved.trusted, f"k-hat {moved.k_hat:.2f}"),
]
if counts_seen:
    needed = MASS - 2 * np.sqrt(MASS * (1 - MASS) / counts_seen)
    verdicts.insert(
        3,
        (
            "Counts",
            counts_inside / counts_seen >= needed,
            f"{counts_inside / counts_seen:.0%} of months inside; by chance seldom less than {needed:.0%}",
        ),
    )
say("\n".join(f"- {'✓' if holds else '✗'} **{what}**: {why}." for what, holds, why in verdicts))
say(
    f"What this page cannot decide: whether the {len(ranked)} priors and the experts' table are sound judgement, and "
    "whether the forecasts come true as often as they say. For the first, read the next notebook, "
    "`02_from_table_to_prior.py`; for the second, the model card's calibration certificate, and time."
)
