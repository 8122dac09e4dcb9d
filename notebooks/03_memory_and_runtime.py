# %% [markdown]
# # Which memory size, and which runtime?
#
# Lambda sells memory, and CPU comes with it in proportion, up to one vCPU at 1,769 MB for code with a single thread. A
# converter of pictures waits a quarter of its time and computes for the rest. Which memory size is the cheapest that
# keeps the 99th percentile of its latency under a second and a half? And would another runtime, or arm64, be better?
#
# **What to expect.** A run at *m* MB takes its waiting time plus its CPU time times 1,769/*m*, and nothing is gained
# above 1,769 MB. What is paid is memory times time: the waiting is what small sizes make cheap. Runtimes differ in how
# they start, so they should matter where cold starts are many, and hardly anywhere else.

# %%
import pandas as pd

import lambdasim

pd.options.display.float_format = "{:,.1f}".format
DESIGN = lambdasim.Design(replications=6)

scenario = lambdasim.load_scenario("../scenarios/memory_or_latency.yaml", overrides={"duration": "15m"})
MEMORY = "functions.thumbnail.memory_size"

# %% [markdown]
# ## One sweep over memory
#
# Each size is simulated on the same arrivals and the same luck (common random numbers), six times.

# %%
sweep = lambdasim.sweep(
    scenario,
    {MEMORY: [256, 512, 1024, 1769, 3008]},
    measures=[
        "thumbnail.latency_ms.p50",
        "thumbnail.latency_ms.p99",
        "thumbnail.cold_start_ms.p99",
        "total.cost_usd_per_month",
    ],
    design=DESIGN,
)
lambdasim.figures.memory(sweep)

# %% [markdown]
# Latency falls steeply where memory is short and not at all above one vCPU, where cost alone goes on rising. The cold
# start's own 99th percentile hardly moves: Init runs at full speed, whatever the memory size.

# %%
table = sweep.frame.pivot_table(index=MEMORY, columns="measure", values="estimate").rename_axis(None, axis=1)
table = table.rename_axis("memory (MB)").rename(columns=lambda measure: measure.partition(".")[2])
by_hand = 420 * (0.25 + 0.75 * 1769 / table.index.to_series().clip(upper=1769))
table = table.assign(**{"p50 by hand (ms)": by_hand})
table

# %%
off = table["latency_ms.p50"] / by_hand - 1
print(f"The simulated median is within {off.abs().max():.1%} of what was reckoned by hand.")
assert off.abs().max() < 0.02

# %% [markdown]
# ## The cheapest that is fast enough
#
# `size` looks for it: a value counts only if the whole interval of the percentile lies under the limit.

# %%
sizing = lambdasim.size(
    scenario,
    {MEMORY: [512, 768, 1024, 1280, 1536, 1769]},
    objectives=["thumbnail.latency_ms.p99 < 1500"],
    minimize="total.cost_usd_per_month",
    design=DESIGN,
)
print(lambdasim.text_report(sizing, width=100))

# %% [markdown]
# ## Sliders
#
# Around one run: `what_if` simulates a grid over memory and traffic on the run's luck, and lays sliders over it. On a
# grid point it shows what was simulated, in between it interpolates and says so, and it refuses what lies outside.
# Where nothing can be slid, as on a printed page, it is a table of the simulated points.

# %%
result = lambdasim.simulate(scenario)
lambdasim.what_if(
    result,
    {MEMORY: [512, 1024, 1769], "traffic": [0.5, 1, 2]},
    measures=["thumbnail.latency_ms.p99", "total.cost_usd_per_month"],
    design=lambdasim.Design(replications=4),
)

# %% [markdown]
# ## Runtimes, where they matter
#
# The same handler in four runtimes: only how they start differs. First at the scenario's traffic, then with a
# thousandth of it, over two days.

# %%
RUNTIMES = {"functions.thumbnail.runtime": ["python3.13", "nodejs24.x", "java21", "dotnet8"]}
MEASURES = ["thumbnail.latency_ms.p99", "thumbnail.cold_start_ms.p50"]
busy = lambdasim.compare(scenario, RUNTIMES, measures=MEASURES, design=DESIGN)
quiet = lambdasim.compare(
    lambdasim.load_scenario("../scenarios/memory_or_latency.yaml", overrides={"traffic": "0.001", "duration": "2d"}),
    RUNTIMES,
    measures=MEASURES,
    design=DESIGN,
)
both = pd.concat({"busy": busy.frame, "quiet": quiet.frame}, names=["traffic", None])
both = both[both.measure.isin(MEASURES)].set_index(["measure", "variant"], append=True).droplevel(1)
both[["value", "low", "high", "verdict"]]

# %%
lambdasim.figures.comparison(quiet)

# %% [markdown]
# Marks are differences to Python, lines their intervals. With little traffic many calls start cold, and the slower
# runtimes show in the 99th percentile; with much traffic no difference is shown, and the choice may go by what the team
# can write.

# %%
verdicts = busy.frame.query("measure == 'thumbnail.latency_ms.p99' and variant != 'runtime=python3.13'").verdict
assert set(verdicts) == {"no difference shown"}
assert set(quiet.frame.query("measure == 'thumbnail.latency_ms.p99'").verdict) == {"baseline", "worse"}

# %% [markdown]
# ## arm64
#
# A GB-second costs less there. Whether the handler is as fast is for you to measure: `cost` says how much slower it may
# be.

# %%
arm = lambdasim.cost(scenario, questions=["architecture"], design=DESIGN)
print(lambdasim.text_report(arm, width=100))

# %% [markdown]
# ## What to try next
#
# - `overrides={"functions.thumbnail.handler.cpu_fraction": "20%"}`: a function that mostly waits. Which size is the
#   cheapest then?
# - Two keys at once, with a Pareto front: `lambdasim.trade_off` (needs the extra `optuna`).
# - From a shell: `lambdasim size scenarios/memory_or_latency.yaml --vary functions.thumbnail.memory_size --objective
#   "thumbnail.latency_ms.p99 < 1500" --minimize total.cost_usd_per_month`
# - [04_provisioned_concurrency](04_provisioned_concurrency.ipynb): when no cold start at all is wanted.
