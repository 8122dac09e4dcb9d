import math

import pytest

from lambdasim.cost.prices import Tier, price_list, tiered_usd
from lambdasim.errors import ParameterError
from lambdasim.parameters.book import load_book
from lambdasim.records import FunctionFacts, Header

ARM = FunctionFacts("arm", 1024, "arm64", 512)


def header(*functions, region="us-east-1"):
    return Header("bill", 0, region, 0.0, 0, 3_600_000_000, functions, (), ())


@pytest.fixture(scope="module")
def prices():
    x86 = FunctionFacts("x86", 1024, "x86_64", 1024)
    return price_list(load_book(), header(x86, ARM), free_tier=True)


# By hand, from the tiers of AWS's price list: (GB-s of the month, USD).
X86 = [
    (6e9, 6e9 * 0.0000166667),
    (6e9 + 1e6, 6e9 * 0.0000166667 + 15.0),
    (15e9, 6e9 * 0.0000166667 + 9e9 * 0.0000150000),
    (20e9, 6e9 * 0.0000166667 + 9e9 * 0.0000150000 + 5e9 * 0.0000133334),
]
ARM64 = [
    (7.5e9, 7.5e9 * 0.0000133334),
    (18.75e9, 7.5e9 * 0.0000133334 + 11.25e9 * 0.0000120001),
    (18.75e9 + 1e6, 7.5e9 * 0.0000133334 + 11.25e9 * 0.0000120001 + 10.6667),
]


@pytest.mark.parametrize(
    ("architecture", "gb_s", "usd"), [("x86_64", *case) for case in X86] + [("arm64", *case) for case in ARM64]
)
def test_gb_seconds_cost_what_aws_price_list_says_at_and_beyond_each_tiers_edge(prices, architecture, gb_s, usd):
    assert tiered_usd(gb_s, prices.tiers[architecture]) == pytest.approx(usd, rel=1e-12)


def test_nothing_costs_nothing(prices):
    assert tiered_usd(0, prices.tiers["x86_64"]) == 0


def test_a_price_that_is_known_up_to_an_edge_only_is_not_guessed_beyond_it():
    tiers = (Tier(100, 1.0),)
    assert tiered_usd(100, tiers) == 100
    with pytest.raises(ParameterError, match="no price is known beyond 100 GB-s a month"):
        tiered_usd(101, tiers)


def test_only_the_prices_that_are_needed_are_looked_up():
    book = load_book()
    prices = price_list(book, header(ARM), free_tier=False)
    paths = {parameter.path for parameter in book.used}
    assert paths == {
        "prices/us-east-1/requests",
        "prices/us-east-1/duration/arm64/tiers",
        "quotas/function/ephemeral_storage/free",
    }
    assert prices.free_tier.requests == 0
    assert prices.tiers["arm64"][-1].up_to_gb_s == math.inf


def test_a_region_without_prices_is_an_error_that_names_it():
    with pytest.raises(ParameterError, match="mars-north-1"):
        price_list(load_book(), header(ARM, region="mars-north-1"), free_tier=False)
