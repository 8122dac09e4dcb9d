"""The way of a source's events to one function: when Lambda has each, and what happens if its endpoint refuses."""

from __future__ import annotations

from collections.abc import Generator
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from lambdasim.codes import Fate, Kept
from lambdasim.randomness import Draws, stream, uniforms
from lambdasim.records import NEVER
from lambdasim.scenario.asynchronous_triggers import EventBridgeTrigger, S3Trigger, ScheduleTrigger, SnsTrigger
from lambdasim.scenario.distributions import distribution_from
from lambdasim.service.clock import Unattended
from lambdasim.service.cold_start import whole_us
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.counting import Counter
from lambdasim.triggers.events.event_queue import EventQueue
from lambdasim.triggers.events.sinks import dead_letter_queue, handed_on
from lambdasim.triggers.events.source_retries import source_retries
from lambdasim.triggers.pace import NS_PER_S, Pace
from lambdasim.triggers.queued import event_row
from lambdasim.workload.distributions import Uniform

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.parameters.book import Book
    from lambdasim.scenario.asynchronous_triggers import AsynchronousTrigger, Endpoint
    from lambdasim.triggers.queued import Run
    from lambdasim.workload.distributions import Distribution

_BOOK = "triggers/asynchronous"


class Delivery(Protocol):
    """The way of a source's events to one function."""

    def send(self, number: int, arrived_us: int, chain: Chain | None) -> None:
        """An event has come to the source, now."""

    def counts(self) -> dict[str, int]:
        """What is no row of a log: ``duplicates``, ``delivery_retries`` and ``runs``, those that Lambda bills."""


class Times:
    """When Lambda has an event if all goes well, and when it is ready to be picked; each event has its own luck.

    A delay that was measured from the source to the function's start holds the event queue's hop already: then the
    event is ready when the delay is over, and Lambda has had it for as long as its hop takes. Rules of EventBridge
    take turns at their quota of invocations: the delay begins when it is the event's turn.
    """

    __slots__ = ("delay", "holds_hop", "hop", "rules")

    def __init__(self, run: Run, name: str, function: str, trigger: AsynchronousTrigger) -> None:
        delay, self.holds_hop = source_delay(trigger, run.book)
        self.rules = run.rules if isinstance(trigger, EventBridgeTrigger) else None
        hop = distribution_from(run.book.value(f"{_BOOK}/event_queue/hop"))
        self.hop: Draws[int] = Draws(run.seed, "event queue hop", name, function, sample=whole_us(hop))
        self.delay: Draws[int] = Draws(run.seed, "source delay", name, function, sample=whole_us(delay))

    def of(self, event: int, arrived_us: int) -> tuple[int, int]:
        """(taken by Lambda, ready)."""
        from_us = arrived_us if self.rules is None else self.rules.turn_us(arrived_us)
        delayed_us, hop_us = from_us + self.delay.at(event), self.hop.at(event)
        if self.holds_hop:
            return max(from_us, delayed_us - hop_us), delayed_us
        return delayed_us, delayed_us + hop_us

    def hop_us(self, event: int) -> int:
        """How long it takes from being taken to being ready."""
        return self.hop.at(event)


def source_delay(trigger: AsynchronousTrigger, book: Book) -> tuple[Distribution | None, bool]:
    """How long a source keeps an event, and whether that holds the event queue's hop."""
    if isinstance(trigger, ScheduleTrigger):
        if trigger.flexible_time_window_us is not None:
            return Uniform(0, trigger.flexible_time_window_us), False
        return distribution_from(book.value(f"{_BOOK}/schedule/{trigger.service}/precision")), False
    if isinstance(trigger, S3Trigger | SnsTrigger | EventBridgeTrigger):
        delay = distribution_from(book.value(f"{_BOOK}/{trigger.type}/delay"))
        return delay, not isinstance(trigger, S3Trigger)
    return None, False


class RuleInvocations:
    """EventBridge's quota of invocations, shared by all rules of the account: what is beyond it is delayed, not lost.

    Source: EventBridge user guide, eb-quota.
    """

    def __init__(self, region: str, book: Book) -> None:
        self._region = region
        self._book = book

    @cached_property
    def cost_and_pace(self) -> tuple[int, Pace]:
        """Read from the book when a rule first sends: only then is it an assumption of the run."""
        book, path = self._book, f"{_BOOK}/eventbridge/invocations_per_second"
        entry = f"{path}/{self._region}" if book.has(f"{path}/{self._region}") else f"{path}/other_regions"
        rate, burst_s = book.value(entry), book.value(f"{_BOOK}/eventbridge/invocations_burst_s")
        cost_ns = round(NS_PER_S / rate)
        return cost_ns, Pace(round(burst_s * NS_PER_S) - cost_ns)

    def turn_us(self, now_us: int) -> int:
        """When an event that has come now is sent to a target."""
        cost_ns, pace = self.cost_and_pace
        at_us = pace.earliest_us(now_us)
        pace.take(at_us, cost_ns)
        return at_us


class PlainDelivery:
    """To an endpoint that refuses nothing: Lambda takes every event at once."""

    def __init__(self, times: Times, queue: EventQueue) -> None:
        self._times = times
        self._queue = queue

    def send(self, number: int, arrived_us: int, chain: Chain | None) -> None:
        """See ``Delivery``."""
        queued_us, ready_us = self._times.of(number, arrived_us)
        self._queue.take(number, arrived_us, queued_us, ready_us, chain)

    def counts(self) -> dict[str, int]:
        """See ``Delivery``."""
        return {"duplicates": self._queue.duplicates.total, "delivery_retries": 0, "runs": self._queue.runs}


