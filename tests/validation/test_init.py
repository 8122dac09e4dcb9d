"""Simulated inits against those that were measured on AWS: every runtime, package type and architecture of the book."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lambdasim.parameters.book import load_book
from tests.validation.init import INITS, simulated_ms
from tests.validation.init_fits import SHARES, as_written, fit, measured

# Their medians in ms, rounded: Zip on x86_64 and arm64, Image on x86_64 and arm64.
MEDIANS = {
    "python3.12": (90, 83, 149, 127),
    "python3.13": (102, 88, 174, 145),
    "python3.14": (123, 106, 199, 163),
    "nodejs20.x": (144, 132, 277, 233),
    "nodejs22.x": (141, 127, 286, 236),
    "nodejs24.x": (145, 120, 281, 226),
    "java11": (283, 283, 376, 337),
    "java17": (212, 214, 300, 288),
    "java21": (263, 253, 346, 314),
    "java25": (235, 203, 249, 231),
    "dotnet8": (254, 280, 386, 402),
    "dotnet10": (295, 286, 426, 381),
    "dotnet8_aot@provided.al2023": (88, 75, 57, 52),
    "ruby3.3": (232, 231, 276, 273),
    "ruby3.4": (227, 217, 265, 263),
    "go@provided.al2023": (51, 40, 43, 35),
    "rust@provided.al2023": (16, 13, 31, 26),
    "graalvm_java21@provided.al2023": (154, 123, 87, 72),
}


@pytest.mark.parametrize("path", INITS)
def test_simulated_inits_have_the_median_and_the_99th_percentile_that_were_measured(path):
    inits_ms = simulated_ms(path)
    assert np.quantile(inits_ms, 0.50) == pytest.approx(INITS[path].at(0.50), rel=0.02)
    assert np.quantile(inits_ms, 0.99) == pytest.approx(INITS[path].at(0.99), rel=0.05)


def test_every_init_of_the_book_is_held_against_what_was_measured():
    """A language without its version is a second name of the newest one."""
    book = load_book()
    paths = {
        f"{key}/{package_type}/{architecture}"
        for key in book.names("cold_starts/init")
        for package_type in book.names(f"cold_starts/init/{key}")
        for architecture in book.names(f"cold_starts/init/{key}/{package_type}")
    }
    assert {
        path for path in paths - set(INITS) if not re.match(r"(cpp|dotnet_aot|graalvm|quarkus|swift)@", path)
    } == set()
    assert set(INITS) <= paths


@pytest.mark.parametrize("key", MEDIANS)
def test_images_and_arm64_start_slower_or_faster_by_what_was_measured(key):
    """The ratios of medians, by 3 %: each median is known within 2 % or half a millisecond of the table's rounding."""
    cells = [
        f"{key}/{package_type}/{architecture}"
        for package_type in ("Zip", "Image")
        for architecture in ("x86_64", "arm64")
    ]
    medians = [float(np.median(simulated_ms(path))) for path in cells]
    for ours, theirs in zip(medians[1:], MEDIANS[key][1:], strict=True):
        rounding = 0.5 / theirs + 0.5 / MEDIANS[key][0]
        assert ours / medians[0] == pytest.approx(theirs / MEDIANS[key][0], rel=0.03 + rounding)


def test_the_book_has_the_mixtures_that_the_fits_give():
    """A few of them; the fit of all takes minutes."""
    book = load_book()
    for row in measured()[::60]:
        written = book.value(f"cold_starts/{row.path}")["mixture"]
        weights, mu, sigma = fit(row.quantiles_ms)
        assert len(written) == len(weights), as_written((weights, mu, sigma))
        for part, weight, m, s in zip(written, weights, mu, sigma, strict=True):
            assert part["weight"] == pytest.approx(weight, abs=0.002)
            assert float(part["lognormal"]["median"].removesuffix(" ms")) == pytest.approx(np.exp(m), rel=0.005)
            assert part["lognormal"]["sigma"] == pytest.approx(s, rel=0.02)


def test_the_recordings_are_whole():
    assert len(INITS) == 179
    assert all(
        len(row.quantiles_ms) == len(SHARES) and list(row.quantiles_ms) == sorted(row.quantiles_ms)
        for row in measured()
    )
