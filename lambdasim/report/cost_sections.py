"""The answers to cost questions, one section each: a sentence that answers, a table, and what to know of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from lambdasim.analysis.cost import CostAnswers
from lambdasim.analysis.costs.architecture import ArchitectureAnswer, OnBoth
from lambdasim.analysis.costs.fargate import Crossing, FargateAnswer, OnFargate, Sizing
from lambdasim.analysis.costs.init_billing import InitBillingAnswer
from lambdasim.analysis.costs.provisioned import OneFunction, ProvisionedAnswer
from lambdasim.analysis.costs.traffic import AtTraffic, TrafficAnswer
from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.telling import amount
from lambdasim.display.numbers import milliseconds, number, share, usd
from lambdasim.display.table import Row, Table, table
from lambdasim.scenario.measures import Measure

Unit = Callable[[float], str]
_LATENCY = Measure("latency_ms", ("latency_ms",))
_CURES = {
    "ConcurrentInvocationLimitExceeded": "the account's quota of concurrent executions is too small",
    "CallerRateLimitExceeded": "ten requests a second for each unit of the account's quota are too few",
    "ReservedFunctionConcurrentInvocationLimitExceeded": "reserved concurrency is too small: raise it",
    "ReservedFunctionInvocationRateLimitExceeded": "ten requests a second for each reserved unit are too few: raise it",
    "FunctionInvocationRateLimitExceeded": "environments can't start so fast: provisioned concurrency can help",
}


def rate(value: float) -> str:
    """Runs a second."""
    return number(value)


def ranged(estimate: Estimate, unit: Unit = usd) -> str:
    """An estimate with its interval, but where that is narrower than the digits shown; a dash where there is none.

    >>> ranged(Estimate(47.55, 46.79, 48.3, 9, "t")), ranged(Estimate(1.25, 1.2499, 1.2501, 9, "t"))
    ('$47.55 [$46.79, $48.30]', '$1.25')
    """
    if math.isnan(estimate.value):
        return "-"
    value, low, high = (
        "-" if math.isnan(each) else unit(each) for each in (estimate.value, estimate.low, estimate.high)
    )
    return value if value == low == high else f"{value} [{low}, {high}]"


def times(factor: float) -> str:
    """``10 times``, ``19,405 times``."""
    return f"{number(factor)} times"


def at_traffic(factor: float) -> str:
    """``at 10 times the traffic``."""
    return "at the present traffic" if factor == 1 else f"at {times(factor)} the traffic"


def traffic_sentence(answer: TrafficAnswer) -> str:
    """Whether the highest traffic that gets through is paid for in proportion, and what stops the rest."""
    carried = [row for row in answer.rows if not row.is_limited]
    refused = [row for row in answer.rows if row.is_limited]
    parts = []
    if carried:
        most = max(carried, key=lambda row: row.factor)
        is_more = most.factor != 1 and not math.isnan(most.growth.value)
        growth = f", {ranged(most.growth, number)} times as much" if is_more else ""
        p99 = _within(answer.busiest, most.p99_ms[answer.busiest])
        parts.append(f"{at_traffic(most.factor)} a month costs {ranged(most.month_usd)}{growth}, and {p99}")
    if refused:
        first = min(refused, key=lambda row: row.factor)
        throttled, unserved = (ranged(each, share) for each in (first.throttled_share, first.unserved_share))
        shown = f"{throttled} of attempts are throttled and {unserved} of events not served"
        parts.append(f"{at_traffic(first.factor)} not all gets through: {shown}; {_cure(first, answer)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _within(name: str, p99_ms: Estimate) -> str:
    if math.isnan(p99_ms.value):
        return f"no event of {name} ends in success"
    return f"99 % of {name}'s successes come within {amount(_LATENCY, p99_ms)}"


def _cure(row: AtTraffic, answer: TrafficAnswer) -> str:
    if row.quota is not None and row.quota_most is not None:
        claimed = f"without one {ranged(row.quota, _whole)} would be claimed, at most {row.quota_most:,.0f} in a run"
        return f"ask for a quota of {row.quota_most:,.0f} or more (now {answer.quota_now:,}; {claimed})"
    reason = next(iter(row.reasons), "")
    return _CURES.get(reason, reason)


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def traffic_table(answer: TrafficAnswer) -> Table:
    """A row for each factor."""
    with_quota = any(row.quota for row in answer.rows)
    columns = ("traffic", "month", "times", "per million events", f"p99 ms of {answer.busiest}", "throttled",
               "not served", "claimed concurrency", *(["quota needed"] if with_quota else []))  # fmt: skip
    rows = [_traffic_row(row, answer.busiest, with_quota) for row in answer.rows]
    return Table("At so many times the traffic", columns, rows, frozenset(), heads=1)


def _traffic_row(row: AtTraffic, busiest: str, with_quota: bool) -> Row:
    quota = [ranged(row.quota, _whole) if row.quota else "-"] if with_quota else []
    return (
        f"x{row.factor:,.10g}",
        ranged(row.month_usd),
        ranged(row.growth, number),
        ranged(row.usd_per_million_events),
        ranged(row.p99_ms[busiest], milliseconds),
        ranged(row.throttled_share, share),
        ranged(row.unserved_share, share),
        ranged(row.claimed, _whole),
        *quota,
    )


def init_sentence(answer: InitBillingAnswer) -> str:
    """What billed inits add to the month."""
    if answer.difference_usd.value == 0:
        return "Billing of inits changes nothing here: no billed run began with one, or they were always billed."
    added, part = ranged(answer.difference_usd), ranged(answer.share, share)
    return f"That inits are billed (since 2025-08-01) adds {added} to the month: {part} of the bill."


def init_table(answer: InitBillingAnswer) -> Table:
    """The month under both rules, and what each function pays more."""
    rows = [("all", ranged(answer.unbilled_usd), ranged(answer.billed_usd), ranged(answer.difference_usd))]
    rows += [
        (name, "", "always billed" if name in answer.always_paid else "", ranged(difference))
        for name, difference in answer.functions.items()
    ]
    return table("Inits of managed runtimes, free and billed", ("", "free", "billed", "difference"), rows, "")


def architecture_sentence(answer: ArchitectureAnswer) -> str:
    """What arm64 saves, and how much slower it may be."""
    if not answer.functions:
        return "No function here can run on both architectures."
    both = answer.total
    saved = both.saved_usd
    if not saved.excludes_zero:
        begin = f"No difference shown between arm64 and x86_64: {ranged(saved)} a month"
    else:
        verb, sign = ("saves", 1.0) if saved.value > 0 else ("costs", -1.0)
        begin = f"arm64 {verb} {ranged(_signed(saved, sign))} a month, {ranged(_signed(both.saved_share, sign), share)}"
    begin += ", at the same durations"
    if math.isnan(both.slower.value):  # nothing is paid by time
        return f"{begin}."
    slower = _signed(Estimate(both.slower.value - 1, both.slower.low - 1, both.slower.high - 1, both.slower.n, "t"), 1)
    return f"{begin}; it may be {ranged(slower, share)} slower before both cost the same."


def _signed(estimate: Estimate, sign: float) -> Estimate:
    low, high = sorted((sign * estimate.low, sign * estimate.high))
    return Estimate(sign * estimate.value, low, high, estimate.n, estimate.method)


def architecture_table(answer: ArchitectureAnswer) -> Table:
    """The month on both, and the break-even, of all and of each function."""
    rows = [("all", *_both(answer.total))] if answer.functions else []
    rows += [(name, *_both(both)) for name, both in answer.functions.items()]
    columns = ("", "x86_64", "arm64", "saved", "break-even", "paid by time")
    return table("On x86_64 and on arm64, a month", columns, rows, "")


def _both(both: OnBoth) -> Row:
    slower = "-" if math.isnan(both.slower.value) else f"{ranged(both.slower, number)} times as slow"
    share_paid = ranged(both.duration_share, share)
    return ranged(both.x86_usd), ranged(both.arm_usd), ranged(both.saved_usd), slower, share_paid


def fargate_sentence(answer: FargateAnswer) -> str:
    """Which is cheaper now, and from which rate Fargate is: first, and for good."""
    if answer.unpriced:
        return f"Fargate can't be weighed: {answer.unpriced}."
    if not answer.functions:
        return "No function ran, so that there is nothing to weigh against Fargate."
    name = max(answer.functions, key=lambda each: answer.functions[each].lambda_usd.value)
    found = answer.functions[name]
    on_lambda, on_fargate = ranged(found.lambda_usd), ranged(found.following.month_usd)
    which = _cheaper(found)
    text = f"For {name}, {which}: {on_lambda} a month on Lambda, {on_fargate} on Fargate"
    if found.crossing is None:
        return f"{text}; at no rate do tasks cost less."
    if found.crossing.rate.value == 0:
        alone = "its provisioned concurrency alone costs more than the tasks"
        return f"{text}; {alone}{'' if found.crossing.is_lasting else f', {_for_good(found.crossing)}'}."
    crossing = f"at {ranged(found.crossing.rate, rate)} runs a second ({times(found.crossing.traffic)} the traffic)"
    if found.crossing.is_lasting:
        return f"{text}; the bills cross {crossing}."
    return f"{text}; Fargate costs less first {crossing}, {_for_good(found.crossing)}."


def _for_good(crossing: Crossing) -> str:
    if crossing.lasting is None:
        return "but not for good: at high rates Lambda does"
    return f"for good from {ranged(crossing.lasting, rate)} runs a second"


def _cheaper(found: OnFargate) -> str:
    if not found.difference_usd.excludes_zero:
        return "no difference is shown"
    return "Lambda is cheaper" if found.difference_usd.value > 0 else "Fargate is cheaper"


def fargate_table(answer: FargateAnswer) -> Table:
    """Each function's rates, and its month on Lambda and on Fargate."""
    rows = [
        (
            name,
            ranged(found.mean_rate, rate),
            ranged(found.peak_rate, rate),
            ranged(found.lambda_usd),
            _sizing(found.following),
            ranged(found.following.month_usd),
            _sizing(found.fixed),
            ranged(found.fixed.month_usd),
            *_crossing(found.crossing),
        )
        for name, found in answer.functions.items()
    ]
    columns = ("", "runs/s", "peak minute", "Lambda", "tasks, by the hour", "Fargate", "tasks, for the peak",
               "Fargate, fixed", "first cheaper at", "for good from")  # fmt: skip
    return table("Lambda against Fargate, a month", columns, rows, "", "tasks, by the hour", "tasks, for the peak")


