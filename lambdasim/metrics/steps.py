"""The account's concurrency step by step: of parts that ran apart, what it was together, and what it would have met.

A run that is let in is a step up when it is sent, and a step down when it ends. In one instant what ends goes before
what arrives. Where that does not order two parts (retries come among the ends, journeys go on there, a run of no
length ends after it arrives), the highest and the lowest order are both looked at, and nothing is claimed if they
differ.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Capacity, Outcome
from lambdasim.header import Family, Header
from lambdasim.metrics.measures import ran, unfinished, whole
from lambdasim.metrics.meters import triggers_of
from lambdasim.records import Columns
from lambdasim.units import US_PER_MINUTE

Steps = NDArray[np.uint32]
_BITS = 3  # of a step's kind, below its time
_OUTSIDE, _ODD, _UP = 1, 2, 4
_KIND = (1 << _BITS) - 1
_HIGHEST = np.array([1, 3, 2, 0])  # by kind >> 1: odd steps up, then down, then up, then odd steps down


@dataclass(frozen=True, slots=True)
class StepLog:
    """Steps in order of time, each as its microsecond within its minute x 8 + its kind.

    Those of minute m stand at ``begins[m]`` to ``begins[m + 1]``. A kind is the sum of 4 for a step up, 2 for one that
    is out of order within its instant, 1 for one that takes nothing of the unreserved pool.
    """

    begins: NDArray[np.int64]
    steps: Steps

    def of(self, minute: int) -> Steps:
        """The steps of one minute."""
        return self.steps[self.begins[minute] : self.begins[minute + 1]] if minute + 1 < self.begins.size else _NONE


_NONE = np.empty(0, dtype=np.uint32)


class StepCollector:
    """Takes the steps from the invocation log, a chunk at a time; some 16 bytes an invocation.

    ``pooled`` functions run on the unreserved pool; what ``unordered`` triggers send may come among the ends of an
    instant; both by name.
    """

    def __init__(self, header: Header, pooled: Container[str], unordered: Container[str]) -> None:
        self._pooled = np.array([function.name in pooled for function in header.functions], dtype=np.bool_)
        self._unordered = np.array([trigger.name in unordered for trigger in header.triggers], dtype=np.bool_)
        self._called = triggers_of(header, Family.SYNCHRONOUS)
        self._apis = np.array([trigger.kind == "api_gateway" for trigger in header.triggers], dtype=np.bool_)
        self._steps: list[NDArray[np.int64]] = []
        self._doors: list[NDArray[np.int64]] = []

    def add(self, chunk: Columns) -> None:
        """Take what a chunk of the invocation log tells."""
        trigger, invoked_us = whole(chunk, "trigger"), whole(chunk, "invoked_us")
        opened = self._apis[trigger] & (whole(chunk, "outcome") != Outcome.REJECTED)
        self._doors.append(invoked_us[opened] << _BITS)
        rows = ran(chunk) | unfinished(chunk)
        trigger, invoked_us, ended_us = trigger[rows], invoked_us[rows], whole(chunk, "ended_us")[rows]
        provisioned = whole(chunk, "capacity")[rows] == Capacity.PROVISIONED
        outside = ~self._pooled[whole(chunk, "function")[rows]] | provisioned
        again = (whole(chunk, "attempt")[rows] > 1) | (whole(chunk, "arrived_us")[rows] != invoked_us)
        odd = self._unordered[trigger] | (self._called[trigger] & again)
        self._steps.append((invoked_us << _BITS) + _UP + _ODD * odd + _OUTSIDE * outside)
        down = (ended_us << _BITS) + _ODD * (ended_us == invoked_us) + _OUTSIDE * outside
        self._steps.append(down[ended_us >= 0])

    def steps(self) -> StepLog:
        """All steps."""
        return _logged(self._steps)

    def doors(self) -> StepLog:
        """All calls that API Gateway let through."""
        return _logged(self._doors)


def _logged(keys: list[NDArray[np.int64]]) -> StepLog:
    together = np.sort(np.concatenate(keys), kind="stable") if keys else np.empty(0, dtype=np.int64)
    keys.clear()
    minutes, steps = np.divmod(together, US_PER_MINUTE << _BITS)
    last = int(minutes[-1]) if minutes.size else -1
    return StepLog(np.searchsorted(minutes, np.arange(last + 2)), steps.astype(np.uint32))


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket's limit: it holds ``capacity`` tokens, and gains ``per_us`` a microsecond."""

    capacity: float
    per_us: float


@dataclass(frozen=True, slots=True)
class Together:
    """The account's concurrency, of all parts: by minute up to the end of the measured span, and within that span.

    ``doubts`` say why none of it may be so, and why limits may have bound; all is proven if there are none.
    """

    account: NDArray[np.int64]
    pool: NDArray[np.int64]
    measured_account: int
    measured_pool: int
    doubts: tuple[str, ...]


