"""What a Compute Savings Plan makes of the bill."""

import math

import pytest
from bills import ARM_USD, GB_SECOND_US, REQUEST_USD, STORAGE_USD, X86_USD, bill, function, items
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.billing.prices import PriceList
from lambdasim.errors import ParameterError
from lambdasim.parameters.book import load_book
from lambdasim.units import US_PER_HOUR

HOUR_OF_TWO = [(0, 2, 0, US_PER_HOUR)]  # two environments for an hour: 7,200 GB-s
PROVISIONED = ((0, 1000, 0), (0, 1000 * GB_SECOND_US, 0))


def net(made, name, item):
    """What an item costs with what the plan and the free tier take off it."""
    usd = {line_item: line[1] for line_item, line in items(made, name).items()}
    return math.fsum(usd.get(f"{rebate}{item}", 0.0) for rebate in ("", "Savings Plan: ", "free tier: "))


@pytest.mark.parametrize(
    ("plan", "x86_usd", "arm_usd"), [("no_upfront", 0.0000147, 0.0000117), ("all_upfront", 0.0000138, 0.0000111)]
)
def test_duration_has_the_plans_price_and_requests_and_tmp_have_not(plan, x86_usd, arm_usd):
    used = {
        function("f", storage_mb=1536): (1000, 500 * GB_SECOND_US),
        function("g", architecture="arm64"): (0, 500 * GB_SECOND_US),
    }
    made = bill(used, savings_plan=plan)
    assert net(made, "f", "duration (x86_64)") == pytest.approx(500 * x86_usd)
    assert net(made, "g", "duration (arm64)") == pytest.approx(500 * arm_usd)
    assert net(made, "f", "requests") == pytest.approx(1000 * REQUEST_USD)
    assert net(made, "f", "ephemeral storage") == pytest.approx(500 * STORAGE_USD)
    assert items(made, "f")["Savings Plan: duration (x86_64)"] == (500, pytest.approx(500 * (x86_usd - X86_USD)))


def test_provisioned_concurrency_has_the_plans_price_or_where_only_its_discount_is_known_that():
    made = bill({function("f"): PROVISIONED}, provisioned=HOUR_OF_TWO, savings_plan="no_upfront")
    assert net(made, "f", "provisioned concurrency (x86_64)") == pytest.approx(7200 * 0.00000367)
    assert net(made, "f", "provisioned duration (x86_64)") == pytest.approx(1000 * 0.00000856)
    made = bill({function("f"): PROVISIONED}, provisioned=HOUR_OF_TWO, savings_plan="all_upfront")
    assert net(made, "f", "provisioned concurrency (x86_64)") == pytest.approx(7200 * 0.0000041667 * 0.83)
    assert net(made, "f", "provisioned duration (x86_64)") == pytest.approx(1000 * 0.0000097222 * 0.83)
    assert net(made, "f", "requests") == pytest.approx(1000 * REQUEST_USD)


def test_without_a_plan_there_is_no_line_of_one():
    assert not any("Savings" in line.item for line in bill({function("f"): (1, GB_SECOND_US)}).lines)


def test_the_plan_has_one_price_in_place_of_the_tiers():
    seven = bill({function("f"): (0, 7_000_000_000 * GB_SECOND_US)}, savings_plan="no_upfront")
    assert seven.total_usd == pytest.approx(7e9 * 0.0000147)


def test_where_the_tier_is_cheaper_than_the_plan_the_tier_is_paid():
    thirty = bill({function("f"): (0, 30_000_000_000 * GB_SECOND_US)}, savings_plan="no_upfront")
    assert thirty.total_usd == pytest.approx(15e9 * 0.0000147 + 15e9 * 0.0000133334)


def test_what_is_free_saves_the_plans_price_only():
    made = bill({function("f"): (0, 1_000_000 * GB_SECOND_US)}, free_tier=True, savings_plan="all_upfront")
    assert made.total_usd == pytest.approx(600_000 * 0.0000138)
    assert items(made, "f")["free tier: duration (x86_64)"][1] == pytest.approx(-400_000 * 0.0000138)


def test_a_region_without_a_plans_price_or_discount_is_an_error():
    ireland = PriceList(load_book(), "eu-west-1", free_tier=False, savings_plan="no_upfront")
    with pytest.raises(ParameterError, match="savings_plans"):
        ireland.plan_price("duration/x86_64/tiers")
    assert ireland.plan_price("requests") is None
    book = load_book().override({"prices/eu-west-1/savings_plans/no_upfront/discount": 0.12})
    found = PriceList(book, "eu-west-1", free_tier=False, savings_plan="no_upfront").plan_price("duration/arm64/tiers")
    assert found.usd(100) == pytest.approx(100 * ARM_USD * 0.88)


@given(
    st.integers(0, 10**6),
    st.one_of(st.integers(0, 10**12), st.integers(0, 10**14)),
    st.sampled_from(["no_upfront", "all_upfront"]),
    st.sampled_from(["x86_64", "arm64"]),
    st.booleans(),
)
def test_a_plan_never_costs_more_nor_saves_more_than_its_discount(requests, billed_us, plan, architecture, free_tier):
    used = {function("f", architecture=architecture): ((requests, requests, 0), (billed_us, billed_us, 0))}
    settings = {"span_us": US_PER_HOUR, "provisioned": HOUR_OF_TWO, "free_tier": free_tier}
    without, planned = bill(used, **settings).total_usd, bill(used, **settings, savings_plan=plan).total_usd
    most = {"no_upfront": 0.125, "all_upfront": 0.1725}[plan]  # the plan's prices are rounded to three digits
    within = 1e-12 + 1e-9 * without
    assert without * (1 - most) - within <= planned <= without + within
