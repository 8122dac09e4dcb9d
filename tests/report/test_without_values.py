"""Where no run has a value, reports say so in words: no empty brackets, no unit of nothing."""

from __future__ import annotations

import re

import pytest

import lambdasim
from lambdasim.report.checks import checks_text
from lambdasim.report.compare import compare_text
from lambdasim.report.cost import cost_text
from lambdasim.report.pareto import trade_off_text
from lambdasim.report.replicate import replicate_text
from lambdasim.report.sensitivity import sensitivity_text
from lambdasim.report.size import size_text
from lambdasim.report.sweep import sweep_text

REFUSED = lambdasim.parse_scenario("""\
name: refused
duration: 30s
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}, reserved_concurrent_executions: 0}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}
""")
QUIET = lambdasim.parse_scenario("""\
name: quiet
duration: 30s
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}}
triggers:
  web: {type: sqs, target: api, arrivals: none}
""")
MEMORY, TIMEOUT = "functions.api.memory_size", "functions.api.timeout"
TWO = {"design": lambdasim.Design(replications=2)}
OBJECTIVES = ["api.latency_ms.p99 < 300"]
TEXTS = {
    "replicate": lambda scenario: replicate_text(lambdasim.replicate(scenario, **TWO)),
    "compare": lambda scenario: compare_text(lambdasim.compare(scenario, {MEMORY: [128, 256]}, **TWO)),
    "sweep": lambda scenario: sweep_text(lambdasim.sweep(scenario, {MEMORY: [128, 256]}, **TWO)),
    "size": lambda scenario: size_text(lambdasim.size(scenario, {MEMORY: [128, 256]}, objectives=OBJECTIVES, **TWO)),
    "size of two keys": lambda scenario: trade_off_text(
        lambdasim.trade_off(scenario, {MEMORY: [128, 256], TIMEOUT: [3, 4]}, objectives=OBJECTIVES, **TWO)
    ),
    "check": lambda scenario: checks_text([lambdasim.check(scenario, thresholds=OBJECTIVES, **TWO)]),
    "sensitivity": lambda scenario: sensitivity_text(
        lambdasim.sensitivity(scenario, measures=["api.latency_ms.p99"], only=["cold_starts/"], **TWO)
    ),
    "cost": lambda scenario: cost_text(lambdasim.cost(scenario, traffic=[1, 10], **TWO)),
}
OF_NOTHING = re.compile(r"\[-|\bnan\b|(?<![^\s(])- (ms|times|slower|a month|%)|save -|None")


@pytest.mark.parametrize("scenario", [REFUSED, QUIET], ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("verb", TEXTS)
def test_no_brackets_and_no_unit_stand_around_nothing(verb, scenario):
    assert OF_NOTHING.findall(TEXTS[verb](scenario)) == []


def test_cost_says_that_nothing_ends_in_success_and_leaves_growth_out():
    lines = TEXTS["cost"](QUIET).splitlines()
    assert "no event of api ends in success" in lines[2]
    assert "arm64 would save" in lines[0]
