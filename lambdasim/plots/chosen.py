"""Which function a figure is of: the one that was named, or the one that has most to show."""

from __future__ import annotations

from collections.abc import Sequence

from lambdasim.errors import FigureError, printable
from lambdasim.header import Header
from lambdasim.scenario.wording import nearest


def busiest(header: Header, name: str | None, weights: Sequence[int]) -> int:
    """The index of the function ``name``, or (None) of that with the most weight, the first of equals.

    Raises:
        FigureError: the scenario has no such function.
    """
    if name is None:
        return max(range(len(header.functions)), key=lambda index: weights[index])
    return function_of(header, name)


def function_of(header: Header, name: str) -> int:
    """The index of the function ``name``.

    Raises:
        FigureError: the scenario has no such function.
    """
    return _index_of("function", name, [function.name for function in header.functions])


def trigger_of(header: Header, name: str) -> int:
    """The index of the trigger ``name``.

    Raises:
        FigureError: the scenario has no such trigger.
    """
    return _index_of("trigger", name, [trigger.name for trigger in header.triggers])


def _index_of(kind: str, name: str, names: Sequence[str]) -> int:
    if name in names:
        return names.index(name)
    raise FigureError(printable(f"no {kind} is named {name!r}; {nearest(name, names)}"))
