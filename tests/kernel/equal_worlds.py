"""Worlds drawn at random over all that the compiled engine covers: small, crowded, and full of ties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.kernel.functions import functions
from tests.kernel.overrides import overrides
from tests.kernel.paces import PACES, QUICK, QUICK_EVEN, SLOW, SLOW_EVEN, Options, Pace, pick

World = dict[str, Any]
CALLED = ("direct", "direct", "api_gateway", "function_url", "alb", "journey")
QUEUED = ("direct_async", "direct_async", "s3", "sns", "eventbridge", "schedule")
NAMES = ("a", "b", "c")


# -- how environments live


def lifecycles(pace: Pace) -> Options:
    """Lives from none at all to endless, or a preset's; what is not drawn is the preset's."""
    return st.fixed_dictionaries(
        {
            "placement": pick(
                ["most_recently_used", "least_recently_used", "newest_created", "oldest_created", "random"]
            )
        },
        optional={
            "preset": pick(["default", "aws-2020", "aws-2021"]),
            "idle_timeout": pace.idling,
            "surplus_idle_timeout": pace.idling,
            "maximum_lifetime": pace.lifetimes,
            "recycle_rate": pace.recycling,
            "proactive_initialization": st.fixed_dictionaries(
                {}, optional={"on_retirement": pick(["0%", "50%", "100%"]), "otherwise": pick(["0%", "50%", "100%"])}
            ),
            "keep_alive": pick(["renewed", "not_renewed"]),
        },
    )


# -- triggers


def clients(pace: Pace) -> Options:
    """Callers that may try again, and may lose patience."""
    return st.fixed_dictionaries(
        {"retries": pick(["none", "legacy", "standard", "adaptive", "adaptive"])},
        optional={"read_timeout": pace.patience, "clients": pick([2, 3])},
    )


def gateways(pace: Pace) -> Options:
    """What an API of API Gateway has beside its client."""
    return st.fixed_dictionaries(
        {
            "api": pick(["rest", "http"]),
            "throttling": pick([{}, {"rate": "1/min", "burst": 1}, {"rate": "1/s", "burst": 3}, {"rate": "3/s"}]),
        },
        optional={"integration_timeout": pace.integration_timeouts},
    )


def steps(pace: Pace) -> Options:
    """What follows on the first call of a journey's flow: calls, by a number, and waits."""
    return st.lists(st.integers(0, 9) | pace.works, max_size=3)


BY_PACE = {
    pace: {
        "lifecycle": lifecycles(pace),
        "client": clients(pace),
        "gateway": gateways(pace),
        "flows": st.lists(steps(pace), min_size=1, max_size=2),
        "functions": functions(pace),
    }
    for pace in PACES
}
QUICK_SCHEDULES = pick(["rate(1 minute)", "cron(* * * * ? *)", "at(2026-01-05T00:00:05)"])
SLOW_SCHEDULES = pick(["rate(1 minute)", "rate(5 minutes)", "cron(0/3 * * * ? *)"])
SCHEDULES = {pace: QUICK_SCHEDULES if pace in (QUICK, QUICK_EVEN) else SLOW_SCHEDULES for pace in PACES}
ON_ERROR = pick(["stop", "continue"])
LARGE = pick([False, False, False, True])


def _called(draw: st.DrawFn, pace: Pace, targets: list[str]) -> World:
    """A trigger whose callers wait for the answer."""
    own = BY_PACE[pace]
    trigger: World = {"type": draw(pick(CALLED)), "arrivals": draw(pace.arrivals), "client": draw(own["client"])}
    target = pick(targets)
    if trigger["type"] == "journey":
        flows = [[{"invoke": draw(target)}, *_steps(some, targets)] for some in draw(own["flows"])]
        trigger["flows"] = [{"weight": number + 1, "steps": steps} for number, steps in enumerate(flows)]
        return {**trigger, "on_error": draw(ON_ERROR)}
    trigger["target"] = draw(target)
    if trigger["type"] == "api_gateway":
        gateway = draw(own["gateway"])
        return {**trigger, **gateway.pop("throttling"), **gateway}
    return trigger


def _steps(drawn: list[Any], targets: list[str]) -> list[World]:
    return [{"invoke": targets[some % len(targets)]} if isinstance(some, int) else {"wait": some} for some in drawn]


def _queued(draw: st.DrawFn, pace: Pace, targets: list[str]) -> World:
    """A trigger that hands its events to Lambda's event queue."""
    kind = draw(pick(QUEUED))
    trigger: World = {"type": kind, "arrivals": draw(pace.arrivals), "target": draw(pick(targets))}
    if draw(LARGE):
        trigger["payload_size"] = "200 KB" if kind == "sns" else "600 KB"
    if kind in ("sns", "eventbridge") and draw(st.booleans()):
        several = {target.partition(":")[0]: target for target in targets}  # no function twice
        own = trigger.pop("target")
        several[own.partition(":")[0]] = own
        trigger["targets"] = list(several.values())
    if kind == "eventbridge":
        trigger["bus"] = draw(pick(["classic", "custom"]))
    if kind == "schedule":
        trigger["arrivals"] = {"schedule": {"expression": draw(SCHEDULES[pace])}}
        trigger["service"] = draw(pick(["rule", "scheduler"]))
        if trigger["service"] == "scheduler" and draw(st.booleans()):
            trigger["flexible_time_window"] = "1m"
    return trigger


# -- the world


QUOTAS = pick([1000, 1000, 20, 8, 4, 3, 2])
SCALING = pick(["per_function", "per_function", "regional_burst"])
SEEDS = st.integers(0, 10_000)
ARE_QUEUED = pick([1, 2, 2, 3, 4]).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n))


@st.composite
def equal_worlds(draw: st.DrawFn, pace: Pace) -> World:
    """A scenario, as what YAML would give."""
    drawn = [draw(BY_PACE[pace]["functions"]) for _ in range(draw(pick([1, 1, 2, 3])))]
    targets = [
        f"{name}{qualifier}" for name, (_, qualifiers, _) in zip(NAMES, drawn, strict=False) for qualifier in qualifiers
    ]
    are_queued = draw(ARE_QUEUED)
    triggers = [(_queued if is_queued else _called)(draw, pace, targets) for is_queued in are_queued]
    needed = sum(function.get("reserved_concurrent_executions", amount) for function, _, amount in drawn)
    duration, warm_up, drain = draw(pace.spans)
    return {
        "name": "world",
        "seed": draw(SEEDS),
        "duration": duration,
        "warm_up": warm_up,
        "drain": drain,
        "account": {"concurrent_executions": max(draw(QUOTAS), needed), "scaling": draw(SCALING)},
        "lifecycle": draw(BY_PACE[pace]["lifecycle"]),
        "parameters": draw(
            overrides(
                even=pace.even,
                callers=not all(are_queued),
                events=any(are_queued),
                provisioned=any(amount for _, _, amount in drawn),
            )
        ),
        "functions": {name: function for name, (function, _, _) in zip(NAMES, drawn, strict=False)},
        "triggers": {f"t{number}": trigger for number, trigger in enumerate(triggers)},
    }


QUICK_WORLDS = equal_worlds(QUICK_EVEN) | equal_worlds(QUICK)
SLOW_WORLDS = equal_worlds(SLOW_EVEN) | equal_worlds(SLOW)
