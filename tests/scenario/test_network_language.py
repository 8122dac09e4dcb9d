"""The VPC as the user writes it."""

import pytest
from small_scenario import SMALL, changed

from lambdasim.scenario.load import load_scenario, parse_scenario

VPC = """\
vpc:
  nat_gateways: 2
  subnets:
    subnet-0a1: {available_addresses: 250, availability_zone: use1-az1}
    b: {}
"""
INSIDE = "    runtime: python3.13\n    vpc_config: {subnet_ids: [subnet-0a1, b], security_group_ids: [web]%s}\n"


def inside(more=""):
    return changed("    runtime: python3.13\n", INSIDE % more) + VPC


def test_subnets_have_addresses_and_a_zone_or_no_limit():
    vpc = parse_scenario(inside()).vpc
    known, unlimited = vpc.subnets["subnet-0a1"], vpc.subnets["b"]
    assert (known.available_addresses, known.availability_zone) == (250, "use1-az1")
    assert (unlimited.available_addresses, unlimited.availability_zone) == (None, None)
    assert vpc.nat_gateways == 2


def test_interfaces_are_hyperplanes_unless_they_are_said_to_be_legacy():
    assert not parse_scenario(inside()).functions["api"].vpc_config.is_legacy
    assert parse_scenario(inside(", network_interfaces: legacy")).functions["api"].vpc_config.is_legacy


def test_traffic_to_the_internet_is_a_size_for_each_invocation():
    assert parse_scenario(inside(", internet_traffic: 512 KB")).functions["api"].vpc_config.internet_traffic_mb == 0.5
    assert parse_scenario(inside()).functions["api"].vpc_config.internet_traffic_mb is None


def test_a_scenario_without_a_vpc_has_an_empty_one():
    vpc = parse_scenario(SMALL).vpc
    assert (vpc.subnets, vpc.nat_gateways) == ({}, 0)


def test_a_version_may_attach_otherwise():
    versions = "    versions: {'2': {vpc_config: {subnet_ids: [b], security_group_ids: [db]}}}\n"
    function = parse_scenario(inside().replace("  api:\n", f"  api:\n{versions}")).functions["api"]
    assert function.configurations["2"].vpc_config.subnet_ids == ("b",)
    assert function.vpc_config.subnet_ids == ("subnet-0a1", "b")


@pytest.mark.parametrize(("key", "value"), [("vpc.nat_gateways", 1), ("vpc.subnets.b.available_addresses", 7)])
def test_the_command_line_can_set_it(tmp_path, key, value):
    path = tmp_path / "s.yaml"
    path.write_text(inside(), encoding="utf-8")
    node = load_scenario(path, overrides={key: str(value)})
    for step in key.split("."):
        node = node[step] if isinstance(node, dict) else getattr(node, step)
    assert node == value
