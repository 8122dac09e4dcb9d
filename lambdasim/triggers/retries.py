"""What an AWS SDK does when a call fails: the retry modes none, legacy, standard and adaptive.

Source: botocore (``retryhandler.py``, ``retries/standard.py``, ``retries/quota.py``, ``retries/adaptive.py``,
``retries/throttling.py``, ``retries/bucket.py``); every constant comes from the parameter book's ``sdk``.
One object stands for one client process, which has a retry budget of its own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.parameters.book import Book
    from lambdasim.service.clock import Clock

TIMED_OUT = 0  # the status of a call whose client stopped waiting


class RetryPolicy(Protocol):
    """How one client process behaves around each attempt."""

    def before_send(self, now_us: int) -> Event | None:
        """What the client waits for before it sends an attempt; ``None`` if it sends at once."""

    def after_failure(self, now_us: int, status: int, attempt: int, coin: float) -> int | None:
        """How long until the next attempt, in microseconds; ``None`` gives up. ``coin`` in [0, 1) is the jitter."""

    def after_success(self, now_us: int, attempt: int) -> None:
        """A call succeeded; ``attempt`` is how many it took."""


class Backoff:
    """The legacy mode: exponential backoff with full jitter, up to a number of attempts, without a budget.

    The delay after failed attempt n is ``U(0, 1) * base * 2^(n-1)``, cut at ``cap`` where there is one.
    """

    def __init__(self, _clock: Clock, book: Book, mode: str = "legacy") -> None:
        self.maximum_attempts: int = book.value(f"sdk/{mode}/maximum_attempts")
        self.base_us: float = book.value(f"sdk/{mode}/base_s") * US_PER_S
        cap_s = book.value(f"sdk/{mode}/cap_s")
        self.cap_us: float = math.inf if cap_s is None else cap_s * US_PER_S
        self.statuses = frozenset((TIMED_OUT, *book.value(f"sdk/{mode}/retried_statuses")))

    def before_send(self, now_us: int) -> Event | None:  # noqa: ARG002 - only the adaptive mode holds back
        """See ``RetryPolicy``."""
        return None

    def after_success(self, now_us: int, attempt: int) -> None:
        """See ``RetryPolicy``; the legacy mode keeps no count."""

    def after_failure(self, now_us: int, status: int, attempt: int, coin: float) -> int | None:  # noqa: ARG002
        """See ``RetryPolicy``."""
        if attempt >= self.maximum_attempts or status not in self.statuses:
            return None
        return round(coin * min(self.base_us * 2.0 ** (attempt - 1), self.cap_us))


class Standard(Backoff):
    """The standard mode: fewer attempts, and a budget of tokens that retries cost and successes give back."""

    def __init__(self, clock: Clock, book: Book) -> None:
        super().__init__(clock, book, "standard")
        self.capacity = self._budget = book.value("sdk/standard/quota_tokens")
        self.cost = book.value("sdk/standard/retry_cost")
        self.timeout_cost = book.value("sdk/standard/timeout_retry_cost")
        self.refund = book.value("sdk/standard/success_refund")
        self._last_cost = self.cost

    def after_failure(self, now_us: int, status: int, attempt: int, coin: float) -> int | None:
        """See ``RetryPolicy``."""
        delay_us = super().after_failure(now_us, status, attempt, coin)
        cost = self.timeout_cost if status == TIMED_OUT else self.cost
        if delay_us is None or cost > self._budget:
            return None
        self._budget -= cost
        self._last_cost = cost
        return delay_us

    def after_success(self, now_us: int, attempt: int) -> None:  # noqa: ARG002
        """See ``RetryPolicy``."""
        refund = self.refund if attempt == 1 else self._last_cost
        self._budget = min(self.capacity, self._budget + refund)


class Adaptive(Standard):
    """The adaptive mode: standard, and a sending rate that follows CUBIC once the client has been throttled.

    Calls that find no token wait in line; each change of the rate is felt by all that wait.
    """

    def __init__(self, clock: Clock, book: Book) -> None:
        super().__init__(clock, book)
        self._clock = clock
        self.beta = book.value("sdk/adaptive/beta")
        self.scale = book.value("sdk/adaptive/scale_constant")
        self.bucket_s = book.value("sdk/adaptive/measured_over_s")
        self.smoothing = book.value("sdk/adaptive/smoothing")
        self.minimum_rate: float = book.value("sdk/adaptive/minimum_rate_per_second")
        self.limit_over_measured = book.value("sdk/adaptive/maximum_over_measured")
        self._enabled = False
        self._rate = self.minimum_rate  # per second
        self._tokens = 0.0  # to send with
        self._refilled_us = 0
        self._line: deque[Event] = deque()
        self._timer: Event | None = None
        self._rate_at_throttle = 0.0
        self._throttled_at_s = 0.0
        self._measured = 0.0
        self._count = 0
        self._bucket_began_s = 0.0

    def before_send(self, now_us: int) -> Event | None:
        """See ``RetryPolicy``."""
        if not self._enabled:
            return None
        self._refill(now_us)
        if not self._line and self._tokens >= 1.0:
            self._tokens -= 1.0
            return None
        turn = self._clock.event()
        self._line.append(turn)
        self._serve(now_us)
        return turn

    def after_failure(self, now_us: int, status: int, attempt: int, coin: float) -> int | None:
        """See ``RetryPolicy``."""
        self._answered(now_us / US_PER_S, throttled=status == 429)
        return super().after_failure(now_us, status, attempt, coin)

    def after_success(self, now_us: int, attempt: int) -> None:
        """See ``RetryPolicy``."""
        self._answered(now_us / US_PER_S, throttled=False)
        super().after_success(now_us, attempt)

    def _answered(self, now_s: float, *, throttled: bool) -> None:
        """Measure the rate of answers, and set the sending rate by it."""
        self._measure(now_s)
        self._refill(round(now_s * US_PER_S))
        if throttled:
            rate = min(self._measured, self._rate) if self._enabled else self._measured
            self._rate_at_throttle, self._throttled_at_s = rate, now_s
            rate *= self.beta
            self._enabled = True
        else:
            recovery_s = (self._rate_at_throttle * (1 - self.beta) / self.scale) ** (1 / 3)
            elapsed_s = now_s - self._throttled_at_s
            rate = self.scale * (elapsed_s - recovery_s) ** 3 + self._rate_at_throttle
        self._rate = max(min(rate, self.limit_over_measured * self._measured), self.minimum_rate)
        self._serve(round(now_s * US_PER_S))

    def _refill(self, now_us: int) -> None:
        """The bucket holds what comes in a second, and one token at least."""
        gained = (now_us - self._refilled_us) / US_PER_S * self._rate if self._enabled else 0.0
        self._tokens = min(max(self._rate, 1.0), self._tokens + gained)
        self._refilled_us = now_us

    def _serve(self, now_us: int) -> None:
        """Let those go for whom there is a token, and come back when the next token is due."""
        self._refill(now_us)
        while self._line and self._tokens >= 1.0 - 1e-9:
            self._tokens -= 1.0
            self._line.popleft().succeed()
        self._timer = None  # one set at an earlier rate rings in vain
        if self._line:
            timer = self._clock.control(math.ceil((1.0 - self._tokens) / self._rate * US_PER_S))
            timer.callbacks.append(lambda rung: self._serve(self._clock.now) if rung is self._timer else None)
            self._timer = timer

    def _measure(self, now_s: float) -> None:
        """The rate of answers: counted in buckets of time, smoothed exponentially."""
        began_s = math.floor(now_s / self.bucket_s) * self.bucket_s
        self._count += 1
        if began_s > self._bucket_began_s:
            current = self._count / (began_s - self._bucket_began_s)
            self._measured = current * self.smoothing + self._measured * (1 - self.smoothing)
            self._count, self._bucket_began_s = 0, began_s


def retrying_clients(mode: str, clients: int, clock: Clock, book: Book) -> list[RetryPolicy]:
    """The ``clients`` client processes of a trigger, each with a budget of its own; none if nobody retries."""
    policies: dict[str, Callable[[Clock, Book], RetryPolicy]]
    policies = {"legacy": Backoff, "standard": Standard, "adaptive": Adaptive}
    return [policies[mode](clock, book) for _ in range(clients)] if mode in policies else []
