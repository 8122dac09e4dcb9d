"""Sets the triggers of a scenario going: callers with a source of events for each, queues and streams."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lambdasim.records import Columns, Log, Tally
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.stream_triggers import DynamoDbStreamsTrigger, KinesisTrigger
from lambdasim.scenario.targets import DISCARD, Queued
from lambdasim.scenario.triggers import JourneyTrigger
from lambdasim.service.clock import Unattended
from lambdasim.triggers.chain import Discard, Inlet
from lambdasim.triggers.events.deliveries import RuleInvocations
from lambdasim.triggers.events.source import AsynchronousSource
from lambdasim.triggers.front_door import FrontDoor, account_bucket, front_door
from lambdasim.triggers.journey import Journeys
from lambdasim.triggers.queued import QueuedTrigger, Run
from lambdasim.triggers.retries import retrying_clients
from lambdasim.triggers.sqs.trigger import SqsQueue
from lambdasim.triggers.streams.stream import Stream
from lambdasim.triggers.synchronous import Caller, Target

if TYPE_CHECKING:
    import numpy as np
    from simpy.events import Event

    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.triggers import QueuedTrigger as QueuedTriggerSettings
    from lambdasim.scenario.triggers import SynchronousTrigger
    from lambdasim.service.aliases import Alias
    from lambdasim.service.clock import Clock
    from lambdasim.service.lambda_service import LambdaService

Request = Callable[[int], Generator["Event", Any, Any]]


class Triggers:
    """The triggers of one run: started on construction, asked for their counts when the run is over.

    Events arrive in [0, duration). A synchronous one is a process of its own; the others wait in queues and streams.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        service: LambdaService,
        aliases: Mapping[str, Alias],
        events: Log,
    ) -> None:
        self._called: dict[tuple[int, int], list[Target]] = {}  # more than one where aliases of one function are called
        self._journeys: dict[int, Journeys] = {}
        self._queued: dict[int, QueuedTrigger] = {}
        inlets: dict[str, Inlet] = {DISCARD: Discard()}
        run = Run(scenario, seed, service, aliases, inlets, events, RuleInvocations(scenario.region, scenario.book))
        apis = account_bucket(scenario.book)
        for index, (name, trigger) in enumerate(scenario.triggers.items()):
            if isinstance(trigger, Queued):
                inlets[name] = self._queued[index] = queued_trigger(run, index, name, trigger)
            else:
                self._call(run, index, name, trigger, front_door(trigger, scenario.book, apis))
        for queued in self._queued.values():
            queued.start()

    def _call(self, run: Run, index: int, name: str, trigger: SynchronousTrigger, door: FrontDoor) -> None:
        """Set a trigger's callers going."""
        scenario, service, seed = run.scenario, run.service, run.seed
        targets = {t: Target(run.aliases[t].function, run.lucks(name, t)) for t in trigger.targets}
        caller = Caller(
            index,
            service,
            door,
            retrying_clients(trigger.client.retries, trigger.client.clients, service.clock, scenario.book),
            scenario.warm_up_us,
            (seed, name),
            acts_on_timeout=trigger.type == "journey",
            emitters={target.function: run.emitter(name, t) for t, target in targets.items()},
        )
        for target in targets.values():
            self._called.setdefault((index, target.function), []).append(target)
        request: Request
        if isinstance(trigger, JourneyTrigger):
            self._journeys[index] = Journeys(service.clock, caller, trigger, targets, (seed, name))
            request = self._journeys[index].request
        else:
            request = partial(caller.request, target=targets[trigger.target])
        Source(service.clock, run.times_us(name, trigger.arrivals), request)

    def close(self, now_us: int) -> None:
        """The run is over: settle what has ended on its own by now."""
        for queued in self._queued.values():
            queued.close(now_us)

    def offered(self) -> dict[tuple[int, int], int]:
        """Events by (trigger, function) that arrived in the measured span."""
        called = {key: sum(target.offered for target in targets) for key, targets in self._called.items()}
        return called | {
            (index, function): count
            for index, queued in self._queued.items()
            for function, count in queued.offered().items()
        }

    def tallies(self) -> dict[int, Tally]:
        """What each queued trigger counted beside the logs."""
        return {index: queued.tally() for index, queued in self._queued.items()}

    def journeys(self) -> dict[int, Columns]:
        """The journeys of each journey trigger, one row a user."""
        return {index: journeys.columns() for index, journeys in self._journeys.items()}


def queued_trigger(run: Run, index: int, name: str, trigger: QueuedTriggerSettings) -> QueuedTrigger:
    """The machine of a trigger whose events wait."""
    if isinstance(trigger, SqsTrigger):
        return SqsQueue(run, index, name, trigger)
    if isinstance(trigger, KinesisTrigger | DynamoDbStreamsTrigger):
        return Stream(run, index, name, trigger)
    return AsynchronousSource(run, index, name, trigger)


class Source:
    """Starts ``request(n)`` as a process at the n-th of ``times`` (sorted blocks of microseconds).

    It works by callback: with one arrival waiting at a time, a process of its own would only cost a switch.
    """

    __slots__ = (
        "_clock",
        "_event",
        "_request",
        "_times",
    )

    def __init__(self, clock: Clock, times: Iterator[NDArray[np.int64]], request: Request) -> None:
        self._clock = clock
        self._request = request
        self._times = (at_us for block in times for at_us in block.tolist())
        self._event = 0
        self._next()

    def _next(self) -> None:
        at_us = next(self._times, None)
        if at_us is not None:
            self._clock.arrive(at_us, self._arrive)

    def _arrive(self) -> None:
        Unattended(self._request(self._event)).step()
        self._event += 1
        self._next()
