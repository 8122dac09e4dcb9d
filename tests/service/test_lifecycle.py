"""How environments start, live and end."""

from __future__ import annotations

import math

import pytest

from lambdasim.codes import EndCause, StartCause, StartType
from lambdasim.service.cold_start import ColdStart
from lambdasim.service.environment import ExecutionEnvironment
from lambdasim.service.lifecycle import Life
from tests.worlds import at, environments, rows, run, world

S = 1_000_000


def starts(result):
    return [row["start_type"] for row in rows(result)]


def test_a_request_that_arrives_as_another_ends_finds_its_environment_free():
    result = run(world(trigger={"arrivals": at("0s", "1100ms")}))  # the first runs from 0.1 s to 1.1 s
    assert starts(result) == [StartType.COLD, StartType.WARM]
    assert rows(result)[1]["wait_us"] == 0


def test_a_request_that_arrives_as_the_idle_timeout_passes_finds_the_environment_gone():
    assert starts(run(world(trigger={"arrivals": at("0s", "601099ms")})))[1] is StartType.WARM
    late = run(world(duration="15m", drain="0s", trigger={"arrivals": at("0s", "601100ms")}))
    assert starts(late)[1] is StartType.COLD
    assert rows(late)[1]["start_cause"] is StartCause.IDLE_EXPIRED
    first, second = environments(late)
    assert (first["ended_us"], first["end_cause"]) == (601_100_000, EndCause.IDLE_EXPIRED)
    assert (second["ended_us"], second["end_cause"]) == (-1, EndCause.ALIVE)


def test_a_quiet_function_loses_its_environments_while_one_in_use_keeps_a_surplus_one_for_longer():
    life = {"idle_timeout": "100 s", "surplus_idle_timeout": "1000 s"}
    # Two run at once at 0 s. Then one call every 50 s keeps the function in use: the other stays idle, but alive.
    busy = at("0s", "0s", *(f"{t}s" for t in range(50, 900, 50)), "900s", "900s")
    in_use = run(world(lifecycle=life, trigger={"arrivals": busy}))
    assert starts(in_use).count(StartType.COLD) == 2
    quiet = run(world(lifecycle=life, trigger={"arrivals": at("0s", "0s", "300s", "300s")}))
    assert starts(quiet).count(StartType.COLD) == 4
    assert [e["ended_us"] for e in environments(quiet)[:2]] == [101_100_000] * 2


def test_a_surplus_environment_goes_after_its_own_timeout_though_the_function_is_in_use():
    life = {"idle_timeout": "100 s", "surplus_idle_timeout": "500 s"}
    # Environments 0 and 1 end together, 1 last. One of them then runs for 900 s; the other is needed at 600 s.
    document = world(lifecycle=life, function={"timeout": 900}, trigger={"arrivals": at("0s", "0s")})
    document["functions"]["f"]["handler"] = {"duration": "900 s"}
    document["triggers"]["t"]["arrivals"] = at("0s", "0s", "950s", "1501s")
    first, second = environments(run(document))[:2]
    assert (first["ended_us"], first["end_cause"]) == (1400_100_000, EndCause.IDLE_EXPIRED)
    assert second["ended_us"] == 2350 * S  # used from 950 s to 1,850 s; the function is in use until 2,401.1 s


def test_a_surplus_environment_that_is_asked_for_as_its_timeout_passes_is_gone():
    life = {"idle_timeout": "100 s", "surplus_idle_timeout": "500 s"}
    for last, starts_expected in (("501099ms", 2), ("501100ms", 3)):
        busy = at("0s", "0s", *(f"{t}s" for t in range(50, 500, 50)), "500500ms", last)
        assert starts(run(world(lifecycle=life, trigger={"arrivals": busy}))).count(StartType.COLD) == starts_expected


def test_quiet_counts_from_the_functions_last_activity_not_from_the_environments_own():
    life = {"idle_timeout": "100 s", "surplus_idle_timeout": "1000 s"}
    result = run(world(lifecycle=life, trigger={"arrivals": at("0s", "0s", "90s", "300s")}))
    assert [e["ended_us"] for e in environments(result)[:2]] == [191 * S] * 2  # the last call ended at 91 s


