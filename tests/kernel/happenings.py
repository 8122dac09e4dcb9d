"""What happened in a generated world, by name: a tally over many of them shows whether anything is seldom tried."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lambdasim
from lambdasim.codes import (
    Capacity,
    Change,
    EndCause,
    Fate,
    Final,
    InitializationType,
    Kept,
    Outcome,
    StartCause,
    StartType,
    ThrottleReason,
)
from lambdasim.records import NEVER, Columns
from lambdasim.triggers.retries import TIMED_OUT
from lambdasim.units import US_PER_MINUTE

Codes = dict[str, Collection[IntEnum]]
Rows = dict[str, Callable[[Columns], Any]]
"""By name, the rows of a log to which something happened."""

INVOCATION_CODES: Codes = {  # what polled triggers, VPCs, deployments and lost zones would add is SimPy's alone
    "outcome": set(Outcome) - {Outcome.START_FAILED},
    "start_type": set(StartType),
    "start_cause": set(StartCause) - {StartCause.DEPLOYMENT, StartCause.ZONE_LOST},
    "capacity": set(Capacity),
    "throttle_reason": {*map(ThrottleReason, range(5)), ThrottleReason.NONE},
    "final": set(Final),
}
ENVIRONMENT_CODES: Codes = {
    "start_cause": {StartCause.SCALE_OUT, StartCause.IDLE_EXPIRED, StartCause.LIFETIME, StartCause.RECYCLED},
    "end_cause": set(EndCause) - {EndCause.ZONE_LOST, EndCause.DEPLOYMENT},
    "initialization": set(InitializationType),
}
EVENT_CODES: Codes = {"fate": {Fate.SUCCESS, Fate.RETRIES_EXHAUSTED, Fate.EXPIRED, Fate.RESERVED_ZERO}}
CHANGE_CODES: Codes = {
    "change": {Change.PROVISIONED_REQUESTED, Change.PROVISIONED_READY, Change.AUTOSCALED, Change.SCALING_REFUSED}
}


def _crowded(times: NDArray[Any]) -> bool:
    return bool((np.unique(times, return_counts=True)[1] > 2).any())


def _as_patience_ended(log: Columns) -> NDArray[np.bool_]:
    """Answered after just as long as others were waited for in vain."""
    waited_us = log["answered_us"].astype(np.int64) - log["invoked_us"]
    return np.isin(waited_us, waited_us[log["status"] == TIMED_OUT]) & (log["status"] != TIMED_OUT)


INVOCATIONS: Rows = {
    "retried by its caller": lambda log: (log["attempt"] > 1) & (log["final"] != Final.NO),
    "given up, and ran on": lambda log: (log["answered_us"] < log["ended_us"]) & (log["answered_us"] != NEVER),
    "answered as patience ended": _as_patience_ended,
    "init again inside the run": lambda log: log["suppressed_init_us"] > 0,
    "init that was cut off": lambda log: (log["suppressed_init_us"] > 0) & (log["start_type"] == StartType.COLD),
    "run that took no time": lambda log: (log["started_us"] == log["ended_us"]) & (log["ended_us"] != NEVER),
    "run that began as another ended": lambda log: np.isin(log["started_us"], log["ended_us"][log["ended_us"] > 0]),
    "run that ended with a minute": lambda log: (log["ended_us"] % US_PER_MINUTE == 0) & (log["ended_us"] > 0),
    "three at one instant": lambda log: _crowded(log["invoked_us"]),
}
ENVIRONMENTS: Rows = {
    "replaced as it retired": lambda log: (log["start_cause"] == StartCause.LIFETIME) & (log["pre_initialized"] == 1),
    "started ahead": lambda log: (log["start_cause"] != StartCause.LIFETIME) & (log["pre_initialized"] == 1),
    "never used": lambda log: log["first_used_us"] == NEVER,
}
EVENTS: Rows = {
    "kept in a dead-letter queue": lambda log: log["kept"] & Kept.DEAD_LETTER_QUEUE,
    "kept in a destination": lambda log: log["kept"] & Kept.DESTINATION,
    "throttled, and sent again": lambda log: log["attempts"] > log["runs"],
    "run again": lambda log: log["runs"] > 1,
}
LOGS: dict[str, tuple[Codes, Rows]] = {
    "invocation": (INVOCATION_CODES, INVOCATIONS),
    "environment": (ENVIRONMENT_CODES, ENVIRONMENTS),
    "event": (EVENT_CODES, EVENTS),
    "change": (CHANGE_CODES, {}),
}
SETTINGS = {
    "placement": ("most_recently_used", "least_recently_used", "newest_created", "oldest_created", "random"),
    "scaling": ("per_function", "regional_burst"),
    "keep-alive": ("renewed", "not_renewed"),
    "preset": ("default", "aws-2020", "aws-2021"),
    "called": ("direct", "api_gateway", "function_url", "alb", "journey"),
    "queued": ("direct_async", "s3", "sns", "eventbridge", "schedule"),
    "with": ("routing", "target tracking", "several targets", "duplicates"),
}
HAPPENINGS = [
    *(f"{log}: {column} {code.name}" for log, (codes, _) in LOGS.items() for column in codes for code in codes[column]),
    *(f"{log}: {name}" for log, (_, rows) in LOGS.items() for name in rows),
    *(f"{key} {value}" for key, values in SETTINGS.items() for value in values),
]


def happenings(world: Mapping[str, Any], result: lambdasim.Result) -> set[str]:
    """What of ``HAPPENINGS`` happened in a run of ``world``, or was set in it."""
    return {*_logged(result), *_set_in(world, result)}


def _logged(result: lambdasim.Result) -> Iterator[str]:
    for log, (codes, rows) in LOGS.items():
        columns = getattr(result, f"{log}_columns")
        for column, known in codes.items():
            there = set(columns[column].tolist())
            yield from (f"{log}: {column} {code.name}" for code in known if code in there)
        yield from (f"{log}: {name}" for name, happened in rows.items() if np.any(happened(columns)))


def _set_in(world: Mapping[str, Any], result: lambdasim.Result) -> Iterator[str]:
    life = world["lifecycle"]
    yield f"placement {life['placement']}"
    yield f"scaling {world['account']['scaling']}"
    yield f"keep-alive {life.get('keep_alive', 'renewed')}"
    yield f"preset {life.get('preset', 'default')}"
    aliases = [alias for function in world["functions"].values() for alias in function.get("aliases", {}).values()]
    if any("routing_config" in alias for alias in aliases):
        yield "with routing"
    if any("target_value" in alias.get("autoscaling", ()) for alias in aliases):
        yield "with target tracking"
    for name, trigger in world["triggers"].items():
        yield f"{'called' if 'client' in trigger else 'queued'} {trigger['type']}"
        if "client" in trigger:
            yield f"client {trigger['client']['retries']}"
        if "targets" in trigger:
            yield "with several targets"
        if result.document["triggers"][name].get("duplicates"):
            yield "with duplicates"
