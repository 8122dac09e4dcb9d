"""Concurrency limits: who may start another run, and with which of AWS's reasons the others are refused.

Four limits stand in a row: reserved concurrency (a function's minimum and maximum), the unreserved pool that
all other functions share, requests per second (ten times the concurrency, at each level) and the rate at
which environments may be added. AWS does not document the order; concurrency is asked first here.

Provisioned concurrency is set aside, used or not: from its function's reserved concurrency if it has one, else from
the unreserved pool. Runs on it count for the function and the account, but take nothing of what is left for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import ThrottleReason
from lambdasim.records import ConcurrencyPeaks
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.units import US_PER_MINUTE, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lambdasim.parameters.book import Book
    from lambdasim.scenario.account import Account
    from lambdasim.scenario.functions import Function


class Level:
    """A concurrency that is counted: what is in flight, its limit, and its highest value in each minute.

    ``peak`` is the highest value since the last boundary: the end of a minute, or of the measured span.
    """

    __slots__ = ("_minute_peak", "in_flight", "limit", "measured_peak", "peak", "peaks")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        self.peak = 0
        self.peaks: list[int] = []
        self.measured_peak = 0
        self._minute_peak = 0

    def pass_boundary(self, *, measured: bool, minute_ends: bool) -> None:
        """Write down the peak of what ends here; what follows begins at what is in flight."""
        if measured:
            self.measured_peak = max(self.measured_peak, self.peak)
        self._minute_peak = max(self._minute_peak, self.peak)
        if minute_ends:
            self.peaks.append(self._minute_peak)
            self._minute_peak = 0
        self.peak = self.in_flight


class FunctionLimits:
    """The limits that runs of one kind meet: a function's on demand, or those on a version's provisioned concurrency.

    A run must fit into ``room``, or is refused with ``full``; it counts in each of ``levels``, of which the first is
    its own: the function's, or the provisioned concurrency's.
    """

    __slots__ = ("full", "level", "levels", "rate", "reserved", "room", "scaling")

    def __init__(
        self,
        levels: tuple[Level, ...],
        room: Level,
        full: ThrottleReason,
        rate: TokenBucket | None,
        scaling: TokenBucket,
        reserved: int | None = None,
    ) -> None:
        self.level = levels[0]
        self.levels = levels
        self.room = room
        self.full = full
        self.rate = rate
        self.scaling = scaling
        self.reserved = reserved  # the function's reserved concurrency


class ConcurrencyLimits:
    """All limits of one account in one Region; ``admit`` decides, and charges what it admits."""

    def __init__(
        self,
        account: Account,
        region: str,
        functions: Sequence[Function],
        book: Book,
        measured_us: tuple[int, int],
        *,
        reserving: bool = False,
    ) -> None:
        """``reserving``: whether ``set_reserved`` will be called."""
        self.per_concurrency: float = book.value("quotas/account/requests_per_second_per_concurrency")
        self.burst_s: float = book.value("scaling/requests_per_second_burst_s")
        reserved = [function.reserved_concurrent_executions for function in functions]
        self.account = self.unreserved = Level(account.concurrent_executions)
        self.set_aside = sum(r for r in reserved if r is not None)
        if reserving or any(r is not None for r in reserved) or any(function.is_provisioned for function in functions):
            self.unreserved = Level(account.concurrent_executions - self.set_aside)
        self.claimed = Level(account.concurrent_executions)
        self._measured_us = measured_us
        self.boundary_us = 0
        self._next_boundary()
        self.account_rate = self._rate(account.concurrent_executions)
        regional = None
        if account.scaling == "regional_burst":  # shared by all functions
            initial, per_minute = regional_burst(region, book)
            regional = TokenBucket(initial, per_minute / US_PER_MINUTE)
        self._book = book
        self.functions = [self._on_demand(function, regional or _per_function(book)) for function in functions]
        self._provisioned_of = [0] * len(functions)  # what each has claimed for provisioned concurrency
        self.provisioned: dict[int, FunctionLimits] = {}

    def _rate(self, concurrency: int) -> TokenBucket:
        """The limit on requests per second that goes with a concurrency."""
        per_second = self.per_concurrency * concurrency
        return TokenBucket(per_second * self.burst_s, per_second / US_PER_S)

    def _on_demand(self, function: Function, scaling: TokenBucket) -> FunctionLimits:
        """What runs of ``function`` meet that are not on provisioned concurrency."""
        reserved, pool = function.reserved_concurrent_executions, self.unreserved
        if reserved is None:
            levels = dict.fromkeys((Level(self.account.limit), self.account, pool))
            return FunctionLimits(tuple(levels), pool, ThrottleReason.ConcurrentInvocationLimitExceeded, None, scaling)
        own = Level(reserved)
        room = Level(reserved) if function.is_provisioned else own
        return FunctionLimits(
            tuple(dict.fromkeys((own, room, self.account))),
            room,
            ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded,
            self._rate(reserved) if reserved else None,
            scaling,
            reserved,
        )

    def provision(self, version: int, function: int) -> FunctionLimits:
        """What runs on the provisioned concurrency of ``version`` meet: their room is set aside by ``claim``."""
        limits = self.functions[function]
        own = Level(self.account.limit)
        self.provisioned[version] = FunctionLimits(
            (own, limits.level, self.account),
            self.account,
            ThrottleReason.ConcurrentInvocationLimitExceeded,
            limits.rate,
            limits.scaling,
        )
        return self.provisioned[version]

    def claimable(self, function: int) -> int:
        """How many more environments ``function`` may set aside: AWS keeps 100 of the quota from being provisioned."""
        room = self.functions[function].room
        if room is not self.unreserved:
            return room.limit
        return room.limit - self.unreserved_minimum

    @property
    def unreserved_minimum(self) -> int:
        """What AWS keeps of the quota from being set aside; asked only where it matters."""
        minimum: int = self._book.value("quotas/account/unreserved_minimum")
        return minimum

    def claim(self, function: int, environments: int, now_us: int) -> None:
        """Set aside so many more environments (below zero: fewer) for the provisioned concurrency of ``function``."""
        self._provisioned_of[function] += environments
        room = self.functions[function].room
        if room is self.unreserved:
            self.set_aside_more(environments, now_us)
        else:
            room.limit -= environments

    def set_aside_more(self, concurrency: int, now_us: int) -> None:
        """Take so much more (or less) from the unreserved pool; what was claimed until now stays true."""
        if now_us >= self.boundary_us:
            self._pass_boundaries(now_us)
        self._pass(self.boundary_us, (self.unreserved,), minute_ends=False)
        self.set_aside += concurrency
        self.unreserved.limit -= concurrency

    def set_quota(self, quota: int, now_us: int) -> None:
        """Another quota of the account from ``now_us`` on, and the requests per second that go with it."""
        more = quota - self.account.limit
        for level in dict.fromkeys((self.account, self.unreserved)):
            level.limit += more
        bucket = self._rate(quota)
        self.account_rate.resize(bucket.capacity, bucket.rate_per_us, now_us)

    def set_reserved(self, function: int, reserved: int | None, now_us: int) -> None:
        """Another reserved concurrency of ``function`` from ``now_us`` on, or none; no run ends for it.

        Its runs on demand leave the unreserved pool or join it, with all that they count for.
        """
        limits, provisioned = self.functions[function], self._provisioned_of[function]
        own = [other for other in self.provisioned.values() if limits.level in other.levels]
        on_demand = limits.level.in_flight - sum(other.level.in_flight for other in own)
        before = provisioned if limits.reserved is None else limits.reserved
        self.set_aside_more((provisioned if reserved is None else reserved) - before, now_us)
        self.unreserved.in_flight -= on_demand * ((limits.reserved is None) - (reserved is None))
        self.unreserved.peak = self.unreserved.in_flight
        limits.reserved = reserved
        if reserved is None:
            limits.room, limits.full = self.unreserved, ThrottleReason.ConcurrentInvocationLimitExceeded
        else:
            limits.room = Level(reserved - provisioned)
            limits.room.in_flight = on_demand
            limits.full = ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
        limits.levels = (limits.level, limits.room, self.account)
        self._set_rate(limits, reserved, now_us)
        for other in own:
            other.rate = limits.rate

    def _set_rate(self, limits: FunctionLimits, reserved: int | None, now_us: int) -> None:
        """The requests per second that go with a function's reserved concurrency."""
        bucket = self._rate(reserved) if reserved else None
        if bucket is not None and limits.rate is not None:
            limits.rate.resize(bucket.capacity, bucket.rate_per_us, now_us)
        else:
            limits.rate = bucket

    def admit(  # noqa: C901 - one rule after the other reads better than rules in hiding
        self, limits: FunctionLimits, now_us: int, *, must_start: bool, rate_limited: bool
    ) -> ThrottleReason | None:
        """Let one more run in that meets ``limits``, or say why not (AWS's Reason); a refusal charges nothing.

        The limits on requests per second are not for what Lambda's own event queue sends (``rate_limited`` false).
        """
        if limits.room.in_flight >= limits.room.limit:
            return limits.full
        if rate_limited and limits.rate is not None and not limits.rate.ready(now_us):
            return ThrottleReason.ReservedFunctionInvocationRateLimitExceeded
        if must_start and not limits.scaling.ready(now_us):
            return ThrottleReason[self._book.value("scaling/per_function/throttle_reason")]
        if rate_limited:
            if not self.account_rate.take(now_us):
                return ThrottleReason.FunctionInvocationRateLimitExceeded
            if limits.rate is not None:
                limits.rate.take(now_us)
        if must_start:
            limits.scaling.take(now_us)
        if now_us >= self.boundary_us:
            self._pass_boundaries(now_us)
        for level in limits.levels:
            level.in_flight += 1
            if level.in_flight > level.peak:
                level.peak = level.in_flight
        return None

    def withdraw(self, limits: FunctionLimits, now_us: int) -> None:
        """No environment could start for a run that was just let in: it is over, and has counted for an instant."""
        limits.scaling.give_back()
        self.release(limits, now_us)

    def release(self, limits: FunctionLimits, now_us: int) -> None:
        """A run that met ``limits`` is over; one that ends as a minute begins has no part in that minute."""
        if now_us > self.boundary_us:
            self._pass_boundaries(now_us - 1)
        for level in limits.levels:
            level.in_flight -= 1

    def peaks(self) -> ConcurrencyPeaks:
        """The highest concurrency in each minute up to the end of the measured span, and within that span."""
        minutes = -(-self._measured_us[1] // US_PER_MINUTE)
        self._pass_boundaries(minutes * US_PER_MINUTE)

        def series(level: Level) -> NDArray[np.int64]:
            return np.array(level.peaks[:minutes], dtype=np.int64)

        return ConcurrencyPeaks(
            functions={index: series(limits.level) for index, limits in enumerate(self.functions)},
            account=series(self.account),
            unreserved=series(self.unreserved),
            claimed=series(self.claimed),
            provisioned={version: series(limits.level) for version, limits in self.provisioned.items()},
            measured_functions={index: limits.level.measured_peak for index, limits in enumerate(self.functions)},
            measured_account=self.account.measured_peak,
            measured_unreserved=self.unreserved.measured_peak,
            measured_claimed=self.claimed.measured_peak,
            measured_provisioned={version: limits.level.measured_peak for version, limits in self.provisioned.items()},
        )

    def _pass_boundaries(self, now_us: int) -> None:
        limits = (*self.functions, *self.provisioned.values())
        levels = dict.fromkeys((self.account, self.unreserved, *(limit.level for limit in limits)))
        while now_us >= self.boundary_us:
            self._pass(self.boundary_us, (*levels, self.claimed), minute_ends=self.boundary_us % US_PER_MINUTE == 0)
            self._next_boundary()

    def _pass(self, boundary_us: int, levels: Iterable[Level], *, minute_ends: bool) -> None:
        """A boundary of ``levels``, which may be ahead of the one that ends the span they are in."""
        self.claimed.in_flight = self.set_aside + self.unreserved.in_flight
        self.claimed.peak = max(self.claimed.peak, self.set_aside + self.unreserved.peak)
        begins_us, ends_us = self._measured_us
        measured = begins_us < boundary_us <= ends_us
        for level in levels:
            level.pass_boundary(measured=measured, minute_ends=minute_ends)

    def _next_boundary(self) -> None:
        """The next end of a minute, or the begin or end of the measured span, whichever is first."""
        minute_us = (self.boundary_us // US_PER_MINUTE + 1) * US_PER_MINUTE
        self.boundary_us = min([minute_us, *(at_us for at_us in self._measured_us if at_us > self.boundary_us)])


def _per_function(book: Book) -> TokenBucket:
    """Since 2023-11: each function may add 1,000 environments per 10 s, refilled continuously."""
    return TokenBucket(
        book.value("scaling/per_function/burst"), book.value("scaling/per_function/refill_per_second") / US_PER_S
    )


def regional_burst(region: str, book: Book) -> tuple[int, float]:
    """The rule before 2023-11: environments that a Region adds at once, and those that it adds a minute after that."""
    path = f"scaling/regional_burst/initial/{region}"
    initial: int = book.value(path if book.has(path) else "scaling/regional_burst/initial_default")
    return initial, book.value("scaling/regional_burst/refill_per_minute")
