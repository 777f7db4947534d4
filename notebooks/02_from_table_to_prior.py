# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # From a table to a prior
#
# A few experts sat down and made a table. Its columns are scenarios, its rows are indicators, its cells are words and
# marks.
#
# This page shows what such a table says, what it cannot say, and how it becomes part of a probability model. Nothing
# is sampled by Markov chains here, and no news is used.
#
# Every number on this page is computed by the cell that shows it.

# %%
import os
import re
import shutil
import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import preliz as pz
from IPython.display import Markdown, display

from indicast import names
from indicast.elicit import (
    ADDITIVE_RULES,
    Prior,
    additive_rules,
    elicited_findings,
    label_findings,
    label_flips,
    label_matches,
    label_survival,
    labels,
    load_hyperparameters,
    milestone_findings,
    table_findings,
)
from indicast.evaluate import draw_truth, draw_worlds, prior_gates
from indicast.generative import marks
from indicast.generative.direction import reading_probability
from indicast.generative.emission import with_climate
from indicast.generative.families import CLIMATE
from indicast.ledger import load_ledger
from indicast.panel import build_panel, vintage
from indicast.workspace import Framework, find_root, load_framework, model_names

SEED = 20240131
WORLDS = int(os.environ.get("INDICAST_NOTEBOOK_WORLDS", "400"))
DRAWS = 20_000

root = find_root()
framework = load_framework(root, os.environ.get("INDICAST_NOTEBOOK_MODEL") or model_names(root)[0])
hyperparameters = load_hyperparameters(framework)
declared, table = framework.declaration, framework.table
lexicon = next(one for one in declared.lexicons if one.id == declared.lexicon)
short = {one.id: one.name for one in declared.scenarios}


def say(text: str) -> None:
    """Show a sentence with its computed numbers."""
    display(Markdown(text))


say(f"**{declared.model.title}.** {declared.model.question}")
say(
    f"{len(framework.judged)} scenarios were judged on {len(framework.indicators)} indicators, "
    f"in {declared.start.month}."
)

# %% [markdown]
# ## What stands in a cell
#
# A cell has three things. A *descriptor* says in words what the scenario would look like. The *expected state* codes
# these words: down, nowhere or up. The *mark* says whether that is what the experts see at the time of the table.
#
# Expected states are about scenarios. Marks are about the world.

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 0.3 * len(framework.indicators) + 1.4), sharey=True)
for axis, values, title, signs in (
    (axes[0], table.expected, "expected state", "↓·↑"),
    (axes[1], table.marks, "mark", "−=+"),
):
    axis.imshow(values, cmap="RdBu", vmin=-1.6, vmax=1.6, aspect="auto")
    for (place, scenario), value in np.ndenumerate(values):
        axis.text(scenario, place, signs[value + 1], ha="center", va="center")
    axis.set_xticks(range(len(framework.judged)), [short[one] for one in framework.judged], rotation=20, ha="right")
    axis.set_title(title)
axes[0].set_yticks(range(len(framework.indicators)), framework.indicators)
plt.show()
apart = int((table.expected != table.marks).sum())
say(f"State and mark differ in {apart} of {table.marks.size} cells: they are not the same thing.")

# %% [markdown]
# Here is one row in words: the first of those whose marks differ most between scenarios.

# %%
row = int(table.diagnosticity.argmax())
pd.DataFrame(
    {
        "descriptor": table.descriptors[row],
        "expected": [f"{value:+d}" for value in table.expected[row]],
        "mark": ["-=+"[value + 1] for value in table.marks[row]],
    },
    index=pd.Index([short[one] for one in framework.judged], name=framework.indicators[row]),
)

# %% [markdown]
# ## The index that such tables are read by
#
# Published tables add up the marks of a scenario and put a word on the sum. The rule is often not printed. Three
# suggest themselves:
#
# - count the pluses (*plus share*);
# - count pluses less minuses (*net share*);
# - count pluses, and neutral marks as a half (*half-neutral share*).

# %%
COMMON = {"plus_share": "plus share", "net_share": "net share", "half_neutral_share": "half-neutral share"}
rules = additive_rules(table.marks)
figure, axis = plt.subplots(figsize=(8, 3))
for place, (rule, name) in enumerate(COMMON.items()):
    axis.bar(np.arange(len(framework.judged)) + 0.25 * (place - 1), rules[rule], width=0.23, label=name)
