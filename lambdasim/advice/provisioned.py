"""Advice on provisioned concurrency: that it is used, and that what overflows has somewhere to go."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lambdasim.advice.rule import Evidence, Finding, Observation, Path, Rule, Run, Severity, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.aliases import Alias
from lambdasim.scenario.functions import Function
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import function_name, qualifier
from lambdasim.units import parse_fraction

_KEY = "provisioned_concurrent_executions"
_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"
_REFUSED = "ReservedFunctionConcurrentInvocationLimitExceeded"


def _provisioned(function: Function) -> Iterator[tuple[Path, str, Alias]]:
    """The aliases that have provisioned concurrency, with where below the function it is written."""
    for alias, settings in function.pointers.items():
        if settings.provisioned_concurrent_executions is not None:
            yield (("aliases", alias, _KEY) if alias in function.aliases else (_KEY,)), alias, settings


def most_provisioned(function: Function) -> int:
    """The most provisioned concurrency that a function may come to have, of all its aliases together."""
    return sum(
        (settings.provisioned_concurrent_executions or 0)
        if settings.autoscaling is None
        else settings.autoscaling.max_capacity
        for _, _, settings in _provisioned(function)
    )


def provisioned_but_not_invoked(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """Triggers invoke $LATEST, or another alias."""
    targets = {target for trigger in scenario.triggers.values() for target in trigger.targets}
    for name, function in scenario.functions.items():
        invoked = {qualifier(target) or function.unqualified for target in targets if function_name(target) == name}
        for below, alias, settings in _provisioned(function):
            if alias not in invoked:
                cure = {
                    f"triggers.{trigger_name}.target": f"{name}:{alias}"
                    for trigger_name, trigger in scenario.triggers.items()
                    if getattr(trigger, "target", None) is not None and trigger.functions == (name,)
                }
                yield Finding(
                    ("functions", name, *below),
                    f"{settings.provisioned_concurrent_executions:,} environments are kept ready for {name}:{alias}, "
                    "which no trigger invokes",
                    "let triggers invoke the alias",
                    cure,
                    about=(name,),
                )


def runs_on_provisioned(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many of the function's runs used it."""
    [name] = finding.about
    numbers = run.numbers(f"functions.{name}.start_types.provisioned", f"functions.{name}.invocations")
    used, runs = numbers.values()
    return Evidence(True, f"{used:,} of {name}'s {runs:,} runs used provisioned concurrency", numbers)


def provisioned_leaves_nothing(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """All of the reserved concurrency is provisioned: the warning of that name."""
    room = parse_fraction(book.value("advice/provisioned/room"))
    for path, message in warned(scenario, "provisioned_leaves_nothing"):
        name = str(path[1])
        reserve = math.ceil(most_provisioned(scenario.functions[name]) * (1 + room))
        yield Finding(
            path,
            message.partition(": ")[0],
            "reserve more than is provisioned, or nothing",
            {f"functions.{name}.reserved_concurrent_executions": str(reserve)},
            about=(name,),
        )


def refused_beyond_provisioned(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many attempts the reservation refused."""
    [name] = finding.about
    numbers = run.numbers(f"functions.{name}.throttles.by_reason.{_REFUSED}")
    [refused] = numbers.values()
    if not refused:
        return Evidence(False, "the reservation refused no attempt", numbers)
    return Evidence(True, f"the reservation refused {refused:,} attempts", numbers)


def provisioned_idle(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """Used so little that on demand the same runs cost less."""
    for name, function in scenario.functions.items():
        places = [("functions", name, *below) for below, _, _ in _provisioned(function)]
        part = f"functions.{name}.provisioned_concurrency"
        numbers = run.numbers(f"{part}.utilization.mean", f"{part}.configured.mean")
        used, configured = numbers.values()
        pays = _break_even(scenario, function, book)
        if places and configured and used < pays:
            finding = Finding(
                places[0],
                f"{used:.0%} of {name}'s provisioned concurrency is in use on average; below {pays:.0%} the same runs "
                "cost less on demand",
                "provision less, or let Application Auto Scaling follow the load; it is worth its price where cold "
                "starts cost more",
                about=(name,),
            )
            told = f"of {configured:,.4g} environments {used * configured:,.3g} were busy on average"
            yield finding, Evidence(True, told, numbers)


def _break_even(scenario: Scenario, function: Function, book: Book) -> float:
    """The utilization at which provisioned concurrency costs as much as the same runs on demand.

    With c for what is configured, d for duration there and D for duration on demand, all per GB-s: u = c / (D - d).
    Source: https://aws.amazon.com/lambda/pricing/, its prices; 60 % in us-east-1.
    """
    prices, architecture = f"prices/{scenario.region}", function.architecture
    tiers = book.value(f"{prices}/duration/{architecture}/tiers")
    on_demand: float = tiers[0]["price"] if isinstance(tiers, list) else tiers
    configured, duration = (
        book.value(f"{prices}/provisioned_concurrency/{architecture}/{key}") for key in ("configured", "duration")
    )
    return float(configured / (on_demand - duration)) if on_demand > duration else 1.0


def provisioned_overflows(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """More than a few of the runs found nothing provisioned free, and went on demand."""
    share = parse_fraction(book.value("advice/provisioned/spillover"))
    margin = parse_fraction(book.value("advice/provisioned/above_peak"))
    for name, function in scenario.functions.items():
        places = [("functions", name, *below) for below, _, _ in _provisioned(function)]
        part = f"functions.{name}.provisioned_concurrency"
        numbers = run.numbers(
            f"{part}.spillover_invocations", f"{part}.invocations", f"functions.{name}.concurrency.max"
        )
        spilled, on_provisioned, peak = numbers.values()
        if places and spilled and spilled >= share * (spilled + on_provisioned):
            finding = Finding(
                places[0],
                f"{spilled / (spilled + on_provisioned) * 100:.3g} % of {name}'s runs spill over to environments on "
                "demand",
                f"provision for the peak of {peak:,} and {margin:.0%} more, or scale by schedule ahead of it",
                about=(name,),
            )
            told = f"{spilled:,} runs spilled over beside {on_provisioned:,} on provisioned concurrency"
            yield finding, Evidence(True, told, numbers)


RULES = (
    Rule(
        provisioned_but_not_invoked,
        Severity.MEDIUM,
        "It is paid for as long as it is there, and its environments serve no request.",
        _SOURCE,
        runs_on_provisioned,
    ),
    Rule(
        provisioned_leaves_nothing,
        Severity.MEDIUM,
        "What provisioned concurrency can't take is throttled, and so is every call of $LATEST.",
        _SOURCE,
        refused_beyond_provisioned,
    ),
)
OBSERVATIONS = (
    Observation(
        provisioned_idle,
        Severity.LOW,
        "It is paid for as long as it is there, busy or idle.",
        _SOURCE,
    ),
    Observation(
        provisioned_overflows,
        Severity.MEDIUM,
        "What spills over may start cold, which provisioned concurrency was bought against.",
        _SOURCE,
    ),
)
