"""An Availability Zone is lost: what ran there breaks off, what idled there ends, and nothing starts there any more."""

from __future__ import annotations

from typing import Any

import pytest

from lambdasim.codes import EndCause, Outcome, StartCause, StartType, ThrottleReason
from tests.worlds import at, environments, rows, run, world

S = 1_000_000
ZONES = {"subnets": {"a": {"availability_zone": "use1-az1"}, "b": {"availability_zone": "use1-az2"}}}
VPC = {"subnet_ids": ["a", "b"], "security_group_ids": ["g"]}


def in_zones(*incidents: dict[str, Any], arrivals: Any, function: dict[str, Any] | None = None) -> dict[str, Any]:
    """Calls of 10 s; environments take subnets a and b in turn, and attach in no time."""
    return world(
        function={"vpc_config": VPC, **(function or {})},
        handler={"duration": "10 s"},
        trigger={"arrivals": arrivals},
        parameters={"cold_starts/vpc/hyperplane": "0 s"},
        vpc=ZONES,
        incidents=list(incidents),
    )


def lose(at_: str, zone: str = "use1-az1", **keys: Any) -> dict[str, Any]:
    return {"at": at_, "availability_zone": zone, **keys}


def test_runs_in_the_lost_zone_break_off_at_that_instant_and_the_others_go_on():
    document = in_zones(lose("5s"), arrivals=at("0s", events=4))
    result = run(document)
    table, lives = rows(result), environments(result)
    broken = [row for row in table if row["outcome"] is Outcome.CRASH]
    assert [row["ended_us"] for row in broken] == [5 * S, 5 * S]
    assert [row["answered_us"] for row in broken] == [5 * S, 5 * S]
    assert [row["ended_us"] for row in table if row["outcome"] is Outcome.SUCCESS] == [10.1 * S, 10.1 * S]
    lost = [life for life in lives if life["end_cause"] == EndCause.ZONE_LOST]
    assert {life["environment"] for life in lost} == {row["environment"] for row in broken}
    assert {life["ended_us"] for life in lost} == {5 * S}
    assert {life["invocations"] for life in lost} == {1}
    assert result.summary()["account"]["concurrency"]["max"] == 4


def test_a_caller_whose_run_breaks_off_tries_again_at_once_and_not_when_the_run_would_have_ended():
    document = in_zones(lose("5s"), arrivals=at("0s"))
    document["triggers"]["t"] |= {"type": "api_gateway", "client": {"retries": "standard"}}
    table = rows(run(document))
    assert [row["outcome"] for row in table] == [Outcome.CRASH, Outcome.SUCCESS]
    assert 5 * S <= table[1]["invoked_us"] < 6.1 * S


def test_concurrency_is_free_again_when_a_run_breaks_off():
    document = in_zones(
        lose("5s"), arrivals={"sum": [at("0s", events=2), at("6s", events=2)]},
        function={"reserved_concurrent_executions": 2},
    )  # fmt: skip
    table = rows(run(document))
    assert [row["outcome"] for row in table[2:]].count(Outcome.THROTTLED) == 1


def test_idle_environments_of_the_zone_end_and_calls_start_others_for_want_of_them():
    document = in_zones(lose("60s"), arrivals={"sum": [at("0s", events=4), at("70s", events=4)]})
    result = run(document)
    lives = environments(result)
    assert sorted(life["ended_us"] for life in lives if life["end_cause"] == EndCause.ZONE_LOST) == [60 * S] * 2
    causes = [row["start_cause"] for row in rows(result)[4:]]
    assert causes.count(StartCause.ZONE_LOST) == 2
    assert causes.count(StartCause.NONE) == 2
    assert result.summary()["functions"]["f"]["cold_start_causes"]["zone_lost"] == 2


def test_a_start_that_is_under_way_in_the_zone_goes_on_elsewhere_and_takes_no_longer():
    document = in_zones(lose("50ms"), lose("5s"), arrivals=at("0s", events=4))
    result = run(document)
    assert [row["outcome"] for row in rows(result)] == [Outcome.SUCCESS] * 4
    assert [row["wait_us"] for row in rows(result)] == [100_000] * 4
    assert not any(life["end_cause"] == EndCause.ZONE_LOST for life in environments(result))


