"""Advice on concurrency: what the account keeps, who is throttled and by which limit, who starts cold."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lambdasim.advice.provisioned import most_provisioned
from lambdasim.advice.rule import Evidence, Finding, Observation, Rule, Run, Severity, warned
from lambdasim.parameters.book import Book
from lambdasim.scenario.functions import Function
from lambdasim.scenario.model import Scenario
from lambdasim.units import parse_fraction

_CONCURRENCY = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"
_QUOTA = ("account", "concurrent_executions")
_QUOTA_KEY = ".".join(_QUOTA)
_POOL = "ConcurrentInvocationLimitExceeded"
_CURES = {  # by AWS's ThrottleReason
    _POOL: "raise the account's quota, or reserve concurrency for those that must not wait",
    "FunctionInvocationRateLimitExceeded": "put a queue in between, spread the burst, or provision concurrency ahead",
    "ReservedFunctionConcurrentInvocationLimitExceeded": "raise its reserved concurrency, or put a queue in between",
    "ReservedFunctionInvocationRateLimitExceeded": "raise its reserved concurrency: each allows ten requests a second",
    "CallerRateLimitExceeded": "spread the calls",
}


def quota_below_unreserved_minimum(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Less than AWS keeps for functions without a reservation: the warning of that name."""
    for path, message in warned(scenario, "quota_below_unreserved_minimum"):
        default = book.value("quotas/account/concurrent_executions")
        yield Finding(path, message, "ask AWS for the default quota", {_QUOTA_KEY: str(default)})


def refused(scenario: Scenario, _finding: Finding, run: Run) -> Evidence:
    """How many attempts the account's quota refused."""
    numbers = run.numbers(*(f"functions.{name}.throttles.by_reason.{_POOL}" for name in scenario.functions))
    throttled = sum(numbers.values())
    if not throttled:
        return Evidence(False, "the account's quota refused no attempt", numbers)
    return Evidence(True, f"the account's quota refused {throttled:,} attempts", numbers)


def little_unreserved(scenario: Scenario, book: Book) -> Iterator[Finding]:
    """Reservations leave little to the functions that have none."""
    quota = scenario.account.concurrent_executions
    share = parse_fraction(book.value("advice/account/unreserved"))
    reserved = sum(map(_claimed, scenario.functions.values()))
    without = [name for name, f in scenario.functions.items() if f.reserved_concurrent_executions is None]
    if reserved and without and quota - reserved < share * quota:
        needed = math.ceil(reserved / (1 - share)) if share < 1 else quota
        yield Finding(
            _QUOTA,
            f"{reserved:,} of {quota:,} are reserved or provisioned; {quota - reserved:,} are left to "
            f"{' and '.join(without)}, and to all other functions of the account",
            "raise the quota, or set less aside",
            {_QUOTA_KEY: str(needed)},
        )


def _claimed(function: Function) -> int:
    """What a function takes from the account even while it is idle."""
    reserved = function.reserved_concurrent_executions
    return most_provisioned(function) if reserved is None else reserved


