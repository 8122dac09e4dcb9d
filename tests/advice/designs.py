"""Small designs that break one practice each, and what advice says of them."""

from __future__ import annotations

import copy
from typing import Any

import yaml

import lambdasim

OFTEN = {"poisson": {"rate": "1/s"}}
SOUND: dict[str, Any] = {
    "name": "sound",
    "duration": "10m",
    "functions": {
        "api": {"runtime": "python3.13", "memory_size": 512, "timeout": 10, "handler": {"duration": "80 ms"}}
    },
    "triggers": {"web": {"type": "api_gateway", "target": "api", "arrivals": OFTEN}},
}
QUEUE = {"visibility_timeout": "60s", "max_receive_count": 5, "dead_letter": "discard-counted"}
JOBS = {
    "type": "sqs",
    "target": "api",
    "queue": QUEUE,
    "function_response_types": ["ReportBatchItemFailures"],
    "arrivals": OFTEN,
}
CLICKS = {
    "type": "kinesis",
    "target": "api",
    "maximum_retry_attempts": 3,
    "on_failure": "discard-counted",
    "function_response_types": ["ReportBatchItemFailures"],
    "arrivals": OFTEN,
}


def design(*, function: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The sound design with keys of its function, and of the top level, replaced or (with None) taken away."""
    document = copy.deepcopy(SOUND)
    for block, new in ((document["functions"]["api"], function or {}), (document, changes)):
        block.update(copy.deepcopy(new))
        for key in [key for key, value in block.items() if value is None]:
            del block[key]
    return document


def behind(trigger: dict[str, Any], *, function: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The sound design with its function behind another trigger, of which keys may be replaced or taken away."""
    keys = {key: value for key, value in (trigger | changes).items() if value is not None}
    return design(function=function, triggers={"source": keys})


def load(document: dict[str, Any], folder: Any, **overrides: str) -> Any:
    """The scenario of a document, with values laid over it by their paths, as the command does."""
    path = folder / "design.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return lambdasim.load_scenario(path, overrides=overrides)


def given(scenario: Any, code: str, result: Any = None) -> list[Any]:
    """The advice of one code."""
    return [piece for piece in lambdasim.advise(scenario, result) if piece.code == code]
