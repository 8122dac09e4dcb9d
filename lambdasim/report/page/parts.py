"""Parts that pages share: figures, tables of a bounded length, what a run relied on, what was demanded of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from lambdasim.analysis.contrasts import Contrast
from lambdasim.analysis.telling import with_unit
from lambdasim.analysis.thresholds import Check, Verdict
from lambdasim.analysis.uncertainty import yaml_of
from lambdasim.display.numbers import month_of, number, share, span
from lambdasim.display.table import Table
from lambdasim.errors import FigureError
from lambdasim.plots.catalogue import KINDS
from lambdasim.plots.inline import inline_svg
from lambdasim.report.checks import SIGNS, finding
from lambdasim.report.page.content import Assumption, Assumptions, Bill, Demand, Listed, Owner, Picture, Shown
from lambdasim.result.summary import ASSUMED
from lambdasim.scenario.thresholds import read_threshold

if TYPE_CHECKING:
    from lambdasim.analysis.replicate import Replications
    from lambdasim.result.result import Result
    from lambdasim.scenario.measures import Names
    from lambdasim.scenario.model import Scenario

Summary = Mapping[str, Any]
Entry = TypeVar("Entry")
# A page is for reading, and less than a megabyte whatever the scenario; verbs give all of it.
MOST_ROWS = 60  # of a table, and entries of a list
MOST_VARIANTS = 100  # which is as many as are compared
MOST_ROWS_OF_MEASURES = 1000
MEANINGS = (
    ("H", "high: AWS says so, or it was measured many times"),
    ("M", "medium: a third party says so, or an old copy of AWS's pages"),
    ("L", "low: one weak source, or a dated one"),
    ("A", "assumed: a judgement, with nothing measured behind it"),
    ("U", "unknown: no source was found"),
    ("user", "the scenario says so"),
)
_ADDRESS = re.compile(r"https?://[^\s,;]+")
_KINDS_OF = {Verdict.HOLDS: "ok", Verdict.FAILS: "failed", Verdict.UNDECIDED: "open"}


def pictures_of(subject: Any, of: str) -> list[Picture]:
    """All kinds of figures of a ``run`` or a ``comparison`` that ``subject`` has something for; no two alike."""
    pictures = []
    for kind_name, kind in KINDS.items():
        if kind.of != of:
            continue
        try:
            drawing = kind.drawing(subject)
        except FigureError:
            continue
        name = f"figure-{kind_name}"
        behind = cut(f"{name}-table", drawing.table)
        pictures.append(Picture(name, drawing.title, drawing.words, inline_svg(drawing, name), behind))
    return pictures


def first_of(entries: Sequence[Entry], most: int = MOST_ROWS) -> Listed[Entry]:
    """The first ``most`` entries, and how many more there are."""
    return Listed(entries[:most], max(0, len(entries) - most))


def cut(name: str, table: Table, most: int = MOST_ROWS, verb: str = "run -o") -> Shown:
    """A table's first ``most`` rows, and how many more ``verb`` gives."""
    rows = first_of(tuple(table.rows), most)
    return Shown(name, replace(table, rows=rows.entries), rows.left_out, verb)


def shown(prefix: str, tables: Iterable[Table], most: int = MOST_ROWS) -> list[Shown]:
    """Tables under names that no other has."""
    return [cut(f"{prefix}-{number_}", table, most) for number_, table in enumerate(tables, start=1)]


def bill_of(summary: Summary) -> Bill:
    """The bill line by line, by owner."""
    sections = (summary["functions"], summary["triggers"], {"the account": summary["account"]})
    entries = [(name, entry["cost_usd"]) for section in sections for name, entry in section.items()]
    owners = [
        Owner(
            name,
            [(line["item"], number(line["quantity"]), line["unit"], f"{line['usd']:,.6f}") for line in cost["lines"]],
            f"{cost['total']:,.6f}",
        )
        for name, cost in entries
        if cost["lines"]
    ]
    owners = _dearest(owners, [cost["total"] for _, cost in entries if cost["lines"]])
    total = summary["total"]
    month = f"A month {month_of(summary['simulated_s'] - summary['warm_up_s'])}"
    return Bill(span(summary), owners, f"{total['cost_usd']:,.6f}", month, f"{total['cost_usd_per_month']:,.2f}")


