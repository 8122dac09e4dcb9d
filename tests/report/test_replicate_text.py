"""Replications as people read them, and as programs do."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import lambdasim
from lambdasim import Design, Replications
from lambdasim.analysis.observations import measure_of
from lambdasim.analysis.replicate import estimates_of
from lambdasim.analysis.warm_up import Truncation, WarmUp
from lambdasim.display.screen import Screen
from lambdasim.report.as_json import as_json_text
from lambdasim.report.replicate import answer, replicate_document, replicate_text
from lambdasim.scenario.load import override

TEXT = """\
name: shop
duration: 1h
functions:
  api: {{runtime: python3.13, handler: {{duration: 80 ms}}}}
  mail: {{runtime: python3.13, handler: {{duration: 80 ms}}}}
triggers:
  web: {{type: api_gateway, target: api, arrivals: {arrivals}}}
"""
SCENARIO = lambdasim.parse_scenario(TEXT.format(arrivals="{poisson: {rate: 2/s}}"))
DAILY = lambdasim.parse_scenario(TEXT.format(arrivals="{diurnal: {mean_rate: 2/s}}"))
P99, COLD, THROTTLES, COST = (
    "api.latency_ms.p99", "api.cold_start_rate", "api.throttles.total", "total.cost_usd_per_month",
)  # fmt: skip
# By hand: of eight values gamma_1 = 0.992, gamma_2 = 0.930, so 0.936 of the way from the first to the second.
LATENCIES = [480.0, 490, 500, 505, 510, 520, 530, 540]
COSTS = [10.0, 11, 12, 11, 10, 11, 12, 11]


def replications(columns, *, scenario=SCENARIO, precision=None, more=None, warm_up=None):
    """From what the runs came to, by measure."""
    measures = tuple(measure_of(scenario, text) for text in columns)
    values = np.array(list(columns.values()), dtype=float).T
    return Replications(
        scenario=scenario,
        measures=measures,
        values=values,
        seeds=tuple(range(3, 3 + len(values))),
        estimates=estimates_of(measures, values, 0.95),
        confidence=Design().confidence,
        precision=precision,
        more=(0,) * len(measures) if more is None else more,
        warm_up=warm_up or WarmUp(0, "stated"),
    )


def test_the_answer_is_one_sentence_with_intervals_and_what_would_narrow_them():
    found = replications({P99: LATENCIES, COLD: [0.01, 0.02] * 4, COST: COSTS})
    assert answer(found) == (
        "99 % of api's successes come within 508 ms [489, 531]; 1.5 % [1.05 %, 1.95 %] of api's runs start cold; a "
        "month like this costs $11.00 [$10.37, $11.63] (95 % intervals, 8 replications; 24 more would halve them)."
    )
    assert replicate_text(found).startswith(answer(found) + "\n\nEstimates (95 % intervals, 8 replications)\n")


def test_of_many_measures_the_answer_tells_percentiles_and_the_cost_and_how_many_more_there_are():
    columns = {THROTTLES: [0] * 8, COLD: [0.01, 0.02] * 4, P99: LATENCIES, "mail.latency_ms.p50": LATENCIES}
    told = answer(replications({**columns, COST: COSTS, "account.throttles": [0] * 8}))
    assert told.startswith("99 % of api's successes come within 508 ms [489, 531]; 50 % of mail's")
    assert told.count(";") == 4
    assert "; a month like this costs $11.00 [$10.37, $11.63]; 3 more below (95 % intervals" in told


def test_up_to_five_measures_are_told_as_they_were_asked_for():
    """So are all five of two functions' latency and cost."""
    columns = {COST: COSTS, THROTTLES: [1, 3] * 4, P99: LATENCIES, "mail.latency_ms.p50": LATENCIES, COLD: [0.01] * 8}
    told = answer(replications(columns))
    assert told.startswith("a month like this costs")
    assert told.count(";") == 5
    assert "more below" not in told
    assert "1 % of api's runs start cold (95 %" in told


def test_a_month_of_a_short_run_is_told_to_be_made_of_such():
    found = replications({COST: COSTS})
    short = replace(found, scenario=override(found.scenario, {"duration": "20s"}))
    assert answer(short).startswith("a month made of such 20 s costs $11.00 [$10.37, $11.63] (95 %")


def test_what_has_no_sentence_of_its_own_is_told_by_its_name_and_unit():
    told = answer(replications({THROTTLES: [1, 3] * 4, "mail.duration_ms.mean": LATENCIES}))
    assert told.startswith("api.throttles.total is 2 [1.106, 2.894]; mail.duration_ms.mean is 509 ms [493, 526] (95 %")


def test_a_precision_that_is_reached_is_said_to_be():
    told = answer(replications({P99: LATENCIES}, precision=0.05))
    assert told.endswith("(95 % intervals, 8 replications, as precise as 5 %).")


