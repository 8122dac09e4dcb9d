"""Checked thresholds for people and for programs: a list with marks first, and a verdict last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lambdasim.analysis.intervals import ALL_EQUAL
from lambdasim.analysis.telling import estimate_document, measured, same_in_all, with_unit
from lambdasim.analysis.thresholds import Check, Checks, Verdict
from lambdasim.display.folding import said
from lambdasim.display.numbers import many
from lambdasim.display.screen import PIPE, Screen
from lambdasim.errors import printable

SIGNS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNDECIDED: "?"}
ASCII_SIGNS = {Verdict.HOLDS: "ok", Verdict.FAILS: "FAIL", Verdict.UNDECIDED: "?"}
_COLOURS = {Verdict.HOLDS: "green", Verdict.FAILS: "red", Verdict.UNDECIDED: "yellow"}


def checks_text(several: Sequence[Checks], screen: Screen = PIPE, *, strict: bool = False) -> str:
    """A line for each threshold, below its scenario's name if there are several; the last line is the verdict.

    Above it stands what equal runs leave open. Where not all lines have the room, what was found stands below each.
    """
    signs = SIGNS if screen.in_blocks else ASCII_SIGNS
    mark = max(map(len, signs.values()))
    column = max(len(check.threshold.text) for checks in several for check in checks.checks) + 3
    longest = max(len(finding(check)) for checks in several for check in checks.checks)
    is_wide = screen.width is None or mark + 1 + column + longest <= screen.width
    lines = []
    for checks in several:
        if len(several) > 1:
            lines.append(said(printable(checks.scenario.file), screen))
        for check in checks.checks:
            sign, text, found = signs[check.verdict].ljust(mark), printable(check.threshold.text), finding(check)
            if is_wide:
                line = f"{sign} {text.ljust(column)}{printable(found)}"
            else:
                below = said(found, screen, head=" " * (mark + 3))
                line = f"{said(text, screen, head=f'{sign} ', indent=2)}\n{below}"
            lines.append(screen.in_style(_COLOURS[check.verdict], sign) + line.removeprefix(sign))
    lines += [said(told, screen, indent=2) for told in (*_equal(several), _verdict(several, strict=strict))]
    return "\n".join(lines)


def finding(check: Check) -> str:
    """What was found: ``p99 = 502 [495, 510]``; why it is no clear answer, if it is none; how many runs broke it."""
    return "; ".join(filter(None, (_finding(check), broken(check))))


def broken(check: Check) -> str:
    """How many single runs broke it, if it is some and not all: ``2 of 10 runs broke it``."""
    if not 0 < check.broken < check.estimate.n:
        return ""
    return f"{check.broken} of {check.estimate.n + check.missing} runs broke it"


def _finding(check: Check) -> str:
    name, estimate = check.threshold.measure.path[-1], check.estimate
    if estimate.n == 0:
        return f"{name} has no value in any run"
    measure = check.threshold.measure
    found = f"{name} = {measured(measure, estimate)}"
    if estimate.method == ALL_EQUAL and not check.missing:
        return f"{name} = {with_unit(measure, estimate.value)} in each of {estimate.n} runs"
    if check.missing:
        return f"{found}, but no value in {check.missing} of {check.missing + estimate.n} runs"
    if check.is_settled_above_0:
        return f"{found}, and above 0, as it was in some run"
    if check.verdict is Verdict.UNDECIDED:
        return f"{found}  undecided: the estimate {'holds' if check.ok else 'fails'}, the interval does both"
    return found


def fails(check: Check, *, strict: bool) -> bool:
    """Whether a pipeline should stop: the threshold counts as failed, or is undecided where that is not enough."""
    return not check.ok or (strict and check.verdict is Verdict.UNDECIDED)


def _equal(several: Sequence[Checks]) -> list[str]:
    """What it leaves open that all runs were equal, and held."""
    every = [check for checks in several for check in checks.checks]
    equal = [one for one in every if one.estimate.method == ALL_EQUAL and one.verdict is Verdict.HOLDS]
    design = several[0].design
    told = dict.fromkeys(
        f"{one.threshold.measure.text} = {with_unit(one.threshold.measure, one.estimate.value)}" for one in equal
    )
    return [same_in_all(design.replications, design.confidence, told)] if told else []


def _verdict(several: Sequence[Checks], *, strict: bool) -> str:
    every = [check for checks in several for check in checks.checks]
    failed = sum(fails(check, strict=strict) for check in every)
    undecided = sum(check.verdict is Verdict.UNDECIDED for check in every)
    design = several[0].design
    total = many(len(every), "threshold")
    lead = f"FAILED: {failed} of {total}" if failed else f"passed: {total}"
    if undecided:
        counted = "counted as failed" if strict else "counted by the estimate"
        lead += f" ({undecided} undecided, {counted}; more --replications tell)"
    return f"{lead}; {design.replications} replications, intervals of {design.confidence * 100:.3g} %"


def checks_document(several: Sequence[Checks], *, strict: bool = False) -> dict[str, Any]:
    """All of it as plain values that are strict JSON."""
    return {
        "schema_version": 1,
        "ok": not any(fails(check, strict=strict) for checks in several for check in checks.checks),
        "strict": strict,
        "scenarios": [
            {
                "file": checks.scenario.file,
                "scenario": {"name": checks.scenario.name, "sha256": checks.scenario.sha256},
                "replications": checks.design.replications,
                "confidence": checks.design.confidence,
                "seed": checks.design.seed_of(checks.scenario, 0),
                "thresholds": [
                    {
                        "text": check.threshold.text,
                        "measure": ".".join(check.threshold.measure.path),
                        "operator": check.threshold.operator,
                        "limit": check.threshold.limit,
                        "verdict": check.verdict.value,
                        "ok": not fails(check, strict=strict),
                        "estimate": estimate_document(check.estimate),
                        "runs_without_value": check.missing,
                        "runs_broken": check.broken,
                    }
                    for check in checks.checks
                ],
            }
            for checks in several
        ],
    }
