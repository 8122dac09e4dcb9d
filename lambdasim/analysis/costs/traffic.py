"""What so many times the traffic costs, and whether it gets through: month, p99, throttles, and the quota it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdasim.analysis.costs.runs import AMOUNT, SHARE, Run, estimated, share_of, values_of
from lambdasim.analysis.intervals import Estimate, difference_estimate, estimate_of
from lambdasim.analysis.observations import Design, measure_of
from lambdasim.analysis.variants import yaml_text
from lambdasim.codes import ThrottleReason
from lambdasim.scenario.load import override
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

FACTORS = (1.0, 2.0, 5.0, 10.0)
OPTION = "--traffic"
_UNLIMITED = 10**6  # in place of the account's quota, to see how much concurrency there would be
_QUOTA = ThrottleReason.ConcurrentInvocationLimitExceeded.name
_WORTH_TELLING = 0.001  # of events: fewer than that are no limit to the traffic


@dataclass(frozen=True, slots=True)
class AtTraffic:
    """What a factor on the traffic comes to.

    ``growth`` is the month's cost over that of the first factor, paired; ``throttled_share`` of all attempts,
    ``unserved_share`` of all events (failed for good, or unfinished when the drain was over), ``unserved_more`` than at
    the first factor, paired; ``p99_ms`` by function; ``quota`` is the highest concurrency that the account would
    claim if its quota were no limit, where that throttled, and ``quota_most`` the highest of all replications.
    """

    factor: float
    month_usd: Estimate
    growth: Estimate
    usd_per_million_events: Estimate
    p99_ms: Mapping[str, Estimate]
    throttled_share: Estimate
    unserved_share: Estimate
    unserved_more: Estimate
    claimed: Estimate
    quota: Estimate | None
    quota_most: float | None
    reasons: Mapping[str, float]

    @property
    def is_limited(self) -> bool:
        """Whether limits keep part of the traffic out, so that its cost says little of what all of it would cost."""
        more = self.unserved_more
        return self.throttled_share.value > 0 and more.value > _WORTH_TELLING and more.excludes_zero


@dataclass(frozen=True, slots=True)
class TrafficAnswer:
    """The factors on the traffic as they were asked; the account's quota; the function with the most events."""

    rows: tuple[AtTraffic, ...]
    quota_now: int
    busiest: str


def at_factor(scenario: Scenario, factor: float) -> Scenario:
    """The scenario at ``factor`` times the traffic that it says; ``InputError`` if that can't be simulated."""
    number = scenario.traffic * factor
    text = yaml_text(int(number)) if number.is_integer() else f"{number:.12f}"
    return override(scenario, {"traffic": text}, source=OPTION)


def without_quota(scenario: Scenario) -> Scenario:
    """The scenario in an account whose quota is no limit."""
    return override(scenario, {"account.concurrent_executions": str(_UNLIMITED)}, source=OPTION)


def met_quota(runs: Sequence[Run]) -> bool:
    """Whether the account's quota throttled in any of these runs."""
    return any(_reasons(run).get(_QUOTA, 0) for run in runs)


def traffic_answer(
    scenario: Scenario,
    runs: Mapping[float, Sequence[Run]],
    unlimited: Mapping[float, Sequence[Run]],
    design: Design,
) -> TrafficAnswer:
    """The answer from the runs at each factor, and from those without a quota at the factors that met it."""
    first = next(iter(runs.values()))
    rows = (_row(scenario, factor, own, first, unlimited.get(factor), design) for factor, own in runs.items())
    events = {name: sum(run.summary["functions"][name]["events"] for run in first) for name in scenario.functions}
    busiest = max(events, key=lambda name: events[name])
    return TrafficAnswer(tuple(rows), scenario.account.concurrent_executions, busiest)


def _row(
    scenario: Scenario,
    factor: float,
    runs: Sequence[Run],
    first: Sequence[Run],
    unlimited: Sequence[Run] | None,
    design: Design,
) -> AtTraffic:
    confidence = design.confidence

    def claimed(run: Run) -> float:
        return float(run.summary["account"]["claimed_max"])

    months, base = (values_of(each, lambda run: run.month_usd) for each in (runs, first))
    base[base == 0] = math.nan
    p99s = {name: measure_of(scenario, f"functions.{name}.latency_ms.p99") for name in scenario.functions}
    return AtTraffic(
        factor=factor,
        month_usd=estimate_of(AMOUNT, months, confidence),
        growth=estimate_of(AMOUNT, months / base, confidence),
        usd_per_million_events=estimated(runs, _per_million, confidence),
        p99_ms={name: _p99(measure, runs, confidence) for name, measure in p99s.items()},
        throttled_share=estimated(runs, _throttled, confidence, SHARE),
        unserved_share=estimated(runs, _unserved, confidence, SHARE),
        unserved_more=difference_estimate(values_of(runs, _unserved), values_of(first, _unserved), confidence),
        claimed=estimated(runs, claimed, confidence),
        quota=None if unlimited is None else estimated(unlimited, claimed, confidence),
        quota_most=None if unlimited is None else float(values_of(unlimited, claimed).max()),
        reasons=_mean_reasons(runs),
    )


def _p99(measure: Measure, runs: Sequence[Run], confidence: float) -> Estimate:
    return estimate_of(measure, values_of(runs, lambda run: measure.value(run.summary)), confidence)


def _per_million(run: Run) -> float:
    return share_of(run.summary["total"]["cost_usd"] * 1e6, run.summary["total"]["events"])


def _throttled(run: Run) -> float:
    throttles = run.summary["account"]["throttles"]
    return share_of(throttles, throttles + run.summary["total"]["invocations"])


def _unserved(run: Run) -> float:
    functions = run.summary["functions"].values()
    unserved = sum(function["final_failures"]["total"] + function["in_flight"] for function in functions)
    return share_of(unserved, run.summary["total"]["events"])


def _reasons(run: Run) -> dict[str, int]:
    """The throttles of all functions by AWS's reason."""
    reasons: dict[str, int] = {}
    for function in run.summary["functions"].values():
        for reason, count in function["throttles"]["by_reason"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    return reasons


def _mean_reasons(runs: Sequence[Run]) -> dict[str, float]:
    """Throttles of a run on average, by reason; the most frequent first."""
    sums: dict[str, float] = {}
    for run in runs:
        for reason, count in _reasons(run).items():
            sums[reason] = sums.get(reason, 0) + count / len(runs)
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
