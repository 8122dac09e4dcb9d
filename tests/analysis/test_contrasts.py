"""Differences of two measures of one run: paired by nature, of one unit, and told in words."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lambdasim
from lambdasim import Design, replicate
from lambdasim.analysis.contrasts import Contrast, measure_or_contrast
from lambdasim.analysis.intervals import difference_estimate
from lambdasim.analysis.replicate import estimates_of
from lambdasim.errors import InputError
from lambdasim.report.as_json import as_json_text
from lambdasim.report.contrasts import advice, contrast_told
from lambdasim.report.replicate import answer, replicate_document, replicate_text

SHOP = lambdasim.parse_scenario("""\
name: shop
duration: 1m
functions:
  slow-api: {runtime: python3.13, handler: {duration: {exponential: {mean: 900 ms}}}}
  api: {runtime: python3.13, handler: {duration: {exponential: {mean: 80 ms}}}}
triggers:
  web: {type: direct, target: api, arrivals: &calls {poisson: {rate: 2/s}}}
  slow-web: {type: direct, target: slow-api, arrivals: *calls}
""")
FOUR = Design(replications=4)
SLOWER, FASTER = "slow-api.latency_ms.mean - api.latency_ms.mean", "api.latency_ms.mean - slow-api.latency_ms.mean"
COLD = "slow-api.cold_starts - api.cold_starts"


def told(text, values):
    """The sentence and the advice on one difference, from what it came to."""
    contrast = measure_or_contrast(SHOP, text)
    [estimate] = estimates_of([contrast], np.array(values, dtype=float)[:, None], 0.95)
    return contrast_told(contrast, estimate), advice([(contrast, estimate)])


def test_it_is_the_paired_difference_of_the_two_run_by_run():
    texts = ["slow-api.latency_ms.mean", "api.latency_ms.mean", SLOWER]
    found = replicate(SHOP, measures=texts, design=FOUR)
    ours, theirs, difference = found.values.T
    assert difference.tolist() == (ours - theirs).tolist()
    assert found.estimates[2] == difference_estimate(ours, theirs)


def test_it_is_antisymmetric():
    found = replicate(SHOP, measures=[SLOWER, FASTER], design=FOUR)
    one, other = found.estimates
    assert (one.value, one.low, one.high) == (-other.value, -other.high, -other.low)
    assert found.values[:, 0].tolist() == (-found.values[:, 1]).tolist()
    first, second = (contrast_told(*pair) for pair in zip(found.measures, found.estimates, strict=True))
    assert first == second
    assert first.startswith("api.latency_ms.mean is lower than slow-api.latency_ms.mean by ")


def test_a_measure_less_itself_is_equal_in_all_runs():
    found = replicate(SHOP, measures=["api.latency_ms.mean - functions.api.latency_ms.mean"], design=FOUR)
    assert found.values.tolist() == [[0.0]] * 4
    assert answer(found).startswith(
        "api.latency_ms.mean equals functions.api.latency_ms.mean in each of 4 runs (95 % intervals"
    )


def test_what_rounding_alone_makes_of_a_difference_is_none():
    contrast = Contrast("a - b", ("total", "a"), ("total", "b"))
    assert contrast.value({"total": {"a": 0.1 + 0.2, "b": 0.3}}) == 0
    assert contrast.value({"total": {"a": 1}}) is None


def test_the_same_difference_written_in_two_ways_counts_once_and_the_reverse_by_itself():
    texts = [COLD, "functions.slow-api.cold_starts - api.cold_starts", "api.cold_starts - slow-api.cold_starts"]
    assert [one.text for one in replicate(SHOP, measures=texts, design=FOUR).measures] == [texts[0], texts[2]]


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8))
def test_its_interval_is_not_cut_at_0_as_that_of_a_share_is(values):
    contrast = measure_or_contrast(SHOP, "slow-api.cold_start_rate - api.cold_start_rate")
    [estimate] = estimates_of([contrast], np.array(values)[:, None], 0.95)
    assert estimate.high - estimate.value == pytest.approx(estimate.value - estimate.low)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("apy.cold_starts - api.cold_start", ["'apy' is no function", "did you mean 'api'", "no 'cold_start' under"]),
        ("api.cold_starts - api.retries - api.errors", ["a difference is of two measures, found 3"]),
        ("api.latency_ms.p99 - api.cost_usd.total", ["is in milliseconds, api.cost_usd.total is in USD; a difference"]),
        ("total.cost_usd_per_month - total.cost_usd", ["is in USD per month, total.cost_usd is in USD;"]),
        ("api.cold_start_rate - api.cold_starts", ["is a share, api.cold_starts is a count;"]),
        ("api.cold_starts-api.errors", ["the summary has no 'cold_starts-api'"]),
    ],
)
def test_what_is_no_difference_is_refused_with_the_remedy(text, wrong):
    with pytest.raises(InputError) as raised:
        replicate(SHOP, measures=[text, "apy.errors"], design=FOUR)
    first, second = map(str, raised.value.problems)
    assert [part for part in wrong if part not in first] == [], first
    assert "apy" in second


def test_of_money_from_different_rooms_it_is_one_unit():
    assert isinstance(measure_or_contrast(SHOP, "total.cost_usd - api.cost_usd.total"), Contrast)


def test_the_words_say_which_is_lower_and_which_to_take():
    assert told(COLD, [12, 12, 14, 14]) == (
        "api.cold_starts is lower than slow-api.cold_starts by 13 [11.16, 14.84]",
        ["so take api rather than slow-api"],
    )
    assert told(COLD, [-1, 1, -1, 2]) == (
        "no difference shown between slow-api.cold_starts and api.cold_starts (+0.25 [-2.137, +2.637])",
        [],
    )
    assert told("slow-api.successes - api.successes", [1, 1, 2, 2])[1] == ["so take slow-api rather than api"]
    assert told("slow-api.concurrency.max - api.concurrency.max", [1, 1, 2, 2])[1] == []
    assert told("api.throttles.total - api.errors", [1, 1, 2, 2])[1] == []


def test_where_each_is_better_in_something_both_are_told():
    pairs = [measure_or_contrast(SHOP, text) for text in (COLD, "slow-api.cost_usd.total - api.cost_usd.total")]
    estimates = estimates_of(pairs, np.array([[12.0, -1.0], [14.0, -1.5]] * 3), 0.95)
    assert advice(list(zip(pairs, estimates, strict=True))) == [
        "api has the better cold_starts, slow-api has the better cost_usd.total: weigh them"
    ]


def test_table_and_json_have_it_with_its_sign():
    found = replicate(SHOP, measures=[FASTER], design=FOUR)
    text = replicate_text(found)
    row = next(line for line in text.splitlines() if line.startswith(FASTER)).removeprefix(FASTER).split()
    assert row[0].startswith("-")
    assert row[-3:] == ["4", "mean", "t"]
    assert "A difference is the mean of pairs, run by run" in text
    document = json.loads(as_json_text(replicate_document(found)))
    [entry] = document["measures"]
    assert (entry["measure"], entry["method"], entry["value"]) == (FASTER, "t", found.estimates[0].value)
    assert found.frame["measure"].tolist() == [FASTER]
    assert not math.isnan(found.runs[FASTER].mean())
