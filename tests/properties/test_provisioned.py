"""Laws of provisioned concurrency, in worlds drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.codes import Capacity, EndCause, InitializationType, Outcome, StartCause, StartType
from lambdasim.units import US_PER_S
from tests.properties.strategies import EXAMPLES, Run, run, worlds
from tests.properties.test_limits import highest

RESETTING = (Outcome.TIMEOUT, Outcome.CRASH, Outcome.OUT_OF_MEMORY)
FEW = settings(EXAMPLES, max_examples=25)
KEPT = InitializationType.PROVISIONED_CONCURRENCY


@st.composite
def provisioned_worlds(draw: st.DrawFn, *, changing: bool = False, **fixed: Any) -> dict[str, Any]:
    """A world in which each function keeps some environments ready; ``changing``: their number is changed, too."""
    world = draw(worlds(**fixed))
    world["account"]["concurrent_executions"] = draw(st.sampled_from([40, 1000]))
    world["parameters"] |= {"provisioned/preparation": "1 s", "provisioned/allocation_per_minute": 600}
    for function in world["functions"].values():
        function.pop("snap_start", None)
        if function.get("reserved_concurrent_executions") == 0:
            del function["reserved_concurrent_executions"]
        most = min(3, function.get("reserved_concurrent_executions", 3))
        alias: dict[str, Any] = {
            "function_version": "1",
            "provisioned_concurrent_executions": draw(st.integers(1, most)),
        }
        if changing:
            times = draw(st.lists(st.integers(1, 59), max_size=4, unique=True))
            actions = [
                {"schedule": f"at(2026-01-05T00:00:{second:02})", "min_capacity": n, "max_capacity": n}
                for second in times
                for n in [draw(st.integers(0, most))]
            ]
            alias["autoscaling"] = {"min_capacity": 0, "max_capacity": most, "scheduled_actions": actions}
        function["aliases"] = {"live": alias}
    for trigger in world["triggers"].values():
        if "target" in trigger:
            trigger["target"] += ":live"
        for flow in trigger.get("flows", ()):
            for step in flow["steps"]:
                if "invoke" in step:  # a step that stands in several flows is one dict
                    step["invoke"] = f"{step['invoke'].partition(':')[0]}:live"
    return world


def amounts(world):
    """How many each function keeps."""
    functions = world["functions"].values()
    return [function["aliases"]["live"]["provisioned_concurrent_executions"] for function in functions]


def kept_runs(outcome: Run, function: int) -> dict[str, np.ndarray]:
    rows = (outcome.ran["capacity"] == Capacity.PROVISIONED) & (outcome.ran["function"] == function)
    return {name: values[rows] for name, values in outcome.ran.items()}


@FEW
@given(provisioned_worlds(changing=True))
def test_both_logs_agree_on_what_ran_on_kept_environments(world):
    outcome = run(world)
    log, ran, lives = outcome.log, outcome.ran, outcome.lives
    refused = np.isin(log["outcome"], (Outcome.THROTTLED, Outcome.REJECTED))
    assert np.array_equal(log["capacity"] == Capacity.NONE, refused)
    on_kept = lives["initialization"][ran["environment"]] == KEPT
    assert np.array_equal(ran["capacity"] == Capacity.PROVISIONED, on_kept)
    reset = (ran["start_type"] == StartType.COLD) & (ran["start_cause"] == StartCause.RESET)
    assert np.array_equal(on_kept & ~reset, ran["start_type"] == StartType.PROVISIONED)
    assert np.all(ran["started_us"][on_kept] == ran["invoked_us"][on_kept])
    assert not ran["init_us"][on_kept].any()
    kept = lives["initialization"] == KEPT
    phases = sum(lives[f"{phase}_us"] for phase in ("platform", "download", "network", "runtime_init", "function_init"))
    assert np.array_equal((lives["ready_us"] - lives["created_us"])[kept], phases[kept])
    assert not np.isin(lives["end_cause"][kept], (EndCause.IDLE_EXPIRED,)).any()


@FEW
@given(provisioned_worlds(changing=True))
def test_with_kept_environments_too_concurrency_stays_within_the_quota_and_reservations(world):
    outcome = run(world)
    quota = world["account"]["concurrent_executions"]
    assert highest(outcome.ran) <= quota
    for index, function in enumerate(world["functions"].values()):
        reserved = function.get("reserved_concurrent_executions")
        if reserved is not None:
            mine = outcome.ran["function"] == index
            assert highest({name: values[mine] for name, values in outcome.ran.items()}) <= reserved
    timeline = outcome.result.timeline
    claimed = timeline.loc[timeline["function"] == "*", "ClaimedAccountConcurrency"]
    used = timeline.loc[timeline["function"] == "*", "ConcurrentExecutions"]
    assert claimed.max() <= quota
    assert (claimed >= used).all()


@FEW
@given(provisioned_worlds())
def test_the_number_of_kept_environments_is_held_whatever_ends(world):
    outcome = run(world)
    lives = outcome.lives
    for function, n in enumerate(amounts(world)):
        kept = (lives["initialization"] == KEPT) & (lives["function"] == function)
        ready_us, ended_us = lives["ready_us"][kept], lives["ended_us"][kept]
        gone = ended_us >= 0
        assert np.array_equal(np.sort(ready_us[n:]), np.sort(ended_us[gone]))  # a successor at each end
        assert np.all(ready_us[:n] == 0)
        assert highest(kept_runs(outcome, function)) <= n


@FEW
@given(provisioned_worlds())
def test_a_run_spills_over_only_if_all_are_busy_or_were_asked_too_often(world):
    outcome = run(world)
    per_second = world["parameters"].get("quotas/account/requests_per_second_per_concurrency", 10)
    spilled = outcome.log["capacity"] == Capacity.SPILLOVER
    for function, n in enumerate(amounts(world)):
        rows = (outcome.log["capacity"] == Capacity.PROVISIONED) & (outcome.log["function"] == function)
        began_us, ended_us = outcome.log["started_us"][rows], outcome.log["ended_us"][rows]
        ended_us = np.where(ended_us < 0, 2**62, ended_us)  # it was under way at the end
        for at_us in outcome.log["invoked_us"][spilled & (outcome.log["function"] == function)]:
            busy = int(((began_us <= at_us) & (ended_us > at_us)).sum())
            lately = int(((began_us <= at_us) & (began_us > at_us - US_PER_S)).sum())
            assert busy == n or lately >= per_second * n


@FEW
@given(provisioned_worlds(drain="15 s", duration="10 s"))
def test_with_enough_of_them_and_no_failures_nothing_waits_for_a_start(world):
    for function in world["functions"].values():
        function.pop("reserved_concurrent_executions", None)
        function["handler"] |= {"error_rate": "0%", "crash_rate": "0%"}
        function["handler"].pop("max_memory_used", None)
        function["timeout"] = 900
        function["aliases"]["live"]["provisioned_concurrent_executions"] = 100
    world["account"]["concurrent_executions"] = 1000
    nothing = dict.fromkeys((128, 256, 512, 1024), 1e-6)  # so that it does not matter who has run before
    world["parameters"] |= {f"cold_starts/first_invocation/{runtime}": nothing for runtime in ("python3.13", "java21")}
    world["parameters"]["quotas/account/requests_per_second_per_concurrency"] = 10
    most = run(world)
    assert set(most.ran["start_type"]) <= {StartType.PROVISIONED}
    for function, written in enumerate(world["functions"].values()):
        needed = highest(kept_runs(most, function))
        asked = np.sort(kept_runs(most, function)["invoked_us"])
        within = np.searchsorted(asked, asked + US_PER_S, side="left") - np.arange(asked.size)
        for_requests = -(-int(within.max(initial=0)) // 10)
        written["aliases"]["live"]["provisioned_concurrent_executions"] = max(1, needed, for_requests)
    exact = run(world)
    assert set(exact.ran["start_type"]) <= {StartType.PROVISIONED}
    assert np.array_equal(exact.log["ended_us"], most.log["ended_us"])


@FEW
@given(provisioned_worlds(changing=True))
def test_a_world_with_kept_environments_is_the_same_twice(world):
    first, second = run(world), run(world)
    for name, values in first.log.items():
        assert np.array_equal(values, second.log[name])
    for name, values in first.lives.items():
        assert np.array_equal(values, second.lives[name])
    assert first.result.summary()["total"] == second.result.summary()["total"]
