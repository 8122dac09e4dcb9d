"""Makes a world: tables of the right sizes, room for more, and draws of streams where the machine looks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.kernel import layout as table
from lambdasim.kernel.layout import NONE, Ints
from lambdasim.kernel.memory import World
from lambdasim.randomness import BLOCK, Draws
from lambdasim.units import US_PER_MINUTE

assert BLOCK == 1 << table.BLOCK_BITS
ROWS = 8192
"""Rows of the invocation log at a time: few enough to stay in the processor's cache."""
_SMALL = 64
_CALLS = 1024
_ARENA = 1 << 14


def ints(rows: int, columns: int) -> Ints:
    """A table of whole numbers, none of which is known: shape (rows, columns)."""
    return np.full((rows, columns), NONE, dtype=np.int64)


def unset(rows: int, columns: int) -> Ints:
    """A table whose rows are written before they are read: shape (rows, columns)."""
    return np.empty((rows, columns), dtype=np.int64)


def new_world(
    *,
    versions: int,
    fleets: int,
    levels: int,
    buckets: int,
    triggers: int,
    targets: int,
    queues: int,
    clients: int,
    ends_us: int,
    counted_minutes: int,
    watches: int,
) -> World:
    """A world in which nothing has happened; tables of waits, flows and streams are put in their places later.

    ``counted_minutes`` are those whose peaks of concurrency are kept; ``watches``: how many versions may have
    provisioned concurrency.
    """
    minutes = ends_us // US_PER_MINUTE + 1
    draws = np.zeros(_ARENA, dtype=np.int64)
    return World(
        scalars=np.zeros(table.SCALARS, dtype=np.int64),
        environments=ints(_SMALL, table.ENV_COLUMNS),
        ended=np.zeros(_SMALL, dtype=np.int64),
        fleets=ints(max(fleets, 1), table.FLEET_COLUMNS),
        versions=ints(versions, table.VERSION_COLUMNS),
        version_rates=np.zeros((versions, 2)),
        rates=np.zeros(2),
        calls=unset(_CALLS, table.CALL_COLUMNS),
        triggers=ints(max(triggers, 1), table.TRIGGER_COLUMNS),
        targets=ints(max(targets, 1), table.TARGET_COLUMNS),
        target_weights=np.zeros(max(targets, 1)),
        queues=ints(max(queues, 1), table.QUEUE_COLUMNS),
        queue_numbers=np.zeros((max(queues, 1), 2)),
        waits=np.zeros(1),
        clients=ints(max(clients, 1), table.CLIENT_COLUMNS),
        client_numbers=np.zeros((max(clients, 1), table.CLIENT_NUMBERS)),
        modes=np.zeros((len(table.MODES), table.MODE_COLUMNS)),
        retried=np.zeros((len(table.MODES), table.STATUSES), dtype=np.int64),
        levels=np.zeros((levels, table.LEVEL_COLUMNS), dtype=np.int64),
        peaks=np.zeros((levels, counted_minutes), dtype=np.int64),
        buckets=np.zeros((buckets, 4)),
        agenda=unset(_CALLS, table.AGENDA_COLUMNS),
        arrivals=unset(_CALLS + triggers, table.AGENDA_COLUMNS),
        times=np.zeros(_SMALL, dtype=np.int64),
        streams=np.zeros((_SMALL, table.STREAM_COLUMNS), dtype=np.int64),
        draws=draws,
        coins=draws.view(np.float64),
        start=ints(1, table.START_COLUMNS)[0],
        random_pool=np.zeros(1, dtype=np.int64),
        utilization=np.zeros((max(watches, 1), minutes if watches else 1), dtype=np.int64),
        utilization_sums=np.zeros((2 * max(watches, 1), minutes if watches else 1)),
        users=unset(_CALLS, table.USER_COLUMNS),
        flows=ints(1, table.FLOW_COLUMNS),
        flow_shares=np.zeros(1),
        journey_steps=ints(1, table.STEP_COLUMNS),
        periods=unset(_CALLS, 5),
        rows=unset(ROWS, table.LOG_COLUMNS),
        event_rows=unset(ROWS if queues else _CALLS, table.EVENT_LOG_COLUMNS),
    )


