"""Synchronous callers: they send, wait for the answer, perhaps send again; their event ends with an answer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from lambdasim.codes import Final, Outcome
from lambdasim.randomness import Draws, uniforms
from lambdasim.records import NEVER
from lambdasim.service.invocation import Invocation
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.retries import RetryPolicy
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.service.clock import Clock
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.lambda_service import LambdaService
    from lambdasim.service.luck import LuckBook
    from lambdasim.triggers.chain import Emitter
    from lambdasim.triggers.front_door import FrontDoor

# Beyond Init's 10 s and the function's timeout, a run may wait for placement, fetch and network. This is far
# beyond any draw of those; should one be longer, `settle` still gives the right answer, only a retry starts late.
LONGEST_PLACEMENT_US = 30 * US_PER_S


SUCCESS, UNFINISHED, SUCCEEDED = Outcome.SUCCESS, Outcome.UNFINISHED, Final.SUCCESS


class Target:
    """A function as one trigger sees it: the luck of the trigger's events there, and their number."""

    __slots__ = ("draw", "function", "offered")

    def __init__(self, function: int, lucks: LuckBook) -> None:
        self.function = function
        self.draw = lucks.draw
        self.offered = 0  # events whose first attempt was made in the measured span


class Caller:
    """A trigger's callers: sends events to functions through a front door, and settles what comes back.

    ``clients`` retry; without any, what fails, fails (a browser, a curl). With ``acts_on_timeout`` somebody goes
    on when a call takes too long (as retrying clients do), so the call must be raced against the clock;
    otherwise arithmetic after the fact will do. ``emitters``, by function, feed other triggers with what succeeds.
    """

    rate_limited = True

    __slots__ = (
        "_clients",
        "_clock",
        "_door",
        "_emitters",
        "_impatient",
        "_jitter",
        "_retries",
        "_service",
        "_warm_up_us",
        "index",
    )

    def __init__(
        self,
        index: int,
        service: LambdaService,
        door: FrontDoor,
        clients: Sequence[RetryPolicy],
        warm_up_us: int,
        jitter_key: tuple[int, str],
        *,
        acts_on_timeout: bool,
        emitters: Mapping[int, Emitter],
    ) -> None:
        self.index = index
        self._service = service
        self._clock: Clock = service.clock
        self._door = door
        self._clients = clients
        self._warm_up_us = warm_up_us
        self._jitter = BackoffJitter(*jitter_key)
        self._emitters = {function: emitter for function, emitter in emitters.items() if emitter}
        self._retries = bool(clients)
        self._impatient = acts_on_timeout or self._retries

    def request(self, event: int, target: Target) -> Generator[Event, None, bool]:
        """One event, from its arrival to its end; returns whether it succeeded."""
        clock, attempt = self._clock, 1
        arrived_us = now_us = clock.now
        if arrived_us >= self._warm_up_us:
            target.offered += 1
        while True:
            if self._retries and (turn := self._client(event).before_send(now_us)) is not None:
                yield turn
                now_us = clock.now
            version, luck = target.draw(event, attempt)
            invocation = Invocation(self, version, luck, event, attempt, arrived_us, now_us)
            if not self._door.opens(now_us):
                invocation.refuse(Outcome.REJECTED)
                self._service.conclude(invocation, now_us)
            elif self._impatient and self._may_outlast(version):
                yield from self._race(invocation)
            else:
                yield from self._service.invoke(invocation)
            if invocation.retry_after_us is None:
                return invocation.final is SUCCEEDED
            yield clock.timeout(invocation.retry_after_us)
            now_us = clock.now
            attempt += 1

    def _client(self, event: int) -> RetryPolicy:
        """The client process that sends an event: each has a retry budget of its own."""
        return self._clients[event % len(self._clients)]

    def _race(self, invocation: Invocation) -> Generator[Event, None, None]:
        """Invoke, and come back when the caller has its answer or has stopped waiting; the run goes on."""
        run = self._clock.process(self._service.invoke(invocation))
        yield run | self._clock.control(self._door.patience_us)
        if invocation.answered_us == NEVER:
            self._give_up(invocation)

    def _may_outlast(self, version: FunctionVersion) -> bool:
        longest_us = version.handler.timeout_us + version.cold_start.init_limit_us + LONGEST_PLACEMENT_US
        return self._door.patience_us < longest_us

    def settle(self, invocation: Invocation, now_us: int) -> None:
        """The attempt is over at Lambda; if its caller still waits, this is the answer."""
        if self._emitters and invocation.outcome is SUCCESS:
            self._feed(invocation, now_us)
        if invocation.answered_us != NEVER:
            return
        if now_us > invocation.invoked_us + self._door.patience_us:
            self._give_up(invocation)
            return
        if invocation.outcome is UNFINISHED:
            return
        invocation.answered_us = now_us
        invocation.status = self._door.statuses[invocation.outcome]
        if invocation.outcome is SUCCESS:
            invocation.final = SUCCEEDED
            if self._retries:
                self._client(invocation.event).after_success(now_us, invocation.attempt)
        else:
            self._failed(invocation)

    def _feed(self, invocation: Invocation, now_us: int) -> None:
        """The function has done its work, whether or not its caller still waits."""
        emitter = self._emitters.get(invocation.version.function)
        if emitter is not None:
            emitter.succeeded(invocation.event, Chain(self.index, invocation.event, invocation.arrived_us), now_us)

    def _give_up(self, invocation: Invocation) -> None:
        """The caller has waited long enough; the function runs on without it."""
        invocation.answered_us = invocation.invoked_us + self._door.patience_us
        invocation.status = self._door.timeout_status
        self._failed(invocation)

    def _failed(self, invocation: Invocation) -> None:
        if not self._retries:
            invocation.final = Final.FAILURE
            return
        jitter = self._jitter.at(invocation.attempt, invocation.event)
        invocation.retry_after_us = self._client(invocation.event).after_failure(
            invocation.answered_us, invocation.status, invocation.attempt, jitter
        )
        if invocation.retry_after_us is None:
            invocation.final = Final.FAILURE


class BackoffJitter:
    """The coins of a trigger's backoff, by attempt and event."""

    def __init__(self, seed: int, trigger: str) -> None:
        self._key = (seed, "backoff", trigger)
        self._attempts: list[Draws[float]] = []

    def at(self, attempt: int, event: int) -> float:
        """The coin in [0, 1) for the wait after the ``attempt``-th try of ``event``."""
        while len(self._attempts) < attempt:
            self._attempts.append(Draws(*self._key, len(self._attempts) + 1, sample=uniforms))
        return self._attempts[attempt - 1].at(event)
