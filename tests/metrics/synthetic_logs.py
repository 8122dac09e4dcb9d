"""Logs made by hand or at random, in the shape that an engine writes."""

import numpy as np

from lambdasim.codes import NO_STATUS, Capacity, Fate, Final, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.header import FunctionFacts, Header, TriggerFacts, VersionFacts
from lambdasim.metrics.recorder import Recorder
from lambdasim.records import (
    CHUNK,
    ENVIRONMENT_COLUMNS,
    EVENT_COLUMNS,
    INVOCATION_COLUMNS,
    NEVER,
    Columns,
    ConcurrencyPeaks,
)
from lambdasim.units import US_PER_MINUTE, US_PER_S

MINUTES = 10


def header(**changes):
    """Ten minutes from Monday 2026-01-05, of which the first is warm-up; two functions, two triggers."""
    values = {
        "scenario": "synthetic",
        "seed": 7,
        "region": "us-east-1",
        "start_epoch_s": 1_767_571_200.0,
        "warm_up_us": US_PER_MINUTE,
        "duration_us": MINUTES * US_PER_MINUTE,
        "functions": (FunctionFacts("api"), FunctionFacts("007")),
        "versions": (
            VersionFacts(0, "$LATEST", 512, "x86_64", 512),
            VersionFacts(1, "$LATEST", 1024, "arm64", 1024),
        ),
        "triggers": CALLED,
    }
    return Header(**{**values, **changes})


CALLED = (TriggerFacts("door", "api_gateway"), TriggerFacts("users", "journey"))
QUEUED = (TriggerFacts("uploads", "s3"), TriggerFacts("orders", "sqs"), TriggerFacts("clicks", "kinesis"))
UPLOADS, ORDERS, CLICKS = 2, 3, 4  # their indices


def queued_header(**changes):
    """The same with three triggers more whose events wait: asynchronous, a queue and a stream."""
    return header(**{"triggers": CALLED + QUEUED} | changes)


SECOND = VersionFacts(0, "2", 1024, "x86_64", 512)


def two_versions(**changes):
    """The same with a second version of the first function, of index 2."""
    return header(**{"versions": (*header().versions, SECOND)} | changes)


def _columns(layout, defaults, rows):
    table = [{**defaults, **row} for row in rows]
    if "version" in defaults:  # unless a row says so, the first that its function has
        table = [
            {**full, "version": row.get("version", full["function"])} for full, row in zip(table, rows, strict=True)
        ]
    return {c.name: np.array([row[c.name] for row in table], dtype=c.dtype) for c in layout}


def invocations(*rows, **common) -> Columns:
    """Rows given by what sets them apart from a warm success of 100 ms at 2 minutes."""
    t = 2 * US_PER_MINUTE
    times = {"arrived_us": t, "invoked_us": t, "started_us": t, "ended_us": t + 100_000, "answered_us": t + 100_000}
    codes = {"start_cause": StartCause.NONE, "throttle_reason": ThrottleReason.NONE, "final": Final.SUCCESS}
    defaults = (
        {c.name: 0 for c in INVOCATION_COLUMNS} | {"attempt": 1, "status": 200, "records": 1} | times | codes | common
    )
    return _columns(INVOCATION_COLUMNS, defaults, rows)


def environments(*rows) -> Columns:
    """Rows given by what sets them apart from an environment that lives through the run."""
    never = dict.fromkeys(("ended_us", "first_used_us", "last_used_us"), NEVER)
    return _columns(ENVIRONMENT_COLUMNS, {c.name: 0 for c in ENVIRONMENT_COLUMNS} | never | {"end_cause": 255}, rows)


def attempts(*rows, **common) -> Columns:
    """Rows of queued events' or batches' attempts: nobody waits for an answer."""
    return invocations(*rows, **{"trigger": UPLOADS, "status": NO_STATUS, "final": Final.NO} | common)


def events(*rows, **common) -> Columns:
    """Rows given by what sets them apart from an upload's success 100 ms after it came at 2 minutes, sent once."""
    t = 2 * US_PER_MINUTE
    times = {"arrived_us": t, "queued_us": t, "ended_us": t + 100_000}
    codes = {"fate": Fate.SUCCESS, "attempts": 1, "runs": 1, "lane": -1, "trigger": UPLOADS}
    table = [times | codes | {"event": number} | common | row for number, row in enumerate(rows)]
    own = {"origin_trigger": "trigger", "origin_event": "event", "origin_us": "arrived_us"}
    table = [{name: row[same] for name, same in own.items()} | row for row in table]  # it began its own chain
    return _columns(EVENT_COLUMNS, {c.name: 0 for c in EVENT_COLUMNS}, table)


