"""A comparison for people and for programs: which variant to take, and which differences are shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lambdasim.analysis.compare import Comparison
from lambdasim.analysis.differences import Difference
from lambdasim.analysis.intervals import ALL_EQUAL, ORDER_STATISTICS, Estimate, share_that_may_differ
from lambdasim.analysis.telling import (
    PERCENTILES,
    between,
    change,
    estimate_document,
    interval,
    measured,
    named,
    with_unit,
)
from lambdasim.analysis.variants import head_and_names
from lambdasim.analysis.verdicts import Compared, Row
from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out, stands_whole
from lambdasim.display.numbers import share
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table, table
from lambdasim.errors import printable
from lambdasim.report.choice import answer
from lambdasim.scenario.model import Scenario

_LONG = 20  # characters of a label; longer ones are told once, and stand for by their number
_SCHEMA_VERSION = 1


def compare_text(comparison: Comparison, screen: Screen = PIPE) -> str:
    """The answer, then a table for each measure that differs, then what to know of the intervals."""
    answered = said(printable(answer(comparison)), screen, style="bold")  # a label may have line ends
    told = "\n".join(map(printable, notes(comparison)))
    return "\n\n".join((answered, *_tables(comparison, screen), said(told, screen, indent=2)))


def _tables(comparison: Comparison, screen: Screen) -> Iterator[str]:
    """With labels, or numbers for long ones; relative differences make way for all else to stand side by side."""
    head, names = head_and_names(comparison.labels)
    if max(map(len, names)) > _LONG:
        head, names = "variant", tuple(str(number) for number in range(1, len(comparison.labels) + 1))
        labels = zip(names, map(printable, comparison.labels), strict=True)
        lines = [said(label, screen, head=f"{n:>3}  ") for n, label in labels]
        yield "\n".join((screen.bold("Variants"), *lines))
    for compared in comparison.compared:
        if not _is_told_in_a_line(compared):
            whole, bare = (_table(comparison, compared, head, names, with_relative=each) for each in (True, False))
            is_bare = not stands_whole(whole, screen) and stands_whole(bare, screen)
            yield laid_out(bare if is_bare else whole, screen)


def measure_tables(comparison: Comparison) -> list[Table]:
    """A table for each measure that differs, whatever its width: estimates, differences, verdicts."""
    head, names = head_and_names(comparison.labels)
    return [
        _table(comparison, compared, head, names, with_relative=True)
        for compared in comparison.compared
        if not _is_told_in_a_line(compared)
    ]


def _is_told_in_a_line(compared: Compared) -> bool:
    return compared.all_equal or not compared.has_values


def _table(
    comparison: Comparison, compared: Compared, head: str, names: Sequence[str], *, with_relative: bool
) -> Table:
    measure = compared.measure
    rows = []
    for name, row in zip(names, compared.rows, strict=True):
        difference = row.difference
        relative = [_relative(difference)] if with_relative else []
        shown = "-" if difference is None or difference.absolute.n < 1 else change(measure, difference.absolute)
        rows.append((name, interval(measure, row.estimate), shown, *relative, row.verdict.value))
    against = names[comparison.baseline]
    columns = (head, "estimate", f"to {against}", *(["in %"] if with_relative else []), "verdict")
    return table(named(measure.text, measure), columns, rows, head, "verdict")


def _relative(difference: Difference | None) -> str:
    """The change in per cent of the baseline: ``-28.4 [-28.5, -28.3]``."""
    if difference is None or math.isnan(difference.relative.low):
        return "-"
    relative = difference.relative
    if relative.value == relative.low == relative.high == 0:
        return "0"
    return f"{_signed(relative.value)}{between(relative, _signed(relative.low), _signed(relative.high))}"


def _signed(value: float) -> str:
    percent = value * 100
    return f"{percent:+,.0f}" if abs(percent) >= 100 else f"{percent:+.1f}"


def notes(comparison: Comparison) -> Iterator[str]:
    """What to know of the intervals and of the luck that variants share, a sentence each."""
    yield from _equal(comparison)
    yield from _gaps(comparison)
    confidence, count = share(comparison.design.confidence), len(comparison.labels) - 1
    seeds = comparison.seeds
    if count > 1:
        yield (
            f"An estimate's interval holds with {confidence} by itself. Those of differences hold with {confidence} "
            f"all {count} of a measure together, {share(comparison.each)} each (Bonferroni); verdicts go by them."
        )
    else:
        yield f"Each interval holds with {confidence} by itself; the verdict goes by that of the difference."
    if any(row.estimate.method == ORDER_STATISTICS for compared in comparison.compared for row in compared.rows):
        yield PERCENTILES
    yield from _common_numbers(comparison, f"seeds {seeds[0]} to {seeds[-1]}")
    if any(variant.scenario.seed != comparison.variants[0].scenario.seed for variant in comparison.variants):
        yield f"The scenarios' own seeds differ; all were run on the same ones, from {seeds[0]} on."
    yield from measured_as_written([variant.scenario for variant in comparison.variants])
    if not comparison.same_time:
        yield (
            "The variants are measured for different lengths of time, so none is called better: counts grow with time, "
            "and of a shorter run more is its cold beginning."
        )


def measured_as_written(scenarios: Iterable[Scenario]) -> Iterator[str]:
    """Of which functions the memory size differs, and the durations stand as if measured at each."""
    functions = [scenario.functions for scenario in scenarios]
    names = [name for name in functions[0] if all(name in others for others in functions)]
    for name in names:
        configurations = [others[name] for others in functions]
        sizes = {one.memory_size for one in configurations if one.handler.measured_at is None}
        if len(sizes) > 1:
            yield (
                f"{name}: its memory sizes differ, and its durations count as measured at each of them, for they say "
                "nothing else (handler.measured_at)."
            )


def _equal(comparison: Comparison) -> Iterator[str]:
    """The measures that need no table."""
    equal = [
        f"{compared.measure.text} {_everywhere(compared)}"
        for compared in comparison.compared
        if compared.all_equal and compared.has_values
    ]
    if equal:
        yield f"Equal in all variants, replication by replication: {'; '.join(equal)}."
    if equal or any(row.verdict.value == "equal" for compared in comparison.compared for row in compared.rows):
        bound = share(share_that_may_differ(comparison.design.replications, comparison.design.confidence))
        yield f"What is equal in {comparison.design.replications} replications may differ in up to {bound} of all."
    if without := [compared.measure.text for compared in comparison.compared if not compared.has_values]:
        yield f"No run of any variant had a value of {', '.join(without)}."


def _everywhere(compared: Compared) -> str:
    estimate = compared.rows[0].estimate
    if estimate.method == ALL_EQUAL:
        return with_unit(compared.measure, estimate.value)
    return measured(compared.measure, estimate)


def _gaps(comparison: Comparison) -> Iterator[str]:
    """Where some replications had no value."""
    n = comparison.design.replications
    for compared in comparison.compared:
        few = [
            f"{label} {row.estimate.n}"
            for label, row in zip(comparison.labels, compared.rows, strict=True)
            if row.estimate.n < n
        ]
        if few and compared.has_values:
            told = f"{compared.measure.text}: of {n} runs so few had a value: {', '.join(few)}"
            yield f"{told}; pairs without one count for nothing."


def _common_numbers(comparison: Comparison, seeds: str) -> Iterator[str]:
    """What sharing the luck was worth, the least of each measure's differences."""
    told = []
    for compared in comparison.compared:
        ratios = [row.difference.variance_ratio for row in compared.rows if row.difference is not None]
        if known := [ratio for ratio in ratios if not math.isnan(ratio.low)]:
            least = min(known, key=lambda ratio: ratio.value)
            ends = between(least, _factor(least.low), _factor(least.high))
            told.append(f"{_factor(least.value)}{ends} for {compared.measure.text}")
    if told:
        text = f"Common random numbers ({seeds}): with seeds of their own the variance of differences would be so many"
        yield f"{text} times as large (the least of each measure): {'; '.join(told)}."
    else:
        yield f"Common random numbers: replication r of every variant has the same seed ({seeds})."


