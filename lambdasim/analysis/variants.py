"""Variants: scenarios, and values laid over them, each of them loaded and checked before anything runs."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lambdasim.errors import InputError, Problem
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario

OPTION = "--vary"
AS_WRITTEN = "as written"


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
    """The scenario with values laid over it; ``InputError`` as :func:`lambdasim.scenario.load.override`."""
    return override(scenario, overrides, source=OPTION)


def yaml_text(value: Any) -> str:
    """A value as it is written in YAML; a text is taken as it stands. ``TypeError`` if it can't be written."""
    return value if isinstance(value, str) else json.dumps(value.item() if isinstance(value, np.generic) else value)


def labels_of(
    scenarios: Sequence[Scenario], overrides: Sequence[Mapping[str, str]], names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """A label for each of several variants: what sets it apart from the others, in as few words as that takes.

    A variant is ``scenarios[i]`` with ``overrides[i]`` laid over it. What all share is left out, and of a path all but
    the last words that tell it from the others: ``memory_size=512, architecture=arm64``. Scenarios of different files
    go by their name, or by the file's if names are the same; or by ``names`` if they are given. No two labels are
    equal: what is the same is numbered.
    """
    laid = [
        {**(scenario.written.overrides if names is None else {}), **over}
        for scenario, over in zip(scenarios, overrides, strict=True)
    ]
    paths = [path for path in dict.fromkeys(path for values in laid for path in values) if _varies(path, laid)]
    short = dict(zip(paths, short_paths(paths), strict=True))
    labels = []
    for name, values in zip(_names(scenarios) if names is None else names, laid, strict=True):
        parts = [f"{short[path]}={values[path]}" for path in paths if path in values]
        labels.append(", ".join([name, *parts] if name else parts or [AS_WRITTEN]))
    return _numbered(labels)


def head_and_names(labels: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The head of a column of labels, and its cells: the values alone where all labels have the same keys.

    >>> head_and_names(["memory_size=256", "memory_size=512"]), head_and_names(["today", "timeout=3"])
    (('memory_size', ('256', '512')), ('variant', ('today', 'timeout=3')))
    >>> head_and_names(["memory_size=256, architecture=arm64", "memory_size=512, architecture=x86_64"])
    ('memory_size, architecture', ('256, arm64', '512, x86_64'))
    """
    parts = [[part.partition("=") for part in label.split(", ")] for label in labels]
    keys = {tuple(key for key, _, _ in own) for own in parts}
    if len(keys) == 1 and all(sign for own in parts for _, sign, _ in own):
        return ", ".join(keys.pop()), tuple(", ".join(value for _, _, value in own) for own in parts)
    return "variant", tuple(labels)


def _varies(path: str, laid: Sequence[Mapping[str, str]]) -> bool:
    return len({values.get(path) for values in laid}) > 1


def short_paths(paths: Sequence[str]) -> tuple[str, ...]:
    """The last words of each path, as few as tell it from all others.

    >>> short_paths(["functions.api.memory_size", "functions.api.timeout"])
    ('memory_size', 'timeout')
    >>> short_paths(["functions.api.timeout", "functions.worker.timeout", "parameters.scaling/per_function/burst"])
    ('api.timeout', 'worker.timeout', 'burst')
    """
    return tuple(_tail(path, [other for other in paths if other != path]) for path in paths)


def _tail(path: str, others: Sequence[str]) -> str:
    """The shortest end of ``path``, from a word's beginning on, that no other ends with."""
    starts = [match.end() for match in re.finditer(r"[./]", path)]
    for start in reversed(starts):
        tail = path[start:]
        if not tail.isdecimal() and not any(re.search(rf"(^|[./]){re.escape(tail)}$", other) for other in others):
            return tail
    return path


def _names(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """What tells scenarios of different files apart; empty if all are of one."""
    sources = dict.fromkeys((scenario.file, scenario.written.text) for scenario in scenarios)
    if len(sources) < 2:
        return ("",) * len(scenarios)
    named = {(scenario.file, scenario.written.text): scenario.name for scenario in scenarios}
    if len(set(named.values())) < len(named):
        files = [str(Path(file).with_suffix("")) for file, _ in named]
        tails = short_paths(files) if len(set(files)) == len(files) else tuple(named.values())
        named = dict(zip(named, tails, strict=True))
    return tuple(named[scenario.file, scenario.written.text] for scenario in scenarios)


def _numbered(labels: Sequence[str]) -> tuple[str, ...]:
    """Those that occur more than once with a number behind."""
    total, so_far = Counter(labels), Counter[str]()
    numbered = []
    for label in labels:
        so_far[label] += 1
        numbered.append(f"{label} ({so_far[label]})" if total[label] > 1 else label)
    return tuple(numbered)
