"""The contract: the columns of the logs that a run leaves; :mod:`.header` says what their indices stand for.

Invocations are attempts to run a function, environments where they ran, events what waited in a queue or a stream
until it ended, changes what was altered meanwhile. Every engine writes these columns, and the few counts of a
:class:`Tally` that are no rows of a log (an empty receive, a queue's depth); metrics, bill and reports read nothing
else. A log is columnar: a dict from column name to a numpy array, all of one length. Times are microseconds since the
scenario's start; -1 stands for "never". Codes are small integers; :mod:`.codes` says what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[np.generic]]
NEVER = -1
CHUNK = 16_384
_BATCH = 512  # rows that wait as Python's integers: few enough to stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name (with its unit), its numpy type and what it holds."""

    name: str
    dtype: str
    meaning: str


INVOCATION_COLUMNS = (
    Column(
        "event", "i8", "the event's number within its trigger, from 0; the batch's, where the trigger sends batches"
    ),
    Column("attempt", "u4", "1 for the first attempt, 2 for the first retry, ..."),
    Column("trigger", "u2", "index into Header.triggers"),
    Column("function", "u2", "index into Header.functions"),
    Column("version", "u2", "index into Header.versions"),
    Column(
        "arrived_us",
        "i8",
        "when the event was first offered: called, taken by Lambda's event queue, or (the last of a batch) sent or "
        "written; the same for all its attempts",
    ),
    Column("invoked_us", "i8", "when this attempt was sent"),
    Column("started_us", "i8", "when it began to run on an environment (Duration starts); never, if it did not run"),
    Column("ended_us", "i8", "when it stopped running (Duration ends); never, if it did not run"),
    Column("answered_us", "i8", "when the caller had an answer, or gave up waiting for one"),
    Column("environment", "i4", "the environment's number, as in the environment log; -1 if it did not run"),
    Column("init_us", "i4", "REPORT's Init Duration: on an environment's first call, else 0"),
    Column("suppressed_init_us", "i4", "the part of Duration that was an init done again after a reset"),
    Column("restore_us", "i4", "REPORT's Restore Duration: on the first call of a restored environment, else 0"),
    Column("billed_restore_us", "i4", "the part of the restore that is billed: runtime load and after-restore hooks"),
    Column("outcome", "u1", "Outcome"),
    Column("start_type", "u1", "StartType"),
    Column("start_cause", "u1", "StartCause, where the start was not warm"),
    Column("capacity", "u1", "Capacity"),
    Column("throttle_reason", "u1", "ThrottleReason, where Lambda refused it"),
    Column("status", "u2", "the HTTP status that the caller saw; 0: its own read timeout, 65535: none"),
    Column("final", "u1", "Final"),
    Column("records", "u2", "how many events it carried: 1, or a batch's size"),
)

ENVIRONMENT_COLUMNS = (
    Column("environment", "i4", "its number: environments are numbered as they are started, over all functions"),
    Column("function", "u2", "index into Header.functions"),
    Column("version", "u2", "index into Header.versions"),
    Column("initialization", "u1", "InitializationType"),
    Column("created_us", "i8", "when its start began; before 0, if the run begins with its provisioned concurrency"),
    Column("ready_us", "i8", "when it could first run"),
    Column("first_used_us", "i8", "when its first invocation began to run; never, if none did"),
    Column("last_used_us", "i8", "when its last invocation stopped; never, if none ran"),
    Column("ended_us", "i8", "when Lambda took it away; never, if it outlived the run"),
    Column("start_cause", "u1", "StartCause"),
    Column("end_cause", "u1", "EndCause"),
    Column("pre_initialized", "u1", "1 if Lambda started it ahead of any request"),
    Column("invocations", "i4", "runs that ended on it"),
    Column("busy_us", "i8", "time it spent starting or running for a request"),
    Column("platform_us", "i4", "cold start, first part: placement and platform overhead"),
    Column("download_us", "i4", "... then fetching the package"),
    Column("network_us", "i4", "... then attaching to the VPC"),
    Column("runtime_init_us", "i4", "... then the runtime's own init (in Init Duration)"),
    Column("function_init_us", "i4", "... then the function's init code (in Init Duration)"),
    Column("restore_us", "i4", "... or, in place of both, the restore from a snapshot (Restore Duration)"),
)


