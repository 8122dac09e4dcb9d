"""Numbers of the book at their bounds: a run that uses all of them ends, and loses no event."""

from __future__ import annotations

import math

import pytest

from lambdasim.parameters import book as book_module
from tests.worlds import run

BOUNDED = [
    (path, bound)
    for file in book_module._files()
    for path, entry in book_module._read(file).items()
    for bound in (entry.least, entry.most)
    if math.isfinite(bound)
]
ARRIVALS = {"poisson": {"rate": "4/s"}}
OFTEN_CLOSED = {"error_rate": "20%", "outages": [{"at": "3s", "for": "2s"}]}
QUEUE = {"type": "sqs", "target": "f", "arrivals": ARRIVALS, "queue": {"max_receive_count": 2}}
RULE = {"type": "eventbridge", "target": "f", "arrivals": ARRIVALS}


def everything():
    """Every kind of trigger, with throttles, errors, outages and a loop."""
    return {
        "name": "everything",
        "duration": "8s",
        "drain": "40s",
        "functions": {
            "f": {
                "runtime": "python3.13",
                "timeout": 3,
                "handler": {"duration": "200 ms", "error_rate": "10%"},
                "reserved_concurrent_executions": 4,
                "event_invoke_config": {"on_failure": "dead"},
            },
            "g": {"runtime": "python3.13", "handler": {"duration": "10 ms"}},
            "loop": {"runtime": "python3.13", "handler": {"duration": "50 ms", "emits": [{"to": "round"}]}},
        },
        "triggers": {
            "plain": QUEUE,
            "fifo": QUEUE | {"queue": {"fifo": True, "dead_letter": "discard-counted"}},
            "wide": QUEUE | {"batch_size": 30, "maximum_batching_window_in_seconds": 1, "filter": {"pass": "90%"}},
            "provisioned": QUEUE | {"provisioned_poller_config": {}},
            "limited": QUEUE | {"scaling_config": {"maximum_concurrency": 2}},
            "dead": {"type": "sqs", "target": "g"},
            "round": {"type": "direct_async", "target": "loop", "arrivals": {"at_once": {"events": 2, "at": "1s"}}},
            "shards": {"type": "kinesis", "targets": ["f", "g"], "arrivals": ARRIVALS, "maximum_retry_attempts": 3},
            "pushed": {"type": "kinesis", "target": "f", "arrivals": ARRIVALS, "enhanced_fan_out": True},
            "table": {"type": "dynamodb_streams", "target": "f", "arrivals": ARRIVALS, "partition_keys": {"count": 9}},
            "files": {"type": "s3", "target": "f", "arrivals": ARRIVALS, "endpoint": OFTEN_CLOSED},
            "topic": {"type": "sns", "target": "f", "arrivals": ARRIVALS, "endpoint": OFTEN_CLOSED},
            "rule": RULE | {"endpoint": OFTEN_CLOSED},
            "bus": RULE | {"bus": "custom", "invocation_type": "REQUEST_RESPONSE"},
        },
    }


@pytest.mark.parametrize(("path", "bound"), BOUNDED)
def test_a_run_with_a_number_at_its_bound_ends_and_loses_no_event(path, bound):
    summary = run(everything() | {"parameters": {path: bound}}, log="none").summary()
    for function in summary["functions"].values():
        assert function["events"] == function["successes"] + function["final_failures"]["total"] + function["in_flight"]
    assert summary["functions"]["loop"]["events"] == 34  # two chains of 17
