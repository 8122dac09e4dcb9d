"""Assumptions: which numbers a run has relied on that may be otherwise, and the ranges that a caller gives himself."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from lambdasim.analysis.uncertainty import BOOK, Assumption, assumption_of, entry_between, yaml_of
from lambdasim.errors import InputError, Problem
from lambdasim.parameters.book import Parameter
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario

OPTION = "--parameter"
Range = tuple[Any, Any]
_MONEY = ("prices/", "billing/")  # they move nothing but costs


def assumptions_of(
    scenario: Scenario, own: Mapping[str, Range], only: Sequence[str] = (), *, costs: bool = True
) -> tuple[Assumption, ...]:
    """What a run of ``scenario`` has relied on and may be otherwise, by path; simulate it once before.

    Args:
        scenario: its book knows what was used.
        own: ranges of the caller's own, by path, in place of the book's or beside them; checked before.
        only: of the book's, those that begin with one of these; none: all.
        costs: whether prices and rules of billing are of interest.

    Raises:
        InputError: a path in ``own`` is no entry that the run uses; ``only`` leaves nothing.
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
            problems.append(Problem(OPTION, None, None, path, str(error)))
    if problems:
        raise InputError(problems, after="a first run, which tells what the scenario relies on")
    return tuple(chosen[path] for path in sorted(chosen))


def _own(path: str, ends: Range, used: Mapping[str, Parameter]) -> Assumption:
    """The range that a caller gives; ``ValueError`` if the run does not use what it is of."""
    setting = setting_of(path)
    if not setting.startswith(BOOK):
        return Assumption(setting, *ends, note="said by the scenario")
    entry = setting.removeprefix(BOOK)
    if entry not in used:
        near = difflib.get_close_matches(entry, used, n=3, cutoff=0.6)
        hint = f"; it uses {', '.join(near)}" if near else ""
        raise ValueError(f"this run does not use that entry of the parameter book, so it changes nothing{hint}")
    return entry_between(used[entry], *ends)


def setting_of(path: str) -> str:
    """Where in a scenario a path is set that may lead into the parameter book: only there it has slashes."""
    return path if path.startswith(BOOK) or "/" not in path else f"{BOOK}{path}"


def text_of(value: Any) -> str:
    """A value that a caller gives, as YAML: a text is taken as it stands."""
    return value if isinstance(value, str) else yaml_of(value)


def check_ranges(scenario: Scenario, own: Mapping[str, Range]) -> None:
    """See that the scenario takes both ends of each range; ``InputError`` with all that is wrong."""
    problems = list[Problem]()
    for path, ends in own.items():
        texts = tuple(map(text_of, ends))
        if texts[0] == texts[1]:
            problems.append(Problem(OPTION, None, None, path, f"both ends are {texts[0]}; write PATH=LOW,HIGH"))
        for text in texts:
            try:
                override(scenario, {setting_of(path): text}, source=OPTION)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
