"""Small scenarios for tests of the engine: times are exact, cold starts take what the test says."""

from __future__ import annotations

import copy
from typing import Any

import yaml

import lambdasim
from lambdasim.codes import Outcome, StartCause, StartType

EXACT_LIFE = {
    "idle_timeout": "600 s",
    "surplus_idle_timeout": "600 s",
    "maximum_lifetime": "unlimited",
    "recycle_rate": "0/h",
    "proactive_initialization": {"on_retirement": "0%", "otherwise": "0%"},
}


def at(*times: str, events: int = 1) -> dict[str, Any]:
    """Arrivals at exact instants: ``at("0s", "10s")``."""
    return {"sum": [{"at_once": {"events": events, "at": time, "over": "0s"}} for time in times]}


def world(**changes: Any) -> dict[str, Any]:
    """One function ``f`` behind a direct trigger without retries; no platform overhead, 100 ms of init.

    Keys of ``changes`` replace the top level's, except ``function``, ``handler``, ``init``, ``trigger`` and
    ``lifecycle``, which are merged into the function's, its handler's, its init's, the trigger's and the lifecycle.
    """
    document: dict[str, Any] = {
        "name": "world",
        "duration": "1h",
        "lifecycle": dict(EXACT_LIFE),
        "parameters": {"cold_starts/platform_overhead": "0 s"},
        "functions": {
            "f": {
                "runtime": "python3.6",  # no first-call extra was measured for it
                "memory_size": 1769,
                "timeout": 30,
                "init": {"duration": "100 ms"},
                "handler": {"duration": "1 s"},
            }
        },
        "triggers": {"t": {"type": "direct", "target": "f", "client": {"retries": "none"}, "arrivals": at("0s")}},
    }
    changes = copy.deepcopy(changes)
    function = document["functions"]["f"]
    function |= changes.pop("function", {})
    function["handler"] |= changes.pop("handler", {})
    function["init"] = changes.pop("init", function["init"])
    document["triggers"]["t"] |= changes.pop("trigger", {})
    document["lifecycle"] |= changes.pop("lifecycle", {})
    document["parameters"] |= changes.pop("parameters", {})
    return document | changes


def load(document: dict[str, Any]) -> Any:
    return lambdasim.parse_scenario(yaml.safe_dump(document, sort_keys=False))


def run(document: dict[str, Any], **options: Any) -> Any:
    return lambdasim.simulate(load(document), **options)


def rows(result: Any) -> list[dict[str, Any]]:
    """The invocation log as dicts, in the order of arrival, with codes as enum members."""
    columns = result.invocation_columns
    table = [dict(zip(columns, map(int, values), strict=True)) for values in zip(*columns.values(), strict=True)]
    for row in table:
        row["outcome"] = Outcome(row["outcome"])
        row["start_type"] = StartType(row["start_type"])
        row["start_cause"] = StartCause(row["start_cause"])
        row["duration_us"] = row["ended_us"] - row["started_us"]
        row["wait_us"] = row["started_us"] - row["invoked_us"]
    return sorted(table, key=lambda row: (row["invoked_us"], row["trigger"], row["event"], row["attempt"]))


def environments(result: Any) -> list[dict[str, int]]:
    """The environment log as dicts, in the order of the environments' numbers."""
    columns = result.environment_columns
    table = [dict(zip(columns, map(int, values), strict=True)) for values in zip(*columns.values(), strict=True)]
    return sorted(table, key=lambda row: row["environment"])
