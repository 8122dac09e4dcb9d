"""What an AWS SDK does when a call fails, compiled. Its model is ``triggers/retries.py``, with all its sources."""

from __future__ import annotations

import math

import numpy as np

from lambdasim.kernel.calls import schedule
from lambdasim.kernel.compiling import compiled
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World

US_PER_S = 1_000_000
TIMED_OUT = 0
THROTTLED_STATUS = 429
CUBE, CUBE_ROOT = 3.0, 1 / 3  # not literals: numba would multiply where Python takes a power


@compiled
def after_failure(world: World, trigger: int, client: int, call: int, coin: float) -> int:
    """How long until the next attempt, in microseconds; NONE gives up. ``coin`` in [0, 1) is the jitter."""
    calls, numbers = world.calls, world.client_numbers
    mode, status = world.triggers[trigger, TRIGGER_MODE], calls[call, STATUS]
    attempt = calls[call, ATTEMPT]
    if mode == ADAPTIVE:
        _answered(world, mode, client, calls[call, ANSWERED] / US_PER_S, status == THROTTLED_STATUS)
    if attempt >= world.triggers[trigger, TRIGGER_ATTEMPTS] or not (status < STATUSES and world.retried[mode, status]):
        return NONE
    longest_us = min(world.modes[mode, MODE_BASE] * 2.0 ** (attempt - 1), world.modes[mode, MODE_CAP])
    delay_us = int(np.rint(coin * longest_us))
    if mode != LEGACY:
        cost = world.modes[mode, MODE_TIMEOUT_COST if status == TIMED_OUT else MODE_COST]
        if cost > numbers[client, CLIENT_BUDGET]:
            return NONE
        numbers[client, CLIENT_BUDGET] -= cost
        numbers[client, CLIENT_LAST_COST] = cost
    return delay_us


@compiled
def after_success(world: World, trigger: int, client: int, now_us: int, attempt: int) -> None:
    """A call succeeded; ``attempt`` is how many it took."""
    mode, numbers = world.triggers[trigger, TRIGGER_MODE], world.client_numbers
    if mode == ADAPTIVE:
        _answered(world, mode, client, now_us / US_PER_S, False)
    if mode != LEGACY:
        refund = world.modes[mode, MODE_REFUND] if attempt == 1 else numbers[client, CLIENT_LAST_COST]
        numbers[client, CLIENT_BUDGET] = min(world.modes[mode, MODE_TOKENS], numbers[client, CLIENT_BUDGET] + refund)


@compiled
def must_wait(world: World, trigger: int, client: int, call: int, now_us: int) -> bool:
    """Whether a call must wait for its turn to be sent; then it is in its client's line."""
    if world.triggers[trigger, TRIGGER_MODE] != ADAPTIVE or not world.clients[client, CLIENT_ENABLED]:
        return False
    clients, calls = world.clients, world.calls
    _refill(world, client, now_us)
    last = clients[client, CLIENT_LINE_TAIL]
    if last == NONE and world.client_numbers[client, CLIENT_TOKENS] >= 1.0:
        world.client_numbers[client, CLIENT_TOKENS] -= 1.0
        return False
    world.scalars[WAITING] += 1
    calls[call, CALL_NEXT] = NONE
    clients[client, CLIENT_LINE_TAIL] = call
    if last == NONE:
        clients[client, CLIENT_LINE_HEAD] = call
    else:
        calls[last, CALL_NEXT] = call
    serve(world, client, now_us)
    return True


