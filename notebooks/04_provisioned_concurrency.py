# %% [markdown]
# # How much provisioned concurrency, and what does it cost?
#
# Tickets go on sale, and for half a minute two hundred requests a second come to a Java API whose init takes five
# seconds. Provisioned concurrency keeps environments ready; what finds all of them busy spills over to environments on
# demand, and may wait for an init. How many environments keep the 99th percentile under 300 ms?
#
# **What to expect.** In the rush, requests times their mean duration are busy at a time (Little's law). That many are
# too few, for chance brings more together now and then: Erlang's formula B says what share finds *n* environments busy.
# The mean and about its square root more are usually enough. The cost is for being ready day and night, not for the
# rush.

# %%
import pandas as pd

import lambdasim
from lambdasim import queueing

pd.options.display.float_format = "{:,.1f}".format
DESIGN = lambdasim.Design(replications=6)
PROVISIONED = "functions.api.provisioned_concurrent_executions"
FILE = "../scenarios/size_provisioned.yaml"
HALF_HOUR = {"duration": "30m"}  # one sale of tickets, at 15 minutes

# %% [markdown]
# ## As many as are busy on average
#
# First without any, to see how long the handler takes and how many are busy in the rush.

# %%
RUSH_US = (15 * 60 * 1_000_000, (15 * 60 + 30) * 1_000_000)
plain = lambdasim.simulate(lambdasim.load_scenario(FILE, overrides=HALF_HOUR))
mean_s = plain.summary()["functions"]["api"]["duration_ms"]["mean"] / 1000
offered = 200 * mean_s
print(f"200/s x {mean_s * 1000:.0f} ms = {offered:.1f} busy on average in the rush")

# %%
enough = round(offered)
result = lambdasim.simulate(lambdasim.load_scenario(FILE, overrides=HALF_HOUR | {PROVISIONED: str(enough)}))
lambdasim.figures.provisioned(result)

# %% [markdown]
# In one minute demand goes far above what is provisioned, and what finds all environments busy spills over. It goes the
# higher since each environment that has to start first is held for the length of an init.

# %%
rush = result.invocations.query("@RUSH_US[0] + 1_000_000 <= invoked_us < @RUSH_US[1]")  # without the first second
spilled = (rush.capacity == "spillover").mean()
by_hand = queueing.erlang_b(offered, enough)
print(f"With {enough} environments {spilled:.1%} of the rush spill over; Erlang's B says {by_hand:.1%}.")
assert abs(spilled - by_hand) < 0.04

# %% [markdown]
# Each spilled request that finds no warm environment waits for an init of five seconds. Are these more than one in a
# hundred, so that the 99th percentile is theirs?

# %%
lambdasim.figures.latency_percentiles(result)

# %% [markdown]
# The axis spreads the tail: each step to the right leaves a tenth of the requests. Up to the cliff nobody waits; beyond
# it everybody waits for an init. Provisioned concurrency moves the cliff to the right, and does not make it lower.

# %%
cold = result.invocations.start_type == "cold"
print(f"{cold.mean():.1%} of all requests started cold.")
assert cold.mean() > 0.01

# %% [markdown]
# ## How many are enough
#
# `size` takes the smallest number whose whole interval lies under the limit.

# %%
sizing = lambdasim.size(
    lambdasim.load_scenario(FILE, overrides=HALF_HOUR),
    {PROVISIONED: [19, 22, 25, 28]},
    objectives=["api.latency_ms.p99 < 300"],
    deeper=1,
    design=DESIGN,
)
print(lambdasim.text_report(sizing, width=100))

# %%
found, for_one_percent = int(sizing.answer.value), queueing.servers_for_blocking(offered, 0.01)
print(
    f"The mean is {offered:.1f}, with its square root {offered + offered**0.5:.1f}; by simulation {found} are enough."
)
print(f"So that only 1 % spill over, Erlang's B asks for {for_one_percent}.")
assert offered < found < for_one_percent

# %% [markdown]
# The formula asks for more, since it takes each spilled request for a slow one. In truth most of them find an
# environment on demand that an earlier one has started: only the first few wait.

# %% [markdown]
# ## What it costs, and what it buys
#
# A comparison on the same luck: none, the mean, the answer, and many more.

# %%
comparison = lambdasim.compare(
    lambdasim.load_scenario(FILE, overrides=HALF_HOUR),
    {PROVISIONED: [0, enough, found, 40]},
    measures=["api.latency_ms.p99", "api.cold_starts"],
    design=DESIGN,
)
lambdasim.figures.comparison(comparison)

# %% [markdown]
# Differences to having none. The bill grows with every environment, all month long, while the wait hardly shrinks any
# more once little spills over: the shaded variant has the lowest latency, by so little that few would pay for it.

# %%
frame = comparison.frame.set_index(["measure", PROVISIONED])
frame[["value", "low", "high", "verdict"]]

# %% [markdown]
# What is it paid for?

# %%
lambdasim.figures.cost(result)

# %% [markdown]
# Most of it is for being ready. Whoever knows when the rush comes asks for environments only then, with a scheduled
# action.

# %% [markdown]
# ## What to try next
#
# - Target tracking or a schedule: `../scenarios/autoscaling_too_slow.yaml` and `scheduled_scaling.yaml`, with
#   `lambdasim.figures.provisioned(result)`.
# - SnapStart in place of provisioned concurrency: `../scenarios/snapstart_or_provisioned.yaml`.
# - When does it save money? `lambdasim.cost(scenario, questions=["provisioned"])` tells at which utilization.
# - [05_burst](05_burst.ipynb): what Lambda does with a rush that nobody prepared for.
