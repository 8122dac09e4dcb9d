"""Scenarios drawn at random over every kind of trigger whose events wait, fed by each other."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.strategies import ARRIVALS, DURATION, NAMES, functions, lifecycles, parameters, share

QUICK = {  # so that little is still under way when the drain ends
    "triggers/asynchronous/event_queue/function_error_waits_s": [1, 2],
    "triggers/asynchronous/s3/delay": "500 ms",
}
PARTIAL = st.sampled_from([{}, {"function_response_types": ["ReportBatchItemFailures"]}])


def _kinds(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """The keys of one kind."""
    if kind == "sqs":
        keys: dict[str, Any] = {
            "queue": {"visibility_timeout": draw(st.sampled_from(["30 s", "40 s"])), "max_receive_count": 2}
            | draw(st.sampled_from([{}, {"backlog": 30}, {"delay": "2 s"}, {"fifo": True, "message_groups": 3}])),
            "batch_size": draw(st.sampled_from([1, 3, 10])),
        }
        if "fifo" not in keys["queue"]:
            keys["maximum_batching_window_in_seconds"] = draw(st.sampled_from([0, 1]))
        if draw(st.booleans()):
            keys["scaling_config"] = {"maximum_concurrency": 2}
        return keys | draw(PARTIAL)
    if kind in ("kinesis", "dynamodb_streams"):
        keys = {
            "shards": draw(st.sampled_from([1, 2])),
            "batch_size": draw(st.sampled_from([1, 4, 100])),
            "parallelization_factor": draw(st.sampled_from([1, 2])),
            "maximum_retry_attempts": draw(st.sampled_from([0, 1, 3])),
            "bisect_batch_on_function_error": draw(st.booleans()),
        }
        return keys | draw(st.sampled_from([{}, {"partition_keys": {"count": 5, "zipf": 1.0}}])) | draw(PARTIAL)
    if kind == "schedule":
        return {
            "arrivals": {"schedule": {"expression": "rate(1 minute)"}},
            "service": draw(st.sampled_from(["rule", "scheduler"])),
        }
    if kind == "eventbridge":
        return draw(st.sampled_from([{}, {"bus": "custom"}, {"bus": "custom", "invocation_type": "REQUEST_RESPONSE"}]))
    return {}


@st.composite
def queued_worlds(draw: st.DrawFn, **fixed: Any) -> dict[str, Any]:
    """A scenario, as what YAML would give; what fails goes to a queue of its own, and some successes feed others."""
    names = NAMES[: draw(st.integers(1, 3))]
    kinds = draw(
        st.lists(
            st.sampled_from(
                ["direct_async", "s3", "sns", "eventbridge", "schedule", "sqs", "sqs", "kinesis", "dynamodb_streams"]
            ),
            min_size=1,
            max_size=4,
        )
    )
    triggers: dict[str, Any] = {}
    for number, kind in enumerate(kinds):
        trigger = {"type": kind, "target": draw(st.sampled_from(names)), "arrivals": draw(ARRIVALS)}
        triggers[f"t{number}"] = trigger | _kinds(draw, kind)
    triggers["dead"] = {"type": "sqs", "target": "z", "queue": {"visibility_timeout": "30 s"}}
    triggers["web"] = {"type": "function_url", "target": names[0], "arrivals": {"poisson": {"rate": "1/s"}}}
    functions_: dict[str, Any] = {name: draw(functions()) for name in names}
    for function in functions_.values():
        function["timeout"] = min(function["timeout"], 30)
        function["handler"] |= draw(st.sampled_from([{}, {"per_record": "100 ms"}, {"record_error_rate": "20%"}]))
        if draw(st.booleans()):
            function["event_invoke_config"] = {
                "on_failure": "dead",
                "maximum_retry_attempts": draw(st.sampled_from([0, 1, 2])),
                "maximum_event_age_in_seconds": 60,
            }
        feedable = [name for name, trigger in triggers.items() if trigger["type"] not in ("schedule", "function_url")]
        if draw(st.booleans()):
            function["handler"]["emits"] = [
                {"to": draw(st.sampled_from(feedable)), "events": 1, "probability": draw(share(20, 40))}
            ]
    functions_["z"] = {"runtime": "python3.13", "timeout": 30, "handler": {"duration": draw(DURATION)}}
    for trigger in triggers.values():
        if trigger["type"] == "sqs" and not trigger["queue"].get("fifo") and trigger is not triggers["dead"]:
            trigger["queue"] |= draw(st.sampled_from([{}, {"dead_letter": "dead"}, {"dead_letter": "discard-counted"}]))
    world = {
        "name": "world",
        "seed": draw(st.integers(0, 1000)),
        "duration": draw(st.sampled_from(["1 s", "10 s", "70 s"])),
        "drain": draw(st.sampled_from(["0 s", "3 s", "15m"])),
        "account": {"concurrent_executions": draw(st.sampled_from([15, 20, 1000]))},
        "lifecycle": draw(lifecycles()),
        "parameters": draw(parameters()) | QUICK,
        "functions": functions_,
        "triggers": triggers,
    }
    return {**world, **fixed}
