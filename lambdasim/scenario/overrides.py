"""Values from the command line (``--set functions.api.memory_size=512``), laid over a scenario's data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lambdasim.errors import Problem
from lambdasim.scenario.source import Node, Place, compose, node_of
from lambdasim.scenario.wording import found, nearest

SOURCE = "--set"  # where a value comes from, unless it is said
NOTHING = "null"
"""In place of a value: as if the key were not written. Helm's ``--set`` has the same word for it."""
_NAMED = ("functions", "triggers")  # below these stand names that must exist


KnownNames = Callable[[tuple[str | int, ...]], tuple[str, ...]]


def with_overrides(
    root: Node, overrides: Mapping[str, str], names_at: KnownNames, source: str = SOURCE
) -> tuple[Node, list[Problem]]:
    """The data with each ``path`` set to its value (read as YAML), and what is wrong with paths and values.

    ``null`` takes the key away. ``names_at`` tells the keys of the block at a place, ``source`` the option that they
    were written with, for messages.
    """
    problems: list[Problem] = []
    place = Place(source)
    for path, text in overrides.items():
        if text.strip() == NOTHING:
            try:
                root = _without(root, steps_of(path), (), names_at)
            except ValueError as error:
                problems.append(place.problem(path, str(error)))
            continue
        value, mistakes = compose(text, source)
        problems += [place.problem(path, mistake.text) for mistake in mistakes]
        if mistakes or value is None or value.data is None:
            if not mistakes:
                problems.append(place.problem(path, f"has no value; write for example {source} duration=1h"))
            continue
        try:
            root = placed(root, steps_of(path), _everywhere(value, place))
        except ValueError as error:
            problems.append(place.problem(path, str(error)))
    return root, problems


def steps_of(path: str) -> tuple[str, ...]:
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


def placed(node: Node, steps: tuple[str, ...], value: Node, walked: tuple[str, ...] = ()) -> Node:
    """A copy of ``node`` with ``value`` at ``steps`` below it; what it shares with an anchor stays as it was.

    Raises ``ValueError`` if nothing can stand there.
    """
    if not steps:
        return value
    key = _key(node, steps[0], walked)
    below = node.children.get(key) or Node({}, value.place, value.place)
    child = placed(below, steps[1:], value, (*walked, str(key)))
    return node_of(node.data, node.place, node.key_place, {**node.children, key: child})


def _key(node: Node, step: str, walked: tuple[str, ...]) -> str | int:
    """The key below ``node`` that a step of a path means; ``ValueError`` if none can stand there."""
    key: str | int = step
    where = ".".join(walked)
    if isinstance(node.data, list):
        if not str(key).isdecimal() or len(str(key)) > 9 or int(key) >= len(node.data):
            raise ValueError(f"{where} is a list of {len(node.data)}; its first entry is {where}.0")
        key = int(key)
    elif not isinstance(node.data, dict):
        raise ValueError(f"{where} is {found(node.data)}; nothing lies below it")  # of the path, not a type
    if len(walked) == 1 and walked[0] in _NAMED and key not in node.children:
        raise ValueError(f"there is no {walked[0][:-1]} {key!r}; {nearest(key, map(str, node.children))}")
    return key


def _without(node: Node, steps: tuple[str, ...], walked: tuple[str, ...], names_at: KnownNames) -> Node:
    """A copy of ``node`` without what is written at ``steps`` below it; a known key that isn't there stays so."""
    key = _key(node, steps[0], walked)
    if isinstance(key, int):
        raise ValueError(f"an entry of a list can't be taken away; set {'.'.join(walked)} as a whole")
    if key not in node.children:
        for depth, step in enumerate(steps):
            known = names_at((*walked, *steps[:depth]))
            if known and step not in known:
                raise ValueError(f"unknown key {step!r}; {nearest(step, known)}")
        return node
    children = {name: child for name, child in node.children.items() if name != key}
    if len(steps) > 1:
        children = {**node.children, key: _without(node.children[key], steps[1:], (*walked, str(key)), names_at)}
    return node_of(node.data, node.place, node.key_place, children)
