"""Provisioned concurrency of one version: environments that are kept ready, and how they come to be.

Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html and lambda-concurrency.html. What AWS
does not say is decided here: a raise that comes while another is under way is a batch of its own, which starts after
the other; a decrease takes first what can't be used yet, the newest first, then idle environments, and those that are
busy end with their runs; the successor of an environment that ends for its age is ready when that one goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.codes import Capacity, Change, EndCause, StartCause, StartType
from lambdasim.randomness import Draws
from lambdasim.records import ProvisionedPeriod
from lambdasim.scenario.distributions import distribution_from
from lambdasim.service.allocation import AllocationRate, Batch
from lambdasim.service.cold_start import whole_us
from lambdasim.service.environment import IDLE
from lambdasim.service.fleet import Fleet, Numbering
from lambdasim.service.lifecycle import LifeDraws
from lambdasim.service.luck import ColdStartDraws
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simpy.events import Event

    from lambdasim.scenario.account import Lifecycle
    from lambdasim.service.change_log import ChangeLog
    from lambdasim.service.clock import Clock
    from lambdasim.service.cold_start import ColdStart
    from lambdasim.service.concurrency import ConcurrencyLimits
    from lambdasim.service.environment import ExecutionEnvironment
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.invocation import Invocation

PROVISIONED, SPILLOVER = Capacity.PROVISIONED, Capacity.SPILLOVER
FORESEEN = (EndCause.LIFETIME, EndCause.RECYCLED)


class ProvisionedFleet(Fleet):
    """The environments of one version that are kept ready; beside it stands the version's fleet on demand."""

    __slots__ = (
        "_burst_s",
        "_changes",
        "_claimed",
        "_concurrency",
        "_drawn",
        "_on_demand",
        "_pace",
        "_per_environment",
        "_preparation_us",
        "_preparations",
        "_rate",
        "_since_us",
        "_subject",
        "allocated",
        "observers",
        "pending",
        "periods",
        "settled_us",
    )

    def __init__(
        self,
        clock: Clock,
        version: FunctionVersion,
        lifecycle: Lifecycle,
        seed: int,
        numbering: Numbering,
        concurrency: ConcurrencyLimits,
        on_demand: Fleet,
        pace: AllocationRate,
        changes: ChangeLog,
        subject: str,
    ) -> None:
        """``pace`` is shared by all versions of the function; ``subject``: the alias, as the change log names it."""
        label, book = f"{version.label} provisioned", version.book
        kept = lifecycle.model_copy(
            update={"idle_timeout": None, "surplus_idle_timeout": None, "keep_alive": "renewed"}
        )
        ahead = ColdStartDraws(seed, (label,), version.cold_start, None)
        limits = concurrency.provision(version.index, version.function)
        super().__init__(clock, version, kept, seed, numbering, ahead, limits)
        self.lives = LifeDraws(seed, label, kept)
        limit_us = round(book.value("quotas/function/long_init_timeout_s") * US_PER_S)
        self.init_limit_us = max(limit_us, version.handler.timeout_us)
        preparation = whole_us(distribution_from(book.value("provisioned/preparation")))
        self._preparation_us: Draws[int] = Draws(seed, "preparation", label, sample=preparation, size=1)
        self._preparations = 0
        self._on_demand = on_demand
        self._concurrency = concurrency
        self._pace = pace
        self._per_environment: float = book.value("quotas/account/requests_per_second_per_concurrency")
        self._burst_s: float = book.value("scaling/requests_per_second_burst_s")
        self._rate = TokenBucket(0, 0)
        self._drawn = 0
        self._claimed = 0
        self._changes = changes
        self._subject = subject
        self._since_us = 0
        self.allocated = 0  # AWS's AllocatedProvisionedConcurrentExecutions: all these can be used
        self.pending: list[Batch] = []  # and these can't yet
        self.settled_us = 0  # when the last raise became usable
        self.periods: list[ProvisionedPeriod] = []
        self.observers: list[Callable[[int], None]] = []  # told of each invocation: how many environments it takes

    @property
    def requested(self) -> int:
        """How many are asked for: AWS's RequestedProvisionedConcurrentExecutions."""
        return self.allocated + sum(len(batch.starts) for batch in self.pending)

    @property
    def busy(self) -> int:
        """How many run an invocation now."""
        return self._busy

    # -- what an invocation asks for

    def or_on_demand(self, invocation: Invocation, now_us: int) -> Fleet:
        """Who serves an invocation: this fleet, or the one on demand if all are busy or it was asked too often."""
        if not self.requested:
            return self._on_demand
        fleet: Fleet = self
        taking = 1
        if self.find_warm(now_us) is not None and (not invocation.sender.rate_limited or self._rate.take(now_us)):
            invocation.capacity, invocation.start_type = PROVISIONED, StartType.PROVISIONED
        else:
            invocation.capacity, fleet, taking = SPILLOVER, self._on_demand, 0
        for observe in self.observers:
            observe(taking)
        return fleet

    def put_back(self, environment: ExecutionEnvironment, now_us: int, *, reset: bool) -> None:
        """A run is over: its environment waits for the next, unless it is more than are to be kept."""
        if len(self._alive) > self.allocated:
            self._note(now_us)
        super().put_back(environment, now_us, reset=reset)
        if len(self._alive) > self.allocated:
            self._release(now_us)
        if self._claimed > self.requested:
            self._settle(now_us)

    # -- how many there are

    def begin_with(self, environments: int) -> None:
        """The run begins with so many, configured and ready before: their start was before it, too."""
        self.allocated = environments
        for _ in range(environments):
            phases = self._next_start()
            self._keep(-phases.total_us, 0, phases, StartCause.SCALE_OUT)
        self._settle(0)

    def request(self, environments: int, now_us: int, cause: StartCause) -> None:
        """From ``now_us`` on so many are asked for; ``cause`` is why those start that must."""
        change = environments - self.requested
        self._note(now_us)
        self._changes.note(now_us, Change.PROVISIONED_REQUESTED, self._subject, environments, self.version.index)
        if change > 0:
            kept = min(change, len(self._alive) - self.allocated)  # they were to end with their runs
            self.allocated += kept
            if change > kept:
                self._allocate(change - kept, now_us, cause)
        else:
            self.allocated -= self._give_up(-change, now_us)
            self._release(now_us)
        self._settle(now_us)

    def take_away(self, environments: Sequence[ExecutionEnvironment], now_us: int, cause: EndCause) -> None:
        """End these, each as soon as it serves nobody, and bring others in their place."""
        super().take_away(environments, now_us, cause)
        self._restore(now_us, StartCause[cause.name])

    def resume(self, now_us: int) -> None:
        """A subnet can be used again: start now what could not before."""
        for batch in self.pending:
            if batch.usable_us <= now_us:
                starts_us = self._pace.starts_us(len(batch.starts), now_us)
                batch.starts = [(at_us, phases) for at_us, (_, phases) in zip(starts_us, batch.starts, strict=True)]
                self._await(batch, now_us)

    @property
    def _can_start(self) -> bool:
        """Whether an environment has a subnet to be placed in, if it needs one."""
        attachment = self.version.attachment
        return attachment is None or attachment.refusal() is None

    def close(self, now_us: int) -> None:
        """The run is over; what is starting goes to the log, too."""
        self._note(now_us)
        for batch in self.pending:
            self._keep_some([start for start in batch.starts if start[0] <= now_us], batch.cause)
        super().close(now_us)

    def _allocate(self, environments: int, now_us: int, cause: StartCause) -> None:
        """Prepare, start them at AWS's pace, and use all from when the last is ready."""
        begins_us = now_us + self._preparation_us.at(self._preparations)
        self._preparations += 1
        starts_us = self._pace.starts_us(environments, begins_us)
        batch = Batch([(start_us, self._next_start()) for start_us in starts_us], cause)
        self.pending.append(batch)
        self._await(batch, now_us)

    def _await(self, batch: Batch, now_us: int) -> None:
        """Use a batch when it is ready, unless it is another by then, or has nowhere to be."""

        def ready(_event: Event) -> None:
            if batch in self.pending and batch.usable_us == self._clock.now and self._can_start:
                self._use(batch, self._clock.now)

        self._clock.control(batch.usable_us - now_us).callbacks.append(ready)

    def _use(self, batch: Batch, now_us: int) -> None:
        """All of a batch are ready."""
        self._note(now_us)
        self.pending.remove(batch)
        self.allocated += len(batch.starts)
        self._keep_some(batch.starts, batch.cause)
        self.settled_us = now_us
        self._changes.note(now_us, Change.PROVISIONED_READY, self._subject, self.allocated, self.version.index)
        self._settle(now_us)

    def _give_up(self, environments: int, now_us: int) -> int:
        """Ask for so many less of those that can't be used yet; returns how many must be taken from the others."""
        while environments and self.pending:
            batch = self.pending[-1]
            rest = batch.starts[: max(0, len(batch.starts) - environments)]
            gone = batch.starts[len(rest) :]
            environments -= len(gone)
            self._keep_some([start for start in gone if start[0] + start[1].total_us <= now_us], batch.cause)
            batch.starts = rest
            if rest:
                self._await(batch, now_us)
            else:
                self.pending.pop()
        return environments

    def _release(self, now_us: int) -> None:
        """End idle environments that are more than are to be kept: the newest first."""
        surplus = len(self._alive) - self.allocated
        idle = [environment for environment in self._alive.values() if environment.state is IDLE] if surplus > 0 else ()
        for environment in idle[-surplus:]:
            self._end(environment, now_us, EndCause.RELEASED)

    def _settle(self, now_us: int) -> None:
        """What follows from how many there are: what is set aside, and how often they may be asked."""
        claim = self.requested + max(0, len(self._alive) - self.allocated)
        if claim != self._claimed:
            self._concurrency.claim(self.version.function, claim - self._claimed, now_us)
            self._claimed = claim
        per_second = self._per_environment * self.allocated
        self._rate.resize(per_second * self._burst_s, per_second / US_PER_S, now_us)

    def _note(self, now_us: int) -> None:
        """Until now they were as many as they are: a period ends."""
        usable = max(self.allocated, len(self._alive))  # those that end with their runs are in use
        if (self.requested or usable) and now_us > self._since_us:
            self.periods.append(ProvisionedPeriod(self.version.index, self.requested, usable, self._since_us, now_us))
        self._since_us = now_us

    # -- starting and ending

    def _next_start(self) -> ColdStart:
        self._drawn += 1
        return self.ahead.at(self._drawn - 1)

    def _keep_some(self, starts: list[tuple[int, ColdStart]], cause: StartCause) -> None:
        if not self._can_start:
            return
        for start_us, phases in starts:
            self._keep(start_us, start_us + phases.total_us, phases, cause)

    def _keep(self, created_us: int, ready_us: int, phases: ColdStart, cause: StartCause) -> None:
        """One more is there, ready at ``ready_us``."""
        environment = self._create(ready_us, cause, phases, pre_initialized=True)
        environment.provision(created_us)
        self._pool.put_unused(environment)

    def _retire_one(self, environment: ExecutionEnvironment, at_us: int) -> None:
        """End an environment whose time has come; if that was foreseen, its successor is ready."""
        cause = environment.life.age_cause
        self._end(environment, at_us, cause)
        if cause not in FORESEEN or not self._can_start:
            self._restore(at_us, StartCause[cause.name])
        elif len(self._alive) < self.allocated:
            phases = self._next_start()
            self._keep(at_us - phases.total_us, at_us, phases, StartCause[cause.name])

    def _restore(self, now_us: int, cause: StartCause) -> None:
        """Allocate anew what is missing: AWS brings the count back to what is asked for."""
        missing = self.allocated - len(self._alive)
        if missing > 0:
            self._note(now_us)
            self.allocated -= missing
            self._allocate(missing, now_us, cause)
            self._settle(now_us)
