"""Pilot runs: short looks at a scenario before it is measured, for the series that show when it has settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.metrics.measures import EVENT_LATENCY, MEASURES, ran, unfinished, whole
from lambdasim.records import Columns
from lambdasim.scenario.model import Scenario
from lambdasim.simulation import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOTS = 2_000  # values that a series has at most: each then is a mean of many
_LATENCY = MEASURES[0]


@dataclass(frozen=True, slots=True)
class Pilot:
    """One pilot run to do."""

    scenario: Scenario
    seed: int

    def __str__(self) -> str:
        return f"a pilot run of {self.scenario.name}, seed {self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Settling:
    """How one function settled in one pilot run.

    ``arrived_us`` and ``latency_us`` of the events that ended in success, in the order of arrival, shape (n,);
    ``concurrency``, its mean in each of ``SLOTS`` equal parts of the duration, shape (SLOTS,).
    """

    arrived_us: NDArray[np.int64]
    latency_us: NDArray[np.int64]
    concurrency: NDArray[np.float64]


def piloted(pilot: Pilot) -> Mapping[str, Settling]:
    """Run a pilot from its beginning, whatever the scenario's warm-up; how each function settled."""
    result = simulate(pilot.scenario, seed=pilot.seed)
    invocations, events = result.invocation_columns, result.event_columns
    assert invocations is not None
    assert events is not None
    return {
        name: Settling(*_latencies(invocations, events, number), _concurrency(invocations, number, pilot.scenario))
        for number, name in enumerate(pilot.scenario.functions)
    }


def _latencies(invocations: Columns, events: Columns, function: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of a caller's calls from one log, of what waited in a queue from the other, as in the summary."""
    arrived, latencies = [], []
    for measure, log in ((_LATENCY, invocations), (EVENT_LATENCY, events)):
        rows, values_us = measure.of(log)
        chosen = rows & (whole(log, "function") == function)
        arrived.append(whole(log, "arrived_us")[chosen])
        latencies.append(values_us[chosen])
    arrived_us, latency_us = np.concatenate(arrived), np.concatenate(latencies)
    order = np.argsort(arrived_us, kind="stable")
    return arrived_us[order], latency_us[order]


def _concurrency(invocations: Columns, function: int, scenario: Scenario) -> NDArray[np.float64]:
    """A request holds its environment from its admission to its end, init included."""
    open_ended = unfinished(invocations)
    rows = (ran(invocations) | open_ended) & (whole(invocations, "function") == function)
    began_us = whole(invocations, "invoked_us")[rows]
    ended_us = np.where(open_ended, scenario.ends_us, whole(invocations, "ended_us"))[rows]
    edges_us = np.linspace(0, scenario.duration_us, SLOTS + 1)
    held_us = _time_since(began_us, edges_us) - _time_since(ended_us, edges_us)
    return np.diff(held_us) / np.diff(edges_us)


def _time_since(instants_us: NDArray[np.int64], edges_us: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over all instants before an edge of the time from there to the edge, for each edge."""
    ordered = np.sort(instants_us)
    before = np.searchsorted(ordered, edges_us)
    sums = np.concatenate(([0], np.cumsum(ordered, dtype=np.float64)))
    elapsed_us: NDArray[np.float64] = before * edges_us - sums[before]
    return elapsed_us
