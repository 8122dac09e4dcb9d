"""The workloads that the benchmark times and whose events are counted."""

from __future__ import annotations

from typing import Any

import yaml

import lambdasim

LASTING = {
    "idle_timeout": "unlimited",
    "surplus_idle_timeout": "unlimited",
    "maximum_lifetime": "unlimited",
    "recycle_rate": "0/h",
}


def scenario(functions: dict[str, Any], triggers: dict[str, Any], duration_s: float, **keys: Any) -> lambdasim.Scenario:
    """A scenario whose limits are out of reach."""
    keys = {
        "name": "benchmark",
        "account": {"concurrent_executions": 1_000_000},
        "parameters": {"scaling/per_function/burst": 1_000_000},
        "duration": f"{duration_s} s",
        "functions": functions,
        "triggers": triggers,
        **keys,
    }
    return lambdasim.parse_scenario(yaml.safe_dump(keys, sort_keys=False))


def function(service: Any) -> dict[str, Any]:
    """A function with room for long calls."""
    return {"runtime": "python3.13", "memory_size": 512, "timeout": 60, "handler": {"duration": service}}


def api(target: str, rate_per_s: float) -> dict[str, Any]:
    """An HTTP API under Poisson requests."""
    return {"type": "api_gateway", "target": target, "arrivals": {"poisson": {"rate": f"{rate_per_s}/s"}}}


def one_api(rate_per_s: float, service: Any, duration_s: float, **keys: Any) -> lambdasim.Scenario:
    """One function behind one API."""
    return scenario({"f": function(service)}, {"web": api("f", rate_per_s)}, duration_s, **keys)


def one_event_source(rate_per_s: float, service: Any, duration_s: float, **keys: Any) -> lambdasim.Scenario:
    """One function that is invoked asynchronously, by the requests of ``one_api``."""
    trigger = api("f", rate_per_s) | {"type": "direct_async"}
    return scenario({"f": function(service)}, {"web": trigger}, duration_s, **keys)


def many_apis(functions: int, rate_per_s: float, service: Any, duration_s: float) -> lambdasim.Scenario:
    """The same requests spread over many functions, each behind an API of its own."""
    names = [f"f{n}" for n in range(functions)]
    share = rate_per_s / functions
    triggers = {f"to-{name}": api(name, share) for name in names}
    return scenario({name: function(service) for name in names}, triggers, duration_s)
