"""How environments reach a VPC: by shared interfaces that are there, or by ones that must be attached first."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lambdasim import simulation
from lambdasim.codes import Fate, Outcome, StartType, ThrottleReason
from lambdasim.parameters.book import load_book
from lambdasim.scenario.network import Subnet, Vpc
from lambdasim.service.attachments import network_of
from lambdasim.service.cold_start import ColdStart
from lambdasim.service.network import Combination, Network
from tests.worlds import at, environments, load, rows, run, world

S = 1_000_000
EXTRA_US = 30_000  # measured where no interface had to be made
SETUP = "cold_starts/vpc/legacy/setup"
KEPT = "cold_starts/vpc/legacy/interface_kept"


def vpc_config(kind="legacy", subnets=("a", "b"), groups=("web",)):
    return {"subnet_ids": list(subnets), "security_group_ids": list(groups), "network_interfaces": kind}


def legacy(memory_mb=1024, *, config=None, addresses=None, **changes):
    """A world whose function is in a VPC of 2019, where attaching takes 9 s and an empty interface stays for 100 s."""
    function = {"memory_size": memory_mb, "vpc_config": config or vpc_config()} | changes.pop("function", {})
    parameters = {SETUP: "9 s", KEPT: "100 s"} | changes.pop("parameters", {})
    if addresses is not None:
        changes["vpc"] = {"subnets": {name: {"available_addresses": n} for name, n in addresses.items()}}
    return world(function=function, parameters=parameters, **changes)


def network(result, name="f"):
    return result.summary()["functions"][name]["network"]


@pytest.mark.parametrize(("memory_mb", "together"), [(128, 24), (512, 6), (1024, 3), (1536, 2), (3008, 1), (2048, 1)])
def test_the_interfaces_are_the_peak_concurrency_times_memory_over_three_gb(memory_mb, together):
    """AWS's formula of 2019, where environments fill an interface; 2,048 MB leave a third of theirs empty."""
    peak = 25
    result = run(legacy(memory_mb, trigger={"arrivals": at("0s", events=peak)}))
    assert network(result)["interfaces_max"] == math.ceil(peak / together)
    if 3072 % memory_mb == 0:
        assert network(result)["interfaces_max"] == math.ceil(peak * memory_mb / 3072)


def test_who_shares_an_interface_that_is_being_attached_waits_for_its_end_and_later_ones_for_nothing():
    result = run(legacy(trigger={"arrivals": at("0s", "4s", "12s")}, handler={"duration": "20 s"}))
    waits_us = [row["wait_us"] for row in rows(result)]
    init_us = 100_000
    assert waits_us == [9 * S + init_us, 5 * S + init_us, EXTRA_US + init_us]
    assert [row["network_us"] for row in environments(result)] == [9 * S, 5 * S, EXTRA_US]
    assert network(result) == {
        "interfaces_max": 1,
        "starts": 3,
        "waited_for_interface": 2,
        "waited_for_interface_share": 2 / 3,
        "start_failures": {"total": 0, "by_reason": {}},
    }


def test_what_was_measured_as_an_interfaces_setup_is_the_whole_start_but_its_init():
    parameters = {"cold_starts/platform_overhead": "2 s"}
    [environment] = environments(run(legacy(parameters=parameters)))
    assert environment["platform_us"] + environment["network_us"] == 9 * S


def test_attach_times_are_the_measured_ones():
    many = legacy(3008, config=vpc_config(subnets=["a"]), trigger={"arrivals": at("0s", events=450)})
    del many["parameters"][SETUP]
    waits_s = np.array([row["wait_us"] for row in rows(run(many))]) / S - 0.1
    assert np.median(waits_s) == pytest.approx(9.2, rel=0.05)
    assert np.quantile(waits_s, 0.9) == pytest.approx(14.7, rel=0.15)


def test_functions_with_the_same_subnet_and_security_groups_share_interfaces_and_no_others():
    document = legacy(trigger={"arrivals": at("0s")}, handler={"duration": "60 s"}, function={"timeout": 90})
    for name, config, second in (
        ("same", vpc_config(subnets=["b", "a"]), "20s"),
        ("groups", vpc_config(groups=["db"]), "21s"),
        ("subnet", vpc_config(subnets=["c"]), "22s"),
    ):
        document["functions"][name] = {**document["functions"]["f"], "vpc_config": config}
        document["triggers"][name] = {**document["triggers"]["t"], "target": name, "arrivals": at(second)}
    result = run(document)
    assert [row["network_us"] for row in environments(result)] == [9 * S, EXTRA_US, 9 * S, 9 * S]
    assert {name: network(result, name)["interfaces_max"] for name in document["functions"]} == {
        "f": 1,
        "same": 1,
        "groups": 1,
        "subnet": 1,
    }
    assert result.summary()["account"]["network_interfaces_max"] == 3


