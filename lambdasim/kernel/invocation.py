"""The life of one invocation, from the door to the log, compiled. Its model is ``LambdaService.invoke``.

Each step goes on with the next, as long as nothing is missing and no time passes.
"""

from __future__ import annotations

from lambdasim.codes import Capacity, Outcome, StartCause, StartType
from lambdasim.kernel.calls import drop, fill, refuse, route, schedule, wait_at
from lambdasim.kernel.clients import must_wait
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.environments import create, is_started
from lambdasim.kernel.fleets import find_warm, put_back, release_surplus
from lambdasim.kernel.layout import *
from lambdasim.kernel.limits import admit, ready, release, settle_claim, take
from lambdasim.kernel.memory import World
from lambdasim.kernel.pools import take as take_from_pool
from lambdasim.kernel.senders import SUCCEEDED, client_of, conclude, give_up, may_give_up
from lambdasim.kernel.streams import MISSING, place_of
from lambdasim.units import US_PER_MINUTE

SUCCESS, ERROR, TIMEOUT, CRASH, OUT_OF_MEMORY, THROTTLED, REJECTED = (int(outcome) for outcome in list(Outcome)[:7])
WARM, COLD, PRE_INITIALIZED, PROVISIONED, RESTORED = (int(start_type) for start_type in list(StartType)[:5])
RESET, SCALE_OUT, NO_REASON = int(StartCause.RESET), int(StartCause.SCALE_OUT), 255
ON_PROVISIONED, SPILLOVER = int(Capacity.PROVISIONED), int(Capacity.SPILLOVER)


@inlined
def send(world: World, call: int, now_us: int) -> int:
    """A caller sends an attempt, or waits for its client's turn."""
    trigger = world.calls[call, TRIGGER]
    if world.triggers[trigger, TRIGGER_MODE] == ADAPTIVE:
        if must_wait(world, trigger, client_of(world, call), call, now_us):
            return EVENTS
    return dispatch(world, call, now_us)


@inlined
def dispatch(world: World, call: int, now_us: int) -> int:
    """The attempt is on its way, through the front door; who may lose patience races it against the clock."""
    calls, triggers = world.calls, world.triggers
    if not route(world, call, calls[call, ATTEMPT]):
        return wait_at(world, DISPATCH, call)
    fill(world, call, now_us)
    trigger = calls[call, TRIGGER]
    one, other = triggers[trigger, TRIGGER_BUCKET_0], triggers[trigger, TRIGGER_BUCKET_1]
    opens = True
    if other != NONE:
        opens = ready(world, one, now_us) and ready(world, other, now_us)
    if one != NONE and opens:
        opens = take(world, one, now_us)
        if other != NONE:
            take(world, other, now_us)
    if not opens:
        return turn_away(world, call, REJECTED, NO_REASON, now_us)
    patience_us = triggers[trigger, TRIGGER_PATIENCE]
    if triggers[trigger, TRIGGER_IMPATIENT] and patience_us < world.versions[calls[call, VERSION], VERSION_LONGEST]:
        calls[call, CALL_RACED] = RACED
        calls[call, CALL_HOLDS] += 2  # the run, and the end of patience
        schedule(world, now_us + patience_us, CONTROL, PATIENCE_ENDS, call)
    return choose_fleet(world, call, now_us)


@compiled
def turn_away(world: World, call: int, outcome: int, reason: int, now_us: int) -> int:
    """It does not run: its front door rejects it, or Lambda throttles it."""
    refuse(world, call, outcome, reason)
    return end_attempt(world, call, now_us)


@compiled
def choose_fleet(world: World, call: int, now_us: int) -> int:
    """Who serves it: provisioned concurrency, or the fleet on demand if that is busy or was asked too often."""
    calls, fleets = world.calls, world.fleets
    fleet = calls[call, VERSION]
    kept = fleets[fleet, FLEET_PROVISIONED]
    if calls[call, CALL_CHOSEN]:
        fleet = calls[call, CALL_FLEET]
    elif kept != NONE and fleets[kept, FLEET_REQUESTED]:
        environment = find_warm(world, kept, now_us)
        if environment == MISSING:
            return wait_at(world, INVOKE, call)
        limited = world.triggers[calls[call, TRIGGER], TRIGGER_KIND] != QUEUED
        if environment != NONE and (not limited or take(world, fleets[kept, FLEET_ASKED_RATE], now_us)):
            calls[call, CAPACITY], calls[call, START_TYPE], fleet = ON_PROVISIONED, PROVISIONED, kept
        else:
            calls[call, CAPACITY] = SPILLOVER
        _sample(world, kept, fleet == kept, now_us)
    calls[call, CALL_FLEET], calls[call, CALL_CHOSEN] = fleet, 1
    return let_in(world, call, now_us)


