"""What stands between a synchronous caller and Lambda: rate limits, patience, and the status of each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.codes import FUNCTION_ERRORS, NO_STATUS, Outcome
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.triggers.retries import TIMED_OUT
from lambdasim.units import MAXIMUM_US, US_PER_S

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.triggers import ApiGatewayTrigger, SynchronousTrigger

OK = 200


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """How a trigger type answers: ``statuses`` by Outcome, and what happens to a call that takes too long.

    ``patience_us`` is how long the caller waits for one attempt; then it sees ``timeout_status``, while the
    function runs on. ``buckets`` are asked in order before Lambda is; an empty one rejects the call.
    """

    statuses: tuple[int, ...]
    patience_us: int = MAXIMUM_US
    timeout_status: int = TIMED_OUT
    buckets: tuple[TokenBucket, ...] = ()

    def opens(self, now_us: int) -> bool:
        """Take a token from every bucket, if all have one."""
        buckets = self.buckets
        if len(buckets) > 1:
            for bucket in buckets:
                if not bucket.ready(now_us):
                    return False
        for bucket in buckets:
            if not bucket.take(now_us):
                return False
        return True


def account_bucket(book: Book) -> TokenBucket:
    """API Gateway's limit for all APIs of an account and Region together."""
    return TokenBucket(
        book.value("quotas/account/api_gateway_burst"), book.value("quotas/account/api_gateway_rate") / US_PER_S
    )


def front_door(trigger: SynchronousTrigger, book: Book, account: TokenBucket) -> FrontDoor:
    """The front door of a trigger; ``account`` is the bucket that all APIs share."""
    if trigger.type == "api_gateway":
        return _api_gateway(trigger, book, account)
    kind = "direct" if trigger.type == "journey" else trigger.type
    return FrontDoor(_statuses(f"front_doors/{kind}", book), patience_us=trigger.client.read_timeout_us)


def _statuses(path: str, book: Book) -> tuple[int, ...]:
    """The status that the caller sees, by Outcome."""
    throttled = book.value(f"{path}/lambda_throttle_status")
    failed = book.value(f"{path}/function_error_status")
    by_outcome = {Outcome.SUCCESS: OK, Outcome.THROTTLED: throttled, Outcome.REJECTED: 429}
    by_outcome[Outcome.UNFINISHED] = NO_STATUS
    by_outcome[Outcome.START_FAILED] = book.value(f"{path}/start_failed_status")
    by_outcome |= dict.fromkeys(FUNCTION_ERRORS, failed)
    return tuple(by_outcome[outcome] for outcome in Outcome)


def _api_gateway(trigger: ApiGatewayTrigger, book: Book, account: TokenBucket) -> FrontDoor:
    path = f"front_doors/api_gateway/{trigger.api}"
    buckets = [account]
    if trigger.rate_per_us is not None:
        burst = trigger.burst if trigger.burst is not None else book.value("quotas/account/api_gateway_burst")
        buckets.insert(0, TokenBucket(burst, trigger.rate_per_us))
    timeout_us, status = trigger.integration_timeout_us, book.value(f"{path}/timeout_status")
    if trigger.client.read_timeout_us < timeout_us:
        timeout_us, status = trigger.client.read_timeout_us, TIMED_OUT
    return FrontDoor(_statuses(path, book), timeout_us, status, tuple(buckets))
