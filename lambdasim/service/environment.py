"""The execution environment: its states, the moves between them, and what it remembers of its life."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING

from lambdasim.codes import EndCause, InitializationType, StartCause
from lambdasim.records import NEVER

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.service.cold_start import ColdStart
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.invocation import Invocation
    from lambdasim.service.lifecycle import Life
    from lambdasim.service.network import Interface


class State(IntEnum):
    """Where an environment is in its life: STARTING or IDLE -> BUSY -> IDLE ... -> ENDED."""

    STARTING = 0  # placed, downloading, in Init
    IDLE = 1  # ready and frozen
    BUSY = 2  # runs an invocation
    ENDED = 3  # reclaimed


STARTING, IDLE, BUSY, ENDED = State  # bound once: CPython 3.11 takes 60 ns to find a member by its class


class ExecutionEnvironment:
    """One execution environment of one function version; it serves one invocation at a time.

    ``ready`` is the event that whoever started it waits for, or ``None`` if it was ready at once.
    ``needs_init`` says that its process is gone (a reset, or an Init that was cut off): the next call on it
    pays an init inside its Duration.
    """

    __slots__ = (
        "busy_from_us",
        "busy_us",
        "created_us",
        "end_cause",
        "ended_us",
        "first_used_us",
        "idle_since_us",
        "initialization",
        "interface",
        "invocations",
        "last_used_us",
        "life",
        "needs_init",
        "number",
        "phases",
        "pre_initialized",
        "ready",
        "ready_us",
        "retires_us",
        "run",
        "serves",
        "start_cause",
        "state",
        "version",
    )

    def __init__(
        self,
        number: int,
        version: FunctionVersion,
        created_us: int,
        start_cause: StartCause,
        life: Life,
        phases: ColdStart,
        *,
        pre_initialized: bool,
    ) -> None:
        self.number = number
        self.version = version
        self.initialization = InitializationType.ON_DEMAND
        self.created_us = created_us
        self.start_cause = start_cause
        self.life = life
        self.phases = phases
        self.pre_initialized = pre_initialized
        self.ready: Event | None = None
        self.ready_us = created_us if pre_initialized else created_us + phases.total_us
        self.retires_us = self.ready_us + life.age_limit_us
        self.state = STARTING
        self.idle_since_us = self.ready_us
        self.busy_from_us = NEVER
        self.first_used_us = NEVER
        self.last_used_us = NEVER
        self.ended_us = NEVER
        self.end_cause = EndCause.ALIVE
        self.needs_init = False
        self.interface: Interface | None = None  # by which it is attached to the VPC, if it is
        self.serves: Invocation | None = None  # the invocation that it was last given to
        self.run: Event | None = None  # the end of that one's run
        self.invocations = 0
        self.busy_us = 0

    def begin(self, now_us: int) -> bool:
        """An invocation begins to run on it; true if it is the environment's first."""
        if self.state is not IDLE and self.state is not STARTING:
            raise self._wrong_move(BUSY)
        self.state = BUSY
        self.busy_from_us = now_us
        if self.invocations:
            return False
        self.first_used_us = now_us
        if not self.pre_initialized:  # whoever asked for it has waited for it
            self.busy_from_us = self.created_us
        return True

    def finish(self, now_us: int, *, reset: bool) -> None:
        """The run is over; after a timeout, a crash or lack of memory the process is gone (``reset``)."""
        if self.state is not BUSY:
            raise self._wrong_move(IDLE)
        self.state = IDLE
        self.invocations += 1
        self.busy_us += now_us - self.busy_from_us
        self.last_used_us = self.idle_since_us = now_us
        self.needs_init = reset

    def wait(self) -> None:
        """It was started ahead, and waits for its first invocation."""
        if self.state is not STARTING:
            raise self._wrong_move(IDLE)
        self.state = IDLE

    def provision(self, created_us: int) -> None:
        """It is one of provisioned concurrency, whose start began at ``created_us``, and waits for invocations."""
        self.initialization = InitializationType.PROVISIONED_CONCURRENCY
        self.created_us = created_us
        self.wait()

    def end_after_run(self, at_us: int, cause: EndCause) -> None:
        """It serves whom it serves now, and nobody after that: its age limit is ``at_us``."""
        self.retires_us = at_us
        self.life = replace(self.life, age_cause=cause, replaced=False)

    def end(self, at_us: int, cause: EndCause) -> None:
        """Lambda takes it away; it must be idle."""
        if self.state is not IDLE:
            raise self._wrong_move(ENDED)
        self.state = ENDED
        self.ended_us = at_us
        self.end_cause = cause

    def _wrong_move(self, to: State) -> AssertionError:
        return AssertionError(f"environment {self.number} can't go from {self.state.name} to {to.name}")

    def row(self) -> tuple[int, ...]:
        """The row of the environment log, in the order of ``records.ENVIRONMENT_COLUMNS``."""
        return (
            self.number,
            self.version.function,
            self.version.index,
            self.initialization,
            self.created_us,
            self.ready_us,
            self.first_used_us,
            self.last_used_us,
            self.ended_us,
            self.start_cause,
            self.end_cause,
            self.pre_initialized,
            self.invocations,
            self.busy_us,
            self.phases.platform_us,
            self.phases.download_us,
            self.phases.network_us,
            self.phases.runtime_init_us,
            self.phases.function_init_us,
            self.phases.restore_us,
        )