@compiled
def serve(world: World, client: int, now_us: int) -> None:
    """Let those go for whom there is a token, and come back when the next token is due."""
    clients, numbers = world.clients, world.client_numbers
    _refill(world, client, now_us)
    while clients[client, CLIENT_LINE_HEAD] != NONE and numbers[client, CLIENT_TOKENS] >= 1.0 - 1e-9:
        numbers[client, CLIENT_TOKENS] -= 1.0
        world.scalars[WAITING] -= 1
        call = clients[client, CLIENT_LINE_HEAD]
        clients[client, CLIENT_LINE_HEAD] = world.calls[call, CALL_NEXT]
        if clients[client, CLIENT_LINE_HEAD] == NONE:
            clients[client, CLIENT_LINE_TAIL] = NONE
        schedule(world, world.scalars[NOW], NORMAL, TURN, call)
    clients[client, CLIENT_TIMER] = NONE  # one set at an earlier rate rings in vain
    if clients[client, CLIENT_LINE_HEAD] != NONE:
        wait_us = math.ceil((1.0 - numbers[client, CLIENT_TOKENS]) / numbers[client, CLIENT_RATE] * US_PER_S)
        clients[client, CLIENT_TIMER] = world.scalars[SEQUENCE]
        schedule(world, world.scalars[NOW] + wait_us, CONTROL, SERVE, client)


@compiled
def _answered(world: World, mode: int, client: int, now_s: float, throttled: bool) -> None:
    """Measure the rate of answers, and set the sending rate by it."""
    numbers, modes = world.client_numbers, world.modes
    _measure(world, mode, client, now_s)
    _refill(world, client, int(np.rint(now_s * US_PER_S)))
    if throttled:
        rate = numbers[client, CLIENT_MEASURED]
        if world.clients[client, CLIENT_ENABLED]:
            rate = min(rate, numbers[client, CLIENT_RATE])
        numbers[client, CLIENT_THROTTLE_RATE], numbers[client, CLIENT_THROTTLED_S] = rate, now_s
        rate *= modes[mode, MODE_BETA]
        world.clients[client, CLIENT_ENABLED] = 1
    else:
        lost = numbers[client, CLIENT_THROTTLE_RATE] * (1 - modes[mode, MODE_BETA])
        recovery_s = (lost / modes[mode, MODE_SCALE]) ** CUBE_ROOT
        elapsed_s = now_s - numbers[client, CLIENT_THROTTLED_S]
        rate = modes[mode, MODE_SCALE] * (elapsed_s - recovery_s) ** CUBE + numbers[client, CLIENT_THROTTLE_RATE]
    rate = min(rate, modes[mode, MODE_LIMIT] * numbers[client, CLIENT_MEASURED])
    numbers[client, CLIENT_RATE] = max(rate, modes[mode, MODE_MINIMUM])
    serve(world, client, int(np.rint(now_s * US_PER_S)))


@compiled
def _refill(world: World, client: int, now_us: int) -> None:
    """The bucket holds what comes in a second, and one token at least."""
    clients, numbers = world.clients, world.client_numbers
    gained = 0.0
    if clients[client, CLIENT_ENABLED]:
        gained = (now_us - clients[client, CLIENT_REFILLED]) / US_PER_S * numbers[client, CLIENT_RATE]
    room = max(numbers[client, CLIENT_RATE], 1.0)
    numbers[client, CLIENT_TOKENS] = min(room, numbers[client, CLIENT_TOKENS] + gained)
    clients[client, CLIENT_REFILLED] = now_us


@compiled
def _measure(world: World, mode: int, client: int, now_s: float) -> None:
    """The rate of answers: counted in buckets of time, smoothed exponentially."""
    numbers, bucket_s, smoothing = (
        world.client_numbers,
        world.modes[mode, MODE_BUCKET_S],
        world.modes[mode, MODE_SMOOTHING],
    )
    began_s = math.floor(now_s / bucket_s) * bucket_s
    world.clients[client, CLIENT_COUNT] += 1
    if began_s > numbers[client, CLIENT_BUCKET_BEGAN]:
        current = world.clients[client, CLIENT_COUNT] / (began_s - numbers[client, CLIENT_BUCKET_BEGAN])
        numbers[client, CLIENT_MEASURED] = current * smoothing + numbers[client, CLIENT_MEASURED] * (1 - smoothing)
        world.clients[client, CLIENT_COUNT] = 0
        numbers[client, CLIENT_BUCKET_BEGAN] = began_s
