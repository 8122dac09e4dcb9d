"""The rows of invocations, compiled: taken, filled, written to the log, given back."""

from __future__ import annotations

from lambdasim.codes import NO_STATUS, Capacity, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.kernel.compiling import compiled, inlined
from lambdasim.kernel.heaps import pop, push
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World
from lambdasim.kernel.streams import MISSING, place_of

SUCCESS = int(Outcome.SUCCESS)
WARM = int(StartType.WARM)
NOT_STARTED = int(StartType.NONE)
NO_CAUSE = int(StartCause.NONE)
ON_DEMAND = int(Capacity.ON_DEMAND)
NO_CAPACITY = int(Capacity.NONE)
NO_REASON = int(ThrottleReason.NONE)


@inlined
def new_call(world: World) -> int:
    """A row for one more invocation."""
    scalars, calls = world.scalars, world.calls
    call = scalars[FREE_CALL]
    if call == NONE:
        call = scalars[CALLS]
        scalars[CALLS] += 1
    else:
        scalars[FREE_CALL] = calls[call, CALL_NEXT]
    scalars[LIVE_CALLS] += 1
    calls[call, CALL_HOLDS] = 1
    return call


@inlined
def drop(world: World, call: int) -> None:
    """One less may come back to a row; nobody's is free."""
    scalars, calls = world.scalars, world.calls
    calls[call, CALL_HOLDS] -= 1
    if calls[call, CALL_HOLDS] == 0:
        calls[call, CALL_NEXT] = scalars[FREE_CALL]
        scalars[FREE_CALL] = call
        scalars[LIVE_CALLS] -= 1


@inlined
def fill(world: World, call: int, invoked_us: int) -> None:
    """An attempt begins; what is not known yet stands as in the log of one that never ran."""
    calls = world.calls
    calls[call, INVOKED] = invoked_us
    calls[call, STARTED] = calls[call, ENDED_AT] = calls[call, ANSWERED] = calls[call, ENVIRONMENT] = NONE
    calls[call, INIT] = calls[call, SUPPRESSED_INIT] = calls[call, RESTORE] = calls[call, BILLED_RESTORE] = 0
    calls[call, OUTCOME] = SUCCESS
    calls[call, START_TYPE] = WARM
    calls[call, START_CAUSE] = NO_CAUSE
    calls[call, CAPACITY] = ON_DEMAND
    calls[call, REASON] = NO_REASON
    calls[call, STATUS] = NO_STATUS
    calls[call, FINAL] = 0
    calls[call, RECORDS] = 1
    calls[call, CALL_RETRY_AFTER] = NONE
    calls[call, CALL_RACED] = NOT_RACED
    calls[call, CALL_CHOSEN] = 0


@inlined
def refuse(world: World, call: int, outcome: int, reason: int) -> None:
    """It never ran: throttled by Lambda, with AWS's reason, or rejected by its front door."""
    calls = world.calls
    calls[call, OUTCOME] = outcome
    calls[call, REASON] = reason
    calls[call, START_TYPE] = NOT_STARTED
    calls[call, CAPACITY] = NO_CAPACITY


@inlined
def route(world: World, call: int, run: int) -> bool:
    """To which version its alias sends an attempt, and its luck there; false if a coin must be drawn first.

    ``run`` counts those of the event's attempts that have luck of their own: 1, 2, ...
    """
    calls, targets = world.calls, world.targets
    target = calls[call, CALL_TARGET]
    version, luck = targets[target, TARGET_PRIMARY], targets[target, TARGET_LUCK] + 2 * (run - 1)
    if targets[target, TARGET_SECONDARY] != NONE:
        place = place_of(world, targets[target, TARGET_COIN] + run - 1, calls[call, EVENT])
        if place == MISSING:
            return False
        if world.coins[place] < world.target_weights[target]:
            version = targets[target, TARGET_SECONDARY]
            luck += 2 * targets[target, TARGET_RUNS]
    calls[call, VERSION] = version
    calls[call, FUNCTION] = world.versions[version, VERSION_FUNCTION]
    calls[call, CALL_LUCK] = luck
    calls[call, CALL_RUN] = run
    return True


@inlined
def write(world: World, call: int) -> None:
    """The attempt's row goes to the log."""
    scalars, calls, rows = world.scalars, world.calls, world.rows
    row = scalars[ROWS]
    for column in range(LOG_COLUMNS):
        rows[row, column] = calls[call, column]
    scalars[ROWS] = row + 1


@compiled
def schedule(world: World, at_us: int, rank: int, kind: int, of: int) -> None:
    """Something will happen at ``at_us``, after what ranks before it at that instant, or was scheduled before."""
    scalars = world.scalars
    push(world.agenda, scalars[AGENDA_SIZE], at_us, rank * RANK + scalars[SEQUENCE], kind, of)
    scalars[AGENDA_SIZE] += 1
    scalars[SEQUENCE] += 1


@inlined
def arrive(world: World, at_us: int, kind: int, of: int) -> None:
    """An event of a source, or one in a queue, will come at ``at_us``, after all else of that instant."""
    scalars = world.scalars
    push(world.arrivals, scalars[ARRIVALS_SIZE], at_us, scalars[SEQUENCE], kind, of)
    scalars[ARRIVALS_SIZE] += 1
    scalars[SEQUENCE] += 1


@inlined
def take_from_agenda(world: World) -> None:
    """What is first on the agenda happens now."""
    pop(world.agenda, world.scalars[AGENDA_SIZE])
    world.scalars[AGENDA_SIZE] -= 1


@inlined
def take_from_arrivals(world: World) -> None:
    """What is first to arrive does so now."""
    pop(world.arrivals, world.scalars[ARRIVALS_SIZE])
    world.scalars[ARRIVALS_SIZE] -= 1


@inlined
def wait_at(world: World, step: int, of: int) -> int:
    """The machine waits for what it has said to need, and takes this step again when it is there."""
    world.scalars[NEXT], world.scalars[CURRENT] = step, of
    return WAITS