def test_a_replacement_serves_only_when_no_used_environment_is_idle():
    life = {"maximum_lifetime": "1000 s", "proactive_initialization": {"on_retirement": "100%", "otherwise": "0%"},
            "idle_timeout": "unlimited", "surplus_idle_timeout": "unlimited"}  # fmt: skip
    result = run(
        world(
            lifecycle=life, duration="20m", drain="0s", trigger={"arrivals": at("0s", "500s", "500s", "1100s", "1100s")}
        )
    )
    assert starts(result)[-2:] == [StartType.WARM, StartType.PRE_INITIALIZED]


def test_an_environment_takes_no_call_after_its_maximum_lifetime():
    every_minute = at(*(f"{t}s" for t in range(0, 3600, 60)))
    result = run(world(lifecycle={"maximum_lifetime": "1000 s"}, trigger={"arrivals": every_minute}))
    causes = [row["start_cause"] for row in rows(result) if row["start_type"] is StartType.COLD]
    assert causes == [StartCause.SCALE_OUT, *[StartCause.LIFETIME] * 3]
    for environment in environments(result)[:-1]:
        assert environment["ended_us"] == environment["ready_us"] + 1000 * S


def test_an_environment_that_is_busy_when_its_time_comes_ends_with_its_run():
    life = {"maximum_lifetime": "1000 s"}
    result = run(world(lifecycle=life, function={"timeout": 900}, handler={"duration": "600 s"},
                       trigger={"arrivals": at("0s", "700s", "1400s")}))  # fmt: skip
    assert starts(result) == [StartType.COLD, StartType.WARM, StartType.COLD]
    first = environments(result)[0]
    assert (first["ended_us"], first["end_cause"]) == (1300 * S, EndCause.LIFETIME)


def test_a_replacement_that_lambda_starts_ahead_spares_the_next_call_its_cold_start():
    life = {"maximum_lifetime": "1000 s", "proactive_initialization": {"on_retirement": "100%", "otherwise": "0%"},
            "idle_timeout": "unlimited", "surplus_idle_timeout": "unlimited"}  # fmt: skip
    result = run(world(lifecycle=life, duration="20m", drain="0s", trigger={"arrivals": at("0s", "900s", "1100s")}))
    first, _, third = rows(result)
    assert starts(result) == [StartType.COLD, StartType.WARM, StartType.PRE_INITIALIZED]
    assert third["wait_us"] == 0
    assert third["init_us"] == first["init_us"] == 100_000  # REPORT shows it all the same
    assert third["start_cause"] is StartCause.LIFETIME
    replaced, replacement = environments(result)
    assert replacement["pre_initialized"]
    assert replacement["created_us"] == replaced["ended_us"]


def test_a_share_of_other_starts_is_initialized_ahead_too():
    life = {"idle_timeout": "1 s", "surplus_idle_timeout": "1 s",
            "proactive_initialization": {"on_retirement": "0%", "otherwise": "30%"}}  # fmt: skip
    result = run(world(lifecycle=life, duration="20h", trigger={"arrivals": {"constant": {"rate": "6/min"}}}))
    n, ahead = len(rows(result)), starts(result).count(StartType.PRE_INITIALIZED)
    assert n == starts(result).count(StartType.COLD) + ahead
    assert abs(ahead - 0.3 * n) < 4 * math.sqrt(n * 0.3 * 0.7)


def test_recycling_ends_environments_at_the_stated_rate():
    life = {"recycle_rate": "2/h", "idle_timeout": "unlimited", "surplus_idle_timeout": "unlimited"}
    result = run(world(lifecycle=life, duration="500h", trigger={"arrivals": {"constant": {"rate": "10/h"}}}))
    ended = [e for e in environments(result) if e["ended_us"] >= 0]
    assert {e["end_cause"] for e in ended} == {EndCause.RECYCLED}
    mean_life_s = sum(e["ended_us"] - e["ready_us"] for e in ended) / len(ended) / S
    assert abs(mean_life_s - 1800) < 4 * 1800 / math.sqrt(len(ended))
    assert {row["start_cause"] for row in rows(result)[1:]} == {StartCause.RECYCLED, StartCause.NONE}