for band in lexicon.bands[1:]:
    axis.axhline(band.low, color="grey", linewidth=0.6, linestyle=":")
axis.set_xticks(range(len(framework.judged)), [short[one] for one in framework.judged])
axis.axhline(0.0, color="black", linewidth=0.6)
axis.legend(frameon=False, fontsize=8)
plt.show()
totals = "; ".join(f"{name} {rules[rule].sum():.0%}" for rule, name in COMMON.items())
say(
    f"Over all scenarios the shares add up to: {totals}. "
    "Probabilities of scenarios that exclude each other add up to one."
)
by_rule = pd.DataFrame({name: labels(rules[rule], lexicon) for rule, name in COMMON.items()}, index=framework.judged)
many = int(by_rule.ne(by_rule.iloc[:, 0], axis=0).any(axis=1).sum())
say(
    f"Dotted lines part the words of the lexicon *{lexicon.name}*. Scenarios whose word depends on the rule: {many} of "
    f"{len(by_rule)}."
)
by_rule

# %% [markdown]
# If words were printed, one can ask which rule gives them.

# %%
printed = [declared.lint.printed_labels[one] for one in framework.judged if one in declared.lint.printed_labels]
if printed:
    fitting = label_matches(table.marks, printed, lexicon)
    say(f"{len(fitting)} of {len(ADDITIVE_RULES)} rules give the printed words: {', '.join(fitting) or 'none'}.")
else:
    say("This table was published without words, so no rule can be ruled out.")

# %% [markdown]
# ## How much the words can bear
#
# Change one mark and look whether the word changes. Then let every mark be wrong now and then, and ask how likely it is
# that all words survive. Both are computed exactly, without simulation.

# %%
flips = label_flips(table.marks, "net_share", lexicon)
rates = np.linspace(0.0, 0.3, 31)
survival = [label_survival(table.marks, float(rate), lexicon) for rate in rates]
figure, axis = plt.subplots(figsize=(6, 3))
for place, scenario in enumerate(framework.judged):
    axis.plot(rates, [one.by_scenario[place] for one in survival], linewidth=1, label=short[scenario])
axis.plot(rates, [one.jointly for one in survival], color="black", linewidth=2, label="all words")
axis.set(xlabel="chance that a mark is mis-set", ylabel="chance that the word survives", ylim=(0, 1))
axis.legend(frameon=False, fontsize=8)
plt.show()
fragile = ", ".join(
    f"{short[one]} {n} of {2 * len(table.marks)}" for one, n in zip(framework.judged, flips, strict=True)
)
say(f"Single changes of a mark that change the scenario's word: {fragile}.")
rate = float(rates[5])
say(f"If {rate:.0%} of marks are mis-set at random, all words survive with probability {survival[5].jointly:.0%}.")

# %% [markdown]
# ## What the check finds
#
# `indicast check` reads the table before anybody fits a model to it. Such findings are warnings: the table can be used,
# but its readers should know.

# %%
findings = [*table_findings(framework), *label_findings(framework), *milestone_findings(framework)]
say(f"{len(findings)} findings, of {len({one.code for one in findings})} kinds.")
pd.set_option("display.max_colwidth", None)
pd.DataFrame([(one.code, one.place, one.message, one.remedy) for one in findings], columns=["code", "at", "what", "so"])

# %% [markdown]
# ## From a descriptor to a reading
#
# The model reads no descriptor. It reads the expected state, and asks: if that scenario holds, how often does a reading
# of this indicator point down, nowhere or up?
#
# The answer is an ordered probit. An expected state moves its centre by the indicator's strength. The threshold says
# how wide "nowhere" is. Both are parameters with priors, so that the table fixes an order and not a size.

