"""An environment's life: one invocation at a time, within its life, never longer idle than its rules allow."""

from itertools import pairwise

import numpy as np
from hypothesis import given

from lambdasim.codes import EndCause, InitializationType, Outcome, StartCause, StartType
from lambdasim.records import NEVER
from lambdasim.units import parse_duration_us
from tests.properties.strategies import EXAMPLES, run, worlds

RESETTING = (Outcome.TIMEOUT, Outcome.CRASH, Outcome.OUT_OF_MEMORY)


def by_environment(ran):
    """The runs of each environment in their order: indices into ``ran``."""
    order = np.lexsort((ran["ended_us"], ran["started_us"], ran["environment"]))
    return np.split(order, np.flatnonzero(np.diff(ran["environment"][order])) + 1) if order.size else []


def limit_us(world, key):
    """A limit of the world's lifecycle; without end if it has none."""
    text = world["lifecycle"][key]
    return float("inf") if text == "unlimited" else parse_duration_us(text)


@EXAMPLES
@given(worlds())
def test_an_environment_runs_one_invocation_at_a_time_and_within_its_life(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    assert np.array_equal(lives["environment"], np.arange(lives["environment"].size))
    for runs in by_environment(ran):
        assert np.all(ran["started_us"][runs][1:] >= ran["ended_us"][runs][:-1])
    life = ran["environment"]
    assert np.array_equal(lives["function"][life], ran["function"])
    assert np.all(ran["started_us"] >= lives["ready_us"][life])
    assert np.all(lives["ready_us"] >= lives["created_us"])
    ended_us = np.where(lives["ended_us"] == NEVER, outcome.ended_us, lives["ended_us"])
    assert np.all(ran["ended_us"] <= ended_us[life])
    assert np.array_equal(lives["end_cause"] == EndCause.ALIVE, lives["ended_us"] == NEVER)


@EXAMPLES
@given(worlds(drain="15m"))
def test_an_environment_remembers_its_runs(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    count = lives["environment"].size
    assert np.array_equal(lives["invocations"], np.bincount(ran["environment"], minlength=count))
    busy_us, first_us = np.zeros(count, dtype=np.int64), np.full(count, 2**62)
    last_us = np.full(count, NEVER)
    np.add.at(busy_us, ran["environment"], ran["ended_us"] - ran["invoked_us"])  # starting counts, for a request
    np.minimum.at(first_us, ran["environment"], ran["started_us"])
    np.maximum.at(last_us, ran["environment"], ran["ended_us"])
    assert np.array_equal(lives["busy_us"], busy_us)
    assert np.array_equal(lives["first_used_us"], np.where(first_us == 2**62, NEVER, first_us))
    assert np.array_equal(lives["last_used_us"], last_us)


@EXAMPLES
@given(worlds(drain="15m"))
def test_start_types_and_causes_tell_the_same_story_in_both_logs(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    ahead, restored = lives["pre_initialized"] == 1, lives["initialization"] == InitializationType.SNAP_START
    waited = np.where(restored, StartType.RESTORED, StartType.COLD)
    for runs in by_environment(ran):
        number = ran["environment"][runs[0]]
        kind, cause = ran["start_type"][runs], ran["start_cause"][runs]
        assert kind[0] == (StartType.PRE_INITIALIZED if ahead[number] else waited[number])
        assert cause[0] == lives["start_cause"][number]
        after_reset = np.isin(ran["outcome"][runs[:-1]], RESETTING)
        assert np.array_equal(kind[1:], np.where(after_reset, StartType.COLD, StartType.WARM))
        assert np.array_equal(cause[1:], np.where(after_reset, StartCause.RESET, StartCause.NONE))
    assert not np.isin(lives["start_cause"], (StartCause.RESET, StartCause.NONE)).any()
    made_good = np.bincount(lives["start_cause"], minlength=4)
    lost = np.bincount(lives["end_cause"], minlength=4)
    for cause in (StartCause.IDLE_EXPIRED, StartCause.LIFETIME, StartCause.RECYCLED):
        assert made_good[cause] <= lost[cause]  # none starts for an end that was not


@EXAMPLES
@given(worlds(drain="15m"))
def test_no_environment_is_used_after_its_time(world):
    outcome = run(world)
    ran, lives = outcome.ran, outcome.lives
    lifetime_us = limit_us(world, "maximum_lifetime")
    idle_us, surplus_us = limit_us(world, "idle_timeout"), limit_us(world, "surplus_idle_timeout")
    not_renewed = world["lifecycle"]["keep_alive"] == "not_renewed"
    age_limit_us = min(lifetime_us, idle_us) if not_renewed else lifetime_us
    for runs in by_environment(ran):
        ready_us = lives["ready_us"][ran["environment"][runs[0]]]
        for before, after in pairwise(runs):
            start_us = ran["started_us"][after]
            assert start_us < ready_us + age_limit_us
            if not_renewed:
                continue
            assert start_us < ran["ended_us"][before] + surplus_us
            others = ran["function"] == ran["function"][after]
            earlier = others & (ran["invoked_us"] <= start_us) & (ran["started_us"] <= start_us)
            earlier[after] = False
            under_way = others & (ran["invoked_us"] < start_us) & (ran["ended_us"] > start_us)
            if not under_way.any():
                ended_us = ran["ended_us"][earlier]
                quiet_since_us = ended_us[ended_us <= start_us].max()
                assert start_us - quiet_since_us < idle_us or start_us == quiet_since_us


@EXAMPLES
@given(worlds(drain="15m"))
def test_an_end_comes_when_its_rule_says(world):
    outcome = run(world)
    lives = outcome.lives
    lifetime_us, surplus_us = limit_us(world, "maximum_lifetime"), limit_us(world, "surplus_idle_timeout")
    not_renewed = world["lifecycle"]["keep_alive"] == "not_renewed"
    age_us = lives["ended_us"] - lives["ready_us"]
    used = lives["last_used_us"] != NEVER
    idle_us = lives["ended_us"] - np.where(used, lives["last_used_us"], lives["ready_us"])
    aged = lives["end_cause"] == EndCause.LIFETIME
    assert np.all((age_us[aged] == lifetime_us) | (idle_us[aged] == 0))  # a busy one may finish first
    if not_renewed:
        return
    quiet_us = limit_us(world, "idle_timeout")
    for life in np.flatnonzero(lives["end_cause"] == EndCause.IDLE_EXPIRED):
        if idle_us[life] == surplus_us:
            continue
        # Then it went before, since the whole function had been quiet for so long.
        end_us = lives["ended_us"][life]
        runs = outcome.ran["function"] == lives["function"][life]
        came_us, went_us = outcome.ran["invoked_us"][runs], outcome.ran["ended_us"][runs]
        assert not np.any((came_us < end_us) & (went_us > end_us))
        assert end_us - max(went_us[went_us <= end_us].max(initial=0), end_us - idle_us[life]) == quiet_us
        assert idle_us[life] < surplus_us