def _crossing(crossing: Crossing | None) -> tuple[str, str]:
    if crossing is None:
        return "never", "never"
    return ranged(crossing.rate, rate), "never" if crossing.lasting is None else ranged(crossing.lasting, rate)


def _sizing(sizing: Sizing) -> str:
    return f"{sizing.tasks.value:,.3g} x {sizing.task.vcpu:g} vCPU, {sizing.task.memory_gb:g} GB"


def fargate_notes(answer: FargateAnswer) -> Iterator[str]:
    """How the crossing was checked, what tasks are taken to be, and what is left out."""
    if not answer.functions:
        return
    for name, found in answer.functions.items():
        if found.check is not None:
            check = found.check
            both = f"Lambda {ranged(check.lambda_usd)}, Fargate {ranged(check.fargate_usd)}"
            verdict = "differ" if check.difference_usd.excludes_zero else "agree"
            yield f"Simulated at {name}'s crossing ({times(check.traffic)} the traffic): {both}; they {verdict}."
        elif found.crossing is not None and not found.unchecked.startswith(("only", "there")):
            yield f"{name}'s crossing was not simulated: {found.unchecked}."
    door = "With a load balancer on one side and APIs on the other" if answer.with_front_door else "No load balancer"
    tasks = f"Tasks at {share(answer.utilization)} of their vCPUs, at least {answer.minimum_tasks:g} of them"
    yield f"{tasks}, one vCPU as fast as Lambda's. {door}."
    yield (
        f"Left out: tasks start in some {answer.start_s:g} s, so that scaling lags behind the load; registry, logs, "
        "addresses, data transfer, Savings Plans on Fargate. Tasks have no cold starts."
    )


