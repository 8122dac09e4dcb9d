"""Advice on a function's own settings: memory, timeouts, its package, its runtime, its network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC

from lambdasim.advice.rule import Evidence, Finding, Observation, Rule, Run, Severity, configuration_at, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.runtimes import newer_runtime
from lambdasim.scenario.source import path_text
from lambdasim.scenario.triggers import ApiGatewayTrigger
from lambdasim.units import US_PER_S, parse_fraction

_MEMORY = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
_TIMEOUT = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"
_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"


def runtime_deprecated(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Past its end, or near it: the warning of that name."""
    today = scenario.start.astimezone(UTC).date()
    for path, message in warned(scenario, "runtime_deprecated"):
        place, configuration = configuration_at(scenario, path)
        newer = newer_runtime(configuration, today, book)
        settings = {} if newer is None else {f"{place}.runtime": newer}
        yield Finding(path, message, "move to a runtime that has years to go", settings)


def out_of_memory(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """It needs more than it has: the warning of that name."""
    most = book.value("quotas/function/memory_size/maximum")
    for path, message in warned(scenario, "out_of_memory"):
        place, configuration = configuration_at(scenario, path)
        used = _used_mb(configuration)
        settings = {f"{place}.memory_size": str(used)} if used <= most else {}
        yield Finding(path, message, "give it the memory that it uses, and some more", settings, about=(str(path[1]),))


def _used_mb(configuration: Configuration) -> int:
    return configuration.handler.max_memory_used or 0


def ran_out_of_memory(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many runs failed."""
    [name] = finding.about
    return _of_runs(run, name, "errors", "failed", "no run failed")


def unused_vcpus(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """More CPU than the code's threads can use: the warning of that name."""
    for path, message in warned(scenario, "unused_vcpus"):
        place, configuration = configuration_at(scenario, path)
        enough = math.floor(configuration.handler.threads * book.value("handler/mb_per_vcpu"))
        settings = {f"{place}.memory_size": str(enough)} if enough >= _used_mb(configuration) else {}
        yield Finding(path, message, "take as much memory as the code uses CPU", settings, about=(str(path[1]),))


def paid_for_nothing(scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """What the memory costs that brings no speed."""
    [name] = finding.about
    place, configuration = configuration_at(scenario, finding.path)
    numbers = run.numbers(f"functions.{name}.cost_usd.total")
    [usd] = numbers.values()
    useful = float(finding.settings.get(f"{place}.memory_size", configuration.memory_size))
    share = 1 - useful / configuration.memory_size
    told = f"{name} cost ${usd:,.4g}; {share:.0%} of the price of its time is for memory that brings no speed"
    return Evidence(usd > 0, told, numbers)


def handler_over_timeout(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """The mean run is cut off: the warning of that name."""
    for path, message in warned(scenario, "handler_over_timeout"):
        place, configuration = configuration_at(scenario, path)
        mean_s = configuration.handler.duration.mean() / US_PER_S
        settings = _timeout(place, mean_s, book) if mean_s <= book.value("quotas/function/timeout/maximum") else {}
        remedy = "give it time, a faster way, or a smaller share of the work"
        yield Finding(path, message, remedy, settings, about=(str(path[1]),))


def _timeout(place: str, needed_s: float, book: Book) -> dict[str, str]:
    """A timeout with a margin above what was needed, as far as Lambda allows one."""
    seconds = math.ceil(needed_s * book.value("advice/timeout/margin"))
    return {f"{place}.timeout": str(min(seconds, book.value("quotas/function/timeout/maximum")))}


def timed_out(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many runs were cut off."""
    [name] = finding.about
    return _of_runs(run, name, "timeouts", "were cut off by the timeout", "no run was cut off")


def init_over_limit(scenario: Scenario, _book: Book) -> Iterator[Finding]:
    """More than on-demand init may take: the warning of that name."""
    for path, message in warned(scenario, "init_over_limit"):
        remedy = "load less, or later; provisioned concurrency and SnapStart allow longer inits"
        yield Finding(path, message, remedy, about=(str(path[1]),))


def cold_starts_waited(_scenario: Scenario, finding: Finding, run: Run) -> Evidence:
    """How many cold starts there were, and how long they took."""
    [name] = finding.about
    numbers = run.numbers(f"functions.{name}.cold_starts", f"functions.{name}.cold_start_ms.p50")
    cold, p50_ms = numbers.values()
    return Evidence.of(
        numbers,
        some=f"{cold:,} runs started cold, and waited {p50_ms:,.0f} ms for it in the median",
        none="no run started cold",
    )


def package_near_limit(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """A Zip package that can't grow much more."""
    limit = book.value("quotas/function/zip_unzipped_mb")
    share = parse_fraction(book.value("advice/package/unzipped"))
    for place, configuration in scenario.configurations():
        key, size = _largest_mb(configuration)
        function = scenario.functions[place[1]]
        is_inherited = configuration is not function and size == _largest_mb(function)[1]
        if configuration.package_type == "Zip" and size >= share * limit and not is_inherited:
            image = f"cold_starts/init/{configuration.init_key}/Image/{configuration.architecture}"
            is_known = configuration.init.duration is not None or book.has(image)
            yield Finding(
                (*place, key),
                f"{size:g} MB are {size / limit:.0%} of the {limit} MB that a Zip package may have, unzipped and with "
                "its layers",
                "leave out what is not used, or ship a container image",
                _as_image(path_text(place), configuration) if is_known else {},
                about=(place[1],),
            )


def _as_image(place: str, configuration: Configuration) -> dict[str, str]:
    """An image holds what layers held."""
    layers = {f"{place}.layers": "[]"} if configuration.layers else {}
    return layers | {f"{place}.package_type": "Image"}


def _largest_mb(configuration: Configuration) -> tuple[str, float]:
    """The key that takes the most of a package's size, and that size unzipped, layers included; 0 if none is given."""
    sizes = {
        "unzipped_size": configuration.unzipped_size_mb,
        "package_size": configuration.package_size_mb,
        "layers": configuration.layers_unpacked_mb,
    }
    return max(sizes, key=lambda key: sizes[key] or 0.0), configuration.unpacked_mb


def many_timeouts(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """Runs that were cut off, more than a few."""
    share = parse_fraction(book.value("advice/timeout/timed_out"))
    patience = _patience_us(scenario)
    for name, function in scenario.functions.items():
        numbers = run.numbers(f"functions.{name}.timeouts", f"functions.{name}.invocations")
        cut_off, runs = numbers.values()
        if cut_off and cut_off >= share * runs:
            may_last = name not in patience or patience[name] > function.timeout_us
            finding = Finding(
                ("functions", name, "timeout"),
                f"{cut_off / runs * 100:.3g} % of {name}'s runs take longer than its timeout of {function.timeout} s",
                "lengthen the timeout, or bound what the function waits for"
                if may_last
                else "bound what the function waits for, or answer before the work is done: its API waits no longer",
                _timeout(f"functions.{name}", function.timeout, book) if may_last else {},
                about=(name,),
            )
            yield finding, timed_out(scenario, finding, run)


def _patience_us(scenario: Scenario) -> dict[str, int]:
    """How long the most impatient API in front of a function waits for it."""
    found: dict[str, int] = {}
    for trigger in scenario.triggers.values():
        if isinstance(trigger, ApiGatewayTrigger):
            for name in trigger.functions:
                found[name] = min(found.get(name, trigger.integration_timeout_us), trigger.integration_timeout_us)
    return found


def _of_runs(run: Run, name: str, count: str, says: str, otherwise: str) -> Evidence:
    """So many of a function's runs."""
    numbers = run.numbers(f"functions.{name}.{count}", f"functions.{name}.invocations")
    some, runs = numbers.values()
    return Evidence(some > 0, f"{some:,} of {runs:,} runs {says}" if some else otherwise, numbers)


RULES = (
    Rule(
        runtime_deprecated,
        Severity.MEDIUM,
        "It gets no more patches, and in the end Lambda takes no more changes to the function.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    ),
    Rule(
        out_of_memory,
        Severity.HIGH,
        "Every run is killed, is billed, and leaves an environment that must init again.",
        _MEMORY,
        ran_out_of_memory,
    ),
    Rule(unused_vcpus, Severity.MEDIUM, "Memory is paid for by the millisecond.", _MEMORY, paid_for_nothing),
    Rule(
        handler_over_timeout,
        Severity.HIGH,
        "A run that is cut off is billed up to its end, fails, and leaves an environment that must init again.",
        _TIMEOUT,
        timed_out,
    ),
    Rule(
        init_over_limit,
        Severity.HIGH,
        "The init runs a second time, inside the first invocation, whose timeout it eats up.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        cold_starts_waited,
    ),
    Rule(
        package_near_limit,
        Severity.LOW,
        "Lambda refuses the deployment that passes the limit, and a large package makes cold starts longer.",
        _QUOTAS,
        cold_starts_waited,
    ),
)
OBSERVATIONS = (
    Observation(
        many_timeouts,
        Severity.HIGH,
        "A run that is cut off is billed up to its end, fails, and leaves an environment that must init again.",
        _TIMEOUT,
    ),
)
