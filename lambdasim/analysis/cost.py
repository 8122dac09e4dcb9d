"""The questions that are asked of a bill: more traffic, billed inits, arm64, Fargate, provisioned concurrency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lambdasim.analysis.costs.architecture import ArchitectureAnswer, architecture_answer, architectures
from lambdasim.analysis.costs.fargate import Comparison, FargateAnswer, OnFargate, checked, crossing_of, fargate_answer
from lambdasim.analysis.costs.init_billing import InitBillingAnswer, billing_inits, init_billing_answer
from lambdasim.analysis.costs.provisioned import ProvisionedAnswer, provisioned_answer, provisioned_variants
from lambdasim.analysis.costs.runs import Run, estimated, runs_of
from lambdasim.analysis.costs.traffic import FACTORS, TrafficAnswer, at_factor, met_quota, traffic_answer, without_quota
from lambdasim.analysis.costs.traffic import OPTION as TRAFFIC_OPTION
from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.observations import USUAL, Design, Progress, listed
from lambdasim.errors import InputError, Problem
from lambdasim.parameters.book import Parameter
from lambdasim.scenario.model import Scenario

QUESTIONS = ("traffic", "init_billing", "architecture", "fargate", "provisioned")
_MOST_CHECKED = 10**6  # runs in a replication: what a crossing is checked with
_CHECKS = 3  # how often a crossing is moved to where its own check says


@dataclass(frozen=True, slots=True)
class CostAnswers:
    """The present month, and an answer to each question that was asked; None for those that were not.

    ``assumptions`` are the entries of the parameter book behind them, beside the prices.
    """

    scenario: Scenario
    design: Design
    month_usd: Estimate
    traffic: TrafficAnswer | None
    init_billing: InitBillingAnswer | None
    architecture: ArchitectureAnswer | None
    fargate: FargateAnswer | None
    provisioned: ProvisionedAnswer | None
    assumptions: tuple[Parameter, ...]


def cost(
    scenario: Scenario,
    *,
    questions: Sequence[str] = QUESTIONS,
    traffic: Sequence[float] = FACTORS,
    front_door: bool = False,
    design: Design = USUAL,
    progress: Progress | None = None,
) -> CostAnswers:
    """Answer cost questions by simulation, each with intervals over replications on common random numbers.

    Args:
        scenario: what ``load_scenario`` returned.
        questions: some of :data:`QUESTIONS`.
        traffic: how many times the scenario's traffic to try; 1 is always among them.
        front_door: whether Fargate is given a load balancer, and Lambda is charged for its API, where callers wait.
        design: replications, confidence, seed, workers.
        progress: called with the share of the work that is done, in [0, 1].

    Raises:
        InputError: there is no such question, or so much traffic can't be simulated.
        ParameterError: the book has no price for something that the scenario needs.
    """
    factors = _factors(questions, traffic)
    report = _Stages(progress)
    scenarios = {factor: at_factor(scenario, factor) if factor != 1 else scenario for factor in factors}
    both = architectures(scenario) if "architecture" in questions else None
    rules = [billing_inits(scenario, billed=billed) for billed in (True, False)] if "init_billing" in questions else []
    asked = [*scenarios.values(), *rules, *((both.x86, both.arm) if both else ())]
    found = iter(runs_of(asked, design, report.stage(0.0, 0.6)))
    at = {factor: next(found) for factor in factors}
    base = at[1.0]
    answered_inits = init_billing_answer(scenario, next(found), next(found), design) if rules else None
    answered_both = architecture_answer(both, next(found), next(found), design) if both else None

    comparison = Comparison(scenario, scenario.book.override({}), front_door, design.confidence)
    answers = CostAnswers(
        scenario=scenario,
        design=design,
        month_usd=estimated(base, lambda run: run.month_usd, design.confidence),
        traffic=_traffic(scenario, scenarios, at, design, report) if "traffic" in questions else None,
        init_billing=answered_inits,
        architecture=answered_both,
        fargate=_fargate(comparison, base, design, report) if "fargate" in questions else None,
        provisioned=_provisioned(scenario, base, design, report) if "provisioned" in questions else None,
        assumptions=tuple(entry for entry in comparison.book.used if entry.confidence in ("A", "U", "user")),
    )
    report.done()
    return answers


class _Stages:
    """Progress over several batches of runs: each has a part of the whole."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def stage(self, begin: float, end: float) -> Progress | None:
        """What a batch reports its own share to."""
        progress = self._progress
        return None if progress is None else lambda share: progress(begin + (end - begin) * share)

    def done(self) -> None:
        """All is done."""
        if self._progress is not None:
            self._progress(1.0)


