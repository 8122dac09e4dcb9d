"""Concurrency limits, compiled: token buckets, levels, and who is let in. Its model is ``service/concurrency.py``."""

from __future__ import annotations

from lambdasim.codes import ThrottleReason
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.units import US_PER_MINUTE, US_PER_S

WHOLE = 1.0 - 1e-9  # as in service/token_bucket.py
RESERVED_RATE = int(ThrottleReason.ReservedFunctionInvocationRateLimitExceeded)
ACCOUNT_RATE_REASON = int(ThrottleReason.FunctionInvocationRateLimitExceeded)


@inlined
def ready(world: World, bucket: int, now_us: int) -> bool:
    """Whether a whole token is there."""
    buckets = world.buckets
    tokens = buckets[bucket, TOKENS] + (now_us - buckets[bucket, LAST_US]) * buckets[bucket, RATE_OF]
    if not tokens < buckets[bucket, CAPACITY_OF]:
        tokens = buckets[bucket, CAPACITY_OF]
    buckets[bucket, TOKENS] = tokens
    buckets[bucket, LAST_US] = now_us
    return tokens >= WHOLE


@inlined
def take(world: World, bucket: int, now_us: int) -> bool:
    """Take a token if one is there; says whether it was."""
    if not ready(world, bucket, now_us):
        return False
    world.buckets[bucket, TOKENS] -= 1.0
    return True


@compiled
def resize(world: World, bucket: int, capacity: float, rate_per_us: float, now_us: int) -> None:
    """Other limits from now on: what they add to the capacity comes full, what they take is gone."""
    buckets = world.buckets
    tokens = buckets[bucket, TOKENS] + (now_us - buckets[bucket, LAST_US]) * buckets[bucket, RATE_OF]
    tokens = min(tokens, buckets[bucket, CAPACITY_OF])
    buckets[bucket, TOKENS] = max(0.0, tokens + capacity - buckets[bucket, CAPACITY_OF])
    buckets[bucket, LAST_US] = now_us
    buckets[bucket, CAPACITY_OF] = capacity
    buckets[bucket, RATE_OF] = rate_per_us


@inlined
def admit(  # noqa: C901 - one rule after the other, as in its model
    world: World, fleet: int, now_us: int, must_start: bool, rate_limited: bool
) -> int:
    """Let one more run in, or say why not (a ThrottleReason); a refusal charges nothing."""
    fleets, levels, scalars = world.fleets, world.levels, world.scalars
    room, rate, scaling = fleets[fleet, FLEET_ROOM], fleets[fleet, FLEET_RATE], fleets[fleet, FLEET_SCALING]
    if levels[room, LEVEL_IN_FLIGHT] >= levels[room, LEVEL_LIMIT]:
        return fleets[fleet, FLEET_FULL]
    if rate_limited and rate != NONE and not ready(world, rate, now_us):
        return RESERVED_RATE
    if must_start and not ready(world, scaling, now_us):
        scalars[SCALED_OUT] = 1
        return scalars[SCALING_REASON]
    if rate_limited:
        if not take(world, scalars[ACCOUNT_RATE], now_us):
            return ACCOUNT_RATE_REASON
        if rate != NONE:
            take(world, rate, now_us)
    if must_start:
        take(world, scaling, now_us)
    if now_us >= scalars[BOUNDARY]:
        pass_boundaries(world, now_us)
    for column in range(FLEET_LEVEL_0, FLEET_LEVEL_2 + 1):
        level = fleets[fleet, column]
        if level != NONE:
            in_flight = levels[level, LEVEL_IN_FLIGHT] + 1
            levels[level, LEVEL_IN_FLIGHT] = in_flight
            if in_flight > levels[level, LEVEL_PEAK]:
                levels[level, LEVEL_PEAK] = in_flight
    return NONE


@inlined
def release(world: World, fleet: int, now_us: int) -> None:
    """A run is over; one that ends as a minute begins has no part in that minute."""
    fleets, levels, scalars = world.fleets, world.levels, world.scalars
    if now_us > scalars[BOUNDARY]:
        pass_boundaries(world, now_us - 1)
    for column in range(FLEET_LEVEL_0, FLEET_LEVEL_2 + 1):
        level = fleets[fleet, column]
        if level != NONE:
            levels[level, LEVEL_IN_FLIGHT] -= 1


