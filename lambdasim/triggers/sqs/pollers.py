"""How many batches an event source mapping may have in progress at once: start, ramp, scale-in and back-off.

Every second: while messages wait and all pollers are busy, more are added, up to a ceiling. When none has waited for
a minute, idle ones go. Function errors and throttles take some away at once. Provisioned pollers follow the same rule
in other numbers: each has several batches, and receives only so much a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.units import US_PER_MINUTE, US_PER_S

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.sqs_trigger import SqsTrigger

_BOOK = "triggers/sqs"


@dataclass(frozen=True, slots=True)
class Scaling:
    """The numbers that pollers go by; ``growth`` of them are added with each decision."""

    decided_every_us: int
    start: int
    growth: float
    ceiling: int
    rest: int  # after a long idle time
    floor: int  # of back-off
    scale_in_after_us: int
    scale_in_every_us: int
    scale_in_factor: float
    long_idle_after_us: int
    batches_per_poller: int = 1
    has_no_ramp: bool = False  # a FIFO queue's: the message groups alone hold it back


def scaling_of(trigger: SqsTrigger, book: Book, *, fifo: bool) -> Scaling:
    """The numbers for a mapping: standard, with a maximum concurrency, or provisioned."""
    path = f"{_BOOK}/pollers"
    most = trigger.scaling_config.maximum_concurrency if trigger.scaling_config is not None else None
    config = trigger.provisioned_poller_config
    start, ceiling = book.value(f"{path}/start"), book.value(f"{path}/ceiling")
    rest, per_minute = start, book.value(f"{path}/ramp_per_minute")
    if config is not None:
        start = rest = config.minimum_pollers
        ceiling, per_minute = config.maximum_pollers, book.value(f"{_BOOK}/provisioned/ramp_per_minute")
    elif most is not None:
        start = rest = min(start, most)
        ceiling = min(ceiling, most)
    else:
        rest = min(start, book.value(f"{path}/scale_in/long_idle"))
    every_us = round(book.value(f"{path}/decided_every_s") * US_PER_S)
    return Scaling(
        decided_every_us=every_us,
        start=start,
        growth=per_minute * every_us / US_PER_MINUTE,
        ceiling=ceiling,
        rest=rest,
        floor=start if config is not None else min(start, book.value(f"{path}/backoff/floor")),
        scale_in_after_us=round(book.value(f"{path}/scale_in/after_s") * US_PER_S),
        scale_in_every_us=round(book.value(f"{path}/scale_in/every_s") * US_PER_S),
        scale_in_factor=book.value(f"{path}/scale_in/factor"),
        long_idle_after_us=round(book.value(f"{path}/scale_in/long_idle_after_s") * US_PER_S),
        batches_per_poller=book.value(f"{_BOOK}/provisioned/invokes_per_poller") if config is not None else 1,
        has_no_ramp=fifo and config is None and book.value(f"{path}/fifo_has_no_ramp"),
    )


class Pollers:
    """The pollers of one mapping; ``allowed`` is how many batches they may have in progress."""

    __slots__ = ("_busiest", "_busiest_us", "_idle_since_us", "_level", "_quiet_until_us", "allowed", "scaling")

    def __init__(self, scaling: Scaling) -> None:
        self.scaling = scaling
        self._level = float(scaling.start)
        self._quiet_until_us = 0  # when idle pollers go, if it stays quiet until then
        self._idle_since_us = 0
        self._busiest = 0  # the most batches in progress at a decision since pollers came or went ...
        self._busiest_us = 0  # ... and when that was last so
        self.allowed = 0
        self._set(self._level)

    @property
    def count(self) -> int:
        """How many pollers there are."""
        return int(self._level)

    def _set(self, level: float) -> None:
        self._level = level
        self.allowed = int(level) * self.scaling.batches_per_poller

    def decide(self, now_us: int, *, busy: int, wanted: bool) -> None:
        """It is time to add pollers, if they are ``wanted``, or to let those go that nobody has used for a while."""
        scaling = self.scaling
        if busy:
            self._idle_since_us = now_us
        if wanted or busy >= self._busiest:
            self._busiest, self._busiest_us = busy, now_us
        if wanted:
            self._quiet_until_us = now_us + scaling.scale_in_after_us
            self._set(min(self._level + scaling.growth, scaling.ceiling))
        elif now_us >= self._quiet_until_us:
            fewer, used = self._level * scaling.scale_in_factor, -(-self._busiest // scaling.batches_per_poller)
            least = scaling.rest if now_us >= self._idle_since_us + scaling.long_idle_after_us else scaling.start
            self._set(min(self._level, max(least, fewer, used)))
            self._quiet_until_us = now_us + scaling.scale_in_every_us
            if used > fewer:  # the others go when they, too, have been idle for so long
                self._quiet_until_us = self._busiest_us + scaling.scale_in_after_us
            self._busiest, self._busiest_us = busy, now_us

    def next_decision_us(self, now_us: int) -> int | None:
        """When a mapping without work must decide again; None if its pollers are as few as they become."""
        scaling = self.scaling
        if self._level <= scaling.rest:
            return None
        at_us = self._quiet_until_us
        if self._level <= scaling.start:
            at_us = max(at_us, self._idle_since_us + scaling.long_idle_after_us)
        return max(at_us, now_us + scaling.decided_every_us)

    def back_off(self, factor: float) -> None:
        """A batch has failed, or was throttled: fewer pollers, for now."""
        self._set(min(self._level, max(self.scaling.floor, self._level * factor)))

    def demand(self, batches: int) -> None:
        """Without a ramp: so many at once are needed."""
        if self.scaling.has_no_ramp and batches > self.allowed:
            self._set(float(min(batches, self.scaling.ceiling)))


class Throughput:
    """What provisioned pollers may receive: so many polls and so many MB a second, each.

    Two token buckets that hold a second's worth, kept as the time when each will be full again: a receive moves it
    on by what it costs, and may begin while less than a second's worth is missing.
    """

    __slots__ = ("_mb_cost_us", "_megabytes_us", "_poll_cost_us", "_polls_us")

    def __init__(self, book: Book, payload_mb: float) -> None:
        path = f"{_BOOK}/provisioned"
        self._poll_cost_us: float = US_PER_S / book.value(f"{path}/polls_per_second_per_poller")
        self._mb_cost_us: float = US_PER_S * payload_mb / book.value(f"{path}/mb_per_second_per_poller")  # of a message
        self._polls_us = self._megabytes_us = 0.0

    def ready_us(self, pollers: int) -> int:
        """When the next receive may begin."""
        polls_us = self._polls_us + self._poll_cost_us / pollers
        return math.ceil(max(polls_us, self._megabytes_us)) - US_PER_S

    def charge(self, now_us: int, pollers: int, messages: int) -> None:
        """A receive has begun, and found ``messages``."""
        self._polls_us = max(self._polls_us, now_us) + self._poll_cost_us / pollers
        self._megabytes_us = max(self._megabytes_us, now_us) + messages * self._mb_cost_us / pollers
