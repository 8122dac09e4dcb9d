"""Entries of the parameter book that generated worlds replace: so that limits bind, and times are round and meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.kernel.paces import pick

_EVENTS = "triggers/asynchronous"
_QUEUE = f"{_EVENTS}/event_queue"

ALWAYS = {
    "quotas/account/unreserved_minimum": 0,
    f"{_QUEUE}/maximum_event_age_in_seconds/minimum": 1,
    f"{_QUEUE}/maximum_retry_attempts/maximum": 9,
    "provisioned/autoscaling/scale_out_points": 1,
    "provisioned/autoscaling/scale_in_points": 2,
    "provisioned/autoscaling/metric_delay_s": 1,
    "provisioned/preparation": "1 s",
}
ROUND = {  # with these, what follows on an event comes at a whole second
    "cold_starts/platform_overhead": "0 s",
    f"{_QUEUE}/hop": "0 s",
    f"{_QUEUE}/throttle_backoff/jitter": "0%",
    f"{_EVENTS}/s3/delay": "0 s",
    f"{_EVENTS}/sns/delay": "0 s",
    f"{_EVENTS}/eventbridge/delay": "0 s",
    f"{_EVENTS}/schedule/scheduler/precision": "0 s",
    f"{_EVENTS}/schedule/rule/precision": "0 s",
}
BINDING = (  # limits that bind, in places where little else does
    {},
    {"scaling/per_function/burst": 1, "scaling/per_function/refill_per_second": 1},
    {"scaling/per_function/burst": 3, "scaling/per_function/refill_per_second": 0.3},
    {
        "scaling/per_function/burst": 1,
        "scaling/per_function/refill_per_second": 0.1,
        "scaling/per_function/throttle_reason": "CallerRateLimitExceeded",
    },
    {"scaling/regional_burst/initial/us-east-1": 4, "scaling/regional_burst/refill_per_minute": 60},
    {"quotas/account/requests_per_second_per_concurrency": 0.3},
    {"quotas/account/requests_per_second_per_concurrency": 1, "scaling/requests_per_second_burst_s": 0.5},
    {"quotas/account/requests_per_second_per_concurrency": 0.02, "scaling/requests_per_second_burst_s": 60},
)
STARTS = (
    ("cold_starts/platform_overhead", "1 s"),
    ("cold_starts/platform_overhead", {"uniform": {"low": "0 s", "high": "2 s"}}),
    ("quotas/function/init_timeout_s", 1),
    ("billing/failed_init_billed", True),
)
CALLERS = (
    ("quotas/account/api_gateway_burst", 3),
    ("quotas/account/api_gateway_rate", 1),
    ("sdk/legacy/base_s", 0),
    ("sdk/legacy/maximum_attempts", 12),
    ("sdk/legacy/retried_statuses", [429]),
    ("sdk/standard/base_s", 0),
    ("sdk/standard/quota_tokens", 12),
    ("sdk/standard/maximum_attempts", 8),
    ("sdk/standard/success_refund", 3),
    ("sdk/adaptive/minimum_rate_per_second", 4),
)
EVENTS = (
    (f"{_QUEUE}/duplicated", "30%"),
    (f"{_QUEUE}/duplicated", "100%"),
    (f"{_QUEUE}/function_error_waits_s", [1, 2]),
    (f"{_QUEUE}/function_error_waits_s", [0]),
    (f"{_QUEUE}/function_error_waits_s", []),
    (f"{_QUEUE}/throttle_backoff/first_s", 0.5),
    (f"{_QUEUE}/throttle_backoff/cap_s", 60),
    (f"{_QUEUE}/throttle_backoff/factor", 3),
    (f"{_QUEUE}/hop", "1 s"),
    (f"{_EVENTS}/s3/delay", "500 ms"),
    (f"{_EVENTS}/eventbridge/invocations_per_second/us-east-1", 1),
    (f"{_EVENTS}/eventbridge/invocations_burst_s", 3),
)
PROVISIONED = (
    ("provisioned/preparation", "0 s"),
    ("provisioned/preparation", {"uniform": {"low": "1 s", "high": "9 s"}}),
    ("provisioned/preparation", "1m"),
    ("provisioned/allocation_per_minute", 60),
    ("provisioned/allocation_per_minute", 20),
    ("provisioned/autoscaling/metric_delay_s", 0),
    ("provisioned/autoscaling/metric_delay_s", 60),
    ("provisioned/autoscaling/scale_out_points", 3),
    ("provisioned/autoscaling/scale_in_points", 1),
    ("provisioned/autoscaling/scale_in_largest_step", 0.5),
)


def _some(entries: tuple[tuple[str, Any], ...], most: int) -> st.SearchStrategy[list[tuple[str, Any]]]:
    return st.lists(pick(entries), max_size=most)


_STARTS, _CALLERS, _EVENT_QUEUE, _PROVISIONED = (
    _some(entries, most) for entries, most in ((STARTS, 2), (CALLERS, 2), (EVENTS, 4), (PROVISIONED, 3))
)
_BINDING = pick(BINDING)
_ROUND = st.booleans()


@st.composite
def overrides(draw: st.DrawFn, *, even: bool, callers: bool, events: bool, provisioned: bool) -> dict[str, Any]:
    """What a world's ``parameters`` say; only of what it has: callers, events, provisioned concurrency."""
    chosen = draw(_STARTS)
    if callers:
        chosen = [*chosen, *draw(_CALLERS)]
    if events:
        chosen = [*chosen, *draw(_EVENT_QUEUE)]
    if provisioned:
        chosen = [*chosen, *draw(_PROVISIONED)]
    return {**ALWAYS, **(ROUND if even or draw(_ROUND) else {}), **draw(_BINDING), **dict(chosen)}