def test_keep_alive_that_no_call_renews_ends_an_environment_in_full_use():
    life = {"keep_alive": "not_renewed", "idle_timeout": "600 s"}
    result = run(world(lifecycle=life, trigger={"arrivals": at(*(f"{t}s" for t in range(0, 3600, 60)))}))
    assert starts(result).count(StartType.COLD) == 6


@pytest.mark.parametrize(
    ("placement", "expected"),
    [("most_recently_used", 1), ("least_recently_used", 0), ("newest_created", 1), ("oldest_created", 0)],
)
def test_placement_chooses_among_idle_environments_by_its_rule(placement, expected):
    # Environment 0 (first call, 2 s) and 1 (second call) overlap; 0 becomes idle first.
    arrivals = at("0s", "500ms", "10s")
    result = run(world(lifecycle={"placement": placement}, trigger={"arrivals": arrivals}))
    assert rows(result)[2]["environment"] == expected


def test_most_recently_used_and_newest_created_differ_when_the_older_one_was_used_last():
    document = {
        "name": "two",
        "handler": {"duration": "1 s"},
        "trigger": {"arrivals": at("0s", "500ms", "10s", "10500ms", "20s")},
    }
    # At 10 s environment 1 runs, at 10.5 s environment 0; so 0 was used last, though 1 is newer.
    assert rows(run(world(lifecycle={"placement": "most_recently_used"}, **document)))[4]["environment"] == 0
    assert rows(run(world(lifecycle={"placement": "newest_created"}, **document)))[4]["environment"] == 1


def test_random_placement_takes_each_idle_environment_about_equally_often():
    arrivals = {"sum": [at("0s", events=3), {"constant": {"rate": "6/min"}}]}  # four at 0 s
    result = run(world(lifecycle={"placement": "random"}, duration="10h", trigger={"arrivals": arrivals}))
    later = [row["environment"] for row in rows(result) if row["invoked_us"] > 5 * S]
    for environment in range(4):
        share = later.count(environment) / len(later)
        assert abs(share - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(later))


def test_scale_out_is_the_cause_only_where_so_many_were_never_needed_at_once():
    arrivals = {"sum": [at("0s", events=2), at("2000s", events=3)]}
    causes = [row["start_cause"] for row in rows(run(world(trigger={"arrivals": arrivals})))]
    assert causes[:2] == [StartCause.SCALE_OUT] * 2
    assert sorted(causes[2:]) == [StartCause.SCALE_OUT, StartCause.IDLE_EXPIRED, StartCause.IDLE_EXPIRED]


def test_a_refused_request_changes_nothing_for_the_idle_environments():
    function = {"reserved_concurrent_executions": 1}
    arrivals = at("0s", "10s", "10s", "20s")
    result = run(world(function=function, trigger={"arrivals": arrivals}))
    assert starts(result) == [StartType.COLD, StartType.WARM, StartType.NONE, StartType.WARM]


def test_an_environment_refuses_moves_that_its_life_does_not_have():
    life, phases = Life(1, 1, 1, EndCause.LIFETIME, replaced=False), ColdStart(0, 0, 0, 0, 0)
    environment = ExecutionEnvironment(0, 0, 0, StartCause.SCALE_OUT, life, phases, pre_initialized=False)
    with pytest.raises(AssertionError, match="can't go from STARTING to ENDED"):
        environment.end(1, EndCause.LIFETIME)
    environment.begin(0)
    with pytest.raises(AssertionError, match="can't go from BUSY to BUSY"):
        environment.begin(0)
    environment.finish(5, reset=False)
    with pytest.raises(AssertionError, match="can't go from IDLE to IDLE"):
        environment.finish(6, reset=False)
    environment.end(7, EndCause.LIFETIME)
    with pytest.raises(AssertionError, match="can't go from ENDED to BUSY"):
        environment.begin(8)
