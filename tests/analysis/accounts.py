"""Accounts of functions that share nothing but the account's limits, or a little more: drawn, with ties."""

from __future__ import annotations

import yaml

import lambdasim
from lambdasim.randomness import stream

DURATIONS = ["100 ms", "1 s", {"lognormal": {"median": "80 ms", "p99": "2 s"}}, {"exponential": {"mean": "300 ms"}}]
ARRIVALS = [
    {"constant": {"rate": "1/s"}},
    {"constant": {"rate": "20/min"}},
    {"poisson": {"rate": "3/s"}},
    {"poisson": {"rate": "10/min"}},
    {"at_once": {"events": 20, "at": "1m"}},
]
SCALED = {
    "function_version": "1",
    "provisioned_concurrent_executions": 2,
    "autoscaling": {
        "min_capacity": 1,
        "max_capacity": 5,
        "scheduled_actions": [
            {"schedule": "cron(1 * * * ? *)", "min_capacity": 4},
            {"schedule": "cron(3 * * * ? *)", "min_capacity": 1, "max_capacity": 2},
        ],
    },
}
CALLED = ["direct", "api_gateway", "function_url", "alb"]
QUEUED = ["direct_async", "s3", "sns", "eventbridge", "schedule"]


def account(seed, **keys):
    """A scenario of 2 to 12 functions for three minutes and a half, of which 40 s are warm-up."""
    rng = stream(seed, "account")
    names = [f"f{n}" for n in range(int(rng.integers(2, 13)))]
    functions, triggers = {name: function(rng) for name in names}, {}
    for name in names:
        for number in range(int(rng.integers(1, 3))):
            target = f"{name}:live" if "aliases" in functions[name] else name
            triggers[f"{name}-{number}"] = trigger(rng, target)
    if rng.random() < 0.3:
        steps = [{"invoke": names[0]}, {"wait": "1 s"}, {"invoke": names[1]}]
        triggers["visitors"] = {"type": "journey", "arrivals": pick(rng, ARRIVALS), "flows": [{"steps": steps}]}
    if rng.random() < 0.3:
        triggers["topic"] = {"type": "sns", "targets": [names[0], names[-1]], "arrivals": pick(rng, ARRIVALS)}
    return scenario(functions, triggers, **keys)


def scenario(functions, triggers, **keys):
    world = {"name": "account", "seed": 3, "duration": "210 s", "warm_up": "40 s", "drain": "5m"}
    return lambdasim.parse_scenario(yaml.safe_dump({**world, "functions": functions, "triggers": triggers, **keys}))


def function(rng):
    made = {
        "runtime": "python3.13",
        "memory_size": 256,
        "timeout": int(rng.integers(1, 5)),
        "handler": {"duration": pick(rng, DURATIONS), "error_rate": pick(rng, ["0%", "10%"])},
        "init": {"duration": pick(rng, ["200 ms", {"uniform": {"low": "100 ms", "high": "1 s"}}])},
    }
    kind = rng.random()
    if kind < 0.2:
        made["reserved_concurrent_executions"] = int(rng.integers(0, 4))
    elif kind < 0.4:
        made["provisioned_concurrent_executions"] = int(rng.integers(1, 4))
    elif kind < 0.55:
        made |= {"reserved_concurrent_executions": 10, "aliases": {"live": SCALED}}
    elif kind < 0.65:
        made["snap_start"] = {"apply_on": "PublishedVersions"}
    return made


def trigger(rng, target):
    kind = pick(rng, CALLED + QUEUED)
    made = {"type": kind, "target": target, "arrivals": pick(rng, ARRIVALS)}
    if kind == "schedule":
        made["arrivals"] = {"schedule": {"expression": "rate(1 minute)"}}
    if kind == "direct":
        made["client"] = {"retries": pick(rng, ["none", "standard", "adaptive"]), "read_timeout": "2 s"}
    return made


def pick(rng, values):
    return values[int(rng.integers(len(values)))]
