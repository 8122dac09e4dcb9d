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
    """A title, the columns' names, and rows; a column whose name is in ``texts`` holds words, others numbers.

    ``heads``: so many columns in front say what a row is about; None: all words in front do. ``pictures``: columns of
    words that are sparklines or bars, of which no cell is folded.
    """

    title: str
    columns: Row
    rows: Sequence[Row]
    texts: frozenset[str]
    heads: int | None = None
    pictures: frozenset[str] = frozenset()

    @property
    def first_columns(self) -> int:
        """How many columns say what a row is about."""
        if self.heads is not None:
            return self.heads
        return next((n for n, column in enumerate(self.columns) if column not in self.texts), len(self.columns))


def table(title: str, columns: Row, rows: Sequence[Row], *texts: str) -> Table:
    """A table whose columns ``texts`` hold words."""
    return Table(title, columns, rows, frozenset(texts))


def spread(values: Summary) -> Iterator[str]:
    """The cells below :data:`QUANTILES`."""
    return (milliseconds(values[quantile]) for quantile in QUANTILES)
