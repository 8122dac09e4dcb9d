"""The fleet: the environments of one function version, and when each of them ends.

No timer runs for an idle environment. Whoever looks at the fleet first catches up with what has happened
meanwhile, in its order and with its exact times: environments that reached their age limit, and those that
went because the function was quiet or because they were surplus.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from lambdasim.codes import EndCause, InitializationType, StartCause, StartType, ThrottleReason
from lambdasim.records import Log
from lambdasim.service.environment import ENDED, IDLE, ExecutionEnvironment
from lambdasim.service.lifecycle import Life, LifeDraws
from lambdasim.service.placement import pool_for
from lambdasim.units import MAXIMUM_US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdasim.scenario.account import Lifecycle
    from lambdasim.service.clock import Clock
    from lambdasim.service.cold_start import ColdStart
    from lambdasim.service.concurrency import FunctionLimits
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.invocation import Invocation
    from lambdasim.service.luck import ColdStartDraws
    from lambdasim.service.provisioned import ProvisionedFleet


class Numbering:
    """Numbers environments as they start, over all fleets, and keeps their log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.started = 0

    def next(self) -> int:
        """The number of the environment that starts now."""
        self.started += 1
        return self.started - 1


class Fleet:
    """The environments of one function version."""

    __slots__ = (
        "_alive",
        "_busy",
        "_by_age_limit",
        "_by_idle_timeout",
        "_clock",
        "_lost",
        "_next_retirement_us",
        "_numbering",
        "_ordinal",
        "_pool",
        "_quiet_since_us",
        "_restored_us",
        "_shortest_idle_us",
        "ahead",
        "ahead_below",
        "init_limit_us",
        "limits",
        "lives",
        "provisioned",
        "takes_over",
        "version",
    )

    def __init__(
        self,
        clock: Clock,
        version: FunctionVersion,
        lifecycle: Lifecycle,
        seed: int,
        numbering: Numbering,
        ahead: ColdStartDraws,
        limits: FunctionLimits,
    ) -> None:
        self.limits = limits
        self.provisioned: ProvisionedFleet | None = None  # those of the version that are kept ready
        self._clock = clock
        self.version = version
        self._numbering = numbering
        self.lives = LifeDraws(seed, version.label, lifecycle)
        self.ahead_below = lifecycle.proactive_otherwise
        self.ahead = ahead  # cold starts of environments that no invocation asked for
        self.init_limit_us = version.cold_start.init_limit_us
        self._pool = pool_for(lifecycle.placement, seed, version.label)
        self._alive: dict[int, ExecutionEnvironment] = {}
        self._ordinal = 0
        self._by_age_limit: list[tuple[int, int, ExecutionEnvironment]] = []
        self._by_idle_timeout: list[tuple[int, int, ExecutionEnvironment]] = []
        self._lost: list[StartCause] = []  # ends that no start has made good yet
        self._busy = 0
        self._quiet_since_us = 0
        self.takes_over = 0  # a deployment brings it the traffic that so many environments have had to serve
        self._restored_us = MAXIMUM_US  # when a restore of this version first was over: its snapshot is cached since
        self._note_next()

    # -- what an invocation asks for

    def find_warm(self, now_us: int) -> ExecutionEnvironment | None:
        """The idle environment that placement would choose now; it stays where it is until it is taken."""
        if now_us >= self._next_retirement_us or (
            not self._busy and now_us - self._quiet_since_us >= self._shortest_idle_us
        ):
            self._catch_up(now_us)
        while (environment := self._pool.peek()) is not None:
            if environment.state is ENDED:
                self._pool.take()
            elif environment.idle_since_us + environment.life.surplus_idle_timeout_us <= now_us:
                self._pool.take()
                self._expire(environment)
            else:
                return environment
        return None

    def take_warm(self) -> ExecutionEnvironment:
        """Take the environment that ``find_warm`` has just shown."""
        self._busy += 1
        return self._pool.take()

    def start(self, invocation: Invocation, now_us: int) -> ExecutionEnvironment:
        """Start an environment for an invocation that found none; now and then Lambda has one started ahead."""
        self._busy += 1
        luck, event = invocation.luck, invocation.event
        phases = luck.cold.start(event, first_restore=now_us < self._restored_us)
        if self._lost:
            cause = self._lost.pop()
        else:
            cause = StartCause.DEPLOYMENT if len(self._alive) < self.takes_over else StartCause.SCALE_OUT
        ahead = self.ahead_below > 0 and luck.ahead.at(event) < self.ahead_below
        environment = self._create(now_us, cause, phases, pre_initialized=ahead)
        invocation.start_cause = cause
        if ahead:
            invocation.start_type = StartType.PRE_INITIALIZED
        else:
            invocation.start_type = StartType.COLD if self.version.restore is None else StartType.RESTORED
            environment.ready = self._clock.control(environment.ready_us - now_us)
        return environment

    def refuses(self, now_us: int) -> ThrottleReason | None:
        """Why no environment can start now (AWS's reason), if so: only one in a VPC may have to."""
        attachment = self.version.attachment
        return None if attachment is None else attachment.refuses(now_us)

    def put_back(self, environment: ExecutionEnvironment, now_us: int, *, reset: bool) -> None:
        """An environment's run is over: it is idle from now on, or ends if its time has come."""
        if now_us >= self._next_retirement_us:
            self._retire(now_us)  # passes over this one, which is busy still
        environment.finish(now_us, reset=reset)
        self._busy -= 1
        if self._busy == 0:
            self._quiet_since_us = now_us
        if environment.retires_us <= now_us:
            self._retire_one(environment, now_us)
        else:
            self._pool.put(environment)

    def alive(self, now_us: int) -> int:
        """How many environments there are."""
        self._catch_up(now_us)
        return sum(e.state is not IDLE or self._expiry_us(e) > now_us for e in self._alive.values())

    def unfinished(self) -> list[Invocation]:
        """The invocations that environments are starting for, or running, now."""
        return [e.serves for e in self._alive.values() if e.serves is not None and e.state is not IDLE]

    def catch_up(self, now_us: int, *, thoroughly: bool) -> None:
        """Settle all that has ended by now; surplus environments deep in the pool only if ``thoroughly``."""
        self._catch_up(now_us)
        if thoroughly:
            for environment in list(self._alive.values()):
                if environment.state is IDLE and self._expiry_us(environment) <= now_us:
                    self._expire(environment)

    def environments(self, now_us: int) -> list[ExecutionEnvironment]:
        """Those that there are."""
        self.catch_up(now_us, thoroughly=True)
        return list(self._alive.values())

    def take_away(self, environments: Sequence[ExecutionEnvironment], now_us: int, cause: EndCause) -> None:
        """End these, each as soon as it serves nobody; ``cause`` is also why others will have to start."""
        for environment in environments:
            if environment.state is IDLE:
                self._end(environment, now_us, cause)
                self._lost.append(StartCause[cause.name])
            else:
                environment.end_after_run(now_us, cause)

    def attach_anew(self, environment: ExecutionEnvironment, now_us: int) -> None:
        """Attach one that is starting to another of its function's subnets, if there is one to be had."""
        attachment, interface = self.version.attachment, environment.interface
        if attachment is not None and interface is not None and attachment.refusal() is None:
            attachment.leave(interface, now_us)
            environment.interface, _ = attachment.attach(environment.phases, now_us, ahead=True)

    def close(self, now_us: int) -> None:
        """The run is over: settle what has ended by now, and write those that are alive to the log."""
        self.catch_up(now_us, thoroughly=True)
        for environment in self._alive.values():
            self._numbering.log.append(environment.row())

    # -- starting and ending

    def _create(
        self, now_us: int, cause: StartCause, phases: ColdStart, *, pre_initialized: bool
    ) -> ExecutionEnvironment:
        cut_off = phases.init_us > self.init_limit_us
        if cut_off:
            phases = phases.cut(self.init_limit_us)
        attachment, interface = self.version.attachment, None
        if attachment is not None:
            interface, phases = attachment.attach(phases, now_us, ahead=pre_initialized)
        life = self.lives.at(self._ordinal)
        self._ordinal += 1
        environment = ExecutionEnvironment(
            self._numbering.next(), self.version, now_us, cause, life, phases, pre_initialized=pre_initialized
        )
        environment.interface = interface
        environment.needs_init = cut_off
        if self.version.restore is not None:
            environment.initialization = InitializationType.SNAP_START
            self._restored_us = min(self._restored_us, environment.ready_us)
        self._alive[environment.number] = environment
        heapq.heappush(self._by_age_limit, (environment.retires_us, environment.number, environment))
        heapq.heappush(self._by_idle_timeout, (life.idle_timeout_us, environment.number, environment))
        self._note_next()
        return environment

    def _note_next(self) -> None:
        """Keep at hand when there may next be something to catch up with: every invocation asks."""
        self._next_retirement_us = self._by_age_limit[0][0] if self._by_age_limit else MAXIMUM_US
        self._shortest_idle_us = self._by_idle_timeout[0][0] if self._by_idle_timeout else MAXIMUM_US

    def _end(self, environment: ExecutionEnvironment, at_us: int, cause: EndCause) -> None:
        environment.end(at_us, cause)
        attachment, interface = self.version.attachment, environment.interface
        if attachment is not None and interface is not None:
            attachment.leave(interface, at_us)
        del self._alive[environment.number]
        self._numbering.log.append(environment.row())

    def _expire(self, environment: ExecutionEnvironment) -> None:
        self._end(environment, self._expiry_us(environment), EndCause.IDLE_EXPIRED)
        self._lost.append(StartCause.IDLE_EXPIRED)

    def _expiry_us(self, environment: ExecutionEnvironment) -> int:
        """When an idle environment expires, if nothing else happens."""
        life: Life = environment.life
        surplus_us = environment.idle_since_us + life.surplus_idle_timeout_us
        if self._busy:
            return surplus_us
        return min(surplus_us, max(self._quiet_since_us, environment.idle_since_us) + life.idle_timeout_us)

    # -- catching up

    def _catch_up(self, now_us: int) -> None:
        """Settle all that has ended on its own by ``now_us``, except surplus ones deep in the pool."""
        if now_us >= self._next_retirement_us:
            self._retire(now_us)
        if not self._busy and now_us - self._quiet_since_us >= self._shortest_idle_us:
            self._expire_quiet(now_us)

    def _retire(self, now_us: int) -> None:
        by_age = self._by_age_limit
        while by_age and by_age[0][0] <= now_us:
            limit_us, _, environment = heapq.heappop(by_age)
            if environment.state is not IDLE:
                continue  # ended already, or busy: then it ends when its run does
            if self._expiry_us(environment) <= limit_us:
                self._expire(environment)
            else:
                self._retire_one(environment, limit_us)
        self._note_next()

    def _retire_one(self, environment: ExecutionEnvironment, at_us: int) -> None:
        """End an environment for its age; often Lambda has started its replacement ahead."""
        life = environment.life
        self._end(environment, at_us, life.age_cause)
        if life.replaced and (self.version.attachment is None or self.version.attachment.refusal() is None):
            phases = self.ahead.start(self._ordinal, first_restore=False)  # this one was restored before
            replacement = self._create(at_us, StartCause.LIFETIME, phases, pre_initialized=True)
            replacement.wait()
            self._pool.put_unused(replacement)
        else:
            self._lost.append(StartCause[life.age_cause.name])

    def _expire_quiet(self, now_us: int) -> None:
        """The function has been quiet for long enough to lose environments."""
        by_idle, later = self._by_idle_timeout, []
        while by_idle and self._quiet_since_us + by_idle[0][0] <= now_us:
            entry = heapq.heappop(by_idle)
            environment = entry[2]
            if environment.state is IDLE:
                if self._expiry_us(environment) <= now_us:
                    self._expire(environment)
                else:
                    later.append(entry)  # it was started ahead, later than the quiet began
        for entry in later:
            heapq.heappush(by_idle, entry)
        self._note_next()
