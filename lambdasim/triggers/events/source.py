"""Sources of asynchronous events: S3, SNS, EventBridge's buses and schedules, and direct calls of type Event."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdasim.records import Tally
from lambdasim.scenario.asynchronous_triggers import EventBridgeTrigger, SnsTrigger
from lambdasim.triggers.events.deliveries import Delivery, PlainDelivery, QueuedDelivery, Times
from lambdasim.triggers.events.event_queue import EventQueue
from lambdasim.triggers.events.waiting_bus import RequestResponseDelivery

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.asynchronous_triggers import AsynchronousTrigger
    from lambdasim.triggers.chain import Chain
    from lambdasim.triggers.queued import Run


class AsynchronousSource:
    """One source: it numbers its events, and delivers each to every function that it invokes, at the same instant."""

    def __init__(self, run: Run, index: int, name: str, trigger: AsynchronousTrigger) -> None:
        self._clock = run.clock
        self._warm_up_us = run.scenario.warm_up_us
        self._followed = run.detects_loops(trigger.type)
        self._functions = [run.aliases[function].function for function in trigger.targets]
        self._deliveries = [delivery(run, index, name, trigger, function) for function in trigger.targets]
        self._trigger, self._book = trigger, run.book
        self._arrivals = (at_us for block in run.times_us(name, trigger.arrivals) for at_us in block.tolist())
        self._events = 0
        self._offered = 0

    def start(self) -> None:
        """See ``QueuedTrigger``."""
        self._next()

    def accept(self, chain: Chain, now_us: int) -> None:
        """See ``Inlet``."""
        self._enter(chain if self._followed else chain.out_of_sight(), now_us)

    def offered(self) -> dict[int, int]:
        """See ``QueuedTrigger``."""
        return dict.fromkeys(self._functions, self._offered)

    def tally(self) -> Tally:
        """See ``QueuedTrigger``."""
        counts = {"duplicates": 0, "delivery_retries": 0, "runs": 0}
        for way in self._deliveries:
            counts = {name: count + way.counts()[name] for name, count in counts.items()}
        return tally_of(self._trigger, self._book, self._offered, **counts)

    def close(self, now_us: int) -> None:
        """See ``QueuedTrigger``; whatever has not ended is in flight."""

    def _next(self) -> None:
        at_us = next(self._arrivals, None)
        if at_us is not None:
            self._clock.arrive(at_us, self._arrive)

    def _arrive(self) -> None:
        self._enter(None, self._clock.now)
        self._next()

    def _enter(self, chain: Chain | None, now_us: int) -> None:
        number = self._events
        self._events += 1
        if now_us >= self._warm_up_us:
            self._offered += 1
        for way in self._deliveries:
            way.send(number, now_us, chain)


def delivery(run: Run, index: int, name: str, trigger: AsynchronousTrigger, function: str) -> Delivery:
    """The way of a trigger's events to one of its functions."""
    if isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE":
        return RequestResponseDelivery(run, index, name, function, trigger)
    queue = EventQueue(run, index, name, function, trigger.payload_size_mb)
    if trigger.endpoint.error_rate > 0 or trigger.endpoint.outages:
        return QueuedDelivery(run, index, name, function, trigger, queue)
    return PlainDelivery(Times(run, name, function, trigger), queue)


def tally_of(
    trigger: AsynchronousTrigger, book: Book, offered: int, *, duplicates: int, delivery_retries: int, runs: int
) -> Tally:
    """What a source counted, and what there is to bill of it: ``offered`` events, and the ``runs`` that they caused."""
    counts = {"duplicates": duplicates, "delivery_retries": delivery_retries}
    billed = {name: units * offered for name, units in billed_units(trigger, book).items()}
    return Tally(counts={**counts, **billed, "extra_requests": runs * extra_requests(trigger.payload_size_mb, book)})


def billed_units(trigger: AsynchronousTrigger, book: Book) -> dict[str, int]:
    """What another service counts for each event, by the name of the count."""
    if isinstance(trigger, SnsTrigger):
        chunks = _begun(trigger.payload_size_mb, book.value("triggers/asynchronous/sns/chunk_kb"))
        return {"publishes": 1, "billed_publishes": chunks}
    if isinstance(trigger, EventBridgeTrigger):
        return {"billed_events": _begun(trigger.payload_size_mb, book.value("billing/eventbridge_chunk_kb"))}
    if trigger.type == "schedule":
        return {"scheduled": 1}
    return {}


def extra_requests(payload_mb: float, book: Book) -> int:
    """The requests that Lambda bills for one run beside the first, because its event is large."""
    path = "billing/asynchronous_request"
    beyond_mb = payload_mb - book.value(f"{path}/first_kb") / 1024
    return _begun(beyond_mb, book.value(f"{path}/further_kb")) if beyond_mb > 0 else 0


def _begun(size_mb: float, chunk_kb: float) -> int:
    """How many chunks it takes; the last need not be full."""
    return math.ceil(round(size_mb * 1024 / chunk_kb, 9))
