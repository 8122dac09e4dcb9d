"""Sets the triggers of a scenario going: builds their callers and starts a source of events for each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lambdasim.randomness import stream
from lambdasim.records import Columns
from lambdasim.service.clock import Unattended
from lambdasim.service.luck import LuckBook
from lambdasim.triggers.front_door import account_bucket, front_door
from lambdasim.triggers.journey import Journeys
from lambdasim.triggers.retries import retrying_clients
from lambdasim.triggers.synchronous import Caller, Target

if TYPE_CHECKING:
    import numpy as np
    from simpy.events import Event

    from lambdasim.scenario.model import Scenario
    from lambdasim.service.clock import Clock
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.lambda_service import LambdaService

Request = Callable[[int], Generator["Event", Any, Any]]


class Triggers:
    """The triggers of one run: started on construction, asked for their counts when the run is over.

    Events arrive in [0, duration), each as a process of its own.
    """

    def __init__(
        self, scenario: Scenario, seed: int, service: LambdaService, versions: dict[str, FunctionVersion]
    ) -> None:
        self._targets: dict[tuple[int, int], Target] = {}
        self._journeys: dict[int, Journeys] = {}
        apis = account_bucket(scenario.book)
        for index, (name, trigger) in enumerate(scenario.triggers.items()):
            caller = Caller(
                index,
                service,
                front_door(trigger, scenario.book, apis),
                retrying_clients(trigger.client.retries, trigger.client.clients, service.clock, scenario.book),
                scenario.warm_up_us,
                (seed, name),
                acts_on_timeout=trigger.type == "journey",
            )
            targets = {t: Target(versions[t], LuckBook(seed, name, versions[t])) for t in trigger.targets}
            self._targets |= {(index, target.version.index): target for target in targets.values()}
            request: Request
            if trigger.type == "journey":
                self._journeys[index] = Journeys(service.clock, caller, trigger, targets, (seed, name))
                request = self._journeys[index].request
            else:
                request = partial(caller.request, target=targets[trigger.target])
            times = trigger.arrivals.times_us(stream(seed, "arrivals", name), scenario.duration_us, scenario.start)
            Source(service.clock, times, request)

    def offered(self) -> dict[tuple[int, int], int]:
        """Events by (trigger, function) that arrived in the measured span."""
        return {key: target.offered for key, target in self._targets.items()}

    def journeys(self) -> dict[int, Columns]:
        """The journeys of each journey trigger, one row a user."""
        return {index: journeys.columns() for index, journeys in self._journeys.items()}


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
