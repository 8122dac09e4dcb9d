"""The fleets, compiled: environments serve, wait, and end in their time. Its model is ``service/fleet.py``.

What may need an environment's start (its luck is Python's to draw) answers whether it could go on; if not, nothing has
happened that doing it again would do twice.
"""

from __future__ import annotations

from lambdasim.codes import EndCause, StartCause
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.environments import (
    create,
    end,
    expire,
    expiry_us,
    is_started,
    join_by_idle_timeout,
    keep,
    lose,
    note_next,
    put_unused,
    total_of_start,
)
from lambdasim.kernel.heaps import merged
from lambdasim.kernel.layout import *
from lambdasim.kernel.limits import note_period
from lambdasim.kernel.memory import World
from lambdasim.kernel.pools import peek, put, take
from lambdasim.kernel.streams import MISSING

RELEASED, LIFETIME = int(EndCause.RELEASED), int(StartCause.LIFETIME)


@inlined
def find_warm(world: World, fleet: int, now_us: int) -> int:
    """The idle environment that placement would choose now; NONE without any, MISSING if a draw must be had first."""
    environments = world.environments
    if not catch_up(world, fleet, now_us):
        return MISSING
    while True:
        environment = peek(world, fleet)
        if environment < 0:
            return environment
        if environments[environment, ENV_STATE] == ENV_GONE:
            take(world, fleet, environment)
        elif environments[environment, ENV_IDLE_SINCE] + environments[environment, ENV_SURPLUS_TIMEOUT] <= now_us:
            take(world, fleet, environment)
            expire(world, fleet, environment)
        else:
            return environment


@inlined
def put_back(world: World, fleet: int, environment: int, now_us: int, reset: bool) -> bool:
    """An environment's run is over: it is idle from now on, or ends if its time has come."""
    environments, fleets = world.environments, world.fleets
    is_provisioned = fleets[fleet, FLEET_IS_PROVISIONED]
    if is_provisioned and fleets[fleet, FLEET_ALIVE] > fleets[fleet, FLEET_ALLOCATED]:
        note_period(world, fleet, now_us)
    if now_us >= fleets[fleet, FLEET_NEXT_RETIREMENT] and not retire(world, fleet, now_us):
        return False
    retires = environments[environment, ENV_RETIRES] <= now_us
    if retires and not has_successor(world, fleet, environment):
        return False
    environments[environment, ENV_STATE] = IDLE
    environments[environment, ENV_INVOCATIONS] += 1
    environments[environment, ENV_BUSY_US] += now_us - environments[environment, ENV_BUSY_FROM]
    environments[environment, ENV_LAST_USED] = environments[environment, ENV_IDLE_SINCE] = now_us
    environments[environment, ENV_NEEDS_INIT] = reset
    fleets[fleet, FLEET_BUSY] -= 1
    if fleets[fleet, FLEET_BUSY] == 0:
        fleets[fleet, FLEET_QUIET_SINCE] = now_us
    if retires:
        retire_one(world, fleet, environment, now_us)
    else:
        put(world, fleet, environment, False)
    return True


@compiled
def release_surplus(world: World, fleet: int, now_us: int) -> None:
    """End idle environments of provisioned concurrency that are more than are to be kept: the newest first."""
    environments, fleets = world.environments, world.fleets
    surplus = fleets[fleet, FLEET_ALIVE] - fleets[fleet, FLEET_ALLOCATED]
    if surplus <= 0:
        return
    idle, environment = 0, fleets[fleet, FLEET_ALIVE_HEAD]
    while environment != NONE:
        idle += environments[environment, ENV_STATE] == IDLE
        environment = environments[environment, ENV_ALIVE_NEXT]
    older, environment = idle - surplus, fleets[fleet, FLEET_ALIVE_HEAD]
    while environment != NONE:
        following = environments[environment, ENV_ALIVE_NEXT]
        if environments[environment, ENV_STATE] == IDLE:
            older -= 1
            if older < 0:
                end(world, fleet, environment, now_us, RELEASED)
        environment = following


@inlined
def catch_up(world: World, fleet: int, now_us: int) -> bool:
    """Settle all that has ended on its own by now, except surplus ones deep in the pool."""
    fleets = world.fleets
    if now_us >= fleets[fleet, FLEET_NEXT_RETIREMENT] and not retire(world, fleet, now_us):
        return False
    quiet_us = now_us - fleets[fleet, FLEET_QUIET_SINCE]
    if not fleets[fleet, FLEET_BUSY] and quiet_us >= fleets[fleet, FLEET_SHORTEST_IDLE]:
        expire_quiet(world, fleet, now_us)
    return True


