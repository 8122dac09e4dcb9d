"""Speed and memory of the SimPy engine, as ratios within one run: ``python -m tests.benchmarks.engine``.

Each ratio times A and B in turn, several times, and compares the fastest of each, in processor time: so what else
the machine does matters little. It prints, and never judges; tests/benchmarks/test_event_counts.py holds what can be
counted.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import simpy

import lambdasim
from tests.benchmarks.workloads import LASTING, many_apis, one_api, one_event_source

ROUNDS = 5
RATE_PER_S = 1000
SERVICE = {"lognormal": {"median": "80 ms", "p99": "400 ms"}}
simulate = partial(lambdasim.simulate, engine="simpy")
FIRST = Path(__file__).parents[2] / "scenarios" / "first.yaml"


def fastest(*actions: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Processor seconds of the fastest of ``rounds`` runs of each action; A B A B, not A A B B."""
    best = [float("inf")] * len(actions)
    for _ in range(rounds):
        for index, action in enumerate(actions):
            gc.collect()
            began = time.process_time()
            action()
            best[index] = min(best[index], time.process_time() - began)
    return best


def bare_simpy(gaps_s: Iterable[float], services_s: list[float]) -> None:
    """The floor: a process with one timeout for each arrival, and nothing else."""
    clock = simpy.Environment()

    def request(service_s: float) -> Generator[simpy.Event, None, None]:
        yield clock.timeout(service_s)

    def source() -> Generator[simpy.Event, None, None]:
        for gap_s, service_s in zip(gaps_s, services_s, strict=True):
            yield clock.timeout(gap_s)
            clock.process(request(service_s))

    clock.process(source())
    clock.run()


def report(what: str, value: str, target: str) -> None:
    """One line of the answer."""
    print(f"{what:<68} {value:>12}   target {target}", flush=True)


def warm_path() -> None:
    """One API function at 1,000/s, full log and metrics, against the bare loop with the same draws."""
    world = one_api(RATE_PER_S, SERVICE, 150)
    log = simulate(world).invocation_columns
    arrived_us = log["arrived_us"].copy()
    arrived_us.sort()
    gaps_s = [float(arrived_us[0]) / 1e6, *((arrived_us[1:] - arrived_us[:-1]) / 1e6).tolist()]
    services_s = ((log["ended_us"] - log["started_us"]) / 1e6).tolist()
    ours, bare = fastest(lambda: simulate(world), lambda: bare_simpy(gaps_s, services_s))
    n = len(services_s)
    print(f"{n:,} invocations: {n / ours:,.0f}/s, bare SimPy {n / bare:,.0f}/s")
    report("warm path, full log: speed as a share of bare SimPy", f"{bare / ours:.2f}", ">= 0.45")


def asynchronous_path() -> None:
    """The same requests through Lambda's event queue."""
    synchronous, asynchronous = (world(RATE_PER_S, SERVICE, 100) for world in (one_api, one_event_source))
    called, queued = fastest(lambda: simulate(synchronous), lambda: simulate(asynchronous))
    report("asynchronous path, full logs: speed as a share of the synchronous", f"{called / queued:.2f}", ">= 0.5")


def marginal_us(
    run: Callable[[lambdasim.Scenario], lambdasim.Result],
    *worlds: Callable[[float], lambdasim.Scenario],
    lengths_s: tuple[float, float] = (100, 300),
) -> list[tuple[float, float]]:
    """Of each world, which takes a duration in s: processor time an invocation in us, and what it costs once in s.

    A long run less a short one: what a world costs once (its functions, its first cold starts) stands apart.
    """
    scenarios = [world(length_s) for world in worlds for length_s in lengths_s]
    runs = [run(scenario).summary()["total"]["invocations"] for scenario in scenarios]
    times_s = fastest(*(partial(run, scenario) for scenario in scenarios), rounds=3)
    found = []
    for n in range(0, len(runs), 2):
        each_s = (times_s[n + 1] - times_s[n]) / (runs[n + 1] - runs[n])
        found.append((1e6 * each_s, times_s[n] - runs[n] * each_s))
    return found


def cost_ratio(what: str, large: Callable[[float], Any], small: Callable[[float], Any], target: str) -> None:
    """Processor time per invocation in the large world over that in the small one."""
    (large_us, once_s), (small_us, _) = marginal_us(simulate, large, small)
    print(f"{large_us:.2f} us an invocation against {small_us:.2f}; the large world: {once_s:.1f} s once")
    report(what, f"{large_us / small_us:.2f}", target)


def grown_mb(program: str) -> float:
    """How much a program, run in a process of its own, says that its memory has grown, in MB."""
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return float(answer.stdout)


MEMORY_PROGRAM = """\
import resource
from tests.benchmarks.engine import simulate
from tests.benchmarks.workloads import one_api
peak_mb = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
service = {{"lognormal": {{"median": "80 ms", "p99": "400 ms"}}}}
simulate(one_api(1000, service, 20), log="{log}").summary()
before = peak_mb()
result = simulate(one_api(1000, service, {duration_s}), log="{log}")
result.summary()
print(peak_mb() - before)
"""


def memory() -> None:
    """What a run adds to the process's peak."""
    log = simulate(one_api(RATE_PER_S, SERVICE, 20)).invocation_columns
    size = sum(column.nbytes for column in log.values()) / len(log["event"])
    report("full log: bytes an invocation", f"{size:.0f}", "<= 120")
    grown = grown_mb(MEMORY_PROGRAM.format(log="full", duration_s=1000))
    report("full log of 1 million invocations: peak memory added", f"{grown:.0f} MB", "-")
    grown = grown_mb(MEMORY_PROGRAM.format(log="none", duration_s=5000))
    report("--log none, 5 million invocations: peak memory added", f"{grown:.0f} MB", "< 150 MB")


def wall_s(*arguments: str, rounds: int = 5) -> float:
    """Seconds that a command takes, the fastest of some runs."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "lambdasim", *arguments], check=False, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def main() -> None:
    """Print all of it."""
    memory()  # first: a process begins with the peak of the one that starts it
    warm_path()
    asynchronous_path()
    cost_ratio(
        "cost per invocation: 10,000 busy environments over 10",
        partial(one_api, RATE_PER_S, "10 s", lifecycle=LASTING),
        partial(one_api, RATE_PER_S, "10 ms", lifecycle=LASTING),
        "<= 1.5",
    )
    cost_ratio(
        "cost per invocation: 1,000 functions over 1",
        partial(many_apis, 1000, RATE_PER_S, SERVICE),
        partial(many_apis, 1, RATE_PER_S, SERVICE),
        "<= 1.5",
    )
    report("lambdasim --help", f"{wall_s('--help'):.2f} s", "< 0.2 s")
    report("lambdasim run scenarios/first.yaml", f"{wall_s('run', str(FIRST), rounds=3):.1f} s", "< 5 s")


if __name__ == "__main__":
    main()
