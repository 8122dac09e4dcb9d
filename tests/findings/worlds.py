"""The shipped scenarios, run as they are or with one thing changed."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import lambdasim

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@functools.cache
def _run(name: str, overrides: tuple[tuple[str, str], ...]) -> lambdasim.Result:
    scenario = lambdasim.load_scenario(SCENARIOS / f"{name}.yaml", overrides=dict(overrides))
    return lambdasim.simulate(scenario)


def run(name: str, **overrides: str) -> lambdasim.Result:
    """The result of a scenario; ``overrides`` by path, with ``__`` for dots."""
    return _run(name, tuple((path.replace("__", "."), value) for path, value in overrides.items()))


def summary(name: str, **overrides: str) -> dict[str, Any]:
    """Its summary."""
    return run(name, **overrides).summary()