def test_an_empty_interface_stays_for_a_while_and_is_then_to_be_made_again():
    # The first environment ends its run at 10.1 s, and expires at 610.1 s.
    for second, expected_us in (("710s", EXTRA_US), ("711s", 9 * S)):
        _, environment = environments(run(legacy(3008, trigger={"arrivals": at("0s", second)})))
        assert environment["network_us"] == expected_us


def test_without_an_address_left_a_start_fails_with_the_status_of_invoke_and_is_no_throttle():
    result = run(legacy(addresses={"a": 1, "b": 1}, trigger={"arrivals": at("0s", events=8)}))
    table = rows(result)
    assert [row["outcome"] for row in table] == [Outcome.SUCCESS] * 6 + [Outcome.START_FAILED] * 2
    assert [row["status"] for row in table] == [200] * 6 + [502] * 2
    assert all(row["start_type"] is StartType.NONE for row in table[6:])
    summary = result.summary()["functions"]["f"]
    assert summary["throttles"]["total"] == result.timeline["Throttles"].sum() == 0
    assert summary["network"]["start_failures"] == {"total": 2, "by_reason": {"SubnetIPAddressLimitReached": 2}}
    assert summary["final_failures"]["start_failed"] == 2
    assert (summary["invocations"], summary["events"]) == (6, 8)


def test_addresses_come_back_with_their_interfaces():
    # Three environments of one interface each expire at 610.1 s; their interfaces go 100 s later.
    for second, outcome in (("705s", Outcome.START_FAILED), ("711s", Outcome.SUCCESS)):
        document = legacy(3008, addresses={"a": 2, "b": 1}, trigger={"arrivals": at("0s", "0s", "0s")})
        other = {**document["functions"]["f"], "vpc_config": vpc_config(groups=["db"])}
        document["functions"]["other"] = other
        document["triggers"]["later"] = {**document["triggers"]["t"], "target": "other", "arrivals": at(second)}
        assert rows(run(document))[3]["outcome"] is outcome


def test_the_quota_of_interfaces_is_the_vpcs():
    quota = {"quotas/account/network_interfaces_per_vpc": 2}
    result = run(legacy(3008, parameters=quota, trigger={"arrivals": at("0s", events=3)}))
    assert [ThrottleReason(row["throttle_reason"]) for row in rows(result)][2] is ThrottleReason.ENILimitReached


def test_a_function_at_its_reserved_concurrency_is_throttled_however_few_addresses_are_left():
    function = {"reserved_concurrent_executions": 3}
    result = run(legacy(addresses={"a": 1, "b": 0}, function=function, trigger={"arrivals": at("0s", events=4)}))
    assert [row["outcome"] for row in rows(result)][3] is Outcome.THROTTLED
    # A start that fails takes no concurrency: with six reserved, all that fail do so for want of an address.
    function = {"reserved_concurrent_executions": 6}
    result = run(legacy(addresses={"a": 1, "b": 0}, function=function, trigger={"arrivals": at("0s", events=9)}))
    assert [row["outcome"] for row in rows(result)][3:] == [Outcome.START_FAILED] * 6
    # Nor a start of those that may be added in 10 s.
    few = {"scaling/per_function/burst": 4, "scaling/per_function/refill_per_second": 0}
    result = run(legacy(addresses={"a": 1, "b": 0}, parameters=few, trigger={"arrivals": at("0s", events=9)}))
    assert [row["outcome"] for row in rows(result)][3:] == [Outcome.START_FAILED] * 6


def test_room_that_other_functions_have_left_unnoticed_is_found():
    # f's environments expire at 610.1 s; nobody asks f again, but g needs the address.
    document = legacy(3008, addresses={"a": 1, "b": 0}, parameters={KEPT: "0 s"})
    document["functions"]["g"] = {**document["functions"]["f"], "vpc_config": vpc_config(groups=["db"])}
    document["triggers"]["u"] = {**document["triggers"]["t"], "target": "g", "arrivals": at("600s", "611s")}
    assert [row["outcome"] for row in rows(run(document))] == [
        Outcome.SUCCESS,
        Outcome.START_FAILED,
        Outcome.SUCCESS,
    ]


