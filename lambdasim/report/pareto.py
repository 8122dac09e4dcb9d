"""A trade-off for people and for programs: the combination first, then the Pareto front, and how it was searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdasim.analysis.pareto import Point, TradeOff
from lambdasim.analysis.telling import interval
from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import number, share
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table
from lambdasim.report.size import joined, judged, plainly, single_runs, tried_document, turning_away

_SCHEMA_VERSION = 1
_MOST_TIES = 5


def trade_off_text(found: TradeOff, screen: Screen = PIPE) -> str:
    """The answer in one sentence, the Pareto front, and how the combinations were chosen."""
    parts = (laid_out(front_table(found), screen), said("\n".join(_method(found)), screen, indent=2))
    return "\n\n".join((said(trade_off_answer(found), screen, style="bold"), *parts))


def trade_off_answer(found: TradeOff) -> str:
    """The trade-off in one sentence."""
    objectives = " and ".join(objective.text for objective in found.goal.objectives)
    best = found.best.tried
    if found.answer is None:
        what = f"No combination that was tried is shown to meet {objectives}"
        how = "meets by its estimates" if best.seems_to else "comes nearest"
        return joined(found.scenario, [what, f"{best.value} {how}: {plainly(found.goal, best)}"])
    head = f"{best.value} has the least {found.goal.least.text} of what is shown to meet {objectives}"
    parts = [f"{head}: {plainly(found.goal, best)}"]
    if found.ties:
        others = "; ".join(tie.tried.value for tie in found.ties[:_MOST_TIES])
        more = f", and {len(found.ties) - _MOST_TIES} more" if len(found.ties) > _MOST_TIES else ""
        parts.append(f"no difference in that is shown from {others}{more}")
    if found.turned_away is not None:
        parts.append(turning_away(found.turned_away, "it", found.combinations.label(found.turned_away.at)))
    return joined(found.scenario, parts)


def front_table(found: TradeOff) -> Table:
    """The front, least first: a row for each combination that no other one beats in every number."""
    goal = found.goal
    cost = goal.cost if goal.least.path != goal.cost.path else None
    columns = [knob.path.partition(".")[2] or knob.path for knob in found.combinations.knobs]
    columns += [*(objective.text for objective in goal.objectives), goal.least.text]
    columns += [*([cost.text] if cost else []), ""]
    shown = {id(point): point for point in (*found.front, found.best)}.values()
    rows = [
        (
            *point.values,
            *(judged(check) for check in point.tried.checks),
            interval(goal.least, point.tried.least),
            *([interval(cost, point.tried.cost)] if cost else []),
            "<" if point is found.answer else "",
        )
        for point in sorted(shown, key=lambda point: point.tried.least.value)
    ]
    keys = len(found.combinations.knobs)
    return Table("The Pareto front, by the estimates", tuple(columns), rows, frozenset([""]), heads=keys)


def trade_off_document(found: TradeOff) -> dict[str, Any]:
    """The trade-off as plain values that are strict JSON."""
    goal, design = found.goal, found.design
    return {
        "schema_version": _SCHEMA_VERSION,
        "scenario": {"name": found.scenario.name, "sha256": found.scenario.sha256},
        "paths": [knob.path for knob in found.combinations.knobs],
        "objectives": [objective.text for objective in goal.objectives],
        "minimize": goal.least.text,
        "confidence": design.confidence,
        "replications": design.replications,
        "seed": design.seed_of(found.scenario, 0),
        "answer": None if found.answer is None else _values(found, found.answer),
        "best": _values(found, found.best),
        "sentence": trade_off_answer(found),
        "ties": [_values(found, tie) for tie in found.ties],
        "front": [_values(found, point) for point in found.front],
        "search": {
            "combinations": found.combinations.count,
            "refused": found.refused,
            "method": "all" if found.is_whole else "NSGA-II, then pattern search",
            "settled": found.settled,
        },
        "tried": [{**tried_document(goal, point.tried), "value": _values(found, point)} for point in found.points],
    }


def _values(found: TradeOff, point: Point) -> dict[str, str]:
    return {knob.path: value for knob, value in zip(found.combinations.knobs, point.values, strict=True)}


def _method(found: TradeOff) -> Iterator[str]:
    """How combinations were chosen, and what that leaves open."""
    count, tried = found.combinations.count, len(found.points)
    runs = f"{number(found.design.replications)} times each, on common random numbers"
    if found.is_whole:
        yield f"All combinations that can be were simulated, {number(tried)} of {number(count)}, {runs}."
    else:
        yield f"Simulated: {number(tried)} of {number(count)} combinations, {runs}: by NSGA-II, then around the best."
        if found.settled:
            yield "From the best one each key's next values were tried, and those of each two against each other."
        else:
            yield "Not all combinations next to the best one were tried: a larger --budget may find a better one."
    if found.refused:
        yield f"The scenario's checks refused {number(found.refused)} combinations."
    confidence = share(found.design.confidence)
    yield f"Each interval holds the truth with {confidence}; met means that all of it does."
    if found.answer is not None:
        yield from single_runs(found.answer.tried)
