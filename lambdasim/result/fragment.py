"""A result as a small HTML table: what a notebook shows for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any


def html(summary: Mapping[str, Any]) -> str:
    """The main figures of each function, and the total, as one ``<table>``; all text is escaped."""
    scenario, total = summary["scenario"]["name"], summary["total"]
    caption = f"{scenario}, seed {summary['seed']}: {total['cost_usd_per_month']:,.2f} USD a month"
    titles = "".join(f"<th>{escape(title)}</th>" for title in ("function", *_COLUMNS))
    rows = [
        f"<tr><th>{escape(name)}</th>"
        + "".join(f"<td>{escape(show(entry))}</td>" for show in _COLUMNS.values())
        + "</tr>"
        for name, entry in summary["functions"].items()
    ]
    return f"<table><caption>{escape(caption)}</caption><tr>{titles}</tr>{''.join(rows)}</table>"


_COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "events": lambda entry: f"{entry['events']:,}",
    "invocations": lambda entry: f"{entry['invocations']:,}",
    "cold starts": lambda entry: _number(entry["cold_start_rate"], ".2%"),
    "throttles": lambda entry: f"{entry['throttles']['total']:,}",
    "failed": lambda entry: f"{entry['final_failures']['total']:,}",
    "lost": lambda entry: f"{entry['dropped']:,}",
    "dead-lettered": lambda entry: f"{entry['dead_lettered']:,}",
    "latency p50 (ms)": lambda entry: _number(entry["latency_ms"]["p50"], ",.1f"),
    "latency p99 (ms)": lambda entry: _number(entry["latency_ms"]["p99"], ",.1f"),
    "concurrency max": lambda entry: f"{entry['concurrency']['max']:,}",
    "cost (USD)": lambda entry: f"{entry['cost_usd']['total']:,.6f}",
}


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
