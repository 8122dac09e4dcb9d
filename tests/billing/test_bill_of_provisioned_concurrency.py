"""What provisioned concurrency costs: AWS's own examples, where it breaks even, its five-minute steps."""

import math

import pytest
from bills import GB_SECOND_US, REQUEST_USD, X86_USD, bill, function, items, quantities_of
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.billing.bill import bill_of
from lambdasim.header import FunctionFacts, Header, VersionFacts
from lambdasim.parameters.book import load_book
from lambdasim.records import ProvisionedPeriod
from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MONTH, US_PER_MS, gb_seconds

CONFIGURED_USD, DURATION_USD = 0.0000041667, 0.0000097222
CONFIGURED = "provisioned concurrency (x86_64)"
MINUTE = US_PER_MINUTE


def configured_gb_s(*periods, span_us=US_PER_HOUR, rule="highest"):
    """The GB-s on the bill of a function of 1 GB, of (environments, from, to) in minutes of the measured span."""
    book = load_book().override({"billing/provisioned_concurrency/changed_within_step": rule})
    given_us = [(0, environments, round(a * MINUTE), round(b * MINUTE)) for environments, a, b in periods]
    made = bill({function("f"): (0, 0)}, span_us=span_us, provisioned=given_us, book=book)
    return items(made, "f").get(CONFIGURED, (0, 0))[0]


