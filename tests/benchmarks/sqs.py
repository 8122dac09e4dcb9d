"""Speed and memory of SQS, as ratios within one run: ``python -m tests.benchmarks.sqs``.

In the manner of tests/benchmarks/engine.py: A and B in turn, the fastest of each, in processor time. It prints, and
never judges; tests/benchmarks/test_sqs_event_counts.py holds what can be counted.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import lambdasim
from lambdasim.randomness import stream
from tests.benchmarks.engine import RATE_PER_S, SERVICE, bare_simpy, fastest, report
from tests.benchmarks.workloads import LASTING, function, scenario

MESSAGES = 300_000


def queue(duration_s: float, service: Any = SERVICE, **keys: Any) -> lambdasim.Scenario:
    """A queue with a dead-letter queue, and a function of its own."""
    settings = {"visibility_timeout": "6m", "max_receive_count": 5, **keys.pop("queue", {})}
    trigger = {"type": "sqs", "target": "f", "queue": settings, **keys}
    return scenario({"f": function(service)}, {"q": trigger}, duration_s, drain="30m", lifecycle=LASTING)


def backlog(messages: int, service: Any = SERVICE, **keys: Any) -> lambdasim.Scenario:
    """A queue with messages that wait: it is polled in full batches."""
    return queue(60, service, queue={"backlog": messages, **keys.pop("queue", {})}, **keys)


def batches_of_ten() -> None:
    """Messages a second, with full logs and metrics, against processes a second of a bare SimPy loop."""
    rng = stream(1, "benchmark")
    gaps_s = (rng.exponential(1 / RATE_PER_S, MESSAGES)).tolist()
    services_s = rng.lognormal(-2.5, 0.69, MESSAGES).tolist()
    waiting = backlog(MESSAGES)
    limited = {"scaling_config": {"maximum_concurrency": 40}}  # four fifths of its time busy, in batches of nearly ten
    steady = queue(MESSAGES / 4000, "80 ms", arrivals={"poisson": {"rate": "4000/s"}}, batch_size=10, **limited)
    fifo = backlog(MESSAGES, queue={"fifo": True, "message_groups": 1000})
    bare, *ours = fastest(
        lambda: bare_simpy(gaps_s, services_s),
        *(partial(lambdasim.simulate, world) for world in (waiting, steady, fifo)),
        rounds=3,
    )
    print(f"bare SimPy: {MESSAGES / bare:,.0f} processes/s")
    names = {"a backlog": ">= 1", "steady traffic": ">= 1", "a FIFO queue of 1,000 groups": "-"}
    for (what, target), seconds in zip(names.items(), ours, strict=True):
        print(f"{what}: {MESSAGES / seconds:,.0f} messages/s")
        report(f"{what} in batches of ten: speed over bare SimPy", f"{bare / seconds:.2f}", target)


def quiet_queue() -> None:
    """What a message costs that is alone in its batch, against a request of an API."""
    messages = 100_000
    ours, api = fastest(
        partial(lambdasim.simulate, queue(messages / RATE_PER_S, arrivals={"poisson": {"rate": f"{RATE_PER_S}/s"}})),
        partial(lambdasim.simulate, one_api(messages / RATE_PER_S)),
        rounds=3,
    )
    report("a message alone in its batch: time over an API's request", f"{ours / api:.2f}", "-")


def one_api(duration_s: float) -> lambdasim.Scenario:
    """The same traffic through an HTTP API."""
    arrivals = {"poisson": {"rate": f"{RATE_PER_S}/s"}}
    return scenario(
        {"f": function(SERVICE)}, {"web": {"type": "api_gateway", "target": "f", "arrivals": arrivals}}, duration_s
    )


def cost_with_the_backlog() -> None:
    """Processor time per message with a large backlog over that with a small one: of each, the difference of two."""
    sizes = (50_000, 250_000, 500_000, 1_500_000)
    limited = {"scaling_config": {"maximum_concurrency": 50}}
    times = fastest(*(partial(lambdasim.simulate, backlog(size, **limited)) for size in sizes), rounds=2)
    small = (times[1] - times[0]) / (sizes[1] - sizes[0])
    large = (times[3] - times[2]) / (sizes[3] - sizes[2])
    print(f"{1e6 * large:.2f} us a message against {1e6 * small:.2f}")
    report("cost per message: a backlog of 1,500,000 over one of 250,000", f"{large / small:.2f}", "<= 1.2")


MILLION = """\
import resource, time
import lambdasim
from tests.benchmarks.sqs import backlog
world = backlog(1_000_000, "1 s")
began = time.perf_counter()
result = lambdasim.simulate(world)
found = result.summary()["triggers"]["q"]
assert found["successes"] == 1_000_000
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found["drained_s"])
"""


def a_million() -> None:
    """A backlog of a million, runs of one second, batches of ten: in a process of its own."""
    answer = subprocess.run([sys.executable, "-c", MILLION], check=True, capture_output=True, text=True)
    wall_s, peak_mb, drained_s = map(float, answer.stdout.split())
    print(f"drained after {drained_s:.0f} s of simulated time")
    report("a backlog of a million: wall time", f"{wall_s:.1f} s", "< 60 s")
    report("a backlog of a million: peak memory of the process", f"{peak_mb:.0f} MB", "< 500 MB")


def main() -> None:
    """Print all of it."""
    a_million()  # first: a process begins with the peak of the one that starts it
    batches_of_ten()
    quiet_queue()
    cost_with_the_backlog()


if __name__ == "__main__":
    main()
