"""SnapStart: what a restored environment costs is no init, and what REPORT says adds up."""

import numpy as np
from hypothesis import given

from lambdasim.codes import InitializationType, StartCause, StartType
from tests.properties.strategies import EXAMPLES, run, worlds


def with_snap_start(world):
    """The world with SnapStart on for function ``a``."""
    return world["functions"]["a"].get("snap_start") is not None


@EXAMPLES
@given(worlds().filter(with_snap_start))
def test_with_snap_start_nothing_inits_but_after_a_reset(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    on = np.array(["snap_start" in function for function in world["functions"].values()])
    assert np.array_equal(lives["initialization"] == InitializationType.SNAP_START, on[lives["function"]])
    restored = on[ran["function"]]
    assert not ran["init_us"][restored].any()
    assert not ran["restore_us"][~restored].any()
    again = restored & (ran["suppressed_init_us"] > 0)
    assert np.all(ran["start_cause"][again] == StartCause.RESET)
    kinds = (StartType.WARM, StartType.PRE_INITIALIZED, StartType.RESTORED)
    assert np.all(np.isin(ran["start_type"], kinds) | (ran["start_cause"] == StartCause.RESET) | ~restored)
    on_log = on[lives["function"]]
    for part in ("download_us", "runtime_init_us", "function_init_us"):
        assert not lives[part][on_log].any()
    assert not lives["restore_us"][~on_log].any()


@EXAMPLES
@given(worlds().filter(with_snap_start))
def test_a_restore_stands_on_the_first_run_of_its_environment_and_is_billed_in_part(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    first = ran["started_us"] == lives["first_used_us"][ran["environment"]]
    assert np.array_equal(ran["restore_us"], np.where(first, lives["restore_us"][ran["environment"]], 0))
    billed_us = ran["billed_restore_us"]
    assert not (billed_us % 1000).any()
    assert np.all(billed_us < ran["restore_us"] + 1000)
    duration_us = ran["ended_us"] - ran["started_us"]
    billed_ms = outcome.result.invocations["billed_ms"].dropna().to_numpy()
    assert np.array_equal(billed_ms, -(-(duration_us + ran["init_us"] + billed_us) // 1000))
