"""Scenarios drawn at random: small, crowded, and full of events that fall on one instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import lambdasim
from lambdasim.codes import Outcome

EXAMPLES = settings(
    max_examples=100,
    derandomize=True,  # the same worlds in every run: what fails once fails always
    database=None,
    suppress_health_check=list(HealthCheck),
)
ROUND = st.sampled_from(["1 ms", "500 ms", "1 s", "2 s", "5 s"])  # whole seconds meet the arrivals' whole seconds
DURATION = ROUND | st.sampled_from(
    [
        {"exponential": {"mean": "800 ms"}},
        {"lognormal": {"median": "300 ms", "p99": "4 s"}},
        {"uniform": {"low": "1 ms", "high": "3 s"}},
    ]
)
ARRIVALS = st.sampled_from(
    [
        "none",
        {"constant": {"rate": "1/s"}},
        {"constant": {"rate": "4/s"}},
        {"poisson": {"rate": "2/s"}},
        {"at_once": {"events": 25, "at": "0 s", "over": "0 s"}},
        {"at_once": {"events": 30, "at": "2 s", "over": "3 s"}},
        {"batch": {"rate": "0.5/s", "size": 6, "spacing": "0 s"}},
        {"sum": [{"constant": {"rate": "1/s"}}, {"at_once": {"events": 9, "at": "5 s", "over": "0 s"}}]},
    ]
)
NAMES = ("a", "b", "c")


def share(*percents: int) -> st.SearchStrategy[str]:
    """One of some percentages."""
    return st.sampled_from([f"{percent}%" for percent in percents])


def snap_starts() -> st.SearchStrategy[dict[str, Any]]:
    """SnapStart, with restores of whole seconds or as the book has them."""
    restores = [{}, {}, {"duration": "1 s"}, {"duration": "2 s", "billed_duration": {"exponential": {"mean": "1 s"}}}]
    return st.fixed_dictionaries({"apply_on": st.just("PublishedVersions"), "restore": st.sampled_from(restores)})


def functions() -> st.SearchStrategy[dict[str, Any]]:
    """A function, its failures and its limits."""
    handler = st.fixed_dictionaries(
        {"duration": DURATION, "error_rate": share(0, 0, 30), "crash_rate": share(0, 0, 30)},
        optional={"max_memory_used": st.sampled_from([100, 100, 5000]), "cpu_fraction": share(0, 50, 100)},
    )
    init = st.sampled_from([{}, {"duration": "0 s"}, {"duration": "1 s"}, {"duration": "11 s"}, {"code": "500 ms"}])
    return st.fixed_dictionaries(
        {
            "runtime": st.sampled_from(["python3.13", "java21"]),
            "memory_size": st.sampled_from([128, 512, 2048]),
            "timeout": st.sampled_from([1, 3, 30]),
            "handler": handler,
            "init": init,
        },
        optional={
            "reserved_concurrent_executions": st.sampled_from([0, 1, 2, 5]),
            "package_size": st.just("40 MB"),
            "layers": st.just(["20 MB", {"size": "5 MB", "unzipped_size": "30 MB"}]),
            "snap_start": snap_starts(),
            "vpc_config": st.just({"subnet_ids": ["a"], "security_group_ids": ["b"]}),
        },
    )


def clients() -> st.SearchStrategy[dict[str, Any]]:
    """A caller that may try again, and that may lose patience."""
    return st.fixed_dictionaries(
        {"retries": st.sampled_from(["none", "legacy", "standard", "adaptive"])},
        optional={"read_timeout": st.sampled_from(["1 s", "2 s", "60 s"]), "clients": st.sampled_from([1, 3])},
    )


@st.composite
def triggers(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """A trigger of any synchronous kind."""
    kind = draw(st.sampled_from(["direct", "api_gateway", "function_url", "alb", "journey"]))
    trigger = {"type": kind, "arrivals": draw(ARRIVALS), "client": draw(clients())}
    if kind == "journey":
        step = st.fixed_dictionaries({"invoke": st.sampled_from(names)}) | st.fixed_dictionaries({"wait": ROUND})
        first = {"invoke": draw(st.sampled_from(names))}
        flows = draw(st.lists(st.lists(step, max_size=3), min_size=1, max_size=2))
        trigger["flows"] = [{"weight": n + 1, "steps": [first, *steps]} for n, steps in enumerate(flows)]
        trigger["on_error"] = draw(st.sampled_from(["stop", "continue"]))
        return trigger
    trigger["target"] = draw(st.sampled_from(names))
    if kind == "api_gateway":
        trigger["api"] = draw(st.sampled_from(["rest", "http"]))
        if draw(st.booleans()):
            trigger |= {"rate": "2/s", "burst": 5}
        if draw(st.booleans()):
            trigger["integration_timeout"] = draw(st.sampled_from(["500 ms", "2 s"]))
    return trigger


def lifecycles() -> st.SearchStrategy[dict[str, Any]]:
    """Lives from none at all to endless."""
    timeout = st.sampled_from(["unlimited", "0 s", "1 s", "3 s", "600 s"])
    return st.fixed_dictionaries(
        {
            "idle_timeout": timeout,
            "surplus_idle_timeout": timeout,
            "maximum_lifetime": st.sampled_from(["unlimited", "unlimited", "2 s", "10 s"]),
            "recycle_rate": st.sampled_from(["0/h", "0/h", "720/h"]),
            "proactive_initialization": st.fixed_dictionaries(
                {"on_retirement": share(0, 50, 100), "otherwise": share(0, 0, 50)}
            ),
            "placement": st.sampled_from(
                ["most_recently_used", "least_recently_used", "newest_created", "oldest_created", "random"]
            ),
            "keep_alive": st.sampled_from(["renewed", "renewed", "not_renewed"]),
        }
    )


def parameters() -> st.SearchStrategy[dict[str, Any]]:
    """Limits that are soon reached, and cold starts of whole seconds."""
    return st.fixed_dictionaries(
        {"quotas/account/unreserved_minimum": st.just(0)},
        optional={
            "scaling/per_function/burst": st.sampled_from([1, 3, 10]),
            "scaling/per_function/refill_per_second": st.just(1),
            "scaling/regional_burst/initial/us-east-1": st.just(4),
            "cold_starts/platform_overhead": st.sampled_from(["0 s", "1 s"]),
            "quotas/account/requests_per_second_per_concurrency": st.sampled_from([1, 10]),
        },
    )


@st.composite
def worlds(draw: st.DrawFn, **fixed: Any) -> dict[str, Any]:
    """A scenario, as what YAML would give; ``fixed`` keys are not drawn."""
    names = NAMES[: draw(st.integers(1, 3))]
    world = {
        "name": "world",
        "seed": draw(st.integers(0, 1000)),
        "duration": draw(st.sampled_from(["1 s", "10 s", "70 s"])),
        "drain": draw(st.sampled_from(["0 s", "3 s", "15m"])),
        "account": {
            "concurrent_executions": draw(st.sampled_from([15, 20, 1000])),
            "scaling": draw(st.sampled_from(["per_function", "per_function", "regional_burst"])),
        },
        "lifecycle": draw(lifecycles()),
        "parameters": draw(parameters()),
        "functions": {name: draw(functions()) for name in names},
        "triggers": {f"t{n}": draw(triggers(names)) for n in range(draw(st.integers(1, 3)))},
    }
    return {**world, **fixed}


def parsed(world: dict[str, Any]) -> lambdasim.Scenario:
    """The scenario that a world is."""
    return lambdasim.parse_scenario(yaml.safe_dump(world, sort_keys=False))


@dataclass(frozen=True)
class Run:
    """A run of a world: its two logs as int64, ``log`` and ``lives``, and ``ran``, the rows that ran."""

    world: dict[str, Any]
    result: lambdasim.Result
    log: dict[str, np.ndarray]
    ran: dict[str, np.ndarray]
    lives: dict[str, np.ndarray]

    @property
    def ended_us(self) -> int:
        """When it ended, the drain included."""
        scenario = parsed(self.world)
        return scenario.duration_us + scenario.drain_us


def run(world: dict[str, Any], **options: Any) -> Run:
    """Simulate a world; environments stand in the order of their numbers."""
    result = lambdasim.simulate(parsed(world), **options)
    log = {name: values.astype(np.int64) for name, values in result.invocation_columns.items()}
    by_number = np.argsort(result.environment_columns["environment"])
    lives = {name: values.astype(np.int64)[by_number] for name, values in result.environment_columns.items()}
    rows = log["outcome"] < Outcome.THROTTLED
    return Run(world, result, log, {name: values[rows] for name, values in log.items()}, lives)
