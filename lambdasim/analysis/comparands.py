"""Comparands: what is compared, in what, and with what; all of it checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdasim.analysis.observations import headline_measures, listed, measure_of
from lambdasim.analysis.variants import OPTION, Variant, grid, labels_of, laid_over, yaml_text
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.wording import found, nearest

MOST = 100  # variants; more are no table that anyone reads
COST = "total.cost_usd_per_month"
_TOTALS = ("total.cold_start_rate", "account.throttles")  # what every scenario has
_MEASURE, _BASELINE = "--measure", "--baseline"
Scenarios = Scenario | Sequence[Scenario] | Mapping[str, Scenario]
Pairs = list[tuple[Scenario, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Comparands:
    """Variants with their labels, the measures to compare them in, and the number of the one to compare with."""

    labels: tuple[str, ...]
    variants: tuple[Variant, ...]
    measures: tuple[Measure, ...]
    baseline: int


def comparands(
    scenarios: Scenarios,
    vary: Mapping[str, Sequence[Any]],
    measures: Sequence[str] | None,
    baseline: int | str,
) -> Comparands:
    """What :func:`lambdasim.analysis.compare.compare` was asked for; ``InputError`` with all that is wrong with it."""
    problems = list[Problem]()
    given, bases = _bases(scenarios)
    if not bases:
        raise InputError([Problem("scenarios", None, None, "", "there is none; give two, or one and values to vary")])
    pairs = _pairs(bases, _sound(vary, problems), problems)
    names = given and [name for name in given for _ in range(len(pairs) // len(bases))]
    labels = labels_of([base for base, _ in pairs], [overrides for _, overrides in pairs], names)
    number = 0 if problems else _number(baseline, labels, pairs, problems)
    variants = _loaded(pairs, problems, several=len(bases) > 1)
    owners = [variant.scenario for variant in variants] or bases
    meant = _measures(owners, measures, problems)
    if problems:
        raise InputError(dict.fromkeys(problems))
    return Comparands(labels, variants, meant, number)


def _bases(scenarios: Scenarios) -> tuple[list[str] | None, list[Scenario]]:
    """The scenarios, and the labels that they were given, if they were."""
    if isinstance(scenarios, Scenario):
        return None, [scenarios]
    if isinstance(scenarios, Mapping):
        return [str(name) for name in scenarios], list(scenarios.values())
    return None, list(scenarios)


def _sound(vary: Mapping[str, Sequence[Any]], problems: list[Problem]) -> dict[str, Sequence[Any]]:
    """Those paths that have a list of values; what is wrong with others is added to ``problems``."""
    sound = {}
    for path, values in vary.items():
        wrong = [Problem(OPTION, None, None, str(path), text) for text in _wrong_values(path, values)]
        problems += wrong
        if not wrong:
            sound[path] = values
    return sound


def _pairs(bases: Sequence[Scenario], vary: Mapping[str, Sequence[Any]], problems: list[Problem]) -> Pairs:
    """Each scenario with each combination of values; none if there are too many."""
    count = len(bases) * math.prod(len(values) for values in vary.values())
    if count > MOST:
        text = f"{count:,} variants are more than {MOST}; compare fewer, or sweep them all: `lambdasim sweep`"
        problems.append(Problem(OPTION, None, None, "", text))
        return []
    if count < 2 and not problems:
        text = (
            "a single variant has nothing to be compared with; give two values, as in functions.api.memory_size=256,512"
        )
        problems.append(Problem(OPTION, None, None, "", f"{text}, or a second scenario"))
    return [(base, overrides) for base in bases for overrides in grid(vary)]


def _wrong_values(path: str, values: Any) -> Iterable[str]:
    """What is wrong with the values of one path, if anything."""
    if path == "seed":
        yield (
            "variants are compared on the same luck, so they share their seeds; leave it out: --replications says on "
            "how many seeds each of them runs, and --seed which is the first"
        )
        return
    if isinstance(values, str) or not hasattr(values, "__len__") or isinstance(values, Mapping | set | frozenset):
        yield f"expected a list of values, such as [256, 512], found {found(values)}"
        return
    if not len(values):
        yield "has no values; give two at least"
    texts = []
    for value in values:
        try:
            texts.append(yaml_text(value))
        except TypeError:
            yield f"{value!r} can't be written in YAML; write a number, a text, a list or a mapping"
    yield from (f"{text} is there twice" for text in dict.fromkeys(texts) if texts.count(text) > 1)


def _loaded(pairs: Pairs, problems: list[Problem], *, several: bool) -> tuple[Variant, ...]:
    """The variants that can be loaded; what is wrong with others is added to ``problems``."""
    variants = []
    for base, overrides in pairs:
        try:
            variants.append(Variant(overrides, laid_over(base, overrides) if overrides else base))
        except InputError as error:
            for problem in error.problems:
                told = f"{problem.text} (in {base.file})" if several and problem.file == OPTION else problem.text
                problems.append(Problem(problem.file, problem.line, problem.column, problem.path, told))
    return tuple(variants)


def _number(baseline: int | str, labels: Sequence[str], pairs: Pairs, problems: list[Problem]) -> int:
    """The number of the variant that ``baseline`` names, by its number, its label, or all that was laid over it."""
    if isinstance(baseline, int):
        if 0 <= baseline < len(labels):
            return baseline
        text = f"there is no such variant; there are {len(labels)}: {'; '.join(labels)}"
        problems.append(Problem(_BASELINE, None, None, "", text))
        return 0
    whole = [Variant(overrides, base).label for base, overrides in pairs]
    for names in (labels, whole):
        if baseline in names:
            return names.index(baseline)
    problems.append(Problem(_BASELINE, None, None, "", f"{found(baseline)} is no variant; {nearest(baseline, labels)}"))
    return 0


def _measures(
    scenarios: Sequence[Scenario], texts: Sequence[str] | None, problems: list[Problem]
) -> tuple[Measure, ...]:
    """The measures that ``texts`` name in all scenarios, each once, and the month's cost."""
    measures = dict[tuple[str, ...], Measure]()
    for text in usual_measures(scenarios) if texts is None else [*listed(texts, _MEASURE), COST]:
        try:
            measure = _shared(scenarios, text)
            measures.setdefault(measure.path, measure)
        except ValueError as error:
            problems.append(Problem(_MEASURE, None, None, text, str(error)))
    if texts is not None and not texts:
        problems.append(Problem(_MEASURE, None, None, "", "name at least one measure"))
    return tuple(measures.values())