@compiled
def _sample(world: World, fleet: int, taking: int, now_us: int) -> None:
    """ProvisionedConcurrencyUtilization: busy environments over allocated ones, at each invocation."""
    allocated = world.fleets[fleet, FLEET_ALLOCATED]
    if not allocated:
        return
    minute, watch = now_us // US_PER_MINUTE, world.fleets[fleet, FLEET_WATCH]
    utilization = min(1.0, (world.fleets[fleet, FLEET_BUSY] + taking) / allocated)
    world.utilization[watch, minute] += 1
    world.utilization_sums[2 * watch, minute] += utilization
    if utilization > world.utilization_sums[2 * watch + 1, minute]:
        world.utilization_sums[2 * watch + 1, minute] = utilization


@inlined
def let_in(world: World, call: int, now_us: int) -> int:
    """Concurrency limits let it in, or Lambda throttles it."""
    calls, fleet = world.calls, world.calls[call, CALL_FLEET]
    environment = find_warm(world, fleet, now_us)
    if environment == MISSING:
        return wait_at(world, INVOKE, call)
    limited = world.triggers[calls[call, TRIGGER], TRIGGER_KIND] != QUEUED
    reason = admit(world, fleet, now_us, environment == NONE, limited)
    if reason != NONE:
        return turn_away(world, call, THROTTLED, reason, now_us)
    if environment == NONE:
        return start_environment(world, call, now_us)
    world.fleets[fleet, FLEET_BUSY] += 1
    take_from_pool(world, fleet, environment)
    calls[call, CALL_ENV] = environment
    return begin(world, call, now_us)


@compiled
def start_environment(world: World, call: int, now_us: int) -> int:
    """An environment starts for it; now and then Lambda has one started ahead."""
    _scalars, calls, fleets, environments = world.scalars, world.calls, world.fleets, world.environments
    fleet = calls[call, CALL_FLEET]
    world.start[START_FIRST] = now_us < fleets[fleet, FLEET_RESTORED]
    if not is_started(world, FOR_CALL, call, calls[call, EVENT]):
        return wait_at(world, START, call)
    fleets[fleet, FLEET_BUSY] += 1
    cause, lost, ahead = SCALE_OUT, fleets[fleet, FLEET_LOST], world.start[START_AHEAD] != 0
    if lost != NONE:
        cause = environments[lost, ENV_END_CAUSE]  # which has the code of what it causes
        fleets[fleet, FLEET_LOST] = environments[lost, ENV_LOST_NEXT]
    environment = create(world, fleet, now_us, cause, ahead)
    environments[environment, ENV_SERVES] = call
    calls[call, CALL_ENV] = environment
    calls[call, START_CAUSE] = cause
    if ahead:
        calls[call, START_TYPE] = PRE_INITIALIZED
        return begin(world, call, now_us)
    calls[call, START_TYPE] = RESTORED if fleets[fleet, FLEET_RESTORES] else COLD
    schedule(world, environments[environment, ENV_READY], CONTROL, READY, call)
    return EVENTS


@compiled
def begin(world: World, call: int, now_us: int) -> int:  # noqa: C901 - as long as its model
    """The run begins: how long it will take (REPORT's Duration) and how it will end."""
    calls, environments, versions = world.calls, world.environments, world.versions
    version, environment, event = calls[call, VERSION], calls[call, CALL_ENV], calls[call, EVENT]
    needs_init, fails_below = environments[environment, ENV_NEEDS_INIT], world.version_rates[version, ERROR_BELOW]
    luck, coin = place_of(world, calls[call, CALL_LUCK], event), 1.0
    if luck == MISSING:
        return wait_at(world, BEGIN, call)
    if fails_below > 0:
        place = place_of(world, calls[call, CALL_LUCK] + 1, event)
        if place == MISSING:
            return wait_at(world, BEGIN, call)
        coin = world.coins[place]
    if needs_init and not is_started(world, INIT_AGAIN, call, event):
        return wait_at(world, BEGIN, call)
    environments[environment, ENV_STATE] = BUSY
    environments[environment, ENV_BUSY_FROM] = now_us
    environments[environment, ENV_SERVES] = call
    calls[call, ENVIRONMENT] = environment
    calls[call, STARTED] = now_us
    before_us = 0
    if environments[environment, ENV_INVOCATIONS] == 0:
        before_us = _first_call(world, call, environment, now_us)
    if needs_init:
        before_us = _init_again(world, call, before_us)
    duration_us, timeout_us = before_us + world.draws[luck], versions[version, VERSION_TIMEOUT]
    outcome = SUCCESS
    if duration_us > timeout_us:
        duration_us, outcome = timeout_us, TIMEOUT
    elif versions[version, VERSION_OUT_OF_MEMORY]:
        outcome = OUT_OF_MEMORY
    elif coin < world.version_rates[version, CRASH_BELOW]:
        outcome = CRASH
    elif coin < fails_below:
        outcome = ERROR
    calls[call, OUTCOME] = outcome
    if calls[call, SUPPRESSED_INIT] > duration_us:
        calls[call, SUPPRESSED_INIT] = duration_us  # the function's timeout struck during the init
    schedule(world, now_us + duration_us, NORMAL, RUN_ENDS, call)
    return EVENTS


