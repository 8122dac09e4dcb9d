"""Memory buys CPU: AWS gives one vCPU at 1,769 MB, and a thread can use no more than one."""

import numpy as np
import pytest

from tests.theory.worlds import direct, function, log_of, world

SIZES_MB = range(128, 3009, 64)  # the 46 sizes that Lambda had in 2020, at which handlers were measured
ONE_VCPU_MB = 1769


def durations_s(**handler):
    """The duration at each size of a handler measured to take 2 s at 1,769 MB."""
    functions = {
        f"mb{size}": function("2 s", memory_size=size, handler={"measured_at": ONE_VCPU_MB, **handler})
        for size in SIZES_MB
    }
    once = {"at_once": {"events": 2, "at": "0 s", "over": "60 s"}}
    triggers = {f"to-{name}": direct(name, once) for name in functions}
    log = log_of(world(functions, triggers, duration="2m"))
    assert np.array_equal(log["function"], np.repeat(np.arange(46), 2))
    both = ((log["ended_us"] - log["started_us"]) / 1e6).reshape(46, 2)
    assert np.array_equal(both[:, 0], both[:, 1])  # the cold start here takes nothing
    return both[:, 0]


def test_a_cpu_bound_handler_takes_time_as_one_over_memory_up_to_one_vcpu_and_no_less_beyond():
    took_s, sizes = durations_s(), np.array(SIZES_MB)
    below = sizes <= ONE_VCPU_MB
    slope, _ = np.polyfit(np.log(sizes[below]), np.log(took_s[below]), 1)
    assert slope == pytest.approx(-1, abs=1e-6)  # -1.02 was measured on AWS from 128 to 1,024 MB
    assert took_s[below] * sizes[below] == pytest.approx(2 * ONE_VCPU_MB, rel=1e-6)
    assert np.all(took_s[~below] == 2)


def test_only_the_cpu_part_of_a_handler_scales():
    # Half of it waits: 1 s at any size, and 1 s of CPU at one vCPU.
    speed = np.minimum(np.array(SIZES_MB) / ONE_VCPU_MB, 1)
    assert durations_s(cpu_fraction="50%") == pytest.approx(1 + 1 / speed, rel=1e-6)


def test_a_handler_that_only_waits_takes_as_long_at_any_size():
    assert np.all(durations_s(cpu_fraction="0%") == 2)


def test_two_threads_go_on_scaling_beyond_one_vcpu():
    assert durations_s(threads=2) == pytest.approx(2 * ONE_VCPU_MB / np.array(SIZES_MB), rel=1e-6)
