"""What a report says of functions in a VPC: interfaces, starts that waited, starts that failed, and gateways."""

from lambdasim.report.text import run_text
from tests.worlds import at, run, world


def report(**changes):
    vpc_config = {"subnet_ids": ["a", "b"], "security_group_ids": ["sg"], "network_interfaces": "legacy"}
    function = {"memory_size": 3008, "vpc_config": vpc_config}
    return run_text(run(world(function=function, trigger={"arrivals": at("0s", events=5)}, **changes)).summary())


def block(text, title):
    """The lines of one table, without its title."""
    return next(part.split("\n")[1:] for part in text.split("\n\n") if part.startswith(title))


def test_interfaces_and_starts_that_waited_have_a_table():
    header, row = block(report(), "In the VPC")
    assert header.split("  ")[0] == "function"
    assert row.split() == ["f", "5", "5", "5", "100", "%"]


def test_starts_that_failed_are_told_in_the_first_sentence_and_by_reason():
    text = report(vpc={"subnets": {"a": {"available_addresses": 1}, "b": {"available_addresses": 2}}})
    assert "2 attempts found no environment that could start" in text.split("\n")[0]
    assert "no attempt was throttled" in text.split("\n")[0]
    assert block(text, "Starts that failed")[1].split() == ["f", "SubnetIPAddressLimitReached", "2"]


def test_gateways_stand_on_the_bill_of_the_account():
    lines = block(report(vpc={"nat_gateways": 2}), "Bill")
    assert lines[-1].split() == ["account", "NAT", "gateways", "2", "hours", "0.090000"]


def test_without_a_vpc_nothing_is_said_of_one():
    text = run_text(run(world()).summary())
    assert "VPC" not in text
