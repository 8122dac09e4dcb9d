"""A sizing for people and for programs: the value first, its cost and its neighbours', then all that was tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lambdasim.analysis.bench import Tried, TurnedAway
from lambdasim.analysis.goals import Goal
from lambdasim.analysis.intervals import ALL_EQUAL, Estimate, share_that_may_differ
from lambdasim.analysis.served import SHARE
from lambdasim.analysis.size import Neighbour, Sizing
from lambdasim.analysis.telling import amount, between, change, estimate_document, interval, quantity
from lambdasim.analysis.thresholds import Check, Verdict
from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import number, share, short_month
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table
from lambdasim.report.checks import broken
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

_SCHEMA_VERSION = 1
_MEANING = {Verdict.HOLDS: "met", Verdict.FAILS: "not met", Verdict.UNDECIDED: "not shown"}


def size_text(sizing: Sizing, screen: Screen = PIPE) -> str:
    """The answer in one sentence, a table of the values tried, how they were chosen, and how sure the answer is."""
    parts = (said(part, screen, indent=2) for part in (_method(sizing), "\n".join(_sureness(sizing))))
    return "\n\n".join((said(answer(sizing), screen, style="bold"), laid_out(values_table(sizing), screen), *parts))


def answer(sizing: Sizing) -> str:
    """The sizing in one sentence."""
    if sizing.answer is None:
        return _none_meets(sizing)
    largest = _largest(sizing)
    if sizing.goal.minimize is not None:
        head = f"{sizing.answer.value} is the {sizing.knob.path} with the least {sizing.goal.minimize.text}"
        parts = [f"{head} that is shown to meet {_told(sizing, sizing.answer)}", *_beside(sizing)]
        if sizing.ties:
            others = " and ".join(tie.value for tie in sizing.ties)
            parts.append(f"no difference between {sizing.answer.value} and {others} is shown")
    elif largest is not None:
        last, above = largest
        parts = [f"{last.value} is the largest {sizing.knob.path} that is shown to meet {_told(sizing, last)}"]
        parts.append(_not_meeting(sizing, above))
        parts.append(
            f"{sizing.answer.value}, the smallest tried, is shown to as well {_numbers(sizing, sizing.answer)}"
        )
    elif sizing.answer is sizing.tried[0]:
        head = f"Even {sizing.answer.value}, the smallest {sizing.knob.path} that was tried, is shown to meet"
        parts = [f"{head} {_told(sizing, sizing.answer)}", *_beside(sizing)]
    else:
        head = f"{sizing.answer.value} is the smallest {sizing.knob.path} that is shown to meet"
        parts = [f"{head} {_told(sizing, sizing.answer)}", *_beside(sizing)]
    if sizing.turned_away is not None:
        parts.append(turning_away(sizing.turned_away, sizing.answer.value, sizing.knob.texts[sizing.turned_away.at]))
    return joined(sizing.scenario, parts)


def joined(scenario: Scenario, parts: Sequence[str]) -> str:
    """Clauses as one sentence; with what a month's price is of, where that needs a word."""
    return "; ".join(filter(None, (*parts, short_month(scenario.measured_s)))) + "."


def turning_away(found: TurnedAway, value: str, other: str) -> str:
    """That a value meets because it turns events away: what fails fast costs nothing, and no latency counts it."""
    here, there = (interval(SHARE, share_) for share_ in (found.here, found.there))
    return (
        f"but of events {here} do not end in success with {value}, {there} with {other}: say how many may, "
        "such as --objective 'account.throttles <= 0'"
    )


def values_table(sizing: Sizing) -> Table:
    """All values tried, each with what the objectives come to and what it costs."""
    goal = sizing.goal
    deepened = len({tried.replications for tried in sizing.tried}) > 1
    extra = goal.minimize if goal.minimize is not None and goal.minimize.path != goal.cost.path else None
    columns = [sizing.knob.path.rpartition(".")[2], *(objective.text for objective in goal.objectives)]
    columns += [*([extra.text] if extra else []), goal.cost.text, *(["runs"] if deepened else []), ""]
    rows = []
    for tried in sizing.tried:
        cells = [tried.value, *(f"{judged(check)}" for check in tried.checks)]
        cells += [interval(extra, tried.least)] if extra else []
        cells += [interval(goal.cost, tried.cost), *([number(tried.replications)] if deepened else [])]
        rows.append((*cells, "<" if tried is sizing.answer else ""))
    return Table("Values tried", tuple(columns), rows, frozenset([""]), heads=1)


