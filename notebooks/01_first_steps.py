# %% [markdown]
# # First steps: how many callers wait for a cold start?
#
# A webhook is called now and then, at random. Lambda keeps an idle execution environment for some minutes and then
# takes it away; whoever calls after that waits for a new one. How many are they, how long do they wait, and what does
# the function cost in a month?
#
# **What to expect.** If calls come at random with rate λ, a gap between two of them is longer than T with probability
# exp(−λT). So a function that is called every three minutes, and whose environment is gone after ten, should start cold
# for a few calls in a hundred. The waiting itself should be hardly visible at the median and should be all there is at
# the 99th percentile. The bill should be small: Lambda asks for nothing while nobody calls.

# %%
import pandas as pd

import lambdasim
from lambdasim import queueing

pd.options.display.float_format = "{:,.1f}".format

# %% [markdown]
# ## A world in a few lines
#
# One scenario holds an account, its functions, and what triggers them. Names are AWS's and Terraform's; what AWS has no
# name for carries its unit. All that is not said has a default with a source.

# %%
WEBHOOK = """
name: webhook
seed: 1
duration: 7d
functions:
  receiver:
    runtime: python3.13          # how long its own init takes was measured
    memory_size: 512
    timeout: 10
    handler:
      duration: {lognormal: {median: 80 ms, p99: 400 ms}}
      cpu_fraction: 40%          # the rest waits for a database, and more memory does not shorten it
    init:
      code: {lognormal: {median: 250 ms, p99: 600 ms}}   # imports, connections: what your code does before the handler
triggers:
  web:
    type: function_url
    target: receiver
    arrivals: {poisson: {rate: 20/h}}
"""
scenario = lambdasim.parse_scenario(WEBHOOK)

# %% [markdown]
# A wrong scenario is refused whole, with all its mistakes at once and what was meant.

# %%
try:
    lambdasim.parse_scenario(WEBHOOK.replace("memory_size: 512", "memory: 512").replace("timeout: 10", "timeout: 1h"))
except lambdasim.InputError as error:
    print(error)

# %% [markdown]
# ## One week
#
# `simulate` runs the scenario once. The same scenario and seed give the same result, to the last digit, on any machine.

# %%
result = lambdasim.simulate(scenario)
result

# %%
receiver = result.summary()["functions"]["receiver"]
latency = receiver["latency_ms"]
print(f"{receiver['events']:,} calls came, and {receiver['cold_starts']} of them waited for a cold start.")
print(f"Half of all were answered within {latency['p50']:.0f} ms, 99 % within {latency['p99']:.0f} ms.")
print("Why they were cold:", {cause: n for cause, n in receiver["cold_start_causes"].items() if n})

# %% [markdown]
# Most cold starts come after an idle spell, as expected. Most others follow an end that no traffic prevents: Lambda
# also takes away environments that are in use, after some hours at the latest.

# %% [markdown]
# ## The picture behind the percentiles

# %%
lambdasim.figures.latency(result)

# %% [markdown]
# Two crowds that hardly overlap: warm calls take what the handler takes, cold ones have the start on top. No average of
# the two happens to anyone, and that is why the 99th percentile says more than the mean. Without the cold ones the 99th
# percentile would lie where the warm curve comes down to 1 %.

# %% [markdown]
# ## The log is a DataFrame
#
# Every attempt is a row of `result.invocations`, every environment one of `result.environments`. Times are microseconds
# since the start; some durations stand ready in milliseconds.

# %%
calls = result.invocations
calls.groupby("start_type", observed=True)[["wait_ms", "duration_ms", "latency_ms"]].median()

# %%
lambdasim.figures.environment_life(result)

# %% [markdown]
# Above, how long idle spells last: those that end with another call are spread like the gaps between calls; where an
# environment is reclaimed for being idle, the spell is as long as the idle timeout. Below, how long environments live:
# most end for being idle, some are recycled for no reason of yours, and none grows much older than about two hours, the
# default here for a limit that AWS does not publish.

# %% [markdown]
# ## How sure is that?
#
# One week is one draw of luck. `replicate` takes the week again on other seeds, and gives each number an interval.

# %%
MEASURES = [
    "receiver.cold_start_rate",
    "receiver.latency_ms.p50",
    "receiver.latency_ms.p99",
    "total.cost_usd_per_month",
]
replications = lambdasim.replicate(scenario, measures=MEASURES)
print(lambdasim.text_report(replications, width=100))

# %% [markdown]
# ## Beside the formula
#
# The formula knows the idle timeout alone. The simulation also has environments that end for other reasons, calls that
# overlap, and idle timeouts that vary; so it should give more, and not many times more.

# %%
by_hand = queueing.nobody_left_probability(20 / 3600, 600)
simulated = replications.frame.set_index("measure").loc["receiver.cold_start_rate"]
print(f"exp(-λT) says {by_hand:.2%}; simulated {simulated.value:.2%} [{simulated.low:.2%}, {simulated.high:.2%}].")
assert by_hand < simulated.low < simulated.high < 2 * by_hand

# %% [markdown]
# ## Quiet functions and busy ones
#
# `compare` lays values over the scenario, runs all variants on the same luck, and says which differences are shown. The
# first variant is the one that the others are compared with.

# %%
comparison = lambdasim.compare(
    scenario,
    {"traffic": [1, 2, 5]},
    measures=["receiver.cold_start_rate", "receiver.latency_ms.p99"],
    design=lambdasim.Design(replications=6),
)
print(lambdasim.text_report(comparison, width=100))

# %%
lambdasim.figures.comparison(comparison)

# %% [markdown]
# Cold starts are a disease of quiet functions. With five times the calls hardly any gap outlasts the idle timeout, and
# the 99th percentile is nearly the handler's own again.

# %% [markdown]
# ## What to try next
#
# - Half the init: replace `median: 250 ms, p99: 600 ms` and look at the second crowd in the figure.
# - Another idle timeout, since AWS publishes none: `{"lifecycle.idle_timeout": ["300 s", "600 s", "1200 s"]}` in
#   `compare`. It is the assumption behind every number here.
# - The same from a shell: `lambdasim run`, `replicate` and `compare`, with the scenario in a file.
# - [02_cold_starts](02_cold_starts.ipynb): how long a cold start takes, by runtime, beside what was measured.
