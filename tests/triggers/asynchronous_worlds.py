"""Worlds of asynchronous events in which every wait has its exact length, unless a test says otherwise."""

from __future__ import annotations

from typing import Any

from lambdasim.codes import Fate, Kept
from tests.worlds import EXACT_LIFE, at, run

BOOK = "triggers/asynchronous"
EXACT = {
    "cold_starts/platform_overhead": "0 s",
    f"{BOOK}/event_queue/hop": "0 s",
    f"{BOOK}/event_queue/throttle_backoff/jitter": "0%",
    f"{BOOK}/backoff/jitter": "0%",
    f"{BOOK}/sns/retries/jitter": "0%",
    f"{BOOK}/sns/delay": "0 s",
    f"{BOOK}/s3/delay": "0 s",
    f"{BOOK}/eventbridge/delay": "0 s",
    f"{BOOK}/schedule/scheduler/precision": "0 s",
    f"{BOOK}/schedule/rule/precision": "0 s",
}
NO_ENVIRONMENT_EVER = {"scaling/per_function/burst": 0, "scaling/per_function/refill_per_second": 0}


def function(duration: Any = "1 s", *, handler: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """A function without a cold start."""
    keys = {"runtime": "python3.6", "memory_size": 1769, "timeout": 900, "init": {"duration": "0 s"}, **keys}
    return {**keys, "handler": {"duration": duration, **(handler or {})}}


def asynchronous(  # one world for many tests: each changes a little
    kind: str = "direct_async",
    f: dict[str, Any] | None = None,
    *,
    functions: dict[str, Any] | None = None,
    triggers: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    world: dict[str, Any] | None = None,
    **trigger: Any,
) -> dict[str, Any]:
    """Function ``f`` behind trigger ``t`` of a kind; one event at 0 s by default."""
    own = {"type": kind, "arrivals": at("0s"), **trigger}
    if "targets" not in own:
        own.setdefault("target", "f")
    return {
        "name": "asynchronous",
        "duration": "1h",
        "lifecycle": dict(EXACT_LIFE),
        "parameters": {**EXACT, **(parameters or {})},
        "functions": {"f": f or function(), **(functions or {})},
        "triggers": {"t": own, **(triggers or {})},
        **(world or {}),
    }


def events(result: Any, trigger: int | None = 0) -> list[dict[str, Any]]:
    """The rows of the event log that are of one trigger (None: of all), by event and function."""
    columns = result.event_columns
    table = [dict(zip(columns, map(int, values), strict=True)) for values in zip(*columns.values(), strict=True)]
    for row in table:
        row["fate"], row["kept"] = Fate(row["fate"]), Kept(row["kept"])
    wanted = [row for row in table if trigger is None or row["trigger"] == trigger]
    return sorted(wanted, key=lambda row: (row["trigger"], row["event"], row["function"]))


def only(result: Any, trigger: int = 0) -> dict[str, Any]:
    """The one event of a trigger."""
    (row,) = events(result, trigger)
    return row


def tries_s(result: Any, event: int = 0, trigger: int = 0) -> list[float]:
    """When an event was sent to its function, in seconds, try by try."""
    log = result.invocation_columns
    mine = (log["event"] == event) & (log["trigger"] == trigger)
    return sorted(float(at_us) / 1e6 for at_us in log["invoked_us"][mine])


def counts(result: Any, trigger: str = "t") -> dict[str, Any]:
    """What the summary says of a trigger."""
    return result.summary()["triggers"][trigger]


__all__ = [
    "BOOK",
    "EXACT",
    "NO_ENVIRONMENT_EVER",
    "asynchronous",
    "at",
    "counts",
    "events",
    "function",
    "only",
    "run",
    "tries_s",
]
