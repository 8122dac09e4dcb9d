"""The world of a run: its tables, and how compiled code comes by them.

To compiled code a world is one address, that of a directory of its tables: so it can be handed to any function for
nothing, and a table can be put in the place of a smaller one at any time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lambdasim.kernel import layout as table
from lambdasim.kernel.addresses import tables_by_address
from lambdasim.kernel.layout import Floats, Ints

_VARIES = -1
COLUMNS = {
    "scalars": 0,
    "environments": table.ENV_COLUMNS,
    "ended": 0,  # environments in the order of their ends: the environment log
    "fleets": table.FLEET_COLUMNS,
    "versions": table.VERSION_COLUMNS,
    "calls": table.CALL_COLUMNS,
    "triggers": table.TRIGGER_COLUMNS,
    "targets": table.TARGET_COLUMNS,
    "queues": table.QUEUE_COLUMNS,
    "clients": table.CLIENT_COLUMNS,
    "levels": table.LEVEL_COLUMNS,
    "peaks": _VARIES,
    "agenda": table.AGENDA_COLUMNS,
    "arrivals": table.AGENDA_COLUMNS,
    "times": 0,
    "streams": table.STREAM_COLUMNS,
    "draws": 0,
    "start": 0,
    "random_pool": 0,
    "utilization": _VARIES,
    "users": table.USER_COLUMNS,
    "flows": table.FLOW_COLUMNS,
    "journey_steps": table.STEP_COLUMNS,
    "periods": 5,
    "rows": table.LOG_COLUMNS,
    "event_rows": table.EVENT_LOG_COLUMNS,
    "retried": table.STATUSES,  # whether a mode tries again after a status
    "version_rates": 2,
    "rates": 0,
    "target_weights": 0,
    "queue_numbers": 2,
    "waits": 0,
    "client_numbers": table.CLIENT_NUMBERS,
    "modes": table.MODE_COLUMNS,
    "buckets": 4,
    "coins": 0,
    "utilization_sums": _VARIES,
    "flow_shares": 0,
}
"""The tables, with their columns: none of those with 0 (arrays of one dimension)."""
_FLOATS = list(COLUMNS).index("version_rates")  # from there on, tables hold float64


class World:
    """All that a run is at one instant, table by table."""

    scalars: Ints
    environments: Ints
    ended: Ints
    fleets: Ints
    versions: Ints
    calls: Ints
    triggers: Ints
    targets: Ints
    queues: Ints
    clients: Ints
    levels: Ints
    peaks: Ints
    agenda: Ints
    arrivals: Ints
    times: Ints
    streams: Ints
    draws: Ints
    start: Ints
    random_pool: Ints
    utilization: Ints
    users: Ints
    flows: Ints
    journey_steps: Ints
    periods: Ints
    rows: Ints
    event_rows: Ints
    retried: Ints
    version_rates: Floats
    rates: Floats
    target_weights: Floats
    queue_numbers: Floats
    waits: Floats
    client_numbers: Floats
    modes: Floats
    buckets: Floats
    coins: Floats
    utilization_sums: Floats
    flow_shares: Floats

    def __init__(self, **tables: NDArray[Any]) -> None:
        self._directory = np.zeros((len(COLUMNS), 3), dtype=np.int64)
        self.address = int(self._directory.ctypes.data)
        assert tables.keys() == COLUMNS.keys()
        self.put(**tables)

    def put(self, **tables: NDArray[Any]) -> None:
        """Put tables in the places of those that are there."""
        for name, values in tables.items():
            number, columns = _NUMBERS[name], COLUMNS[name]
            assert values.flags.c_contiguous
            assert values.dtype == (np.float64 if number >= _FLOATS else np.int64)
            assert columns in {_VARIES, *values.shape[1:]} if columns else values.ndim == 1
            setattr(self, name, values)
            self._directory[number] = values.ctypes.data, values.shape[0], values.shape[1] if columns else 1


_NUMBERS = {name: number for number, name in enumerate(COLUMNS)}
tables_by_address(
    World,
    {name: (number, number >= _FLOATS, COLUMNS[name]) for name, number in _NUMBERS.items()},
)
