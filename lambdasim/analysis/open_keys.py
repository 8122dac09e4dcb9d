"""Open keys: what a trigger counts depends on its kind, so that only a run tells whether a summary has such a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.wording import nearest
from lambdasim.simulation import simulate

_NOT_ALWAYS = ("drained_s", "final_failures", "status_codes")  # a summary has these only where they occurred


def refuse_unknown_keys(scenario: Scenario, measures: Sequence[Measure], option: str) -> None:
    """``InputError`` for each measure of a trigger that its kind doesn't have; simulates once if there are any."""
    asked = [measure for measure in measures if measure.path[0] == "triggers"]
    summary = simulate(scenario, log="none").summary() if asked else {}
    problems = [
        Problem(option, None, None, measure.text, why) for measure in asked if (why := _unknown(summary, measure))
    ]
    if problems:
        raise InputError(problems)


def _unknown(summary: Mapping[str, Any], measure: Measure) -> str:
    """Which key of a measure the summary can't have, and the nearest that it has; empty if it can have them all."""
    node: Any = summary
    for number, word in enumerate(measure.path):
        where = ".".join(measure.path[:number])
        if word in _NOT_ALWAYS or (number and measure.path[number - 1] in _NOT_ALWAYS):
            return ""
        if not isinstance(node, Mapping):
            return f"{where} is a number; nothing lies below it, found {word!r}"
        if word not in node:
            return f"the summary has no {word!r} under {where}; {nearest(word, node)}"
        node = node[word]
    return f"it stops short of a number; {nearest('', node)}" if isinstance(node, Mapping) else ""