def larger(values: Any, rows: int) -> Any:
    """``values`` with room for ``rows`` rows, or for twice as many as now if that is more."""
    more = np.full((max(rows, 2 * len(values)), *values.shape[1:]), NONE, dtype=values.dtype)
    more[: len(values)] = values
    return more


class Arena:
    """Blocks of numbers in one array, each with a place and room of its own; a block that outgrows its room moves."""

    def __init__(self, values: Ints) -> None:
        self.values = values
        self._used = 0

    def place(self, count: int) -> int:
        """Where ``count`` more numbers go."""
        if self._used + count > self.values.size:
            self.values = larger(self.values, self._used + count)
        self._used += count
        return self._used - count


class Streams:
    """The streams of draws that a run may ask for, made when it first does."""

    def __init__(self, draws: Ints) -> None:
        self.arena = Arena(draws)
        self._makers: list[Callable[[], Draws[Any]]] = []
        self._streams: dict[int, Draws[Any]] = {}

    def add(self, make: Callable[[], Draws[Any]]) -> int:
        """The number of one more stream."""
        self._makers.append(make)
        return len(self._makers) - 1

    def table(self, spare: int) -> Ints:
        """A row for each stream, and for ``spare`` more, of which nothing is there yet."""
        return np.zeros((len(self._makers) + spare, table.STREAM_COLUMNS), dtype=np.int64)

    def fetch(self, rows: Ints, stream: int, index: int) -> None:
        """Put the block that has draw ``index`` of a stream where its row of ``rows`` says, and say so there."""
        if stream not in self._streams:
            self._streams[stream] = self._makers[stream]()
        draws = self._streams[stream]
        block: NDArray[Any]
        first, block = draws.block(index)
        if first < BLOCK:  # the first blocks are small, and events that wait go back to them: they are kept as one
            parts = [draws.block(0)[1]]
            while (end := sum(part.size for part in parts)) <= index:
                parts.append(draws.block(end)[1])
            first, block = 0, np.concatenate(parts)
        row, way = rows[stream], (index >> table.BLOCK_BITS & 1) * table.WAY
        if block.size > row[way + table.STREAM_ROOM]:
            row[way + table.STREAM_PLACE] = self.arena.place(block.size)
            row[way + table.STREAM_ROOM] = block.size
        place = row[way + table.STREAM_PLACE]
        self.arena.values[place : place + block.size] = block.view(np.int64)
        row[way + table.STREAM_FIRST], row[way + table.STREAM_COUNT] = first, block.size


class Sources:
    """When the triggers' own events arrive: a block of each at a time."""

    def __init__(self, times: Ints) -> None:
        self.arena = Arena(times)
        self._blocks: dict[int, Any] = {}
        self._rooms: dict[int, tuple[int, int]] = {}

    def add(self, trigger: int, blocks: Any) -> None:
        """The sorted blocks of a trigger's times."""
        self._blocks[trigger] = blocks

    def fetch(self, row: Ints, trigger: int) -> None:
        """Put the next block of a trigger where its row says; after the last one, the row says that there is none."""
        block = next(self._blocks[trigger], None)
        if block is None:
            row[table.TRIGGER_TIME] = NONE
            row[table.TRIGGER_PLACE] = row[table.TRIGGER_END] = 0
            return
        place, room = self._rooms.get(trigger, (0, 0))
        if block.size > room:
            place = self.arena.place(block.size)
            self._rooms[trigger] = place, block.size
        self.arena.values[place : place + block.size] = block
        row[table.TRIGGER_TIME] = row[table.TRIGGER_PLACE] = place
        row[table.TRIGGER_END] = place + block.size