def provisioned_sentence(answer: ProvisionedAnswer) -> str:
    """For whom provisioned concurrency pays."""
    if not answer.functions:
        return "No function here can be given provisioned concurrency."
    pays = [name for name, one in answer.functions.items() if _verdict(one) == "saves"]
    name = pays[0] if pays else max(answer.functions, key=lambda each: answer.functions[each].utilization.value)
    one = answer.functions[name]
    used = f"used {ranged(one.utilization, share)} of its time, and pays from {share(one.break_even)}"
    level = f"{one.level.environments:,} {'as configured' if one.level.configured else 'to try'}"
    saved = f"{ranged(_signed(one.difference_usd, -1.0 if pays else 1.0))} a month"
    if pays:
        others = f" (and for {', '.join(pays[1:])})" if len(pays) > 1 else ""
        return f"Provisioned concurrency saves {saved} for {name}{others}: {used} ({level})."
    closest = "" if len(answer.functions) == 1 else f", closest for {name}"
    if _verdict(one) == "costs":
        return f"Provisioned concurrency does not pay for itself{closest}: it adds {saved}; {used} ({level})."
    return f"Of provisioned concurrency no difference is shown{closest}: {saved}; {used} ({level})."


def _verdict(one: OneFunction) -> str:
    if not one.difference_usd.excludes_zero:
        return "no difference shown"
    return "saves" if one.difference_usd.value < 0 else "costs"


