"""Concurrency limits: who may start another run, and with which of AWS's reasons the others are refused.

Four limits stand in a row: reserved concurrency (a function's minimum and maximum), the unreserved pool that
all other functions share, requests per second (ten times the concurrency, at each level) and the rate at
which environments may be added. AWS does not document the order; concurrency is asked first here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.records import ConcurrencyPeaks, ThrottleReason
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.units import US_PER_MINUTE, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """The limits that one function meets."""

    __slots__ = ("level", "levels", "rate", "reserved", "scaling")

    def __init__(
        self, levels: tuple[Level, ...], rate: TokenBucket | None, scaling: TokenBucket, *, reserved: bool
    ) -> None:
        self.level = levels[0]
        self.levels = levels  # all that count its runs: its own, and those it shares
        self.rate = rate
        self.scaling = scaling
        self.reserved = reserved


class ConcurrencyLimits:
    """All limits of one account in one Region; ``admit`` decides, and charges what it admits."""

    def __init__(
        self, account: Account, region: str, functions: Sequence[Function], book: Book, measured_us: tuple[int, int]
    ) -> None:
        per_concurrency = book.value("quotas/account/requests_per_second_per_concurrency")
        burst_s = book.value("scaling/requests_per_second_burst_s")

        def rate(concurrency: int) -> TokenBucket:
            per_second = per_concurrency * concurrency
            return TokenBucket(per_second * burst_s, per_second / US_PER_S)

        reserved = [function.reserved_concurrent_executions for function in functions]
        self.account = self.unreserved = Level(account.concurrent_executions)
        if any(r is not None for r in reserved):
            self.unreserved = Level(account.concurrent_executions - sum(r for r in reserved if r is not None))
        pool = (self.account,) if self.unreserved is self.account else (self.account, self.unreserved)
        self._measured_us = measured_us
        self._boundary_us = 0
        self._next_boundary()
        self._account_rate = rate(account.concurrent_executions)
        regional = _regional_burst(region, book) if account.scaling == "regional_burst" else None
        self._book = book
        self.functions = [
            FunctionLimits(
                (Level(account.concurrent_executions), *pool) if r is None else (Level(r), self.account),
                rate(r) if r else None,
                regional or _per_function(book),
                reserved=r is not None,
            )
            for r in reserved
        ]

    def admit(  # noqa: C901 - one rule after the other reads better than rules in hiding
        self, function: int, now_us: int, *, must_start: bool, rate_limited: bool
    ) -> ThrottleReason | None:
        """Let one more run of ``function`` in, or say why not (AWS's Reason); a refusal charges nothing.

        The limits on requests per second are not for what Lambda's own event queue sends (``rate_limited`` false).
        """
        limits = self.functions[function]
        if limits.reserved:
            if limits.level.in_flight >= limits.level.limit:
                return ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
            if rate_limited and limits.rate is not None and not limits.rate.ready(now_us):
                return ThrottleReason.ReservedFunctionInvocationRateLimitExceeded
        elif self.unreserved.in_flight >= self.unreserved.limit:
            return ThrottleReason.ConcurrentInvocationLimitExceeded
        if must_start and not limits.scaling.ready(now_us):
            return ThrottleReason[self._book.value("scaling/per_function/throttle_reason")]
        if rate_limited:
            if not self._account_rate.take(now_us):
                return ThrottleReason.FunctionInvocationRateLimitExceeded
            if limits.rate is not None:
                limits.rate.take(now_us)
        if must_start:
            limits.scaling.take(now_us)
        if now_us >= self._boundary_us:
            self._pass_boundaries(now_us)
        for level in limits.levels:
            level.in_flight += 1
            if level.in_flight > level.peak:
                level.peak = level.in_flight
        return None

    def release(self, function: int, now_us: int) -> None:
        """A run of ``function`` is over; one that ends as a minute begins has no part in that minute."""
        if now_us > self._boundary_us:
            self._pass_boundaries(now_us - 1)
        for level in self.functions[function].levels:
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
            measured_functions={index: limits.level.measured_peak for index, limits in enumerate(self.functions)},
            measured_account=self.account.measured_peak,
            measured_unreserved=self.unreserved.measured_peak,
        )

    def _pass_boundaries(self, now_us: int) -> None:
        levels = dict.fromkeys((self.account, self.unreserved, *(limits.level for limits in self.functions)))
        begins_us, ends_us = self._measured_us
        while now_us >= self._boundary_us:
            measured = begins_us < self._boundary_us <= ends_us
            for level in levels:
                level.pass_boundary(measured=measured, minute_ends=self._boundary_us % US_PER_MINUTE == 0)
            self._next_boundary()

    def _next_boundary(self) -> None:
        """The next end of a minute, or the begin or end of the measured span, whichever is first."""
        minute_us = (self._boundary_us // US_PER_MINUTE + 1) * US_PER_MINUTE
        self._boundary_us = min([minute_us, *(at_us for at_us in self._measured_us if at_us > self._boundary_us)])


def _per_function(book: Book) -> TokenBucket:
    """Since 2023-11: each function may add 1,000 environments per 10 s, refilled continuously."""
    return TokenBucket(
        book.value("scaling/per_function/burst"), book.value("scaling/per_function/refill_per_second") / US_PER_S
    )


def _regional_burst(region: str, book: Book) -> TokenBucket:
    """Before 2023-11: an initial burst by Region, then 500 a minute, shared by all functions."""
    path = f"scaling/regional_burst/initial/{region}"
    initial = book.value(path if book.has(path) else "scaling/regional_burst/initial_default")
    return TokenBucket(initial, book.value("scaling/regional_burst/refill_per_minute") / US_PER_MINUTE)
