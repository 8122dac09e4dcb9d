"""Variants: one scenario with other values laid over it, each of them loaded and checked before anything runs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdasim.errors import InputError, Problem
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario

OPTION = "--vary"


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario and what was laid over it: values as in YAML, by path."""

    overrides: Mapping[str, str]
    scenario: Scenario

    @property
    def label(self) -> str:
        """What sets it apart: ``functions.api.memory_size=512, seed=1``."""
        return ", ".join(f"{path}={value}" for path, value in self.overrides.items())


def grid(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, str]]:
    """Every combination of the values of each path; the last path varies fastest.

    >>> grid({"a": [1, 2], "b": ["1 s", True]})[:2]
    [{'a': '1', 'b': '1 s'}, {'a': '1', 'b': 'true'}]
    """
    texts = {path: [yaml_text(value) for value in values] for path, values in vary.items()}
    return [dict(zip(texts, values, strict=True)) for values in itertools.product(*texts.values())]


def variants_of(scenario: Scenario, combinations: Iterable[Mapping[str, str]]) -> tuple[Variant, ...]:
    """One variant for each combination of overrides; ``InputError`` with all that is wrong with any of them."""
    variants, problems = [], list[Problem]()
    for overrides in combinations:
        try:
            variants.append(Variant(overrides, laid_over(scenario, overrides)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(variants)


def laid_over(scenario: Scenario, overrides: Mapping[str, str]) -> Scenario:
    """The scenario with values laid over it, handlers measured where they were; ``InputError`` as :func:`override`.

    A duration is what was measured at the memory size that the scenario has, if it does not say otherwise; so with
    another memory size it is another one, as between versions of a function.
    """
    return override(scenario, {**_measured_at(scenario, overrides), **overrides}, source=OPTION)


def _measured_at(scenario: Scenario, overrides: Mapping[str, str]) -> dict[str, str]:
    """Where durations were measured that do not say it, for each function whose memory size is laid over."""
    said = {}
    for name, function in scenario.functions.items():
        path = f"functions.{name}"
        handler = f"{path}.handler"
        restated = any(other == handler or other.startswith(f"{handler}.duration") for other in overrides)
        if f"{path}.memory_size" in overrides and function.handler.measured_at is None and not restated:
            said[f"{handler}.measured_at"] = str(function.memory_size)
    return said


def yaml_text(value: Any) -> str:
    """A value as it is written in YAML; a text is taken as it stands."""
    return value if isinstance(value, str) else json.dumps(value)
