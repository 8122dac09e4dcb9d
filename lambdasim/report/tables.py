"""The report's tables: of functions, of triggers, of money, of what was demanded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lambdasim.display.numbers import number, share, span, usd
from lambdasim.display.table import QUANTILES, Summary, Table, spread, table
from lambdasim.report.change_tables import changes_table, downstream_table
from lambdasim.report.theory_table import theory_table
from lambdasim.report.trigger_tables import trigger_tables
from lambdasim.report.version_tables import provisioned_table, version_table

MEASURES = {
    "latency_ms": "latency",
    "duration_ms": "duration",
    "billed_duration_ms": "billed",
    "init_duration_ms": "init",
    "restore_duration_ms": "restore",
    "cold_start_ms": "cold start",
}


def tables(summary: Summary, *, most: int | None = None) -> list[Table]:
    """All tables that have something to show; ``most`` keeps them to the functions that were offered most events."""
    bill, thresholds = _bill(busiest(summary["functions"], most), summary), _thresholds(summary["thresholds"])
    return [*measured_tables(summary, most=most), *(each for each in (bill, thresholds) if each.rows)]


def measured_tables(summary: Summary, *, most: int | None = None) -> list[Table]:
    """Those of what was measured: all but the bill and the thresholds."""
    functions = busiest(summary["functions"], most)
    in_vpc = {name: f["network"] for name, f in functions.items() if "network" in f}
    made = [
        _functions(functions, span(summary)),
        _environments(functions),
        _starts(functions),
        _causes(functions),
        provisioned_table(functions),
        version_table(functions),
        _refused("Throttles", {name: f["throttles"] for name, f in functions.items()}),
        _network(in_vpc),
        _refused("Starts that failed", {name: own["start_failures"] for name, own in in_vpc.items()}),
        _milliseconds(functions),
        *trigger_tables(summary["triggers"]),
        downstream_table(summary["downstream"]),
        changes_table(summary["changes"], most),
        theory_table(summary["theory"], functions),
    ]
    return [each for each in made if each.rows]


def busiest(functions: Summary, most: int | None) -> Summary:
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
            "lost": f["dropped"],
            "dead-lettered": f["dead_lettered"],
            "in flight": f["in_flight"],
            "cold starts": f["cold_starts"],
        }
        for name, f in functions.items()
    }
    rarely = ("timeouts", "lost", "dead-lettered", "in flight")
    columns = [name for name in next(iter(counts.values())) if name not in rarely or _seen(name, counts)]
    rows = [
        (name, *(number(row[column]) for column in columns), share(functions[name]["cold_start_rate"]))
        for name, row in counts.items()
    ]
    return table(f"Functions over {length}", ("function", *columns, "cold rate"), rows, "function")


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
    return table("Environments, and concurrent executions", columns, rows, "function")


def _starts(functions: Summary) -> Table:
    """A column for each kind of start that was seen at all."""
    return _seen_of("start_types", "How runs started", functions)


def _causes(functions: Summary) -> Table:
    """A column for each cause of a cold start that was seen at all."""
    return _seen_of("cold_start_causes", "Why some started cold", functions)


def _seen_of(key: str, title: str, functions: Summary) -> Table:
    counts = {name: function[key] for name, function in functions.items()}
    seen = [kind for kind in next(iter(counts.values())) if _seen(kind, counts)]
    rows = [(name, *(number(row[kind]) for kind in seen)) for name, row in counts.items() if any(row.values())]
    return table(title, ("function", *(kind.replace("_", " ") for kind in seen)), rows, "function")


def _refused(title: str, counts: Mapping[str, Summary]) -> Table:
    """How many attempts of each function Lambda refused, by AWS's reason."""
    rows = [
        (name, reason, number(attempts))
        for name, refused in counts.items()
        for reason, attempts in refused["by_reason"].items()
    ]
    return table(title, ("function", "reason", "attempts"), rows, "function", "reason")


def _network(functions: Mapping[str, Summary]) -> Table:
    rows = [
        (
            name,
            *(number(own[key]) for key in ("interfaces_max", "starts", "waited_for_interface")),
            share(own["waited_for_interface_share"]),
        )
        for name, own in functions.items()
    ]
    columns = ("function", "max interfaces", "starts", "waited for one", "share")
    return table("In the VPC: network interfaces, and starts that waited for one", columns, rows, "function")


def _milliseconds(functions: Summary) -> Table:
    rows = [
        (name, what, *spread(f[key]))
        for name, f in functions.items()
        for key, what in MEASURES.items()
        if f[key]["max"] is not None
    ]
    return table("Milliseconds", ("function", "what", *QUANTILES), rows, "function", "what")


def _bill(functions: Summary, summary: Summary) -> Table:
    total = summary["total"]
    rows = [
        (name, line["item"], number(line["quantity"]), line["unit"], f"{line['usd']:,.6f}")
        for entries in (functions, summary["triggers"], {"account": summary["account"]})
        for name, entry in entries.items()
        for line in entry["cost_usd"]["lines"]
    ]
    owner = "whose"
    title = f"Bill of {span(summary)}: {usd(total['cost_usd'])}; of a month like it: {usd(total['cost_usd_per_month'])}"
    return table(title, (owner, "item", "quantity", "unit", "USD"), rows, owner, "item", "unit")


def _thresholds(thresholds: Iterable[Summary]) -> Table:
    rows = [
        (
            threshold["text"],
            share(threshold["value"]) if threshold["text"].rstrip().endswith("%") else number(threshold["value"]),
            "ok" if threshold["ok"] else "FAILED",
        )
        for threshold in thresholds
    ]
    return table("Thresholds", ("threshold", "value", "result"), rows, "threshold", "result")
