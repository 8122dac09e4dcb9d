"""Worlds with SQS queues in which everything but the queue takes no time, and times are exact."""

from __future__ import annotations

from typing import Any

import numpy as np

import lambdasim
from lambdasim.codes import Fate, Kept
from tests.theory.worlds import function, world

AT_ONCE = {
    "triggers/sqs/mapping/pick_up_latency/standard": "0 s",
    "triggers/sqs/mapping/pick_up_latency/fifo": "0 s",
    "scaling/per_function/burst": 1_000_000,
}
NEVER_BACK_OFF = {
    "triggers/sqs/pollers/backoff/after_function_error": 1,
    "triggers/sqs/pollers/backoff/after_throttle": 1,
}


def at(*times: str, events: int = 1) -> dict[str, Any]:
    """Arrivals at exact instants."""
    return {"sum": [{"at_once": {"events": events, "at": time, "over": "0s"}} for time in times]}


def sqs(target: str = "f", queue: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """A trigger of type sqs, whose queue keeps messages hidden for long unless ``queue`` says how long."""
    queue = queue or {}
    if "shared_with" not in queue:
        queue = {"visibility_timeout": "15m", **queue}
    return {"type": "sqs", "target": target, "queue": queue, **keys}


def sqs_world(
    duration: Any = "1 s",
    *,
    functions: dict[str, Any] | None = None,
    triggers: dict[str, Any] | None = None,
    **keys: Any,
) -> lambdasim.Scenario:
    """One function ``f`` whose runs take ``duration``, polled from ``q``; or other functions and triggers.

    ``handler``, ``timeout`` and ``reserved`` speak of ``f``, ``queue`` and ``trigger`` of ``q``; the rest of the top.
    """
    about_f = {"handler": keys.pop("handler", {}), "timeout": keys.pop("timeout", 900)}
    if "reserved" in keys:
        about_f["reserved_concurrent_executions"] = keys.pop("reserved")
    functions = functions or {"f": function(duration, **about_f)}
    triggers = triggers or {"q": sqs("f", keys.pop("queue", None), **keys.pop("trigger", {}))}
    keys["parameters"] = {**AT_ONCE, **keys.get("parameters", {})}
    keys = {"duration": keys.pop("length", "10m"), "drain": "0s", **keys}
    return world(functions, triggers, **keys)


def run(scenario: lambdasim.Scenario, **options: Any) -> lambdasim.Result:
    return lambdasim.simulate(scenario, **{"seed": 1, **options})


def counts(result: lambdasim.Result, trigger: str = "q") -> dict[str, Any]:
    """What the summary tells of a trigger."""
    return result.summary()["triggers"][trigger]


def messages(result: lambdasim.Result, trigger: int = 0) -> list[dict[str, Any]]:
    """The event log of one trigger, in the order of the messages, with codes as enum members."""
    table = rows_of(result.event_columns, trigger)
    for row in table:
        row["fate"], row["kept"] = Fate(row["fate"]), Kept(row["kept"])
    return sorted(table, key=lambda row: (row["event"], row["ended_us"]))


def batches(result: lambdasim.Result, trigger: int = 0) -> list[dict[str, Any]]:
    """The invocation log of one trigger, in the order of sending."""
    table = rows_of(result.invocation_columns, trigger)
    return sorted(table, key=lambda row: (row["invoked_us"], row["event"], row["attempt"]))


def rows_of(columns: dict[str, np.ndarray], trigger: int) -> list[dict[str, Any]]:
    rows = [dict(zip(columns, map(int, values), strict=True)) for values in zip(*columns.values(), strict=True)]
    return [row for row in rows if row["trigger"] == trigger]


def series(result: lambdasim.Result, name: str, trigger: str = "q") -> list[float]:
    """A metric of CloudWatch by minute."""
    frame = result.trigger_timeline
    return frame.loc[frame["trigger"] == trigger, name].tolist()
