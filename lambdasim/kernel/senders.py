"""Who sent an invocation learns how it ended, compiled.

Its models are ``triggers/synchronous.py`` and ``triggers/events/event_queue.py``.
"""

from __future__ import annotations

import numpy as np

from lambdasim.codes import Fate, Final, Outcome
from lambdasim.kernel.calls import arrive, drop, write
from lambdasim.kernel.clients import after_failure, after_success
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.kernel.streams import MISSING, place_of

SUCCESS = int(Outcome.SUCCESS)
UNFINISHED = int(Outcome.UNFINISHED)
THROTTLED = int(Outcome.THROTTLED)
SUCCEEDED, FAILED = int(Final.SUCCESS), int(Final.FAILURE)
DELIVERED = int(Fate.SUCCESS)
RETRIES_EXHAUSTED = int(Fate.RETRIES_EXHAUSTED)
_TURN = np.uint64(2**40)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@inlined
def conclude(world: World, call: int, now_us: int) -> bool:
    """The attempt is over: its sender says what that means, and it goes to the log; false if a draw is missing."""
    if world.triggers[world.calls[call, TRIGGER], TRIGGER_KIND] == QUEUED:
        _settle_queued(world, call, now_us)
    elif not has_jitter(world, call, now_us):
        return False
    else:
        _settle_called(world, call, now_us)
    write(world, call)
    return True


# -- callers that wait for the answer


@inlined
def has_jitter(world: World, call: int, now_us: int) -> bool:
    """Whether the coin is drawn that a retry of this attempt may need."""
    calls = world.calls
    if calls[call, ANSWERED] != NONE:
        return True
    in_time = now_us <= calls[call, INVOKED] + world.triggers[calls[call, TRIGGER], TRIGGER_PATIENCE]
    return (in_time and calls[call, OUTCOME] == SUCCESS) or may_give_up(world, call)


@compiled
def may_give_up(world: World, call: int) -> bool:
    """Whether the coin is drawn that decides when this attempt is tried again, if it has one."""
    calls, triggers, trigger = world.calls, world.triggers, world.calls[call, TRIGGER]
    attempt = calls[call, ATTEMPT]
    if triggers[trigger, TRIGGER_MODE] == NO_RETRIES or attempt >= triggers[trigger, TRIGGER_ATTEMPTS]:
        return True
    return place_of(world, triggers[trigger, TRIGGER_JITTER] + attempt - 1, calls[call, EVENT]) != MISSING


@inlined
def _settle_called(world: World, call: int, now_us: int) -> None:
    calls, triggers, trigger = world.calls, world.triggers, world.calls[call, TRIGGER]
    if calls[call, ANSWERED] != NONE:
        return
    if now_us > calls[call, INVOKED] + triggers[trigger, TRIGGER_PATIENCE]:
        give_up(world, call)
        return
    outcome = calls[call, OUTCOME]
    if outcome == UNFINISHED:
        return
    calls[call, ANSWERED] = now_us
    calls[call, STATUS] = triggers[trigger, TRIGGER_STATUS + outcome]
    if outcome == SUCCESS:
        calls[call, FINAL] = SUCCEEDED
        if triggers[trigger, TRIGGER_MODE] != NO_RETRIES:
            after_success(world, trigger, client_of(world, call), now_us, calls[call, ATTEMPT])
    else:
        _failed(world, call)


@inlined
def client_of(world: World, call: int) -> int:
    """The client process that sends an event: each has a retry budget of its own."""
    triggers, trigger = world.triggers, world.calls[call, TRIGGER]
    return triggers[trigger, TRIGGER_CLIENT] + world.calls[call, EVENT] % triggers[trigger, TRIGGER_CLIENTS]


@compiled
def give_up(world: World, call: int) -> None:
    """The caller has waited long enough; the function runs on without it."""
    calls, triggers, trigger = world.calls, world.triggers, world.calls[call, TRIGGER]
    calls[call, ANSWERED] = calls[call, INVOKED] + triggers[trigger, TRIGGER_PATIENCE]
    calls[call, STATUS] = triggers[trigger, TRIGGER_TIMEOUT_STATUS]
    _failed(world, call)