def _factors(questions: Sequence[str], traffic: Sequence[float]) -> list[float]:
    """The factors on the traffic that are simulated, 1 first."""
    problems = [
        Problem("questions", None, None, str(each), f"is no question; known: {', '.join(QUESTIONS)}")
        for each in listed(questions, "questions")
        if each not in QUESTIONS
    ]
    problems += [
        Problem(TRAFFIC_OPTION, None, None, str(each), "must be a number above 0, such as 10")
        for each in traffic
        if not 0 < each < math.inf
    ]
    if problems or not questions:
        none = Problem("questions", None, None, "", f"ask at least one of: {', '.join(QUESTIONS)}")
        raise InputError(problems or [none])
    return list(dict.fromkeys([1.0, *map(float, traffic if "traffic" in questions else ())]))


def _traffic(
    scenario: Scenario,
    scenarios: Mapping[float, Scenario],
    at: Mapping[float, Sequence[Run]],
    design: Design,
    report: _Stages,
) -> TrafficAnswer:
    """The factors that met the account's quota are run again without one: so it shows which quota they need."""
    limited = [factor for factor, runs in at.items() if met_quota(runs)]
    free = runs_of([without_quota(scenarios[factor]) for factor in limited], design, report.stage(0.6, 0.75))
    return traffic_answer(scenario, at, dict(zip(limited, free, strict=True)), design)


def _fargate(comparison: Comparison, base: Sequence[Run], design: Design, report: _Stages) -> FargateAnswer:
    """The crossing of the function that costs most is checked by simulation at its traffic."""
    answer = fargate_answer(comparison, base)
    if not answer.functions:
        return answer
    costliest = max(answer.functions, key=lambda name: answer.functions[name].lambda_usd.value)
    functions = {
        name: _checked(comparison, name, found, base, design, report)
        if name == costliest
        else replace(found, unchecked="only that of the costliest function is")
        for name, found in answer.functions.items()
    }
    return replace(answer, functions=functions)


def _checked(
    comparison: Comparison, name: str, found: OnFargate, base: Sequence[Run], design: Design, report: _Stages
) -> OnFargate:
    """Simulate at the crossing; if Lambda's price of a run is another there, the crossing moves with it."""
    now = math.fsum(run.profiles[name].mean for run in base) / len(base)
    events = max(run.summary["total"]["invocations"] for run in base)
    crossing = found.crossing
    for _ in range(_CHECKS):
        if crossing is None:
            break
        if crossing.traffic == 0:
            return replace(found, unchecked="there is none above no traffic at all")
        if events * crossing.traffic > _MOST_CHECKED:
            return replace(found, unchecked=f"it would take {events * crossing.traffic:,.0f} runs in each replication")
        try:
            scenario = at_factor(comparison.scenario, crossing.traffic)
        except InputError as error:
            return replace(found, unchecked=error.problems[0].text)
        [runs] = runs_of([scenario], design, report.stage(0.75, 0.9))
        if not all(run.profiles[name].mean > 0 for run in runs):
            return replace(found, unchecked="at so little traffic some replications have no run")
        check = checked(comparison, name, crossing, crossing.traffic, runs)
        found = replace(found, crossing=crossing, check=check)
        if not check.difference_usd.excludes_zero:
            break
        there = crossing_of(comparison, name, runs)
        crossing = None if there is None else replace(there, traffic=there.rate.value / now)
    return found


def _provisioned(scenario: Scenario, base: Sequence[Run], design: Design, report: _Stages) -> ProvisionedAnswer:
    variants = provisioned_variants(scenario, base)
    wanted = [each for each in (variants.without, variants.having) if each is not scenario]
    found = iter(runs_of(wanted, design, report.stage(0.9, 1.0)))
    without, having = (base if each is scenario else next(found) for each in (variants.without, variants.having))
    return provisioned_answer(scenario, variants, without, having, design)
