"""A stream's batches: the rules that a mapping sets them, which of their records fail, and what a failure means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from lambdasim.randomness import Draws, uniforms
from lambdasim.service.luck import KEPT_RUNS
from lambdasim.triggers.streams.shards import Record

if TYPE_CHECKING:
    from lambdasim.scenario.stream_triggers import Poison


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for the lanes of a mapping.

    ``most`` records make a full batch: ``batch_size``, or as many as an invocation can carry. A lane with ``room``
    records is not read for. A record older than ``retention_us`` is lost, one older than ``age_us`` given up.
    ``retries`` below 0 never end.
    """

    most: int
    room: int
    window_us: int
    retention_us: int
    age_us: int
    retries: int
    bisects: bool
    reports: bool
    tumbling_us: int
    tumbling_idle_us: int

    @property
    def ages_us(self) -> int:
        """The age below which nothing happens to a record."""
        return min(self.retention_us, self.age_us)


class Verdict(Enum):
    """What becomes of a batch that failed."""

    RETRY = "the same batch again, after a wait"
    BISECT = "its halves, one after the other, at once"
    GIVE_UP = "its records are discarded"


def verdict(rules: Rules, failures: int, size: int) -> Verdict:
    """What becomes of a batch of ``size`` records that failed for the ``failures``-th time.

    A split takes no retry: with bisection only single records are ever given up for want of retries.
    """
    if rules.bisects and size > 1:
        return Verdict.BISECT
    if 0 <= rules.retries < failures:
        return Verdict.GIVE_UP
    return Verdict.RETRY


class Batch:
    """Records that go to the function together; what is left of them, or half of them, is a batch of its own.

    ``tries`` and ``runs`` are this batch's, throttled tries included and not; those of its records before count in
    ``tries_before`` and ``runs_before``. ``failures`` are the runs that took a retry, ``throttles`` the tries since
    the last run. The last batch of a tumbling window is empty, and ``closes`` the window's last record.
    """

    __slots__ = (
        "closes",
        "ended_us",
        "failures",
        "number",
        "records",
        "runs",
        "runs_before",
        "sent_us",
        "throttles",
        "tries",
        "tries_before",
    )

    def __init__(self, number: int, records: list[Record], closes: Record | None = None) -> None:
        self.number = number
        self.records = records
        self.closes = closes
        self.tries = self.runs = self.failures = self.throttles = 0
        self.tries_before = self.runs_before = 0
        self.sent_us = 0  # when it was first sent ...
        self.ended_us = 0  # ... and its last run ended

    def part(self, number: int, records: list[Record]) -> Batch:
        """Some of its records as a batch of their own."""
        part = Batch(number, records)
        part.tries_before = self.tries_before + self.tries
        part.runs_before = self.runs_before + self.runs
        part.ended_us = self.ended_us
        return part


class RecordFailures:
    """Which records make the handler fail: poison always, each other one at random, by a coin of each of its runs."""

    def __init__(self, seed: int, trigger: str, function: str, poison: Poison | None) -> None:
        self._key = (seed, "record fails", trigger, function)
        self._coins: list[Draws[float]] = []
        self._poisoned = frozenset(poison.records) if poison is not None else frozenset()
        self._poison_rate = poison.rate if poison is not None else 0.0
        self._poison_coins: Draws[float] = Draws(seed, "poison", trigger, sample=uniforms)

    def of(self, records: Sequence[Record], run: int, rate: float) -> list[int]:
        """The places in the batch of those that fail in their ``run``-th run, in order; ``rate`` is the handler's."""
        failing: list[int] = []
        if not (rate or self._poison_rate or self._poisoned):
            return failing
        coins = self._coins_of(run) if rate else None
        for place, (_, event, *_) in enumerate(records):
            if (
                (coins is not None and coins.at(event) < rate)
                or event in self._poisoned
                or (self._poison_rate and self._poison_coins.at(event) < self._poison_rate)
            ):
                failing.append(place)
        return failing

    def _coins_of(self, run: int) -> Draws[float]:
        if run > KEPT_RUNS:
            return Draws(*self._key, run, sample=uniforms)
        while len(self._coins) < run:
            self._coins.append(Draws(*self._key, len(self._coins) + 1, sample=uniforms))
        return self._coins[run - 1]
