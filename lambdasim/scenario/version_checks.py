"""Checks of versions and aliases: what names them names one that there is, and a deployment can do what is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.aliases import LIVE, Alias
from lambdasim.scenario.deployments import Alarm, Deployment, traffic_steps
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import function_name, qualifier
from lambdasim.scenario.triggers import JourneyTrigger, Trigger
from lambdasim.scenario.wording import nearest
from lambdasim.units import US_PER_S, format_us

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]


def unknown_target(scenario: Scenario, _book: Book) -> Findings:
    """A target may name an alias or a version of its function, if there is one."""
    for name, trigger in scenario.triggers.items():
        for path, target in _targets(trigger):
            function = scenario.functions[function_name(target)]
            known = {**function.pointers, **function.configurations}
            if ":" in target and qualifier(target) not in known:
                yield (
                    ("triggers", name, *path),
                    (
                        f"{function_name(target)} has no alias or version {qualifier(target)!r}; "
                        f"{nearest(qualifier(target), known)}"
                    ),
                )


def _targets(trigger: Trigger) -> Iterator[tuple[Path, str]]:
    """What a trigger invokes, by the path of the key that says so below it."""
    if isinstance(trigger, JourneyTrigger):
        for number, flow in enumerate(trigger.flows):
            for place, step in enumerate(flow.steps):
                if step.invoke is not None:
                    yield ("flows", number, "steps", place, "invoke"), step.invoke
    elif trigger.target is not None:
        yield ("target",), trigger.target
    else:
        yield from ((("targets", number), target) for number, target in enumerate(trigger.targets))


def _aliases(scenario: Scenario) -> Iterator[tuple[Path, str, Alias]]:
    for name, function in scenario.functions.items():
        for alias, settings in function.aliases.items():
            yield ("functions", name, "aliases", alias), name, settings


def _deployments(scenario: Scenario) -> Iterator[tuple[Path, Deployment]]:
    for path, _, alias in _aliases(scenario):
        if alias.deployment is not None:
            yield (*path, "deployment"), alias.deployment


def unknown_version(scenario: Scenario, _book: Book) -> Findings:
    """An alias points to versions that are published."""
    for path, name, alias in _aliases(scenario):
        known = scenario.functions[name].configurations
        for below, version in alias.versions.items():
            if version not in known:
                yield (*path, *below), f"{name} has no version {version!r}; {nearest(version, known)}"


def two_aliases_live(scenario: Scenario, _book: Book) -> Findings:
    """What is short for an alias can't stand beside it."""
    for name, function in scenario.functions.items():
        if LIVE in function.aliases and function.provisioned_concurrent_executions is not None:
            yield (
                ("functions", name, "provisioned_concurrent_executions"),
                f"this is short for an alias {LIVE!r}, which {name} has already; write it below aliases.{LIVE}",
            )


def deployment_never_begins(scenario: Scenario, _book: Book) -> Findings:
    """It would change nothing."""
    for path, deployment in _deployments(scenario):
        if deployment.at_us >= scenario.duration_us:
            yield (*path, "at"), f"the last events arrive before it, at {format_us(scenario.duration_us)}"


def alarm_too_late(scenario: Scenario, book: Book) -> Findings:
    """CodeDeploy asks for the state of alarms until the last of the traffic has moved."""
    for path, deployment in _deployments(scenario):
        ends_us = deployment.at_us + traffic_steps(book, deployment.type)[-1][0]
        for number, alarm in enumerate(deployment.alarms):
            soonest_us = _soonest_us(deployment, alarm) + round(book.value("deployments/alarm_delay_s") * US_PER_S)
            if soonest_us >= ends_us:
                yield (
                    (*path, "alarms", number),
                    (
                        f"it can't go off before {format_us(soonest_us)}, and {deployment.type} is over at "
                        f"{format_us(ends_us)}: it will never roll back"
                    ),
                )


def _soonest_us(deployment: Deployment, alarm: Alarm) -> int:
    """The end of the first period at which an alarm can have seen enough of a deployment that is bad from the start."""
    periods = deployment.at_us // alarm.period_us + (alarm.datapoints_to_alarm or alarm.evaluation_periods)
    return periods * alarm.period_us


MISSING_NAMES = (unknown_target.__name__, unknown_version.__name__)
"""The codes of what can't be told while a version or an alias is refused for another reason."""
Check = Callable[[Scenario, Book], Findings]
VERSION_ERRORS: dict[str, Check] = {
    check.__name__: check for check in (unknown_target, unknown_version, two_aliases_live)
}
VERSION_WARNINGS: dict[str, Check] = {check.__name__: check for check in (deployment_never_begins, alarm_too_late)}
