"""Asynchronous triggers as a user writes them: keys, defaults, and what AWS refuses."""

import pytest
from small_scenario import SMALL, complaints

from lambdasim.scenario.load import parse_scenario
from lambdasim.units import US_PER_MINUTE

CLOCK = "arrivals: {schedule: {expression: rate(5 minutes)}}"


def with_trigger(text):
    """The small scenario and one more trigger, ``x``."""
    return f"{SMALL}  x: {{{text}}}\n"


def trigger(text):
    return parse_scenario(with_trigger(text)).triggers["x"]


def complaint(text):
    (problem,) = complaints(with_trigger(text))
    return problem


def test_a_source_finds_lambdas_endpoint_open_unless_told_otherwise():
    source = trigger("type: s3, target: api")
    assert (source.endpoint.error_rate, source.endpoint.outages) == (0, ())
    troubled = trigger("type: s3, target: api, endpoint: {error_rate: 2%, outages: [{at: 10m, for: 5m}]}")
    (outage,) = troubled.endpoint.outages
    assert troubled.endpoint.error_rate == 0.02
    assert (outage.at_us, outage.for_us) == (10 * US_PER_MINUTE, 5 * US_PER_MINUTE)


@pytest.mark.parametrize(
    ("text", "sinks"),
    [
        ("type: sns, target: api", set()),
        ("type: sns, target: api, dead_letter_config: {target: discard-counted}", {"discard-counted"}),
        ("type: eventbridge, target: api, dead_letter_config: {target: discard-counted}", {"discard-counted"}),
        (f"type: schedule, target: api, {CLOCK}, dead_letter_config: {{target: discard-counted}}", {"discard-counted"}),
    ],
)
def test_a_source_names_where_it_keeps_what_it_gives_up(text, sinks):
    assert set(trigger(text).sinks.values()) == sinks
    assert all(path == ("dead_letter_config", "target") for path in trigger(text).sinks)


def test_defaults_are_those_of_aws():
    assert trigger("type: direct_async, target: api").client.retries == "legacy"
    rule = trigger("type: eventbridge, target: api")
    assert (rule.bus, rule.invocation_type) == ("classic", "EVENT")
    clock = trigger(f"type: schedule, target: api, {CLOCK}")
    assert (clock.service, clock.flexible_time_window_us) == ("scheduler", None)
    assert clock.retry_policy.maximum_retry_attempts is None


def test_several_functions_may_be_targets_of_a_topic_and_a_rule():
    for kind in ("sns", "eventbridge"):
        assert trigger(f"type: {kind}, targets: [api]").targets == ("api",)


@pytest.mark.parametrize("bounds", ["0", "185"])
def test_the_ends_of_the_range_of_retries_are_allowed(bounds):
    policy = f"retry_policy: {{maximum_retry_attempts: {bounds}, maximum_event_age_in_seconds: 60}}"
    assert trigger(f"type: eventbridge, target: api, {policy}").retry_policy.maximum_retry_attempts == int(bounds)


@pytest.mark.parametrize("window", ["1m", "1440m"])
def test_the_ends_of_the_range_of_windows_are_allowed(window):
    text = f"type: schedule, target: api, {CLOCK}, flexible_time_window: {window}"
    assert trigger(text).flexible_time_window_us == int(window[:-1]) * US_PER_MINUTE