def test_room_that_a_surplus_environment_has_left_is_found_though_its_function_is_in_use():
    # f's second environment is idle from 10.1 s; the first runs for 900 s. g comes when f has no warm one to look at.
    document = legacy(3008, addresses={"a": 2, "b": 0}, parameters={KEPT: "0 s"}, function={"timeout": 900})
    document["functions"]["g"] = {**document["functions"]["f"], "vpc_config": vpc_config(groups=["db"])}
    document["functions"]["f"] |= {"handler": {"duration": {"mixture": [
        {"weight": 0.5, "constant": "800 s"}, {"weight": 0.5, "constant": "1 s"}
    ]}}}  # fmt: skip
    document["triggers"]["u"] = {**document["triggers"]["t"], "target": "g", "arrivals": at("600s", "620s")}
    document["triggers"]["t"]["arrivals"] = at("0s", events=2)
    table = rows(run(document, seed=next(seed for seed in range(99) if _one_is_long(document, seed))))
    assert [row["outcome"] for row in table[2:]] == [Outcome.START_FAILED, Outcome.SUCCESS]


def _one_is_long(document, seed):
    return sorted(row["duration_us"] for row in rows(run(document, seed=seed))[:2]) == [1 * S, 800 * S]


@pytest.mark.parametrize(
    ("trigger", "status"),
    [
        ({"type": "direct"}, 502),
        ({"type": "function_url"}, 502),
        ({"type": "alb"}, 502),
        ({"type": "api_gateway", "api": "rest"}, 500),
        ({"type": "api_gateway", "api": "http"}, 500),
    ],
)
def test_each_front_door_has_a_status_for_a_start_that_failed(trigger, status):
    document = legacy(addresses={"a": 0, "b": 0}, trigger=trigger)
    assert [row["status"] for row in rows(run(document))] == [status]


WAITING = {
    "asynchronous": {"type": "direct_async"},
    "queue": {"type": "sqs", "batch_size": 1, "queue": {"max_receive_count": 50, "dead_letter": "discard-counted"}},
    "stream": {"type": "kinesis", "batch_size": 1, "shards": 6, "maximum_retry_attempts": 0},
    "bus": {"type": "eventbridge", "bus": "custom", "invocation_type": "REQUEST_RESPONSE"},
}


@pytest.mark.parametrize("kind", WAITING)
def test_events_that_wait_are_sent_again_after_a_failed_start_as_after_a_throttle(kind):
    """There is an address for one environment; the others' starts fail until it is free, and count as no try."""
    function = {"event_invoke_config": {"maximum_retry_attempts": 0}} if kind == "asynchronous" else {}
    document = legacy(3008, addresses={"a": 1, "b": 0}, function=function, parameters={SETUP: "1 s"})
    document["triggers"]["t"] = {**WAITING[kind], "target": "f", "arrivals": at("0s", events=6)}
    result = run(document)
    assert set(result.invocation_columns["outcome"].tolist()) == {Outcome.SUCCESS, Outcome.START_FAILED}
    assert result.event_columns["fate"].tolist() == [Fate.SUCCESS] * 6
    assert result.event_columns["runs"].tolist() == [1] * 6


def test_a_clients_sdk_tries_again_after_502():
    document = legacy(addresses={"a": 0, "b": 0}, trigger={"client": {"retries": "standard"}})
    assert [row["attempt"] for row in rows(run(document))] == [1, 2, 3]


def test_hyperplane_interfaces_are_there_before_and_shared_by_all_with_the_same_subnet_and_groups():
    document = world(function={"vpc_config": vpc_config("hyperplane")}, trigger={"arrivals": at("0s", events=10)})
    document["parameters"]["cold_starts/vpc/hyperplane"] = "50 ms"
    document["functions"]["g"] = document["functions"]["f"]
    document["functions"]["h"] = {**document["functions"]["f"], "vpc_config": vpc_config("hyperplane", ["b"], ["db"])}
    result = run(document)
    assert {row["wait_us"] for row in rows(result)} == {150_000}
    assert network(result)["waited_for_interface"] == 0
    assert [network(result, name)["interfaces_max"] for name in "fgh"] == [2, 2, 1]
    assert result.summary()["account"]["network_interfaces_max"] == 3


