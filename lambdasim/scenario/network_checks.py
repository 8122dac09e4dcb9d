"""Checks of the VPC: what AWS would refuse, and what leaves functions without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.network import VpcConfig
from lambdasim.scenario.wording import nearest

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]


def _attached(scenario: Scenario) -> Iterator[tuple[Path, Configuration, VpcConfig]]:
    """Each configuration with a ``vpc_config``, by its path."""
    for path, configuration in scenario.configurations():
        if configuration.vpc_config is not None:
            yield path, configuration, configuration.vpc_config


def too_many_in_vpc_config(scenario: Scenario, book: Book) -> Findings:
    """So many subnets and security groups a function may have."""
    for path, _, vpc in _attached(scenario):
        for key, given, entry in (
            ("subnet_ids", vpc.subnet_ids, "vpc_subnets"),
            ("security_group_ids", vpc.security_group_ids, "vpc_security_groups"),
        ):
            limit = book.value(f"quotas/function/{entry}")
            if len(given) > limit:
                yield (*path, "vpc_config", key), f"{len(given)} are given; at most {limit} are allowed"


def unknown_subnet(scenario: Scenario, _book: Book) -> Findings:
    """Where subnets are described, functions name no others."""
    known = scenario.vpc.subnets
    for path, _, vpc in _attached(scenario) if known else ():
        for place, name in enumerate(vpc.subnet_ids):
            if name not in known:
                yield (
                    (*path, "vpc_config", "subnet_ids", place),
                    f"{name!r} is not among vpc.subnets; {nearest(name, known)}",
                )


def no_address_for_interface(scenario: Scenario, book: Book) -> Findings:
    """Hyperplane's interfaces are made when functions are configured; each takes an address and a part of the quota."""
    groups: dict[str, set[frozenset[str]]] = {}
    first: Path = ()
    for path, _, vpc in _attached(scenario):
        first = first or path
        for name in vpc.subnet_ids if not vpc.is_legacy else ():
            groups.setdefault(name, set()).add(frozenset(vpc.security_group_ids))
    for name, subnet in scenario.vpc.subnets.items():
        count, limit = len(groups.get(name, ())), subnet.available_addresses
        if limit is not None and count > limit:
            text = f"{limit} addresses are available, but functions need {count}: one for each set of security groups"
            yield ("vpc", "subnets", name, "available_addresses"), text
    total, quota = sum(map(len, groups.values())), book.value("quotas/account/network_interfaces_per_vpc")
    if total > quota:
        text = f"functions need {total} network interfaces together; the VPC's quota is {quota}"
        yield (*first, "vpc_config"), text


def legacy_is_over(scenario: Scenario, book: Book) -> Findings:
    """Legacy interfaces ended in 2019, before provisioned concurrency and before functions above 3,008 MB."""
    most_mb = book.value("cold_starts/vpc/legacy/mb_per_interface")
    for path, configuration, vpc in _attached(scenario):
        if vpc.is_legacy and configuration.memory_size > most_mb:
            text = f"{configuration.memory_size} MB are above the {most_mb} MB of a legacy network interface"
            yield (*path, "memory_size"), f"{text}; functions were smaller then"
    for name, function in scenario.functions.items():
        for version, settings in function.provisioned_versions.items():
            if settings.vpc_config is not None and settings.vpc_config.is_legacy:
                below = ("versions", version) if version in function.versions else ()
                yield (
                    ("functions", name, *below, "vpc_config", "network_interfaces"),
                    "legacy interfaces ended before provisioned concurrency began; use hyperplane",
                )


def single_subnet(scenario: Scenario, _book: Book) -> Findings:
    """One Availability Zone is not enough: AWS asks for two subnets at least."""
    for path, _, vpc in _attached(scenario):
        names = dict.fromkeys(vpc.subnet_ids)
        zones = {scenario.vpc.subnets[name].availability_zone for name in names if name in scenario.vpc.subnets}
        if len(names) == 1:
            text = "one subnet is one Availability Zone: without it the function can't start; name two at least"
            yield (*path, "vpc_config", "subnet_ids"), text
        elif len(zones) == 1 and None not in zones and all(name in scenario.vpc.subnets for name in names):
            text = f"all subnets lie in {zones.pop()}: without it the function can't start; take another zone's, too"
            yield (*path, "vpc_config", "subnet_ids"), text


def no_nat_gateway(scenario: Scenario, _book: Book) -> Findings:
    """Environments have no public address, whatever their subnet."""
    for path, _, vpc in _attached(scenario) if not scenario.vpc.nat_gateways else ():
        if vpc.internet_traffic_mb:
            yield (
                (*path, "vpc_config", "internet_traffic"),
                "no way leads to the internet without a NAT gateway; set vpc.nat_gateways",
            )


Check = Callable[[Scenario, Book], Findings]
NETWORK_ERRORS: dict[str, Check] = {
    check.__name__: check
    for check in (too_many_in_vpc_config, unknown_subnet, no_address_for_interface, legacy_is_over)
}
NETWORK_WARNINGS: dict[str, Check] = {check.__name__: check for check in (single_subnet, no_nat_gateway)}
