"""Worlds reduced to one law: what the law does not speak of takes no time, and never ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import yaml

import lambdasim
from lambdasim.codes import Outcome

ENDLESS = {
    "idle_timeout": "unlimited",
    "surplus_idle_timeout": "unlimited",
    "maximum_lifetime": "unlimited",
    "recycle_rate": "0/h",
    "proactive_initialization": {"on_retirement": "0%", "otherwise": "0%"},
}
FREE_STARTS = {
    "cold_starts/platform_overhead": "0 s",
    "cold_starts/first_invocation/python3.13": dict.fromkeys((128, 256, 512, 1024), 1e-6),
}


def function(duration: Any, **keys: Any) -> dict[str, Any]:
    """A function that starts at once and whose run takes ``duration`` and nothing else."""
    keys = {"runtime": "python3.13", "timeout": 900, "init": {"duration": "0 s"}, **keys}
    return {**keys, "handler": {"duration": duration, **keys.get("handler", {})}}


def direct(target: str, arrivals: Any) -> dict[str, Any]:
    """A trigger whose callers never try again."""
    return {"type": "direct", "target": target, "arrivals": arrivals, "client": {"retries": "none"}}


def world(functions: dict[str, Any], triggers: dict[str, Any], *, duration: str, **keys: Any) -> lambdasim.Scenario:
    """A scenario of functions whose environments start for nothing and stay for ever."""
    keys = {"name": "law", "account": {"concurrent_executions": 100_000}, **keys}
    keys["lifecycle"] = {**ENDLESS, **keys.get("lifecycle", {})}
    keys["parameters"] = {**FREE_STARTS, **keys.get("parameters", {})}
    keys |= {"duration": duration, "functions": functions, "triggers": triggers}
    return lambdasim.parse_scenario(yaml.safe_dump(keys, sort_keys=False))


def log_of(scenario: lambdasim.Scenario, *, seed: int = 1) -> dict[str, np.ndarray]:
    """Run it; the invocation log in the order of the events, as int64."""
    columns = lambdasim.simulate(scenario, seed=seed).invocation_columns
    order = np.lexsort((columns["attempt"], columns["event"], columns["trigger"]))
    return {name: values[order].astype(np.int64) for name, values in columns.items()}


def ran(log: dict[str, np.ndarray]) -> np.ndarray:
    """Which rows ran on an environment."""
    return log["outcome"] < Outcome.THROTTLED


def throttled(log: dict[str, np.ndarray]) -> np.ndarray:
    """Which rows Lambda refused."""
    return log["outcome"] == Outcome.THROTTLED
