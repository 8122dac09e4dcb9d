# %% [markdown]
# # Why does a stream's iterator age grow, and what brings it down?
#
# Two hundred clicks a second go to a Kinesis stream; a function takes them in batches of a hundred. How many shards,
# times which parallelization factor, keep it within a minute of the present? And what does one record do that can never
# be processed?
#
# **What to expect.** A shard, or each of the lanes that the parallelization factor makes of it, processes one batch at
# a time. A batch takes a fixed time and some for each record, so a lane has a capacity. With less capacity than clicks,
# iterator age grows by a fixed part of each second, for as long as they come. And since a stream keeps its order, what
# fails is tried again until it succeeds or expires: all behind it waits.

# %%
import pandas as pd

import lambdasim

pd.options.display.float_format = "{:,.1f}".format

# %% [markdown]
# ## The capacity of a lane

# %%
BATCH, FIXED_S, RECORD_S, CLICKS = 100, 0.150, 0.018, 200
capacity = BATCH / (FIXED_S + BATCH * RECORD_S)
print(f"A lane takes {BATCH} records in {FIXED_S + BATCH * RECORD_S:.2f} s: {capacity:.0f} a second.")
print(f"{CLICKS} a second need {CLICKS / capacity:.1f} lanes.")

# %%
FILE = "../scenarios/shards_and_lanes.yaml"
SHARDS, FACTOR = "triggers.clicks.shards", "triggers.clicks.parallelization_factor"
two = lambdasim.simulate(lambdasim.load_scenario(FILE, overrides={SHARDS: "1", FACTOR: "2"}))
lambdasim.figures.queues(two)

# %% [markdown]
# With two lanes the stream falls behind for as long as clicks come: a straight line, whose slope is the part of the
# clicks for which there is no capacity.

# %%
batches = two.invocations.assign(minute=two.invocations.invoked_us / 60e6).query("minute < 10")
age_s = (batches.invoked_us - batches.arrived_us) / 1e6
slope = age_s.groupby(batches.minute.astype(int)).max().diff().iloc[2:].mean() / 60
by_hand = 1 - 2 * capacity / CLICKS
print(f"It falls behind by {slope:.2f} s each second; by hand 1 - {2 * capacity:.0f}/{CLICKS} = {by_hand:.2f}.")
assert abs(slope - by_hand) < 0.05

# %% [markdown]
# ## Shards or factor?
#
# Three replications of each combination, for four minutes.

# %%
sweep = lambdasim.sweep(
    lambdasim.load_scenario(FILE, overrides={"duration": "4m"}),
    {SHARDS: [1, 2, 4], FACTOR: [1, 2, 4]},
    measures=["clicks.iterator_age_ms.max", "total.cost_usd_per_month"],
    design=lambdasim.Design(replications=3),
)
frame = sweep.frame.assign(lanes=lambda table: table[SHARDS] * table[FACTOR])
age = frame.query("measure == 'clicks.iterator_age_ms.max'")
(age.pivot_table(index=SHARDS, columns=FACTOR, values="estimate") / 1000).round(1).rename_axis(
    index="shards", columns="greatest iterator age (s); factor"
)

# %%
spread = age.groupby("lanes").estimate.agg(["min", "max"]) / 1000
print(spread.round(1).rename(columns={"min": "least (s)", "max": "most (s)"}))
assert spread.loc[[1, 2], "min"].min() > 60 > spread.loc[[4, 8, 16], "max"].max()

# %% [markdown]
# The product is what counts: one shard by four does what four by one do. Fewer than four lanes fall behind. The factor
# costs nothing by itself, while a shard is paid by the hour; shards are for writing, and for what many consumers read.

# %%
cost = frame.query("measure == 'total.cost_usd_per_month' and lanes == 4").set_index([SHARDS, FACTOR])
cost[["estimate", "low", "high"]].rename_axis(["shards", "factor"])

# %% [markdown]
# ## One bad record
#
# The record number 600 can't be processed. `ledger` has Lambda's defaults; `guarded` has two retries, bisecting, and a
# place for what fails.

# %%
poison = lambdasim.simulate(
    lambdasim.load_scenario("../scenarios/kinesis_poison_pill.yaml", overrides={"duration": "40m", "drain": "1m"})
)
lambdasim.figures.queues(poison)

# %% [markdown]
# With the defaults the shard stands still from that record on, and iterator age grows by a second each second: for a
# day, until the record expires. With a way out the stream is held up for some seconds.

# %%
triggers = pd.DataFrame(poison.summary()["triggers"]).T
counts = triggers[["events", "successes", "in_flight", "dead_lettered", "bisections"]]
counts

# %%
assert counts.loc["defaults", "in_flight"] > 1000  # good records that wait behind the bad one
assert counts.loc["with-a-way-out", "dead_lettered"] == 1
assert counts.loc["with-a-way-out", "in_flight"] == 0

# %% [markdown]
# With a way out it costs one record. Iterator age is the metric to put an alarm on: a function that fails on the same
# batch again and again does not even have many errors.

# %% [markdown]
# ## What to try next
#
# - A neighbour that takes the account's concurrency: `../scenarios/kinesis_starved.yaml`. The stream's batches are
#   throttled, which is no error: only iterator age shows it.
# - Skewed keys: `overrides={"triggers.clicks.partition_keys.zipf": "1.2"}`. How many lanes are busy then?
# - Enhanced fan-out (`consumer: ...`), or a batching window: what do they change in age, and in cost?
# - [08_recorded_aws](08_recorded_aws.ipynb): how far to trust all this.
