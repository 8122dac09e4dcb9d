import math

import pytest
from bills import GB_SECOND_US, REQUEST_USD, X86_USD, bill, function, items, trigger
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.errors import ParameterError
from lambdasim.parameters.book import load_book
from lambdasim.units import US_PER_HOUR, US_PER_MINUTE

MILLION, BILLION = 1_000_000, 1_000_000_000
QUEUE = trigger("queue", requests="services/sqs/standard")
FIFO = trigger("fifo", requests="services/sqs/fifo")
STREAM = trigger("stream", shard_hours="services/kinesis/shard_hour")
API = trigger("api", accepted="services/api_gateway/rest")
LARGE = trigger("large", further_requests="requests")
POLLERS = trigger("queue", requests="services/sqs/standard", poller_hours="event_poller_units/sqs")


def usd(made):
    return pytest.approx(made, rel=1e-12)


def test_a_million_requests_of_a_queue_cost_40_cents():
    made = bill({}, {QUEUE: {"requests": MILLION}})
    assert items(made, "queue", by="trigger") == {"requests of it": (MILLION, usd(0.40))}
    assert made.total_usd == usd(0.40)


def test_five_long_pollers_of_an_idle_queue_cost_26_cents_a_month():
    """15 empty receives a minute: 657,000 in a month of 730 hours, 648,000 in one of 30 days."""
    assert bill({}, {QUEUE: {"requests": 15}}, span_us=US_PER_MINUTE).month_usd == usd(15 * 60 * 730 * 0.40e-6)
    assert bill({}, {QUEUE: {"requests": 648_000}}).total_usd == usd(0.2592)


def test_provisioned_pollers_are_paid_by_the_hour_beside_their_requests():
    made = bill({}, {POLLERS: {"requests": MILLION, "poller_hours": 2 * 730}})
    assert items(made, "queue", by="trigger")["poller_hours of it"] == (2 * 730, usd(13.505))
    assert made.total_usd == usd(13.505 + 0.40)


def test_two_shards_cost_22_dollars_a_month_however_short_the_run():
    for hours in (730, 1):
        made = bill({}, {STREAM: {"shard_hours": 2 * hours}}, span_us=hours * US_PER_HOUR)
        assert made.month_usd == usd(2 * 730 * 0.015)
        assert made.total_usd == usd(2 * hours * 0.015)


def test_tiers_are_of_the_month_though_the_span_is_an_hour():
    made = bill({}, {API: {"accepted": 500_000}}, span_us=US_PER_HOUR)  # 365 M a month
    assert made.month_usd == usd(333 * 3.50 + 32 * 2.80)


def test_triggers_of_one_price_share_its_tiers_by_what_they_use():
    other = trigger("other", accepted="services/api_gateway/rest")
    made = bill({}, {API: {"accepted": 250 * MILLION}, other: {"accepted": 750 * MILLION}})
    month_usd = 333 * 3.50 + 667 * 2.80
    assert items(made, "api", by="trigger")["accepted of it"][1] == usd(month_usd / 4)
    assert items(made, "other", by="trigger")["accepted of it"][1] == usd(month_usd * 3 / 4)


def test_a_trigger_that_used_nothing_has_no_lines():
    made = bill({}, {QUEUE: {"requests": 0}, STREAM: {"shard_hours": 1}}, free_tier=True)
    assert made.by_trigger().keys() == {"stream"}


def test_what_a_trigger_counts_besides_is_not_billed():
    assert bill({}, {QUEUE: {"requests": 0, "empty_receives": MILLION}}).lines == ()


def test_a_million_requests_of_all_queues_together_are_free():
    made = bill({}, {QUEUE: {"requests": 3 * MILLION}, FIFO: {"requests": MILLION}}, free_tier=True)
    assert items(made, "queue", by="trigger")["free tier: requests of it"] == (usd(750_000), usd(-0.30))
    assert items(made, "fifo", by="trigger")["free tier: requests of it"] == (usd(250_000), usd(-0.125))
    assert made.total_usd == usd(2.25 * 0.40 + 0.75 * 0.50)


def test_free_requests_come_off_the_last_tier_that_the_month_reaches():
    made = bill({}, {QUEUE: {"requests": 100 * BILLION + MILLION}}, free_tier=True)
    assert made.total_usd == usd(40_000)


def test_fourteen_million_schedules_and_a_million_publishes_are_free():
    clock = trigger("clock", events="services/eventbridge/scheduler")
    topic = trigger("topic", publishes="services/sns/standard_publish")
    made = bill({}, {clock: {"events": 15 * MILLION}, topic: {"publishes": 3 * MILLION}}, free_tier=True)
    assert math.fsum(line.usd for line in made.by_trigger()["clock"]) == usd(1.00)
    assert math.fsum(line.usd for line in made.by_trigger()["topic"]) == usd(1.00)
    small = bill({}, {clock: {"events": 14 * MILLION}, topic: {"publishes": 1}}, free_tier=True)
    assert small.total_usd == pytest.approx(0, abs=1e-12)


def test_nothing_of_api_gateway_or_kinesis_is_free():
    used = {API: {"accepted": MILLION}, STREAM: {"shard_hours": 730}}
    assert bill({}, used, free_tier=True) == bill({}, used)


