"""A design says at once what of it can not be: not after an hour, and not from deep inside."""

from __future__ import annotations

import numpy as np
import pytest

import lambdasim
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


SHOP = lambdasim.parse_scenario("""\
name: shop
duration: 30s
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}
""")
MEMORY = {"functions.api.memory_size": [128, 256]}
P99 = "api.latency_ms.p99"


@pytest.mark.parametrize(
    ("asked", "option", "text"),
    [
        (lambda: lambdasim.replicate(SHOP, measures=P99), "--measure", P99),
        (lambda: lambdasim.compare(SHOP, MEMORY, measures=P99), "--measure", P99),
        (lambda: lambdasim.sweep(SHOP, MEMORY, measures=P99), "--measure", P99),
        (lambda: lambdasim.sensitivity(SHOP, measures=P99), "--measure", P99),
        (lambda: lambdasim.sensitivity(SHOP, only="cold_starts/"), "--only", "cold_starts/"),
        (lambda: lambdasim.size(SHOP, MEMORY, objectives=f"{P99} < 9"), "--objective", f"{P99} < 9"),
        (lambda: lambdasim.check(SHOP, thresholds=f"{P99} < 9"), "--threshold", f"{P99} < 9"),
        (lambda: lambdasim.cost(SHOP, questions="fargate"), "questions", "fargate"),
    ],
)
def test_one_text_where_a_list_is_meant_is_refused_before_its_letters_are_read(asked, option, text):
    with pytest.raises(InputError) as refused:
        asked()
    assert str(refused.value) == f"{option}: expected a list, such as [{text!r}], found {text!r}"
