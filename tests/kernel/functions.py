"""Functions of generated worlds: what they do and how they fail, their limits, versions and aliases."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.kernel.paces import PACES, Options, Pace, pick

ERRORS = pick(["0%", "0%", "20%", "70%"])
UNMEASURED = "python3.6"
"""A runtime of which the book knows neither init nor first call: nothing but what is written takes time."""
CRASHES = pick(["0%", "0%", "30%"])
MEMORY = pick([100, 100, 100, 100, 100, 5000])


def configurations(pace: Pace) -> Options:
    """What a function does; of what may fail and how long it lasts, versions may differ."""
    uneven: dict[str, Options] = {"measured_at": pick([256, 1769]), "cpu_fraction": pick(["0%", "50%"])}
    handler = st.fixed_dictionaries(
        {"duration": pace.works},
        optional={"error_rate": ERRORS, "crash_rate": CRASHES, "max_memory_used": MEMORY}
        | ({} if pace.even else uneven),
    )
    return st.fixed_dictionaries(
        {
            "runtime": st.just(UNMEASURED) if pace.even else pick([UNMEASURED, "python3.13", "java21"]),
            "memory_size": pick([1769, 128, 2048]),
            "timeout": pace.timeouts,
            "handler": handler,
            "init": pace.inits,
        },
        optional={} if pace.even else {"package_size": pick(["9 MB", "40 MB"])},
    )


RESTORES = pick([{}, {}, {"duration": "1 s"}, {"duration": "2 s", "billed_duration": {"exponential": {"mean": "1 s"}}}])
EVENT_CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "maximum_retry_attempts": pick([0, 1, 2, 9]),
        "maximum_event_age_in_seconds": pick([2, 60, 300]),
        "on_success": st.just("discard-counted"),
        "on_failure": st.just("discard-counted"),
    },
)
EVENT_KEYS = st.fixed_dictionaries(
    {},
    optional={
        "event_invoke_config": EVENT_CONFIGS,
        "dead_letter_config": st.just({"target": "discard-counted"}),
    },
)
RESERVED = pick([{}, {}, {}, {}, *({"reserved_concurrent_executions": most} for most in (1, 2, 5, 0))])
KINDS = pick(["plain", "plain", "plain", "snap_start", "published", "kept", "provisioned", "scaled", "scaled"])
WEIGHTS = pick(["10%", "50%", "50%", "100%"])
AMOUNTS = st.integers(1, 3)


@st.composite
def functions(draw: st.DrawFn, pace: Pace) -> tuple[dict[str, Any], list[str], int]:
    """A function, by which qualifiers it may be invoked, and what it provisions."""
    function = {**draw(CONFIGURATIONS[pace]), **draw(EVENT_KEYS), **draw(RESERVED)}
    kind = draw(KINDS)
    if kind == "snap_start":
        function["runtime"] = "python3.13"
        function["snap_start"] = {"apply_on": "PublishedVersions", "restore": draw(RESTORES)}
    if function["runtime"] == UNMEASURED and "duration" not in function["init"]:
        function["init"] = {"duration": "1 s"}
    if kind in ("plain", "snap_start"):
        return function, ["", "", ":1", ":$LATEST"] if kind == "snap_start" else [""], 0
    if kind != "published" and function.get("reserved_concurrent_executions", 9) < 5:
        del function["reserved_concurrent_executions"]
    amount = 0 if kind == "published" else draw(AMOUNTS)
    if kind == "kept":
        return {**function, "provisioned_concurrent_executions": amount}, ["", "", ":live", ":$LATEST"], amount
    other = draw(CONFIGURATIONS[pace])
    function["versions"] = {"2": {key: other[key] for key in ("memory_size", "timeout", "handler")}}
    live, following, amount = _aliases(draw, pace, kind, amount)
    function["aliases"] = {"live": live, "next": following}
    return function, ["", ":live", ":live", ":next", ":2", ":$LATEST"], amount


def _aliases(draw: st.DrawFn, pace: Pace, kind: str, amount: int) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Two aliases, the first of which may route to the other's version too, and what they provision together."""
    first, second = draw(pick([("1", "2"), ("1", "2"), ("2", "1")]))
    live: dict[str, Any] = {"function_version": first}
    following: dict[str, Any] = {"function_version": second}
    if routed := draw(st.booleans()):
        live["routing_config"] = {"additional_version_weights": {second: draw(WEIGHTS)}}
    if amount:
        live["provisioned_concurrent_executions"] = amount
    if kind == "scaled":
        live["autoscaling"] = draw(AUTOSCALING[pace])
    elif amount and not routed:
        following["provisioned_concurrent_executions"] = 2
        amount += 2
    return live, following, amount


def autoscaling(pace: Pace) -> Options:
    """Target tracking, scheduled actions, or both; some ask for more than there is to be had."""
    bounds = pick(
        [
            *(
                {"min_capacity": least, "max_capacity": most}
                for least, most in ((0, 1), (2, 3), (4, 6), (30, 40), (0, 0))
            ),
            *({"min_capacity": 5}, {"max_capacity": 1}),
        ]
    )
    action = st.builds(lambda due, bounds: {"schedule": due, **bounds}, pace.due, bounds)
    return st.fixed_dictionaries(
        {
            "min_capacity": pick([0, 1]),
            "max_capacity": pick([6, 40]),
            "scheduled_actions": st.lists(action, max_size=3),
        },
        optional={
            "target_value": pick([0.1, 0.3, 0.5, 0.7, 0.9]),
            "statistic": pick(["Average", "Maximum"]),
            "scale_in_cooldown": pick([0, 60, 180]),
            "scale_out_cooldown": pick([0, 60, 180]),
            "disable_scale_in": st.booleans(),
        },
    )


CONFIGURATIONS = {pace: configurations(pace) for pace in PACES}
AUTOSCALING = {pace: autoscaling(pace) for pace in PACES}
