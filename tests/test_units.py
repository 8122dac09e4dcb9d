from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim import units


@pytest.mark.parametrize(
    ("text", "expected_us"),
    [("250ms", 250_000), ("250 ms", 250_000), ("1h30m", 5_400_000_000), ("1.5 s", 1_500_000), ("3d", 259_200_000_000),
     ("2w", 1_209_600_000_000), ("0s", 0), ("15 us", 15), ("1h 30m", 5_400_000_000)],
)  # fmt: skip
def test_durations_take_gos_form_with_and_without_spaces(text, expected_us):
    assert units.parse_duration_us(text) == expected_us


@pytest.mark.parametrize(
    "wrong", ["", "12", "s", "-1s", "1 parsec", "1h30", "nan s", "1e400 s", "99999w99999w99999999w", 5, None, 1.5, True]
)
def test_what_is_not_a_duration_is_refused_with_an_example(wrong):
    with pytest.raises(ValueError, match=r"write for example|longer than"):
        units.parse_duration_us(wrong)


def test_rates_sizes_and_shares_carry_their_units():
    assert units.parse_rate_per_us("50/s") == pytest.approx(50e-6)
    assert units.parse_rate_per_us("0.176/h") == pytest.approx(0.176 / 3600e6)
    assert units.parse_size_mb("1.5 GB") == 1536
    assert units.parse_fraction("0.1%") == pytest.approx(0.001)
    assert units.parse_fraction(0.25) == 0.25


@pytest.mark.parametrize("wrong", [50, "50", "-1/s", "1/parsec", "x/s"])
def test_a_rate_without_unit_or_below_zero_is_refused(wrong):
    with pytest.raises(ValueError, match="write for example"):
        units.parse_rate_per_us(wrong)


@pytest.mark.parametrize("wrong", ["101%", 1.5, -0.1, True, "half", [1]])
def test_a_share_outside_0_to_1_is_refused(wrong):
    with pytest.raises(ValueError, match=r"share|outside"):
        units.parse_fraction(wrong)


def test_aws_documented_log_lines_bill_214_and_3101_milliseconds():
    assert units.billed_ms(133_610, 80_000) == 214
    assert units.billed_ms(3_016_780, 84_000) == 3101


@given(st.integers(0, 10**10), st.integers(0, 10**8))
def test_billing_rounds_up_once_over_duration_and_init_together(duration_us, init_us):
    billed = units.billed_ms(duration_us, init_us)
    assert 0 <= billed * 1000 - (duration_us + init_us) < 1000
    assert billed == units.billed_ms_array(np.array([duration_us]), np.array([init_us]))[0]


def test_a_gigabyte_of_the_bill_has_1024_megabytes():
    assert units.gb_seconds(2000, 512) == 1.0
