# ruff: noqa: INP001  (a script, not a package)
"""Turns femux's sample of 100 applications into a file of counts per minute, and writes ../../azure_sample.yaml.

    python scenarios/data/azure_2019/make.py

The sample has, for each application and one day, `num_invocations`, how many invocations it had that day, and
`containers_per_minute`, how many containers it kept busy in each of the day's 1,440 minutes (`num_events` is the whole
trace's count, about 14 times the day's). When each invocation came it does not have. Here they are spread over the
minutes in proportion to the busy containers: the k-th of n comes in the minute in which the running share of busy
containers passes (k - 1/2) / n. So the day's total is the trace's, and the busy minutes are; the counts within them are
smoothed. Where that would make more than 100 invocations a busy container-minute, the series has missed them (a day of
one call a minute shows a single busy minute; most likely calls recorded with a duration of 0): those applications, six
of 100, are spread evenly over the day.

How long an invocation took the sample does not have either. One that lasts d minutes is seen in 1 + d minutes on
average, so where there are more busy container-minutes than invocations, d = container-minutes / invocations - 1;
elsewhere calls overlap or follow each other in one minute, and no more is known than that they are short.
"""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SAMPLE = HERE / "femux_100apps.csv.gz"
COUNTS = HERE / "invocations_per_minute.csv"
SCENARIO = HERE.parent.parent / "azure_sample.yaml"
MISSED_ABOVE = 100  # invocations per busy container-minute
SHORTEST_KNOWN_S = 6  # below a tenth of a minute the estimate says nothing
LAMBDA_MINIMUM_MB = 128

HEAD = """\
# What would a day of 100 real applications look like on Lambda: how many cold starts, at what cost?
#
# A sample of the Azure Functions trace of 2019 (data/azure_2019, CC-BY 4.0). What it tells: each application's number
# of invocations on one day, roughly when they came, and the memory it used. So cold starts, environments, and how
# unequally both are spread over applications mean something. What it can't tell: counts within a busy minute are
# smoothed (data/azure_2019/make.py, which wrote this file, says how), so peaks and the largest concurrency come out too
# low; and durations are not in it. Ten applications were seen to keep containers busy for longer than their number of
# calls explains, which gives their mean; all others are assumed to take as long as the first one below: latency and
# cost stand and fall with that. Each application runs as one function, in Python, with its average memory.
name: azure-sample
description: one day of 100 applications of the Azure Functions trace 2019
seed: 1
duration: 1d

functions:
"""

FIRST = """\
  {app}: &app
    runtime: python3.13
    memory_size: {memory}
    timeout: 900
    handler: {{duration: {{lognormal: {{median: 300 ms, p99: 5 s}}}}}}  # assumed
"""

FIRST_TRIGGER = """\
  to-{app}: &call
    type: direct
    client: {{retries: none}}
    target: {app}
    arrivals: {{trace: &day {{file: data/azure_2019/invocations_per_minute.csv, format: azure_2019, function: {app}}}}}
"""
TRIGGER = "  to-{app}: {{<<: *call, target: {app}, arrivals: {{trace: {{<<: *day, function: {app}}}}}}}\n"


def read_sample() -> list[dict[str, str]]:
    """The sample's rows."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spread(invocations: int, busy: np.ndarray) -> np.ndarray:
    """Counts per minute, shape (1440,): ``invocations`` in proportion to the busy containers."""
    if invocations > MISSED_ABOVE * busy.sum():
        busy = np.ones_like(busy)
    share = np.cumsum(busy) / busy.sum()
    quantiles = (np.arange(invocations) + 0.5) / invocations
    return np.bincount(np.searchsorted(share, quantiles), minlength=busy.size)


def write_counts(rows: list[dict[str, str]]) -> None:
    """The Azure 2019 format: a row a function, a column a minute. An application stands for its one function."""
    with COUNTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["HashOwner", "HashApp", "HashFunction", "Trigger", *range(1, 1441)])
        for row in rows:
            busy = np.array(row["containers_per_minute"].split(), dtype=int)
            writer.writerow(["-", row["app"], row["app"], "-", *spread(int(row["num_invocations"]), busy)])


def write_scenario(rows: list[dict[str, str]]) -> None:
    """One line a function, one line a trigger."""
    lines = [HEAD]
    for number, row in enumerate(rows):
        memory = max(LAMBDA_MINIMUM_MB, math.ceil(float(row["avg_memory_mb"])))
        if number == 0:
            lines.append(FIRST.format(app=row["app"], memory=memory))
            continue
        minutes = sum(map(int, row["containers_per_minute"].split()))
        seconds = round(60 * (minutes / int(row["num_invocations"]) - 1))
        known = f", handler: {{duration: {{lognormal: {{mean: {seconds} s, cv: 0.5}}}}}}"
        lines.append(
            f"  {row['app']}: {{<<: *app, memory_size: {memory}{known if seconds >= SHORTEST_KNOWN_S else ''}}}\n"
        )
    lines.append("\ntriggers:\n")
    lines += [(TRIGGER if number else FIRST_TRIGGER).format(app=row["app"]) for number, row in enumerate(rows)]
    SCENARIO.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sample = read_sample()
    write_counts(sample)
    write_scenario(sample)
