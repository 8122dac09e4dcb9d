"""Knobs: one place of a scenario, and the values to try there, from the smallest up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from lambdasim.analysis.ranges import Range, is_range, parse_range
from lambdasim.analysis.variants import OPTION, laid_over, yaml_text
from lambdasim.errors import InputError, Problem
from lambdasim.parameters.book import load_book
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.overrides import steps_of
from lambdasim.scenario.schema import names_at, schemas_at
from lambdasim.scenario.wording import nearest
from lambdasim.units import parse_duration_us, parse_fraction, parse_rate_per_us, parse_size_mb

MOST_VALUES = 100_000
_FEW = 64  # so many are all tried out against the scenario's checks before anything runs
_UP_TO_QUOTA = {"provisioned_concurrent_executions": 0, "reserved_concurrent_executions": 1}  # and from where on
_READERS: tuple[Callable[[str], float], ...] = (
    float, parse_duration_us, parse_rate_per_us, parse_size_mb, parse_fraction,
)  # fmt: skip
Wanted = Range | range | str | Sequence[Any] | None


@dataclass(frozen=True, slots=True)
class Knob:
    """A path, the values to try there as they are written, and what the scenario's checks refuse of those asked for.

    ``is_ordered`` says that they are numbers, smallest first.
    """

    path: str
    texts: tuple[str, ...]
    is_ordered: bool = True
    refused: tuple[str, ...] = ()

    def overrides(self, place: int) -> dict[str, str]:
        """What to lay over the scenario for the value at ``place``."""
        return {self.path: self.texts[place]}

    @property
    def span(self) -> str:
        """Its values in short: ``0 to 900``, or ``128, 256, 512``."""
        first, last = self.texts[0], self.texts[-1]
        if not self.is_ordered or len(self.texts) < 3:
            return ", ".join(self.texts)
        return f"{first} to {last}"


def knobs_of(scenario: Scenario, vary: Mapping[str, Wanted], *, alone: bool = True) -> tuple[Knob, ...]:
    """The knobs that ``vary`` means, by path: values, a range, or None for the range that the key has.

    What the scenario's checks refuse is left out, and told; but not where a knob is not ``alone``, for then a value may
    be refused beside some values of another and not beside others.

    Raises:
        InputError: with all that is wrong; also where all values of a knob are refused.
    """
    knobs, problems = [], list[Problem]()
    for path, wanted in vary.items():
        try:
            knob = _knob(scenario, path, wanted)
            knobs.append(_accepted(scenario, knob) if alone else knob)
        except ValueError as error:
            problems.append(Problem(OPTION, None, None, path, str(error)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(knobs)


def _knob(scenario: Scenario, path: str, wanted: Wanted) -> Knob:
    location = location_of(scenario, steps_of(path))
    schemas = schemas_at(location)
    if not schemas and (known := names_at(location[:-1])):
        raise ValueError(f"unknown key {str(location[-1])!r}; {nearest(location[-1], known)}")
    if isinstance(wanted, str) and is_range(wanted):
        wanted = parse_range(wanted)
    if wanted is None:
        return Knob(path, _default(scenario, path, schemas))
    if isinstance(wanted, Range):
        choices = [str(choice) for schema in schemas for choice in schema.get("enum", ())]
        if choices:
            raise ValueError(f"it takes no number, so {wanted} is no range of it; known: {', '.join(choices)}")
        if wanted.count > MOST_VALUES:
            raise ValueError(f"{wanted} has {wanted.count:,} values; at most {MOST_VALUES:,} can be searched")
        return Knob(path, tuple(wanted.text(wanted.low + step) for step in range(wanted.count)))
    values = [wanted] if isinstance(wanted, str) else list(wanted)
    texts = tuple(dict.fromkeys(yaml_text(value).strip() for value in values))
    if not texts or not all(texts):
        raise ValueError("there are no values to try; write for example 128,256,512 or 128..1024")
    numbers = numbers_of(texts)
    if numbers is None:
        return Knob(path, texts, is_ordered=False)
    return Knob(path, tuple(text for _, text in sorted(zip(numbers, texts, strict=True), key=lambda pair: pair[0])))


def location_of(scenario: Scenario, steps: Sequence[str]) -> tuple[str | int, ...]:
    """The steps as the schema takes them: a trigger's name is followed by its type, places in lists are numbers."""
    trigger = scenario.triggers.get(steps[1]) if steps[0] == "triggers" and len(steps) > 1 else None
    typed = (*steps[:2], trigger.type, *steps[2:]) if trigger is not None else tuple(steps)
    return tuple(int(step) if re.fullmatch(r"\d{1,9}", step) else step for step in typed)