def test_awss_example_of_a_launch_day_comes_out_to_the_cent():
    """Three million requests in a month, half a million of them on 100 environments in eight hours.

    Source: https://aws.amazon.com/lambda/pricing/, example 1 of provisioned concurrency.
    """
    requests = (2_500_000, 500_000, 0)
    billed_us = (2_500_000 * 120 * US_PER_MS, 500_000 * 100 * US_PER_MS, 0)
    launch = [(0, 100, US_PER_DAY // 2, US_PER_DAY // 2 + 8 * US_PER_HOUR)]
    made = bill({function("app", 1536): (requests, billed_us)}, provisioned=launch, free_tier=True)
    usd = {item: line[1] for item, line in items(made, "app").items()}
    assert items(made, "app")[CONFIGURED][0] == pytest.approx(4_320_000)
    assert round(usd[CONFIGURED], 2) == 18.00
    assert round(usd["requests"] + usd["free tier: requests"], 2) == 0.40
    assert round(usd["provisioned duration (x86_64)"], 2) == 0.73
    assert round(usd["duration (x86_64)"] + usd["free tier: duration (x86_64)"], 2) == 0.83
    assert round(made.total_usd, 2) == 19.96


def test_awss_example_of_a_sale_comes_out_to_the_cent_and_has_nothing_free():
    """Two million requests in 24 hours, all on seven environments of 4 GB.

    Source: https://aws.amazon.com/lambda/pricing/, example 2 of provisioned concurrency.
    """
    used = {function("chat", 4096): ((0, 2_000_000, 0), (0, 2_000_000 * 280 * US_PER_MS, 0))}
    made = bill(used, provisioned=[(0, 7, 0, US_PER_DAY)], free_tier=True)
    usd = {item: round(line[1], 2) for item, line in items(made, "chat").items()}
    assert usd == {CONFIGURED: 10.08, "provisioned duration (x86_64)": 21.78, "requests": 0.40}
    assert round(made.total_usd, 2) == 32.26


@pytest.mark.parametrize(("busy", "cheaper"), [(0.59, "on demand"), (0.61, "provisioned")])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_provisioned_concurrency_pays_from_60_percent_utilization_on(architecture, busy, cheaper):
    ten = 10 * US_PER_HOUR
    own = function("f", 1024, architecture)
    on_demand = bill({own: (1000, round(busy * ten))}, span_us=US_PER_HOUR)
    provisioned = bill(
        {own: ((0, 1000, 0), (0, round(busy * ten), 0))}, [], span_us=US_PER_HOUR, provisioned=[(0, 10, 0, US_PER_HOUR)]
    )
    assert (on_demand.total_usd < provisioned.total_usd) == (cheaper == "on demand")


def test_what_spills_over_costs_what_runs_on_demand_cost():
    made = bill(
        {function("f"): ((0, 3, 2), (0, 30 * GB_SECOND_US, 20 * GB_SECOND_US))}, provisioned=[(0, 1, 0, MINUTE)]
    )
    assert items(made, "f")["duration (x86_64)"] == (20, pytest.approx(20 * X86_USD))
    assert items(made, "f")["provisioned duration (x86_64)"] == (30, pytest.approx(30 * DURATION_USD))
    assert items(made, "f")["requests"] == (5, pytest.approx(5 * REQUEST_USD))


def test_inits_are_billed_as_duration_though_nothing_ever_ran():
    made = bill({function("f"): (0, 0)}, provisioned=[(0, 2, 0, MINUTE)], inits_us=[7 * GB_SECOND_US])
    assert items(made, "f").keys() == {CONFIGURED, "provisioned init (x86_64)"}
    assert items(made, "f")["provisioned init (x86_64)"] == (7, pytest.approx(7 * DURATION_USD))


def test_tmp_is_billed_for_runs_of_any_capacity():
    used = {function("f", storage_mb=1536): ((1, 1, 1), (GB_SECOND_US, GB_SECOND_US, GB_SECOND_US))}
    assert items(bill(used, provisioned=[(0, 1, 0, MINUTE)]), "f")["ephemeral storage"][0] == 3


# Configured time, in steps of five minutes from the enabling.


@pytest.mark.parametrize(("minutes", "billed"), [(0.001, 5), (5, 5), (5.001, 10), (12, 15), (60, 60)])
def test_the_time_from_enabling_to_disabling_is_rounded_up_to_five_minutes(minutes, billed):
    assert configured_gb_s((3, 0, minutes)) == 3 * billed * 60
    assert configured_gb_s((3, 7.3, 7.3 + minutes), span_us=2 * US_PER_HOUR) == 3 * billed * 60


def test_each_enabling_is_rounded_up_on_its_own():
    assert configured_gb_s((2, 0, 1), (2, 2, 3)) == 2 * 10 * 60
    assert configured_gb_s((2, 0, 2.5), (2, 2.5, 5)) == 2 * 5 * 60  # never disabled between


def test_an_amount_that_changes_within_a_step_is_billed_at_its_highest_or_as_it_was():
    up_and_down = ((4, 0, 7), (10, 7, 8), (4, 8, 12))
    assert configured_gb_s(*up_and_down) == (4 * 5 + 10 * 5 + 4 * 5) * 60
    assert configured_gb_s(*up_and_down, rule="as_configured") == (4 * 7 + 10 * 1 + 4 * 7) * 60


def test_where_changes_fall_on_the_edges_of_steps_both_rules_agree_and_neither_is_asked():
    book = load_book()
    periods = [(0, 4, 0, 5 * MINUTE), (0, 8, 5 * MINUTE, 12 * MINUTE)]
    bill({function("f"): (0, 0)}, span_us=US_PER_HOUR, provisioned=periods, book=book)
    assert not any("changed_within_step" in parameter.path for parameter in book.used)
    steps = ((4, 0, 5), (8, 5, 12))
    assert configured_gb_s(*steps) == configured_gb_s(*steps, rule="as_configured") == (4 * 5 + 8 * 10) * 60


def test_only_the_measured_span_is_billed_so_a_month_of_a_steady_amount_is_a_month():
    assert configured_gb_s((5, -10, 70)) == 5 * 3600
    assert configured_gb_s((5, -10, -6)) == 0
    assert configured_gb_s((5, -3, -1)) == 5 * 2 * 60  # the step of -3 to 2 min
    assert configured_gb_s((5, 58, 59)) == 5 * 2 * 60  # the span ends before the step does
    used = {function("f"): (0, 0)}
    steady = bill(used, span_us=7 * MINUTE, provisioned=[(0, 1, -MINUTE, US_PER_HOUR)])
    assert steady.month_usd == pytest.approx(US_PER_MONTH / 1e6 * CONFIGURED_USD)


amounts = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20 * 60)), min_size=1, max_size=12)


