"""The luck of environments that start, drawn when the machine asks for it, and room for them in the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambdasim.kernel import layout as table
from lambdasim.kernel.layout import NONE
from lambdasim.kernel.memory import World
from lambdasim.kernel.world import Arena, larger

if TYPE_CHECKING:
    from lambdasim.kernel.loading import Loader
    from lambdasim.service.cold_start import ColdStart
    from lambdasim.service.fleet import Fleet
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.lifecycle import Life
    from lambdasim.service.luck import Luck

_NO_LIFE = (0, 0, 0, 0, 0)


class Starts:
    """Starts of environments of ``fleets``, by their rows; those of provisioned concurrency join the list later."""

    def __init__(
        self, world: World, loader: Loader, versions: Sequence[FunctionVersion], fleets: Sequence[Fleet]
    ) -> None:
        self._world, self._loader, self._versions, self._fleets = world, loader, versions, fleets
        self._random_lists = Arena(world.random_pool)

    def draw(self, of: int, index: int) -> None:
        """What the machine has asked for: the start of an environment for a call, or for a fleet; or an init again."""
        start = self._world.start
        kind = int(start[table.START_KIND])
        if kind == table.FOR_FLEET:
            phases = self._fleets[of].ahead.start(index, first_restore=False)  # the one that ends was restored before
            self._write(kind, of, index, phases, 0, self._life(of))
            return
        luck = self._luck_of(of)
        if kind == table.INIT_AGAIN:
            self._write(kind, of, index, luck.cold.at(index), 0, _NO_LIFE)
            return
        number = int(self._world.calls[of, table.CALL_FLEET])
        below = self._fleets[number].ahead_below
        ahead = below > 0 and luck.ahead.at(index) < below
        phases = luck.cold.start(index, first_restore=bool(start[table.START_FIRST]))
        self._write(kind, of, index, phases, ahead, self._life(number))

    def stage(self, fleet: int, phases: ColdStart) -> None:
        """The next environment of a fleet starts so, though the machine has not asked."""
        self._write(NONE, fleet, 0, phases, 0, self._life(fleet))

    def _luck_of(self, call: int) -> Luck:
        calls = self._world.calls
        book = self._loader.luck_book(int(calls[call, table.CALL_TARGET]))
        return book.luck(self._versions[calls[call, table.VERSION]], int(calls[call, table.CALL_RUN]))

    def _life(self, fleet: int) -> tuple[int, ...]:
        """The life of a fleet's next environment, for which there is room then."""
        ordinal = int(self._world.fleets[fleet, table.FLEET_ORDINAL])
        self._make_room(fleet, ordinal)
        life: Life = self._fleets[fleet].lives.at(ordinal)
        timeouts_us = life.idle_timeout_us, life.surplus_idle_timeout_us
        return *timeouts_us, life.age_limit_us, life.age_cause, life.replaced

    def _write(
        self, kind: int, of: int, index: int, phases: ColdStart, ahead: bool | int, life: tuple[int, ...]
    ) -> None:
        """All columns of ``world.start``, in their order."""
        self._world.start[:] = (
            kind,
            of,
            index,
            phases.platform_us,
            phases.download_us,
            phases.network_us,
            phases.runtime_init_us,
            phases.function_init_us,
            phases.restore_us,
            phases.billed_restore_us,
            ahead,
            0,
            *life,
        )

    def _make_room(self, fleet: int, ordinal: int) -> None:
        world = self._world
        if int(world.scalars[table.ENVIRONMENTS]) + 1 >= len(world.environments):
            environments = larger(world.environments, 0)
            world.put(environments=environments, ended=larger(world.ended, len(environments)))
        row = world.fleets[fleet]
        if row[table.FLEET_PLACEMENT] == table.RANDOM and ordinal >= row[table.FLEET_LIST_ROOM]:
            lists, listed = self._random_lists, int(row[table.FLEET_LISTED])  # no list is longer than its fleet is old
            old = slice(int(row[table.FLEET_LIST]), int(row[table.FLEET_LIST]) + listed)
            place = lists.place(2 * ordinal + 8)
            lists.values[place : place + listed] = lists.values[old]
            row[table.FLEET_LIST], row[table.FLEET_LIST_ROOM] = place, 2 * ordinal + 8
            world.put(random_pool=lists.values)
