# %% [markdown]
# # What happens when a burst comes from nothing?
#
# A push message goes out, and within a second two thousand requests a second arrive at a function with nothing warm.
# Who is served?
#
# **What to expect.** Lambda adds at most 1,000 environments at once for one function, and then 100 more each second
# (1,000 per ten seconds, refilled continuously). The load needs requests a second times their duration: 2,000/s × 0.8 s
# = 1,600 environments, and somewhat more at first, for a cold start holds an environment, too. So for some (1,600 −
# 1,000) / 100 = 6 seconds a part is throttled, although the account's quota is far away. Nobody is throttled who comes
# later.

# %%
import pandas as pd

import lambdasim

pd.options.display.float_format = "{:,.1f}".format
DESIGN = lambdasim.Design(replications=3)

BURST = """
name: burst
seed: 1
duration: 12s
drain: 30s
account: {concurrent_executions: 5000}
functions:
  landing:
    runtime: nodejs24.x
    memory_size: 1024
    timeout: 10
    handler: {duration: {lognormal: {mean: 800 ms, cv: 0.4}}}
triggers:
  url:
    type: function_url
    target: landing
    client: {retries: none}
    arrivals: {piecewise: {points: [[0s, 0/s], [RAMP, 2000/s], [12s, 2000/s]], interpolate: linear}}
"""


def burst(ramp, rate="2000/s"):
    """The same burst, which takes so long to rise to a rate."""
    return lambdasim.parse_scenario(BURST.replace("RAMP", ramp).replace("2000/s", rate))


result = lambdasim.simulate(burst("1s"))
landing = result.summary()["functions"]["landing"]
throttled = result.invocations.query("throttle_reason != 'none'")
last_s = throttled.invoked_us.max() / 1e6
print(f"Of {landing['events']:,} requests {landing['throttles']['total']:,} were throttled.")
print("AWS's reason:", landing["throttles"]["by_reason"])
print(f"The first after {throttled.invoked_us.min() / 1e6:.1f} s, the last after {last_s:.1f} s.")
assert 5 < last_s < 8

# %%
lambdasim.figures.concurrency(result)

# %% [markdown]
# Concurrency jumps to what the burst allows and then climbs at the scaling rate, until it meets the load. The throttles
# are what lies between the two. The account's quota, far above, plays no part.

# %% [markdown]
# ## One lane for each environment
#
# The same burst, a hundred times smaller, so that its environments fit on a page.

# %%
lambdasim.figures.environments(lambdasim.simulate(burst("1s", "20/s")), from_s=0, to_s=5)

# %% [markdown]
# Each lane is an environment: first its start, then calls, with idle spells in between. Scaling is what the left edge
# draws: at first nearly each call needs an environment of its own; once there are as many as the load keeps busy, they
# take turns, the one that was used last first.

# %% [markdown]
# In the large burst the left edge is cut by the scaling rate:

# %%
ages_s = result.environments.created_us / 1e6
per_second = ages_s.groupby(ages_s.astype(int)).size()
print("Environments started in each second:", per_second.head(9).to_dict())

# %% [markdown]
# ## How fast may a burst rise?
#
# The same load, reached in one, five and ten seconds; three replications each.

# %%
ramps = lambdasim.compare(
    {ramp: burst(ramp) for ramp in ("1s", "5s", "10s")},
    measures=["landing.throttles.total"],
    design=DESIGN,
)
throttles = ramps.frame.query("measure == 'landing.throttles.total'").set_index("variant")
throttles[["value", "low", "high", "verdict"]]

# %%
mean = throttles.value
print(f"A rise over ten seconds throttles {mean['10s']:.0f} on average, one within a second {mean['1s']:,.0f}.")
assert mean["10s"] == 0 < mean["5s"] < mean["1s"]

# %% [markdown]
# Who sends the message holds the cure: spread over ten seconds, the same message throttles nobody. The rule is about
# how fast concurrency grows, not about how large it gets.

# %% [markdown]
# ## The rule from before November 2023
#
# Then the functions of a Region shared one burst (3,000 in this Region), and 500 more each minute.

# %%
rules = lambdasim.compare(
    burst("1s"),
    {"account.scaling": ["per_function", "regional_burst"]},
    measures=["landing.throttles.total"],
    design=DESIGN,
)
throttles = rules.frame.query("measure == 'landing.throttles.total'").set_index("variant")
throttles[["value", "low", "high", "verdict"]]

# %% [markdown]
# One function alone was better off under the old rule as long as the load stayed within the burst. Above it, and with
# neighbours in the same Region, it was far worse: a refill of 500 a minute is a twelfth of today's.

# %% [markdown]
# ## What to try next
#
# - Three times the load: `overrides={"traffic": "3"}` on `../scenarios/burst_from_nothing.yaml`; and the account's
#   quota: `../scenarios/burst_to_5000.yaml`.
# - Clients that try again: take `client: {retries: none}` away, and compare latency and throttles.
# - A longer handler at the same rate needs more environments. Which is worse, twice the rate or twice the duration?
# - [06_sqs_and_dead_letters](06_sqs_and_dead_letters.ipynb): a queue in between takes any burst. What can go wrong
#   there?
