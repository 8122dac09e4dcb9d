"""Checks of a whole scenario: what AWS would refuse is an error, what is probably not meant a warning.

Each check has a code and is a pure function from the scenario to findings: (path, message).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from lambdasim.parameters.book import Book
from lambdasim.scenario.chain_checks import (
    asynchronous_keys_without_events,
    batch_keys_without_batches,
    dead_letters_to_itself,
    fifo_sink,
    trigger_without_events,
    unsuited_sink,
)
from lambdasim.scenario.extent import lifetime_too_short, too_many_clients, too_many_events, too_many_minutes
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.incident_checks import INCIDENT_ERRORS, INCIDENT_WARNINGS, limits_at_each_change
from lambdasim.scenario.loops import endless_loop
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.network_checks import NETWORK_ERRORS, NETWORK_WARNINGS
from lambdasim.scenario.package_checks import PACKAGE_ERRORS, PACKAGE_WARNINGS
from lambdasim.scenario.price_checks import no_price
from lambdasim.scenario.provisioned_checks import (
    PROVISIONED_ERRORS,
    PROVISIONED_WARNINGS,
    autoscaling_over_quota,
    provisioned_over_quota,
    provisioned_over_reserved,
)
from lambdasim.scenario.snap_start_checks import SNAP_START_ERRORS, SNAP_START_WARNINGS
from lambdasim.scenario.sqs_checks import SQS_ERRORS, SQS_WARNINGS
from lambdasim.scenario.stream_checks import backlog_behind_latest, stream_too_large, too_few_lanes
from lambdasim.scenario.targets import Queued
from lambdasim.scenario.traffic import traffic_not_scaled
from lambdasim.scenario.triggers import ApiGatewayTrigger, SynchronousTrigger
from lambdasim.scenario.version_checks import VERSION_ERRORS, VERSION_WARNINGS
from lambdasim.units import US_PER_S, format_us

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found: ``path`` leads to the value that is to blame."""

    code: str
    is_error: bool
    path: Path
    message: str


def findings(scenario: Scenario, book: Book) -> list[Finding]:
    """All that the checks below find; what is said of a function is not said again of versions that are alike there."""
    tables = ((ERRORS, True), (WARNINGS, False))
    found = [
        Finding(code, is_error, path, message)
        for table, is_error in tables
        for code, check in table.items()
        for path, message in check(scenario, book)
    ]
    known = set(found)
    return [finding for finding in found if _of_function(finding) not in known]


def _of_function(finding: Finding) -> Finding | None:
    """The same said of the function's own configuration, where it is said of a version."""
    name, path = finding.path[:2], finding.path[2:]
    is_of_version = name[:1] == ("functions",) and path[:1] == ("versions",)
    return replace(finding, path=(*name, *path[2:])) if is_of_version else None


def _calls(scenario: Scenario) -> Iterator[tuple[Path, SynchronousTrigger, str, Configuration]]:
    """Each synchronous trigger with each target that it invokes, and what may run longest there."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, Queued):
            continue
        for target in trigger.targets:
            longest = max(scenario.reached(target), key=lambda version: version.timeout)
            yield ("triggers", name), trigger, target, longest


def warm_up_too_long(scenario: Scenario, _book: Book) -> Findings:
    """Nothing would be left to measure."""
    if scenario.warm_up_us >= scenario.duration_us:
        lengths = f"{format_us(scenario.warm_up_us)} of {format_us(scenario.duration_us)}"
        yield ("warm_up",), f"the warm-up takes all of the duration ({lengths}); nothing is left to measure"


def reserved_over_quota(scenario: Scenario, book: Book) -> Findings:
    """AWS keeps a part of the quota for functions without a reservation."""
    quota = scenario.account.concurrent_executions
    minimum = book.value("quotas/account/unreserved_minimum")
    reserved = {name: function.reserved_concurrent_executions or 0 for name, function in scenario.functions.items()}
    allowed, total = max(quota - minimum, 0), sum(reserved.values())
    if total > allowed:
        largest = max(reserved, key=lambda name: reserved[name])
        yield (
            ("functions", largest, "reserved_concurrent_executions"),
            (
                f"all functions together reserve {total}; at most {allowed} can be reserved "
                f"(the quota of {quota} less the {minimum} that stay unreserved)"
            ),
        )


def integration_timeout_below_function_timeout(scenario: Scenario, _book: Book) -> Findings:
    """The client is gone while the function runs on, and is billed."""
    for path, trigger, target, function in _calls(scenario):
        if isinstance(trigger, ApiGatewayTrigger) and trigger.integration_timeout_us < function.timeout_us:
            yield (
                (*path, "integration_timeout"),
                (
                    f"the API gives up after {format_us(trigger.integration_timeout_us)}, but {target} may run for "
                    f"{function.timeout} s and is billed for it"
                ),
            )


def read_timeout_below_function_timeout(scenario: Scenario, _book: Book) -> Findings:
    """The caller gives up, or calls a second time, while the first call still runs."""
    for path, trigger, target, function in _calls(scenario):
        longest = function.timeout_us
        if isinstance(trigger, ApiGatewayTrigger):
            longest = min(longest, trigger.integration_timeout_us)
        retries = trigger.client.retries != "none"
        is_chosen = retries or "read_timeout_us" in trigger.client.model_fields_set
        if is_chosen and trigger.client.read_timeout_us < longest:
            then = "calls again while it may still run" if retries else "gives up"
            yield (
                (*path, "client", "read_timeout"),
                (
                    f"after {format_us(trigger.client.read_timeout_us)} the client {then}, but {target} may take "
                    f"{format_us(longest)}"
                ),
            )


def out_of_memory(scenario: Scenario, _book: Book) -> Findings:
    """Every invocation fails."""
    for path, function in scenario.configurations():
        used = function.handler.max_memory_used
        if used is not None and used > function.memory_size:
            yield (
                (*path, "handler", "max_memory_used"),
                f"{used} MB is above memory_size ({function.memory_size} MB): every invocation ends out of memory",
            )


def unused_vcpus(scenario: Scenario, book: Book) -> Findings:
    """More CPU than the code's threads can use."""
    mb_per_vcpu = book.value("handler/mb_per_vcpu")
    for path, function in scenario.configurations():
        vcpus, threads = function.memory_size / mb_per_vcpu, function.handler.threads
        if vcpus > threads:
            yield (
                (*path, "memory_size"),
                (
                    f"{function.memory_size} MB bring {vcpus:.1f} vCPUs, the code uses {threads} (handler.threads); "
                    f"above {threads * mb_per_vcpu:g} MB it gets no faster"
                ),
            )


