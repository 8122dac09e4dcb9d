"""A comparison for people and for programs: which variant to take, and which differences are shown."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lambdasim.analysis.compare import Comparison
from lambdasim.analysis.differences import Difference
from lambdasim.analysis.intervals import ALL_EQUAL, ORDER_STATISTICS, Estimate, share_that_may_differ
from lambdasim.analysis.verdicts import Compared, Row
from lambdasim.display.numbers import share
from lambdasim.display.table import Table, plain, table
from lambdasim.errors import printable
from lambdasim.report.choice import answer
from lambdasim.report.estimates import PERCENTILES, change, estimate_document, interval, quantity

WIDTH = 100
_LONG = 20  # characters of a label; longer ones are told once, and stand for by their number
_HELD = "\u00a0"  # a space that no line breaks at
_SCHEMA_VERSION = 1


def compare_text(comparison: Comparison, bold: Callable[[str], str] = str) -> str:
    """The answer, then a table for each measure that differs, then what to know of the intervals."""
    head = "\n".join(map(bold, _wrapped(answer(comparison))))
    notes = "\n".join(line for note in _notes(comparison) for line in _wrapped(note))
    return "\n\n".join((head, *_tables(comparison, bold), notes))


def _wrapped(text: str) -> list[str]:
    """Lines of a sentence, broken neither inside of an interval nor before a unit."""
    held = re.sub(r" (\[[^\]]*\]|%|ms\b)", lambda match: match[0].replace(" ", _HELD), printable(text))
    return [line.replace(_HELD, " ") for line in textwrap.wrap(held, WIDTH, break_on_hyphens=False)]


def _tables(comparison: Comparison, bold: Callable[[str], str]) -> Iterator[str]:
    """With labels if all tables have the room, else with numbers; each with relative differences if it has the room."""
    told = [compared for compared in comparison.compared if not _is_told_in_a_line(compared)]
    head, names = _named(tuple(map(printable, comparison.labels)))
    fits = all(_width(_table(comparison, compared, head, names, with_relative=False)) <= WIDTH for compared in told)
    if not fits or max(map(len, names)) > _LONG:
        head, names = "variant", tuple(str(number) for number in range(1, len(comparison.labels) + 1))
        lines = (f"{number:>3}  {printable(label)}" for number, label in zip(names, comparison.labels, strict=True))
        yield "\n".join((bold("Variants"), *lines))
    for compared in told:
        one = _table(comparison, compared, head, names, with_relative=True)
        if _width(one) > WIDTH:
            one = _table(comparison, compared, head, names, with_relative=False)
        title, _, rows = plain(one).partition("\n")
        yield f"{bold(title)}\n{rows}"


def _named(labels: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The head of a column of labels, and its cells: the values alone where one key is all that varies."""
    keys = {label.partition("=")[0] for label in labels}
    if len(keys) == 1 and all("=" in label and ", " not in label for label in labels):
        return keys.pop(), tuple(label.partition("=")[2] for label in labels)
    return "variant", tuple(labels)


def _is_told_in_a_line(compared: Compared) -> bool:
    return compared.all_equal or not compared.has_values


def _width(one: Table) -> int:
    return max(map(len, plain(one).splitlines()[1:]))


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
    unit = " (ms)" if any(word.endswith("_ms") for word in measure.path) else ""
    return table(f"{printable(measure.text)}{unit}", columns, rows, head, "verdict")


def _relative(difference: Difference | None) -> str:
    """The change in per cent of the baseline: ``-28.4 [-28.5, -28.3]``."""
    if difference is None or math.isnan(difference.relative.low):
        return "-"
    relative = difference.relative
    if relative.value == relative.low == relative.high == 0:
        return "0"
    return f"{_signed(relative.value)} [{_signed(relative.low)}, {_signed(relative.high)}]"


def _signed(value: float) -> str:
    percent = value * 100
    return f"{percent:+,.0f}" if abs(percent) >= 100 else f"{percent:+.1f}"


def _notes(comparison: Comparison) -> Iterator[str]:
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
    yield from _as_written(comparison)
    if not comparison.same_time:
        yield (
            "The variants are measured for different lengths of time, so none is called better: counts grow with time, "
            "and of a shorter run more is its cold beginning."
        )


def _as_written(comparison: Comparison) -> Iterator[str]:
    """Of which functions the memory size differs, and the durations stand as if measured at each."""
    functions = [variant.scenario.functions for variant in comparison.variants]
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
        return quantity(compared.measure, estimate.value)
    return interval(compared.measure, estimate)


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
            told.append(
                f"{_factor(least.value)} [{_factor(least.low)}, {_factor(least.high)}] for {compared.measure.text}"
            )
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
