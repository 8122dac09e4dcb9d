"""Assumptions: which numbers a run has relied on that may be otherwise, and the ranges that a caller gives himself."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from lambdasim.analysis.uncertainty import BOOK, Assumption, assumption_of, entry_between
from lambdasim.analysis.variants import yaml_text
from lambdasim.errors import InputError, Problem
from lambdasim.parameters.book import Parameter
from lambdasim.scenario.model import Scenario

Range = tuple[Any, Any]
_MONEY = ("prices/", "billing/")  # they move nothing but costs


def assumptions_of(
    scenario: Scenario, own: Mapping[str, Range], only: Sequence[str] = (), *, costs: bool = True
) -> tuple[Assumption, ...]:
    """What a run of ``scenario`` has relied on and may be otherwise, by path; simulate it once before.

    Args:
        scenario: its book knows what was used.
        own: ranges of the caller's own, by path, in place of the book's or beside them.
        only: of the book's, those that begin with one of these; none: all.
        costs: whether prices and rules of billing are of interest.

    Raises:
        InputError: a path in ``own`` is no entry that the run uses, or its ends are one; ``only`` leaves nothing.
    """
    used = {entry.path: entry for entry in scenario.book.used}
    widths = scenario.book.override({})  # looking up widths is no use that the scenario makes of them
    found = {
        path: assumption
        for path, entry in used.items()
        if (assumption := assumption_of(entry, widths)) and (costs or not path.startswith(_MONEY))
    }
    problems = []
    for begin in only:
        if not any(path.startswith(begin) for path in found):
            text = f"no assumption of this run begins so; it has {', '.join(found)}"
            problems.append(Problem("--only", None, None, begin, text))
    chosen = {path: one for path, one in found.items() if not only or path.startswith(tuple(only))}
    for path, ends in own.items():
        try:
            assumption = _own(path, ends, used)
            chosen[assumption.path] = assumption
        except ValueError as error:
            problems.append(Problem("--parameter", None, None, path, str(error)))
    if problems:
        raise InputError(problems)
    return tuple(chosen[path] for path in sorted(chosen))


def _own(path: str, ends: Range, used: Mapping[str, Parameter]) -> Assumption:
    """The range that a caller gives; ``ValueError`` if it is none."""
    low, high = ends
    if yaml_text(low) == yaml_text(high):
        raise ValueError(f"both ends are {yaml_text(low)}; write PATH=LOW,HIGH")
    entry = path.removeprefix(BOOK)
    if entry in used:
        return entry_between(used[entry], low, high)
    if "/" in entry:
        near = difflib.get_close_matches(entry, used, n=3, cutoff=0.4)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"this run looks up no such entry of the parameter book{hint}")
    return Assumption(path, low, high, note="said by the scenario")
