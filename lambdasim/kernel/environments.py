"""Environments start, and end, compiled. Its models are ``service/fleet.py`` and ``service/environment.py``."""

from __future__ import annotations

from lambdasim.codes import EndCause, InitializationType
from lambdasim.kernel.chains import append, remove
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.heaps import merged
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.kernel.pools import put, unlink
from lambdasim.units import MAXIMUM_US

NO_END, IDLE_EXPIRED = int(EndCause.ALIVE), int(EndCause.IDLE_EXPIRED)
SNAP_START = int(InitializationType.SNAP_START)
PROVISIONED_CONCURRENCY = int(InitializationType.PROVISIONED_CONCURRENCY)


@inlined
def is_started(world: World, kind: int, of: int, index: int) -> bool:
    """Whether Python has drawn this start; else it is asked to."""
    start, scalars = world.start, world.scalars
    if start[START_KIND] == kind and start[START_OF] == of and start[START_INDEX] == index:
        return True
    scalars[NEED] = NEEDS_START
    scalars[NEED_WHAT] = of
    scalars[NEED_INDEX] = index
    start[START_KIND] = kind
    return False


@compiled
def create(world: World, fleet: int, now_us: int, cause: int, ahead: bool) -> int:
    """One more environment, whose start lies in ``world.start``; returns its number."""
    environments, fleets, start, scalars = world.environments, world.fleets, world.start, world.scalars
    number = scalars[ENVIRONMENTS]
    scalars[ENVIRONMENTS] += 1
    init_us, limit_us = start[START_RUNTIME_INIT] + start[START_FUNCTION_INIT], fleets[fleet, FLEET_INIT_LIMIT]
    cut_off = init_us > limit_us
    if cut_off:
        runtime_us = min(start[START_RUNTIME_INIT], limit_us)
        start[START_FUNCTION_INIT] = min(start[START_FUNCTION_INIT], limit_us - runtime_us)
        start[START_RUNTIME_INIT] = runtime_us
        start[START_RESTORE] = start[START_BILLED_RESTORE] = 0
    for phase in range(PHASES):
        environments[number, ENV_PLATFORM + phase] = start[START_PLATFORM + phase]
    environments[number, ENV_BILLED_RESTORE] = start[START_BILLED_RESTORE]
    ready_us = now_us if ahead else now_us + total_of_start(world)
    environments[number, ENV_NUMBER] = number
    environments[number, ENV_NEWNESS] = -number
    environments[number, ENV_FLEET] = fleet
    environments[number, ENV_STATE] = STARTING
    environments[number, ENV_CREATED] = now_us
    environments[number, ENV_READY] = environments[number, ENV_IDLE_SINCE] = ready_us
    environments[number, ENV_RETIRES] = ready_us + start[START_AGE_LIMIT]
    environments[number, ENV_IDLE_TIMEOUT] = start[START_IDLE_TIMEOUT]
    environments[number, ENV_SURPLUS_TIMEOUT] = start[START_SURPLUS_TIMEOUT]
    environments[number, ENV_AGE_CAUSE] = start[START_AGE_CAUSE]
    environments[number, ENV_REPLACED] = start[START_REPLACED]
    environments[number, ENV_START_CAUSE] = cause
    environments[number, ENV_END_CAUSE] = NO_END
    environments[number, ENV_PRE_INITIALIZED] = ahead
    environments[number, ENV_NEEDS_INIT] = cut_off
    environments[number, ENV_BUSY_FROM] = environments[number, ENV_FIRST_USED] = NONE
    environments[number, ENV_LAST_USED] = environments[number, ENV_ENDED] = environments[number, ENV_SERVES] = NONE
    environments[number, ENV_INVOCATIONS] = environments[number, ENV_BUSY_US] = environments[number, ENV_CHAINED] = 0
    environments[number, ENV_INITIALIZATION] = 0
    if fleets[fleet, FLEET_RESTORES]:
        environments[number, ENV_INITIALIZATION] = SNAP_START
        fleets[fleet, FLEET_RESTORED] = min(fleets[fleet, FLEET_RESTORED], ready_us)
    start[START_KIND] = NONE
    fleets[fleet, FLEET_ORDINAL] += 1
    _join(world, fleet, number)
    return number


