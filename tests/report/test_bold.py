"""On a terminal the answer is in bold, whichever verb gives it; what a file says can't steer the terminal."""

from __future__ import annotations

import pytest

import lambdasim
from lambdasim.display.screen import Screen
from lambdasim.report.compare import compare_text
from lambdasim.report.cost import cost_text
from lambdasim.report.pareto import trade_off_text
from lambdasim.report.replicate import replicate_text
from lambdasim.report.sensitivity import sensitivity_text
from lambdasim.report.size import size_text
from lambdasim.report.sweep import sweep_text

SHOP = lambdasim.parse_scenario("""\
name: shop
duration: 30s
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}
""")
MEMORY, TIMEOUT = "functions.api.memory_size", "functions.api.timeout"
TWO = {"design": lambdasim.Design(replications=2)}
OBJECTIVES = ["api.latency_ms.p99 < 300"]
TEXTS = {
    "replicate": lambda screen: replicate_text(lambdasim.replicate(SHOP, **TWO), screen),
    "compare": lambda screen: compare_text(lambdasim.compare(SHOP, {MEMORY: [128, 256]}, **TWO), screen),
    "sweep": lambda screen: sweep_text(lambdasim.sweep(SHOP, {MEMORY: [128, 256]}, **TWO), screen),
    "size": lambda screen: size_text(lambdasim.size(SHOP, {MEMORY: [128, 256]}, objectives=OBJECTIVES, **TWO), screen),
    "size of two keys": lambda screen: trade_off_text(
        lambdasim.trade_off(SHOP, {MEMORY: [128, 256], TIMEOUT: [3, 4]}, objectives=OBJECTIVES, **TWO), screen
    ),
    "sensitivity": lambda screen: sensitivity_text(
        lambdasim.sensitivity(SHOP, parameters={MEMORY: ("128", "1024")}, only=["cold_starts/"], **TWO), screen
    ),
    "cost": lambda screen: cost_text(lambdasim.cost(SHOP, questions=["init_billing"], **TWO), screen),
}


@pytest.mark.parametrize("verb", TEXTS)
def test_the_answer_is_in_bold_and_the_terminals_own_signs_are_not_written_out(verb):
    text = TEXTS[verb](Screen(80, styled=True))
    assert text.startswith("\x1b[1m")
    assert "\\x1b" not in text
    assert text.count("\x1b[1m") == text.count("\x1b[0m")