def size_document(sizing: Sizing) -> dict[str, Any]:
    """The sizing as plain values that are strict JSON."""
    found, goal = sizing.found, sizing.goal
    return {
        "schema_version": _SCHEMA_VERSION,
        "scenario": {"name": sizing.scenario.name, "sha256": sizing.scenario.sha256},
        "path": sizing.knob.path,
        "objectives": [objective.text for objective in goal.objectives],
        "minimize": goal.minimize.text if goal.minimize is not None else None,
        "confidence": sizing.design.confidence,
        "replications": sizing.design.replications,
        "seed": sizing.design.seed_of(sizing.scenario, 0),
        "answer": _value(sizing.answer),
        "largest": _value(sizing.last),
        "by_estimate": _value(sizing.seeming),
        "best": sizing.best.value,
        "sentence": answer(sizing),
        "neighbours": [_neighbour_document(sizing, neighbour) for neighbour in sizing.neighbours],
        "ties": [tie.value for tie in sizing.ties],
        "turned_away": sizing.turned_away
        and {
            "unserved_share": estimate_document(sizing.turned_away.here),
            "least": estimate_document(sizing.turned_away.there),
            "least_at": sizing.knob.texts[sizing.turned_away.at],
        },
        "limits": [{"measure": measure.text, **estimate_document(estimate)} for measure, estimate in sizing.limits],
        "search": {
            "values": len(sizing.knob.texts),
            "from": sizing.knob.texts[0],
            "to": sizing.knob.texts[-1],
            "refused": list(sizing.knob.refused),
            "method": "scan" if found.scanned else "bisection",
            "monotone": not found.backwards,
            "backwards": [
                {
                    "objective": goal.objectives[step.objective].text,
                    "from": sizing.knob.texts[step.low],
                    "to": sizing.knob.texts[step.high],
                }
                for step in found.backwards
            ],
        },
        "tried": [tried_document(goal, tried) for tried in sizing.tried],
    }


def _largest(sizing: Sizing) -> tuple[Tried, Tried] | None:
    """The largest value that meets and the next above it, where less is better; None where it is not."""
    if sizing.answer is not sizing.tried[0] or sizing.last in (None, sizing.tried[-1]):
        return None
    place = next(number for number, tried in enumerate(sizing.tried) if tried is sizing.last)
    return sizing.tried[place], sizing.tried[place + 1]


def _told(sizing: Sizing, tried: Tried) -> str:
    """Each objective with its estimate, and the cost: ``api.latency_ms.p99 < 300: 281 ms [270, 292], $123.40 ...``."""
    objectives = " and ".join(check.threshold.text for check in tried.checks)
    return f"{objectives}: {plainly(sizing.goal, tried)}"


def plainly(goal: Goal, tried: Tried) -> str:
    """What a value comes to: each objective's measure, what shall be least, and the cost, each once."""
    measures = {check.threshold.measure.path: (check.threshold.measure, check.estimate) for check in tried.checks}
    measures |= {goal.least.path: (goal.least, tried.least), goal.cost.path: (goal.cost, tried.cost)}
    return ", ".join(amount(measure, estimate) for measure, estimate in measures.values())


def _numbers(sizing: Sizing, tried: Tried) -> str:
    return f"({plainly(sizing.goal, tried)})"


def _beside(sizing: Sizing) -> Iterator[str]:
    """What the next values below and above come to."""
    for neighbour in sizing.neighbours:
        if not neighbour.tried.meets:
            yield _not_meeting(sizing, neighbour.tried)
        else:
            yield f"{neighbour.tried.value} {_more_or_less(sizing, neighbour)}"


def _not_meeting(sizing: Sizing, tried: Tried) -> str:
    fails = any(check.verdict is Verdict.FAILS for check in tried.checks)
    return f"{tried.value} {'does not' if fails else 'is not shown to'} {_numbers(sizing, tried)}"


def _more_or_less(sizing: Sizing, neighbour: Neighbour) -> str:
    """By how much a neighbour costs more: ``costs $3.30 [$3.20, $3.40] more a month``."""
    cost, measure = neighbour.cost, sizing.goal.cost
    if cost.method == ALL_EQUAL and cost.value == 0:
        return "costs the same"
    if not cost.excludes_zero:
        return f"shows no difference in cost ({change(measure, cost)} a month)"
    ends = sorted((abs(cost.low), abs(cost.high)))
    size = f"{quantity(measure, abs(cost.value))}{between(cost, *(quantity(measure, end) for end in ends))}"
    return f"costs {size} {'more' if cost.value > 0 else 'less'} a month"


def _none_meets(sizing: Sizing) -> str:
    """That no value meets, the best one, and what stands in its way."""
    objectives = " and ".join(objective.text for objective in sizing.goal.objectives)
    best = sizing.best
    what = f"No {sizing.knob.path} of {sizing.knob.span} is shown to meet {objectives}"
    if best.seems_to:
        return joined(sizing.scenario, [what, f"{best.value} does by its estimate: {plainly(sizing.goal, best)}"])
    parts = [f"{what}; the best is {best.value}: {plainly(sizing.goal, best)}"]
    parts += [_stands_in_the_way(measure, estimate) for measure, estimate in sizing.limits]
    met = {check.threshold.text for tried in sizing.tried for check in tried.checks if check.verdict is Verdict.HOLDS}
    if len(met) == len(sizing.goal.objectives) > 1:
        parts.append("each objective alone is met by some value, but no value meets all of them")
    return joined(sizing.scenario, parts)


