"""A run as trace events: one row for each execution environment, in the format of chrome://tracing and Perfetto.

A function is a process (each version one, where there are several), an environment a thread of it. A row shows from
when to when the environment was there; within that its start with the phases, and each invocation; the rest is idle.
When Lambda took it away, and why, is an instant event; so is each refused invocation, on a row of its own. Counters
show concurrency and how many environments there are. ``ts`` and ``dur`` are microseconds since the scenario's start, as
in the logs. What was before that (starts of provisioned concurrency) is cut off: viewers want no negative times.

Source: `Trace Event Format
<https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>`_.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import (
    REFUSED,
    Change,
    EndCause,
    InitializationType,
    Outcome,
    StartCause,
    StartType,
    ThrottleReason,
)
from lambdasim.header import Header
from lambdasim.metrics.measures import ran, unfinished, whole
from lambdasim.records import CHUNK, NEVER, Columns
from lambdasim.result.changes import text_of
from lambdasim.result.frames import name_of
from lambdasim.units import US_PER_MS, billed_ms_array

Event = dict[str, Any]
_PHASES = (
    ("platform", "platform_us"),
    ("download", "download_us"),
    ("network", "network_us"),
    ("runtime init", "runtime_init_us"),
    ("function init", "function_init_us"),
    ("restore", "restore_us"),
)
_START_NAMES = {
    InitializationType.ON_DEMAND: "cold start",
    InitializationType.PROVISIONED_CONCURRENCY: "provisioned start",
    InitializationType.SNAP_START: "cold start",
}
_COUNTED = {"concurrency": "invocations", "environments": "alive"}  # what the counters count


@dataclass(frozen=True, slots=True)
class _Places:
    """The numbers of processes and rows, none of them used twice, and none 0: viewers give both a meaning of their own.

    An environment's row is ``base`` and its number, so that viewers, which show the row's number beside its name, show
    no other number that could be an environment's.
    """

    header: Header
    base: int

    account: ClassVar[int] = 1
    changes: ClassVar[int] = 2

    @classmethod
    def of(cls, header: Header, environments: int) -> _Places:
        """Those of a run with so many environments."""
        others = cls.refused(len(header.versions))
        return cls(header, max(1000, 10 ** len(str(max(environments, others)))))

    @staticmethod
    def process(version: int) -> int:
        return 2 * version + 3

    @staticmethod
    def refused(version: int) -> int:
        return 2 * version + 4

    def row(self, environment: int) -> int:
        return self.base + environment


def events(invocations: Columns, environments: Columns, changes: Columns, header: Header) -> Iterator[Event]:
    """The trace events of a run, from its logs; of one row, what contains comes before what is contained."""
    numbers = whole(environments, "environment")
    order = np.argsort(numbers)
    environments = {name: values[order] for name, values in environments.items()}
    places = _Places.of(header, int(numbers.max(initial=NEVER)) + 1)
    ends_us = _end_us(invocations, environments, header)
    refusing = set(whole(invocations, "version")[_refused(invocations)].tolist())
    used = sorted(refusing | set(whole(environments, "version").tolist()))
    yield from _processes(used, refusing, changes, places)
    yield from _environments(environments, places, ends_us)
    for first in range(0, len(invocations["event"]), CHUNK):
        chunk = {name: values[first : first + CHUNK] for name, values in invocations.items()}
        yield from _runs(chunk, places, ends_us)
        yield from _refusals(chunk, places)
    yield from _changes(changes, places)
    yield from _counters(invocations, environments, used, places)


def _end_us(invocations: Columns, environments: Columns, header: Header) -> int:
    """When the last thing happened: until then lasts what had no end."""
    times = [whole(invocations, "answered_us"), whole(invocations, "ended_us")]
    times += [whole(environments, name) for name in ("created_us", "last_used_us", "ended_us")]
    return max(header.duration_us, *(int(values.max(initial=0)) for values in times))


def _processes(used: Sequence[int], refusing: AbstractSet[int], changes: Columns, places: _Places) -> Iterator[Event]:
    """The names of processes and of the rows that are no environment's, and in which order they come.

    ``used``: versions that have something to show; ``refusing``: those that refused invocations.
    """
    header = places.header
    functions = [version.function for version in header.versions]
    if len(used) != 1 or len(changes["at_us"]):
        yield from _named("process", places.account, places.account, "account", 0)
    if len(changes["at_us"]):
        yield from _named("thread", places.account, places.changes, "changes", 0)
    for index in used:
        version, process = header.versions[index], places.process(index)
        name = header.functions[version.function].name
        if functions.count(version.function) > 1:
            name += f":{version.version}"
        yield from _named("process", process, process, name, index + 1)
        yield _about("process_labels", process, process, {"labels": f"{version.memory_mb} MB, {version.architecture}"})
        if index in refusing:
            yield from _named("thread", process, places.refused(index), "refused", 0)


def _named(what: str, process: int, row: int, name: str, place: int) -> Iterator[Event]:
    """A process's or a thread's name, and where it stands among its like."""
    yield _about(f"{what}_name", process, row, {"name": name})
    yield _about(f"{what}_sort_index", process, row, {"sort_index": place})


def _about(name: str, process: int, row: int, said: Event) -> Event:
    """A metadata event."""
    return {"ph": "M", "name": name, "pid": process, "tid": row, "args": said}


def _complete(name: str, place: Event, from_us: int, to_us: int, **told: Any) -> Iterator[Event]:
    """A complete event, as far as it is not before 0."""
    if to_us > 0 or from_us >= 0:
        begin_us = max(from_us, 0)
        yield {"ph": "X", "name": name, **place, "ts": begin_us, "dur": to_us - begin_us, "args": told}


def _instant(name: str, place: Event, at_us: int, **told: Any) -> Event:
    return {"ph": "i", "s": "t", "name": name, **place, "ts": at_us, "args": told}


def _environments(environments: Columns, places: _Places, ends_us: int) -> Iterator[Event]:
    """Each environment's row: its name, its life, its start with the phases, its end."""
    for environment in _rows(environments):
        number, ended_us = environment["environment"], environment["ended_us"]
        process, row = places.process(environment["version"]), places.row(number)
        yield from _named("thread", process, row, f"environment {number}", number + 1)
        place, cause = {"cat": "environment", "pid": process, "tid": row}, EndCause(environment["end_cause"])
        initialization = InitializationType(environment["initialization"])
        yield from _complete(
            "environment",
            place,
            environment["created_us"],
            ends_us if ended_us == NEVER else ended_us,
            environment=number,
            initialization=name_of(initialization),
            start_cause=name_of(StartCause(environment["start_cause"])),
            end_cause=name_of(cause),
            created_us=environment["created_us"],
            invocations=environment["invocations"],
            busy_ms=environment["busy_us"] / US_PER_MS,
        )
        yield from _start(environment, initialization, place, ends_us)
        if ended_us >= 0:
            yield _instant(f"ended: {name_of(cause)}", place, ended_us)


