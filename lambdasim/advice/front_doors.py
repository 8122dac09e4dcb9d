"""Advice on who waits for an answer: callers that leave before the function does."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Rule, Run, Severity, warned
from lambdasim.metrics.measures import MEASURES, whole
from lambdasim.metrics.meters import client_gone
from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.source import path_text
from lambdasim.scenario.triggers import ApiGatewayTrigger, SynchronousTrigger
from lambdasim.units import US_PER_S

_BILLED_DURATION = next(measure for measure in MEASURES if measure.name == "billed_duration")


def integration_timeout_below_function_timeout(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """The API's timeout is below the function's: the warning of that name."""
    for path, message in warned(scenario, "integration_timeout_below_function_timeout"):
        name = str(path[1])
        trigger = scenario.triggers[name]
        assert isinstance(trigger, ApiGatewayTrigger)
        [function] = trigger.functions
        seconds = trigger.integration_timeout_us // US_PER_S
        longest = [
            path_text(place)
            for place, version in scenario.configurations()
            if place[1] == function and version.timeout > seconds
        ]
        yield Finding(
            path,
            message,
            "shorten the function's timeout, or answer at once and do the work asynchronously",
            {f"{place}.timeout": str(seconds) for place in longest} if seconds else {},
            about=(name, function),
        )


def outlived_callers(scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many runs went on after their caller had been told that they failed, and what they cost."""
    name, function = finding.about
    numbers = run.numbers(f"triggers.{name}.client_gone", f"triggers.{name}.attempts")
    gone, attempts = numbers.values()
    if not gone:
        return Evidence(False, "no run outlived its caller", numbers)
    told = f"{gone:,} of {attempts:,} runs outlived their caller"
    usd = _cost_of_outlived(scenario, name, function, run)
    if usd is None:
        return Evidence(True, told, numbers)
    return Evidence(True, f"{told}, and cost ${usd:,.4g}", {**numbers, "usd_of_runs_that_outlived_their_caller": usd})


def _cost_of_outlived(scenario: Scenario, name: str, function: str, run: Run) -> float | None:
    """These runs' part of what the function's duration cost, by billed time; None if no log tells."""
    log = run.result.invocation_columns
    if log is None:
        return None
    ended, billed_us = _BILLED_DURATION.of(log)
    of_function = ended & (whole(log, "function") == list(scenario.functions).index(function))
    of_function &= whole(log, "arrived_us") >= scenario.warm_up_us
    outlived = of_function & client_gone(log) & (whole(log, "trigger") == list(scenario.triggers).index(name))
    usd = sum(
        line["usd"]
        for line in run.summary["functions"][function]["cost_usd"]["lines"]
        if line["item"].startswith("duration")
    )
    all_us = billed_us[of_function].sum()
    return float(usd * billed_us[outlived].sum() / all_us) if all_us else None


def read_timeout_below_function_timeout(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """The client's read timeout is below the function's: the warning of that name, once for each trigger."""
    for path, message in dict(warned(scenario, "read_timeout_below_function_timeout")).items():
        name = str(path[1])
        trigger = scenario.triggers[name]
        assert isinstance(trigger, SynchronousTrigger)
        longest_us = max(version.timeout_us for target in trigger.targets for version in scenario.reached(target))
        if isinstance(trigger, ApiGatewayTrigger):
            longest_us = min(longest_us, trigger.integration_timeout_us)
        yield Finding(
            path,
            message,
            "wait for as long as the function may run, or shorten its timeout",
            {f"triggers.{name}.client.read_timeout": f"{longest_us / US_PER_S:.6g}s"},
            about=(name,),
        )


def called_again(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many calls were given up while they ran, and how many were made again."""
    [name] = finding.about
    numbers = run.numbers(f"triggers.{name}.client_gone", f"triggers.{name}.retries", f"triggers.{name}.events")
    gone, retries, events = numbers.values()
    return Evidence.of(
        numbers,
        some=f"callers left {gone:,} runs alone; {events:,} events caused {retries:,} more calls",
        none="no caller left before its answer",
    )


RULES = (
    Rule(
        integration_timeout_below_function_timeout,
        Severity.MEDIUM,
        "The client is told that it failed, while the function goes on, holds its environment, and is billed.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
        outlived_callers,
    ),
    Rule(
        read_timeout_below_function_timeout,
        Severity.MEDIUM,
        "A call that is made again while the first one runs does the same work twice.",
        "https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html",
        called_again,
    ),
)
