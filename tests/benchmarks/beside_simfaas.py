"""The same requests in SimFaaS and in both engines: arrivals, holding times and rules of reuse are equal."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import lambdasim
from tests.benchmarks.engine import SERVICE, fastest
from tests.benchmarks.workloads import one_replayable_function

EXPIRY_US = 600_000_000  # one_replayable_function's idle timeout
REQUESTS = {0.9: 100_000, 10: 100_000, 100: 100_000, 1000: 20_000}  # SimFaaS looks at every environment at every event
REPLAY = Path(__file__).with_name("simfaas_replay.py")


def requests_of(log: dict[str, Any]) -> dict[str, Any]:
    """A log's requests as SimFaaS asks for them: gaps, and how long each holds its environment, start included."""
    order = np.lexsort((log["event"], log["arrived_us"]))
    arrived_us = log["arrived_us"][order]
    return {
        "gaps_us": np.diff(arrived_us, prepend=0).tolist(),
        "held_us": (log["ended_us"][order] - arrived_us).tolist(),
        "expiry_us": EXPIRY_US,
        "ends_us": int(arrived_us[-1]) + 1,
    }


def in_simfaas(python: str, requests: dict[str, Any]) -> dict[str, Any]:
    """What ``simfaas_replay`` prints of them: seconds, requests, cold."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "requests.json"
        file.write_text(json.dumps(requests))
        answer = subprocess.run([python, REPLAY, file], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def rows(python: str, share: float) -> list[list[str]]:
    """For each rate: how many requests, microseconds for each of them, SimFaaS over each engine, all cold starts."""
    table = []
    for rate_per_s, count in REQUESTS.items():
        world = one_replayable_function(rate_per_s, SERVICE, max(1000, share * count) / rate_per_s)
        result = lambdasim.simulate(world)
        ours = result.summary()["functions"]["f"]
        requests = requests_of(result.invocation_columns)
        theirs = min((in_simfaas(python, requests) for _ in range(2)), key=lambda found: found["seconds"])
        simulate = partial(lambdasim.simulate, world, log="none")
        engines = fastest(partial(simulate, engine="compiled"), partial(simulate, engine="simpy"))
        assert theirs["requests"] == ours["invocations"]
        each_us = [1e6 * seconds / ours["invocations"] for seconds in (theirs["seconds"], *engines)]
        table.append(
            [
                f"{rate_per_s:,}/s",
                f"{ours['invocations']:,}",
                *(f"{us:.2f}" for us in each_us),
                *(f"{each_us[0] / us:,.1f}" for us in each_us[1:]),
                f"{theirs['cold']} and {ours['cold_starts']}",
            ]
        )
    return table