def test_nothing_starts_in_a_lost_zone_until_it_is_back():
    arrivals = {"sum": [at("10s", events=4), at("85s", events=4), at("101s", events=4)]}
    document = in_zones(lose("5s", **{"for": "95s"}), lose("110500ms", "use1-az2"), arrivals=arrivals)
    document["lifecycle"] |= {"idle_timeout": "1s", "surplus_idle_timeout": "1s"}
    table = rows(run(document))
    # Until 100 s all are in zone 2; from then on half of them again, and are lost with it.
    assert [row["outcome"] for row in table[:8]] == [Outcome.SUCCESS] * 8
    assert [row["outcome"] for row in table[8:]].count(Outcome.CRASH) == 2


def test_two_losses_of_a_zone_that_overlap_end_with_the_later():
    document = in_zones(
        lose("5s", **{"for": "50s"}), lose("30s", **{"for": "60s"}), lose("100s", "use1-az2"),
        arrivals={"sum": [at("70s", events=4), at("95s", events=4)]},
    )  # fmt: skip
    document["lifecycle"] |= {"idle_timeout": "1s", "surplus_idle_timeout": "1s"}
    crashed = [row["outcome"] is Outcome.CRASH for row in rows(run(document))]
    assert (sum(crashed[:4]), sum(crashed[4:])) == (0, 2)  # at 95 s zone 1 takes every second again


def test_without_another_zone_calls_are_refused():
    document = in_zones(lose("5s"), arrivals=at("0s", "20s"))
    document["functions"]["f"]["vpc_config"] = {**VPC, "subnet_ids": ["a"]}
    first, second = rows(run(document))
    assert first["outcome"] is Outcome.CRASH
    assert second["outcome"] is Outcome.START_FAILED
    assert second["throttle_reason"] == ThrottleReason.EC2Unexpected


def test_functions_outside_a_vpc_do_not_notice():
    document = in_zones(lose("5s"), arrivals=at("0s"))
    document["functions"]["g"] = {k: v for k, v in document["functions"]["f"].items() if k != "vpc_config"}
    document["triggers"]["u"] = {**document["triggers"]["t"], "target": "g", "arrivals": at("0s", events=4)}
    outcomes = [row["outcome"] for row in rows(run(document)) if row["function"] == 1]
    assert outcomes == [Outcome.SUCCESS] * 4


def test_an_init_that_is_done_again_inside_a_run_that_breaks_off_is_no_longer_than_the_run():
    document = in_zones(lose("23s"), arrivals=at("0s", "20s"), function={"timeout": 9, "init": {"duration": "8 s"}})
    first, second = rows(run(document))
    assert first["outcome"] is Outcome.TIMEOUT
    assert (second["outcome"], second["duration_us"]) == (Outcome.CRASH, 3 * S)
    assert second["suppressed_init_us"] == second["duration_us"]


def test_provisioned_environments_of_the_zone_are_allocated_anew():
    document = in_zones(
        lose("100s"), arrivals=at("110s", "3000s", events=4), function={"provisioned_concurrent_executions": 4}
    )
    document["parameters"]["provisioned/preparation"] = "60 s"
    result = run(document)
    lives = environments(result)
    assert [life["end_cause"] for life in lives[:4]].count(EndCause.ZONE_LOST) == 2
    table = result.invocations.sort_values("invoked_us")
    assert sorted(table["capacity"][:4]) == ["provisioned"] * 2 + ["spillover"] * 2
    assert list(table["capacity"][4:]) == ["provisioned"] * 4


@pytest.mark.parametrize("log", ["full", "none"])
def test_events_are_conserved_through_a_loss(log):
    document = in_zones(lose("30s", **{"for": "60s"}), arrivals={"poisson": {"rate": "3/s"}})
    document |= {"duration": "2m", "drain": "1m"}
    f = run(document, log=log).summary()["functions"]["f"]
    assert f["events"] == f["successes"] + f["final_failures"]["total"] + f["in_flight"]
    assert f["final_failures"]["crash"] > 5


def test_kept_environments_of_a_lost_zone_come_back_when_a_subnet_can_be_used_again():
    one = {"vpc_config": {**VPC, "subnet_ids": ["a"]}, "provisioned_concurrent_executions": 3}
    document = in_zones(lose("5m", **{"for": "10m"}), arrivals=at("6m", "14m", "20m"), function=one)
    result = run(document)
    outcomes = [(row["outcome"], row["start_type"]) for row in rows(result)]
    assert outcomes[:2] == [(Outcome.START_FAILED, StartType.NONE)] * 2
    assert outcomes[2] == (Outcome.SUCCESS, StartType.PROVISIONED)
    created_s = sorted(life["created_us"] / S for life in environments(result))
    assert created_s[:3] == [-0.1] * 3  # before the run
    assert created_s[3:] == pytest.approx([900.0, 900.01, 900.02])