@compiled
def pass_boundaries(world: World, now_us: int) -> None:
    """Write down the peaks of all that ended by now: minutes, and the measured span."""
    levels, scalars = world.levels, world.scalars
    while now_us >= scalars[BOUNDARY]:
        boundary_us = scalars[BOUNDARY]
        look_at_claimed(world)
        for level in range(levels.shape[0]):
            if levels[level, LEVEL_PASSED]:
                pass_boundary(world, level, boundary_us, boundary_us % US_PER_MINUTE == 0)
        following_us = (boundary_us // US_PER_MINUTE + 1) * US_PER_MINUTE
        if boundary_us < scalars[WARM_UP] < following_us:
            following_us = scalars[WARM_UP]
        if boundary_us < scalars[DURATION] < following_us:
            following_us = scalars[DURATION]
        scalars[BOUNDARY] = following_us


@compiled
def look_at_claimed(world: World) -> None:
    """ClaimedAccountConcurrency follows from what is set aside and what is in flight beside it."""
    levels, scalars = world.levels, world.scalars
    claimed, unreserved = scalars[CLAIMED], scalars[UNRESERVED]
    levels[claimed, LEVEL_IN_FLIGHT] = scalars[SET_ASIDE] + levels[unreserved, LEVEL_IN_FLIGHT]
    peak = scalars[SET_ASIDE] + levels[unreserved, LEVEL_PEAK]
    levels[claimed, LEVEL_PEAK] = max(levels[claimed, LEVEL_PEAK], peak)


@compiled
def pass_boundary(world: World, level: int, boundary_us: int, minute_ends: bool) -> None:
    """The peak of what ends here; what follows begins at what is in flight."""
    levels, scalars, peak = world.levels, world.scalars, world.levels[level, LEVEL_PEAK]
    if scalars[WARM_UP] < boundary_us <= scalars[DURATION]:
        levels[level, LEVEL_MEASURED] = max(levels[level, LEVEL_MEASURED], peak)
    levels[level, LEVEL_MINUTE] = max(levels[level, LEVEL_MINUTE], peak)
    if minute_ends:
        minute = boundary_us // US_PER_MINUTE - 1  # none ends at 0, where the first boundary is
        if 0 <= minute < world.peaks.shape[1]:
            world.peaks[level, minute] = levels[level, LEVEL_MINUTE]
        levels[level, LEVEL_MINUTE] = 0
    levels[level, LEVEL_PEAK] = levels[level, LEVEL_IN_FLIGHT]


# -- provisioned concurrency


@compiled
def settle_claim(world: World, fleet: int, now_us: int) -> None:
    """What follows from how many environments are kept ready: what is set aside, and how often they may be asked."""
    fleets = world.fleets
    surplus = max(0, fleets[fleet, FLEET_ALIVE] - fleets[fleet, FLEET_ALLOCATED])
    claim = fleets[fleet, FLEET_REQUESTED] + surplus
    if claim != fleets[fleet, FLEET_CLAIMED]:
        change = claim - fleets[fleet, FLEET_CLAIMED]
        on_demand = fleets[fleet, FLEET_VERSION]  # the fleet on demand has its version's row
        room = fleets[on_demand, FLEET_ROOM]
        if room == world.scalars[UNRESERVED]:
            set_aside_more(world, change, now_us)
        else:
            world.levels[room, LEVEL_LIMIT] -= change
        fleets[fleet, FLEET_CLAIMED] = claim
    per_second = world.rates[PER_ENVIRONMENT] * fleets[fleet, FLEET_ALLOCATED]
    capacity = per_second * world.rates[BURST_S]
    resize(world, fleets[fleet, FLEET_ASKED_RATE], capacity, per_second / US_PER_S, now_us)


@compiled
def set_aside_more(world: World, concurrency: int, now_us: int) -> None:
    """Take so much more (or less) from the unreserved pool; what was claimed until now stays true."""
    scalars = world.scalars
    if now_us >= scalars[BOUNDARY]:
        pass_boundaries(world, now_us)
    look_at_claimed(world)
    pass_boundary(world, scalars[UNRESERVED], scalars[BOUNDARY], False)
    scalars[SET_ASIDE] += concurrency
    world.levels[scalars[UNRESERVED], LEVEL_LIMIT] -= concurrency


@compiled
def note_period(world: World, fleet: int, now_us: int) -> None:
    """Until now so many environments were kept ready: a period of provisioned concurrency ends."""
    fleets, scalars = world.fleets, world.scalars
    usable = max(fleets[fleet, FLEET_ALLOCATED], fleets[fleet, FLEET_ALIVE])
    if (fleets[fleet, FLEET_REQUESTED] or usable) and now_us > fleets[fleet, FLEET_SINCE]:
        row = scalars[PERIODS]
        scalars[PERIODS] += 1
        world.periods[row, 0] = fleet
        world.periods[row, 1] = fleets[fleet, FLEET_REQUESTED]
        world.periods[row, 2] = usable
        world.periods[row, 3] = fleets[fleet, FLEET_SINCE]
        world.periods[row, 4] = now_us
    fleets[fleet, FLEET_SINCE] = now_us
