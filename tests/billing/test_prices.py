import math

import pytest

from lambdasim.billing.prices import ALLOWANCES, Price, PriceList, Tier, price_of
from lambdasim.errors import ParameterError
from lambdasim.parameters.book import Parameter, load_book

MILLION, BILLION = 1_000_000, 1_000_000_000


@pytest.fixture(scope="module")
def virginia():
    return PriceList(load_book(), "us-east-1", free_tier=True)


def entry(value, unit):
    return Parameter("prices/x/y", value, unit, "a test", "2026-11", "A")


# By hand, from the tiers of AWS's price list: (units of the month, USD).
DURATION_X86 = [
    (6e9, 6e9 * 0.0000166667),
    (6e9 + 1e6, 6e9 * 0.0000166667 + 15.0),
    (15e9, 6e9 * 0.0000166667 + 9e9 * 0.0000150000),
    (20e9, 6e9 * 0.0000166667 + 9e9 * 0.0000150000 + 5e9 * 0.0000133334),
]
DURATION_ARM = [
    (7.5e9, 7.5e9 * 0.0000133334),
    (18.75e9, 7.5e9 * 0.0000133334 + 11.25e9 * 0.0000120001),
    (18.75e9 + 1e6, 7.5e9 * 0.0000133334 + 11.25e9 * 0.0000120001 + 10.6667),
]
REST = [
    (333 * MILLION, 1_165.50),
    (334 * MILLION, 1_165.50 + 2.80),
    (1_000 * MILLION, 1_165.50 + 667 * 2.80),
    (20 * BILLION, 1_165.50 + 667 * 2.80 + 19_000 * 2.38),
    (21 * BILLION, 1_165.50 + 667 * 2.80 + 19_000 * 2.38 + 1_000 * 1.51),
]
HTTP = [(300 * MILLION, 300.00), (301 * MILLION, 300.90)]
SQS = [
    (MILLION, 0.40),
    (100 * BILLION, 40_000),
    (200 * BILLION, 40_000 + 30_000),
    (300 * BILLION, 40_000 + 30_000 + 24_000),
]
SQS_FIFO = [(MILLION, 0.50), (100 * BILLION, 50_000), (300 * BILLION, 50_000 + 40_000 + 35_000)]
PLAIN = {  # one unit or a million of them, as the price pages say it
    "requests": (MILLION, 0.20),
    "ephemeral_storage": (1, 0.0000000309),
    "event_poller_units/sqs": (1, 0.00925),
    "services/sns/standard_publish": (MILLION, 0.50),
    "services/sns/delivery_to_lambda_or_sqs": (MILLION, 0),
    "services/eventbridge/custom_events": (MILLION, 1.00),
    "services/eventbridge/scheduler": (MILLION, 1.00),
    "services/kinesis/shard_hour": (1, 0.015),
    "services/kinesis/put_payload_units": (MILLION, 0.014),
    "services/kinesis/enhanced_fan_out_data": (1, 0.013),
}


@pytest.mark.parametrize(
    ("price", "units", "usd"),
    [
        *(("duration/x86_64/tiers", *case) for case in DURATION_X86),
        *(("duration/arm64/tiers", *case) for case in DURATION_ARM),
        *(("services/api_gateway/rest", *case) for case in REST),
        *(("services/api_gateway/http", *case) for case in HTTP),
        *(("services/sqs/standard", *case) for case in SQS),
        *(("services/sqs/fifo", *case) for case in SQS_FIFO),
        *((price, *case) for price, case in PLAIN.items()),
    ],
)
def test_so_many_units_cost_what_the_price_list_says_at_and_beyond_each_tiers_edge(virginia, price, units, usd):
    assert virginia.price(price).usd(units) == pytest.approx(usd, rel=1e-12)


def test_nothing_costs_nothing(virginia):
    assert virginia.price("services/sqs/standard").usd(0) == 0


def test_a_unit_of_a_million_is_of_the_price_and_not_of_the_tiers_edge():
    price = price_of(entry([{"up_to": 10, "price": 3.0}, {"up_to": None, "price": 1.0}], "USD per million things"))
    assert price.tiers == (Tier(10, 3e-6), Tier(math.inf, 1e-6))
    assert price_of(entry(3.0, "USD per million things")).tiers == (Tier(math.inf, 3e-6),)
    assert price_of(entry(3.0, "USD per thing and hour")).tiers == (Tier(math.inf, 3.0),)
    assert price_of(entry({"price": 3.0, "per": 100}, "USD per so many things")).tiers == (Tier(math.inf, 0.03),)


def test_the_average_is_the_first_tiers_price_up_to_its_edge_and_falls_beyond():
    price = Price("p", (Tier(10, 3.0), Tier(math.inf, 2.0)))
    assert price.average_usd(10) == 3.0
    assert price.average_usd(20) == 2.5


def test_a_price_that_is_known_up_to_an_edge_only_is_not_guessed_beyond_it():
    cape_town = PriceList(load_book(), "af-south-1", free_tier=False).price("duration/x86_64/tiers")
    assert cape_town.usd(6e9) == pytest.approx(6e9 * 0.0000221)
    message = "af-south-1/duration/x86_64/tiers: no price is known beyond 6,000,000,000 a month, .* be 6,000,000,001"
    with pytest.raises(ParameterError, match=message):
        cape_town.usd(6e9 + 1)


def test_a_region_without_a_price_is_an_error_that_names_it():
    with pytest.raises(ParameterError, match="mars-north-1"):
        PriceList(load_book(), "mars-north-1", free_tier=False).price("requests")


def test_every_allowance_is_of_a_price_that_the_book_has_and_free_of_more_than_nothing(virginia):
    for price, allowance in ALLOWANCES.items():
        assert virginia.price(price).tiers
        assert virginia.allowance(price) == allowance
        assert virginia.free(allowance) > 0
    assert PriceList(virginia.book, "us-east-1", free_tier=False).allowance("requests") is None


def test_where_a_price_is_known_so_is_what_is_free_of_it():
    book = load_book()
    for region in book.names("prices"):
        for price, allowance in ALLOWANCES.items():
            assert book.has(f"prices/{region}/{allowance}") >= book.has(f"prices/{region}/{price}"), (region, price)


def test_every_price_of_another_service_is_per_unit_and_read_without_fail():
    book = load_book()
    for region in book.names("prices"):
        for service in ("api_gateway", "sqs", "sns", "eventbridge", "kinesis", "dynamodb_streams"):
            node = f"prices/{region}/services/{service}"
            for name in book.names(node) if book.has(node) else ():
                found = book.get(f"{node}/{name}")
                if "free" in name:
                    assert found.unit.endswith(" per month"), found.path
                else:
                    assert found.unit.startswith("USD per "), found.path
                    assert all(tier.usd >= 0 for tier in price_of(found).tiers)