EVENT_COLUMNS = (
    Column("event", "i8", "the event's number within its trigger, from 0"),
    Column("trigger", "u2", "index into Header.triggers"),
    Column("function", "u2", "index into Header.functions"),
    Column("arrived_us", "i8", "when it came to its source"),
    Column(
        "queued_us", "i8", "when Lambda's event queue, the queue or the stream had it; never, if it did not get there"
    ),
    Column("ended_us", "i8", "when its fate was known"),
    Column("batch", "i8", "the invocation log's `event` of the last attempt that carried it; -1 if none did"),
    Column("attempts", "u4", "how often it was sent to its function, or received from its queue"),
    Column("runs", "u4", "how often its function ran for it"),
    Column("fate", "u1", "Fate"),
    Column("kept", "u1", "Kept"),
    Column("lane", "i4", "what keeps its order: the message group, or shard x parallelization factor + lane; else -1"),
    Column("origin_trigger", "u2", "the trigger where its chain began: its own, unless another event caused it"),
    Column("origin_event", "i8", "the event's number there"),
    Column("origin_us", "i8", "when that one arrived"),
    Column("depth", "u2", "functions that ran in its chain before it"),
)


CHANGE_COLUMNS = (
    Column("at_us", "i8", "when it changed"),
    Column("change", "u1", "Change"),
    Column("subject", "u2", "index into Header.subjects: what changed"),
    Column("to_version", "u2", "index into Header.versions: an alias's traffic or provisioned concurrency goes there"),
    Column(
        "value",
        "i8",
        "of an incident: index into Header.incidents; of provisioned concurrency: how much; of a shift or a rollback: "
        "the share of requests that `to_version` has from now on, in millionths",
    ),
)

PROVISIONED_COLUMNS = (
    Column("version", "u2", "index into Header.versions"),
    Column("configured", "i4", "how much provisioned concurrency was asked for"),
    Column("allocated", "i4", "how much of it could be used, with what was busy still after a decrease"),
    Column("from_us", "i8", "since when; periods of one version follow each other while it has any"),
    Column("to_us", "i8", "until when it was so"),
)


@dataclass(slots=True)
class Tally:
    """What a trigger's queue or mapping counted that is no row of a log.

    ``counts``: totals within [warm_up, duration), and highest values there, by name. ``series``: CloudWatch's metrics
    by their names, a value for each minute from 0 on (NaN: none); a sum, or a gauge read at the minute's end.
    """

    counts: dict[str, float] = field(default_factory=dict)
    series: dict[str, NDArray[np.float64]] = field(default_factory=dict)


