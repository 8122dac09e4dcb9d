"""Queueing theory in closed form: what a planner can reckon by hand, beside what is simulated.

Lambda without a limit is M/G/infinity: every event that comes has an environment of its own. Reserved or provisioned
concurrency is Erlang's loss system: who finds all busy is throttled, or spills over. A queue with a fixed number of
pollers is M/M/c, or M/G/c. All of them take Poisson arrivals.

Rates and durations are in one unit of time, whichever it is: with rates per second, durations are in seconds. ``load``
is the offered load in erlangs, arrival rate times mean service. Plain numbers go in and come out; all functions raise
ValueError for what is no such system. Each says its equation, its source, and a value to check it by.

>>> from lambdasim import queueing
>>> rate, service = 50, 0.2  # events a second, seconds each: 10 environments are busy on average
>>> queueing.servers_for_blocking(rate * service, 0.01)  # reserved concurrency that throttles at most 1 %
18
>>> round(queueing.erlang_b(rate * service, 15), 4)  # what provisioned concurrency of 15 spills over
0.0365
"""

from lambdasim.formulas.infinite import (
    environment_life,
    mginf_busy,
    mginf_level,
    mginf_mean_error,
    nobody_left_probability,
)
from lambdasim.formulas.loss import erlang_b, erlang_b_error, erlang_b_shortfall, hayward, overflow
from lambdasim.formulas.staffing import halfin_whitt, servers_for_blocking, servers_for_wait, square_root_staffing
from lambdasim.formulas.waiting import (
    erlang_c,
    mg1_mean_wait,
    mgc_mean_wait,
    mgc_mean_wait_error,
    mmc_mean_wait,
    mmc_wait_exceeds,
    mmc_wait_percentile,
)

__all__ = [
    "environment_life",
    "erlang_b",
    "erlang_b_error",
    "erlang_b_shortfall",
    "erlang_c",
    "halfin_whitt",
    "hayward",
    "mg1_mean_wait",
    "mgc_mean_wait",
    "mgc_mean_wait_error",
    "mginf_busy",
    "mginf_level",
    "mginf_mean_error",
    "mmc_mean_wait",
    "mmc_wait_exceeds",
    "mmc_wait_percentile",
    "nobody_left_probability",
    "overflow",
    "servers_for_blocking",
    "servers_for_wait",
    "square_root_staffing",
]