@compiled
def _failed(world: World, call: int) -> None:
    calls, trigger, attempt = world.calls, world.calls[call, TRIGGER], world.calls[call, ATTEMPT]
    if world.triggers[trigger, TRIGGER_MODE] == NO_RETRIES:
        calls[call, FINAL] = FAILED
        return
    coin = 0.0  # of the last attempt nobody asks it
    if attempt < world.triggers[trigger, TRIGGER_ATTEMPTS]:
        place = place_of(world, world.triggers[trigger, TRIGGER_JITTER] + attempt - 1, calls[call, EVENT])
        coin = world.coins[place]
    calls[call, CALL_RETRY_AFTER] = after_failure(world, trigger, client_of(world, call), call, coin)
    if calls[call, CALL_RETRY_AFTER] == NONE:
        calls[call, FINAL] = FAILED


# -- Lambda's event queue


@compiled
def _settle_queued(world: World, call: int, now_us: int) -> None:
    calls, queues, queue = world.calls, world.queues, world.calls[call, CALL_QUEUE]
    outcome = calls[call, OUTCOME]
    if outcome == UNFINISHED:
        return
    calls[call, ANSWERED] = now_us
    if outcome == THROTTLED:
        calls[call, CALL_THROTTLES] += 1
        arrive(world, now_us + _backoff_us(world, queue, calls[call, CALL_THROTTLES], calls[call, EVENT]), PICK, call)
        return
    calls[call, CALL_THROTTLES] = 0
    calls[call, CALL_RUNS] += 1
    if calls[call, ARRIVED] >= world.scalars[WARM_UP]:
        queues[queue, QUEUE_RAN] += 1
    if calls[call, CALL_ORIGINAL] != NONE:
        calls[calls[call, CALL_ORIGINAL], CALL_RUNS] += 1
    if outcome == SUCCESS:
        end_event(world, call, DELIVERED, queues[queue, QUEUE_KEPT_SUCCESS], now_us)
        return
    calls[call, CALL_ERRORS] += 1
    errors = calls[call, CALL_ERRORS]
    if errors > queues[queue, QUEUE_RETRIES]:
        end_event(world, call, RETRIES_EXHAUSTED, queues[queue, QUEUE_KEPT_FAILURE], now_us)
    else:
        wait = min(errors, queues[queue, QUEUE_ERROR_COUNT]) - 1
        arrive(world, now_us + int(world.waits[queues[queue, QUEUE_ERROR_WAITS] + wait]), PICK, call)


@compiled
def _backoff_us(world: World, queue: int, throttles: int, event: int) -> int:
    """The wait after an event's ``throttles``-th throttle in a row."""
    queues = world.queues
    wait = min(throttles, queues[queue, QUEUE_BACKOFF_COUNT]) - 1
    wait_us, jitter = world.waits[queues[queue, QUEUE_BACKOFF] + wait], world.queue_numbers[queue, BACKOFF_JITTER]
    coin = coin_of(queues[queue, QUEUE_KEY], event, throttles)
    return int(np.rint(wait_us * (1 + jitter * (2 * coin - 1))))


@compiled
def coin_of(key: int, index: int, turn: int) -> float:
    """The coin of an index at a turn: SplitMix64, as ``randomness.Coins``."""
    mixed = np.uint64(key) + (np.uint64(index) + np.uint64(turn) * _TURN) * _GOLDEN
    mixed = (mixed ^ (mixed >> _S30)) * _MIX_1
    mixed = (mixed ^ (mixed >> _S27)) * _MIX_2
    return float((mixed ^ (mixed >> _S31)) >> _S11) * 2.0**-53


@compiled
def end_event(world: World, call: int, fate: int, kept: int, now_us: int) -> None:
    """A queued event's fate is known; the row of one that was delivered twice is the original's."""
    scalars, calls = world.scalars, world.calls
    queue, original = calls[call, CALL_QUEUE], calls[call, CALL_ORIGINAL]
    if original == NONE:
        row, event, trigger = world.event_rows[scalars[EVENT_ROWS]], calls[call, EVENT], calls[call, TRIGGER]
        arrived_us = calls[call, CALL_SOURCE_US]
        row[0], row[1], row[2] = event, trigger, world.queues[queue, QUEUE_FUNCTION]
        row[3], row[4], row[5] = arrived_us, calls[call, ARRIVED], now_us
        row[6] = event if calls[call, CALL_ATTEMPTS] else NONE
        row[7], row[8], row[9], row[10] = calls[call, CALL_ATTEMPTS], calls[call, CALL_RUNS], fate, kept
        row[11], row[12], row[13], row[14], row[15] = NONE, trigger, event, arrived_us, 0
        scalars[EVENT_ROWS] += 1
    else:
        drop(world, original)
    drop(world, call)
