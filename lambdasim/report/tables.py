"""The report's tables, as text in rows: what is shown of a summary, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdasim.report.numbers import milliseconds, number, share, span, usd

Summary = Mapping[str, Any]
Row = tuple[str, ...]
QUANTILES = ("mean", "p50", "p90", "p95", "p99", "p99.9", "max")
MEASURES = {
    "latency_ms": "latency",
    "duration_ms": "duration",
    "billed_duration_ms": "billed",
    "init_duration_ms": "init",
    "cold_start_ms": "cold start",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the columns' names, and rows; a column whose name is in ``texts`` holds words, others numbers."""

    title: str
    columns: Row
    rows: Sequence[Row]
    texts: frozenset[str]


def tables(summary: Summary, *, most: int | None = None) -> list[Table]:
    """All tables that have something to show; ``most`` keeps them to the functions that were offered most events."""
    functions = _busiest(summary["functions"], most)
    triggers = summary["triggers"]
    made = [
        _functions(functions, span(summary)),
        _environments(functions),
        _starts(functions),
        _throttles(functions),
        _milliseconds(functions),
        _triggers(triggers),
        _journeys(triggers),
        _bill(functions, summary),
        _thresholds(summary["thresholds"]),
    ]
    return [table for table in made if table.rows]


def _busiest(functions: Summary, most: int | None) -> Summary:
    """The functions with the most events, in the scenario's order."""
    if most is None or len(functions) <= most:
        return functions
    chosen = sorted(functions, key=lambda name: functions[name]["events"], reverse=True)[:most]
    return {name: function for name, function in functions.items() if name in chosen}


def _functions(functions: Summary, length: str) -> Table:
    counts = {
        name: {
            "events": f["events"],
            "runs": f["invocations"],
            "errors": f["errors"],
            "timeouts": f["timeouts"],
            "throttled": f["throttles"]["total"],
            "failed": f["final_failures"]["total"],
            "in flight": f["in_flight"],
            "cold starts": f["cold_starts"],
        }
        for name, f in functions.items()
    }
    rarely = ("timeouts", "in flight")
    columns = [name for name in next(iter(counts.values())) if name not in rarely or _seen(name, counts)]
    rows = [
        (name, *(number(row[column]) for column in columns), share(functions[name]["cold_start_rate"]))
        for name, row in counts.items()
    ]
    return _table(f"Functions over {length}", ("function", *columns, "cold rate"), rows, "function")


def _seen(column: str, rows: Mapping[str, Mapping[str, int]]) -> bool:
    return any(row[column] for row in rows.values())


def _environments(functions: Summary) -> Table:
    columns = ("function", "created", "mean", "max", "mean idle", "mean concurrency", "max concurrency")
    rows = [
        (
            name, *(number(f["environments"][key]) for key in ("created", "mean", "max", "mean_idle")),
            *(number(f["concurrency"][key]) for key in ("mean", "max")),
        )
        for name, f in functions.items()
        if f["environments"]["max"]
    ]  # fmt: skip
    return _table("Environments, and concurrent executions", columns, rows, "function")


def _starts(functions: Summary) -> Table:
    """A column for each kind of start, and each cause of a cold one, that was seen at all."""
    counts = {
        name: {
            **{kind: n for kind, n in f["start_types"].items() if kind != "cold"},
            **{f"cold: {cause}": n for cause, n in f["cold_start_causes"].items()},
        }
        for name, f in functions.items()
    }
    seen = [kind for kind in next(iter(counts.values())) if _seen(kind, counts)]
    rows = [(name, *(number(row[kind]) for kind in seen)) for name, row in counts.items() if any(row.values())]
    columns = ("function", *(kind.replace("_", " ") for kind in seen))
    return _table("How runs started, and why some were cold", columns, rows, "function")


def _throttles(functions: Summary) -> Table:
    rows = [
        (name, reason, number(attempts))
        for name, f in functions.items()
        for reason, attempts in f["throttles"]["by_reason"].items()
    ]
    return _table("Throttles", ("function", "reason", "attempts"), rows, "function", "reason")


def _milliseconds(functions: Summary) -> Table:
    rows = [
        (name, what, *_spread(f[key]))
        for name, f in functions.items()
        for key, what in MEASURES.items()
        if f[key]["max"] is not None
    ]
    return _table("Milliseconds", ("function", "what", *QUANTILES), rows, "function", "what")


def _triggers(triggers: Summary) -> Table:
    columns = ("trigger", "type", "events", "attempts", "retries", "client gone", "answers by status")
    rows = [
        (
            name, t["type"], number(t["events"]), number(t["attempts"]), number(t["retries"]), number(t["client_gone"]),
            ", ".join(f"{status}: {count:,}" for status, count in t["status_codes"].items()),
        )
        for name, t in triggers.items()
    ]  # fmt: skip
    return _table("Triggers", columns, rows, "trigger", "type", "answers by status")


def _journeys(triggers: Summary) -> Table:
    rows = [
        (name, number(t["users"]), number(t["completed"]), *_spread(t["journey_ms"]))
        for name, t in triggers.items()
        if "journey_ms" in t
    ]
    return _table("Journeys, in milliseconds", ("trigger", "users", "completed", *QUANTILES), rows, "trigger")


def _spread(values: Summary) -> Iterator[str]:
    return (milliseconds(values[quantile]) for quantile in QUANTILES)


def _bill(functions: Summary, summary: Summary) -> Table:
    total = summary["total"]
    rows = [
        (name, line["item"], number(line["quantity"]), line["unit"], f"{line['usd']:,.6f}")
        for name, f in functions.items()
        for line in f["cost_usd"]["lines"]
    ]
    title = f"Bill of {span(summary)}: {usd(total['cost_usd'])}; of a month like it: {usd(total['cost_usd_per_month'])}"
    return _table(title, ("function", "item", "quantity", "unit", "USD"), rows, "function", "item", "unit")


def _thresholds(thresholds: Iterable[Summary]) -> Table:
    rows = [
        (
            threshold["text"],
            share(threshold["value"]) if threshold["text"].rstrip().endswith("%") else number(threshold["value"]),
            "ok" if threshold["ok"] else "FAILED",
        )
        for threshold in thresholds
    ]
    return _table("Thresholds", ("threshold", "value", "result"), rows, "threshold", "result")


def _table(title: str, columns: Row, rows: Sequence[Row], *texts: str) -> Table:
    return Table(title, columns, rows, frozenset(texts))
