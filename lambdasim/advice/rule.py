"""What advice is made of: rules, what they find in a scenario, and what a run has shown of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lambdasim.parameters.book import Book
from lambdasim.result.result import Result
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.source import path_text

Path = tuple[str | int, ...]


class Severity(Enum):
    """How much is at stake, worst first."""

    HIGH = "high"  # events are lost, refused, or processed twice
    MEDIUM = "medium"  # answers are late, money is wasted, or one failure takes all
    LOW = "low"  # it does no harm yet


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has shown: whether the matter showed at all, in words, and the numbers behind them.

    ``numbers`` are the summary's, each under the path that leads to it (``functions.api.dropped``); a name without a
    dot is a number that was worked out from the log.
    """

    shown: bool
    message: str
    numbers: Mapping[str, float]

    @classmethod
    def of(cls, numbers: Mapping[str, float], *, some: str, none: str) -> Evidence:
        """What the first of ``numbers`` counts has shown, told by ``some``; or has not, told by ``none``."""
        shown = next(iter(numbers.values())) != 0
        return cls(shown, some if shown else none, numbers)


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a rule does not hold: ``path`` leads to the value, ``settings`` (path -> YAML text) is the cure.

    ``settings`` is empty where no value of the scenario alone cures it; ``about`` names the functions or triggers that
    the evidence must be looked for at.
    """

    path: Path
    message: str
    remedy: str
    settings: Mapping[str, str] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    severity: Severity | None = None  # in place of the rule's


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the scenario, as evidence is drawn from it."""

    result: Result
    summary: Mapping[str, Any]

    def numbers(self, *paths: str) -> dict[str, float]:
        """Numbers of the summary by their paths; what it does not have was not counted, and is 0."""
        return {path: self._number(path) for path in paths}

    def _number(self, path: str) -> float:
        value: Any = self.summary
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, int | float) else 0


def warned(scenario: Scenario, code: str) -> Iterator[tuple[Path, str]]:
    """What the check of that code has warned of: where, and in which words."""
    for warning in scenario.warnings:
        if warning.code == code:
            yield tuple(warning.path.split(".")), warning.message


def configuration_at(scenario: Scenario, path: Path) -> tuple[str, Configuration]:
    """The configuration, of a function or of a version, that holds the value at ``path``; before it, its own path."""
    place = path[:4] if path[2:3] == ("versions",) else path[:2]
    return path_text(place), dict(scenario.configurations())[tuple(map(str, place))]


Search = Callable[[Scenario, Book], Iterator[Finding]]
Proof = Callable[[Scenario, Finding, Run], Evidence]


@dataclass(frozen=True, slots=True)
class Rule:
    """A best practice: what breaks it in a scenario, why that matters, who says so, what shows in a run."""

    find: Search
    severity: Severity
    why: str
    source: str
    proof: Proof | None = None

    @property
    def code(self) -> str:
        """The name that users know it by."""
        return self.find.__name__


@dataclass(frozen=True, slots=True)
class Observation:
    """What only a run can tell: findings, each with its evidence."""

    find: Callable[[Scenario, Book, Run], Iterator[tuple[Finding, Evidence]]]
    severity: Severity
    why: str
    source: str

    @property
    def code(self) -> str:
        """The name that users know it by."""
        return self.find.__name__