def throttled(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """Functions that Lambda refused to run, by its reason."""
    share = parse_fraction(book.value("advice/throttles/throttled"))
    for name in scenario.functions:
        failed = f"functions.{name}.final_failures.throttled"
        runs = f"functions.{name}.invocations"
        for reason, cure in _CURES.items():
            count = f"functions.{name}.throttles.by_reason.{reason}"
            numbers = run.numbers(count, runs, failed)
            if not numbers[count] or numbers[count] < share * (numbers[count] + numbers[runs]):
                continue
            reserved = ("reserved_concurrent_executions",) if reason.startswith("Reserved") else ()
            finding = Finding(
                _QUOTA if reason == _POOL else ("functions", name, *reserved),
                f"{name} is throttled ({reason})",
                cure,
                about=(name,),
                severity=None if numbers[failed] else Severity.MEDIUM,
            )
            told = f"{numbers[count]:,} attempts were refused beside {numbers[runs]:,} runs; "
            lost = f"{numbers[failed]:,} events failed by a throttle" if numbers[failed] else "no caller was refused"
            yield finding, Evidence(True, told + lost, numbers)


def account_near_quota(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """The account claims most of its quota: CloudWatch's ClaimedAccountConcurrency."""
    share = parse_fraction(book.value("advice/account/claimed"))
    quota = scenario.account.concurrent_executions
    numbers = run.numbers("account.claimed_max", "account.throttles")
    claimed, throttles = numbers.values()
    if claimed >= share * quota:
        enough = math.floor(claimed / share) + 1 if share else quota
        finding = Finding(
            _QUOTA,
            f"{claimed:,} of the account's {quota:,} concurrent executions were claimed",
            "ask AWS for a higher quota in time, or shorten what runs long",
            {_QUOTA_KEY: str(enough)},
        )
        yield finding, Evidence(True, f"at most {claimed:,} were claimed; {throttles:,} attempts throttled", numbers)


def many_cold_starts(scenario: Scenario, book: Book, run: Run) -> Iterator[tuple[Finding, Evidence]]:
    """More than a few of the runs started cold."""
    share, fewest = parse_fraction(book.value("advice/cold_starts/cold")), book.value("advice/cold_starts/fewest")
    margin = parse_fraction(book.value("advice/provisioned/above_peak"))
    for name, function in scenario.functions.items():
        numbers = run.numbers(
            f"functions.{name}.cold_starts",
            f"functions.{name}.cold_start_rate",
            f"functions.{name}.cold_start_ms.p99",
            f"functions.{name}.concurrency.mean",
            f"functions.{name}.concurrency.max",
        )
        cold, rate, p99_ms, mean, peak = numbers.values()
        if cold >= fewest and rate >= share:
            enough = math.ceil(peak * (1 + margin))
            finding = Finding(
                ("functions", name),
                f"{rate * 100:.3g} % of {name}'s runs start cold, at a mean concurrency of {mean:.3g}",
                "provision concurrency for the usual peak, use SnapStart where the runtime has it, or load less",
                {f"functions.{name}.provisioned_concurrent_executions": str(enough)}
                if _can_be_provisioned(scenario, function, enough, book)
                else {},
                about=(name,),
            )
            told = f"{cold:,} runs started cold; one in a hundred of them waited {p99_ms:,.0f} ms or longer"
            yield finding, Evidence(True, told, numbers)


def _can_be_provisioned(scenario: Scenario, function: Function, environments: int, book: Book) -> bool:
    """Whether a function that has only its own configuration may have so many environments kept ready."""
    if function.pointers:
        return False
    if function.reserved_concurrent_executions is not None:
        return environments <= function.reserved_concurrent_executions
    claimed = sum(map(_claimed, scenario.functions.values()))
    minimum = book.value("quotas/account/unreserved_minimum")
    return bool(environments <= scenario.account.concurrent_executions - claimed - minimum)


RULES = (
    Rule(
        quota_below_unreserved_minimum,
        Severity.MEDIUM,
        "Every function of the account shares it, and none can reserve a part.",
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        refused,
    ),
    Rule(
        little_unreserved,
        Severity.MEDIUM,
        "A reservation is taken from all others, even while it is idle.",
        _CONCURRENCY,
        refused,
    ),
)
OBSERVATIONS = (
    Observation(
        throttled,
        Severity.HIGH,
        "A synchronous caller is refused; what waits in a queue or a stream waits longer, and may expire.",
        _CONCURRENCY,
    ),
    Observation(
        account_near_quota,
        Severity.MEDIUM,
        "At the quota every function that has no reservation is throttled.",
        "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html",
    ),
    Observation(
        many_cold_starts,
        Severity.MEDIUM,
        "Each of these callers waits for an environment to start.",
        "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    ),
)