def _default(scenario: Scenario, path: str, schemas: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The values that are tried where none are named."""
    key = path.rpartition(".")[2]
    numbers = next((schema for schema in schemas if schema.get("type") == "integer"), None)
    if numbers is None and schemas:
        raise ValueError("it is no whole number, so its values must be named, such as =30s..180s or =a,b,c")
    low, high = (numbers or {}).get("minimum"), (numbers or {}).get("maximum")
    if key == "memory_size" and low is not None:
        book = load_book()
        steps = {*book.value("sizing/memory_sizes"), round(book.value("handler/mb_per_vcpu"))}
        return tuple(str(step) for step in sorted(steps))
    if key in _UP_TO_QUOTA:
        low, high = _UP_TO_QUOTA[key], scenario.account.concurrent_executions
    if low is None or high is None:
        raise ValueError("nothing says how far to search; write a range, such as =1..100")
    return tuple(map(str, range(low, high + 1)))


def numbers_of(texts: Iterable[str]) -> list[float] | None:
    """The texts as numbers of one kind (durations, rates, sizes, shares or bare ones); None if they are none."""
    for read in _READERS:
        try:
            return [read(text) for text in texts]
        except ValueError:
            continue
    return None


def _accepted(scenario: Scenario, knob: Knob) -> Knob:
    """The knob with only those values that the scenario's checks accept; of a long range one stretch is taken to be."""
    count = len(knob.texts)
    whys: dict[int, InputError] = {}

    def accepts(place: int) -> bool:
        try:
            laid_over(scenario, knob.overrides(place))
        except InputError as error:
            whys[place] = error
            return False
        return True

    if count <= _FEW:
        kept = [place for place in range(count) if accepts(place)]
    else:
        tried = (0, count - 1, *((count - 1) * part // _FEW for part in range(1, _FEW)))
        inside = next((place for place in tried if accepts(place)), None)
        kept = [] if inside is None else list(range(_edge(accepts, inside, -1), _edge(accepts, inside, count) + 1))
    if not kept:
        raise whys[min(whys)]
    return replace(knob, texts=tuple(knob.texts[place] for place in kept), refused=_told(knob, kept, whys))


def _edge(accepts: Callable[[int], bool], inside: int, outside: int) -> int:
    """The last place that is accepted on the way from one that is to one beyond the end."""
    end = outside + 1 if outside < inside else outside - 1
    if accepts(end):
        return end
    beyond = end
    while abs(inside - beyond) > 1:
        middle = (inside + beyond) // 2
        inside, beyond = (middle, beyond) if accepts(middle) else (inside, middle)
    return inside


def _told(knob: Knob, kept: Sequence[int], whys: Mapping[int, InputError]) -> tuple[str, ...]:
    """What was refused and why, a sentence for each stretch of it."""
    gaps = [(before + 1, after - 1) for before, after in pairwise((-1, *kept, len(knob.texts))) if after - before > 1]
    told = []
    for first, last in gaps:
        why = whys[next(place for place in (last if first == 0 else first, *whys) if place in whys)]
        values = knob.texts[first] if first == last else f"{knob.texts[first]} to {knob.texts[last]}"
        told.append(f"{values}: {why.problems[0].text}")
    return tuple(told)
