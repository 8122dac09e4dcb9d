"""Which idle environment serves the next invocation, compiled. Its model is ``service/placement.py``.

A pool is a chain (by use), a skew heap (by age) or a list (at random). A chain lets go of what ends; heap and list keep
it until somebody looks, as the order of random choices depends on it.
"""

from __future__ import annotations

from lambdasim.kernel.chains import append, remove
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.heaps import merged
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.kernel.streams import MISSING, place_of


@inlined
def put(world: World, fleet: int, environment: int, unused: bool) -> None:
    """Add an environment that became idle just now; or one that was started ahead and never used yet."""
    placement = world.fleets[fleet, FLEET_PLACEMENT]
    world.environments[environment, ENV_CHAINED] = placement <= LEAST_RECENTLY_USED
    if placement == MOST_RECENTLY_USED and unused:  # the last to be chosen
        append(world, fleet, environment, ENV_POOL_LAST, ENV_POOL_NEXT, FLEET_POOL_TAIL, FLEET_POOL_HEAD)
    elif placement <= LEAST_RECENTLY_USED:
        append(world, fleet, environment, ENV_POOL_NEXT, ENV_POOL_LAST, FLEET_POOL_HEAD, FLEET_POOL_TAIL)
    else:
        _put_by_age_or_at_random(world, fleet, environment)


@compiled
def _put_by_age_or_at_random(world: World, fleet: int, environment: int) -> None:
    environments, fleets = world.environments, world.fleets
    placement = fleets[fleet, FLEET_PLACEMENT]
    if placement == RANDOM:
        world.random_pool[fleets[fleet, FLEET_LIST] + fleets[fleet, FLEET_LISTED]] = environment
        fleets[fleet, FLEET_LISTED] += 1
        fleets[fleet, FLEET_CHOSEN] = 0
    else:
        environments[environment, ENV_POOL_LEFT] = environments[environment, ENV_POOL_RIGHT] = NONE
        fleets[fleet, FLEET_POOL_TAIL] = _joined(world, placement, fleets[fleet, FLEET_POOL_TAIL], environment)


@compiled
def _joined(world: World, placement: int, one: int, other: int) -> int:
    key = ENV_NUMBER if placement == OLDEST_CREATED else ENV_NEWNESS
    return merged(world, one, other, key, ENV_POOL_LEFT, ENV_POOL_RIGHT)


@inlined
def peek(world: World, fleet: int) -> int:
    """The environment to choose next, which stays; NONE if there is none; MISSING if a random choice must be drawn."""
    fleets = world.fleets
    placement = fleets[fleet, FLEET_PLACEMENT]
    if placement == LEAST_RECENTLY_USED:
        return fleets[fleet, FLEET_POOL_HEAD]
    if placement <= NEWEST_CREATED:
        return fleets[fleet, FLEET_POOL_TAIL]
    return _peek_at_random(world, fleet)


@compiled
def _peek_at_random(world: World, fleet: int) -> int:
    fleets = world.fleets
    listed = fleets[fleet, FLEET_LISTED]
    if listed == 0:
        return NONE
    pool, last = world.random_pool, fleets[fleet, FLEET_LIST] + listed - 1
    if not fleets[fleet, FLEET_CHOSEN]:  # the choice moves to the end, where it stays until it is taken
        place = place_of(world, fleets[fleet, FLEET_STREAM], fleets[fleet, FLEET_CHOICES])
        if place == MISSING:
            return MISSING
        fleets[fleet, FLEET_CHOICES] += 1
        chosen = fleets[fleet, FLEET_LIST] + int(world.coins[place] * listed)
        pool[chosen], pool[last] = pool[last], pool[chosen]
        fleets[fleet, FLEET_CHOSEN] = 1
    return pool[last]


@inlined
def take(world: World, fleet: int, environment: int) -> None:
    """Remove the one that ``peek`` showed."""
    if world.fleets[fleet, FLEET_PLACEMENT] <= LEAST_RECENTLY_USED:
        unlink(world, fleet, environment)
    else:
        _take_by_age_or_at_random(world, fleet, environment)


@compiled
def _take_by_age_or_at_random(world: World, fleet: int, environment: int) -> None:
    environments, fleets = world.environments, world.fleets
    placement = fleets[fleet, FLEET_PLACEMENT]
    if placement == RANDOM:
        fleets[fleet, FLEET_LISTED] -= 1
        fleets[fleet, FLEET_CHOSEN] = 0
    else:
        left, right = environments[environment, ENV_POOL_LEFT], environments[environment, ENV_POOL_RIGHT]
        fleets[fleet, FLEET_POOL_TAIL] = _joined(world, placement, left, right)


@inlined
def unlink(world: World, fleet: int, environment: int) -> None:
    """Take an environment out of its pool, if that is a chain, wherever in it it stands."""
    remove(world, fleet, environment, ENV_POOL_NEXT, ENV_POOL_LAST, FLEET_POOL_HEAD, FLEET_POOL_TAIL)
    world.environments[environment, ENV_CHAINED] = 0
