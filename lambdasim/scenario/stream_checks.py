"""Checks of streams: what no machine gets through, what is never read, and what is read too slowly."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.stream_triggers import StreamMapping
from lambdasim.units import US_PER_S, format_us
from lambdasim.workload.expected import expected_events

Findings = Iterator[tuple[tuple[str | int, ...], str]]
_MOST_LANES = 10**5  # each is a machine of its own
_MOST_BACKLOG = 10**7  # some 2 GB
_MOST_KEYS = 10**7


def _streams(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], StreamMapping, int]]:
    """Each stream, and how many lanes each of its mappings has."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, StreamMapping):
            yield ("triggers", name), trigger, trigger.shards * trigger.parallelization_factor


def stream_too_large(scenario: Scenario, _book: Book) -> Findings:
    """More lanes, keys or records at the start than memory holds."""
    for path, trigger, lanes in _streams(scenario):
        if lanes * len(trigger.targets) > _MOST_LANES:
            yield (*path, "shards"), f"{lanes * len(trigger.targets):,} lanes; at most {_MOST_LANES:,} can be simulated"
        if trigger.backlog > _MOST_BACKLOG:
            yield (*path, "backlog"), f"{trigger.backlog:,} records; at most {_MOST_BACKLOG:,} can be simulated"
        if trigger.partition_keys is not None and trigger.partition_keys.count > _MOST_KEYS:
            message = f"{trigger.partition_keys.count:,} keys; at most {_MOST_KEYS:,} can be simulated"
            yield (*path, "partition_keys", "count"), message


def backlog_behind_latest(scenario: Scenario, _book: Book) -> Findings:
    """A mapping that begins behind the newest record never reads those that are there."""
    for path, trigger, _ in _streams(scenario):
        if trigger.backlog and trigger.starting_position == "LATEST":
            yield (
                (*path, "backlog"),
                (
                    "starting_position LATEST (the default) begins behind these records, and they are never read; "
                    "write TRIM_HORIZON to begin with them"
                ),
            )


def too_few_lanes(scenario: Scenario, _book: Book) -> Findings:
    """A lane runs one batch at a time."""
    for path, trigger, lanes in _streams(scenario):
        for target in trigger.targets:
            rate, batch_us, needed = lanes_needed(scenario, trigger, target)
            if needed > lanes:
                yield (
                    (*path, "parallelization_factor"),
                    (
                        f"{rate * US_PER_S:.3g} records/s, and {format_us(batch_us)} in {target} for each "
                        f"batch of {trigger.batch_size}, keep {math.ceil(needed)} lanes busy; {lanes} (shards x "
                        "parallelization_factor) fall behind, and the iterator age grows"
                    ),
                )


def lanes_needed(scenario: Scenario, trigger: StreamMapping, target: str) -> tuple[float, float, float]:
    """Records per microsecond that a function gets, how long a full batch takes it, and the lanes that keeps busy.

    These are rate x duration of a batch / its size; zero where the duration is known at another memory size only. An
    alias counts by the version that it points to at first.
    """
    rate = expected_events(trigger.arrivals, scenario.duration_us) / scenario.duration_us
    rate *= 1.0 if trigger.filter is None else trigger.filter.passing
    function, size = scenario.reached(target)[0], trigger.batch_size
    handler = function.handler
    batch_us = handler.duration.mean() + handler.per_record_us * size
    as_measured = handler.measured_at in (None, function.memory_size)
    return rate, batch_us, rate * batch_us / size if as_measured else 0.0
