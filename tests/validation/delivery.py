"""How long an event takes from its source to the function: measured on AWS, and simulated; writes the comparison.

python -m tests.validation.delivery results/validation
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import lambdasim

SOURCE = "https://bitesizedserverless.com/bite/serverless-messaging-latency-compared/"
SHARES = (10, 50, 90, 99)
MEASURED_MS: dict[str, tuple[int | None, ...]] = {  # p10, p50, p90, p99; a dash where the source gives none
    "sns": (62, 73, 125, 225),
    "eventbridge": (113, 148, 241, 387),
    "sqs": (14, 16, 34, 105),
    "sqs, FIFO": (None, 28, None, 645),
    "kinesis": (267, 627, 965, 1580),
    "kinesis, enhanced fan-out": (29, 49, 68, 109),
    "dynamodb_streams": (118, 213, 341, 552),
}
KEYS: dict[str, dict[str, Any]] = {
    "sqs, FIFO": {"queue": {"fifo": True}},
    "kinesis, enhanced fan-out": {"enhanced_fan_out": True},
}
PAGE = """# From an event's source to the function

    python -m tests.validation.delivery results/validation

Milliseconds from the publish, send or write to the start of a warm run of a tiny function. Measured: 1,024 samples a
service in eu-west-1, September 2022 (EventBridge: February 2023),
{source}
Simulated: {events:,} events a trigger, {gap_s} s apart, on an environment that is always warm.

{table}

The delays of SNS, EventBridge, SQS and enhanced fan-out go through the percentiles that were published, and are held
at the 99th beyond it: the slowest in a hundred may take longer on AWS. Kinesis and DynamoDB streams are polled: to the
wait for the next poll (once and four times a second) comes a propagation delay, fitted on the median and the 99th
percentile. As measured on Kinesis, p10 and p90 lie closer together than any independent delay on top of a poll each
second can give.
"""


def scenario(events: int, gap_s: float) -> lambdasim.Scenario:
    """A trigger of each kind, each with a function of its own that nothing delays."""
    function = {"runtime": "python3.6", "handler": {"duration": "1 ms"}, "init": {"duration": "0 s"}}
    names = {name: f"k{number}" for number, name in enumerate(MEASURED_MS)}
    return lambdasim.parse_scenario(
        yaml.safe_dump(
            {
                "name": "delivery",
                "duration": f"{events * gap_s} s",
                "drain": "1m",
                "lifecycle": {
                    "idle_timeout": "unlimited",
                    "surplus_idle_timeout": "unlimited",
                    "maximum_lifetime": "unlimited",
                    "recycle_rate": "0/h",
                },
                "parameters": {"cold_starts/platform_overhead": "0 s"},
                "functions": {names[name]: function for name in MEASURED_MS},
                "triggers": {
                    names[name]: {
                        "type": name.split(",", maxsplit=1)[0],
                        "target": names[name],
                        # Gaps that vary, for a poller would fall into step with an exact clock.
                        "arrivals": {"renewal": {"rate": f"{1 / gap_s}/s", "cv": 0.5}},
                        **KEYS.get(name, {}),
                    }
                    for name in MEASURED_MS
                },
            },
            sort_keys=False,
        )
    )


def delays_ms(events: int, gap_s: float, *, seed: int = 1) -> dict[str, np.ndarray]:
    """From each event's arrival to the start of its run, by kind."""
    result = lambdasim.simulate(scenario(events, gap_s), seed=seed)
    log, rows = result.invocation_columns, result.event_columns
    started = dict(
        zip(zip(log["trigger"].tolist(), log["event"].tolist(), strict=True), log["started_us"], strict=True)
    )
    delays: dict[str, list[float]] = {name: [] for name in MEASURED_MS}
    names = list(MEASURED_MS)
    for trigger, batch, arrived_us in zip(
        rows["trigger"].tolist(), rows["batch"].tolist(), rows["arrived_us"].tolist(), strict=True
    ):
        delays[names[trigger]].append((started[trigger, batch] - arrived_us) / 1000)
    return {name: np.array(values) for name, values in delays.items()}


def percentiles(values: np.ndarray) -> list[float]:
    """By nearest rank."""
    return [float(value) for value in np.percentile(values, SHARES, method="inverted_cdf")]


def main(folder: Path) -> None:
    """Run the study and write the page."""
    events, gap_s = 20_000, 20.0
    lines = ["| trigger | " + " | ".join(f"p{share}" for share in SHARES) + " |", "| --- " * 5 + "|"]
    for name, simulated in delays_ms(events, gap_s).items():
        cells = [
            "-" if theirs is None else f"{theirs} / {ours:.0f} ({ours / theirs - 1:+.0%})"
            for theirs, ours in zip(MEASURED_MS[name], percentiles(simulated), strict=True)
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    table = "\n".join(["Measured / simulated (difference):", "", *lines])
    text = PAGE.format(source=SOURCE, events=events, gap_s=f"{gap_s:g}", table=table)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "delivery.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
