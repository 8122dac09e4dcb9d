"""What comes from outside, compiled: calls, events for Lambda's event queue, and users with their journeys."""

from __future__ import annotations

from lambdasim.codes import Fate
from lambdasim.kernel.calls import arrive, fill, new_call, route, schedule, wait_at
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.kernel.senders import end_event
from lambdasim.kernel.streams import MISSING, place_of

EXPIRED, RESERVED_ZERO = int(Fate.EXPIRED), int(Fate.RESERVED_ZERO)
NS_PER_US = 1000


@inlined
def take_arrival(world: World, trigger: int, now_us: int) -> int:
    """The next event of a source has come; its successor is known before it is let in."""
    scalars, triggers = world.scalars, world.triggers
    kind = triggers[trigger, TRIGGER_KIND]
    if triggers[trigger, TRIGGER_PLACE] == triggers[trigger, TRIGGER_END] and triggers[trigger, TRIGGER_TIME] != NONE:
        scalars[NEED], scalars[NEED_WHAT] = NEEDS_TIMES, trigger
        return wait_at(world, ARRIVE, trigger)
    event = triggers[trigger, TRIGGER_EVENTS]
    if kind == QUEUED and not _is_drawn(world, trigger, event):
        return wait_at(world, ARRIVE, trigger)
    triggers[trigger, TRIGGER_EVENTS] = event + 1
    step = EVENTS
    if kind == CALLED:
        scalars[CURRENT] = _call(world, trigger, triggers[trigger, TRIGGER_TARGET], event, NONE, now_us)
        step = SEND
    elif kind == JOURNEY:
        scalars[CURRENT] = _new_user(world, trigger, event, now_us)
        step = TRAVEL
    else:
        _deliver(world, trigger, event, now_us)
    follow(world, trigger)
    return step


@inlined
def follow(world: World, trigger: int) -> None:
    """The next event of a source is on its way, if there is one."""
    triggers, place = world.triggers, world.triggers[trigger, TRIGGER_PLACE]
    if place < triggers[trigger, TRIGGER_END]:
        arrive(world, world.times[place], SOURCE, trigger)
        triggers[trigger, TRIGGER_PLACE] = place + 1


@inlined
def _call(world: World, trigger: int, target: int, event: int, user: int, now_us: int) -> int:
    """Somebody calls a function, and waits for the answer."""
    calls = world.calls
    call = new_call(world)
    calls[call, EVENT] = event
    calls[call, ATTEMPT] = 1
    calls[call, TRIGGER] = trigger
    calls[call, ARRIVED] = now_us
    calls[call, CALL_TARGET] = target
    calls[call, CALL_USER] = user
    if now_us >= world.scalars[WARM_UP]:
        world.targets[target, TARGET_OFFERED] += 1
    return call


# -- journeys


@compiled
def _new_user(world: World, trigger: int, number: int, now_us: int) -> int:
    user = world.scalars[USERS]
    world.scalars[USERS] += 1
    users = world.users
    users[user, USER_NUMBER] = number
    users[user, USER_TRIGGER] = trigger
    users[user, USER_FLOW] = NONE
    users[user, USER_STEP] = users[user, USER_COMPLETED] = 0
    users[user, USER_ARRIVED] = now_us
    users[user, USER_FINISHED] = NONE
    return user


@compiled
def travel(world: World, user: int, now_us: int) -> int:
    """The next step of a user's journey: a call, or some time to think."""
    users, triggers, trigger = world.users, world.triggers, world.users[user, USER_TRIGGER]
    number, step = users[user, USER_NUMBER], users[user, USER_STEP]
    if users[user, USER_FLOW] == NONE:
        place = place_of(world, triggers[trigger, TRIGGER_CHOICE], number)
        if place == MISSING:
            return wait_at(world, TRAVEL, user)
        flow = triggers[trigger, TRIGGER_FLOWS]
        while world.flow_shares[flow] <= world.coins[place]:
            flow += 1
        users[user, USER_FLOW] = flow
    flow = users[user, USER_FLOW]
    if step == world.flows[flow, FLOW_LENGTH]:
        users[user, USER_COMPLETED], users[user, USER_FINISHED] = 1, now_us
        return EVENTS
    action = world.flows[flow, FLOW_BEGINS] + step
    target = world.journey_steps[action, STEP_TARGET]
    if target != NONE:
        users[user, USER_STEP] = step + 1
        event = number * triggers[trigger, TRIGGER_LONGEST] + step
        world.scalars[CURRENT] = _call(world, trigger, target, event, user, now_us)
        return SEND
    place = place_of(world, world.journey_steps[action, STEP_STREAM], number)
    if place == MISSING:
        return wait_at(world, TRAVEL, user)
    users[user, USER_STEP] = step + 1
    schedule(world, now_us + world.draws[place], NORMAL, THINK_ENDS, user)
    return EVENTS


# -- Lambda's event queue