def _factor(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def compare_document(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain values that are strict JSON."""
    chosen = comparison.recommendation
    labels = comparison.labels
    return {
        "schema_version": _SCHEMA_VERSION,
        "answer": answer(comparison),
        "replications": comparison.design.replications,
        "seeds": list(comparison.seeds),
        "confidence": comparison.design.confidence,
        "confidence_of_each_difference": comparison.each,
        "baseline": labels[comparison.baseline],
        "variants": [
            {
                "label": label,
                "file": variant.scenario.file,
                "scenario": {"name": variant.scenario.name, "sha256": variant.scenario.sha256},
                "overrides": dict(variant.overrides),
            }
            for label, variant in zip(labels, comparison.variants, strict=True)
        ],
        "recommendation": chosen
        and {
            "measure": chosen.first.measure.text,
            "best": labels[chosen.choice.best],
            "not_shown_to_be_worse": [labels[n] for n in chosen.choice.not_worse],
            "cheapest_of_these": labels[chosen.cheapest],
            "not_shown_to_be_dearer": [labels[n] for n in chosen.as_cheap],
            "left_out": [label for n, label in enumerate(labels) if n not in chosen.serving],
            "unserved_share": {
                label: estimate_document(share_) for label, share_ in zip(labels, chosen.unserved, strict=True)
            },
        },
        "measures": [
            _measure_document(compared, labels, comparison.values[:, :, place].tolist())
            for place, compared in enumerate(comparison.compared)
        ],
    }


def _measure_document(compared: Compared, labels: Sequence[str], values: Sequence[Sequence[float]]) -> dict[str, Any]:
    return {
        "measure": compared.measure.text,
        "better_when": compared.better and compared.better.value,
        "variants": [
            {"variant": label, **_row_document(row), "values": [None if math.isnan(value) else value for value in own]}
            for label, row, own in zip(labels, compared.rows, values, strict=True)
        ],
    }


def _row_document(row: Row) -> dict[str, Any]:
    parts: dict[str, Estimate | None] = dict.fromkeys(("difference", "relative", "variance_ratio"))
    if row.difference is not None:
        parts = {
            "difference": row.difference.absolute,
            "relative": row.difference.relative,
            "variance_ratio": row.difference.variance_ratio,
        }
    told = {name: None if estimate is None else estimate_document(estimate) for name, estimate in parts.items()}
    return {"estimate": estimate_document(row.estimate), **told, "verdict": row.verdict.value}