def random_attempts(generator, rows, functions=2) -> Columns:
    """A log of attempts of all triggers of ``queued_header``; queued ones have neither status nor final outcome."""
    log = random_log(generator, rows, functions, triggers=5)
    queued = log["trigger"] >= UPLOADS
    log["status"][queued] = NO_STATUS
    log["final"][queued] = Final.NO
    log["answered_us"][queued] = log["ended_us"][queued]  # never, where it did not run
    log["records"][log["trigger"] >= ORDERS] = generator.integers(1, 11, int((log["trigger"] >= ORDERS).sum()))
    return log


def random_events(generator, rows, functions=2) -> Columns:
    """An event log of the queued triggers of ``queued_header``, of any fates whatever; one in three was fed."""
    uniform = generator.random
    arrived = np.sort(generator.integers(0, MINUTES * US_PER_MINUTE, rows))
    fate = generator.choice(len(Fate), rows, p=[0.6, 0.06, 0.06, 0.05, 0.05, 0.04, 0.04, 0.04, 0.06])
    runs = np.where(fate == Fate.SUCCESS, 1, 0) + generator.integers(0, 3, rows) * (fate != Fate.FILTERED)
    trigger, number = generator.integers(UPLOADS, CLICKS + 1, rows), np.arange(rows)
    fed = uniform(rows) < 0.33
    columns = {
        "event": number,
        "trigger": trigger,
        "function": generator.integers(0, functions, rows),
        "arrived_us": arrived,
        "queued_us": np.where(fate == Fate.UNDELIVERED, NEVER, arrived + generator.integers(0, US_PER_S, rows)),
        "ended_us": arrived + US_PER_S + np.exp(generator.normal(13, 2, rows)).astype(np.int64),
        "batch": number // 3,
        "attempts": runs + generator.integers(0, 2, rows),
        "runs": runs,
        "fate": fate,
        "kept": np.where(fate == Fate.FILTERED, 0, generator.integers(0, 16, rows)),
        "lane": np.full(rows, -1),
        "origin_trigger": np.where(fed, 0, trigger),
        "origin_event": np.where(fed, number // 2, number),
        "origin_us": np.where(fed, arrived // 2, arrived),
        "depth": fed,
    }
    return {c.name: columns[c.name].astype(c.dtype) for c in EVENT_COLUMNS}


def random_log(generator, rows, functions=2, triggers=2, *, versions=False) -> Columns:
    """A log of any events whatever, each of one attempt; times, codes and causes fit together.

    With ``versions`` the first function has those of ``two_versions``.
    """
    uniform = generator.random
    outcome = generator.choice(len(Outcome), rows, p=[0.68, 0.06, 0.05, 0.05, 0.04, 0.05, 0.03, 0.02, 0.02])
    runs = outcome < Outcome.THROTTLED
    unfinished = outcome == Outcome.UNFINISHED
    arrived = np.sort(generator.integers(0, MINUTES * US_PER_MINUTE, rows))
    invoked = arrived + generator.integers(0, 2 * US_PER_S, rows) * (uniform(rows) < 0.2)
    cold = runs & (uniform(rows) < 0.1)
    ahead = runs & ~cold & (uniform(rows) < 0.1)
    restored = cold & (uniform(rows) < 0.2)
    provisioned = (runs | unfinished) & ~(cold | ahead) & (uniform(rows) < 0.4)
    spilled = (runs | unfinished) & ~provisioned & (uniform(rows) < 0.2)
    started = invoked + cold * generator.integers(0, 3 * US_PER_S, rows)
    ended = started + np.exp(generator.normal(11, 2, rows)).astype(np.int64)
    gone = runs & (uniform(rows) < 0.05)
    answered = np.where(gone, invoked + (ended - invoked) // 2, np.where(runs, ended, invoked))
    answered = np.where(unfinished & (uniform(rows) < 0.5), NEVER, answered)
    success = (outcome == Outcome.SUCCESS) & ~(gone & (answered < ended))
    final = np.where(
        success, Final.SUCCESS, np.where((answered != NEVER) & (uniform(rows) < 0.8), Final.FAILURE, Final.NO)
    )
    function = generator.integers(0, functions, rows)
    second = (function == 0) & (uniform(rows) < 0.5) & versions
    return {
        c.name: np.asarray(values).astype(c.dtype)
        for c, values in zip(
            INVOCATION_COLUMNS,
            (
                np.arange(rows),
                generator.integers(1, 4, rows),
                generator.integers(0, triggers, rows),
                function,
                np.where(second, 2, function),
                arrived,
                invoked,
                np.where(runs, started, NEVER),
                np.where(runs, ended, NEVER),
                answered,
                np.where(runs, 1, -1),
                ((cold | ahead) & ~restored) * generator.integers(1, US_PER_S, rows),
                np.zeros(rows),
                restored * generator.integers(600_000, US_PER_S, rows),
                restored * generator.integers(1, 600_000, rows),
                outcome,
                np.select(
                    [restored, cold, ahead, provisioned, runs | unfinished],
                    [
                        StartType.RESTORED,
                        StartType.COLD,
                        StartType.PRE_INITIALIZED,
                        StartType.PROVISIONED,
                        StartType.WARM,
                    ],
                    StartType.NONE,
                ),
                np.where(cold | ahead, generator.integers(0, 6, rows), StartCause.NONE),
                np.select(
                    [provisioned, spilled, runs | unfinished],
                    [Capacity.PROVISIONED, Capacity.SPILLOVER, Capacity.ON_DEMAND],
                    Capacity.NONE,
                ),
                np.where(outcome == Outcome.THROTTLED, generator.integers(0, 6, rows), ThrottleReason.NONE),
                np.where(answered == NEVER, NO_STATUS, np.where(success, 200, np.where(gone, 504, 502))),
                final,
                np.ones(rows),
            ),
            strict=True,
        )
    }


def cut(columns, *edges) -> list[Columns]:
    """``columns`` in pieces."""
    pieces = zip(*(np.split(values, sorted(edges)) for values in columns.values()), strict=True)
    return [dict(zip(columns, piece, strict=True)) for piece in pieces]


def offered_of(columns, head, event_log=None) -> dict[tuple[int, int], int]:
    """As many events as there are measured rows that end one."""
    last = (columns["arrived_us"] >= head.warm_up_us) & (columns["final"] != Final.NO)
    ends = [(columns["trigger"][last], columns["function"][last])]
    if event_log is not None:
        rows = event_log["arrived_us"] >= head.warm_up_us
        ends.append((event_log["trigger"][rows], event_log["function"][rows]))
    pairs, counts = np.unique(np.concatenate(ends, axis=1), axis=1, return_counts=True)
    return {(int(t), int(f)): int(n) for (t, f), n in zip(pairs.T, counts, strict=True)}


def measure(
    columns,
    head,
    *,
    keep_log=True,
    environment_log=None,
    peaks=None,
    journeys=None,
    offered=None,
    event_log=None,
    tallies=None,
    provisioned=(),
    utilization=None,
):
    """A recorder that has seen all of ``columns`` and of the other logs, and its metrics."""
    recorder = Recorder(head, keep_log=keep_log)
    for log, table in (
        (recorder.invocations, columns),
        (recorder.environments, environment_log or environments()),
        (recorder.events, event_log or events()),
    ):
        for row in zip(*(values.tolist() for values in table.values()), strict=True):
            log.append(row)
    metrics = recorder.finish(
        offered=offered_of(columns, head, event_log) if offered is None else offered,
        peaks=peaks or ConcurrencyPeaks(),
        journeys=journeys or {},
        tallies=tallies or {},
        provisioned=provisioned,
        utilization=utilization or {},
        ended_us=head.duration_us + 15 * US_PER_MINUTE,
    )
    return recorder, metrics


__all__ = [
    "CHUNK",
    "CLICKS",
    "ORDERS",
    "UPLOADS",
    "attempts",
    "cut",
    "environments",
    "events",
    "header",
    "invocations",
    "measure",
    "offered_of",
    "queued_header",
    "random_attempts",
    "random_events",
    "random_log",
    "two_versions",
]