@compiled
def _join(world: World, fleet: int, environment: int) -> None:
    """An environment is among those of its fleet, in the order of their starts, and by both of its limits."""
    environments, fleets = world.environments, world.fleets
    append(world, fleet, environment, ENV_ALIVE_NEXT, ENV_ALIVE_LAST, FLEET_ALIVE_HEAD, FLEET_ALIVE_TAIL)
    fleets[fleet, FLEET_ALIVE] += 1
    environments[environment, ENV_AGE_LEFT] = environments[environment, ENV_AGE_RIGHT] = NONE
    fleets[fleet, FLEET_AGE_ROOT] = merged(
        world, fleets[fleet, FLEET_AGE_ROOT], environment, ENV_RETIRES, ENV_AGE_LEFT, ENV_AGE_RIGHT
    )
    join_by_idle_timeout(world, fleet, environment)
    note_next(world, fleet)


@compiled
def join_by_idle_timeout(world: World, fleet: int, environment: int) -> None:
    """An environment is among those that may be too long idle, by how long it may."""
    environments, fleets = world.environments, world.fleets
    environments[environment, ENV_IDLE_LEFT] = environments[environment, ENV_IDLE_RIGHT] = NONE
    fleets[fleet, FLEET_IDLE_ROOT] = merged(
        world, fleets[fleet, FLEET_IDLE_ROOT], environment, ENV_IDLE_TIMEOUT, ENV_IDLE_LEFT, ENV_IDLE_RIGHT
    )


@compiled
def note_next(world: World, fleet: int) -> None:
    """Keep at hand when there may next be something to catch up with: every invocation asks."""
    environments, fleets = world.environments, world.fleets
    oldest, shortest = fleets[fleet, FLEET_AGE_ROOT], fleets[fleet, FLEET_IDLE_ROOT]
    fleets[fleet, FLEET_NEXT_RETIREMENT] = MAXIMUM_US if oldest == NONE else environments[oldest, ENV_RETIRES]
    fleets[fleet, FLEET_SHORTEST_IDLE] = MAXIMUM_US if shortest == NONE else environments[shortest, ENV_IDLE_TIMEOUT]


@compiled
def end(world: World, fleet: int, environment: int, at_us: int, cause: int) -> None:
    """Lambda takes an idle environment away."""
    environments, fleets, scalars = world.environments, world.fleets, world.scalars
    environments[environment, ENV_STATE] = ENV_GONE
    environments[environment, ENV_ENDED] = at_us
    environments[environment, ENV_END_CAUSE] = cause
    if environments[environment, ENV_CHAINED]:
        unlink(world, fleet, environment)
    remove(world, fleet, environment, ENV_ALIVE_NEXT, ENV_ALIVE_LAST, FLEET_ALIVE_HEAD, FLEET_ALIVE_TAIL)
    fleets[fleet, FLEET_ALIVE] -= 1
    world.ended[scalars[ENDED]] = environment
    scalars[ENDED] += 1


@compiled
def lose(world: World, fleet: int, environment: int) -> None:
    """No start has made good this end yet; the chain of such ends is taken up from its newest."""
    world.environments[environment, ENV_LOST_NEXT] = world.fleets[fleet, FLEET_LOST]
    world.fleets[fleet, FLEET_LOST] = environment


@compiled
def expire(world: World, fleet: int, environment: int) -> None:
    """An idle environment has waited too long; it ended when it had."""
    end(world, fleet, environment, expiry_us(world, fleet, environment), IDLE_EXPIRED)
    lose(world, fleet, environment)


@compiled
def expiry_us(world: World, fleet: int, environment: int) -> int:
    """When an idle environment expires, if nothing else happens."""
    environments, fleets = world.environments, world.fleets
    idle_since_us = environments[environment, ENV_IDLE_SINCE]
    surplus_us = idle_since_us + environments[environment, ENV_SURPLUS_TIMEOUT]
    if fleets[fleet, FLEET_BUSY]:
        return surplus_us
    quiet_us = max(fleets[fleet, FLEET_QUIET_SINCE], idle_since_us) + environments[environment, ENV_IDLE_TIMEOUT]
    return min(surplus_us, quiet_us)


@compiled
def total_of_start(world: World) -> int:
    """How long the start that is drawn takes."""
    total_us = 0
    for phase in range(PHASES):
        total_us += world.start[START_PLATFORM + phase]
    return total_us


@compiled
def put_unused(world: World, fleet: int, environment: int) -> None:
    """An environment that was started ahead waits for its first invocation."""
    world.environments[environment, ENV_STATE] = IDLE
    put(world, fleet, environment, True)


@compiled
def keep(world: World, fleet: int, created_us: int, ready_us: int, cause: int) -> None:
    """One more environment of provisioned concurrency is there."""
    environment = create(world, fleet, ready_us, cause, True)
    world.environments[environment, ENV_INITIALIZATION] = PROVISIONED_CONCURRENCY
    world.environments[environment, ENV_CREATED] = created_us
    put_unused(world, fleet, environment)