def usual_measures(scenarios: Sequence[Scenario]) -> list[str]:
    """What most questions need, as far as all scenarios have it; totals where they don't have the same functions."""
    shared, lost = list[str](), False
    for measure in headline_measures(scenarios[0]):
        try:
            shared.append(_shared(scenarios, measure.text).text)
        except ValueError:
            lost = True
    others = any(scenario.functions.keys() != scenarios[0].functions.keys() for scenario in scenarios)
    return [*(text for text in shared if text != COST), *(_TOTALS if lost or others else ()), COST]


def _shared(scenarios: Sequence[Scenario], text: str) -> Measure:
    """The measure that ``text`` names in every scenario; ``ValueError`` if it does not, or not the same in all."""
    measures, refused = dict[tuple[str, ...], Measure](), dict[str, str]()
    for scenario in scenarios:
        try:
            measure = measure_of(scenario, text)
            measures.setdefault(measure.path, measure)
        except ValueError as error:
            refused.setdefault(scenario.file, str(error))
    if not refused and len(measures) == 1:
        return next(iter(measures.values()))
    if not measures:
        raise ValueError(next(iter(refused.values())))
    if refused:
        raise ValueError("not all scenarios have it; " + "; ".join(f"{file}: {why}" for file, why in refused.items()))
    raise ValueError(f"it is not the same in all scenarios: {', '.join('.'.join(path) for path in measures)}")
