# %% [markdown]
# # Why do messages land in the dead-letter queue that never ran?
#
# A worker behind an SQS queue has a reserved concurrency of two, so that it does not overrun what it calls. A message
# is given up after three receives. In a busy spell messages turn up in the dead-letter queue, and the function's log
# has nothing about them.
#
# **What to expect.** Lambda's pollers know nothing of reserved concurrency. They begin with five, add more while there
# are messages, and what Lambda refuses stays hidden until its visibility timeout, comes back, and has been received
# once more. Three refusals, and a message is given up although its function never saw it. So there should be more dead
# letters the more is refused, and none where the pollers are held to what may run.

# %%
import pandas as pd

import lambdasim

pd.options.display.float_format = "{:,.1f}".format
FILE = "../scenarios/sqs_small_reserved.yaml"
scenario = lambdasim.load_scenario(FILE)

# %% [markdown]
# The simulator warns of it before it runs anything:

# %%
for warning in scenario.warnings:
    print(f"{warning.path}: {warning.message}")

# %% [markdown]
# ## A quarter of an hour

# %%
result = lambdasim.simulate(scenario)
jobs = result.summary()["triggers"]["jobs"]
print(f"{jobs['sent']} messages were sent: {jobs['successes']} succeeded, {jobs['dead_lettered']} are dead letters.")
worker = result.summary()["functions"]["worker"]
print(f"{jobs['never_ran']} of these never ran. Lambda refused {worker['throttles']['total']:,} times.")
assert jobs["sent"] == jobs["successes"] + jobs["dead_lettered"] + jobs["in_flight"]

# %%
lambdasim.figures.queues(result)

# %% [markdown]
# In the busy spell the queue grows, and so does the age of its oldest message; two at a time is all that may run. Look
# at what is in flight: more than two, for what was refused is hidden, and nobody works on it.

# %% [markdown]
# ## The life of a dead letter
#
# `result.events` has a row for each message; `runs` counts how often its function ran for it, `attempts` how often it
# was received. `batch` is the number under which its last attempts stand in `result.invocations`.

# %%
fates = result.events.groupby(["fate", "attempts", "runs"], observed=True).size().rename("messages")
fates.to_frame()

# %%
lost = result.events.query("fate == 'receives_exceeded' and runs == 0")
waited_s = (lost.ended_us - lost.arrived_us) / 1e6
print(f"{len(lost)} messages never ran; each waited {waited_s.min():.0f} to {waited_s.max():.0f} s for its end.")
assert len(lost) == jobs["never_ran"]

# %%
runs = result.invocations.query("outcome == 'success'")
late = result.events.query("fate == 'receives_exceeded' and runs > 0").merge(
    runs, left_on=["trigger", "batch"], right_on=["trigger", "event"], suffixes=("", "_of_run")
)
left_s = (late.ended_us_of_run - late.ended_us) / 1e6
print(
    f"{len(late)} others were given up while they ran: {left_s.min():.0f} to {left_s.max():.0f} s later they succeeded."
)
assert len(late) == jobs["dead_lettered"] - jobs["never_ran"]
assert (late.invoked_us < late.ended_us).all()

# %% [markdown]
# A poller tries a refused batch again for a while before it lets it go. A run that begins so late may succeed when the
# visibility timeout is over, and its message was received once more and given up: a dead letter of work that was done.

# %% [markdown]
# ## Three cures
#
# `maximum_concurrency` holds the pollers back. More receives give refusals room. More reserved concurrency leaves
# fewer.

# %%
MEASURES = ["jobs.dead_lettered", "jobs.never_ran", "worker.throttles.total", "jobs.latency_ms.p99"]
variants = {
    "as it is": {},
    "maximum concurrency 2": {"triggers.jobs.scaling_config.maximum_concurrency": "2"},
    "10 receives": {"triggers.jobs.queue.max_receive_count": "10"},
    "reserved 6": {"functions.worker.reserved_concurrent_executions": "6"},
}
comparison = lambdasim.compare(
    {label: lambdasim.load_scenario(FILE, overrides=overrides) for label, overrides in variants.items()},
    measures=MEASURES,
)
comparison.frame.set_index(["measure", "variant"])[["value", "low", "high", "verdict"]]

# %%
lambdasim.figures.comparison(comparison)

# %% [markdown]
# Marks left of nought are fewer dead letters than as it is. With a maximum concurrency nothing is refused at all; with
# more receives nothing is lost either, but what was refused waits for its visibility timeout each time. The bill grows
# with each cure, for the work that was given up is done now.

# %%
dead = comparison.frame.query("measure == 'jobs.dead_lettered'").set_index("variant")
assert (dead.loc[["maximum concurrency 2", "10 receives"], "value"] == 0).all()
refused = comparison.frame.query("measure == 'worker.throttles.total'").set_index("variant").value
assert refused["maximum concurrency 2"] == 0 < refused["as it is"] < refused["10 receives"]

# %% [markdown]
# ## Which reserved concurrency would do?

# %%
sizing = lambdasim.size(
    scenario,
    {"functions.worker.reserved_concurrent_executions": "1..12"},
    objectives=["jobs.dead_lettered <= 0"],
    design=lambdasim.Design(replications=6),
)
print(lambdasim.text_report(sizing, width=100))
assert int(sizing.answer.value) == 3 * 2

# %% [markdown]
# That is thrice the load on whatever the worker calls, which the limit of two was there to spare. A limit on the
# pollers loses nothing either, and keeps to two.

# %% [markdown]
# ## What to try next
#
# - A poison message takes its whole batch with it: `../scenarios/sqs_errors.yaml`, with and without
#   `ReportBatchItemFailures`.
# - A visibility timeout shorter than the work: `../scenarios/sqs_visibility_race.yaml`. How many messages run twice?
# - `lambdasim.advise(scenario, result)` lists what a reviewer would say, with the evidence of this run.
# - [07_streams_and_iterator_age](07_streams_and_iterator_age.ipynb): where order matters, nothing overtakes what fails.
