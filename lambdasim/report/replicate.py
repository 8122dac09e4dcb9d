"""Replications for people and for programs: how sure a scenario's numbers are, and what would make them surer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdasim.analysis.contrasts import Contrast
from lambdasim.analysis.intervals import ALL_EQUAL, ORDER_STATISTICS, Estimate
from lambdasim.analysis.replicate import Replications
from lambdasim.analysis.stationarity import changes_by_design
from lambdasim.analysis.telling import amount, estimate_document, interval, quantity, same_in_all, signed, with_unit
from lambdasim.analysis.warm_up import PILOTS, STATED
from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import month_of, share
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table, table
from lambdasim.errors import printable
from lambdasim.report.contrasts import advice, contrast_told
from lambdasim.scenario.measures import Measure
from lambdasim.units import US_PER_S, format_us

_SCHEMA_VERSION = 1
_MOST_TOLD = 5  # measures in one sentence; of more the foremost
_FOREMOST = 3


def replicate_text(replications: Replications, screen: Screen = PIPE) -> str:
    """The answer in one sentence, then all estimates with their intervals, then what to know of them."""
    told = "\n".join(notes(replications))
    answered = said(answer(replications), screen, style="bold")
    return "\n\n".join((answered, laid_out(estimates_table(replications), screen), said(told, screen, indent=2)))


def answer(replications: Replications) -> str:
    """The measures that matter most, with intervals, and how many more replications would narrow these."""
    pairs = list(zip(replications.measures, replications.estimates, strict=True))
    foremost = _foremost(pairs)
    told = [_told(replications, *pair) for pair in foremost]
    if len(foremost) < len(pairs):
        told.append(f"{len(pairs) - len(foremost)} more below")
    told += advice([(one, estimate) for one, estimate in pairs if isinstance(one, Contrast)])
    return printable(f"{'; '.join(told)} ({_certainty(replications)}).")


def _foremost(pairs: list[tuple[Measure, Estimate]]) -> list[tuple[Measure, Estimate]]:
    """As the user put them; of many, differences, or else those that had a value: percentiles first, the cost last."""
    if len(pairs) <= _MOST_TOLD:
        return pairs
    if contrasts := [pair for pair in pairs if isinstance(pair[0], Contrast)]:
        return contrasts[:_MOST_TOLD]
    known = [pair for pair in pairs if pair[1].n] or pairs
    costs = [pair for pair in known if pair[0].path[-1] == "cost_usd_per_month"][:1]
    others = sorted((pair for pair in known if pair not in costs), key=lambda pair: not pair[0].is_percentile)
    return others[: _FOREMOST - len(costs)] + costs


def _told(replications: Replications, measure: Measure, estimate: Estimate) -> str:
    if not estimate.n:
        return f"no run had a value of {measure.text}"
    if isinstance(measure, Contrast):
        return contrast_told(measure, estimate)
    shown, kind, *_, last = amount(measure, estimate), *measure.path
    if kind == "functions" and measure.path[2] == "latency_ms" and measure.is_percentile:
        return f"{last.removeprefix('p')} % of {measure.path[1]}'s successes come within {shown}"
    if kind == "functions" and measure.path[2:] == ("cold_start_rate",):
        return f"{shown} of {measure.path[1]}'s runs start cold"
    if measure.path == ("total", "cost_usd_per_month"):
        return f"a month {month_of(replications.scenario.measured_s)} costs {interval(measure, estimate)}"
    return f"{measure.text} is {shown}"


def _certainty(replications: Replications) -> str:
    n, confidence = len(replications.seeds), share(replications.confidence)
    of = f"{confidence} intervals, {n} replications"
    if replications.precision is None:
        return f"{of}; {3 * n} more would halve them"
    asked = share(replications.precision)
    if replications.reached:
        return f"{of}, as precise as {asked}"
    slow = max(zip(replications.more, replications.measures, strict=True), key=_slowness)
    if slow[0] is None:
        return f"{of}; {slow[1].text} lies too near 0 to be as precise as {asked}"
    return f"{of}; {slow[1].text} would need about {slow[0]:,} more to be as precise as {asked}"


def _slowness(entry: tuple[int | None, Measure]) -> float:
    return float("inf") if entry[0] is None else entry[0]


def estimates_table(replications: Replications) -> Table:
    """A row for each measure: the estimate, its interval, and how it was found."""
    n, rows = len(replications.seeds), []
    for measure, estimate in zip(replications.measures, replications.estimates, strict=True):
        told = signed if isinstance(measure, Contrast) else quantity
        ends = (told(measure, end) for end in (estimate.low, estimate.high))
        relative = estimate.half_width / abs(estimate.value) if estimate.value else float("nan")
        rows.append(
            (
                measure.text,
                told(measure, estimate.value),
                *ends,
                "-" if relative != relative else share(relative),  # noqa: PLR0124  NaN
                str(estimate.n),
                *_method(estimate),
            )
        )
    columns = ("measure", "estimate", "from", "to", "+-", "runs", "of runs", "method")
    title = f"Estimates ({share(replications.confidence)} intervals, {n} replications)"
    return table(title, columns, rows, "measure", "of runs", "method")


def _method(estimate: Estimate) -> tuple[str, str]:
    if not estimate.n:
        return "-", "-"
    return "median" if estimate.method == ORDER_STATISTICS else "mean", estimate.method


def notes(replications: Replications) -> Iterator[str]:
    """What to know of the intervals, a sentence each."""
    n, sure = len(replications.seeds), share(replications.confidence)
    yield f"Each interval holds the truth in {sure} of such experiments, by itself; seeds {_seeds(replications)}."
    equal = [
        f"{measure.text} = {with_unit(measure, estimate.value)}"
        for measure, estimate in zip(replications.measures, replications.estimates, strict=True)
        if estimate.method == ALL_EQUAL
    ]
    if equal:
        yield same_in_all(n, replications.confidence, equal)
    if any(isinstance(measure, Contrast) for measure in replications.measures):
        yield "A difference is the mean of pairs, run by run; it is shown if its interval leaves out 0."
    for measure, estimate in zip(replications.measures, replications.estimates, strict=True):
        if estimate.n < n:
            yield f"{measure.text}: {estimate.n} of {n} runs had a value; the others count for nothing."
    yield from _warm_up(replications)


def _seeds(replications: Replications) -> str:
    return f"{replications.seeds[0]} to {replications.seeds[-1]}"


def _warm_up(replications: Replications) -> Iterator[str]:
    warm_up = replications.warm_up
    if warm_up.method != STATED:
        series = ", ".join(
            f"{t.series} {format_us(t.warm_up_us) if t.warm_up_us else 'nothing'}" for t in warm_up.truncations
        )
        yield f"Left out: the first {format_us(warm_up.us)}, by MSER-5 on {PILOTS} pilot runs ({series})."
        if warm_up.too_few:
            yield f"Too few events to tell when they settle: {', '.join(warm_up.too_few)}."
    elif warm_up.us:
        yield f"Left out: the first {format_us(warm_up.us)}, as stated."
    elif not changes_by_design(replications.scenario):
        yield "Runs begin without environments, and nothing is left out: --warm-up mser5 finds how much should be."


def replicate_document(replications: Replications) -> dict[str, Any]:
    """Replications as plain values that are strict JSON."""
    scenario, warm_up = replications.scenario, replications.warm_up
    return {
        "schema_version": _SCHEMA_VERSION,
        "scenario": {"name": scenario.name, "sha256": scenario.sha256},
        "replications": len(replications.seeds),
        "confidence": replications.confidence,
        "precision": replications.precision,
        "reached": replications.reached,
        "warm_up": {
            "s": warm_up.us / US_PER_S,
            "method": warm_up.method,
            "series": {
                t.series: None if t.warm_up_us is None else t.warm_up_us / US_PER_S for t in warm_up.truncations
            },
            "too_few": list(warm_up.too_few),
        },
        "measures": [
            {"measure": measure.text, **estimate_document(estimate), "more": more}
            for measure, estimate, more in zip(
                replications.measures, replications.estimates, replications.more, strict=True
            )
        ],
        "runs": [
            {"seed": seed, "values": [None if value != value else value for value in values]}  # noqa: PLR0124  NaN
            for seed, values in zip(replications.seeds, replications.values.tolist(), strict=True)
        ],
    }