@compiled
def _is_drawn(world: World, trigger: int, event: int) -> bool:
    """Whether all that an event's deliveries need is drawn."""
    queues, first = world.queues, world.triggers[trigger, TRIGGER_TARGET]
    for queue in range(first, first + world.triggers[trigger, TRIGGER_QUEUES]):
        if place_of(world, queues[queue, QUEUE_DELAY], event) == MISSING:
            return False
        if place_of(world, queues[queue, QUEUE_HOP], event) == MISSING:
            return False
        if world.queue_numbers[queue, DUPLICATED_BELOW] > 0:
            if place_of(world, queues[queue, QUEUE_DUPLICATED], event) == MISSING:
                return False
    return True


@compiled
def _deliver(world: World, trigger: int, event: int, now_us: int) -> None:
    """A source hands an event to Lambda's event queue, once for each function that it invokes."""
    scalars, calls, queues, triggers = world.scalars, world.calls, world.queues, world.triggers
    if now_us >= scalars[WARM_UP]:
        triggers[trigger, TRIGGER_OFFERED] += 1
    first = triggers[trigger, TRIGGER_TARGET]
    for queue in range(first, first + triggers[trigger, TRIGGER_QUEUES]):
        from_us = _turn_us(scalars, now_us) if queues[queue, QUEUE_RULES] else now_us
        delayed_us = from_us + world.draws[place_of(world, queues[queue, QUEUE_DELAY], event)]
        hop_us = world.draws[place_of(world, queues[queue, QUEUE_HOP], event)]
        if queues[queue, QUEUE_HOLDS_HOP]:
            queued_us, ready_us = max(from_us, delayed_us - hop_us), delayed_us
        else:
            queued_us, ready_us = delayed_us, delayed_us + hop_us
        original = _enqueue(world, trigger, queue, event, queued_us, now_us)
        arrive(world, ready_us, PICK, original)
        below = world.queue_numbers[queue, DUPLICATED_BELOW]
        if below > 0 and world.coins[place_of(world, queues[queue, QUEUE_DUPLICATED], event)] < below:
            if scalars[WARM_UP] <= queued_us < scalars[DURATION]:
                queues[queue, QUEUE_DUPLICATES] += 1
            duplicate = _enqueue(world, trigger, queue, event, queued_us, now_us)
            calls[duplicate, CALL_ORIGINAL] = original
            calls[original, CALL_HOLDS] += 1
            arrive(world, ready_us, PICK, duplicate)


@compiled
def _turn_us(scalars: Ints, now_us: int) -> int:
    """When it is an event's turn by EventBridge's quota of invocations, which all rules share."""
    scalars[RULES_ASKED] = 1
    from_ns = scalars[RULES_AHEAD_NS] - scalars[RULES_REST_NS]
    at_us = now_us if from_ns <= now_us * NS_PER_US else -(-from_ns // NS_PER_US)
    scalars[RULES_AHEAD_NS] = max(scalars[RULES_AHEAD_NS], at_us * NS_PER_US) + scalars[RULES_COST_NS]
    return at_us


@compiled
def _enqueue(world: World, trigger: int, queue: int, event: int, queued_us: int, now_us: int) -> int:
    calls = world.calls
    call = new_call(world)
    calls[call, EVENT] = event
    calls[call, TRIGGER] = trigger
    calls[call, ARRIVED] = queued_us
    calls[call, CALL_SOURCE_US] = now_us
    calls[call, CALL_QUEUE] = queue
    calls[call, CALL_TARGET] = world.queues[queue, QUEUE_TARGET]
    calls[call, CALL_ATTEMPTS] = calls[call, CALL_RUNS] = calls[call, CALL_ERRORS] = calls[call, CALL_THROTTLES] = 0
    calls[call, CALL_ORIGINAL] = calls[call, CALL_USER] = NONE
    return call


@compiled
def pick_up(world: World, call: int, now_us: int) -> int:
    """An event is ready: the queue sends it to its function, if it may."""
    calls, queues, queue = world.calls, world.queues, world.calls[call, CALL_QUEUE]
    if now_us - calls[call, ARRIVED] > queues[queue, QUEUE_MAXIMUM_AGE]:
        end_event(world, call, EXPIRED, queues[queue, QUEUE_KEPT_FAILURE], now_us)
        return EVENTS
    if queues[queue, QUEUE_CLOSED]:
        end_event(world, call, RESERVED_ZERO, queues[queue, QUEUE_KEPT_FAILURE], now_us)
        return EVENTS
    original, run = calls[call, CALL_ORIGINAL], calls[call, CALL_ERRORS] + 1
    if original != NONE:  # a duplicate's runs come after all that the event itself may need
        run += queues[queue, QUEUE_RETRIES] + 1
    if not route(world, call, run):
        return wait_at(world, PICK_UP, call)
    counting = call if original == NONE else original
    calls[counting, CALL_ATTEMPTS] += 1
    calls[call, ATTEMPT] = calls[counting, CALL_ATTEMPTS]
    fill(world, call, now_us)
    return INVOKE