@compiled
def _first_call(world: World, call: int, environment: int, now_us: int) -> int:
    """The first call on an environment; returns what it takes beyond a warm one."""
    calls, environments = world.calls, world.environments
    environments[environment, ENV_FIRST_USED] = now_us
    if not environments[environment, ENV_PRE_INITIALIZED]:  # whoever asked for it has waited for it
        environments[environment, ENV_BUSY_FROM] = environments[environment, ENV_CREATED]
    init_us = environments[environment, ENV_RUNTIME_INIT] + environments[environment, ENV_FUNCTION_INIT]
    calls[call, INIT] = init_us
    calls[call, RESTORE] = environments[environment, ENV_RESTORE]
    calls[call, BILLED_RESTORE] = environments[environment, ENV_BILLED_RESTORE]
    if calls[call, START_TYPE] == PROVISIONED:  # its init was before, and stands in no REPORT
        calls[call, INIT] = 0
    elif environments[environment, ENV_PRE_INITIALIZED] and calls[call, START_TYPE] == WARM:
        calls[call, START_TYPE] = PRE_INITIALIZED
        calls[call, START_CAUSE] = environments[environment, ENV_START_CAUSE]
    return world.versions[calls[call, VERSION], VERSION_FIRST_CALL]


@compiled
def _init_again(world: World, call: int, before_us: int) -> int:
    """The environment's process is gone: the call pays an init inside its Duration; returns what its work waits for."""
    scalars, calls, start = world.scalars, world.calls, world.start
    if calls[call, START_TYPE] == WARM or calls[call, START_TYPE] == PROVISIONED:  # reset by the run before
        before_us = world.versions[calls[call, VERSION], VERSION_RESET_CALL]
        calls[call, START_TYPE], calls[call, START_CAUSE] = COLD, RESET
    else:
        scalars[FAILED_INIT_ASKED] = 1
        if not scalars[FAILED_INIT_BILLED]:  # its own Init was cut off: REPORT has no Init Duration then
            calls[call, INIT] = 0
    init_us = start[START_RUNTIME_INIT] + start[START_FUNCTION_INIT]
    start[START_KIND] = NONE
    calls[call, SUPPRESSED_INIT] = init_us
    return before_us + init_us


@compiled
def finish(world: World, call: int, now_us: int) -> int:
    """The run is over, and its environment free."""
    calls, fleets = world.calls, world.fleets
    fleet, outcome = calls[call, CALL_FLEET], calls[call, OUTCOME]
    reset = outcome == TIMEOUT or outcome == CRASH or outcome == OUT_OF_MEMORY
    calls[call, ENDED_AT] = now_us
    if not put_back(world, fleet, calls[call, CALL_ENV], now_us, reset):
        return wait_at(world, FINISH, call)
    if fleets[fleet, FLEET_IS_PROVISIONED]:
        release_surplus(world, fleet, now_us)
        if fleets[fleet, FLEET_CLAIMED] > fleets[fleet, FLEET_REQUESTED]:
            settle_claim(world, fleet, now_us)
    release(world, fleet, now_us)
    return end_attempt(world, call, now_us)


@inlined
def end_attempt(world: World, call: int, now_us: int) -> int:
    """The attempt is in the log; a caller that waits for nothing else goes on."""
    if not conclude(world, call, now_us):
        return wait_at(world, CONCLUDE, call)
    if world.triggers[world.calls[call, TRIGGER], TRIGGER_KIND] == QUEUED:
        return EVENTS
    if world.calls[call, CALL_RACED] != NOT_RACED:
        schedule(world, now_us, NORMAL, RUN_OVER, call)
        return EVENTS
    return resume(world, call, now_us)


@inlined
def resume(world: World, call: int, now_us: int) -> int:
    """The caller has its answer, or waits no longer: it tries again, or that was it."""
    scalars, calls, users = world.scalars, world.calls, world.users
    if calls[call, ANSWERED] == NONE:
        if not may_give_up(world, call):
            return wait_at(world, RESUME, call)
        give_up(world, call)
    if calls[call, CALL_RETRY_AFTER] != NONE:
        schedule(world, now_us + calls[call, CALL_RETRY_AFTER], NORMAL, RETRY, call)
        return EVENTS
    user, succeeded = calls[call, CALL_USER], calls[call, FINAL] == SUCCEEDED
    stops = world.triggers[calls[call, TRIGGER], TRIGGER_STOPS]
    drop(world, call)
    if user == NONE:
        return EVENTS
    if not succeeded and stops:
        users[user, USER_FINISHED] = now_us
        return EVENTS
    scalars[CURRENT] = user
    return TRAVEL
