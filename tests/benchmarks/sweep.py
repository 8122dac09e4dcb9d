"""Speed of sweeps, as ratios within one run: ``python -m tests.benchmarks.sweep``.

In wall time, since others do the work: A and B in turn, the fastest of each. It prints, and never judges.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from lambdasim.analysis.observations import Design, Point, measures_of
from lambdasim.analysis.runner import Workers, run
from lambdasim.analysis.sweep import Sweep, sweep
from tests.benchmarks.engine import SERVICE, report
from tests.benchmarks.workloads import one_api

POINTS = {"functions.f.memory_size": list(range(512, 576))}  # 64
MEASURES = ["f.latency_ms.p99", "total.cost_usd"]
ROUNDS = 2
NAPS, NAP_S = 64, 1.0


def sweep_of_64(folder: str, workers: int, duration_s: float = 200) -> Sweep:
    """Two replications at each point, with a journal and a table; about 0.15 s a run."""
    world = one_api(100, SERVICE, duration_s)
    design = Design(replications=2, workers=Workers(workers))
    return sweep(world, POINTS, measures=MEASURES, design=design, output=Path(folder) / f"{workers}.csv")


def two_over_one() -> None:
    """How much faster two workers are than this process alone, and whether they write the same."""
    times: dict[int, list[float]] = {1: [], 2: []}
    with TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for workers, taken in times.items():
                began = time.perf_counter()
                sweep_of_64(folder, workers)
                taken.append(time.perf_counter() - began)
        one, two = ((Path(folder) / f"{workers}.csv").read_bytes() for workers in times)
    print(f"64 points, 128 runs: {min(times[1]):.1f} s with one worker, {min(times[2]):.1f} s with two")
    report("a sweep of 64 points: speed of two workers over one", f"{min(times[1]) / min(times[2]):.2f}", ">= 1.7")
    report("the same table from both", "yes" if one == two else "NO", "yes")


def nap(point: Point) -> tuple[float, ...]:
    """Work that takes a second and no processor: what is left is the runner."""
    time.sleep(NAP_S)
    return (float(point.seed),)


def overhead() -> None:
    """What the runner adds to points of one second, on two workers: with the start of the processes, and without."""
    world = one_api(100, SERVICE, 200)
    points = [Point(world, seed, measures_of(world, MEASURES)) for seed in range(NAPS)]
    work_s = NAPS * NAP_S / 2
    for what in ("with the first start of processes", "later in the same process"):
        began = time.perf_counter()
        done = list(run(nap, points, Workers(2)))
        taken = time.perf_counter() - began
        assert len(done) == NAPS
        report(f"overhead on {NAPS} points of one second, {what}", f"{100 * (taken / work_s - 1):.1f} %", "< 5 %")


KILLED = """\
import sys
from tests.benchmarks.sweep import sweep_of_64
def tell(share):
    print(share, flush=True)
import tests.benchmarks.sweep as benchmark
whole = benchmark.sweep
benchmark.sweep = lambda *arguments, **options: whole(*arguments, **options, progress=tell)
sweep_of_64(sys.argv[1], 2, 20)
"""


def killed() -> None:
    """What a kill in mid-run costs: runs that were finished and must be done again."""
    with TemporaryDirectory() as folder:
        pipes = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
            "text": True,
        }  # the tracker of semaphores complains
        process = subprocess.Popen([sys.executable, "-c", KILLED, folder], **pipes)
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(60)]
        process.kill()
        told += process.stdout.readlines()
        process.wait()
        kept = (Path(folder) / "2.csv.journal").read_bytes().count(b"\n") - 1
        resumed = sweep_of_64(folder, 2, 20).resumed
    report("finished runs that a killed sweep of 64 points loses", f"{max(0, len(told) - kept)} of {len(told)}", "0")
    report("runs that it takes up again", f"{resumed} of {kept}", "all")


def main() -> None:
    """Print all of it."""
    overhead()  # first: it begins with processes that are not there yet
    two_over_one()
    killed()


if __name__ == "__main__":
    main()
