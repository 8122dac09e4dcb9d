"""An SQS queue: messages are delayed, visible, hidden (in flight) or gone; who polls it is not its business.

    sent -> delayed -> visible -> hidden by a receive -> deleted
                          ^------------' when its visibility timeout has passed

A receive beyond maxReceiveCount moves a message to the dead-letter queue instead. Retention ends it where it is
visible; while it is hidden, that is found when it comes back.
Nothing is scheduled for a message: whoever looks brings the queue up to date (``catch_up``), and the clock wakes it
only for polls that wait for a message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from lambdasim.codes import Fate, Kept
from lambdasim.randomness import Draws, uniforms
from lambdasim.scenario.targets import DISCARD
from lambdasim.triggers.chain import Chain
from lambdasim.triggers.sqs.ages import Returned
from lambdasim.triggers.sqs.counts import QueueCounts
from lambdasim.triggers.sqs.groups import GroupedLine, group_sampler
from lambdasim.triggers.sqs.incoming import Incoming
from lambdasim.triggers.sqs.lines import Line, Message, StandardLine
from lambdasim.triggers.sqs.polls import Consumer, Polls
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.queued import Run

NOWHERE, DEAD_LETTER_QUEUE = Kept.NOWHERE, Kept.DEAD_LETTER_QUEUE
_FEW = 1000


@runtime_checkable
class TakesRedrives(Protocol):
    """An inlet that can be told when a message was first sent."""

    def redrive(self, chain: Chain, now_us: int, sent_us: int) -> None:
        """A message is moved here, now."""


class Receive:
    """What one call of ReceiveMessage has hidden, and until when."""

    __slots__ = ("deadline_us", "messages")

    def __init__(self, deadline_us: int, messages: list[Message]) -> None:
        self.deadline_us = deadline_us
        self.messages = messages


class Queue:
    """The queue of one trigger, and the polls that wait at it."""

    def __init__(self, run: Run, index: int, name: str, trigger: SqsTrigger) -> None:
        settings, book = trigger.queue, run.book
        self.index = index
        self.counts = QueueCounts(book, run.measured_us, trigger.payload_size_mb)
        self.hidden = 0
        self.is_fifo = settings.fifo
        self.payload_mb = trigger.payload_size_mb
        self.poison_rate = trigger.poison.rate if trigger.poison is not None else 0.0
        self.waited = False  # a message has found no poller free: there was a backlog
        self.line: Line = StandardLine(settings.delay_us)
        if settings.fifo:
            groups: Draws[int] = Draws(run.seed, "message group", name, sample=group_sampler(settings.message_groups))
            self.line = GroupedLine(groups.at)
        self.incoming = Incoming(run, name, trigger, self.line, self.counts)
        self._poison: Draws[float] = Draws(run.seed, "poison", name, sample=uniforms)
        self._run = run
        self._warm_up_us = run.scenario.warm_up_us
        self._function = run.aliases[trigger.target].function
        self._settings = settings
        self._visibility_us = settings.visibility_timeout_us
        self._dead_letters = settings.dead_letter or DISCARD
        self._most_hidden = book.value(f"triggers/sqs/queue/in_flight/{'fifo' if settings.fifo else 'standard'}")
        self._receives: deque[Receive] = deque()  # in the order of their deadlines
        self._returned: list[Message] = []  # what came back, or was moved here
        self._compact = _FEW  # how many these may become before what has ended is taken out
        self._ages = Returned(book, fifo=settings.fifo)
        self.polls = Polls(self, run.clock, run.ends_us)

    # Messages come.

    def start(self) -> None:
        """The run begins: some messages wait already."""
        if self._settings.backlog:
            self.incoming.wait_already(self._settings.backlog)
            self.polls.wake_at(0)

    def accept(self, chain: Chain, now_us: int) -> None:
        """Another trigger sends a message, now."""
        self.catch_up(now_us - 1)
        self.polls.wake_at(self.incoming.send(chain, now_us))

    def redrive(self, chain: Chain, now_us: int, sent_us: int) -> None:
        """Another queue moves a message here; a standard queue's retention counts from when it was first sent."""
        self.catch_up(now_us - 1)
        message = self.incoming.move(chain, now_us)
        if not self.is_fifo:
            message.sent_us = sent_us
        self._keep(message)
        self.line.insert(message, now_us)
        self.polls.wake_at(now_us)

    def catch_up(self, until_us: int) -> None:
        """What arrives, or becomes visible (again), up to and including ``until_us``."""
        self.incoming.catch_up(until_us)
        receives = self._receives
        while receives and (receives[0].deadline_us <= until_us or not receives[0].messages):
            self._return(receives.popleft())

    def _return(self, receive: Receive) -> None:
        """A visibility timeout has passed, or all that was received has ended."""
        messages = [message for message in receive.messages if not message.ended]
        if not messages:
            return
        self.hidden -= len(messages)
        for message in messages:
            if message.receives == 1:
                self._keep(message)
        self.line.give_back(messages, receive.deadline_us)

    def _keep(self, message: Message) -> None:
        """It is not in the line of those that nobody has received: it is found here when it expires."""
        self._returned.append(message)
        self._ages.add(message)

    # Messages are received, and end.

    @property
    def receivable(self) -> bool:
        """Whether a receive would find something."""
        line = self.line
        return line.size > 0 and self.hidden < self._most_hidden and (not self.is_fifo or line.receivable)

    def is_poison(self, number: int) -> bool:
        """Whether a message fails whenever it is processed."""
        return self.poison_rate > 0 and self._poison.at(number) < self.poison_rate

    @property
    def next_us(self) -> int:
        """When the next message becomes visible, as far as that is known."""
        at_us = self.incoming.next_us
        if self._receives:
            at_us = min(at_us, self._receives[0].deadline_us)
        return at_us

    @property
    def is_empty(self) -> bool:
        """Whether no message is left, delayed, visible or hidden."""
        return not (self.line.size or self.hidden or self.incoming.delayed)

    def receive(self, most: int, now_us: int, consumer: Consumer) -> Receive | None:
        """One call of ReceiveMessage: up to ``most`` messages become hidden, or none is there to be had."""
        line, counts = self.line, self.counts
        if line.size > counts.most_visible.value:
            counts.most_visible.see(now_us, line.size)
        most = min(most, self._most_hidden - self.hidden)
        messages = self._sifted(line.pop(most), now_us, consumer)
        while len(messages) < most and line.receivable:  # in place of those that were too old, or received too often
            messages += self._sifted(line.pop(most - len(messages)), now_us, consumer)
        if not messages:
            return None
        self.hidden += len(messages)
        if self.hidden > counts.most_hidden.value:
            counts.most_hidden.see(now_us, self.hidden)
        counts.count_receive(now_us, len(messages))
        receive = Receive(now_us + self._visibility_us, messages)
        self._receives.append(receive)
        return receive

    def _sifted(self, messages: list[Message], now_us: int, consumer: Consumer) -> list[Message]:
        """Those that a receive delivers: not those that are too old, or have been received too often."""
        self.incoming.tell_chains(messages)
        oldest_us, most_receives = now_us - self._settings.message_retention_us, self._settings.max_receive_count
        if oldest_us < 0 and most_receives is None:
            return messages
        delivered = []
        for message in messages:
            if message.sent_us <= oldest_us:
                message.receives -= 1
                self._expire(message)
            elif most_receives is not None and message.receives > most_receives:
                message.receives -= 1
                self._give_up(message, now_us, consumer)
            else:
                delivered.append(message)
        return delivered

    def _expire(self, message: Message) -> None:
        """Its retention is over."""
        self.line.forget(message)
        self._lose(message)

    def _lose(self, message: Message) -> None:
        message.ended = True
        ended_us = max(message.sent_us + self._settings.message_retention_us, message.arrived_us)
        row = message.row(self.index, self._function, self.index, ended_us, Fate.EXPIRED, NOWHERE)
        self._run.events.append(row)

    def _give_up(self, message: Message, now_us: int, consumer: Consumer) -> None:
        """It has been received too often: it goes to the dead-letter queue, with the place in its chain that it had."""
        message.ended = True
        self.line.forget(message)
        fate = Fate.RECURSIVE if consumer.must_not_run(message) else Fate.RECEIVES_EXCEEDED
        row = message.row(consumer.index, consumer.function, self.index, now_us, fate, DEAD_LETTER_QUEUE)
        self._run.events.append(row)
        self._hand_over(message.arrived_us >= self._warm_up_us, consumer)
        inlet = self._run.inlets[self._dead_letters]
        chain = message.chain or Chain(self.index, message.number, message.arrived_us)
        if isinstance(inlet, TakesRedrives):
            inlet.redrive(chain, now_us, message.sent_us)
        else:
            inlet.accept(chain, now_us)

    def delete(self, messages: Sequence[Message], now_us: int, consumer: Consumer, fate: Fate) -> int:
        """Delete messages, those that are there still, whoever holds them by now; returns how many."""
        append, line, in_line, owner = self._run.events.append, self.line, not self.is_fifo, self.index
        index, function, warm_up_us = consumer.index, consumer.function, self._warm_up_us
        deleted = hidden = measured = 0
        for message in messages:
            if message.ended:
                continue
            message.ended = True
            deleted += 1
            hidden += message.hidden
            if not (in_line and message.hidden):
                line.forget(message)
            number, arrived_us = message.number, message.arrived_us
            measured += arrived_us >= warm_up_us
            if message.chain is None:  # the same row as below; a call less
                receives, runs, group = message.receives, message.runs, message.group
                row = (number, index, function, arrived_us, arrived_us, now_us, message.batch, receives, runs, fate)
                append((*row, NOWHERE, group, owner, number, arrived_us, 0))
            else:
                append(message.row(index, function, owner, now_us, fate, NOWHERE))
        if deleted:
            self.hidden -= hidden
            self.counts.count_delete(now_us, deleted)
            self._hand_over(measured, consumer)
        return deleted

    def _hand_over(self, measured: int, consumer: Consumer) -> None:
        """So many of the measured span end with a consumer: they were offered to its trigger, if that is another."""
        if consumer.index != self.index:
            self.incoming.offered -= measured
            consumer.offered += measured

    # The queue is looked at.

    def note_drained(self, now_us: int) -> None:
        """A poller finds nothing: perhaps this is the end of the first backlog."""
        if self.waited and self.counts.drained_us is None and self.is_empty:
            self.counts.drained_us = now_us

    def look(self, now_us: int) -> None:
        """A minute ends: CloudWatch looks."""
        self.see(now_us)
        counts = self.counts
        counts.visible.read(now_us, self.line.size)
        counts.hidden.read(now_us, self.hidden)
        counts.delayed.read(now_us, self.incoming.delayed)
        counts.oldest_s.read(now_us, self._age_s(now_us))

    def see(self, now_us: int) -> None:
        """Let go of what has expired, and take the highest values down."""
        self.catch_up(now_us - 1)
        if len(self._returned) > self._compact:
            self._returned = [message for message in self._returned if not message.ended]
            self._ages.prune()
            self._compact = 2 * len(self._returned) + _FEW
        self._expire_old(now_us)
        self.counts.most_visible.see(now_us, self.line.size)
        self.counts.most_hidden.see(now_us, self.hidden)
        self.counts.oldest_ever_s.see(now_us, self._age_s(now_us))

    def _expire_old(self, now_us: int) -> None:
        """Let go of visible messages whose retention is over."""
        oldest_us = now_us - self._settings.message_retention_us
        if oldest_us < 0:
            return
        unreceived = self.line.pop_older(oldest_us)
        self.incoming.tell_chains(unreceived)
        for message in unreceived:
            self._lose(message)
        for message in self._returned:
            if message.sent_us <= oldest_us and not message.hidden and not message.ended:
                self._expire(message)

    def _age_s(self, now_us: int) -> float:
        """The age of the oldest message that counts, in seconds."""
        oldest_us, fresh_us = self._ages.oldest_us(now_us), self.line.oldest_us
        if fresh_us is not None:
            oldest_us = min(oldest_us, fresh_us)
        first = (
            m.sent_us
            for receive in self._receives
            for m in receive.messages
            if not m.ended and m.receives == 1 and m.sent_us == m.arrived_us  # the others came back, or were moved here
        )
        # A standard queue's are received for the first time in the order in which they were sent.
        first_us = min(first, default=now_us) if self.is_fifo else next(first, now_us)
        return (now_us - min(oldest_us, first_us)) / US_PER_S