def put_together(
    parts: Sequence[StepLog], doors: Sequence[StepLog], header: Header, *, pool: int, requests: Rate, api: Rate
) -> Together:
    """What parts that ran apart come to together, and whether the account would have refused any of it.

    It would not have if the ``pool`` of unreserved concurrency was never exceeded, and if neither bucket (the account's
    ``requests`` per second, ``api`` Gateway's) was ever empty: then each was let in alone exactly if it would have been
    let in among all. All that is let in counts as a request, though Lambda's event queue needs no token for its.
    """
    replay = _Replay(header)
    asked, opened = _Bucket(requests), _Bucket(api)
    for minute in range(max([replay.minutes, *(log.begins.size - 1 for log in (*parts, *doors))])):
        steps = _merged(parts, minute)
        replay.take(minute, steps)
        asked.take((steps[steps & _UP > 0] >> _BITS).astype(np.int64))
        opened.take((_merged(doors, minute) >> _BITS).astype(np.int64))
    doubts = {
        f"up to {replay.most:,} would run at once on an unreserved concurrency of {pool:,}": replay.most > pool,
        "the account's requests per second may have been too few": asked.ran_dry,
        "API Gateway's requests per second may have been too few": opened.ran_dry,
        "several functions did something in one instant, in an order that decides a peak": replay.ambiguous,
    }
    (account, unreserved), (measured_account, measured_pool) = replay.peaks.T, replay.measured.tolist()
    reasons = tuple(text for text, holds in doubts.items() if holds)
    return Together(account, unreserved, measured_account, measured_pool, reasons)


class _Replay:
    """The account's concurrency and its pool's, minute by minute; ``peaks`` has shape (minutes, 2)."""

    def __init__(self, header: Header) -> None:
        self.minutes = -(-header.duration_us // US_PER_MINUTE)
        self.peaks = np.zeros((self.minutes, 2), dtype=np.int64)
        self.measured = np.zeros(2, dtype=np.int64)
        self.most = 0  # in the pool at any time, in whatever order
        self.ambiguous = False
        self._edges_us = (header.warm_up_us, header.duration_us)
        self._level = np.zeros(2, dtype=np.int64)

    def take(self, minute: int, steps: Steps) -> None:
        """The next minute, all parts together."""
        began_us = minute * US_PER_MINUTE
        within = [at_us - began_us for at_us in self._edges_us if began_us < at_us < began_us + US_PER_MINUTE]
        begins = sorted({0, *within})
        peaks = highest = _peaks(steps, self._level, begins)
        if np.any(steps & _ODD):
            highest = _peaks(_reordered(steps), self._level, begins)
        self.most = max(self.most, int(highest[:, 1].max()))
        if minute < self.minutes:
            self.peaks[minute] = peaks.max(axis=0)
            self.ambiguous |= bool((highest != peaks).any()) or _odd_at(steps, begins)
        for begin, peak in zip(begins, peaks, strict=True):
            if self._edges_us[0] <= began_us + begin < self._edges_us[1]:
                self.measured = np.maximum(self.measured, peak)
        self._level = self._level + _deltas(steps).sum(axis=0)


def _merged(logs: Sequence[StepLog], minute: int) -> Steps:
    """The steps of all logs in a minute, in order."""
    return np.sort(np.concatenate([_NONE, *(log.of(minute) for log in logs)]), kind="stable")


def _deltas(steps: Steps) -> NDArray[np.int64]:
    """Up or down, of the account and of the unreserved pool: shape (steps, 2)."""
    up = np.where(steps & _UP, 1, -1)
    return np.stack([up, np.where(steps & _OUTSIDE, 0, up)], axis=1)


def _peaks(steps: Steps, level: NDArray[np.int64], begins: Sequence[int]) -> NDArray[np.int64]:
    """The highest account's and pool's concurrency from each of ``begins`` (microseconds in the minute) to the next.

    ``level``: before the minute. What ends as a span begins has no part in it. Shape (begins, 2).
    """
    path = np.concatenate([level[None, :], level + np.cumsum(_deltas(steps), axis=0)])
    at_us = steps >> _BITS
    firsts = [int(np.searchsorted(at_us, begin)) for begin in begins]
    peaks = []
    for begin, first, last in zip(begins, firsts, [*firsts[1:], steps.size], strict=True):
        ends = (at_us[first:last] == begin) & (steps[first:last] & _UP == 0)
        peaks.append(path[first + int(np.argmin(np.append(ends, False))) : last + 1].max(axis=0))
    return np.array(peaks)


def _reordered(steps: Steps) -> Steps:
    """The order that brings the highest concurrency: in each instant odd steps up come first, odd ones down last."""
    rank = (steps >> _BITS << 2).astype(np.int64) + _HIGHEST[steps >> 1 & 3]
    return steps[np.argsort(rank, kind="stable")]


def _odd_at(steps: Steps, instants: Sequence[int]) -> bool:
    """Whether at one of these instants something that is out of order is let in while something ends."""
    for instant in instants:
        kinds = steps[steps >> _BITS == instant] & _KIND
        if np.any(kinds & (_UP | _ODD) == _UP | _ODD) and np.any(kinds & _UP == 0):
            return True
    return False


class _Bucket:
    """How much of a token bucket is used: what takes a token adds one, and time takes them away."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._used = 0.0
        self.ran_dry = False

    def take(self, at_us: NDArray[np.int64]) -> None:
        """A minute in which tokens are taken at these times (microseconds in the minute, in order).

        After the i-th, with r the refill, there are in use: max over j <= i of i - j + 1 - r (t(i) - t(j)), or what was
        in use before the minute and i, less the refill since, if that is more.
        """
        if at_us.size:
            taken, refilled = np.arange(at_us.size), self._rate.per_us * at_us
            since = np.maximum(self._used, np.maximum.accumulate(refilled - taken))
            used = taken + 1 - refilled + since
            self.ran_dry |= float(used.max()) > self._rate.capacity - 1  # a token to spare, for rounding
            self._used = float(used[-1]) + self._rate.per_us * float(at_us[-1])
        self._used = max(0.0, self._used - self._rate.per_us * US_PER_MINUTE)
