"""A measure's unit is that of its keys, whatever the functions are called."""

import pytest

from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.telling import amount
from lambdasim.scenario.measures import Names, read_measure
from lambdasim.scenario.thresholds import read_threshold

NAMES = Names(functions=("usd", "run_ms", "versions", "api"), triggers={"utilization": "sqs"})


def amount_of(text, value):
    return amount(read_measure(text, NAMES), Estimate(value, value, value, 3, "t"))


def test_a_function_that_is_named_like_money_has_its_latency_in_milliseconds():
    assert amount_of("usd.latency_ms.p99", 250.0) == "250 ms"
    assert amount_of("usd.cost_usd.total", 250.0).startswith("$250")


def test_a_function_that_is_named_like_a_time_has_its_counts_without_unit():
    assert amount_of("run_ms.throttles.total", 250.0) == "250"


def test_a_function_that_is_named_like_a_room_of_the_summary_has_its_own_keys():
    assert read_measure("functions.versions.latency_ms.p99", NAMES).keys == ("latency_ms", "p99")
    assert read_measure("functions.api.versions.2.errors", NAMES).keys == ("errors",)


def test_a_trigger_that_is_named_utilization_counts_more_than_one():
    assert not read_measure("utilization.dead_lettered", NAMES).is_share
    assert read_measure("api.provisioned_concurrency.utilization.mean", NAMES).is_share


def test_a_threshold_in_time_needs_a_key_in_time():
    with pytest.raises(ValueError, match="has no unit 's'"):
        read_threshold("run_ms.cold_starts < 5 s", NAMES)
