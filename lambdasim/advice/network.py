"""Advice on the VPC, and on what functions connect to: zones that may be lost, and databases that may be swamped."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Rule, Run, Severity, configuration_at, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.network import VpcConfig
from lambdasim.units import US_PER_MINUTE, format_us

_ANOTHER = "another-zone"  # for a subnet there, by any name


def single_subnet(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """One Availability Zone only: the warning of that name."""
    for path, message in warned(scenario, "single_subnet"):
        place, configuration = configuration_at(scenario, path)
        assert configuration.vpc_config is not None
        other = _subnet_elsewhere(scenario, configuration.vpc_config)
        names = ", ".join((*dict.fromkeys(configuration.vpc_config.subnet_ids), other or ""))
        cure = {} if other is None else {f"{place}.vpc_config.subnet_ids": f"[{names}]"}
        yield Finding(path, message, "name a subnet of another zone, too", cure, about=(str(path[1]),))


def _subnet_elsewhere(scenario: Scenario, vpc: VpcConfig) -> str | None:
    """A subnet of another zone than those named; where none is described, a name for one."""
    subnets = scenario.vpc.subnets
    if not subnets:
        return _ANOTHER
    zones = {subnets[name].availability_zone for name in vpc.subnet_ids}
    elsewhere = (name for name, s in subnets.items() if s.availability_zone not in zones and name not in vpc.subnet_ids)
    return next(elsewhere, None)


def failed_starts(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many starts found no place."""
    [name] = finding.about
    network = f"functions.{name}.network"
    numbers = run.numbers(f"{network}.start_failures.total", f"{network}.starts")
    failed, starts = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{failed:,} attempts failed because no environment could start in the VPC",
        none=f"none of {starts:,} starts in the VPC failed",
    )


def fewer_nat_gateways_than_zones(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """Zones whose way to the internet leads through another zone."""
    gateways = scenario.vpc.nat_gateways
    zones = {
        scenario.vpc.subnets[name].availability_zone or name
        for _, configuration in scenario.configurations()
        if configuration.vpc_config is not None and configuration.vpc_config.internet_traffic_mb
        for name in configuration.vpc_config.subnet_ids
        if name in scenario.vpc.subnets
    }
    if 0 < gateways < len(zones):
        yield Finding(
            ("vpc", "nat_gateways"),
            f"functions reach the internet from {len(zones)} zones, through NAT gateways in {gateways} of them",
            "have a NAT gateway in each zone",
            {"vpc.nat_gateways": str(len(zones))},
        )


def more_connections_than_limit(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Functions that may scale to more connections than a database takes."""
    quota = scenario.account.concurrent_executions
    for name, downstream in scenario.downstream.items():
        limit = downstream.max_connections
        each = {
            function_name: connection.per_environment
            for function_name, function in scenario.functions.items()
            for connection in function.connections
            if connection.to == name
        }
        reserved = {n: scenario.functions[n].reserved_concurrent_executions for n in each}
        free = max((held for n, held in each.items() if reserved[n] is None), default=0)
        most = sum(held * (reserved[n] or 0) for n, held in each.items()) + free * quota
        if limit is None or most <= limit:
            continue
        yield Finding(
            ("downstream", name, "max_connections"),
            f"{' and '.join(each)} may hold {most:,} connections to {name}, which takes {limit:,}",
            "reserve concurrency, which bounds them, or share connections by a proxy",
            _bounded(scenario, each, limit, book),
            about=(name,),
        )


def _bounded(scenario: Scenario, each: dict[str, int], limit: int, book: Book) -> dict[str, str]:
    """Reservations by which the functions stay below the limit; none if it, or the account, has no room for them."""
    share = limit // sum(each.values())
    others = sum(f.reserved_concurrent_executions or 0 for n, f in scenario.functions.items() if n not in each)
    room = scenario.account.concurrent_executions - book.value("quotas/account/unreserved_minimum") - others
    share = min(share, room // len(each))
    return {f"functions.{name}.reserved_concurrent_executions": str(share) for name in each} if share > 0 else {}


def connections_held(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many connections there were, and for how long they were too many."""
    [name] = finding.about
    numbers = run.numbers(f"downstream.{name}.connections.max", f"downstream.{name}.minutes_over")
    highest, minutes = numbers.values()
    if not minutes:
        return Evidence(False, f"there were at most {highest:,} connections to {name}", numbers)
    span = format_us(minutes * US_PER_MINUTE)
    return Evidence(True, f"there were up to {highest:,} connections to {name}: too many for {span}", numbers)


RULES = (
    Rule(
        single_subnet,
        Severity.MEDIUM,
        "The loss of one Availability Zone takes the function with it.",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
        failed_starts,
    ),
    Rule(
        fewer_nat_gateways_than_zones,
        Severity.LOW,
        "With the zone of a NAT gateway, others lose the internet that go through it.",
        "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
    ),
    Rule(
        more_connections_than_limit,
        Severity.MEDIUM,
        "Beyond its limit a database refuses everybody, and idle environments keep what they hold.",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-rds.html",
        connections_held,
    ),
)