def test_requests_that_lambda_counts_for_large_events_share_the_functions_million():
    made = bill({function("f"): (3 * MILLION, 0)}, {LARGE: {"further_requests": MILLION}}, free_tier=True)
    assert items(made, "f")["free tier: requests"] == (usd(750_000), usd(-0.15))
    assert items(made, "large", by="trigger")["free tier: further_requests of it"] == (usd(250_000), usd(-0.05))
    assert made.total_usd == usd(3 * 0.20)


def test_functions_come_first_then_triggers_in_the_headers_order_though_they_share_names():
    used = {function("b"): (1, GB_SECOND_US), function("a"): (1, GB_SECOND_US)}
    same = trigger("a", requests="services/sqs/standard")
    made = bill(used, {STREAM: {"shard_hours": 1}, same: {"requests": 1}})
    owners = list(dict.fromkeys((line.kind, line.owner) for line in made.lines))
    assert owners == [("function", "b"), ("function", "a"), ("trigger", "stream"), ("trigger", "a")]
    assert [line.item for line in made.by_function()["a"]] == ["requests", "duration (x86_64)"]
    assert [line.item for line in made.by_trigger()["a"]] == ["requests of it"]


def test_each_billed_price_counts_as_used_so_that_an_unsourced_one_is_shown():
    book = load_book()
    unsourced = trigger("queue", poller_hours="event_poller_units/sqs")
    bill({}, {unsourced: {"poller_hours": 0}}, book=book, region="eu-west-1")
    confidences = {parameter.path: parameter.confidence for parameter in book.used}
    assert confidences["prices/eu-west-1/event_poller_units/sqs"] == "U"


def test_a_price_that_the_region_lacks_is_an_error_even_for_nothing():
    with pytest.raises(ParameterError, match="no 'kinesis' in prices/eu-west-1/services"):
        bill({}, {STREAM: {"shard_hours": 0}}, region="eu-west-1")


PRICES = (
    "requests",
    "event_poller_units/sqs",
    "services/api_gateway/http",
    "services/api_gateway/rest",
    "services/sqs/standard",
    "services/sqs/fifo",
    "services/sns/standard_publish",
    "services/eventbridge/custom_events",
    "services/eventbridge/scheduler",
    "services/kinesis/shard_hour",
    "services/kinesis/put_payload_units",
)
quantity = st.integers(0, 10**12) | st.floats(0, 1e12)
used_by_triggers = st.lists(st.dictionaries(st.sampled_from(PRICES), quantity, max_size=4), max_size=5)
used_by_functions = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**15)), max_size=3)


def made_up(triggers):
    return {
        trigger(str(i), **{f"n{k}": price for k, price in enumerate(counts)}): {
            f"n{k}": amount for k, amount in enumerate(counts.values())
        }
        for i, counts in enumerate(triggers)
    }


@given(used_by_functions, used_by_triggers, st.booleans())
def test_lines_of_functions_and_triggers_add_up_to_the_total(functions, triggers, free_tier):
    used = {function(str(i), architecture=("x86_64", "arm64")[i % 2]): u for i, u in enumerate(functions)}
    made = bill(used, made_up(triggers), span_us=US_PER_HOUR, free_tier=free_tier)
    by_owner = [*made.by_function().values(), *made.by_trigger().values()]
    assert math.fsum(line.usd for lines in by_owner for line in lines) == made.total_usd
    full = bill(used, made_up(triggers), span_us=US_PER_HOUR).total_usd
    assert -1e-9 * full <= made.total_usd <= full * (1 + 1e-12)


@given(used_by_functions, used_by_triggers, st.booleans())
def test_triggers_leave_the_functions_lines_alone_unless_they_use_lambdas_requests(functions, triggers, free_tier):
    used = {function(str(i)): u for i, u in enumerate(functions)}
    others = made_up({price: n for price, n in counts.items() if price != "requests"} for counts in triggers)
    alone = bill(used, free_tier=free_tier)
    assert bill(used, others, free_tier=free_tier).by_function() == alone.by_function()


@given(quantity, quantity, st.sampled_from(PRICES), st.booleans())
def test_one_trigger_or_two_pay_the_same_for_the_same_use(one, two, price, free_tier):
    apart = bill({}, {trigger("a", n=price): {"n": one}, trigger("b", n=price): {"n": two}}, free_tier=free_tier)
    together = bill({}, {trigger("a", n=price): {"n": one + two}}, free_tier=free_tier)
    assert apart.total_usd == pytest.approx(together.total_usd, rel=1e-9, abs=1e-9)


def test_large_events_cost_what_lambdas_other_requests_cost_and_no_duration():
    used = {function("f"): (MILLION, GB_SECOND_US)}
    made = bill(used, {LARGE: {"further_requests": MILLION}}, free_tier=True)
    assert items(made, "f")["duration (x86_64)"] == items(bill(used), "f")["duration (x86_64)"]
    assert made.total_usd == usd(MILLION * REQUEST_USD)  # the other million, and the second of duration, are free
    assert bill(used, {LARGE: {"further_requests": MILLION}}).total_usd == usd(2 * MILLION * REQUEST_USD + X86_USD)