# %%
size = 400
base = hyperparameters.priors[names.STRENGTH_BASE].sample(np.random.default_rng(SEED), size)
threshold = hyperparameters.priors[names.THRESHOLD].sample(np.random.default_rng(SEED + 1), size)
readings = np.stack([reading_probability(base * state, threshold).mean(axis=0) for state in (-1, 0, 1)])
figure, axis = plt.subplots(figsize=(7, 2.2))
left = np.zeros(3)
for place, (word, colour) in enumerate(zip(declared.directions, ("tab:red", "lightgrey", "tab:blue"), strict=True)):
    axis.barh(["down", "nowhere", "up"], readings[:, place], left=left, color=colour, label=f"reads {word}")
    left += readings[:, place]
axis.set(ylabel="expected", xlabel="probability (mean over the priors)", xlim=(0, 1))
axis.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.3), ncols=3)
plt.show()
say(
    f"Before any data, and for the strongest kind of indicator: a scenario that expects *up* gives a reading of "
    f"*{declared.directions[2]}* in {readings[2, 2]:.0%} of cases, and of *{declared.directions[0]}* in "
    f"{readings[2, 0]:.0%}. "
    f"One such reading is worth {10 * np.log10(readings[2, 2] / readings[0, 2]):.1f} dB for a scenario that expects up "
    "against one that expects down: a hint, and no proof."
)

# %% [markdown]
# How strong an indicator is depends on its marks. A row whose marks are all alike tells scenarios apart least, and gets
# the smallest strength. Its descriptors still differ, so it does not get none.

# %%
floor = hyperparameters.number("strength_floor")
weight = floor + (1 - floor) * table.diagnosticity
figure, axis = plt.subplots(figsize=(6, 0.24 * len(weight) + 0.8))
axis.barh(framework.indicators, weight, color="tab:blue")
axis.set(xlabel="strength, as a share of the strongest", xlim=(0, 1))
axis.invert_yaxis()
plt.show()
weakest = int((table.diagnosticity == 0).sum())
say(f"Indicators with the smallest strength, {floor:.0%}: {weakest} of {len(weight)}.")

# %% [markdown]
# ## Asking for a prior
#
# The table says nothing about sizes. Somebody has to be asked. Take one number as an example: `persistence`, the share
# of a shock that is still there a month later.
#
# The answers below are invented, to show the road. There are three ways to ask, and PreliZ turns each into a
# distribution.

# %%
entry = hyperparameters.priors[names.PERSISTENCE]
say(
    f"As declared now: {entry.distribution} with mean {float(entry.mean()):.2f}. Its reason: *{entry.reason}* "
    f"A shock with that persistence is half gone after {np.log(0.5) / np.log(float(entry.mean())):.1f} months."
)

# %% [markdown]
# **Quantiles.** "Below which value do you think it lies with this probability?" Two answers fix a distribution with two
# arguments; a third shows whether the family fits.

# %%
asked = {0.25: 0.72, 0.5: 0.80, 0.75: 0.87}
by_quartile = pz.Beta()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PreliZ warns that three quartiles cannot be met exactly by two arguments
    pz.quartile(by_quartile, *asked.values(), plot=False)
reached = ", ".join(f"{float(by_quartile.cdf(value)):.3f} for {chance:g}" for chance, value in asked.items())
say(f"Answers {', '.join(f'{value:g}' for value in asked.values())} give {by_quartile}; it reaches {reached}.")

# %% [markdown]
# **Maximum entropy.** "Between which two values does it nearly always lie?" Of all distributions of the family with
# that mass there, PreliZ takes the one that assumes least.

# %%
low, high, mass = 0.6, 0.95, 0.9
by_entropy = pz.Beta()
pz.maxent(by_entropy, low, high, mass, plot=False)
inside = float(by_entropy.cdf(high) - by_entropy.cdf(low))
say(f"{mass:.0%} between {low:g} and {high:g} gives {by_entropy}, with {inside:.1%} there.")

# %% [markdown]
# **Roulette.** "Here are some chips; lay them on the bins as you think probable." PreliZ has a board to click on,
# `pz.Roulette`. It needs a live notebook, and `ipywidgets` and `ipympl`, which this project does not install. On paper
# it looks like this.

# %%
bins, chips = np.array([0.55, 0.65, 0.75, 0.85, 0.95]), np.array([1, 2, 4, 3, 0])
figure, axis = plt.subplots(figsize=(5, 2.2))
for place, number in zip(bins, chips, strict=True):
    axis.plot([place] * number, np.arange(number), "o", color="tab:orange", markersize=14)