def _dearest(owners: Sequence[Owner], usd: Sequence[float]) -> list[Owner]:
    """The owners that cost most, in their order, and what all others come to."""
    if len(owners) <= MOST_ROWS:
        return list(owners)
    dearest = sorted(range(len(owners)), key=lambda place: -usd[place])[:MOST_ROWS]
    rest = sum(usd) - sum(usd[place] for place in dearest)
    others = Owner(f"{len(owners) - MOST_ROWS:,} others, none of which costs more", [], f"{rest:,.6f}")
    return [*(owners[place] for place in sorted(dearest)), others]


def assumptions_of(result: Result) -> Assumptions:
    """What a run relied on: of results that keep no more, what may well be otherwise."""
    known = result.parameters or result.document["assumptions"]
    entries = [_assumption(entry) for entry in known]
    used = {entry.confidence for entry in entries}
    return Assumptions(
        [entry for entry in entries if entry.confidence in ASSUMED],
        [entry for entry in entries if entry.confidence not in ASSUMED],
        [meaning for meaning in MEANINGS if meaning[0] in used],
    )


def _assumption(entry: Mapping[str, Any]) -> Assumption:
    value, source = entry["value"], entry["source"]
    address = _ADDRESS.search(source)
    return Assumption(
        path=entry["path"],
        value=value if isinstance(value, str) else yaml_of(value),
        unit=entry["unit"],
        source=source,
        link=address[0] if address else None,
        as_of=str(entry.get("as_of", "-")),
        confidence=entry["confidence"],
    )


def demands_of(
    summary: Summary, names: Names, scenario: Scenario | None, replications: Replications | None
) -> tuple[Listed[Demand], str]:
    """Thresholds with their verdicts, and how these were found: over replications where there are any of all measures.

    One run says whether a threshold held in it; replications say how surely it holds.
    """
    if scenario is not None and replications is not None and (checks := _checks(scenario, replications)):
        n, confidence = len(replications.seeds), share(replications.confidence)
        note = (
            f"Over {n} replications. A threshold holds if all of its measure's {confidence} interval is within, "
            "fails if all of it is outside, and is undecided in between."
        )
        return _worst(
            Demand(SIGNS[one.verdict], one.verdict.value, _KINDS_OF[one.verdict], one.threshold.text, finding(one))
            for one in checks
        ), note
    note = "In this one run; replications tell how surely."
    return _worst(_of_one_run(threshold, names) for threshold in summary["thresholds"]), note


def _worst(demands: Iterable[Demand]) -> Listed[Demand]:
    """All in their order, or, of more than a page has, first those that do not hold."""
    every = list(demands)
    return first_of(every if len(every) <= MOST_ROWS else sorted(every, key=lambda demand: demand.kind == "ok"))


def _of_one_run(threshold: Summary, names: Names) -> Demand:
    """A threshold of the summary, with what was found in words as replications have them."""
    text, value = threshold["text"], threshold["value"]
    measure = read_threshold(text, names).measure
    key = measure.path[-1]
    found = f"{key} has no value" if value is None else f"{key} = {with_unit(measure, value)}"
    verdict = Verdict.HOLDS if threshold["ok"] else Verdict.FAILS
    return Demand(SIGNS[verdict], "held" if threshold["ok"] else "failed", _KINDS_OF[verdict], text, found)


def _checks(scenario: Scenario, replications: Replications) -> Sequence[Check]:
    measures = enumerate(replications.measures)
    places = {measure.path: place for place, measure in measures if not isinstance(measure, Contrast)}
    if not all(threshold.measure.path in places for threshold in scenario.thresholds):
        return ()
    return [
        Check.of(threshold, replications.values[:, places[threshold.measure.path]], replications.confidence)
        for threshold in scenario.thresholds
    ]
