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
    """A concurrency that is counted: what is in flight, its limit, and its highest value in each minute."""

    __slots__ = ("in_flight", "limit", "peak", "peaks")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        self.peak = 0
        self.peaks: list[int] = []

    def close_minute(self) -> None:
        """Write down the peak of the minute that ends; the next one begins at what is in flight."""
        self.peaks.append(self.peak)
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

    def __init__(self, account: Account, region: str, functions: Sequence[Function], book: Book) -> None:
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
        self._minute_ends_us = US_PER_MINUTE
        self._account_rate = rate(account.concurrent_executions)
        regional = _regional_burst(region, book) if account.scaling == "regional_burst" else None
        self._scaling_reason = ThrottleReason[book.value("scaling/per_function/throttle_reason")]
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
        self, function: int, now_us: int, *, must_start: bool
    ) -> ThrottleReason | None:
        """Let one more run of ``function`` in, or say why not (AWS's Reason); a refusal charges nothing."""
        limits = self.functions[function]
        if limits.reserved:
            if limits.level.in_flight >= limits.level.limit:
                return ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
            if limits.rate is not None and not limits.rate.ready(now_us):
                return ThrottleReason.ReservedFunctionInvocationRateLimitExceeded
        elif self.unreserved.in_flight >= self.unreserved.limit:
            return ThrottleReason.ConcurrentInvocationLimitExceeded
        if must_start and not limits.scaling.ready(now_us):
            return self._scaling_reason
        if not self._account_rate.take(now_us):
            return ThrottleReason.FunctionInvocationRateLimitExceeded
        if limits.rate is not None:
            limits.rate.take(now_us)
        if must_start:
            limits.scaling.take(now_us)
        if now_us >= self._minute_ends_us:
            self._close_minutes(now_us)
        for level in limits.levels:
            level.in_flight += 1
            if level.in_flight > level.peak:
                level.peak = level.in_flight
        return None

    def release(self, function: int, now_us: int) -> None:
        """A run of ``function`` is over; one that ends as a minute begins has no part in that minute."""
        if now_us > self._minute_ends_us:
            self._close_minutes(now_us - 1)
        for level in self.functions[function].levels:
            level.in_flight -= 1

    def peaks(self, until_us: int) -> ConcurrencyPeaks:
        """The highest concurrency in each minute up to ``until_us``."""
        minutes = -(-until_us // US_PER_MINUTE)
        self._close_minutes(minutes * US_PER_MINUTE)

        def series(level: Level) -> NDArray[np.int64]:
            return np.array(level.peaks[:minutes], dtype=np.int64)

        return ConcurrencyPeaks(
            functions={index: series(limits.level) for index, limits in enumerate(self.functions)},
            account=series(self.account),
            unreserved=series(self.unreserved),
        )

    def _close_minutes(self, now_us: int) -> None:
        levels = dict.fromkeys((self.account, self.unreserved, *(limits.level for limits in self.functions)))
        while now_us >= self._minute_ends_us:
            for level in levels:
                level.close_minute()
            self._minute_ends_us += US_PER_MINUTE


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
