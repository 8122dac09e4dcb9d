"""Values from the command line (``--set functions.api.memory_size=512``), laid over a scenario's data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambdasim.errors import Problem
from lambdasim.scenario.source import Node, Place, compose, node_of
from lambdasim.scenario.wording import found, nearest

SOURCE = "--set"  # where a value comes from, unless it is said
_NAMED = ("functions", "triggers")  # below these stand names that must exist


def with_overrides(root: Node, overrides: Mapping[str, str], source: str = SOURCE) -> tuple[Node, list[Problem]]:
    """The data with each ``path`` set to its value (read as YAML), and what is wrong with paths and values.

    ``source`` is the option that they were written with, for messages.
    """
    problems: list[Problem] = []
    place = Place(source)
    for path, text in overrides.items():
        value, mistakes = compose(text, source)
        problems += [place.problem(path, mistake.text) for mistake in mistakes]
        if mistakes or value is None or value.data is None:
            if not mistakes:
                problems.append(place.problem(path, f"has no value; write for example {source} duration=1h"))
            continue
        try:
            root = _set(root, _steps(path), _everywhere(value, place), ())
        except ValueError as error:
            problems.append(place.problem(path, str(error)))
    return root, problems


def _steps(path: str) -> tuple[str, ...]:
    """The keys that ``path`` leads along; below `parameters` one key is a path in the book and may hold dots."""
    first, _, rest = path.partition(".")
    steps = (first, rest) if first == "parameters" else tuple(re.sub(r"\[(\d+)\]", r".\1", path).split("."))
    if "" in steps:
        raise ValueError(f"{path!r} is no path; write for example functions.api.memory_size")
    return steps


def _everywhere(node: Node, place: Place) -> Node:
    """The same value, all of it from ``place``."""
    if not isinstance(node.data, dict | list):
        return Node(node.data, place, place)
    return node_of(node.data, place, place, {key: _everywhere(child, place) for key, child in node.children.items()})


def _set(node: Node, steps: tuple[str, ...], value: Node, walked: tuple[str, ...]) -> Node:
    """A copy of ``node`` with ``value`` at ``steps`` below it; what it shares with an anchor stays as it was."""
    if not steps:
        return value
    key: str | int = steps[0]
    where = ".".join(walked)
    if isinstance(node.data, list):
        if not str(key).isdecimal() or len(str(key)) > 9 or int(key) >= len(node.data):
            raise ValueError(f"{where} is a list of {len(node.data)}; its first entry is {where}.0")
        key = int(key)
    elif not isinstance(node.data, dict):
        raise ValueError(f"{where} is {found(node.data)}; nothing lies below it")  # of the path, not a type
    if len(walked) == 1 and walked[0] in _NAMED and key not in node.children:
        raise ValueError(f"there is no {walked[0][:-1]} {key!r}; {nearest(key, map(str, node.children))}")
    below = node.children.get(key) or Node({}, value.place, value.place)
    child = _set(below, steps[1:], value, (*walked, str(key)))
    return node_of(node.data, node.place, node.key_place, {**node.children, key: child})
