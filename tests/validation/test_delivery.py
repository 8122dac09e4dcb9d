"""Measured delays to the function come out at their median and 99th percentile. The whole study is delivery.py."""

import functools

import numpy as np
import pytest

from tests.validation.delivery import MEASURED_MS, delays_ms

POLLED = ("kinesis", "dynamodb_streams")  # fitted through a poll, which the measured shape does not quite allow


@functools.cache
def simulated():
    return delays_ms(4000, 20.0)


@pytest.mark.parametrize("kind", MEASURED_MS)
@pytest.mark.parametrize(("share", "place"), [(0.5, 1), (0.99, 3)])
def test_the_measured_percentile_is_the_simulated_one(kind, share, place):
    values, measured_ms = simulated()[kind], MEASURED_MS[kind][place]
    allowed = 1.05 if kind in POLLED else 1.0
    error = 4 * np.sqrt(values.size * share * (1 - share))
    assert np.count_nonzero(values < measured_ms / allowed) < share * values.size + error
    assert np.count_nonzero(values < measured_ms * allowed) > share * values.size - error
