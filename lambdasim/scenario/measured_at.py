"""Where durations were measured, when another memory size is laid over a scenario: where the file has them.

A duration that says nothing else (`handler.measured_at`) is that at the memory size beside it. Laid over that, another
memory size is a question, not another measurement: what if the function had so much? So the duration stays that at the
file's memory size, and is scaled from there by CPU share, as between the versions of a function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lambdasim.parameters.book import Book
from lambdasim.scenario.overrides import placed, steps_of
from lambdasim.scenario.source import Node, Place

_SIZE = "quotas/function/memory_size"
Steps = tuple[str, ...]


def measured_as_written(before: Node, after: Node, paths: Iterable[str], book: Book, source: str) -> Node:
    """``after`` is ``before`` with values laid over ``paths``; the same, its durations measured where they were."""
    laid = [steps_of(path) for path in paths]
    for block, memory_mb in _moved(before, after, book):
        restated = ((*block, "handler", key) for key in ("duration", "measured_at"))
        if not any(_meet(own, steps) for own in restated for steps in laid):
            place = Place(source)
            after = placed(after, (*block, "handler", "measured_at"), Node(memory_mb, place, place))
    return after


def _moved(before: Node, after: Node, book: Book) -> Iterator[tuple[Steps, int]]:
    """Each block with a duration that does not say where it was measured, and the memory size that it had before."""
    default = book.peek(f"{_SIZE}/default")
    for name, function in _children(before, "functions").items():
        now = _data(after, "functions", name)
        blocks = [(), *(("versions", version) for version in _children(function, "versions"))]
        for below in blocks:
            handler = _data(function, *below, "handler")
            if not isinstance(handler, dict) or "duration" not in handler or "measured_at" in handler:
                continue
            old, new = (_memory(data, below, default) for data in (function.data, now))
            if old != new and _is_size(old, book):
                yield ("functions", name, *below), old


def _memory(function: Any, below: Steps, default: int) -> Any:
    """The memory size that holds in a block of a function."""
    for steps in (below, ()):
        block = function
        for step in steps:
            block = block.get(step) if isinstance(block, dict) else None
        if isinstance(block, dict) and "memory_size" in block:
            return block["memory_size"]
    return default


def _is_size(memory: Any, book: Book) -> bool:
    return type(memory) is int and book.peek(f"{_SIZE}/minimum") <= memory <= book.peek(f"{_SIZE}/maximum")


def _children(node: Node, key: str) -> dict[str, Node]:
    below = node.child(key)
    if below is None or not isinstance(below.data, dict):
        return {}
    return {str(name): child for name, child in below.children.items()}


def _data(node: Node, *steps: str) -> Any:
    below: Node | None = node
    for step in steps:
        below = below.child(step) if below is not None else None
    return None if below is None else below.data


def _meet(own: Steps, laid: Steps) -> bool:
    """Whether one leads to the other."""
    return own[: len(laid)] == laid or laid[: len(own)] == own