@compiled
def expire_overdue(world: World, fleet: int, now_us: int) -> None:
    """End surplus environments that are overdue, wherever in the pool they are."""
    environments, environment = world.environments, world.fleets[fleet, FLEET_ALIVE_HEAD]
    while environment != NONE:
        following = environments[environment, ENV_ALIVE_NEXT]
        if environments[environment, ENV_STATE] == IDLE and expiry_us(world, fleet, environment) <= now_us:
            expire(world, fleet, environment)
        environment = following


@compiled
def retire(world: World, fleet: int, now_us: int) -> bool:
    """End those that have reached their age limit; those that are busy end with their runs."""
    environments, fleets = world.environments, world.fleets
    while True:
        environment = fleets[fleet, FLEET_AGE_ROOT]
        if environment == NONE or environments[environment, ENV_RETIRES] > now_us:
            break
        limit_us = environments[environment, ENV_RETIRES]
        idle = environments[environment, ENV_STATE] == IDLE
        expires = idle and expiry_us(world, fleet, environment) <= limit_us
        if idle and not expires and not has_successor(world, fleet, environment):
            return False
        fleets[fleet, FLEET_AGE_ROOT] = merged(
            world,
            environments[environment, ENV_AGE_LEFT],
            environments[environment, ENV_AGE_RIGHT],
            ENV_RETIRES,
            ENV_AGE_LEFT,
            ENV_AGE_RIGHT,
        )
        if expires:
            expire(world, fleet, environment)
        elif idle:
            retire_one(world, fleet, environment, limit_us)
    note_next(world, fleet)
    return True


@compiled
def is_followed(world: World, fleet: int, environment: int) -> bool:
    """Whether another environment starts when this one ends for its age."""
    if world.fleets[fleet, FLEET_IS_PROVISIONED]:
        return world.fleets[fleet, FLEET_ALIVE] <= world.fleets[fleet, FLEET_ALLOCATED]
    return world.environments[environment, ENV_REPLACED] != 0


@compiled
def has_successor(world: World, fleet: int, environment: int) -> bool:
    """Whether the start is drawn of the environment that follows this one, if any does; else it is asked for."""
    if not is_followed(world, fleet, environment):
        return True
    column = FLEET_DRAWN if world.fleets[fleet, FLEET_IS_PROVISIONED] else FLEET_ORDINAL
    return is_started(world, FOR_FLEET, fleet, world.fleets[fleet, column])


@compiled
def retire_one(world: World, fleet: int, environment: int, at_us: int) -> None:
    """End an environment for its age; its successor was started ahead, so that it is ready now."""
    followed, cause = is_followed(world, fleet, environment), world.environments[environment, ENV_AGE_CAUSE]
    end(world, fleet, environment, at_us, cause)
    if not world.fleets[fleet, FLEET_IS_PROVISIONED]:
        if followed:
            put_unused(world, fleet, create(world, fleet, at_us, LIFETIME, True))
        else:
            lose(world, fleet, environment)
    elif followed:
        world.fleets[fleet, FLEET_DRAWN] += 1
        keep(world, fleet, at_us - total_of_start(world), at_us, cause)


@compiled
def expire_quiet(world: World, fleet: int, now_us: int) -> None:
    """The function has been quiet for long enough to lose environments."""
    environments, fleets = world.environments, world.fleets
    later = NONE
    while True:
        environment = fleets[fleet, FLEET_IDLE_ROOT]
        if environment == NONE:
            break
        if fleets[fleet, FLEET_QUIET_SINCE] + environments[environment, ENV_IDLE_TIMEOUT] > now_us:
            break
        left, right = environments[environment, ENV_IDLE_LEFT], environments[environment, ENV_IDLE_RIGHT]
        fleets[fleet, FLEET_IDLE_ROOT] = merged(world, left, right, ENV_IDLE_TIMEOUT, ENV_IDLE_LEFT, ENV_IDLE_RIGHT)
        if environments[environment, ENV_STATE] == IDLE:
            if expiry_us(world, fleet, environment) <= now_us:
                expire(world, fleet, environment)
            else:  # it was started ahead, later than the quiet began
                environments[environment, ENV_IDLE_RIGHT] = later
                later = environment
    while later != NONE:
        following = environments[later, ENV_IDLE_RIGHT]
        join_by_idle_timeout(world, fleet, later)
        later = following
    note_next(world, fleet)
