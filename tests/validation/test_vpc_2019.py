"""Recorded starts in a VPC of 2019 against the rule of legacy interfaces. The whole study is vpc_2019.py."""

import numpy as np
import pytest

from tests.validation.vpc_2019 import (
    DOCUMENTED_MB,
    MACHINE_MB,
    PERCENTILES,
    SIZES_MB,
    after_one_that_made,
    page,
    percentiles,
    recorded,
    replayed,
    shares,
    simulated_setups_s,
)


def mean_error(made):
    recording = recorded()
    theirs = shares(recording.memory_mb, recording.made)
    return np.mean(np.abs(np.subtract(shares(recording.memory_mb, made), theirs)))


def test_the_recording_is_the_published_one():
    recording = recorded()
    published = (0.07, 0.13, 0.43, 0.65, 0.81, 0.98)
    assert np.allclose(shares(recording.memory_mb, recording.made), published, atol=0.006)
    assert not ((recording.setup_s > 1.8) & (recording.setup_s < 6)).any()
    assert np.bincount(np.bincount(recording.round))[6] > 600  # rounds in which each of the six was called


@pytest.mark.parametrize("mb_per_interface", [DOCUMENTED_MB, MACHINE_MB])
def test_the_rule_makes_as_many_interfaces_as_were_recorded(mb_per_interface):
    assert replayed(mb_per_interface, 0.0).sum() == pytest.approx(recorded().made.sum(), rel=0.03)


def test_functions_that_share_are_closer_to_the_recording_than_each_for_itself():
    sizes = recorded().memory_mb
    assert mean_error(replayed(DOCUMENTED_MB, 0.0)) < mean_error(sizes / DOCUMENTED_MB)
    assert mean_error(replayed(MACHINE_MB, 0.0)) < mean_error(replayed(DOCUMENTED_MB, 0.0))


def test_in_the_recording_functions_share_an_interface_if_they_fit():
    (fit, _), (nearly, _), (too_large, _) = after_one_that_made(recorded().made).values()
    assert max(fit, nearly) < 0.2
    assert too_large > 0.8


def test_setups_with_a_new_interface_take_as_long_as_recorded():
    recording = recorded()
    drawn, measured = percentiles(simulated_setups_s(4000)), percentiles(recording.setup_s[recording.made])
    assert len(drawn) == len(PERCENTILES)
    assert drawn == pytest.approx(measured, rel=0.1)


def test_the_page_shows_every_size():
    text = page()
    assert all(f"{size:,} MB" in text for size in SIZES_MB)
    assert "1,901" in text