axis.set(xticks=bins, yticks=[], xlabel="persistence (middle of the bin)", ylim=(-0.6, chips.max() - 0.4))
plt.show()
say(f"{chips.sum()} chips in {bins.size} bins.")

# %% [markdown]
# ## Where the answers land
#
# Answers are kept, not only the numbers that were fitted to them. They go into `elicited.csv`, a row each, and the
# entry in `hyperparameters.toml` says `elicited = true` in place of its arguments.
#
# Quantiles, chips and the likeliest shares have rows of their own kind. An interval with its mass is written as two
# quantiles. Here all that is done in a copy of the workspace.


# %%
scratch = tempfile.TemporaryDirectory(prefix="indicast_notebook_")  # gone when the notebook is closed


def copied() -> Framework:
    """Return the model in a workspace of its own, so that nothing of yours is changed."""
    place = Path(scratch.name)
    for folder in ("models", "priors", "data"):
        shutil.copytree(root / folder / framework.id, place / folder / framework.id)
    return load_framework(place, framework.id)


ENTRY = """[priors.persistence]
distribution = "Beta"
elicited = true
tolerance = 0.03
source = "invented for this notebook; the answers stand in elicited.csv"
reason = "Monthly carry-over of a shock: two people were asked."
"""
HEADER = "prior,label,rater,kind,value,probability,chips,source"
ANN = [f"persistence,,ann,quantile,{value:g},{chance:g},,invented" for chance, value in asked.items()]
BOB = [f"persistence,,bob,chips,{place:g},,{number},invented" for place, number in zip(bins, chips, strict=True)]