@given(amounts, st.sampled_from(["highest", "as_configured"]))
def test_the_bill_is_never_below_what_was_configured_nor_above_the_most_for_the_time_rounded_up(steps, rule):
    periods, at_min, exact = [], 0.0, 0.0
    for environments, seconds in steps:
        periods.append((environments, at_min, at_min + seconds / 60))
        at_min += seconds / 60
        exact += environments * seconds
    billed = configured_gb_s(*periods, span_us=10 * US_PER_HOUR, rule=rule)
    most = max(environments for environments, _ in steps)
    spells = 1 + sum(environments == 0 for environments, _ in steps)
    assert exact - 1e-6 <= billed <= most * (at_min * 60 + spells * 300) + 1e-6


# Versions.


def of_versions(versions, requests, billed_us, **others):
    """The bill of versions of one function, each (memory, architecture)."""
    facts = tuple(VersionFacts(0, str(n), memory, arch, 512) for n, (memory, arch) in enumerate(versions))
    header = Header("bill", 0, "us-east-1", 0.0, 0, US_PER_HOUR, (FunctionFacts("f"),), facts, ())
    return bill_of(quantities_of(requests, billed_us, **others), header, load_book(), free_tier=False)


def test_versions_share_one_line_for_an_item_and_gb_seconds_are_by_their_own_memory():
    half = of_versions([(512, "x86_64"), (2048, "x86_64")], [3, 4], [10 * GB_SECOND_US, 10 * GB_SECOND_US])
    assert items(half, "f") == {
        "requests": (7, pytest.approx(7 * REQUEST_USD)),
        "duration (x86_64)": (25, pytest.approx(25 * X86_USD)),
    }
    assert len(half.lines) == 2
    mixed = of_versions([(1024, "x86_64"), (1024, "arm64")], [1, 1], [GB_SECOND_US, GB_SECOND_US])
    assert items(mixed, "f").keys() == {"requests", "duration (x86_64)", "duration (arm64)"}


three = st.tuples(*[st.integers(0, 10**6)] * 3)
rows = st.tuples(
    st.sampled_from([128, 512, 1769]), st.sampled_from(["x86_64", "arm64"]), three, three, st.integers(0, 50)
)


@given(st.lists(rows, min_size=1, max_size=4))
def test_the_bill_equals_the_sum_of_its_rows_by_version_and_capacity(versions):
    book = load_book()
    made = of_versions(
        [(memory, architecture) for memory, architecture, *_ in versions],
        [requests for _, _, requests, _, _ in versions],
        [tuple(ms * US_PER_MS for ms in billed) for _, _, _, billed, _ in versions],
        provisioned=[ProvisionedPeriod(n, row[4], 0, 0, US_PER_HOUR) for n, row in enumerate(versions)],
    )
    by_row = []
    for memory, architecture, requests, billed_ms, environments in versions:
        prices = {
            name: book.value(f"prices/us-east-1/provisioned_concurrency/{architecture}/{name}")
            for name in ("configured", "duration")
        }
        on_demand = book.value(f"prices/us-east-1/duration/{architecture}/tiers")[0]["price"]
        by_row += [count * REQUEST_USD for count in requests]
        by_row += [
            gb_seconds(ms, memory) * usd
            for ms, usd in zip(billed_ms, (on_demand, prices["duration"], on_demand), strict=True)
        ]
        by_row.append(gb_seconds(environments * US_PER_HOUR / US_PER_MS, memory) * prices["configured"])
    assert made.total_usd == pytest.approx(math.fsum(by_row), rel=1e-9, abs=1e-18)


# The free tier.


def test_the_free_tier_is_for_provisioned_concurrency_too_if_a_scenario_says_so():
    used = {function("chat", 4096): ((0, 2_000_000, 0), (0, 2_000_000 * 280 * US_PER_MS, 0))}
    book = load_book().override({"billing/provisioned_concurrency/free_tier_applies": True})
    made = bill(used, provisioned=[(0, 7, 0, US_PER_DAY)], book=book, free_tier=True)
    assert made.total_usd == pytest.approx(32.26 - 0.20 - 400_000 * DURATION_USD, abs=0.005)


def test_who_has_no_provisioned_concurrency_is_asked_for_none_of_its_prices():
    book = load_book()
    bill({function("f"): (1, 1)}, book=book, free_tier=True)
    assert not any("provisioned" in parameter.path for parameter in book.used)