def _start(
    environment: Mapping[str, int], initialization: InitializationType, place: Event, ends_us: int
) -> Iterator[Event]:
    """The start and its phases; none of an environment that Lambda started ahead: it is there when it is ready."""
    began_us, ready_us = environment["created_us"], min(environment["ready_us"], ends_us)
    if began_us < ready_us:
        place = place | {"cat": "start"}
        yield from _complete(_START_NAMES[initialization], place, began_us, ready_us)
        for name, column in _PHASES:
            over_us = min(began_us + environment[column], ready_us)
            if began_us < over_us:
                yield from _complete(name, place, began_us, over_us)
                began_us = over_us


def _runs(invocations: Columns, places: _Places, ends_us: int) -> Iterator[Event]:
    """Invocations, as far as they began to run, each on the row of its environment."""
    duration_us = whole(invocations, "ended_us") - whole(invocations, "started_us")
    billed_ms = billed_ms_array(duration_us, whole(invocations, "init_us") + whole(invocations, "billed_restore_us"))
    began = (ran(invocations) | unfinished(invocations)) & (whole(invocations, "started_us") != NEVER)
    rows = {**invocations, "billed_ms": billed_ms}
    for row in _rows({name: values[began] for name, values in rows.items()}):
        outcome, started_us, ended_us = Outcome(row["outcome"]), row["started_us"], row["ended_us"]
        place = {"cat": "invocation", "pid": places.process(row["version"]), "tid": places.row(row["environment"])}
        told = _attempt(row, places.header)
        told["start_type"] = name_of(StartType(row["start_type"]))
        if outcome == Outcome.UNFINISHED:
            ended_us = ends_us
        else:
            told["billed_ms"] = row["billed_ms"]
        yield from _complete(name_of(outcome), place, started_us, ended_us, **told)
        if init_us := row["suppressed_init_us"]:
            yield from _complete("init again", place, started_us, started_us + init_us)


