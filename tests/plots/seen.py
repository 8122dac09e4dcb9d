"""What a figure shows, read back from its artists."""

from __future__ import annotations

from typing import Any

from lambdasim.display.table import Table


def curve(axes: Any, label: str) -> tuple[list[float], list[float]]:
    """The line whose label begins with ``label``."""
    line = next(line for line in axes.get_lines() if str(line.get_label()).startswith(label))
    return list(line.get_xdata()), list(line.get_ydata())


def cues(axes: Any) -> list[tuple[Any, ...]]:
    """How each labelled series is told from the others without its colour."""
    handles, labels = axes.get_legend_handles_labels()
    return [_cue(handle) for handle in handles if labels]


def _cue(handle: Any) -> tuple[Any, ...]:
    if hasattr(handle, "get_linestyle") and hasattr(handle, "get_marker"):
        return ("line", str(handle._dash_pattern), handle.get_linewidth(), handle.get_marker())
    patch = handle[0] if hasattr(handle, "__getitem__") else handle
    return ("area", patch.get_hatch())


def column(table: Table, name: str) -> list[str]:
    """A table's column."""
    index = table.columns.index(name)
    return [row[index] for row in table.rows]
