"""An SQS trigger: its queue, and the event source mapping that polls it; or a mapping on another trigger's queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.records import Tally
from lambdasim.triggers.sqs.mapping import EventSourceMapping
from lambdasim.triggers.sqs.queue import Queue
from lambdasim.units import US_PER_MINUTE

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.chain import Chain
    from lambdasim.triggers.queued import Run


class SqsQueue:
    """One trigger of type sqs.

    With ``shared_with`` it has no queue of its own: what it is handed goes to the other one's, and messages of that
    queue count as offered to it if they ended in its hands.
    """

    def __init__(self, run: Run, index: int, name: str, trigger: SqsTrigger) -> None:
        self._run = run
        self._index = index
        self._name = name
        self._trigger = trigger
        self._owns = trigger.queue.shared_with is None
        self._queue = Queue(run, index, name, trigger) if self._owns else None
        self._mapping: EventSourceMapping | None = None

    @property
    def queue(self) -> Queue:
        """The queue that its mapping polls; another's can be asked for when all triggers are made."""
        if self._queue is None:
            other = self._run.inlets[str(self._trigger.queue.shared_with)]
            assert isinstance(other, SqsQueue)
            self._queue = other.queue
        return self._queue

    @property
    def mapping(self) -> EventSourceMapping:
        """Its event source mapping, from the start on."""
        assert self._mapping is not None
        return self._mapping

    def accept(self, chain: Chain, now_us: int) -> None:
        """See ``Inlet``."""
        self.queue.accept(chain, now_us)

    def redrive(self, chain: Chain, now_us: int, sent_us: int) -> None:
        """See ``TakesRedrives``: it is the dead-letter queue of another."""
        self.queue.redrive(chain, now_us, sent_us)

    def start(self) -> None:
        """See ``QueuedTrigger``."""
        run, clock = self._run, self._run.clock
        self._mapping = EventSourceMapping(run, self._index, self._name, self._trigger, self.queue)
        if self._owns:
            self.queue.start()
        self._mapping.start(clock.now)
        clock.every(US_PER_MINUTE, self._look, until_us=run.ends_us)
        if self._owns:
            clock.control(run.scenario.warm_up_us).callbacks.append(self._measure)
            clock.control(run.scenario.duration_us).callbacks.append(self._measure)

    def _look(self, now_us: int) -> None:
        """A minute ends."""
        if self._owns:
            self.queue.look(now_us)
        self.mapping.look(now_us)

    def _measure(self, _event: Event) -> None:
        """The measured span begins, or ends."""
        self.queue.see(self._run.clock.now)
        self.queue.counts.visible_end = self.queue.line.size

    def offered(self) -> dict[int, int]:
        """See ``QueuedTrigger``."""
        own = self.queue.incoming.offered if self._owns else 0
        return {self.mapping.function: own + self.mapping.offered}

    def tally(self) -> Tally:
        """See ``QueuedTrigger``."""
        mapping = self.mapping.tally()
        if not self._owns:
            return mapping
        queue = self.queue.counts.tally()
        return Tally({**queue.counts, **mapping.counts}, {**queue.series, **mapping.series})

    def close(self, now_us: int) -> None:
        """See ``QueuedTrigger``."""
        if self._owns:
            self.queue.see(now_us + 1)
        self.mapping.close(now_us)
