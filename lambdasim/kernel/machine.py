"""The life of all invocations of a run, compiled: one state machine. Its model is ``LambdaService.invoke``.

``advance`` takes one event after the other, in the order that ``service/clock.py`` states, each as far as it goes at
that instant. What only Python can give (draws, times of arrival, the start of an environment, larger tables) it asks
for: then it returns, and takes the same step when it is called again. So each step first sees that it has what it
needs, and only then changes the world.
"""

from __future__ import annotations

from lambdasim.kernel.addresses import world_at
from lambdasim.kernel.arrivals import pick_up, take_arrival, travel
from lambdasim.kernel.calls import drop, new_call, schedule, take_from_agenda, take_from_arrivals
from lambdasim.kernel.clients import serve
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.invocation import (
    begin,
    choose_fleet,
    dispatch,
    end_attempt,
    finish,
    resume,
    send,
    start_environment,
)
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World


@compiled
def advance(address: int, until_us: int) -> int:
    """Let everything happen that is due up to and including ``until_us``; returns DONE, or what is needed first.

    ``address`` is the world's.
    """
    world = world_at(address)
    scalars = world.scalars
    step = scalars[NEXT]
    while step != WAITS:
        step = next_event(world, until_us) if step == EVENTS else take_step(world, step, scalars[CURRENT], scalars[NOW])
    return scalars[NEED]


@compiled
def take_step(world: World, step: int, of: int, now_us: int) -> int:  # noqa: C901 - one line for each step
    """Take one step, with what follows from it at this instant; returns the step that is next."""
    if step == ARRIVE:
        return take_arrival(world, of, now_us)
    if step == PICK_UP:
        return pick_up(world, of, now_us)
    if step == TRAVEL:
        return travel(world, of, now_us)
    if step == SEND:
        return send(world, of, now_us)
    if step == DISPATCH:
        return dispatch(world, of, now_us)
    if step == INVOKE:
        return choose_fleet(world, of, now_us)
    if step == START:
        return start_environment(world, of, now_us)
    if step == BEGIN:
        return begin(world, of, now_us)
    if step == FINISH:
        return finish(world, of, now_us)
    if step == CONCLUDE:
        return end_attempt(world, of, now_us)
    assert step == RESUME
    return resume(world, of, now_us)


@compiled
def room(world: World) -> int:
    """How many events can happen before a table may be full."""
    scalars = world.scalars
    margin = scalars[MARGIN]
    spare = min(world.calls.shape[0] - scalars[LIVE_CALLS], world.arrivals.shape[0] - scalars[ARRIVALS_SIZE] - 1)
    spare = min(spare, world.agenda.shape[0] - scalars[AGENDA_SIZE] - scalars[WAITING] - 1)
    spare = min(
        spare,
        world.event_rows.shape[0] - scalars[EVENT_ROWS],
        world.users.shape[0] - scalars[USERS],
        world.periods.shape[0] - scalars[PERIODS],
    )
    return min(spare // margin, world.rows.shape[0] - scalars[ROWS])


@inlined
def next_event(world: World, until_us: int) -> int:
    """What happens next: completions of an instant first, then what becomes ready, then what arrives."""
    scalars, agenda, arrivals = world.scalars, world.agenda, world.arrivals
    if scalars[ROOM] == 0:
        scalars[ROOM] = room(world)
        if scalars[ROOM] <= 0:
            scalars[ROOM] = 0
            return wait_for(world, NEEDS_ROOM)
    due, arriving = scalars[AGENDA_SIZE] > 0, scalars[ARRIVALS_SIZE] > 0
    if arriving and (not due or arrivals[1, AT] < agenda[1, AT]):
        if arrivals[1, AT] > until_us:
            return wait_for(world, DONE)
        kind, of, now_us = arrivals[1, KIND], arrivals[1, OF], arrivals[1, AT]
        scalars[NOW] = now_us
        take_from_arrivals(world)
        scalars[ROOM] -= 1
        if kind == PICK:
            scalars[CURRENT] = of
            return PICK_UP
        following = take_arrival(world, of, now_us)
        return send(world, scalars[CURRENT], now_us) if following == SEND else following
    if not due or agenda[1, AT] > until_us:
        return wait_for(world, DONE)
    kind, of, order, now_us = agenda[1, KIND], agenda[1, OF], agenda[1, ORDER], agenda[1, AT]
    scalars[NOW] = now_us
    take_from_agenda(world)
    scalars[ROOM] -= 1
    if kind == RUN_ENDS:
        return finish(world, of, now_us)
    return _other_event(world, kind, of, order)


@inlined
def wait_for(world: World, need: int) -> int:
    """Between events: the machine waits for what it needs."""
    world.scalars[NEXT], world.scalars[NEED] = EVENTS, need
    return WAITS


@compiled
def _other_event(world: World, kind: int, of: int, order: int) -> int:
    scalars, calls, now_us = world.scalars, world.calls, world.scalars[NOW]
    scalars[CURRENT] = of
    if kind == READY:
        return BEGIN
    if kind == RETRY:
        scalars[CURRENT] = _next_attempt(world, of)
        return SEND
    if kind == TURN:
        return DISPATCH
    if kind == PATIENCE_ENDS or kind == RUN_OVER:
        if calls[of, CALL_RACED] == RACED:
            calls[of, CALL_RACED] = DECIDED
            schedule(world, now_us, NORMAL, RACE_OVER, of)
        drop(world, of)
        return EVENTS
    if kind == RACE_OVER:
        return RESUME
    if kind == THINK_ENDS:
        return TRAVEL
    if kind == SERVE:
        if world.clients[of, CLIENT_TIMER] == order - CONTROL * RANK:
            serve(world, of, now_us)
        return EVENTS
    scalars[NEED_WHAT] = of
    return wait_for(world, NEEDS_PYTHON)


@compiled
def _next_attempt(world: World, call: int) -> int:
    """The row of a call's next attempt: its own, unless a run that its caller gave up is still under way."""
    calls = world.calls
    attempt = calls[call, ATTEMPT] + 1
    if calls[call, CALL_HOLDS] > 1:
        following = new_call(world)
        calls[following, EVENT] = calls[call, EVENT]
        calls[following, TRIGGER] = calls[call, TRIGGER]
        calls[following, ARRIVED] = calls[call, ARRIVED]
        calls[following, CALL_TARGET] = calls[call, CALL_TARGET]
        calls[following, CALL_USER] = calls[call, CALL_USER]
        drop(world, call)
        call = following
    calls[call, ATTEMPT] = attempt
    return call
