"""A design says at once what of it can not be: not after an hour, and not from deep inside."""

from __future__ import annotations

import numpy as np
import pytest

from lambdasim import Design, InputError, Workers


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"replications": 0}, "Design: replications: a single run has no interval; expected 2 or more, found 0"),
        ({"replications": 1}, "found 1"),
        ({"replications": 2.5}, "found 2.5"),
        ({"replications": True}, "found True"),
        ({"confidence": 95}, "Design: confidence: expected a number above 0 and below 1, such as 0.95, found 95"),
        ({"confidence": 1.0}, "found 1.0"),
        ({"confidence": "95%"}, "found '95%'"),
        ({"seed": -1}, "Design: seed: expected a whole number, 0 or more, or None, found -1"),
        ({"workers": 2}, "Design: workers: expected lambdasim.Workers, such as Workers(2), found 2"),
        ({"log": "some"}, "Design: log: expected 'full' or 'none', found 'some'"),
    ],
)
def test_what_can_not_be_is_named_with_the_remedy(wrong, says):
    with pytest.raises(InputError) as refused:
        Design(**wrong)
    assert says in str(refused.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InputError) as refused:
        Design(replications=0, confidence=95)
    assert [problem.path for problem in refused.value.problems] == ["replications", "confidence"]


@pytest.mark.parametrize("processes", [0, -1, 1.5, "2"])
def test_there_is_at_least_one_worker(processes):
    with pytest.raises(InputError, match="Workers: processes: expected a whole number, 1 or more"):
        Workers(processes)


def test_numbers_from_numpy_are_taken():
    assert Design(replications=np.int64(3), confidence=np.float64(0.9)).replications == 3
