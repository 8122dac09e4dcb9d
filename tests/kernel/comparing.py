"""One world under both engines: what differs first, and what happened in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

import lambdasim
from lambdasim.records import Columns

ENGINES: tuple[Literal["simpy"], Literal["compiled"]] = ("simpy", "compiled")
OWN = ("engine",)  # of the summary: what must differ
LOGS = ("invocation", "event", "environment", "change", "provisioned")


class NotEqualError(AssertionError):
    """The engines gave different results for one scenario."""


def parsed(world: Mapping[str, Any]) -> lambdasim.Scenario:
    """The scenario that a world is; JSON is YAML, and quicker."""
    return lambdasim.parse_scenario(json.dumps(world))


def simulated(scenario: lambdasim.Scenario, engine: Literal["simpy", "compiled"], **options: Any) -> lambdasim.Result:
    """A run by one engine, which alone decides what of the parameter book it has used."""
    scenario.read_from(replace(scenario._origin, book=scenario.book.override({})))
    return lambdasim.simulate(scenario, engine=engine, **options)


def compared(scenario: lambdasim.Scenario, **options: Any) -> lambdasim.Result:
    """What SimPy gives; ``NotEqualError`` if the compiled engine gives anything else."""
    first, second = (simulated(scenario, engine, **options) for engine in ENGINES)
    for difference in differences(first, second):
        raise NotEqualError(difference)
    return first


def differences(first: lambdasim.Result, second: lambdasim.Result) -> Iterator[str]:
    """What differs between two results: in which log, row and column, or where in the summary."""
    for log in LOGS:
        yield from _of_columns(f"{log} log", getattr(first, f"{log}_columns"), getattr(second, f"{log}_columns"))
    yield from _of_columns("timeline", first.timeline_columns(), second.timeline_columns())
    yield from _of_columns("timeline of triggers", first.trigger_timeline_columns(), second.trigger_timeline_columns())
    yield from _of_values("summary", *({k: v for k, v in r.document.items() if k not in OWN} for r in (first, second)))
    used = [{entry["path"] for entry in result.parameters} for result in (first, second)]
    if used[0] != used[1]:
        yield f"parameters used by SimPy alone: {used[0] - used[1]}; by the compiled engine alone: {used[1] - used[0]}"


def _of_columns(what: str, first: Columns | None, second: Columns | None) -> Iterator[str]:
    if first is None or second is None:
        if first is not second:
            yield f"{what}: kept by one engine only"
        return
    if list(first) != list(second):
        yield f"{what}: columns {list(first)} != {list(second)}"
        return
    places = []
    for name, mine in first.items():
        theirs = second[name]
        if mine.dtype != theirs.dtype:
            yield f"{what}: {name} is {mine.dtype} != {theirs.dtype}"
        rows = min(len(mine), len(theirs))
        unequal = mine[:rows] != theirs[:rows]
        if mine.dtype.kind == "f":
            unequal &= ~(np.isnan(mine[:rows]) & np.isnan(theirs[:rows]))
        if unequal.any() or len(mine) != len(theirs):
            places.append(int(unequal.argmax()) if unequal.any() else rows)
    if places:
        yield _at_row(what, min(places), first, second)


def _at_row(what: str, row: int, first: Columns, second: Columns) -> str:
    """The first row that differs, with what differs in it, and the rows whole."""
    lengths = [len(next(iter(columns.values()))) for columns in (first, second)]
    rows = [
        {name: values[row].item() for name, values in columns.items()} if row < length else None
        for columns, length in zip((first, second), lengths, strict=True)
    ]
    told = [f"{what}: row {row} of {lengths[0]} (SimPy) and {lengths[1]} (compiled)"]
    if rows[0] is not None and rows[1] is not None:
        told += [
            f"  {name}: {rows[0][name]} != {rows[1][name]}"
            for name in rows[0]
            if str(rows[0][name]) != str(rows[1][name])
        ]
    return "\n".join([*told, f"  SimPy    {rows[0]}", f"  compiled {rows[1]}"])


def _of_values(path: str, first: Any, second: Any) -> Iterator[str]:
    """Where two values differ as JSON, to the byte."""
    if json.dumps(first) == json.dumps(second):
        return
    if isinstance(first, dict) and isinstance(second, dict) and list(first) == list(second):
        for key in first:
            yield from _of_values(f"{path}.{key}", first[key], second[key])
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for place, (mine, theirs) in enumerate(zip(first, second, strict=True)):
            yield from _of_values(f"{path}[{place}]", mine, theirs)
    else:
        yield f"{path}: {first} (SimPy) != {second} (compiled)"
