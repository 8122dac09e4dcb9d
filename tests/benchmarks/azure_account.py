"""An account like a sample of Azure Functions: ``python -m tests.benchmarks.azure_account [FOLDER]``.

It simulates a day of 10,000 functions as a whole, and apart on one worker, on two, and on a Dask cluster of two, and
says how long each took and whether all give the same bytes; with a folder it writes ``azure_account.md`` there. Each
runs once, in a process of its own; wall time.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import yaml

import lambdasim
from lambdasim.randomness import stream
from tests.analysis.conftest import Cluster
from tests.benchmarks.speed import machine
from tests.benchmarks.speed_page import table

FUNCTIONS = 10_000
SAMPLE = Path(__file__).parents[2] / "scenarios" / "data" / "azure_2019" / "femux_100apps.csv.gz"

# Azure Functions in July 2019: the share of functions by trigger (Shahrad et al., "Serverless in the Wild", USENIX ATC
# 2020, figure 2), and the nearest trigger of Lambda's that is not polled.
TRIGGERS = {
    "http": (0.550, "api_gateway"),
    "queue": (0.152, "direct_async"),
    "event": (0.022, "eventbridge"),
    "orchestration": (0.069, "direct"),
    "timer": (0.156, "schedule"),
    "storage": (0.028, "s3"),
    "others": (0.022, "direct"),
}
# The share of functions with at most so many invocations a day, on average (read off figure 5a there, to 0.02); the
# last 0.5 % go on as steeply.
A_DAY = (0.5, 1.3, 2.5, 10, 26, 100, 200, 320, 1_000, 10_000, 100_000, 10**5.2)
AT_MOST = (0.21, 0.38, 0.44, 0.56, 0.65, 0.74, 0.79, 0.84, 0.90, 0.97, 0.995, 1.0)
# Assumed: how often timers are due, and that 70 % of those that are due less often than every minute are at minute 0.
PERIODS = {
    "cron({m}/5 * * * ? *)": 0.35,
    "cron({m} * * * ? *)": 0.35,
    "cron({m} {h} * * ? *)": 0.2,
    "rate(1 minute)": 0.1,
}
AT_MINUTE_0 = 0.7
DURATION = {"lognormal": {"median": "300 ms", "p99": "5 s"}}  # assumed, as in scenarios/azure_sample.yaml


def azure_account(functions: int = FUNCTIONS, duration: str = "1d") -> str:
    """The scenario's text: each function with a trigger of its own."""
    rng = stream(2019, "azure account")
    memory_mb = np.maximum(pd.read_csv(SAMPLE)["avg_memory_mb"].to_numpy(), 128)
    kinds = rng.choice(list(TRIGGERS), functions, p=[share / 0.999 for share, _ in TRIGGERS.values()])
    a_day = 10 ** np.interp(rng.random(functions), AT_MOST, np.log10(A_DAY))
    world: dict[str, Any] = {
        "name": "azure-account",
        "description": f"a day of {functions:,} functions like those of Azure Functions in 2019",
        "seed": 1,
        "duration": duration,
        "functions": {},
        "triggers": {},
    }
    for number, (kind, rate) in enumerate(zip(kinds.tolist(), a_day.tolist(), strict=True)):
        name = f"{kind}-{number}"
        world["functions"][name] = {
            "runtime": "python3.13",
            "memory_size": int(rng.choice(memory_mb)),
            "timeout": 900,
            "handler": {"duration": DURATION},
        }
        world["triggers"][f"to-{name}"] = {
            "type": TRIGGERS[kind][1],
            "target": name,
            "arrivals": _arrivals(kind, rate, rng),
        }
    return yaml.dump(world, Dumper=yaml.CSafeDumper, sort_keys=False)


def _arrivals(kind: str, a_day: float, rng: np.random.Generator) -> dict[str, Any]:
    """Timers come by the clock, HTTP requests in a daily curve (assumed), all else at any time."""
    if kind == "timer":
        due = str(rng.choice(list(PERIODS), p=list(PERIODS.values())))
        minute = 0 if rng.random() < AT_MINUTE_0 else int(rng.integers(5 if "/5" in due else 60))
        return {"schedule": {"expression": due.format(m=minute, h=int(rng.integers(24)))}}
    rate = f"{a_day / 24:.6g}/h"
    if kind == "http":
        return {"diurnal": {"mean_rate": rate, "peak_to_mean": 1.5, "peak_at": "14h"}}
    return {"poisson": {"rate": rate}}


