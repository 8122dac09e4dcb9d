"""How fast the compiled engine is, beside the SimPy engine, bare loops and SimFaaS; writes the comparison.

python -m tests.benchmarks.speed results/validation [--simfaas PYTHON] [--share 0.01]

All within one run: A and B in turn (A B A B), the fastest of each, in processor time. ``--simfaas`` names an
interpreter that has SimFaaS; ``--share`` shortens what is simulated, to try this out.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lambdasim
from tests.benchmarks import beside_simfaas
from tests.benchmarks.engine import RATE_PER_S, SERVICE, bare_simpy, fastest, marginal_us
from tests.benchmarks.heap_loop import bare_heap, drawing_heap
from tests.benchmarks.speed_page import page
from tests.benchmarks.workloads import LASTING, one_api, one_event_source, one_refused_api, one_tracked_api

ROUNDS = 3
NONE_S, FULL_S, SIMPY_S = 15_000, 5_000, 300  # simulated, at 1,000/s: a few seconds of the processor each
MEDIAN_S, SIGMA = 0.080, 0.692  # SERVICE: ln(400 / 80) / 2.326


def simulated(world: lambdasim.Scenario, **keys: Any) -> dict[str, Any]:
    """A run with all that a user gets of it: metrics, bill and summary."""
    return lambdasim.simulate(world, **keys).summary()


def attempts(world: lambdasim.Scenario) -> int:
    """How many rows its invocation log has: runs, and what was refused."""
    functions = simulated(world, log="none")["functions"].values()
    return sum(each["invocations"] + each["throttles"]["total"] for each in functions)


def one_function(share: float) -> dict[str, float]:
    """Nanoseconds an invocation of one API function at 1,000/s, for both engines and for bare loops."""
    none, full, short = (one_api(RATE_PER_S, SERVICE, share * s) for s in (NONE_S, FULL_S, SIMPY_S))
    log = lambdasim.simulate(full).invocation_columns
    arrivals_us = log["arrived_us"].copy()
    arrivals_us.sort()
    services_us = log["ended_us"] - log["started_us"]
    few = round(share * SIMPY_S * RATE_PER_S)
    gaps_s = [arrivals_us[0] / 1e6, *((arrivals_us[1:few] - arrivals_us[: few - 1]) / 1e6).tolist()]
    services_s = (services_us[:few] / 1e6).tolist()
    actions: dict[str, tuple[int, Callable[[], Any]]] = {
        "compiled, none": (attempts(none), partial(simulated, none, engine="compiled", log="none")),
        "compiled, full": (len(arrivals_us), partial(simulated, full, engine="compiled", log="full")),
        "simpy, none": (attempts(short), partial(simulated, short, engine="simpy", log="none")),
        "simpy, full": (attempts(short), partial(simulated, short, engine="simpy", log="full")),
        "bare simpy": (few, partial(bare_simpy, gaps_s, services_s)),
        "bare heap": (len(arrivals_us), partial(bare_heap, arrivals_us, services_us)),
        "bare heap, draws": (len(arrivals_us), partial(drawing_heap, len(arrivals_us), RATE_PER_S, MEDIAN_S, SIGMA)),
    }
    times_s = fastest(*(action for _, action in actions.values()), rounds=ROUNDS)
    return {name: 1e9 * s / count for (name, (count, _)), s in zip(actions.items(), times_s, strict=True)}


def many_environments(share: float) -> list[float]:
    """Nanoseconds an invocation with 10,000 busy environments, and with 10."""
    worlds = (partial(one_api, RATE_PER_S, service, lifecycle=LASTING) for service in ("10 s", "10 ms"))
    lengths_s = (max(100, share * 3000), max(300, share * 10_000))
    simulate = partial(lambdasim.simulate, engine="compiled", log="none")
    return [1000 * each_us for each_us, _ in marginal_us(simulate, *worlds, lengths_s=lengths_s)]


PATHS = {
    "asynchronous, through Lambda's event queue": one_event_source,
    "callers that retry, a fifth too little reserved concurrency": one_refused_api,
    "provisioned concurrency with an autoscaler": one_tracked_api,
}


def other_paths(share: float) -> dict[str, list[float]]:
    """Nanoseconds an attempt in the compiled engine and in SimPy's, both with the log."""
    found = {}
    for what, world in PATHS.items():
        long, short = (world(RATE_PER_S, SERVICE, share * length_s) for length_s in (3600, SIMPY_S))
        times_s = fastest(
            partial(simulated, long, engine="compiled"), partial(simulated, short, engine="simpy"), rounds=2
        )
        found[what] = [1e9 * s / attempts(each) for s, each in zip(times_s, (long, short), strict=True)]
    return found


