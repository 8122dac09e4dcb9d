import math

import pytest
from bills import ARM_USD, GB_SECOND_US, REQUEST_USD, STORAGE_USD, X86_USD, bill, function, items
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.parameters.book import load_book
from lambdasim.units import US_PER_HOUR, US_PER_MS, billed_ms, gb_seconds


def test_requests_and_gb_seconds_have_a_line_each():
    made = bill({function("f", 512): (1_000_000, 1_000_000 * 214 * US_PER_MS)})
    assert items(made, "f") == {
        "requests": (1_000_000, pytest.approx(0.20)),
        "duration (x86_64)": (pytest.approx(107_000), pytest.approx(107_000 * X86_USD)),
    }
    assert made.total_usd == pytest.approx(0.20 + 107_000 * X86_USD)


def test_storage_over_512_mb_is_billed_for_the_billed_duration():
    made = bill({function("f", storage_mb=2048): (1, 3600 * GB_SECOND_US)})
    assert items(made, "f")["ephemeral storage"] == (pytest.approx(5400), pytest.approx(5400 * STORAGE_USD))
    assert "ephemeral storage" not in items(bill({function("f", storage_mb=512): (1, GB_SECOND_US)}), "f")


def test_a_function_that_never_ran_has_no_lines():
    made = bill({function("f"): (0, 0), function("g"): (1, 1000)}, free_tier=True)
    assert items(made, "f") == {}
    assert bill({function("f"): (0, 0)}, free_tier=True).total_usd == 0


def test_the_month_is_the_span_scaled_to_730_hours():
    made = bill({function("f"): (3_600_000, 360_000 * GB_SECOND_US)}, span_us=US_PER_HOUR)
    assert made.month_usd == pytest.approx(730 * (0.72 + 360_000 * X86_USD))
    assert made.total_usd == pytest.approx(0.72 + 360_000 * X86_USD)


def test_tiers_apply_to_the_month_though_the_span_is_an_hour():
    hourly_gb_s = 7e9 / 730  # a month of 7e9 GB-s: one beyond the first edge
    made = bill({function("f"): (1, round(hourly_gb_s * GB_SECOND_US))}, span_us=US_PER_HOUR)
    month_usd = 6e9 * X86_USD + 1e9 * 0.0000150000
    assert made.month_usd == pytest.approx(month_usd + 730 * REQUEST_USD, rel=1e-9)


def test_functions_of_one_architecture_share_its_tiers_by_what_they_use():
    made = bill({function("f"): (0, 4_000_000_000 * GB_SECOND_US), function("g"): (0, 8_000_000_000 * GB_SECOND_US)})
    month_usd = 6e9 * X86_USD + 6e9 * 0.0000150000
    assert items(made, "f")["duration (x86_64)"][1] == pytest.approx(month_usd / 3)
    assert items(made, "g")["duration (x86_64)"][1] == pytest.approx(month_usd * 2 / 3)


def test_each_architecture_has_tiers_of_its_own():
    five, arm = 5_000_000_000 * GB_SECOND_US, function("g", architecture="arm64")
    made = bill({function("f"): (0, five), arm: (0, five)})
    assert made.total_usd == pytest.approx(5e9 * X86_USD + 5e9 * ARM_USD)


def test_the_free_tier_takes_a_million_requests_and_400_000_gb_seconds_off_the_month():
    made = bill({function("f"): (3_000_000, 1_000_000 * GB_SECOND_US)}, free_tier=True)
    assert made.total_usd == pytest.approx(2 * 0.20 + 600_000 * X86_USD)
    assert items(made, "f")["free tier: requests"] == (pytest.approx(1_000_000), pytest.approx(-0.20))
    assert items(made, "f")["free tier: duration (x86_64)"] == (
        pytest.approx(400_000),
        pytest.approx(-400_000 * X86_USD),
    )


def test_the_free_tier_is_a_months_and_an_hour_has_its_part_of_it():
    made = bill({function("f"): (10_000, 10_000 * GB_SECOND_US)}, span_us=US_PER_HOUR, free_tier=True)
    assert made.month_usd == pytest.approx(6.3 * 0.20 + (7_300_000 - 400_000) * X86_USD)


def test_the_free_tier_never_pays_out():
    made = bill({function("f"): (5, 300_000 * GB_SECOND_US)}, free_tier=True)
    assert made.total_usd == pytest.approx(0, abs=1e-15)
    assert items(made, "f")["free tier: requests"] == (5, pytest.approx(-5 * REQUEST_USD))


def test_both_architectures_share_the_free_gb_seconds_by_what_they_use():
    arm = function("g", architecture="arm64")
    made = bill({function("f"): (0, 600_000 * GB_SECOND_US), arm: (0, 200_000 * GB_SECOND_US)}, free_tier=True)
    assert items(made, "f")["free tier: duration (x86_64)"][0] == pytest.approx(300_000)
    assert items(made, "g")["free tier: duration (arm64)"][0] == pytest.approx(100_000)
    assert made.total_usd == pytest.approx(300_000 * X86_USD + 100_000 * ARM_USD)


def test_the_free_tier_comes_off_before_the_tiers_so_the_last_gb_seconds_are_the_free_ones():
    made = bill({function("f"): (0, 6_000_400_000 * GB_SECOND_US)}, free_tier=True)
    assert made.total_usd == pytest.approx(6e9 * X86_USD)


def test_only_the_prices_that_are_needed_are_looked_up():
    book = load_book()
    bill({function("arm", architecture="arm64"): (1, GB_SECOND_US)}, book=book)
    assert {parameter.path for parameter in book.used} == {
        "prices/us-east-1/requests",
        "prices/us-east-1/duration/arm64/tiers",
        "quotas/function/ephemeral_storage/free",
    }


report_lines = st.lists(st.tuples(st.integers(0, 900_000_000), st.integers(0, 10_000_000)), max_size=30)


@given(report_lines, st.sampled_from([128, 512, 1769, 10240]), st.sampled_from([512, 513, 10240]))
def test_the_bill_equals_the_sum_of_its_rows(rows, memory_mb, storage_mb):
    billed = [billed_ms(duration_us, init_us) for duration_us, init_us in rows]
    made = bill({function("f", memory_mb, storage_mb=storage_mb): (len(rows), sum(billed) * US_PER_MS)})
    by_row = [
        REQUEST_USD + gb_seconds(ms, memory_mb) * X86_USD + gb_seconds(ms, storage_mb - 512) * STORAGE_USD
        for ms in billed
    ]
    assert made.total_usd == pytest.approx(math.fsum(by_row), rel=1e-9, abs=1e-18)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**15)), min_size=1, max_size=5), st.booleans())
def test_lines_add_up_to_functions_and_functions_to_the_total(used, free_tier):
    mixed = {function(str(i), architecture=("x86_64", "arm64")[i % 2], storage_mb=1024): u for i, u in enumerate(used)}
    made = bill(mixed, span_us=US_PER_HOUR, free_tier=free_tier)
    assert math.fsum(line.usd for lines in made.by_function().values() for line in lines) == made.total_usd
    assert made.total_usd >= -1e-9
    full = bill(mixed, span_us=US_PER_HOUR).total_usd
    assert made.total_usd <= full * (1 + 1e-12)