WHO = {
    "as a whole": "",
    "apart, one worker": "1",
    "apart, two workers": "2",
    "apart, a Dask cluster of two": "cluster",
}
PAGE = """# A day of 10,000 functions, apart

    python -m tests.benchmarks.azure_account results/validation

An account of {functions:,} functions like those of Azure Functions in July 2019, each with a trigger of its own, for a
day: {invocations:,} invocations. Functions share nothing but the account's limits, save the rules of EventBridge, which
share a quota; so they are simulated in {parts} parts, whose concurrency is then put together step by step: at most
{most:,} at once, on a quota of {quota:,}. Had that not been enough, they would have been simulated as a whole.

{table}

All four gave {same}. The SHA-256 of the summary, without what says how long the run took:

    {sha}

Wall time, each in a process of its own, summary included; it takes {load_s:.0f} s more to load the scenario
({size_mb:.1f} MB of YAML). Memory is the largest of that process, without its workers.
Machine: {machine}.

- Invocations a day are drawn from the curve of figure 5a in M. Shahrad et al., "Serverless in the Wild" (USENIX ATC
  2020), triggers from its figure 2. HTTP is an HTTP API, timers are EventBridge Scheduler's, storage is S3, events are
  rules of EventBridge, orchestration and others direct calls. Queues, which Lambda polls, are asynchronous direct
  invocations here: the nearest that is not polled.
- Timers come every 5 minutes, every hour, every day or every minute (35, 35, 20 and 10 % of them), 70 % of them at
  minute 0 (assumed); other functions keep to the curve. HTTP requests follow a daily curve with 1.5 times the mean at
  14h, all else is Poisson (assumed: Azure's arrivals are burstier).
- Memory is that of the 100 applications of the shipped sample, handlers take a lognormal time with a median of 300 ms
  and a p99 of 5 s (assumed, as in scenarios/azure_sample.yaml).
"""


def measured(file: str, who: str) -> dict[str, Any]:
    """Load the scenario and run it, as ``who`` says; what came of it, for the parent."""
    began = time.perf_counter()
    world = lambdasim.load_scenario(file)
    loaded = time.perf_counter()
    if who:
        workers = lambdasim.Workers(int(who)) if who.isdecimal() else lambdasim.Workers(1, who)
        outcome = lambdasim.simulate_apart(world, engine="compiled", workers=workers)
    else:
        outcome = lambdasim.Apart(lambdasim.simulate(world, log="none", engine="compiled"), 0)
    summary = {key: value for key, value in outcome.result.summary().items() if not key.endswith("wall_s")}
    ended = time.perf_counter()
    return {
        "load_s": loaded - began,
        "run_s": ended - loaded,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "sha256": hashlib.sha256(json.dumps(summary, sort_keys=True).encode()).hexdigest(),
        "parts": outcome.parts,
        "why_not": outcome.why_not,
        "invocations": summary["total"]["invocations"],
        "most": summary["account"]["concurrency"]["max"],
        "quota": world.account.concurrent_executions,
    }


def in_a_process(file: Path, who: str) -> dict[str, Any]:
    """As :func:`measured`, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.azure_account", str(file), who]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def study(functions: int, folder: Path) -> tuple[dict[str, dict[str, Any]], float]:
    """What all came to, and the scenario's size in MB; what is compiled is compiled before."""
    small, file = folder / "small.yaml", folder / "account.yaml"
    small.write_text(azure_account(100, "10m"), encoding="utf-8")
    file.write_text(azure_account(functions), encoding="utf-8")
    in_a_process(small, "1")
    cluster = Cluster(folder)
    try:
        for _ in range(2):
            cluster.add_worker()
        cluster.wait_for_workers(2)
        found = {}
        for name, who in WHO.items():
            found[name] = in_a_process(file, cluster.address if who == "cluster" else who)
            print(f"{name}: {found[name]}", flush=True)
    finally:
        cluster.end()
    return found, file.stat().st_size / 1e6


def page(functions: int, found: dict[str, dict[str, Any]], size_mb: float) -> str:
    """The page."""
    one, shas = found["apart, one worker"], {outcome["sha256"] for outcome in found.values()}
    whole_s = found["as a whole"]["run_s"]
    rows = [
        [
            name,
            f"{o['run_s']:.0f} s",
            f"{o['invocations'] / o['run_s'] / 1e6:.2f} M/s",
            f"{whole_s / o['run_s']:.2f}",
            f"{o['memory_mb']:,.0f} MB",
        ]
        for name, o in found.items()
    ]
    return PAGE.format(
        functions=functions,
        table=table(("", "run and summary", "invocations", "speed over the whole", "memory"), rows),
        same="the same bytes" if len(shas) == 1 else "DIFFERENT BYTES",
        sha=one["sha256"],
        load_s=one["load_s"],
        size_mb=size_mb,
        machine=machine(),
        **{name: one[name] for name in ("invocations", "parts", "most", "quota")},
    )


def main() -> None:
    """The study; or, with a file and a worker, one run of it."""
    if len(sys.argv) == 3:
        print(json.dumps(measured(*sys.argv[1:])))
        return
    with TemporaryDirectory() as folder:
        text = page(FUNCTIONS, *study(FUNCTIONS, Path(folder)))
    print(text)
    if len(sys.argv) == 2:
        (Path(sys.argv[1]) / "azure_account.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
