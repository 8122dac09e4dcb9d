"""Provisioned concurrency over a compiled world: what is asked for is Python's to decide, what serves is the world's.

``ProvisionedFleet``, its autoscaler and its deployment at AWS's pace are those of the SimPy engine; here they find
their environments, limits and clock in the world's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lambdasim.kernel import layout as table
from lambdasim.kernel.calls import schedule
from lambdasim.kernel.environments import keep
from lambdasim.kernel.fleets import release_surplus
from lambdasim.kernel.limits import note_period, settle_claim
from lambdasim.records import ProvisionedPeriod, UtilizationMinutes
from lambdasim.service.concurrency import ConcurrencyLimits
from lambdasim.service.provisioned import ProvisionedFleet

if TYPE_CHECKING:
    from lambdasim.codes import StartCause
    from lambdasim.kernel.memory import World
    from lambdasim.service.cold_start import ColdStart


class Compiled(Protocol):
    """A run of the compiled engine, as what stands beside its machine sees it."""

    world: World

    def make_room(self) -> None:
        """See that what follows finds room in every table."""

    def stage(self, fleet: int, phases: ColdStart) -> None:
        """The next environment of ``fleet`` starts so."""

    def add_fleet(self, fleet: ProvisionedFleet) -> None:
        """One more fleet of provisioned concurrency has its limits."""


class Moment:
    """An event of the world's agenda for which Python has something to do."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[Any], None]] = []


class CompiledClock:
    """The world's time, as ``service.clock.Clock`` gives it to what controls a run."""

    def __init__(self, run: Compiled) -> None:
        self._run = run
        self._moments: dict[int, Moment] = {}
        self._number = 0

    @property
    def now(self) -> int:
        """The present, in microseconds from the scenario's start."""
        return int(self._run.world.scalars[table.NOW])

    def control(self, delay_us: int) -> Moment:
        """See ``Clock.control``."""
        return self._at(delay_us, table.CONTROL)

    def process(self, generator: Generator[Moment, None, None]) -> None:
        """Go through a generator, from each moment that it yields to the next."""

        def step(_moment: Moment) -> None:
            following = next(generator, None)
            if following is not None:
                following.callbacks.append(step)

        self._at(0, table.URGENT).callbacks.append(step)

    def ring(self, number: int) -> None:
        """A moment has come."""
        moment = self._moments.pop(number)
        for callback in moment.callbacks:
            callback(moment)

    def _at(self, delay_us: int, rank: int) -> Moment:
        self._run.make_room()
        moment = self._moments[self._number] = Moment()
        schedule(self._run.world, self.now + delay_us, rank, table.PYTHON, self._number)
        self._number += 1
        return moment


class CompiledLimits(ConcurrencyLimits):
    """The account's limits, of which the world has the present state."""

    world: World
    room_of: list[int]  # the row of the level that each function's runs on demand must fit into

    def claimable(self, function: int) -> int:
        """See ``ConcurrencyLimits``."""
        room = self.room_of[function]
        limit = int(self.world.levels[room, table.LEVEL_LIMIT])
        return limit if room != self.world.scalars[table.UNRESERVED] else limit - self.unreserved_minimum


class KeptFleet(ProvisionedFleet):
    """A fleet of provisioned concurrency whose environments are the world's."""

    def __init__(self, run: Compiled, number: int, *arguments: Any) -> None:
        self._run = run
        self.number = number
        super().__init__(*arguments)
        run.add_fleet(self)

    def _get(self, column: int) -> int:
        return int(self._run.world.fleets[self.number, column])

    def _set(self, column: int, value: int) -> None:
        self._run.world.fleets[self.number, column] = value

    @property
    def allocated(self) -> int:
        """See ``ProvisionedFleet``."""
        return self._get(table.FLEET_ALLOCATED)

    @allocated.setter
    def allocated(self, environments: int) -> None:
        self._set(table.FLEET_ALLOCATED, environments)

    @property
    def _drawn(self) -> int:
        return self._get(table.FLEET_DRAWN)

    @_drawn.setter
    def _drawn(self, starts: int) -> None:
        self._set(table.FLEET_DRAWN, starts)

    @property
    def _alive(self) -> Any:
        """As long as there are environments."""
        return range(self._get(table.FLEET_ALIVE))

    @_alive.setter
    def _alive(self, environments: Any) -> None:
        """They are the world's to keep."""

    def _keep(self, created_us: int, ready_us: int, phases: ColdStart, cause: StartCause) -> None:
        self._run.stage(self.number, phases)
        keep(self._run.world, self.number, created_us, ready_us, int(cause))

    def _release(self, now_us: int) -> None:
        release_surplus(self._run.world, self.number, now_us)

    def _note(self, now_us: int) -> None:
        note_period(self._run.world, self.number, now_us)

    def _settle(self, now_us: int) -> None:
        self._set(table.FLEET_REQUESTED, self.requested)
        settle_claim(self._run.world, self.number, now_us)

    def close(self, now_us: int) -> None:
        """The run is over: what is starting goes to the log, too; the world closes what is there."""
        self._note(now_us)
        for batch in self.pending:
            self._keep_some([start for start in batch.starts if start[0] <= now_us], batch.cause)

    def take_periods(self, rows: Any) -> None:
        """Periods of this fleet that the world has noted: shape (n, 5)."""
        version = self.version.index
        self.periods += [ProvisionedPeriod(version, *row[1:]) for row in rows.tolist()]


class CompiledWatch:
    """ProvisionedConcurrencyUtilization of one version, as the world has sampled it."""

    def __init__(self, run: Compiled, row: int) -> None:
        self._run = run
        self._row = row

    def of_minute(self, minute: int) -> tuple[int, float, float]:
        """See ``UtilizationWatch``."""
        world, row = self._run.world, self._row
        sums, maxima = world.utilization_sums[2 * row : 2 * row + 2, minute].tolist()
        return int(world.utilization[row, minute]), sums, maxima

    def minutes(self) -> UtilizationMinutes:
        """All that was sampled, up to the last minute that has any."""
        world, row = self._run.world, self._row
        sampled = np.flatnonzero(world.utilization[row])
        count = int(sampled[-1]) + 1 if sampled.size else 0
        sums, maxima = world.utilization_sums[2 * row : 2 * row + 2, :count].copy()
        return UtilizationMinutes(world.utilization[row, :count].copy(), sums, maxima)