def provisioned_table(answer: ProvisionedAnswer) -> Table:
    """Each function's month without and with, its utilization and its break-even."""
    rows: list[Row] = [
        (
            name,
            f"{one.level.environments:,}{'' if one.level.configured else ' (to try)'}",
            ranged(one.utilization, share),
            share(one.break_even),
            ranged(one.without_usd),
            ranged(one.with_usd),
            ranged(one.difference_usd),
            _verdict(one),
            ranged(one.cold_start_rate_without, share),
            ranged(one.cold_start_rate_with, share),
        )
        for name, one in answer.functions.items()
    ]
    columns = ("", "environments", "utilization", "pays from", "without", "with", "difference", "verdict",
               "cold without", "cold with")  # fmt: skip
    return table("Provisioned concurrency, a month", columns, rows, "", "verdict")


def sections(answers: CostAnswers) -> Iterator[tuple[str, Table, Sequence[str]]]:
    """Of each question that was asked: the sentence, the table, the notes."""
    if answers.traffic is not None:
        yield traffic_sentence(answers.traffic), traffic_table(answers.traffic), ()
    if answers.init_billing is not None:
        yield init_sentence(answers.init_billing), init_table(answers.init_billing), ()
    if answers.architecture is not None:
        stay = [f"{name} stays as it is: {why}" for name, why in answers.architecture.stay.items()]
        yield architecture_sentence(answers.architecture), architecture_table(answers.architecture), stay
    if answers.fargate is not None:
        found = answers.fargate
        yield fargate_sentence(found), fargate_table(found), tuple(fargate_notes(found))
    if answers.provisioned is not None:
        left = [f"{name} was not weighed: {why}" for name, why in answers.provisioned.left.items()]
        yield provisioned_sentence(answers.provisioned), provisioned_table(answers.provisioned), left
