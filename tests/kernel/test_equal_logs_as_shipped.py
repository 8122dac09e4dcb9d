"""Both engines write the same logs of every shipped scenario that the compiled one can run, to the summary's bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

import lambdasim
from lambdasim.kernel.eligibility import why_not_compiled
from tests.kernel.comparing import compared

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_both_engines_write_the_same_logs_of_a_shipped_scenario_or_it_says_why_not(path):
    scenario = lambdasim.load_scenario(path)
    if reasons := why_not_compiled(scenario):
        with pytest.raises(lambdasim.LambdasimError, match=reasons[0].partition(" ")[0]):
            lambdasim.simulate(scenario, engine="compiled")
        return
    compared(scenario)


def test_half_of_the_shipped_scenarios_can_be_compiled():
    assert sum(not why_not_compiled(lambdasim.load_scenario(path)) for path in SCENARIOS) >= len(SCENARIOS) / 2