def _attempt(row: Mapping[str, int], header: Header) -> Event:
    """Which attempt it is, of what."""
    told = {"trigger": header.triggers[row["trigger"]].name, "event": row["event"], "attempt": row["attempt"]}
    return told | ({"records": row["records"]} if row["records"] > 1 else {})


def _refused(invocations: Columns) -> NDArray[np.bool_]:
    """Which attempts Lambda, or the front door, refused."""
    refused: NDArray[np.bool_] = np.isin(whole(invocations, "outcome"), [*REFUSED, Outcome.REJECTED])
    return refused


def _refusals(invocations: Columns, places: _Places) -> Iterator[Event]:
    """The refused attempts, each at its version's row of them, by AWS's reason where Lambda gives one."""
    for row in _rows({name: values[_refused(invocations)] for name, values in invocations.items()}):
        outcome, reason = Outcome(row["outcome"]), ThrottleReason(row["throttle_reason"])
        version = row["version"]
        place = {"cat": "refused", "pid": places.process(version), "tid": places.refused(version)}
        name = name_of(outcome if reason == ThrottleReason.NONE else reason)
        told = _attempt(row, places.header) | {"outcome": name_of(outcome)}
        yield _instant(name, place, row["invoked_us"], **told)


def _changes(changes: Columns, places: _Places) -> Iterator[Event]:
    """What changed during the run, in words."""
    header, place = places.header, {"cat": "change", "pid": places.account, "tid": places.changes}
    for row in _rows(changes):
        change, subject = Change(row["change"]), header.subjects[row["subject"]]
        text = text_of(change, row["value"], row["to_version"], header)
        yield _instant(f"{subject}: {text}", place, row["at_us"], change=name_of(change))


def _counters(invocations: Columns, environments: Columns, used: Sequence[int], places: _Places) -> Iterator[Event]:
    """Concurrency (invocations that were admitted and are not over) and how many environments there are."""
    admitted = ran(invocations) | unfinished(invocations)
    runs = _spans(*(whole(invocations, name)[admitted] for name in ("invoked_us", "ended_us", "version")))
    lives = _spans(*(whole(environments, name) for name in ("created_us", "ended_us", "version")))
    for name, spans in (("concurrency", runs), ("environments", lives)):
        for version in used:
            yield from _counter(name, places.process(version), spans[:, spans[2] == version])
        if len(used) != 1:  # or it would be the same again; a trace of nothing has it, to be a trace
            yield from _counter(name, places.account, spans)


def _spans(from_us: NDArray[np.int64], to_us: NDArray[np.int64], versions: NDArray[np.int64]) -> NDArray[np.int64]:
    """From when, until when (NEVER: it was not over), and of which version: an array's row for each."""
    return np.stack([np.maximum(from_us, 0), to_us, versions])


def _counter(name: str, process: int, spans: NDArray[np.int64]) -> Iterator[Event]:
    """How many of the spans there are at a time: an event at 0, and one wherever that changes."""
    from_us, to_us = spans[0], spans[1][spans[1] != NEVER]
    times, places = np.unique(np.concatenate([[0], from_us, to_us]), return_inverse=True)
    steps = np.repeat([0, 1, -1], [1, len(from_us), len(to_us)])
    changes = np.bincount(places, weights=steps, minlength=len(times)).astype(np.int64)
    told = changes != 0
    told[0] = True
    times, counts, place = times[told], np.cumsum(changes)[told], {"pid": process, "tid": process}
    for first in range(0, len(times), CHUNK):
        chunk = slice(first, first + CHUNK)
        for at_us, count in zip(times[chunk].tolist(), counts[chunk].tolist(), strict=True):
            yield {"ph": "C", "name": name, **place, "ts": at_us, "args": {_COUNTED[name]: count}}


def _rows(columns: Columns) -> Iterator[dict[str, int]]:
    """The rows of a log, a dict each."""
    for row in zip(*(whole(columns, name).tolist() for name in columns), strict=True):
        yield dict(zip(columns, row, strict=True))