def handler_over_timeout(scenario: Scenario, _book: Book) -> Findings:
    """Most invocations would be cut off."""
    for path, function in scenario.configurations():
        mean = function.handler.duration.mean()
        as_measured = function.handler.measured_at in (None, function.memory_size)
        if as_measured and mean > function.timeout_us:
            yield (
                (*path, "handler", "duration"),
                f"the mean of {format_us(mean)} is above the timeout of {function.timeout} s",
            )


def init_over_limit(scenario: Scenario, book: Book) -> Findings:
    """Lambda stops such an init, and runs it again inside the first invocation; SnapStart's has a limit of its own."""
    limit = book.value("quotas/function/init_timeout_s")
    for path, function in scenario.configurations():
        for key, distribution in (("duration", function.init.duration), ("code", function.init.code)):
            if distribution is not None and distribution.mean() > limit * US_PER_S and not function.has_snap_start:
                yield (
                    (*path, "init", key),
                    (
                        f"the mean of {format_us(distribution.mean())} is above {limit} s: "
                        "Lambda stops an init on demand there and runs it again inside the first invocation"
                    ),
                )


def quota_below_unreserved_minimum(scenario: Scenario, book: Book) -> Findings:
    """Such small quotas are a new account's."""
    minimum = book.value("quotas/account/unreserved_minimum")
    if scenario.account.concurrent_executions < minimum:
        yield (
            ("account", "concurrent_executions"),
            f"a quota below {minimum} is a new account's: no concurrency can be reserved",
        )


def function_without_trigger(scenario: Scenario, _book: Book) -> Findings:
    """It would never run."""
    invoked = {target for trigger in scenario.triggers.values() for target in trigger.functions}
    for name in scenario.functions:
        if name not in invoked:
            yield ("functions", name), "no trigger invokes this function"


Check = Callable[[Scenario, Book], Findings]
ERRORS: dict[str, Check] = (
    {
        check.__name__: check
        for check in (
            warm_up_too_long,
            too_many_events,
            too_many_minutes,
            too_many_clients,
            stream_too_large,
            lifetime_too_short,
            reserved_over_quota,
            no_price,
            unsuited_sink,
            fifo_sink,
            dead_letters_to_itself,
            endless_loop,
        )
    }
    | PACKAGE_ERRORS
    | SQS_ERRORS
    | SNAP_START_ERRORS
    | NETWORK_ERRORS
    | VERSION_ERRORS
    | PROVISIONED_ERRORS
    | INCIDENT_ERRORS
    | {
        f"{check.__name__}_later": partial(limits_at_each_change, check=check)
        for check in (reserved_over_quota, provisioned_over_quota, provisioned_over_reserved)
    }
)
WARNINGS: dict[str, Check] = (
    {
        check.__name__: check
        for check in (
            integration_timeout_below_function_timeout,
            read_timeout_below_function_timeout,
            out_of_memory,
            unused_vcpus,
            handler_over_timeout,
            init_over_limit,
            quota_below_unreserved_minimum,
            function_without_trigger,
            trigger_without_events,
            batch_keys_without_batches,
            asynchronous_keys_without_events,
            backlog_behind_latest,
            too_few_lanes,
            traffic_not_scaled,
        )
    }
    | PACKAGE_WARNINGS
    | SQS_WARNINGS
    | SNAP_START_WARNINGS
    | NETWORK_WARNINGS
    | VERSION_WARNINGS
    | PROVISIONED_WARNINGS
    | INCIDENT_WARNINGS
    | {"autoscaling_over_quota_later": partial(limits_at_each_change, check=autoscaling_over_quota)}
)
