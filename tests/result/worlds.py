"""Results of runs that never were: random logs, measured, billed and summed up as a simulation's would be."""

from dataclasses import dataclass

import numpy as np
from synthetic_logs import (
    CLICKS,
    ORDERS,
    UPLOADS,
    environments,
    header,
    measure,
    queued_header,
    random_attempts,
    random_events,
    random_log,
)

from lambdasim.billing.bill import bill_of
from lambdasim.parameters.book import load_book
from lambdasim.randomness import stream
from lambdasim.records import ConcurrencyPeaks, Tally
from lambdasim.result.result import Provenance, Result
from lambdasim.units import US_PER_MINUTE


@dataclass(frozen=True)
class Note:
    code: str = "deprecated-runtime"
    path: str = "functions.api.runtime"
    message: str = "<b>old</b> & gone"


@dataclass(frozen=True)
class Demanded:
    text: str
    held: bool
    value: float | None

    def check(self, summary):
        assert summary["functions"]
        return self.held, self.value


PEAKS = ConcurrencyPeaks(
    functions={0: np.array([90, 4, 7]), 1: np.array([1, 2, 3])},
    account=np.array([91, 5, 9]),
    unreserved=np.array([90, 4, 7]),
    claimed=np.array([95, 9, 12]),
    measured_functions={0: 7, 1: 3},
    measured_account=9,
    measured_unreserved=7,
    measured_claimed=7 + 5,
)
LIVES = environments(
    {"created_us": 0, "environment": 0},
    {"created_us": 2 * US_PER_MINUTE, "ended_us": 4 * US_PER_MINUTE, "end_cause": 2, "environment": 1},
    {"created_us": 3 * US_PER_MINUTE, "function": 1, "environment": 2, "pre_initialized": 1},
)
JOURNEYS = {
    1: {
        "user": np.arange(4),
        "arrived_us": np.array([0, 100, 200, 300]) * 1_000_000,
        "finished_us": np.array([1, 130, -1, 310]) * 1_000_000,
        "completed": np.array([1, 1, 0, 0], dtype=np.uint8),
    }
}


TALLIES = {
    UPLOADS: Tally(counts={"duplicates": 3.0}),
    ORDERS: Tally(
        counts={"empty_receives": 40.0, "visible_max": 1200.0, "oldest_message_s_max": 3.5},
        series={
            "ApproximateNumberOfMessagesVisible": np.array([3.0, 0.1 + 0.2, 1e-9, np.nan]),
            "Sent": np.arange(12.0),
        },
    ),
    CLICKS: Tally(series={"GetRecords.IteratorAgeMilliseconds": np.array([1 / 3, 2.5])}),
}


def made_queued(*, keep_log=True, seed=1, rows=3000, **changes):
    """A result with queued events, of random logs."""
    log, waited = (made_up(stream(seed, "world"), rows) for made_up in (random_attempts, random_events))
    changes = {"head": queued_header(), "event_log": waited, "tallies": TALLIES} | changes
    return made(changes.pop("columns", log), keep_log=keep_log, **changes)


def made(columns=None, *, keep_log=True, head=None, wall_s=2.0, seed=1, **changes):
    """A result, by default of a random log of 3,000 rows."""
    head = head or header()
    columns = random_log(stream(seed, "world"), 3000) if columns is None else columns
    settings = {"environment_log": LIVES, "peaks": PEAKS, "journeys": JOURNEYS} | changes
    recorder, metrics = measure(columns, head, keep_log=keep_log, **settings)
    book = load_book().override({"prices/us-east-1/requests": {"price": 0.40, "per": 1_000_000}})
    return Result.of(
        header=head,
        metrics=metrics,
        invocation_columns=recorder.invocations.columns() if keep_log else None,
        environment_columns=recorder.environments.columns(),
        event_columns=recorder.events.columns() if keep_log else None,
        change_columns=recorder.changes.columns(),
        bill=bill_of(metrics, head, book, free_tier=True),
        provenance=Provenance(
            scenario_sha256="ab" * 32,
            engine="simpy",
            wall_s=wall_s,
            parameters=book.used,
            warnings=(Note(),),
            thresholds=(
                Demanded("api.latency_ms.p99 < 300", held=False, value=311.5),
                Demanded("x", held=True, value=None),
            ),
        ),
    )
