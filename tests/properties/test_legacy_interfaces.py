"""Laws of legacy network interfaces, whatever starts and ends: room, addresses, quota, and nobody is lost."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.codes import Outcome, ThrottleReason
from lambdasim.records import NEVER
from tests.properties.strategies import EXAMPLES
from tests.worlds import at, run, world

FEW = settings(EXAMPLES, max_examples=40)
MB_PER_INTERFACE = 3072
SUBNETS = ("a", "b", "c")


@st.composite
def vpcs(draw):
    """Some functions with some of three subnets, few addresses, and calls in bunches."""
    addresses = draw(st.dictionaries(st.sampled_from(SUBNETS), st.integers(0, 4), max_size=3))
    document = world(
        duration="40m",
        lifecycle={"idle_timeout": "200 s", "surplus_idle_timeout": "500 s", "maximum_lifetime": "900 s"},
        parameters={
            "cold_starts/vpc/legacy/interface_kept": draw(st.sampled_from(["0 s", "60 s", "20m"])),
            "quotas/account/network_interfaces_per_vpc": draw(st.sampled_from([3, 500])),
        },
        vpc={
            "subnets": {name: {"available_addresses": addresses[name]} if name in addresses else {} for name in SUBNETS}
        },
    )
    function, trigger = document["functions"].pop("f"), document["triggers"].pop("t")
    for index in range(draw(st.integers(1, 3))):
        document["functions"][f"f{index}"] = {
            **function,
            "memory_size": draw(st.sampled_from([128, 512, 1024, 2048, 3008])),
            "handler": {"duration": draw(st.sampled_from(["1 s", "30 s"]))},
            "timeout": 60,
            "vpc_config": {
                "subnet_ids": draw(st.lists(st.sampled_from(SUBNETS), min_size=1, unique=True)),
                "security_group_ids": [draw(st.sampled_from(["web", "db"]))],
                "network_interfaces": "legacy",
            },
        }
        times = draw(st.lists(st.integers(0, 2300), min_size=1, max_size=6))
        bunch = at(*(f"{second}s" for second in times), events=draw(st.integers(1, 8)))
        document["triggers"][f"t{index}"] = {**trigger, "target": f"f{index}", "arrivals": bunch}
    return document


def most_memory_mb(result):
    """The most memory that environments had at once, all together."""
    log = result.environment_columns
    ended_us = np.where(log["ended_us"] == NEVER, np.iinfo(np.int64).max, log["ended_us"])
    memory_mb = np.array([facts.memory_mb for facts in result.header.versions])[log["version"]]
    times = np.concatenate([ended_us, log["created_us"]])
    change = np.concatenate([-memory_mb, memory_mb])
    return int(np.cumsum(change[np.lexsort((change, times))]).max(initial=0))


@FEW
@given(vpcs())
def test_interfaces_keep_to_addresses_and_quota_and_hold_all_environments(document):
    result = run(document)
    summary = result.summary()
    most = summary["account"]["network_interfaces_max"]
    subnets = document["vpc"]["subnets"]
    assert most <= document["parameters"]["quotas/account/network_interfaces_per_vpc"]
    if all(subnets.values()):
        assert most <= sum(subnet["available_addresses"] for subnet in subnets.values())
    assert most_memory_mb(result) <= most * MB_PER_INTERFACE
    for function in summary["functions"].values():
        assert function["events"] == function["successes"] + function["final_failures"]["total"] + function["in_flight"]
        assert function["network"]["waited_for_interface"] <= function["network"]["starts"]


@FEW
@given(vpcs())
def test_only_what_failed_to_start_has_a_reason_of_the_vpc_and_takes_no_environment(document):
    log = run(document).invocation_columns
    failed = log["outcome"] == Outcome.START_FAILED
    reasons = set(log["throttle_reason"][failed].tolist())
    assert reasons <= {ThrottleReason.SubnetIPAddressLimitReached, ThrottleReason.ENILimitReached}
    assert set(log["throttle_reason"][~failed].tolist()) <= {ThrottleReason.NONE}
    assert (log["environment"][failed] == -1).all()
    assert (log["environment"][~failed] >= 0).all()


@FEW
@given(vpcs())
def test_with_addresses_enough_every_start_succeeds_and_the_first_of_each_interface_waits(document):
    document["vpc"], document["parameters"]["quotas/account/network_interfaces_per_vpc"] = {}, 500
    result = run(document)
    assert set(result.invocation_columns["outcome"].tolist()) == {Outcome.SUCCESS}
    waited = sum(f["network"]["waited_for_interface"] for f in result.summary()["functions"].values())
    assert waited >= 1


@FEW
@given(vpcs())
def test_the_same_seed_gives_the_same_starts(document):
    one, two = run(document), run(document)
    assert all(
        np.array_equal(one.environment_columns[name], two.environment_columns[name]) for name in one.environment_columns
    )
    assert one.document == two.document