@pytest.mark.parametrize(
    ("kind", "size"), [("direct_async", "1 MB"), ("s3", "1 MB"), ("sns", "256 KB"), ("eventbridge", "1 MB")]
)
def test_the_largest_payload_is_allowed_and_one_above_it_is_not(kind, size):
    assert trigger(f"type: {kind}, target: api, payload_size: {size}").payload_size_mb in (0.25, 1)
    larger = {"1 MB": "1.01 MB", "256 KB": "257 KB"}[size]
    message = complaint(f"type: {kind}, target: api, payload_size: {larger}")
    assert "triggers.x.payload_size: " in message
    assert f"MB is above {size}, the most that an event may have" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "type: sns, target: api, dead_letter_config: {target: nowhere}",
            "triggers.x.dead_letter_config.target: there is no trigger 'nowhere'",
        ),
        (
            "type: s3, target: api, dead_letter_config: {target: discard-counted}",
            "triggers.x.dead_letter_config: unknown key 'dead_letter_config'",
        ),
        (
            "type: eventbridge, target: api, invocation_type: REQUEST_RESPONSE",
            "triggers.x.invocation_type: only a custom bus waits for the function; write `bus: custom`",
        ),
        ("type: eventbridge, target: api, bus: new", "triggers.x.bus: "),
        (
            "type: eventbridge, target: api, retry_policy: {maximum_retry_attempts: 186}",
            "triggers.x.retry_policy.maximum_retry_attempts: 186 is outside 0 to 185",
        ),
        (
            "type: eventbridge, target: api, retry_policy: {maximum_event_age_in_seconds: 59}",
            "triggers.x.retry_policy.maximum_event_age_in_seconds: 59 is outside 60 to 86400 s",
        ),
        ("type: s3, target: api, endpoint: {error_rate: 200%}", "triggers.x.endpoint.error_rate: 200% is outside"),
        (
            "type: s3, target: api, endpoint: {outages: [{at: 1m, for: 0s}]}",
            "triggers.x.endpoint.outages[0].for: 0s must be above zero",
        ),
        (
            "type: schedule, target: api, arrivals: {poisson: {rate: 1/s}}",
            "triggers.x.arrivals: a schedule's events come by the clock",
        ),
        (
            f"type: schedule, target: api, {CLOCK[:-1]}, poisson: {{rate: 1/s}}}}",
            "triggers.x.arrivals: exactly one arrival process",
        ),
        (
            f"type: schedule, target: api, arrivals: {{sum: [{CLOCK[10:]}, {{constant: {{rate: 1/s}}}}]}}",
            "triggers.x.arrivals.sum[1]: a schedule's events come by the clock",
        ),
        (
            f"type: schedule, target: api, service: rule, {CLOCK[:-2]}, timezone: Europe/London}}}}",
            "triggers.x.arrivals.schedule.timezone: a scheduled rule knows UTC only",
        ),
        (
            f"type: schedule, target: api, {CLOCK}, service: rule, flexible_time_window: 5m",
            "triggers.x.flexible_time_window: only `service: scheduler` has flexible time windows",
        ),
        (
            f"type: schedule, target: api, {CLOCK}, flexible_time_window: 25h",
            "triggers.x.flexible_time_window: 1.04 d is outside 1 to 1440 minutes",
        ),
        (
            f"type: schedule, target: api, {CLOCK}, flexible_time_window: 30 s",
            "triggers.x.flexible_time_window: 30 s is outside 1 to 1440 minutes",
        ),
        (
            "type: schedule, target: api, arrivals: {schedule: {expression: cron(0 7 * * * *)}}",
            "triggers.x.arrivals.schedule: 'cron(0 7 * * * *)' is not a schedule AWS takes",
        ),
    ],
)
def test_what_aws_would_refuse_is_an_error_where_it_stands(text, message):
    assert message in complaint(text)


def test_a_schedule_has_one_target():
    assert "triggers.x.targets: unknown key 'targets'" in str(
        complaints(with_trigger(f"type: schedule, targets: [api], {CLOCK}"))
    )


def test_a_schedule_may_be_the_sum_of_several():
    both = "{sum: [{schedule: {expression: rate(1 hour)}}, {schedule: {expression: cron(0 7 * * ? *)}}, none]}"
    assert trigger(f"type: schedule, target: api, arrivals: {both}").service == "scheduler"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("type: direct_async, target: api", ["extra_requests"]),
        ("type: s3, target: api", ["extra_requests"]),
        ("type: sns, target: api", ["billed_publishes"]),
        ("type: eventbridge, target: api", ["billed_events", "extra_requests"]),
        (f"type: schedule, target: api, {CLOCK}", ["scheduled", "extra_requests"]),
        (f"type: schedule, target: api, service: rule, {CLOCK}", ["extra_requests"]),
    ],
)
def test_each_source_says_what_is_billed_for_it_at_a_price_that_the_book_has(text, items):
    billed = trigger(text).billed
    assert [item.count for item in billed] == items
    book = parse_scenario(SMALL).book
    assert all(book.has(f"prices/us-east-1/{item.price}") for item in billed)
