"""Writes a scenario into a world: what never changes during a run, and the streams that it may draw from.

The numbers come from the very objects that the SimPy engine runs (limits, versions, front doors, event queues), so that
both read the parameter book alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lambdasim.codes import Outcome, ThrottleReason
from lambdasim.kernel import layout as table
from lambdasim.kernel.layout import NONE
from lambdasim.kernel.memory import World
from lambdasim.kernel.world import Sources, Streams, ints
from lambdasim.randomness import Draws, uniforms
from lambdasim.scenario.targets import DISCARD, Queued
from lambdasim.scenario.triggers import JourneyTrigger
from lambdasim.service.cold_start import whole_us
from lambdasim.service.luck import LuckBook
from lambdasim.triggers.chain import Chain, Discard
from lambdasim.triggers.events.deliveries import RuleInvocations, Times
from lambdasim.triggers.events.event_queue import EventQueue
from lambdasim.triggers.events.sinks import handed_on
from lambdasim.triggers.front_door import account_bucket, front_door
from lambdasim.triggers.queued import Run
from lambdasim.triggers.retries import Adaptive, Standard, retrying_clients
from lambdasim.triggers.synchronous import LONGEST_PLACEMENT_US
from lambdasim.units import MAXIMUM_US

if TYPE_CHECKING:
    from lambdasim.scenario.asynchronous_triggers import AsynchronousTrigger
    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.triggers import SynchronousTrigger
    from lambdasim.service.aliases import Alias
    from lambdasim.service.concurrency import FunctionLimits, Level
    from lambdasim.service.fleet import Fleet
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.token_bucket import TokenBucket
    from lambdasim.workload.distributions import Distribution

BACKOFF_WAITS = 2000  # by then every wait has come to its cap, or would be longer than any run


class Loader:
    """Fills the tables of a world, row by row."""

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        seed: int,
        aliases: Mapping[str, Alias],
        functions: Sequence[FunctionLimits],
    ) -> None:
        self.world = world
        self.streams, self.sources = Streams(world.draws), Sources(world.times)
        self.queues: list[EventQueue] = []
        self._scenario, self._seed, self._aliases = scenario, seed, aliases
        service: Any = SimpleNamespace(clock=None, concurrency=SimpleNamespace(functions=functions))
        inlets = {DISCARD: Discard()}
        events: Any = None
        self.run = Run(
            scenario, seed, service, aliases, inlets, events, RuleInvocations(scenario.region, scenario.book)
        )
        self._apis = account_bucket(scenario.book)
        self._levels: dict[int, int] = {}
        self._buckets: dict[int, int] = {}
        self._kept: list[object] = []  # so that no other object gets the identity of one that is known
        self._names = list(scenario.triggers)
        self.targets: list[tuple[int, str]] = []
        self._lucks: dict[int, LuckBook] = {}
        self._clients = 0
        self._waits: list[float] = []
        self._flows: list[tuple[int, int, float]] = []
        self._steps: list[tuple[int, int]] = []

    # -- what is shared

    def level(self, level: Level) -> int:
        """The row of a level of concurrency."""
        if id(level) not in self._levels:
            row = self._levels[id(level)] = len(self._levels)
            self._kept.append(level)
            self.world.levels[row, [table.LEVEL_LIMIT, table.LEVEL_IN_FLIGHT]] = level.limit, level.in_flight
        return self._levels[id(level)]

    def bucket(self, bucket: TokenBucket | None) -> int:
        """The row of a token bucket."""
        if bucket is None:
            return NONE
        if id(bucket) not in self._buckets:
            row = self._buckets[id(bucket)] = len(self._buckets)
            self._kept.append(bucket)
            self.world.buckets[row] = bucket.tokens, 0.0, bucket.capacity, bucket.rate_per_us
        return self._buckets[id(bucket)]

    def luck_book(self, target: int) -> LuckBook:
        """The luck of a target's events."""
        if target not in self._lucks:
            trigger, name = self.targets[target]
            self._lucks[target] = LuckBook(self._seed, self._names[trigger], self._aliases[name])
        return self._lucks[target]

    # -- versions and fleets

    def version(self, version: FunctionVersion) -> None:
        """A function version: how long its runs take, and how they end."""
        handler, row = version.handler, self.world.versions[version.index]
        row[table.VERSION_FUNCTION] = version.function
        row[table.VERSION_TIMEOUT] = handler.timeout_us
        row[table.VERSION_FIRST_CALL] = version.first_call_us
        row[table.VERSION_RESET_CALL] = handler.first_call_us
        row[table.VERSION_OUT_OF_MEMORY] = handler.out_of_memory
        row[table.VERSION_LONGEST] = handler.timeout_us + version.cold_start.init_limit_us + LONGEST_PLACEMENT_US
        self.world.version_rates[version.index] = handler.crash_below, handler.error_below

    def fleet(self, number: int, fleet: Fleet) -> None:
        """A fleet without environments, and the limits that its runs meet."""
        limits, row = fleet.limits, self.world.fleets[number]
        row[table.FLEET_VERSION], row[table.FLEET_FUNCTION] = fleet.version.index, fleet.version.function
        for column, level in enumerate(limits.levels, table.FLEET_LEVEL_0):
            row[column] = self.level(level)
        self.world.levels[self.level(limits.level), table.LEVEL_PASSED] = 1
        row[table.FLEET_ROOM], row[table.FLEET_FULL] = self.level(limits.room), int(limits.full)
        row[table.FLEET_RATE], row[table.FLEET_SCALING] = self.bucket(limits.rate), self.bucket(limits.scaling)
        row[table.FLEET_INIT_LIMIT] = fleet.init_limit_us
        row[table.FLEET_RESTORED] = row[table.FLEET_NEXT_RETIREMENT] = row[table.FLEET_SHORTEST_IDLE] = MAXIMUM_US
        row[table.FLEET_RESTORES] = fleet.version.restore is not None
        row[table.FLEET_PLACEMENT] = placement = table.PLACEMENTS[self._scenario.lifecycle.placement]
        zeros = (
            *(table.FLEET_BUSY, table.FLEET_QUIET_SINCE, table.FLEET_ORDINAL, table.FLEET_ALIVE),
            *(table.FLEET_IS_PROVISIONED, table.FLEET_REQUESTED, table.FLEET_ALLOCATED, table.FLEET_CLAIMED),
            *(table.FLEET_SINCE, table.FLEET_DRAWN, table.FLEET_CHOICES, table.FLEET_CHOSEN),
            *(table.FLEET_LIST, table.FLEET_LISTED, table.FLEET_LIST_ROOM),
        )
        row[list(zeros)] = 0
        if placement == table.RANDOM:
            row[table.FLEET_STREAM] = self.streams.add(partial(self._uniforms, "placement", fleet.version.label))

    # -- triggers

    def triggers(self) -> list[int]:
        """All triggers; returns them in the order in which their sources begin: who is called first, then queues."""
        called, queued = [], []
        for number, (name, trigger) in enumerate(self._scenario.triggers.items()):
            row = self.world.triggers[number]
            row[[table.TRIGGER_EVENTS, table.TRIGGER_OFFERED, table.TRIGGER_STOPS, table.TRIGGER_MODE]] = 0
            row[table.TRIGGER_TIME] = 0
            self.sources.add(number, self.run.times_us(name, trigger.arrivals))
            if isinstance(trigger, Queued):
                self._queued(number, name, cast("AsynchronousTrigger", trigger))
                queued.append(number)
            else:
                self._called(number, name, trigger)
                called.append(number)
        return called + queued

    def _target(self, trigger: int, name: str, runs: int) -> int:
        """What a trigger invokes, whose events need up to ``runs`` runs."""
        number, alias = len(self.targets), self._aliases[name]
        self.targets.append((trigger, name))
        row = self.world.targets[number]
        row[table.TARGET_PRIMARY], row[table.TARGET_OFFERED], row[table.TARGET_RUNS] = alias.primary.index, 0, runs
        self.world.target_weights[number] = alias.secondary_weight
        versions = [alias.primary]
        if alias.secondary is not None:
            row[table.TARGET_SECONDARY] = alias.secondary.index
            versions.append(alias.secondary)
            coins = [self.streams.add(partial(self._coin, number, run)) for run in range(1, runs + 1)]
            row[table.TARGET_COIN] = coins[0]
        lucks = [
            self.streams.add(partial(self._luck, number, version, run, purpose))
            for version in versions
            for run in range(1, runs + 1)
            for purpose in ("duration_us", "coin")
        ]
        row[table.TARGET_LUCK] = lucks[0]
        return number

    def _uniforms(self, *words: str | int) -> Draws[float]:
        return Draws(self._seed, *words, sample=uniforms)

    def _think_times(self, trigger: str, flow: int, step: int, wait: Distribution | None) -> Draws[int]:
        return Draws(self._seed, "think time", trigger, flow, step, sample=whole_us(wait))

    def _coin(self, target: int, run: int) -> Draws[float]:
        return self.luck_book(target).coin(run)

    def _luck(self, target: int, version: FunctionVersion, run: int, purpose: str) -> Draws[Any]:
        draws: Draws[Any] = getattr(self.luck_book(target).luck(version, run), purpose)
        return draws

    def _called(self, number: int, name: str, trigger: SynchronousTrigger) -> None:
        row, mode = self.world.triggers[number], table.MODES[trigger.client.retries]
        door = front_door(trigger, self._scenario.book, self._apis)
        is_journey = isinstance(trigger, JourneyTrigger)
        row[table.TRIGGER_KIND] = table.JOURNEY if is_journey else table.CALLED
        row[table.TRIGGER_PATIENCE], row[table.TRIGGER_TIMEOUT_STATUS] = door.patience_us, door.timeout_status
        row[table.TRIGGER_IMPATIENT] = is_journey or mode != table.NO_RETRIES
        for column, bucket in enumerate(door.buckets, table.TRIGGER_BUCKET_0):
            row[column] = self.bucket(bucket)
        for outcome in Outcome:
            row[table.TRIGGER_STATUS + outcome] = door.statuses[outcome]
        attempts = self._clients_of(number, name, trigger, mode) if mode != table.NO_RETRIES else 1
        targets = {target: self._target(number, target, attempts) for target in trigger.targets}
        if isinstance(trigger, JourneyTrigger):
            self._journey(number, name, trigger, targets)
        else:
            row[table.TRIGGER_TARGET] = targets[trigger.target]

    def _clients_of(self, number: int, name: str, trigger: SynchronousTrigger, mode: int) -> int:
        """The clients of a trigger, with their budgets; returns how many attempts they make at the most."""
        row, count, clock = self.world.triggers[number], trigger.client.clients, None
        policy: Any = retrying_clients(trigger.client.retries, 1, clock, self._scenario.book)[0]  # type: ignore[arg-type]
        row[table.TRIGGER_MODE], row[table.TRIGGER_ATTEMPTS] = mode, policy.maximum_attempts
        row[table.TRIGGER_CLIENT], row[table.TRIGGER_CLIENTS] = self._clients, count
        jitter = [
            self.streams.add(partial(self._uniforms, "backoff", name, attempt))
            for attempt in range(1, policy.maximum_attempts + 1)
        ]
        row[table.TRIGGER_JITTER] = jitter[0]
        numbers = self.world.modes[mode]
        numbers[table.MODE_BASE], numbers[table.MODE_CAP] = policy.base_us, policy.cap_us
        self.world.retried[mode, [s for s in policy.statuses if s < table.STATUSES]] = 1
        rows = slice(self._clients, self._clients + count)
        self._clients += count
        clients, client_numbers = self.world.clients[rows], self.world.client_numbers[rows]
        clients[:, [table.CLIENT_ENABLED, table.CLIENT_COUNT, table.CLIENT_REFILLED]] = 0
        if isinstance(policy, Standard):
            numbers[table.MODE_TOKENS], numbers[table.MODE_COST] = policy.capacity, policy.cost
            numbers[table.MODE_TIMEOUT_COST], numbers[table.MODE_REFUND] = policy.timeout_cost, policy.refund
            client_numbers[:, table.CLIENT_BUDGET], client_numbers[:, table.CLIENT_LAST_COST] = (
                policy.capacity,
                policy.cost,
            )
        if isinstance(policy, Adaptive):
            numbers[table.MODE_BETA], numbers[table.MODE_SCALE] = policy.beta, policy.scale
            numbers[table.MODE_BUCKET_S], numbers[table.MODE_SMOOTHING] = policy.bucket_s, policy.smoothing
            numbers[table.MODE_MINIMUM], numbers[table.MODE_LIMIT] = policy.minimum_rate, policy.limit_over_measured
            client_numbers[:, table.CLIENT_RATE] = policy.minimum_rate
        attempts: int = policy.maximum_attempts
        return attempts

    def _journey(self, number: int, name: str, trigger: JourneyTrigger, targets: Mapping[str, int]) -> None:
        row = self.world.triggers[number]
        weights = np.cumsum([flow.weight for flow in trigger.flows])
        row[table.TRIGGER_FLOWS] = len(self._flows)
        row[table.TRIGGER_LONGEST] = max(len(flow.steps) for flow in trigger.flows)
        row[table.TRIGGER_STOPS] = trigger.on_error == "stop"
        row[table.TRIGGER_CHOICE] = self.streams.add(partial(self._uniforms, "flow", name))
        for f, (flow, share) in enumerate(zip(trigger.flows, (weights / weights[-1]).tolist(), strict=True)):
            self._flows.append((len(self._steps), len(flow.steps), share))
            for s, step in enumerate(flow.steps):
                if step.invoke is not None:
                    self._steps.append((targets[step.invoke], NONE))
                else:
                    self._steps.append((NONE, self.streams.add(partial(self._think_times, name, f, s, step.wait))))

    def _queued(self, number: int, name: str, trigger: AsynchronousTrigger) -> None:
        row = self.world.triggers[number]
        row[table.TRIGGER_KIND], row[table.TRIGGER_TARGET] = table.QUEUED, len(self.queues)
        row[table.TRIGGER_QUEUES] = len(trigger.targets)
        self.run.detects_loops(trigger.type)  # no chain comes here, but that it would be followed is an assumption, too
        for target in trigger.targets:
            queue = EventQueue(self.run, number, name, target, trigger.payload_size_mb)
            self._queue(len(self.queues), queue, Times(self.run, name, target, trigger), target)
            self.queues.append(queue)

    def _queue(self, number: int, queue: EventQueue, times: Times, target: str) -> None:
        row, backoff = self.world.queues[number], queue.backoff
        row[table.QUEUE_FUNCTION] = queue.function
        row[table.QUEUE_TARGET] = self._target(queue.trigger, target, 2 * (queue.maximum_retries + 1))
        row[table.QUEUE_MAXIMUM_AGE], row[table.QUEUE_RETRIES] = queue.maximum_age_us, queue.maximum_retries
        row[table.QUEUE_CLOSED] = queue.limits.reserved == 0
        row[table.QUEUE_ERROR_WAITS], row[table.QUEUE_ERROR_COUNT] = len(self._waits), len(queue.error_waits_us)
        self._waits += queue.error_waits_us
        waits_us = [backoff.waits.before_jitter_us(1)]
        while (
            len(waits_us) < BACKOFF_WAITS
            and (following := backoff.waits.before_jitter_us(len(waits_us) + 1)) != waits_us[-1]
        ):
            waits_us.append(following)
        row[table.QUEUE_BACKOFF], row[table.QUEUE_BACKOFF_COUNT] = len(self._waits), len(waits_us)
        self._waits += waits_us
        row[table.QUEUE_KEY] = np.uint64(backoff.coins.key).astype(np.int64)
        row[table.QUEUE_HOP] = self.streams.add(lambda: times.hop)
        row[table.QUEUE_DELAY] = self.streams.add(lambda: times.delay)
        row[table.QUEUE_DUPLICATED] = self.streams.add(lambda: queue.duplicate_coins)
        row[table.QUEUE_HOLDS_HOP], row[table.QUEUE_RULES] = times.holds_hop, times.rules is not None
        row[table.QUEUE_KEPT_SUCCESS] = kept_in(queue.on_success)
        row[table.QUEUE_KEPT_FAILURE] = kept_in(queue.on_failure)
        row[table.QUEUE_RAN] = row[table.QUEUE_DUPLICATES] = 0
        self.world.queue_numbers[number] = queue.duplicated, backoff.waits.jitter

    # -- the rest

    def settings(self) -> None:
        """Numbers of the account and the run."""
        scenario, scalars, book = self._scenario, self.world.scalars, self._scenario.book
        scalars[[table.FREE_CALL, table.CURRENT]] = NONE
        scalars[table.WARM_UP], scalars[table.DURATION] = scenario.warm_up_us, scenario.duration_us
        scalars[table.SCALING_REASON] = ThrottleReason[book.peek("scaling/per_function/throttle_reason")]
        scalars[table.FAILED_INIT_BILLED] = book.peek("billing/failed_init_billed")
        cost_ns, pace = RuleInvocations(scenario.region, book.override({})).cost_and_pace
        scalars[table.RULES_COST_NS], scalars[table.RULES_REST_NS] = cost_ns, pace.rest_ns
        scalars[table.MARGIN] = (
            2 * max([len(trigger.targets) for trigger in scenario.triggers.values()], default=0) + 16
        )

    def finish(self) -> None:
        """Put those tables into the world whose size is known only now."""
        flows = ints(max(len(self._flows), 1), table.FLOW_COLUMNS)
        flows[: len(self._flows)] = [flow[:2] for flow in self._flows] or NONE
        steps = ints(max(len(self._steps), 1), table.STEP_COLUMNS)
        steps[: len(self._steps)] = self._steps or NONE
        self.world.put(
            waits=np.array(self._waits or [0.0], dtype=np.float64),
            flows=flows,
            flow_shares=np.array([flow[2] for flow in self._flows] or [0.0]),
            journey_steps=steps,
            streams=self.streams.table(spare=len(self.world.fleets)),
        )


def kept_in(sinks: tuple[Any, ...]) -> int:
    """The flags (``Kept``) of an event that is handed to these, all of whom only count."""
    return int(handed_on(sinks, Chain(0, 0, 0), 0))
