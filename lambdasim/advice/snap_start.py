"""Advice on SnapStart: where it makes cold starts longer, or never takes part."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim.advice.functions import cold_starts_waited
from lambdasim.advice.rule import Evidence, Finding, Rule, Run, Severity, configuration_at, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario

_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"


def restore_slower_than_init(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """A restore takes longer than the init that it spares: the warning of that name."""
    for path, message in warned(scenario, "restore_slower_than_init"):
        place, _ = configuration_at(scenario, path)
        yield Finding(
            path,
            message,
            "leave SnapStart off",
            {f"{place}.snap_start.apply_on": "None"},
            about=(str(path[1]),),
        )


def restores(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many environments were restored, and how long that took."""
    [name] = finding.about
    numbers = run.numbers(f"functions.{name}.start_types.restored", f"functions.{name}.restore_duration_ms.p50")
    restored, p50_ms = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{restored:,} runs waited for a restore, {p50_ms:,.0f} ms in the median",
        none="no run waited for a restore",
    )


def snap_start_unused(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """Only $LATEST is invoked: the warning of that name."""
    for path, message in warned(scenario, "snap_start_unused"):
        function = str(path[1])
        cure = {
            f"triggers.{name}.target": function
            for name, trigger in scenario.triggers.items()
            if trigger.functions == (function,)
        }
        yield Finding(path, message, "let triggers invoke the published version", cure, about=(function,))


RULES = (
    Rule(
        restore_slower_than_init,
        Severity.LOW,
        "Each cold start takes longer, and the snapshots are paid for.",
        _SOURCE,
        restores,
    ),
    Rule(
        snap_start_unused,
        Severity.MEDIUM,
        "Every cold start runs the whole init, as if SnapStart were off.",
        _SOURCE,
        cold_starts_waited,
    ),
)