class Log:
    """Rows in, columns out: collects rows and hands them over as columns, a chunk at a time.

    ``on_chunk`` sees every chunk once, in order. With ``keep`` they stay and ``columns()`` returns the whole log;
    without it they are gone after ``on_chunk``, and memory stays flat.
    """

    def __init__(
        self,
        layout: tuple[Column, ...],
        *,
        keep: bool = True,
        on_chunk: Callable[[Columns], None] | None = None,
    ) -> None:
        self.layout = layout
        self.rows = 0
        self._keep = keep
        self._on_chunk = on_chunk
        self._pending: list[int] = []  # row after row, flat: quicker to fill and to convert than tuples
        self._full = _BATCH * len(layout)
        self._values = np.empty(CHUNK * len(layout), dtype=np.int64)  # the chunk that is being filled, flat too
        self._filled = 0
        self._columns = empty(layout)  # what is kept, with room for more
        self._lent = False  # whether someone has these arrays

    def append(self, row: tuple[int, ...]) -> None:
        """Add one row: a value for each column, in the layout's order."""
        pending = self._pending
        pending += row
        if len(pending) >= self._full:
            self._convert()
            if self._filled == len(self._values):
                self.flush()

    def extend(self, rows: NDArray[np.int64]) -> None:
        """Add rows, as if each was appended: shape (n, columns), best by the thousand."""
        self.flush()
        self._take(rows)

    def flush(self) -> None:
        """Turn what is there into a chunk."""
        self._convert()
        values = self._values[: self._filled].reshape(-1, len(self.layout))
        self._filled = 0
        self._take(values)

    def _convert(self) -> None:
        """Move what is pending into the chunk; batches fill it without a remainder."""
        count = len(self._pending)
        self._values[self._filled : self._filled + count] = np.fromiter(self._pending, dtype=np.int64, count=count)
        self._filled += count
        self._pending.clear()

    def _take(self, rows: NDArray[np.int64]) -> None:
        """A chunk: hand it over, and keep it."""
        if not len(rows):
            return
        if self._on_chunk is not None:
            self._on_chunk({column.name: rows[:, i].astype(column.dtype) for i, column in enumerate(self.layout)})
        if self._keep:
            self._make_room(self.rows + len(rows))
            for i, column in enumerate(self.layout):
                self._columns[column.name][self.rows : self.rows + len(rows)] = rows[:, i]
        self.rows += len(rows)

    def _make_room(self, rows: int) -> None:
        """Have room for so many rows in all: arrays that nobody else has grow in place, others are copied."""
        kept = self._columns
        room = len(kept[self.layout[0].name])
        if rows <= room and not self._lent:
            return
        room = max(rows, room + room // 4)
        if self._lent or not self.rows:
            self._columns = {column.name: np.empty(room, dtype=column.dtype) for column in self.layout}
            for name, values in kept.items():
                self._columns[name][: self.rows] = values
            self._lent = False
        else:
            for values in kept.values():
                values.resize(room, refcheck=False)

    def columns(self) -> Columns:
        """The whole log, as one array a column."""
        self.flush()
        if not self._lent and self._keep:
            for values in self._columns.values():
                values.resize(self.rows, refcheck=False)
        self._lent = True
        return dict(self._columns)

    def handed_over(self) -> Columns:
        """As ``columns()``, but they are the caller's alone, and end with him: the log is empty then."""
        columns = self.columns()
        self._columns, self.rows, self._lent = empty(self.layout), 0, False
        return columns


def empty(layout: tuple[Column, ...]) -> Columns:
    """A log with no rows."""
    return {column.name: np.empty(0, dtype=column.dtype) for column in layout}


@dataclass(frozen=True, slots=True)
class ProvisionedPeriod:
    """A time in which the provisioned concurrency of a version stayed as it was: [from_us, to_us).

    Periods of one version follow each other without a gap from when it is asked for (AWS: enabled) until it is given up
    (disabled) or the run ends; a gap means that it was disabled meanwhile. ``configured`` is what was asked for,
    ``allocated`` what of it could be used.
    """

    version: int
    configured: int
    allocated: int
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class UtilizationMinutes:
    """ProvisionedConcurrencyUtilization of one version in each minute from 0 on, as far as there was any.

    At each invocation Lambda takes a sample, busy environments over allocated ones: how many, their sum, the highest.
    """

    samples: NDArray[np.int64]
    sums: NDArray[np.float64]
    maxima: NDArray[np.float64]


@dataclass(slots=True)
class ConcurrencyPeaks:
    """The highest concurrency in each minute, as CloudWatch's ConcurrentExecutions (Maximum) shows it.

    ``functions`` maps a function's index to an array, one value a minute; ``account`` counts all functions,
    ``unreserved`` what is on no reserved or provisioned concurrency; ``claimed`` adds all that is set aside, used or
    not (ClaimedAccountConcurrency); ``provisioned`` maps a version's index to what is on its provisioned concurrency
    (ProvisionedConcurrentExecutions). The ``measured_*`` are the highest values within [warm_up, duration), which need
    not begin or end with a minute.
    """

    functions: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    account: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    unreserved: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    claimed: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    provisioned: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    measured_functions: dict[int, int] = field(default_factory=dict)
    measured_account: int = 0
    measured_unreserved: int = 0
    measured_claimed: int = 0
    measured_provisioned: dict[int, int] = field(default_factory=dict)


class InterfaceLife(NamedTuple):
    """When a network interface was made and removed (never, if it outlived the run); ``combination``: who shares it."""

    combination: int
    made_us: int
    removed_us: int


class StartInVpc(NamedTuple):
    """An environment that started for an invocation, and whether it ``waited`` for an interface to be attached."""

    function: int
    at_us: int
    waited: bool


@dataclass(frozen=True, slots=True)
class NetworkUse:
    """The network interfaces that there were, and the starts of environments in the VPC.

    ``combinations``: for each function with a VPC, the combinations of subnet and security groups that it uses.
    """

    interfaces: tuple[InterfaceLife, ...] = ()
    combinations: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    starts: tuple[StartInVpc, ...] = ()
