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


def one_refused_api(rate_per_s: float, service: Any, duration_s: float) -> lambdasim.Scenario:
    """One function with room for 80 at once, whose callers try again as an SDK does."""
    called = {"type": "direct", "target": "f", "arrivals": {"poisson": {"rate": f"{rate_per_s}/s"}}}
    limited = function(service) | {"reserved_concurrent_executions": 80}
    return scenario({"f": limited}, {"web": called | {"client": {"retries": "standard"}}}, duration_s, drain="10m")


def one_tracked_api(rate_per_s: float, service: Any, duration_s: float) -> lambdasim.Scenario:
    """One function with provisioned concurrency whose autoscaler follows traffic that swells and ebbs every hour."""
    turns = range(int(duration_s // 1800) + 2)
    points = [[f"{1800 * turn} s", f"{rate_per_s * (1.5 if turn % 2 else 0.5)}/s"] for turn in turns]
    scaling = {"min_capacity": 50, "max_capacity": 1000, "target_value": 0.7}
    live = {"function_version": "1", "provisioned_concurrent_executions": 100, "autoscaling": scaling}
    web = api("f:live", rate_per_s) | {"arrivals": {"piecewise": {"points": points}}}
    return scenario({"f": function(service) | {"aliases": {"live": live}}}, {"web": web}, duration_s)


def one_replayable_function(rate_per_s: float, service: Any, duration_s: float) -> lambdasim.Scenario:
    """One function as other simulators know it: a fixed idle expiry of 600 s, the newest environment first."""
    lifecycle = {
        "idle_timeout": "600 s",
        "surplus_idle_timeout": "600 s",
        "maximum_lifetime": "unlimited",
        "recycle_rate": "0/h",
        "placement": "newest_created",
        "proactive_initialization": {"on_retirement": "0%", "otherwise": "0%"},
    }
    called = {"type": "direct", "target": "f", "arrivals": {"poisson": {"rate": f"{rate_per_s}/s"}}}
    requests = called | {"client": {"retries": "none"}}
    return scenario({"f": function(service)}, {"web": requests}, duration_s, lifecycle=lifecycle, drain="10m")
