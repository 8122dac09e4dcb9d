"""Checks of a whole scenario: what AWS would refuse is an error, what is probably not meant a warning.

Each check has a code and is a pure function from the scenario to findings: (path, message).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date

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
from lambdasim.scenario.functions import Function
from lambdasim.scenario.loops import endless_loop
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.price_checks import no_price
from lambdasim.scenario.sqs_checks import SQS_ERRORS, SQS_WARNINGS
from lambdasim.scenario.stream_checks import backlog_behind_latest, stream_too_large, too_few_lanes
from lambdasim.scenario.targets import Queued
from lambdasim.scenario.triggers import ApiGatewayTrigger, SynchronousTrigger
from lambdasim.units import US_PER_S, format_us

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]
_SOON_DAYS = 180  # AWS's own notices of a deprecation come 180 days ahead


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found: ``path`` leads to the value that is to blame."""

    code: str
    is_error: bool
    path: Path
    message: str


def findings(scenario: Scenario, book: Book) -> list[Finding]:
    """All that the checks below find."""
    tables = ((ERRORS, True), (WARNINGS, False))
    return [
        Finding(code, is_error, path, message)
        for table, is_error in tables
        for code, check in table.items()
        for path, message in check(scenario, book)
    ]


def _functions(scenario: Scenario) -> Iterator[tuple[Path, Function]]:
    for name, function in scenario.functions.items():
        yield ("functions", name), function


def _calls(scenario: Scenario) -> Iterator[tuple[Path, SynchronousTrigger, str, Function]]:
    """Each synchronous trigger with each function that it invokes."""
    for name, trigger in scenario.triggers.items():
        if isinstance(trigger, Queued):
            continue
        for target in trigger.functions:
            yield ("triggers", name), trigger, target, scenario.functions[target]


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


def package_too_large(scenario: Scenario, book: Book) -> Findings:
    """250 MB unzipped, or 10 GB of image."""
    for path, function in _functions(scenario):
        is_zip = function.package_type == "Zip"
        limit = book.value(f"quotas/function/{'zip_unzipped_mb' if is_zip else 'image_mb'}")
        for key, size in (("package_size", function.package_size_mb), ("unzipped_size", function.unzipped_size_mb)):
            if size is not None and size > limit:
                what = "a Zip package, unzipped and with its layers," if is_zip else "an image"
                remedy = "; use `package_type: Image`" if is_zip else ""
                yield (*path, key), f"{size:g} MB is above {limit} MB, the most that {what} may have{remedy}"


def architecture_not_offered(scenario: Scenario, book: Book) -> Findings:
    """Old runtimes know x86_64 only."""
    for path, function in _functions(scenario):
        entry = f"runtimes/{function.runtime}/architectures"
        if function.runtime is not None and book.has(entry):
            offered = book.value(entry) or []
            if offered and function.architecture not in offered:
                yield (*path, "architecture"), f"{function.runtime} runs on {' and '.join(offered)} only"


def too_many_in_vpc_config(scenario: Scenario, book: Book) -> Findings:
    """So many subnets and security groups a function may have."""
    for path, function in _functions(scenario):
        vpc = function.vpc_config
        if vpc is None:
            continue
        for key, given, entry in (
            ("subnet_ids", vpc.subnet_ids, "vpc_subnets"),
            ("security_group_ids", vpc.security_group_ids, "vpc_security_groups"),
        ):
            limit = book.value(f"quotas/function/{entry}")
            if len(given) > limit:
                yield (*path, "vpc_config", key), f"{len(given)} are given; at most {limit} are allowed"