def test_hyperplane_gets_an_interface_more_for_each_65000_connections():
    document = world(function={"vpc_config": vpc_config("hyperplane", ["a"])}, trigger={"arrivals": at("0s", events=9)})
    document["parameters"]["quotas/account/connections_per_network_interface"] = 4
    assert network(run(document))["interfaces_max"] == 3
    document |= {"downstream": {"db": {}, "cache": {}}}
    document["functions"]["f"]["connections"] = [{"to": "db", "per_environment": 3}, {"to": "cache"}]
    assert network(run(document))["interfaces_max"] == 9


def test_a_function_outside_has_no_network_in_the_summary_and_pays_for_none():
    result = run(world())
    assert "network" not in result.summary()["functions"]["f"]
    assert result.summary()["account"]["network_interfaces_max"] == 0
    assert [row["network_us"] for row in environments(result)] == [0]


START = ColdStart(0, 0, EXTRA_US, 0, 0)
ZONES = {"subnets": {"a": {"availability_zone": "z1"}, "b": {"availability_zone": "z2"}}}


@pytest.mark.parametrize("kind", ["hyperplane", "legacy"])
def test_without_a_zone_environments_start_in_the_others_and_without_all_they_do_not(kind):
    document = world(function={"memory_size": 3008, "vpc_config": vpc_config(kind)}, vpc=ZONES)
    scenario = load(document)
    versions = [type("V", (), {"function": 0, "label": "f", "attachment": None})()]
    vpc = network_of(scenario, 1, versions)
    attachment = versions[0].attachment

    def zones(count):
        assert attachment.refuses(0) is None
        return [attachment.attach(START, 0, ahead=False)[0].subnet.zone for _ in range(count)]

    assert zones(4) == ["z1", "z2", "z1", "z2"]
    vpc.lose_zone("z1", 0)
    assert zones(3) == ["z2", "z2", "z2"]
    vpc.lose_zone("z2", 0)
    assert attachment.refuses(0) is ThrottleReason.EC2Unexpected
    vpc.restore_zone("z1", 0)
    assert set(zones(2)) == {"z1"}


def test_an_environment_that_reaches_its_age_has_no_successor_where_no_zone_is_left(monkeypatch):
    made = []
    monkeypatch.setattr(simulation, "network_of", lambda *given: made.append(network_of(*given)) or made[-1])
    life = {"maximum_lifetime": "100 s", "proactive_initialization": {"on_retirement": "100%", "otherwise": "0%"}}
    subnet = vpc_config("hyperplane", ["a"])
    document = world(function={"vpc_config": subnet}, vpc=ZONES, lifecycle=life, duration="1000s", drain="0s")
    assert len(environments(run(document))) > 5
    lost = run(
        document, progress=lambda share: made[-1].lose_zone("z1", round(share * 1000 * S)) if share > 0.25 else None
    )
    assert len(environments(lost)) == 3  # since 0, 100 and 200 s


def test_a_zone_that_is_lost_keeps_its_addresses():
    vpc = Network(Vpc(subnets={"a": Subnet(available_addresses=1, availability_zone="z")}), load_book(), 1)
    subnet = vpc.subnet("a")
    assert vpc.refusal([subnet]) is None
    vpc.lose_zone("z", 0)
    assert vpc.refusal([subnet]) is ThrottleReason.EC2Unexpected
    vpc.restore_zone("z", 0)
    vpc.make(Combination("a", frozenset("g"), "legacy"), 3072, 0, 0)
    assert vpc.refusal([subnet]) is ThrottleReason.SubnetIPAddressLimitReached


def test_a_function_more_moves_no_attach_time_of_another():
    one = legacy(3008, trigger={"arrivals": at("0s", "1s", "2s")})
    del one["parameters"][SETUP]
    two = {
        **one,
        "functions": {"e": {**one["functions"]["f"], "vpc_config": vpc_config(groups=["x"])}, **one["functions"]},
    }
    two["triggers"] = {"u": {**one["triggers"]["t"], "target": "e"}, **one["triggers"]}

    def waits(result):
        index = [facts.name for facts in result.header.functions].index("f")
        return [row["wait_us"] for row in rows(result) if row["function"] == index]

    assert waits(run(one)) == waits(run(two))
