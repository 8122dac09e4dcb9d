"""Summary keys: which numbers the summary of a run may have, so that a name is checked before anything runs.

Each table leads from a key to those below it, and to None where a number stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from lambdasim.codes import Fate, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.header import FAMILIES, Family

Keys = Mapping[str, Any]

ANY_VERSION, ANY_STATUS = "<version>", "<status code>"  # keys that stand for any that is one
COUNTED = ("by_reason", "final_failures", "status_codes")  # below them a summary lists only what occurred
_SPREAD = dict.fromkeys(("mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"))
_SIZES = dict.fromkeys(("mean", "max"))
_STARTS = {
    kind: dict.fromkeys(member.name.lower() for member in kind if member.name != "NONE")
    for kind in (StartType, StartCause)
}
_REASONS = dict.fromkeys(reason.name for reason in ThrottleReason if reason.name != "NONE")
FAILURES: Keys = dict.fromkeys(
    (
        "total",
        *(outcome.name.lower() for outcome in Outcome if outcome not in {Outcome.SUCCESS, Outcome.UNFINISHED}),
        "client_gone",
        *(fate.name.lower() for fate in Fate if fate not in {Fate.SUCCESS, Fate.FILTERED}),
    )
)
_OF_VERSION = {
    **dict.fromkeys(("invocations", "errors", "error_rate", "throttles", "cold_starts", "cold_start_rate")),
    "duration_ms": _SIZES,
}
FUNCTION_KEYS: Keys = {
    **dict.fromkeys(("events", "invocations", "successes", "errors", "timeouts", "retries", "dropped")),
    **dict.fromkeys(("dead_lettered", "in_flight", "cold_starts", "cold_start_rate")),
    "final_failures": FAILURES,
    "throttles": {"total": None, "by_reason": _REASONS},
    "start_types": _STARTS[StartType],
    "cold_start_causes": _STARTS[StartCause],
    "environments": dict.fromkeys(("created", "mean", "max", "mean_busy", "mean_idle")),
    "concurrency": _SIZES,
    **dict.fromkeys(("latency_ms", "duration_ms", "billed_duration_ms"), _SPREAD),
    **dict.fromkeys(("init_duration_ms", "restore_duration_ms", "cold_start_ms"), _SPREAD),
    "provisioned_concurrency": {
        **dict.fromkeys(("configured", "utilization"), _SIZES),
        **dict.fromkeys(("invocations", "spillover_invocations")),
    },
    "versions": {ANY_VERSION: _OF_VERSION},
    "network": {
        **dict.fromkeys(("interfaces_max", "starts", "waited_for_interface", "waited_for_interface_share")),
        "start_failures": {"total": None, "by_reason": _REASONS},
    },
    "cost_usd": dict.fromkeys(("total", "per_million_invocations")),
}
ACCOUNT_KEYS: Keys = {
    "concurrency": _SIZES,
    **dict.fromkeys(("throttles", "claimed_max", "network_interfaces_max")),
    "cost_usd": {"total": None},
}
TOTAL_KEYS: Keys = dict.fromkeys(
    (
        *("cost_usd", "cost_usd_per_month", "events", "successes", "dropped", "dead_lettered", "invocations"),
        "cold_start_rate",
    )
)
DOWNSTREAM_KEYS: Keys = {
    **dict.fromkeys(("max_connections", "minutes_over", "first_over_s")),
    "connections": _SIZES,
}

_OF_ANY_TRIGGER = {
    **dict.fromkeys(("events", "successes", "in_flight", "invocations", "attempts", "retries")),
    "final_failures": FAILURES,
    "cost_usd": {"total": None},
}
_WHERE_EVENTS_WAIT = {
    **dict.fromkeys(("dropped", "dead_lettered", "never_ran")),
    **dict.fromkeys(("latency_ms", "end_to_end_ms"), _SPREAD),
}
_IN_BATCHES = {**dict.fromkeys(("filtered", "batches")), "batch_size": _SIZES}
_OF_FAMILY: Mapping[Family, Keys] = {
    Family.SYNCHRONOUS: {"client_gone": None, "status_codes": {ANY_STATUS: None}},
    Family.ASYNCHRONOUS: {
        **_WHERE_EVENTS_WAIT,
        **dict.fromkeys(("event_age_ms",), _SPREAD),
        "attempts_per_event": _SIZES,
        **dict.fromkeys(("duplicates", "delivery_retries", "extra_requests")),
    },
    Family.QUEUE: {
        **_WHERE_EVENTS_WAIT,
        **_IN_BATCHES,
        "receives_per_message": _SIZES,
        **dict.fromkeys(("sent", "received", "deleted", "empty_receives")),
        **dict.fromkeys(("send_requests", "receive_requests", "delete_requests", "requests")),
        **dict.fromkeys(("visible_max", "visible_end", "not_visible_max", "oldest_message_s_max", "drained_s")),
        **dict.fromkeys(("duplicate_runs", "pollers_mean", "pollers_max", "poller_hours")),
    },
    Family.STREAM: {
        **_WHERE_EVENTS_WAIT,
        **_IN_BATCHES,
        "iterator_age_ms": _SPREAD,
        "attempts_per_event": _SIZES,
        **dict.fromkeys(("reads", "hottest_shard_share", "waiting_max", "waiting_end")),
        **dict.fromkeys(("discarded_batches", "bisections", "final_window_invocations")),
    },
}
_OF_TYPE: Mapping[str, Keys] = {  # beside its family's
    "journey": {**dict.fromkeys(("users", "completed")), "journey_ms": _SPREAD},
    "sns": dict.fromkeys(("publishes", "billed_publishes")),
    "eventbridge": dict.fromkeys(("billed_events",)),
    "schedule": dict.fromkeys(("scheduled",)),
    "kinesis": dict.fromkeys(("write_throttles", "put_units", "shard_hours", "consumer_shard_hours", "read_gb")),
}
TRIGGER_TYPES = tuple(FAMILIES)


@cache
def trigger_keys(kind: str) -> Keys:
    """What a trigger of type ``kind`` may count, one of ``TRIGGER_TYPES``.

    >>> trigger_keys("schedule").keys() - trigger_keys("s3").keys()
    {'scheduled'}
    """
    return {**_OF_ANY_TRIGGER, **_OF_FAMILY[FAMILIES[kind]], **_OF_TYPE.get(kind, {})}
