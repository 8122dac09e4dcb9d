"""The event source mapping of an SQS queue: pollers that receive batches, send them to the function, and go on.

    polling -> gathering (with a window) -> running -> next batch, or polling again, or gone
                                              ^  |
                                              '--' throttled: it holds its batch, and sends it again

Reserved concurrency is not asked before a receive: what Lambda then refuses has been received once more. A maximum
concurrency is: it limits the pollers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from lambdasim.randomness import Draws
from lambdasim.scenario.distributions import distribution_from
from lambdasim.service.clock import Unattended
from lambdasim.service.cold_start import whole_us
from lambdasim.triggers.sqs.batch import Batch, BatchPoll, most_messages
from lambdasim.triggers.sqs.delivery import Delivery
from lambdasim.triggers.sqs.fates import Fates
from lambdasim.triggers.sqs.mapping_counts import MappingCounts
from lambdasim.triggers.sqs.pollers import Pollers, Throughput, scaling_of
from lambdasim.units import MAXIMUM_US, US_PER_S

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.records import Tally
    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.queued import Run
    from lambdasim.triggers.sqs.lines import Message
    from lambdasim.triggers.sqs.polls import Poll
    from lambdasim.triggers.sqs.queue import Queue

_BOOK = "triggers/sqs"


class EventSourceMapping:
    """What polls one queue for one function."""

    def __init__(self, run: Run, index: int, name: str, trigger: SqsTrigger, queue: Queue) -> None:
        book = run.book
        self.index = index
        self.function = run.aliases[trigger.target].function
        self.offered = 0
        self.pollers = Pollers(scaling_of(trigger, book, fifo=queue.is_fifo))
        provisioned = trigger.provisioned_poller_config is not None
        self.counts = MappingCounts(book, run.measured_us, self.pollers.count, provisioned=provisioned)
        self.fates = Fates(run, name, trigger, queue, self.counts)
        self._throughput = Throughput(book, queue.payload_mb) if provisioned else None
        self._clock = run.clock
        self._delivery = Delivery(run, name, trigger, self, self.fates, self._back_off)
        self._queue = queue
        self._size = min(trigger.batch_size, most_messages(queue.payload_mb, book))
        self._per_receive = book.value(f"{_BOOK}/queue/messages_per_receive")
        self._window_us = trigger.maximum_batching_window_in_seconds * US_PER_S
        self._long_poll_us = round(book.value(f"{_BOOK}/queue/long_poll_s") * US_PER_S)
        latency = book.value(f"{_BOOK}/mapping/pick_up_latency/{'fifo' if queue.is_fifo else 'standard'}")
        self._latency_us: Draws[int] = Draws(
            run.seed, "pick-up latency", name, sample=whole_us(distribution_from(latency), 1.0)
        )
        self._has_no_ramp = self.pollers.scaling.has_no_ramp
        self._decided_every_us = self.pollers.scaling.decided_every_us
        self._batches = 0
        self._busy = 0  # pollers that have messages, if only some of a batch
        self._idle: deque[BatchPoll] = deque()  # the polls of those that have none, in the order in which they began
        self._held: deque[Batch] = deque()  # of provisioned pollers that have received enough for now ...
        self._idly_held = 0  # ... and how many of these are empty
        self._releases = False  # whether the first of them has its turn already
        self._decides_us = MAXIMUM_US

    # Pollers come and go.

    def start(self, now_us: int) -> None:
        """The mapping is there."""
        self._queue.polls.consumers += 1
        self._open(now_us)
        if (next_us := self.pollers.next_decision_us(now_us)) is not None:
            self._decide_by(next_us)

    def _open(self, now_us: int) -> None:
        """Let as many pollers poll as may."""
        pollers = self.pollers
        pollers.demand(self._busy + 1)
        while self._working < pollers.allowed:
            self._set_going(Batch(), now_us)
            pollers.demand(self._busy + 1)
        self.counts.pollers.set(now_us, pollers.count)

    def _shut(self, now_us: int) -> None:
        """Let idle pollers go that are too many; the others go when they are done."""
        while self._idle and self._working > self.pollers.allowed:
            poll = self._idle.pop()
            poll.gone = True
            self._count_empty(poll, now_us)
        self.counts.pollers.set(now_us, self.pollers.count)

    @property
    def _working(self) -> int:
        """Pollers at work, in terms of the batches that they may have."""
        return self._busy + len(self._idle) + self._idly_held

    def _decide_by(self, at_us: int) -> None:
        """Decide on pollers at ``at_us``, if not before."""
        if at_us < self._decides_us:
            self._decides_us = at_us
            self._clock.control(at_us - self._clock.now).callbacks.append(self._decide)

    def _decide(self, _event: Event) -> None:
        now_us, pollers, queue = self._clock.now, self.pollers, self._queue
        if now_us != self._decides_us:
            return  # an earlier decision has taken its place
        self._decides_us = MAXIMUM_US
        queue.catch_up(now_us - 1)
        wanted = queue.receivable and (self._busy >= pollers.allowed or bool(self._held))
        pollers.decide(now_us, busy=self._busy, wanted=wanted)
        pollers.demand(self._busy + 1)
        if wanted:
            self._open(now_us)
        else:
            self._shut(now_us)
        if self._busy or queue.line.size:
            self._decide_by(now_us + self._decided_every_us)
        elif (next_us := pollers.next_decision_us(now_us)) is not None:
            self._decide_by(next_us)

    def _back_off(self, factor: float) -> None:
        self.pollers.back_off(factor)
        self._shut(self._clock.now)

    # A poller polls, and gathers a batch.

    def answer(self, poll: Poll, now_us: int) -> None:
        """See ``Consumer``."""
        assert isinstance(poll, BatchPoll)
        batch = poll.batch
        if batch.messages:
            batch.poll = None
        else:
            self._idle.popleft()
            self._count_empty(poll, now_us)
        if self._has_batch(batch, now_us):
            self._send(batch, self._latency_us.at(self._batches))
        if self._has_no_ramp:
            self._open(now_us)

    def _set_going(self, batch: Batch, now_us: int) -> None:
        """A poller begins, or goes on, to receive."""
        if self._has_batch(batch, now_us):
            self._send(batch, 0)

    def _has_batch(self, batch: Batch, now_us: int) -> bool:
        """A poller receives into ``batch``; then it is ready to be sent, or the poller polls on."""
        was_idle = not batch.messages
        closed = self._fill(batch, now_us)
        if batch.messages and was_idle:
            self._busy += 1
            batch.closes_us = now_us + self._window_us
            if self._decides_us > now_us + self._decided_every_us:
                self._decide_by(now_us + self._decided_every_us)
        if closed or (batch.messages and now_us >= batch.closes_us):
            return True
        if self._throughput is not None and self._queue.receivable:
            self._hold(batch, self._throughput.ready_us(self.pollers.count))
        else:
            self._poll(batch, now_us)
        return False

    def _fill(self, batch: Batch, now_us: int) -> bool:
        """Receive until the batch is closed (true), or no more is to be had now."""
        queue, size, throughput = self._queue, self._size, self._throughput
        while queue.receivable:
            if throughput is not None and throughput.ready_us(self.pollers.count) > now_us:
                return False
            receive = queue.receive(min(self._per_receive, size - len(batch.messages)), now_us, self)
            if receive is None:
                return False
            if throughput is not None:
                throughput.charge(now_us, self.pollers.count, len(receive.messages))
            batch.add(receive, self.fates.let_through(receive.messages, now_us, self))
            if len(batch.messages) >= size or (batch.messages and not self._window_us):
                return True
        return False

    def _poll(self, batch: Batch, now_us: int) -> None:
        """A poller polls on. The first long poll of a window lasts as long as any; the others end with the window."""
        if batch.messages:
            poll = batch.poll = BatchPoll(self, now_us, batch)
            self._end_window(batch, batch.closes_us if batch.polled else now_us + self._long_poll_us)
            batch.polled = True
        else:
            poll = BatchPoll(self, now_us, Batch() if batch.receives else batch)
            self._idle.append(poll)
        self._queue.polls.wait(poll)

    def _end_window(self, batch: Batch, at_us: int) -> None:
        """Send what has been gathered at ``at_us``, and not before the window's end."""
        at_us = max(at_us, batch.closes_us)
        if at_us < batch.ends_us:
            batch.ends_us = at_us
            self._clock.control(at_us - self._clock.now).callbacks.append(partial(self._window_over, batch))

    def _window_over(self, batch: Batch, _event: Event) -> None:
        now_us = self._clock.now
        if batch.number >= 0 or now_us != batch.ends_us:
            return  # it was full before, or its end has been moved
        if batch.poll is not None:
            batch.poll.gone = True
            self._queue.counts.count_empty_receives(batch.poll.since_us, now_us, self._long_poll_us, cut_short=True)
        self._send(batch, 0)

    def _count_empty(self, poll: Poll, now_us: int) -> None:
        if now_us >= poll.since_us + self._long_poll_us:
            self._queue.counts.count_empty_receives(poll.since_us, now_us, self._long_poll_us)

    def _hold(self, batch: Batch, until_us: int) -> None:
        """Provisioned pollers have received as much as they may: one waits for its turn."""
        if not self._releases:
            self._releases = True
            self._clock.arrive(until_us, self._release)
        if batch.messages:
            self._end_window(batch, batch.closes_us)
        else:
            self._idly_held += 1
        self._held.append(batch)

    def _release(self) -> None:
        now_us, throughput, held = self._clock.now, self._throughput, self._held
        assert throughput is not None
        self._queue.catch_up(now_us)
        for _ in range(len(held)):
            if throughput.ready_us(self.pollers.count) > now_us:
                break
            batch = held.popleft()
            if batch.number >= 0:
                continue  # its window has ended meanwhile
            if not batch.messages:
                self._idly_held -= 1
                if self._working >= self.pollers.allowed:
                    continue  # one too many: it goes
            self._set_going(batch, now_us)
        self._releases = bool(held)
        if held:
            self._clock.arrive(throughput.ready_us(self.pollers.count), self._release)

    # A poller sends its batch, and the next.

    def _send(self, batch: Batch, latency_us: int) -> None:
        batch.number = self._batches
        self._batches += 1
        Unattended(self._work(batch, latency_us)).step()

    def _work(self, batch: Batch | None, latency_us: int) -> Generator[Event, None, None]:
        """What a poller does from one long poll to the next: batch after batch."""
        if latency_us:
            yield self._clock.timeout(latency_us)
        while batch is not None:
            yield from self._delivery.deliver(batch)
            batch = self._next()

    def _next(self) -> Batch | None:
        """A poller is done with its batch: the next, or none, and it polls, or is one too many and goes."""
        now_us, queue, batch = self._clock.now, self._queue, Batch()
        self._busy -= 1
        queue.catch_up(now_us - 1)
        queue.polls.serve_another(self, now_us)
        if queue.line.size:
            queue.waited = True
        goes_on = self._busy + len(self._idle) + self._idly_held < self.pollers.allowed and self._has_batch(
            batch, now_us
        )
        if goes_on:
            batch.number = self._batches
            self._batches += 1
        elif queue.waited:
            queue.note_drained(now_us)
        queue.polls.serve(now_us)  # what was deleted may have made room, or set message groups free
        return batch if goes_on else None

    # The end, and what there is to tell.

    def must_not_run(self, message: Message) -> bool:
        """See ``Consumer``."""
        return self.fates.must_not_run(message)

    def look(self, now_us: int) -> None:
        """A minute ends."""
        self.counts.pollers_by_minute.read(now_us, self.pollers.count)

    def close(self, now_us: int) -> None:
        """The run is over."""
        for poll in self._idle:
            self._count_empty(poll, now_us - 1)
        self.counts.pollers.set(now_us, self.pollers.count)

    def tally(self) -> Tally:
        """What it has counted."""
        return self.counts.tally()
