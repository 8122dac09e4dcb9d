"""Directions: of which measures less is better, and of which more."""

from __future__ import annotations

import re
from enum import Enum

from lambdasim.scenario.measures import Measure


class Better(Enum):
    """When a measure is better."""

    LOWER = "lower"
    HIGHER = "higher"


_LOWER = frozenset(
    (
        # what callers and events suffer
        "cold_starts", "cold_start_rate", "cold_start_causes", "throttles", "errors", "error_rate", "timeouts",
        "retries", "dropped", "dead_lettered", "final_failures", "in_flight", "client_gone", "never_ran",
        "spillover_invocations", "cold", "waited_for_interface", "waited_for_interface_share", "start_failures",
        # what waits, and how old it gets
        "waiting_max", "waiting_end", "visible_max", "visible_end", "oldest_message_s_max", "drained_s",
        # what is done more than once, or in vain
        "duplicates", "duplicate_runs", "delivery_retries", "receives_per_message", "attempts_per_event", "bisections",
        "discarded_batches", "write_throttles", "hottest_shard_share",
        # what it takes
        "cost_usd", "cost_usd_per_month", "connections", "minutes_over",
    )
)  # fmt: skip
_HIGHER = frozenset(("successes", "completed", "first_over_s"))
_STATUS = re.compile(r"[1-5]\d\d")


def better_when(measure: Measure) -> Better | None:
    """Whether a measure is better when it is lower or higher; None where that depends on what is wanted.

    The house's judgement: lower are times and ages, cold starts, throttles, failures, retries, what waits, what it
    costs and holds; higher are successes. More concurrency or more batches are neither good nor bad.

    >>> better_when(Measure("", ("functions", "api", "latency_ms", "p99")))
    <Better.LOWER: 'lower'>
    >>> better_when(Measure("", ("account", "concurrency", "max"))) is None
    True
    """
    words = measure.keys
    if words[:1] == ("status_codes",) and _STATUS.fullmatch(words[-1]):
        return Better.HIGHER if words[-1].startswith("2") else Better.LOWER if words[-1][0] in "45" else None
    for word in words:
        if word.endswith("_ms") or word in _LOWER:
            return Better.LOWER
        if word in _HIGHER:
            return Better.HIGHER
    return None