class Parcel:
    """An event on its way, for whose delivery its source may have to try more than once."""

    __slots__ = ("arrived_us", "attempts", "chain", "number", "ready_us", "runs", "sent_us", "tries")

    def __init__(self, number: int, arrived_us: int, sent_us: int, ready_us: int, chain: Chain | None) -> None:
        self.number = number
        self.arrived_us = arrived_us
        self.sent_us = sent_us  # first
        self.ready_us = ready_us  # if the first try succeeds
        self.chain = chain
        self.tries = 0
        self.attempts = 0  # those of which Lambda knows, where the source waits for the function
        self.runs = 0


class PersistentDelivery:
    """To an endpoint that may refuse: the source tries until Lambda has the event, or until it gives up."""

    def __init__(self, run: Run, index: int, name: str, function: str, trigger: AsynchronousTrigger) -> None:
        sink = next(iter(trigger.sinks.values()), None)
        self.run = run
        self.index = index
        self.function = run.aliases[function].function
        self._times = Times(run, name, function, trigger)
        self._retries = source_retries(trigger, run.clock, run.book)
        self._endpoint: Endpoint = trigger.endpoint
        self._key = (run.seed, "delivery", name, function)
        self._coins: Draws[float] = Draws(*self._key, sample=uniforms)
        self._sinks = () if sink is None else (dead_letter_queue(run, sink, trigger.payload_size_mb),)
        self._retried = Counter(run.measured_us)

    def send(self, number: int, arrived_us: int, chain: Chain | None) -> None:
        """See ``Delivery``."""
        parcel = Parcel(number, arrived_us, *self._times.of(number, arrived_us), chain)
        self.run.clock.arrive(parcel.sent_us, Unattended(self._deliver(parcel)).step)

    def counts(self) -> dict[str, int]:
        """See ``Delivery``."""
        return {"duplicates": 0, "delivery_retries": self._retried.total, "runs": 0}

    def hand_over(self, parcel: Parcel, now_us: int) -> Generator[Event, None, bool]:
        """The endpoint has not refused; says whether the event is delivered."""
        raise NotImplementedError

    def _deliver(self, parcel: Parcel) -> Generator[Event, None, None]:
        """One event, from the first try to the last."""
        clock, retries, number = self.run.clock, self._retries, parcel.number
        now_us, coin, luck = clock.now, self._coins.at(number), None
        while True:
            parcel.tries += 1
            if not self._refuses(now_us, coin) and (yield from self.hand_over(parcel, now_us)):
                retries.delivered(number, parcel.tries, clock.now)
                return
            if luck is None:  # few events need more than one try: they have a generator of their own
                luck = stream(*self._key, number)
            wait_us = retries.wait_us(number, parcel.tries, clock.now, luck.random())
            if wait_us is None:
                break
            if wait_us:
                yield clock.timeout(wait_us)
            now_us, coin = clock.now, luck.random()
            if now_us - parcel.sent_us > retries.maximum_age_us:
                break
            self._retried.add(now_us)
        self._give_up(parcel, clock.now)

    def _refuses(self, now_us: int, coin: float) -> bool:
        endpoint = self._endpoint
        return coin < endpoint.error_rate or any(
            outage.at_us <= now_us < outage.at_us + outage.for_us for outage in endpoint.outages
        )

    def _give_up(self, parcel: Parcel, now_us: int) -> None:
        kept = Kept.NOWHERE
        if self._sinks:
            chain = self.chain_of(parcel)
            kept = handed_on(self._sinks, chain.after(self.function) if parcel.runs else chain, now_us)
        self.end(parcel, Fate.UNDELIVERED, kept, now_us)

    def chain_of(self, parcel: Parcel) -> Chain:
        """The chain that the event belongs to; without another it began its own."""
        return parcel.chain or Chain(self.index, parcel.number, parcel.arrived_us)

    def end(self, parcel: Parcel, fate: Fate, kept: Kept, now_us: int) -> None:
        """The event's fate is known, and Lambda's event queue never had it."""
        self.run.events.append(
            event_row(
                event=parcel.number,
                trigger=self.index,
                function=self.function,
                arrived_us=parcel.arrived_us,
                queued_us=NEVER,
                ended_us=now_us,
                batch=parcel.number if parcel.attempts else -1,
                attempts=parcel.attempts,
                runs=parcel.runs,
                fate=fate,
                kept=kept,
                chain=parcel.chain,
            )
        )


class QueuedDelivery(PersistentDelivery):
    """What is delivered is in Lambda's event queue."""

    def __init__(
        self, run: Run, index: int, name: str, function: str, trigger: AsynchronousTrigger, queue: EventQueue
    ) -> None:
        super().__init__(run, index, name, function, trigger)
        self._queue = queue

    def hand_over(self, parcel: Parcel, now_us: int) -> Generator[Event, None, bool]:
        """See ``PersistentDelivery``."""
        ready_us = parcel.ready_us if parcel.tries == 1 else now_us + self._times.hop_us(parcel.number)
        self._queue.take(parcel.number, parcel.arrived_us, now_us, ready_us, parcel.chain)
        yield from ()  # there is nothing to wait for
        return True

    def counts(self) -> dict[str, int]:
        """See ``Delivery``."""
        return super().counts() | {"duplicates": self._queue.duplicates.total, "runs": self._queue.runs}
