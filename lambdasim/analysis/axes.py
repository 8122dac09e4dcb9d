"""Axes of a grid: one setting of a scenario each, with the numbers that were simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lambdasim.analysis.knobs import location_of, numbers_of
from lambdasim.analysis.ranges import number_and_unit
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.overrides import steps_of
from lambdasim.scenario.present import present
from lambdasim.scenario.schema import schemas_at

_SEED = "seed"


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that a grid varies: its values, rising, and how they are written.

    ``unit`` is the one that all values are written with, empty for bare numbers. ``own`` is the place of the value that
    the scenario has without the grid; None if none of them is that.
    """

    path: str
    name: str
    texts: tuple[str, ...]
    numbers: tuple[float, ...]
    unit: str
    is_whole: bool
    own: int | None

    def text(self, value: float) -> str:
        """A value as the scenario's language has it: as the grid wrote it, or with as many digits as it takes."""
        if value in self.numbers:
            return self.texts[self.numbers.index(value)]
        return f"{np.format_float_positional(value, trim='-')} {self.unit}".rstrip()

    @property
    def range(self) -> str:
        """From where to where it was simulated: ``128 to 1024``."""
        return f"{self.texts[0]} to {self.texts[-1]}"

    def checked(self, value: Any) -> float:
        """A value of it, its own if None; ``ValueError`` if nothing tells what comes of it."""
        if value is None:
            if self.own is None:
                raise ValueError(
                    f"is not given, and the scenario's own value is not simulated; write one of {self.range}"
                )
            return self.numbers[self.own]
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"expected a number from {self.range}, found {value!r}") from None
        if not self.numbers[0] <= number <= self.numbers[-1]:
            raise ValueError(
                f"{value} lies outside what was simulated, {self.range}; stay inside, or simulate further out"
            )
        if self.is_whole and not number.is_integer():
            raise ValueError(f"takes whole numbers only, found {value}")
        return number


def axis_of(scenario: Scenario, path: str, name: str, texts: Sequence[str]) -> Axis:
    """The axis that the values of a path are; ``ValueError`` if they are none."""
    if path == _SEED:
        raise ValueError("seeds are no setting: replications go through them at every point")
    parts = [number_and_unit(text) for text in texts]
    if unread := [text for text, part in zip(texts, parts, strict=True) if part is None]:
        raise ValueError(f"{unread[0]!r} is no number; what lies between values is known of numbers only")
    read = sorted((*part, text) for part, text in zip(parts, texts, strict=True) if part is not None)
    numbers, units = [number for number, _, _ in read], {unit for _, unit, _ in read}
    if len(units) > 1:
        told = ", ".join(repr(unit) if unit else "none" for unit in sorted(units))
        raise ValueError(f"its values have different units: {told}; write all in the same one")
    if len(numbers) < 2:
        raise ValueError(f"{texts[0]} is its only value; name two or more to look between them")
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"the same value stands there twice: {', '.join(texts)}")
    ordered = tuple(text for _, _, text in read)
    return Axis(
        path, name, ordered, tuple(numbers), units.pop(), is_whole(scenario, path), _own(scenario, path, ordered)
    )


def is_whole(scenario: Scenario, path: str) -> bool:
    """Whether only whole numbers can stand at a path."""
    types = {schema.get("type") for schema in schemas_at(location_of(scenario, steps_of(path)))}
    return "integer" in types and "number" not in types


def _own(scenario: Scenario, path: str, texts: Sequence[str]) -> int | None:
    """The place of the value that is the scenario's, however either is written."""
    now = present(scenario, path)
    numbers = None if now is None else numbers_of([now.removeprefix("x"), *texts])
    return None if numbers is None else next((n for n, each in enumerate(numbers[1:]) if each == numbers[0]), None)
