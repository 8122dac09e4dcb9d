"""Advice on deployments and weighted aliases: small steps, a way back, and enough traffic to tell good from bad."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Path, Rule, Run, Severity, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.aliases import Alias
from lambdasim.scenario.deployments import TRAFFIC_SHIFTS, traffic_steps
from lambdasim.scenario.model import Scenario
from lambdasim.units import format_us
from lambdasim.workload.expected import expected_events

_ROUTING = "https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html"
_ALL_AT_ONCE = "AllAtOnce"


def _aliases(scenario: Scenario) -> Iterator[tuple[str, str, Alias]]:
    for name, function in scenario.functions.items():
        for alias, settings in function.aliases.items():
            yield name, alias, settings


def deployment_without_rollback(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """A deployment that nothing turns back: no alarms, or all at once, when no alarm can go off in time."""
    for name, alias, settings in _aliases(scenario):
        deployment = settings.deployment
        if deployment is None or (deployment.alarms and deployment.type != _ALL_AT_ONCE):
            continue
        place = f"functions.{name}.aliases.{alias}.deployment"
        cure = {}
        if deployment.type == _ALL_AT_ONCE:
            cure[f"{place}.type"] = _canaries(book)[0]
        if not deployment.alarms:
            rate = book.value("advice/deployments/error_rate")
            cure[f"{place}.alarms"] = f"[{{metric_name: ErrorRate, threshold: {rate}}}]"
        what = "moves all traffic at once" if deployment.type == _ALL_AT_ONCE else "has no alarms"
        yield Finding(
            ("functions", name, "aliases", alias, "deployment"),
            f"the deployment of {name}:{alias} {what}",
            "shift a part of the traffic first, and let an alarm roll it back",
            cure,
            about=(name, deployment.to),
        )


def errors_of_the_new_version(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many of its runs failed."""
    name, version = finding.about
    part = f"functions.{name}.versions.{version}"
    numbers = run.numbers(f"{part}.errors", f"{part}.invocations")
    errors, runs = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{errors:,} of version {version}'s {runs:,} runs failed, and nothing turned back",
        none=f"none of version {version}'s {runs:,} runs failed",
    )


def alarm_too_late(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """The deployment is over before its alarm can go off: the warning of that name."""
    for path, message in warned(scenario, "alarm_too_late"):
        yield Finding(path, message, "take a shift that lasts longer, or fewer and shorter periods of the alarm")


def too_few_requests_to_judge(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """So little of the traffic reaches the new version that its errors can't be told from chance."""
    fewest = book.value("advice/deployments/fewest_requests")
    for name, alias, settings in _aliases(scenario):
        rate = _rate(scenario, f"{name}:{alias}")
        if not rate:
            continue  # who is fed by others has a rate that only a run knows
        cure: dict[str, str] = {}
        path: Path = ("deployment", "type")
        if settings.routing_config is not None:
            version, weight = settings.routing_config.second
            span_us = scenario.duration_us
            expected, path = rate * weight * span_us, ("routing_config", "additional_version_weights", version)
        elif settings.deployment is not None and settings.deployment.type != _ALL_AT_ONCE:
            version = settings.deployment.to
            expected, span_us = _in_first_step(rate, settings.deployment.type, book)
            longer = next((n for n in _canaries(book) if _in_first_step(rate, n, book)[0] >= fewest), None)
            if longer is not None:
                cure[f"functions.{name}.aliases.{alias}.deployment.type"] = longer
        else:
            continue
        if 0 < expected < fewest:
            yield Finding(
                ("functions", name, "aliases", alias, *path),
                f"some {expected:.3g} requests reach version {version} of {name} in {format_us(span_us)}, each by a "
                "draw of its own",
                "send it a larger part, or give it more time",
                cure,
                about=(name, version),
            )


def requests_to_the_new_version(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many runs it had, and how many of them failed."""
    name, version = finding.about
    part = f"functions.{name}.versions.{version}"
    numbers = run.numbers(f"{part}.invocations", f"{part}.errors")
    runs, errors = numbers.values()
    return Evidence(True, f"version {version} had {runs:,} runs, of which {errors:,} failed", numbers)


def _rate(scenario: Scenario, target: str) -> float:
    """Requests per microsecond to a target, of the triggers that have arrivals of their own."""
    return sum(
        expected_events(trigger.arrivals, scenario.duration_us) / scenario.duration_us
        for trigger in scenario.triggers.values()
        if target in trigger.targets
    )


def _canaries(book: Book) -> list[str]:
    """The predefined configurations in two steps, the shortest first."""
    return [name for name in book.names(TRAFFIC_SHIFTS) if len(traffic_steps(book, name)) == 2]


def _in_first_step(rate: float, shift: str, book: Book) -> tuple[float, int]:
    """Requests that the new version gets before more of the traffic follows, and how long that is in microseconds."""
    (began_us, share), (follows_us, _) = traffic_steps(book, shift)[:2]
    return rate * share * (follows_us - began_us), follows_us - began_us


RULES = (
    Rule(
        deployment_without_rollback,
        Severity.MEDIUM,
        "A broken version gets all of the traffic, and keeps it until somebody notices.",
        _ROUTING,
        errors_of_the_new_version,
    ),
    Rule(
        alarm_too_late,
        Severity.MEDIUM,
        "The alarm is there, and can never roll anything back.",
        _ROUTING,
    ),
    Rule(
        too_few_requests_to_judge,
        Severity.LOW,
        "With so few requests a version with errors may show none, and a sound one may look bad.",
        _ROUTING,
        requests_to_the_new_version,
    ),
)