def _stands_in_the_way(measure: Measure, estimate: Estimate) -> str:
    match measure.path[2]:
        case "duration_ms":
            return f"the handler alone takes longer ({measure.text}: {amount(measure, estimate)})"
        case "throttles":
            return f"attempts are throttled ({measure.text}: {amount(measure, estimate)})"
        case _:
            return f"runs start cold ({measure.text}: {amount(measure, estimate)})"


def judged(check: Check) -> str:
    """An objective's estimate and verdict: ``281 [270, 292]  met``."""
    missing = f" (none in {number(check.missing)} runs)" if check.missing else ""
    above = ", above 0" if check.is_settled_above_0 else ""
    return f"{interval(check.threshold.measure, check.estimate)}{above}{missing}  {_MEANING[check.verdict]}"


def single_runs(tried: Tried) -> Iterator[str]:
    """Which objectives some of a value's runs broke, though all together meet them."""
    for check in tried.checks:
        if told := broken(check):
            yield f"{check.threshold.text} is judged on all runs together: {told} with {tried.value}."


def _method(sizing: Sizing) -> str:
    """How the values were chosen, and whether the objectives are monotone."""
    found, count = sizing.found, len(sizing.knob.texts)
    whole = len(found.tried) == count
    every = f"all {number(count)} values" if count > 1 else "the only value"
    tried = every if whole else f"{number(len(found.tried))} of {number(count)} values"
    near = f", up to {number(sizing.design.replications * found.effort)} near the limit" if found.effort > 1 else ""
    runs = f"{number(sizing.design.replications)} times each{near}, on common random numbers"
    steps = [
        f"{sizing.goal.objectives[step.objective].text} is shown to be further off at "
        f"{sizing.knob.texts[step.high if found.directions[step.objective] >= 0 else step.low]} than at "
        f"{sizing.knob.texts[step.low if found.directions[step.objective] >= 0 else step.high]}"
        for step in found.backwards
    ]
    if not found.scanned:
        how = "Found by bisection; no value tried is shown to break the order that this relies on"
    elif steps:
        how = f"Not monotone: {'; '.join(steps)}{'' if whole else '. So values were tried all over'}"
    else:
        how = "" if whole else "Found by trying values all over"
    return f"{how}{'. ' if how else ''}Simulated: {tried}, {runs}."


def _sureness(sizing: Sizing) -> Iterator[str]:
    """What the answer leaves open, and what would close it."""
    yield f"Each interval holds the truth with {share(sizing.design.confidence)}; met means that all of it does."
    if any(check.is_settled_above_0 for tried in sizing.tried for check in tried.checks):
        yield "Above 0 is the mean of what is never below it, and was above it in some run."
    seeming, answer_ = sizing.seeming, sizing.answer
    if seeming is not None and not seeming.meets:
        needed = max((_needed(check, seeming.replications) for check in seeming.checks), default=0)
        more = f"; some {number(needed)} replications would decide it" if needed > seeming.replications else ""
        yield f"{seeming.value} meets by its estimate, but is not shown to{more} (--replications)."
    equal = [check for check in (answer_.checks if answer_ else ()) if check.estimate.method == ALL_EQUAL]
    for check in equal:
        may = share(share_that_may_differ(check.estimate.n, sizing.design.confidence))
        yield f"All {check.estimate.n} runs agree on {check.threshold.measure.text}; up to {may} of all may not."
    if answer_ is not None:
        yield from single_runs(answer_)
    for refused in sizing.knob.refused:
        yield f"Left out, as the scenario's checks refuse it: {refused}."


def _needed(check: Check, replications: int) -> int:
    """About how many replications would bring the limit out of the interval: its width goes with 1 / sqrt(n)."""
    distance = abs(check.estimate.value - check.threshold.limit)
    if check.verdict is not Verdict.UNDECIDED or not distance or not check.estimate.half_width >= 0:
        return 0
    needed = replications * (check.estimate.half_width / distance) ** 2
    return 10 * -(-int(needed + 1) // 10) if needed < 10_000 else 0


def _value(tried: Tried | None) -> str | None:
    return None if tried is None else tried.value


def _changes(sizing: Sizing, changes: Sequence[Estimate]) -> dict[str, Any]:
    pairs = zip(sizing.goal.objectives, changes, strict=True)
    return {objective.measure.text: estimate_document(found) for objective, found in pairs}


def _neighbour_document(sizing: Sizing, neighbour: Neighbour) -> dict[str, Any]:
    goal = sizing.goal
    more = _changes(sizing, neighbour.changes) | {goal.least.text: estimate_document(neighbour.least)}
    return {"value": neighbour.tried.value, "more": more | {goal.cost.text: estimate_document(neighbour.cost)}}


def tried_document(goal: Goal, tried: Tried) -> dict[str, Any]:
    """A value that was tried, as plain values."""
    measures = {check.threshold.measure.text: estimate_document(check.estimate) for check in tried.checks}
    measures |= {goal.least.text: estimate_document(tried.least), goal.cost.text: estimate_document(tried.cost)}
    return {
        "value": tried.value,
        "replications": tried.replications,
        "verdicts": {check.threshold.text: _MEANING[check.verdict] for check in tried.checks},
        "runs_broken": {check.threshold.text: check.broken for check in tried.checks},
        "measures": measures,
    }
