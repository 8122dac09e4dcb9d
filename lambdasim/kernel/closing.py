"""The begin and the end of a run, compiled; at the end what is under way is unfinished, every environment as it is."""

from __future__ import annotations

import numpy as np

from lambdasim.kernel.arrivals import follow
from lambdasim.kernel.compiling import compiled
from lambdasim.kernel.fleets import catch_up, expire_overdue
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.kernel.senders import UNFINISHED, conclude


@compiled
def begin_sources(world: World, triggers: Ints) -> None:
    """The first events of these triggers are on their way, in this order."""
    for trigger in triggers:
        follow(world, trigger)


@compiled
def under_way(world: World, fleets: Ints) -> Ints:
    """The invocations that environments are starting for, or running, fleet by fleet."""
    environments = world.environments
    found = np.empty(world.scalars[LIVE_CALLS], dtype=np.int64)
    count = 0
    for fleet in fleets:
        environment = world.fleets[fleet, FLEET_ALIVE_HEAD]
        while environment != NONE:
            if environments[environment, ENV_SERVES] != NONE and environments[environment, ENV_STATE] != IDLE:
                found[count] = environments[environment, ENV_SERVES]
                count += 1
            environment = environments[environment, ENV_ALIVE_NEXT]
    return found[:count]


@compiled
def conclude_unfinished(world: World, calls: Ints, begin: int, now_us: int) -> int:
    """Write these to the log as unfinished, from the ``begin``-th on; returns how far it came without a need."""
    for number in range(begin, calls.size):
        if world.scalars[ROWS] == world.rows.shape[0]:
            world.scalars[NEED] = NEEDS_ROOM
            return number
        world.calls[calls[number], OUTCOME] = UNFINISHED
        if not conclude(world, calls[number], now_us):
            return number
    return calls.size


@compiled
def close_fleets(world: World, fleets: Ints, begin: int, now_us: int) -> int:
    """Settle what has ended by now, and what is left goes to the log; returns how far it came without a need."""
    for number in range(begin, fleets.size):
        fleet = fleets[number]
        if not catch_up(world, fleet, now_us):
            return number
        expire_overdue(world, fleet, now_us)
        environment = world.fleets[fleet, FLEET_ALIVE_HEAD]
        while environment != NONE:
            world.ended[world.scalars[ENDED]] = environment
            world.scalars[ENDED] += 1
            environment = world.environments[environment, ENV_ALIVE_NEXT]
    return fleets.size
