"""The Azure-like account: what is drawn, and that it can be simulated in parts."""

from __future__ import annotations

from collections import Counter

import numpy as np

import lambdasim
from lambdasim.kernel.sharing import PARTS, groups_of, parts_of, why_not_apart
from lambdasim.workload.expected import expected_events
from tests.benchmarks.azure_account import A_DAY, AT_MOST, TRIGGERS, azure_account

FUNCTIONS = 1_000
WORLD = lambdasim.parse_scenario(azure_account(FUNCTIONS))


def test_triggers_and_calls_a_day_are_those_of_the_published_tables():
    kinds = Counter(name.rpartition("-")[0] for name in WORLD.functions)
    for kind, (share, _) in TRIGGERS.items():
        assert abs(kinds[kind] / FUNCTIONS - share) < 4 * np.sqrt(share * (1 - share) / FUNCTIONS)
    a_day = [
        expected_events(trigger.arrivals, WORLD.duration_us)
        for name, trigger in WORLD.triggers.items()
        if "timer" not in name
    ]
    for most, share in zip(A_DAY[:-1], AT_MOST[:-1], strict=True):
        found = np.mean(np.array(a_day) <= most * 1.000_01)
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / len(a_day))


def test_only_rules_of_eventbridge_share_more_than_the_account():
    assert why_not_apart(WORLD) == []
    together = [group for group in groups_of(WORLD) if len(group.functions) > 1]
    assert [group.because for group in together] == [
        ("rules of EventBridge share its quota of invocations per second",)
    ]
    assert all(name.startswith("event-") for name in together[0].functions)
    assert len(parts_of(WORLD)) == PARTS


def test_an_hour_of_it_comes_to_the_same_as_a_whole_and_apart():
    world = lambdasim.parse_scenario(azure_account(60, "1h"))
    whole = lambdasim.simulate(world, log="none", engine="simpy").summary()
    outcome = lambdasim.simulate_apart(world, engine="simpy")
    assert outcome.parts == PARTS
    apart = outcome.result.summary()
    assert {k: v for k, v in apart.items() if "wall_s" not in k} == {
        k: v for k, v in whole.items() if "wall_s" not in k
    }
