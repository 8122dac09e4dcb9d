"""A table of the report, as text in rows: what is shown of a summary, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdasim.display.numbers import milliseconds

Summary = Mapping[str, Any]
Row = tuple[str, ...]
QUANTILES = ("mean", "p50", "p90", "p95", "p99", "p99.9", "max")


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the columns' names, and rows; a column whose name is in ``texts`` holds words, others numbers."""

    title: str
    columns: Row
    rows: Sequence[Row]
    texts: frozenset[str]


def table(title: str, columns: Row, rows: Sequence[Row], *texts: str) -> Table:
    """A table whose columns ``texts`` hold words."""
    return Table(title, columns, rows, frozenset(texts))


def spread(values: Summary) -> Iterator[str]:
    """The cells below :data:`QUANTILES`."""
    return (milliseconds(values[quantile]) for quantile in QUANTILES)


def plain(table: Table) -> str:
    """The table without styles: its title, then one line a row, columns aligned, nothing cut off or folded."""
    widths = [max(map(len, cells)) for cells in zip(table.columns, *table.rows, strict=True)]
    lines = []
    for row in (table.columns, *table.rows):
        cells = (
            cell.ljust(width) if column in table.texts else cell.rjust(width)
            for cell, width, column in zip(row, widths, table.columns, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join((table.title, *lines))