def with_answers(copy: Framework, rows: list[str]) -> Prior:
    """Return the prior that the copy has once these answers stand in it."""
    path = copy.priors_folder / "hyperparameters.toml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\[priors\.persistence\]\n(?:(?!\[).*\n)*", lambda _: ENTRY + "\n", text)
    path.write_text(text, encoding="utf-8")
    (copy.priors_folder / "elicited.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return load_hyperparameters(copy).priors[names.PERSISTENCE]


copy = copied()
pooled = with_answers(copy, ANN + BOB)
print(ENTRY)
print((copy.priors_folder / "elicited.csv").read_text(encoding="utf-8"))

# %% [markdown]
# Each person's answers are fitted first. The average of these distributions is the pool. The prior is the member of the
# declared family that comes nearest to the pool.

# %%
alpha, beta = (float(pooled.arguments[name]) for name in ("alpha", "beta"))
old = pz.Beta(*(float(entry.arguments[name]) for name in ("alpha", "beta")))
grid = np.linspace(0.3, 0.999, 400)
figure, axis = plt.subplots(figsize=(7, 3))
for name, one, style in (
    ("declared", old, "--"),
    ("quantiles (ann)", by_quartile, ":"),
    ("maximum entropy", by_entropy, "-."),
    ("pool of ann and bob", pz.Beta(alpha, beta), "-"),
):
    axis.plot(grid, one.pdf(grid), style, label=name)
axis.set(xlabel="persistence", yticks=[])
axis.legend(frameon=False, fontsize=8)
plt.show()
say(
    f"What the model would use: Beta({alpha:.2f}, {beta:.2f}), mean {float(pooled.mean()):.2f}. "
    f"{len(elicited_findings(copy))} findings about it."
)

# %% [markdown]
# Two people may contradict each other. Then the pool has two humps, and no member of the family has. The check says so,
# and by how much the fit misses. That is a reason to talk, not to raise the tolerance.

# %%
CARL = [f"persistence,,carl,quantile,{value:g},{chance:g},,invented" for chance, value in ((0.1, 0.15), (0.9, 0.35))]
with_answers(copy, ANN + CARL)
say("\n".join(f"- `{one.code}` {one.message}; {one.remedy}." for one in elicited_findings(copy)) or "No finding.")

# %% [markdown]
# ## What the priors say before any data
#
# No prior can be judged alone. So draw all of them together, draw a scenario path, and look at the worlds that come
# out.

# %%
ledger, _ = load_ledger(framework)
panel = build_panel(framework, hyperparameters, ledger, vintage(ledger))
limits = declared.prior_gates
if limits:
    limits = limits.model_copy(update={"worlds": min(WORLDS, limits.worlds), "believed": min(WORLDS, limits.believed)})
    worlds = draw_worlds(framework, hyperparameters, panel, limits)
    figure, axes = plt.subplots(1, 2, figsize=(11, 3))
    axes[0].imshow(worlds.path[:40], aspect="auto", interpolation="nearest", cmap="Set2", vmin=0, vmax=7)
    axes[0].set(xlabel="month", ylabel="world", title="scenario paths")
    for place, scenario in enumerate(framework.scenarios):
        axes[1].plot((worlds.path == place).mean(axis=0), label=short[scenario], color=plt.get_cmap("Set2")(place))
    axes[1].set(xlabel="month", ylim=(0, 1), title="share of worlds in each scenario")
    axes[1].legend(frameon=False, fontsize=8)
    plt.show()
    unchanged = float((worlds.path == worlds.path[:, :1]).all(axis=1).mean())
    say(
        f"{len(worlds.path)} worlds of {worlds.path.shape[1]} months. The scenario never changes in {unchanged:.0%} of "
        "them."
    )
else:
    say("This model asks nothing of its priors: `[prior_gates]` is not declared.")

# %% [markdown]
# Each month of a world says something about its scenario. How much does it say to a forecaster who knows only the
# priors?
#
# Priors that *shout* make one month decide. Priors that *sleep* make no month matter.

# %%
if limits:
    spread = (worlds.evidence.max(axis=-1) - worlds.evidence.min(axis=-1)) / np.log(10.0)
    figure, axis = plt.subplots(figsize=(6, 2.6))
    axis.hist(np.clip(spread.ravel(), 0, 2), bins=40, color="tab:blue")
    axis.axvline(1.0, color="black", linestyle=":", label="ten to one")
    axis.set(xlabel="evidence of a month, powers of ten between best and worst scenario", yticks=[])
    axis.legend(frameon=False, fontsize=8)
    plt.show()
    say(
        f"{(spread > 1).mean():.1%} of months say more than ten to one; {limits.loud_months_max:.0%} are allowed. "
        f"The median month says {10 ** np.median(spread):.2f} to one."
    )

# %% [markdown]
# Counts have a size of their own. How many would a well watched year bring in such worlds? Somebody who knows the
# subject should believe most of this picture.

# %%
if limits and limits.annual:
    counted = next(iter(limits.annual))
    place = [one.id for one in framework.counts].index(counted)
    years = worlds.count.shape[1] // 12
    yearly = worlds.count[:, : 12 * years, place].reshape(len(worlds.count), years, 12).sum(axis=2).ravel()
    low, high = limits.annual[counted]
    figure, axis = plt.subplots(figsize=(6, 2.6))
    axis.hist(yearly, bins=np.arange(-0.5, np.quantile(yearly, 0.995) + 1.5), color="tab:blue")
    axis.axvspan(low, high, color="grey", alpha=0.15, label="declared as believable")
    axis.set(xlabel=f"{counted} found in a year", yticks=[])
    axis.legend(frameon=False, fontsize=8)
    plt.show()
    inside = float(((yearly >= low) & (yearly <= high)).mean())
    say(f"The median year brings {np.median(yearly):.0f}; {inside:.0%} of years bring {low:g} to {high:g}.")

# %% [markdown]
# These questions are gates. Their limits stand in the model's declaration, with a reason. A model whose priors fail one
# is not fitted for publication.

# %%
if limits:
    smaller = declared.model_copy(update={"prior_gates": limits})
    gates = prior_gates(Framework(root, smaller, table, framework.judgements), hyperparameters, panel)
    say(f"{sum(gate.passed for gate in gates)} of {len(gates)} prior gates pass. The limits' reason: *{limits.reason}*")
    display(
        pd.DataFrame(
            [(g.name, g.value, g.error, "≤" if g.at_most else "≥", g.limit, g.where, g.passed) for g in gates],
            columns=["asked", "value", "Monte Carlo error", "", "limit", "where", "passed"],
        ).set_index("asked")
    )

# %% [markdown]
# ## How the marks enter
#
# Marks are no probabilities, so they cannot be the prior. They are data: what some people saw in one month. The model
# asks how likely these marks are under each scenario.
#
# A mark mostly says "this is what we see"; now and then it says "this would support the scenario if it came". And the
# experts looked at one world, with its own mood: shocks that all rows share. Rows are no independent witnesses.

# %%
if framework.marked:
    say(f"The marks are evidence of {declared.start.first_month}. {declared.start.reason}")
else:
    say("This model starts without the marks. What follows is what they would say.")
fed = ", ".join(f"`{one}`" for one in declared.start.carried_by_marks) or "none"
say(f"Rows of the ledger from these sources restate the table, so they are not fed again: {fed}.")

# %%
rng = np.random.default_rng(SEED)
draws = with_climate(draw_truth(framework, hyperparameters, 1, rng, size=DRAWS), framework)
start = hyperparameters.priors[names.INITIAL].mean()


def posterior(climate: np.ndarray) -> np.ndarray:
    """Return P(scenario | marks), the parameters averaged over their priors; dims (scenario)."""
    evidence = marks.log_emission(draws, table, hyperparameters, climate, framework.residual)
    joint = start * np.exp(evidence - evidence.max()).mean(axis=0)
    return joint / joint.sum()


shared = posterior(draws[CLIMATE][:, 0])
alone = posterior(rng.permuted(draws[CLIMATE][:, 0], axis=0))  # as large for each row, but no longer shared
figure, axis = plt.subplots(figsize=(9, 3))
for place, (name, values) in enumerate(
    {"before the marks": start, "after, rows share shocks": shared, "after, rows independent": alone}.items()
):
    axis.bar(np.arange(len(start)) + 0.27 * (place - 1), values, width=0.25, label=name)
axis.set_xticks(range(len(start)), [short[one] for one in framework.scenarios])
axis.set(ylim=(0, 1), ylabel="probability")
axis.legend(frameon=False, fontsize=8)
plt.show()
told = "; ".join(
    f"{short[one]} {a:.0%} → {b:.0%}" for one, a, b in zip(framework.scenarios, start, shared, strict=True)
)
say(f"Before and after the marks: {told}.")
say(f"If rows were independent, the likeliest scenario would have {alone.max():.0%} and not {shared.max():.0%}.")

# %% [markdown]
# Compare that with the index above. The marks are the same, but here they give a distribution. A word stays or jumps
# when one mark changes. How far does the distribution move?


# %%
def nudged(place: int, scenario: int, mark: int) -> float:
    """Return the largest change of a probability, in points, if one mark were another."""
    other = table.marks.copy()
    other[place, scenario] = mark
    changed = type(table)(table.expected, other, table.descriptors, table.ratings)
    felt = {name: values[:500] for name, values in draws.items()}
    evidence = [
        marks.log_emission(felt, one, hyperparameters, felt[CLIMATE][:, 0], framework.residual)
        for one in (table, changed)
    ]
    joint = [start * np.exp(one - one.max()).mean(axis=0) for one in evidence]
    return float(100 * np.abs(joint[1] / joint[1].sum() - joint[0] / joint[0].sum()).max())


moves = [
    nudged(place, scenario, mark)
    for (place, scenario), now in np.ndenumerate(table.marks)
    for mark in (-1, 0, 1)
    if mark != now
]
if len(table.ratings):
    say("Here experts were asked one by one, so that no single mark is the table's; nothing is changed.")
else:
    say(
        f"{len(moves)} single changes of a mark: the median one moves a probability by {np.median(moves):.1f} points, "
        f"the largest by {max(moves):.1f}. Of the words above, {flips.sum()} changes would replace one."
    )

# %% [markdown]
# ## What to take along
#
# - The index is no distribution. Read the marks as evidence of one month.
# - The table fixes an order: which scenario expects what. Sizes come from priors, and priors from people who were
#   asked.
# - Keep the answers. A reader can then argue with what was said, and not only with what was fitted.
# - Look at the worlds that the priors make before looking at any news. They are harder to change afterwards.
#
# What then happens to a month of news is the subject of `01_review_a_month.py`.
