"""The sound part of a scenario with wrong values, so that the checks of the whole can speak in the first round, too."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import ValidationError

from lambdasim.scenario.incident_checks import unknown_downstream, unknown_zone
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.network_checks import unknown_subnet
from lambdasim.scenario.problems import Path, in_the_file
from lambdasim.scenario.source import Node
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.version_checks import MISSING_NAMES

_DISPENSABLE = (("warm_up",), ("drain",), ("seed",), ("thresholds",), ("triggers",), ("incidents",))
_ROUNDS = 12  # what is dropped may leave its surroundings wanting, a level at a time


def sound_part(data: dict[Any, Any], error: ValidationError, around: Surroundings) -> tuple[Scenario, set[Path]] | None:
    """The scenario without its wrong values, and the paths that were dropped for it; None if too little is left."""
    dropped: set[Path] = set()
    data = copy.deepcopy(data)
    for _ in range(_ROUNDS):
        for path in {_to_drop(one) for one in error.errors(include_url=False)}:
            if len(path) < 2 and path not in _DISPENSABLE:
                return None
            if path[:1] == ("functions",) and len(path) == 2:
                return None  # the triggers that call it would be lost with it
            _drop(data, path)
            dropped.add(path)
        try:
            return Scenario.model_validate(data, context=around), dropped
        except ValidationError as again:
            error = again
    return None


def touches(path: Path, dropped: AbstractSet[Path]) -> bool:
    """Whether ``path`` leads into, or contains, something that was dropped."""
    return any(path[: len(gone)] == gone or gone[: len(path)] == path for gone in dropped)


def refused_in(node: Node, path: Path = ()) -> Iterator[Path]:
    """The paths of what the file says and the data leave out."""
    for key, child in node.children.items():
        if child.refused:
            yield (*path, key)
        else:
            yield from refused_in(child, (*path, key))


def untold(dropped: AbstractSet[Path]) -> set[str]:
    """The codes of what can't be told while names that others may mean are among what was dropped."""
    return {code for path in dropped for code in _told_by_names(path)}


def _told_by_names(path: Path) -> tuple[str, ...]:
    match path:
        case ("functions", _, "versions" | "aliases", *_):
            return MISSING_NAMES
        case ("downstream",) | ("downstream", _):
            return (unknown_downstream.__name__,)
        case ("vpc",) | ("vpc", "subnets") | ("vpc", "subnets", _):
            return (unknown_subnet.__name__, unknown_zone.__name__)
        case ("vpc", "subnets", _, "availability_zone"):
            return (unknown_zone.__name__,)
    return ()


def _to_drop(one: Any) -> Path:
    """The value that is wrong; for one that is missing, what lacks it."""
    path = in_the_file(one["loc"])
    return path[:-1] if one["type"] == "missing" else path


def _drop(data: Any, path: Path) -> None:
    """Delete what ``path`` leads to, as far as it can be followed."""
    *above, last = path
    for step in above:
        if not isinstance(data, dict) or not isinstance(data.get(step), dict):
            last = step
            break
        data = data[step]
    if isinstance(data, dict):
        data.pop(last, None)