def no_measured_init(scenario: Scenario, book: Book) -> Findings:
    """Without `init.duration` the book must have one for the runtime; it never guesses."""
    for path, function in _functions(scenario):
        if function.init.duration is not None:
            continue
        steps = ("cold_starts/init", function.init_key, function.package_type, function.architecture)
        known = next(depth for depth in reversed(range(1, 5)) if book.has("/".join(steps[:depth])))
        if known == len(steps):
            continue
        names = book.names("/".join(steps[:known]))
        near = nearest_init(steps[known], names) if known == 1 else f"there is: {', '.join(names)}"
        key = ("runtime" if function.runtime else "package_type", "package_type", "architecture")[known - 1]
        what = f"{function.init_key} as {function.package_type} on {function.architecture}"
        yield (*path, key), f"no init was measured for {what} ({near}); give init.duration, such as 300 ms"


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


def runtime_deprecated(scenario: Scenario, book: Book) -> Findings:
    """No more patches after the deprecation date; invocations go on."""
    today = scenario.start.astimezone(UTC).date()
    for path, function in _functions(scenario):
        entry = f"runtimes/{function.runtime}/deprecation_date"
        ends = book.value(entry) if function.runtime is not None and book.has(entry) else None
        if ends is None:
            continue
        days = (date.fromisoformat(str(ends)) - today).days
        if days <= _SOON_DAYS:
            when = f"is deprecated since {ends}" if days <= 0 else f"will be deprecated on {ends}, in {days} days"
            yield (*path, "runtime"), f"{function.runtime} {when} (at the scenario's start)"


def out_of_memory(scenario: Scenario, _book: Book) -> Findings:
    """Every invocation fails."""
    for path, function in _functions(scenario):
        used = function.handler.max_memory_used
        if used is not None and used > function.memory_size:
            yield (
                (*path, "handler", "max_memory_used"),
                f"{used} MB is above memory_size ({function.memory_size} MB): every invocation ends out of memory",
            )


def unused_vcpus(scenario: Scenario, book: Book) -> Findings:
    """More CPU than the code's threads can use."""
    mb_per_vcpu = book.value("handler/mb_per_vcpu")
    for path, function in _functions(scenario):
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
    for path, function in _functions(scenario):
        mean = function.handler.duration.mean()
        as_measured = function.handler.measured_at in (None, function.memory_size)
        if as_measured and mean > function.timeout_us:
            yield (
                (*path, "handler", "duration"),
                f"the mean of {format_us(mean)} is above the timeout of {function.timeout} s",
            )


def init_over_limit(scenario: Scenario, book: Book) -> Findings:
    """Lambda stops such an init, and runs it again inside the first invocation."""
    limit = book.value("quotas/function/init_timeout_s")
    for path, function in _functions(scenario):
        for key, distribution in (("duration", function.init.duration), ("code", function.init.code)):
            if distribution is not None and distribution.mean() > limit * US_PER_S:
                yield (
                    (*path, "init", key),
                    (
                        f"the mean of {format_us(distribution.mean())} is above {limit} s: "
                        "Lambda stops the init there and runs it again inside the first invocation"
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
    for path, _ in _functions(scenario):
        if path[-1] not in invoked:
            yield path, "no trigger invokes this function"


def nearest_init(name: str, names: tuple[str, ...]) -> str:
    """The measured runtimes that are most like ``name``: of the same family."""
    family = name.rstrip("0123456789.x")
    same = [
        other for other in names if other.startswith(family) or other.split("@")[0] == name.split("@", maxsplit=1)[0]
    ]
    return f"measured: {', '.join(same or names)}"


Check = Callable[[Scenario, Book], Findings]
ERRORS: dict[str, Check] = {
    check.__name__: check
    for check in (
        warm_up_too_long,
        too_many_events,
        too_many_minutes,
        too_many_clients,
        stream_too_large,
        lifetime_too_short,
        reserved_over_quota,
        package_too_large,
        architecture_not_offered,
        too_many_in_vpc_config,
        no_measured_init,
        no_price,
        unsuited_sink,
        fifo_sink,
        dead_letters_to_itself,
        endless_loop,
    )
} | SQS_ERRORS
WARNINGS: dict[str, Check] = {
    check.__name__: check
    for check in (
        integration_timeout_below_function_timeout,
        read_timeout_below_function_timeout,
        runtime_deprecated,
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
    )
} | SQS_WARNINGS
