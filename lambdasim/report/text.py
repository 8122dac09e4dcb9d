"""The report for people: the answer in one sentence, then the tables. Reads a summary and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Summary = Mapping[str, Any]
PLAIN_WIDTH = 132  # where there is no terminal to ask


def print_report(summary: Summary) -> None:
    """Print the whole report to standard output: styled on a terminal, plain text elsewhere."""
    from rich.console import Console  # noqa: PLC0415 - rich is only needed here

    terminal = sys.stdout.isatty()
    console = Console(highlight=False) if terminal else Console(highlight=False, width=PLAIN_WIDTH, color_system=None)
    console.print(answer(summary), style="bold" if terminal else "", soft_wrap=True)
    for table in _tables(summary, terminal=terminal):
        if table.row_count:
            console.print()
            console.print(table)
    _print_notes(console, summary)


def answer(summary: Summary) -> str:
    """The run in one sentence: latency, cold starts, throttles and the month's cost.

    The function named is the one that was offered the most events.
    """
    functions = summary["functions"]
    name = max(functions, key=lambda n: functions[n]["events"])
    busiest = functions[name]
    parts = []
    if busiest["latency_ms"]["p99"] is not None:
        parts.append(f"99 % of {name}'s successful calls were answered within {_ms(busiest['latency_ms']['p99'])}")
    if busiest["invocations"]:
        parts.append(f"{_share(busiest['cold_start_rate'])} of its runs met a cold start")
    throttled = busiest["throttles"]["total"]
    parts.append(f"{throttled:,} attempts were throttled" if throttled else "none was throttled")
    if busiest["final_failures"]["total"] and busiest["events"]:
        parts.append(f"{_share(busiest['final_failures']['total'] / busiest['events'])} of its events failed")
    month = summary["total"]["cost_usd_per_month"]
    others = f" (with {len(functions) - 1} more functions)" if len(functions) > 1 else ""
    return f"{'; '.join(parts)}; a month like this would cost {_usd(month)}{others}."


def _tables(summary: Summary, *, terminal: bool) -> Iterable[Table]:
    functions, triggers = summary["functions"], summary["triggers"]
    yield _table(
        f"Functions over {_span(summary)}",
        ("function", "events", "runs", "errors", "timeouts", "throttled", "failed", "in flight", "cold", "max conc.",
         "mean envs", "max envs"),
        (
            (
                name, _n(f["events"]), _n(f["invocations"]), _n(f["errors"]), _n(f["timeouts"]),
                _n(f["throttles"]["total"]), _n(f["final_failures"]["total"]), _n(f["in_flight"]),
                f"{_n(f['cold_starts'])} ({_share(f['cold_start_rate'])})", _n(f["concurrency"]["max"]),
                _n(f["environments"]["mean"]), _n(f["environments"]["max"]),
            )
            for name, f in functions.items()
        ),
        terminal=terminal,
    )  # fmt: skip
    quantiles = ("mean", "p50", "p90", "p95", "p99", "p99.9", "max")
    measures = {
        "latency": "latency_ms",
        "duration": "duration_ms",
        "billed duration": "billed_duration_ms",
        "init duration": "init_duration_ms",
        "cold start": "cold_start_ms",
    }
    yield _table(
        "Milliseconds",
        ("function", "what", *quantiles),
        (
            (name, what, *(_ms(f[key][q], unit=False) for q in quantiles))
            for name, f in functions.items()
            for what, key in measures.items()
            if f[key]["max"] is not None
        ),
        terminal=terminal,
    )
    yield _table(
        "Why environments started cold, and why runs were throttled",
        ("function", "reason", "count"),
        (
            (name, reason, _n(count))
            for name, f in functions.items()
            for reason, count in (*f["cold_start_causes"].items(), *f["throttles"]["by_reason"].items())
            if count
        ),
        terminal=terminal,
    )
    yield _table(
        "Triggers",
        ("trigger", "type", "events", "attempts", "retries", "client gone", "answers by status"),
        (
            (
                name, t["type"], _n(t["events"]), _n(t["attempts"]), _n(t["retries"]), _n(t["client_gone"]),
                ", ".join(f"{code}: {count:,}" for code, count in t["status_codes"].items()),
            )
            for name, t in triggers.items()
        ),
        terminal=terminal,
    )  # fmt: skip
    yield _table(
        f"Bill of {_span(summary)}: {_usd(summary['total']['cost_usd'])}",
        ("function", "item", "quantity", "unit", "USD"),
        (
            (name, line["item"], _n(line["quantity"]), line["unit"], f"{line['usd']:.6f}")
            for name, f in functions.items()
            for line in f["cost_usd"]["lines"]
        ),
        terminal=terminal,
    )
    yield _table(
        "Thresholds",
        ("threshold", "value", "result"),
        ((t["text"], _n(t["value"]), "ok" if t["ok"] else "FAILED") for t in summary["thresholds"]),
        terminal=terminal,
    )


def _print_notes(console: Console, summary: Summary) -> None:
    if summary["warnings"]:
        console.print("\nWarnings")
        for warning in summary["warnings"]:
            console.print(f"  {warning['path']}: {warning['message']} [{warning['code']}]", markup=False)
    if summary["assumptions"]:
        console.print("\nAssumptions (no measurement or no AWS document behind them, or set by the scenario)")
        for entry in summary["assumptions"]:
            text = f"  {entry['path']} = {entry['value']}  ({entry['confidence']}: {entry['source']})"
            console.print(text, markup=False)


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, terminal: bool) -> Table:
    from rich import box  # noqa: PLC0415 - rich is only needed here
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD if terminal else None, pad_edge=False)
    texts = {
        "function",
        "trigger",
        "type",
        "what",
        "reason",
        "item",
        "unit",
        "answers by status",
        "threshold",
        "result",
    }
    for column in columns:
        table.add_column(column, justify="left" if column in texts else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _span(summary: Summary) -> str:
    hours = (summary["simulated_s"] - summary["warm_up_s"]) / 3600
    return f"{hours:.3g} h" if hours >= 1 else f"{hours * 60:.3g} min"


def _n(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _ms(value: float | None, *, unit: bool = True) -> str:
    if value is None:
        return "-"
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text} ms" if unit else text


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.3g} %"


def _usd(value: float) -> str:
    return f"${value:,.2f}" if value >= 1 else f"${value:.4f}"
