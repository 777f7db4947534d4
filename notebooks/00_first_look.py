# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # A first look: what the experts' table says before any news
#
# Nothing is sampled here. Every number below is computed from the workspace's own files; run the cells from the
# repository's root or from this folder. Open it in Jupyter with the jupytext extension, or run it as a script.

# %%
import numpy as np

from indicast import names
from indicast.elicit import additive_rules, counts, label_flips, load_hyperparameters
from indicast.generative import marks
from indicast.generative.chain import step, transition_matrix
from indicast.workspace import find_root, load_framework, model_names

root = find_root()
framework = load_framework(root, model_names(root)[0])
hyperparameters = load_hyperparameters(framework)
lexicon = framework.declaration.lexicons[0]

# %% [markdown]
# ## The index that such tables are usually read by
#
# Net share: plus marks less minus marks, over the number of indicators. It is no distribution over scenarios, and
# a single changed mark often changes its word.

# %%
tally = counts(framework.table.marks)
net = additive_rules(framework.table.marks)["net_share"]
flips = label_flips(framework.table.marks, "net_share", lexicon)
for place, scenario in enumerate(framework.scenarios):
    print(f"{scenario:20s} + {tally.plus[place]:2d}  = {tally.neutral[place]:2d}  - {tally.minus[place]:2d}", end="   ")
    print(f"net share {net[place]:+.1%}; {flips[place]} single changes change its word")
print(f"net shares add up to {net.sum():+.1%}")

# %% [markdown]
# ## What the marks are worth as evidence
#
# The model reads marks as data about one month, through shocks that all indicators share. With the parameters drawn
# from their priors, this is how the marks alone move the probabilities.

# %%
rng = np.random.default_rng(1)
size, indicators = 4000, len(framework.indicators)
draws = {name: prior.sample(rng, size) for name, prior in hyperparameters.priors.items()}
weight = (
    hyperparameters.number("strength_floor")
    + (1 - hyperparameters.number("strength_floor")) * framework.table.diagnosticity
)
spread = np.exp(hyperparameters.number("strength_sd") * rng.standard_normal((size, indicators)))
draws[names.STRENGTH] = draws[names.STRENGTH_BASE][:, None] * weight * spread
group = np.array([framework.groups.index(indicator.group) for indicator in framework.declaration.indicators])
common = draws[names.GLOBAL_SCALE][:, None] * rng.standard_normal((size, 1))
grouped = (draws[names.GROUP_SCALE] * rng.standard_normal((size, len(framework.groups))))[:, group]
tilt = draws[names.TILT_MEAN][:, None] + draws[names.TILT_SCALE][:, None] * rng.standard_normal((size, indicators))
evidence = marks.log_emission(draws, framework.table, hyperparameters, common + grouped + tilt)
likelihood = np.exp(evidence - evidence.max()).mean(axis=0)
before = hyperparameters.priors[names.INITIAL].mean()
after = before * likelihood / (before * likelihood).sum()
for place, scenario in enumerate(framework.scenarios):
    print(f"{scenario:20s} before the marks {before[place]:.0%}, after them {after[place]:.0%}")

# %% [markdown]
# ## What the transition prior says about the years ahead
#
# Beyond a year or so the forecast is mostly this.

# %%
transition = transition_matrix(draws[names.DWELL], draws[names.EXIT])
state = np.broadcast_to(after, (size, after.size))
for month in range(framework.declaration.forecast.longest + 1):
    if month in (0, *framework.declaration.forecast.horizons):
        shown = ", ".join(f"{name} {p:.0%}" for name, p in zip(framework.scenarios, state.mean(axis=0), strict=True))
        print(f"after {month:2d} months: {shown}")
    state = step(state, transition)