def test_a_precision_that_is_missed_names_the_measure_that_takes_most_and_how_many():
    told = answer(replications({P99: LATENCIES, COST: COSTS}, precision=0.01, more=(90, 1200)))
    assert told.endswith(
        "8 replications; total.cost_usd_per_month would need about 1,200 more to be as precise as 1 %)."
    )
    told = answer(replications({P99: LATENCIES, THROTTLES: LATENCIES}, precision=0.01, more=(90, None)))
    assert told.endswith("8 replications; api.throttles.total lies too near 0 to be as precise as 1 %).")


def test_every_estimate_has_a_row_with_its_interval_and_method():
    lines = replicate_text(replications({P99: LATENCIES, COST: COSTS, THROTTLES: [0] * 8})).splitlines()
    assert [line.split() for line in lines[3:7]] == [
        ["measure", "estimate", "from", "to", "+-", "runs", "of", "runs", "method"],
        [P99, "508", "489", "531", "4.56", "%", "8", "median", "order", "statistics"],
        [COST, "$11.00", "$10.37", "$11.63", "5.75", "%", "8", "mean", "t"],
        [THROTTLES, "0", "0", "0", "-", "8", "mean", "all", "equal"],
    ]


def test_that_nothing_was_seen_is_not_told_as_certainty():
    text = replicate_text(replications({P99: LATENCIES, THROTTLES: [0] * 8}))
    assert "The same in all runs, which leaves up to 31.2 % of runs that differ: api.throttles.total = 0." in text
    assert "The same in all runs" not in replicate_text(replications({P99: LATENCIES}))


def test_runs_without_a_value_are_told():
    values = [math.nan, *LATENCIES[1:]]
    text = replicate_text(replications({P99: values, COST: COSTS}))
    assert f"{P99}: 7 of 8 runs had a value; the others count for nothing." in text
    text = replicate_text(replications({P99: [math.nan] * 8}))
    assert text.startswith(f"no run had a value of {P99} (95 % intervals")
    assert next(line.split() for line in text.splitlines() if line.startswith(P99)) == [P99, *"----", "0", *"--"]


@pytest.mark.parametrize(
    ("scenario", "warm_up", "told"),
    [
        (SCENARIO, WarmUp(0, "stated"), "nothing is left out: --warm-up mser5 finds how much should be."),
        (SCENARIO, WarmUp(300_000_000, "stated"), "Left out: the first 5 min, as stated."),
        (
            SCENARIO,
            WarmUp(90_000_000, "mser5", (Truncation("api's latency", 90_000_000), Truncation("x", 0)), ("mail",)),
            "5 pilot runs (api's latency 1.5 min, x nothing).\nToo few events to tell when they settle: mail.",
        ),
    ],
)
def test_what_is_left_out_at_the_beginning_is_told(scenario, warm_up, told):
    assert replicate_text(replications({P99: LATENCIES}, scenario=scenario, warm_up=warm_up)).endswith(told)


def test_what_has_no_steady_state_is_advised_no_warm_up():
    assert "warm-up" not in replicate_text(replications({P99: LATENCIES}, scenario=DAILY))


def test_the_answer_and_the_title_are_emphasised():
    text = replicate_text(replications({P99: LATENCIES}), Screen(500, styled=True))
    bold = [line for line in text.splitlines() if "\x1b" in line]
    assert [line.removeprefix("\x1b[1m")[:9] for line in bold] == ["99 % of a", "Estimates"]


def test_json_has_all_of_it():
    warm_up = WarmUp(1_500_000, "mser5", (Truncation("api's latency", 1_500_000),), ("mail",))
    found = replications(
        {P99: LATENCIES, COST: [math.nan, *COSTS[1:]]}, precision=0.01, more=(90, None), warm_up=warm_up
    )
    document = json.loads(as_json_text(replicate_document(found)))
    assert list(document) == [
        "schema_version", "scenario", "replications", "confidence", "precision", "reached", "warm_up", "measures",
        "runs",
    ]  # fmt: skip
    assert document["scenario"] == {"name": "shop", "sha256": SCENARIO.sha256}
    assert (document["schema_version"], document["replications"], document["reached"]) == (1, 8, False)
    assert document["warm_up"] == {"s": 1.5, "method": "mser5", "series": {"api's latency": 1.5}, "too_few": ["mail"]}
    latency, cost = document["measures"]
    assert list(latency) == ["measure", "value", "low", "high", "n", "method", "more"]
    assert (latency["value"], latency["n"], latency["more"]) == (found.estimates[0].value, 8, 90)
    assert (cost["n"], cost["more"]) == (7, None)
    assert document["runs"][0] == {"seed": 3, "values": [480.0, None]}


def test_json_has_no_number_where_there_is_none():
    document = json.loads(as_json_text(replicate_document(replications({P99: [math.nan] * 8}))))
    [measure] = document["measures"]
    assert (measure["value"], measure["low"], measure["high"], measure["n"]) == (None, None, None, 0)
