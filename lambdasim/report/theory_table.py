"""The report's table of the analytic companion: formulas of queueing theory beside what was simulated."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lambdasim.display.numbers import milliseconds, number, share
from lambdasim.display.table import Row, Summary, Table, table

_COLUMNS = ("function", "formula", "quantity", "theory", "simulated", "std. error", "z", "load", "note")


def theory_table(lines: Iterable[Summary], functions: Collection[str]) -> Table:
    """One line a formula, of these functions; z is by how many standard errors the simulation lies above it."""
    rows: list[Row] = []
    for line in lines:
        if line["function"] not in functions:
            continue
        numbers = (_written(line[key], line["unit"]) for key in ("theory", "simulated", "standard_error"))
        z = "-" if line["z"] is None else f"{line['z']:+.1f}"
        load = number(line["inputs"]["load_erlangs"])
        rows.append((line["function"], line["law"], line["quantity"], *numbers, z, load, line["note"]))
    title = "Beside the formulas of queueing theory (stated arrival rates, measured service times; load in erlangs)"
    shown = len(_COLUMNS) if any(row[-1] for row in rows) else -1  # without a column of notes that says nothing
    kept = [row[:shown] for row in rows]
    return table(title, _COLUMNS[:shown], kept, "function", "formula", "quantity", "note")


def _written(value: float | None, unit: str) -> str:
    if unit == "share":
        return share(value)
    return f"{milliseconds(value)} ms" if unit == "ms" and value is not None else number(value)
