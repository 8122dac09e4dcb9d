"""How a source tries again when Lambda's endpoint refuses an event: SNS's four phases, backoff, or an SDK's retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lambdasim.scenario.asynchronous_triggers import (
    DirectAsyncTrigger,
    EventBridgeTrigger,
    ScheduleTrigger,
    SnsTrigger,
)
from lambdasim.triggers.backoff import Backoff, jittered_us
from lambdasim.triggers.retries import retrying_clients
from lambdasim.units import MAXIMUM_US, US_PER_S, parse_fraction

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.asynchronous_triggers import AsynchronousTrigger, RetryPolicy
    from lambdasim.service.clock import Clock

_BOOK = "triggers/asynchronous"


class SourceRetries(Protocol):
    """What a source does about an event that was refused.

    ``maximum_age_us``: how long after the first try it still tries.
    """

    maximum_age_us: int

    def wait_us(self, event: int, tries: int, now_us: int, coin: float) -> int | None:
        """How long until the next try, after ``tries`` failed ones; None gives up. ``coin`` in [0, 1) is the jitter."""

    def delivered(self, event: int, tries: int, now_us: int) -> None:
        """Lambda took the event at the ``tries``-th try."""


class BackoffRetries:
    """EventBridge, Scheduler and S3: exponential backoff, up to a number of retries or an age."""

    def __init__(self, book: Book, maximum_retries: int, maximum_age_s: float) -> None:
        self.maximum_age_us = round(maximum_age_s * US_PER_S)
        self._maximum_retries = maximum_retries
        self._backoff = Backoff(f"{_BOOK}/backoff", book)

    def wait_us(self, event: int, tries: int, now_us: int, coin: float) -> int | None:  # noqa: ARG002
        """See ``SourceRetries``."""
        return None if tries > self._maximum_retries else self._backoff.wait_us(tries, coin)

    def delivered(self, event: int, tries: int, now_us: int) -> None:
        """See ``SourceRetries``; it keeps no count."""


class PhasedRetries:
    """SNS: at once, then twice a second apart, then exponentially, then every 20 seconds, for 23 days.

    Source: Amazon SNS developer guide, sns-message-delivery-retries.
    """

    def __init__(self, book: Book) -> None:
        def value(name: str) -> float:
            number: float = book.value(f"{_BOOK}/sns/retries/{name}")
            return number

        first, last, count = value("backoff_first_s"), value("backoff_last_s"), round(value("backoff"))
        growth = (last / first) ** (1 / max(count - 1, 1)) if first else 1.0
        self.maximum_age_us = MAXIMUM_US
        self._waits_us = [
            wait_s * US_PER_S
            for wait_s in (
                *[0.0] * round(value("immediate")),
                *[value("before_backoff_wait_s")] * round(value("before_backoff")),
                *(first * growth**n for n in range(count)),
            )
        ]
        self._maximum_retries = len(self._waits_us) + round(value("after_backoff"))
        self._last_wait_us = value("after_backoff_wait_s") * US_PER_S
        self._jitter = parse_fraction(book.value(f"{_BOOK}/sns/retries/jitter"))

    def wait_us(self, event: int, tries: int, now_us: int, coin: float) -> int | None:  # noqa: ARG002
        """See ``SourceRetries``."""
        if tries > self._maximum_retries:
            return None
        wait_us = self._waits_us[tries - 1] if tries <= len(self._waits_us) else self._last_wait_us
        return jittered_us(wait_us, self._jitter, coin)

    def delivered(self, event: int, tries: int, now_us: int) -> None:
        """See ``SourceRetries``; it keeps no count."""


class SdkRetries:
    """A caller's SDK, which sees the status of each refusal."""

    def __init__(self, mode: str, clients: int, clock: Clock, book: Book) -> None:
        self.maximum_age_us = MAXIMUM_US
        self._clients = retrying_clients(mode, clients, clock, book)
        self._status: int = book.value(f"{_BOOK}/endpoint/refusal_status")

    def wait_us(self, event: int, tries: int, now_us: int, coin: float) -> int | None:
        """See ``SourceRetries``; without retries, what is refused is lost at once."""
        if not self._clients:
            return None
        client = self._clients[event % len(self._clients)]
        return client.after_failure(now_us, self._status, tries, coin)

    def delivered(self, event: int, tries: int, now_us: int) -> None:
        """See ``SourceRetries``; it refills the client's retry budget."""
        if self._clients:
            self._clients[event % len(self._clients)].after_success(now_us, tries)


def source_retries(trigger: AsynchronousTrigger, clock: Clock, book: Book) -> SourceRetries:
    """How the source of a trigger tries again."""
    if isinstance(trigger, DirectAsyncTrigger):
        return SdkRetries(trigger.client.retries, trigger.client.clients, clock, book)
    if isinstance(trigger, SnsTrigger):
        return PhasedRetries(book)
    if isinstance(trigger, EventBridgeTrigger | ScheduleTrigger):
        path = "eventbridge/custom" if isinstance(trigger, EventBridgeTrigger) and trigger.bus == "custom" else ""
        return BackoffRetries(book, *_limits(trigger.retry_policy, path, book))
    return BackoffRetries(book, MAXIMUM_US, book.value(f"{_BOOK}/s3/maximum_event_age_in_seconds"))


def _limits(policy: RetryPolicy, own: str, book: Book) -> tuple[int, int]:
    """The most retries, and the greatest age in seconds: as the policy says, or as is the service's own."""

    def default(name: str) -> int:
        number: int = book.value(f"{_BOOK}/{own}/{name}" if own else f"{_BOOK}/retry_policy/{name}/default")
        return number

    retries, age_s = policy.maximum_retry_attempts, policy.maximum_event_age_in_seconds
    return (
        default("maximum_retry_attempts") if retries is None else retries,
        default("maximum_event_age_in_seconds") if age_s is None else age_s,
    )
