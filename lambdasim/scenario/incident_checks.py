"""Checks of incidents and downstreams: what they name is there, and what they change can be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.incidents import Incident, quota_under, reserved_under, under_way
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import LATEST, function_name, qualifier
from lambdasim.scenario.wording import nearest
from lambdasim.units import format_us

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]
Check = Callable[[Scenario, Book], Findings]


def _incidents(scenario: Scenario) -> Iterator[tuple[Path, Incident]]:
    for place, incident in enumerate(scenario.incidents):
        yield ("incidents", place), incident


def _connected(scenario: Scenario, downstream: str) -> list[str]:
    """The functions that connect to it."""
    return [name for name, f in scenario.functions.items() if any(c.to == downstream for c in f.connections)]


def unknown_downstream(scenario: Scenario, _book: Book) -> Findings:
    """Functions connect to, and incidents change, what stands under `downstream`."""
    named: list[tuple[Path, str]] = [
        (("functions", name, "connections", place, "to"), connection.to)
        for name, function in scenario.functions.items()
        for place, connection in enumerate(function.connections)
    ]
    named += [((*p, "downstream"), i.downstream) for p, i in _incidents(scenario) if i.downstream is not None]
    for path, name in named:
        if name not in scenario.downstream:
            hint = nearest(name, scenario.downstream) or f"write `downstream: {{{name}: {{}}}}` at the top"
            yield path, f"there is no downstream {name!r}; {hint}"


def connected_twice(scenario: Scenario, _book: Book) -> Findings:
    """One entry for each downstream."""
    for name, function in scenario.functions.items():
        seen: set[str] = set()
        for place, connection in enumerate(function.connections):
            if connection.to in seen:
                path = ("functions", name, "connections", place, "to")
                yield path, f"{connection.to!r} stands here twice; add up per_environment"
            seen.add(connection.to)


def waiting_above_all(scenario: Scenario, _book: Book) -> Findings:
    """The parts of a handler's waiting are no more than the whole."""
    for name, function in scenario.functions.items():
        total = sum(connection.waiting or 0 for connection in function.connections)
        if total > 1:
            text = f"the shares of waiting add up to {total * 100:g} %; at most 100 % can wait"
            yield ("functions", name, "connections"), text


def unknown_zone(scenario: Scenario, _book: Book) -> Findings:
    """A zone can be lost if a subnet lies in it."""
    zones = {s.availability_zone: None for s in scenario.vpc.subnets.values() if s.availability_zone is not None}
    for path, incident in _incidents(scenario):
        if incident.availability_zone is not None and incident.availability_zone not in zones:
            hint = nearest(incident.availability_zone, zones) or "write `availability_zone` on vpc.subnets"
            yield (*path, "availability_zone"), f"no subnet lies in {incident.availability_zone!r}; {hint}"


def latest_not_invoked(scenario: Scenario, _book: Book) -> Findings:
    """UpdateFunctionCode changes $LATEST; published versions stay as they are."""
    for path, incident in _incidents(scenario):
        reached = _reached(scenario, incident.function or "")
        if incident.update_function_code and reached and LATEST not in reached:
            yield (
                (*path, "update_function_code"),
                (
                    f"new code goes to {LATEST}, which no trigger of {incident.function} invokes; publish a version, "
                    "and move an alias to it (aliases.NAME.deployment)"
                ),
            )


def _reached(scenario: Scenario, function: str) -> set[str]:
    """The versions of a function to which triggers may come."""
    targets = (target for trigger in scenario.triggers.values() for target in trigger.targets)
    reached = (scenario.functions[function].reached(qualifier(t)) for t in targets if function_name(t) == function)
    return {version for versions in reached for version in versions}


def limits_at_each_change(scenario: Scenario, book: Book, check: Check) -> Findings:
    """What ``check`` says of the quota and the reserved concurrency that hold from each change on."""
    for path, incident in _incidents(scenario):
        key = "account" if incident.account is not None else "reserved_concurrent_executions"
        if incident.account is None and incident.reserved_concurrent_executions is None:
            continue
        for at_us in dict.fromkeys((incident.at_us, incident.ends_us or incident.at_us)):
            said = {message for _, message in check(_changed(scenario, at_us - 1), book)}
            for _, message in check(_changed(scenario, at_us), book):
                if message not in said:
                    yield (*path, key), f"from {format_us(at_us)} on, {message}"


def _changed(scenario: Scenario, at_us: int) -> Scenario:
    """The scenario with the quota and the reserved concurrency that hold from ``at_us`` on."""
    begun = under_way(scenario.incidents, at_us)
    quota = quota_under(begun, scenario.account.concurrent_executions)
    functions = {
        name: function.model_copy(
            update={
                "reserved_concurrent_executions": reserved_under(begun, name, function.reserved_concurrent_executions)
            }
        )
        for name, function in scenario.functions.items()
    }
    account = scenario.account.model_copy(update={"concurrent_executions": quota})
    return scenario.model_copy(update={"account": account, "functions": functions})


def incident_never_begins(scenario: Scenario, _book: Book) -> Findings:
    """It changes nothing."""
    for path, incident in _incidents(scenario):
        if incident.at_us >= scenario.duration_us:
            yield (*path, "at"), f"it never begins: the scenario's duration is {format_us(scenario.duration_us)}"


def nothing_connects(scenario: Scenario, _book: Book) -> Findings:
    """Nobody would notice the incident."""
    for path, incident in _incidents(scenario):
        name = incident.downstream
        if name in scenario.downstream and not _connected(scenario, str(name)):
            yield (*path, "downstream"), f"no function connects to {name} (functions.NAME.connections)"


def nothing_waits(scenario: Scenario, _book: Book) -> Findings:
    """A downstream that answers slowly slows down what waits for it."""
    for path, incident in _incidents(scenario):
        for name in _connected(scenario, incident.downstream or "") if incident.latency is not None else ():
            if all(version.handler.cpu_fraction == 1 for version in scenario.functions[name].configurations.values()):
                text = f"{name} waits for nothing: its handler.cpu_fraction is 100%, so its runs stay as long as before"
                yield (*path, "latency"), text


INCIDENT_ERRORS: dict[str, Check] = {
    check.__name__: check
    for check in (
        unknown_downstream,
        connected_twice,
        waiting_above_all,
        unknown_zone,
        latest_not_invoked,
    )
}
INCIDENT_WARNINGS: dict[str, Check] = {
    check.__name__: check for check in (incident_never_begins, nothing_connects, nothing_waits)
}