def program(text: str, *arguments: str, **environment: str) -> list[float]:
    """The numbers that a Python program prints, in a process of its own."""
    command, variables = [sys.executable, "-c", text, *arguments], {**os.environ, **environment}
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=variables)
    return [float(number) for number in answer.stdout.split()]


MEMORY = """\
import resource, sys, time
import lambdasim
from tests.benchmarks.engine import SERVICE
from tests.benchmarks.workloads import one_api
total = lambdasim.simulate(one_api(1000, SERVICE, float(sys.argv[1])), log="none", engine="compiled").summary()["total"]
print(total["invocations"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time())
"""
START = """\
import time
import lambdasim
from tests.benchmarks.workloads import one_api
world = one_api(10, "80 ms", 10)
lambdasim.simulate(world, engine="simpy").summary()
for _ in range(2):
    began = time.process_time()
    lambdasim.simulate(world, engine="compiled").summary()
    print(time.process_time() - began)
"""
GRID = """\
import sys, time
import lambdasim
from lambdasim.analysis.observations import Design
from lambdasim.analysis.what_if_grid import plan
from tests.benchmarks.engine import RATE_PER_S, SERVICE
from tests.benchmarks.workloads import one_api
workers, length_s = int(sys.argv[1]), float(sys.argv[2])
values = {
    "functions.f.memory_size": list(range(512, 1532, 102)),
    "functions.f.provisioned_concurrent_executions": list(range(0, 200, 20)),
}
began, began_processor = time.perf_counter(), time.process_time()
design = Design(replications=2, workers=lambdasim.Workers(workers))
grid = plan(one_api(RATE_PER_S, SERVICE, length_s), values, design=design)
assert grid.points == 100
grid.simulated()
print(time.perf_counter() - began, time.process_time() - began_processor)
"""


def memory(share: float) -> list[float]:
    """Invocations, MB and processor seconds of a run that keeps no log."""
    program(START)  # to compile takes more memory than to run
    return program(MEMORY, str(share * 100_000))


def first_calls() -> list[float]:
    """Processor seconds of a first call with an empty cache, of one with a full one, and of a second call."""
    with TemporaryDirectory() as folder:
        compiling, _ = program(START, NUMBA_CACHE_DIR=folder)
        loading, again = program(START, NUMBA_CACHE_DIR=folder)
    return [compiling, loading, again]


def grid(share: float, invocations: int) -> list[float]:
    """Seconds of a grid of 100 points with two runs each: by two workers, and processor time by one process."""
    length_s = str(share * invocations / RATE_PER_S)
    (wall_s, _), (_, processor_s) = (program(GRID, workers, length_s) for workers in ("2", "1"))
    return [wall_s, processor_s]


def machine() -> str:
    """The machine in words, and the versions that matter."""
    file = Path("/proc/cpuinfo")
    facts = [line.split(":", 1) for line in file.read_text().splitlines() if ":" in line] if file.exists() else []
    known = {key.strip(): value.strip() for key, value in facts}
    processor = f"{known['model name']}, family {known['cpu family']}, model {known['model']}" if facts else "?"
    kits = ", ".join(f"{kit} {version(kit)}" for kit in ("numba", "numpy", "simpy"))
    return f"{os.cpu_count()} cores ({processor}); Python {platform.python_version()}, {kits}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all of it and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--simfaas", metavar="PYTHON", help="an interpreter that has SimFaaS")
    parser.add_argument("--share", type=float, default=1, help="of the usual length of what is simulated")
    asked = parser.parse_args(arguments)
    began_s, share = time.perf_counter(), asked.share
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # processes start from byte code, as a user's do
    stages: dict[str, Callable[[], Any]] = {
        "memory": lambda: memory(share),  # first: a process begins with the peak of the one that starts it
        "starts": first_calls,
        "one_function": lambda: one_function(share),
        "environments": lambda: many_environments(share),
        "paths": lambda: other_paths(share),
        "grids": lambda: [grid(share, 50_000), grid(share, 100_000)],
        "simfaas": lambda: None if asked.simfaas is None else beside_simfaas.rows(asked.simfaas, share),
    }
    found = {}
    for name, measure in stages.items():
        found[name] = measure()
        print(f"{name}: {time.perf_counter() - began_s:.0f} s", flush=True)
    text = page(machine=machine(), share=share, **found)
    asked.folder.mkdir(parents=True, exist_ok=True)
    (asked.folder / "speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
