"""What a figure shows, read back from its artists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.colors import to_hex

from lambdasim.display.table import Table
from lambdasim.plots.style import PAPER


def curve(axes: Any, label: str) -> tuple[list[float], list[float]]:
    """The line whose label begins with ``label``."""
    line = next(line for line in axes.get_lines() if str(line.get_label()).startswith(label))
    return list(line.get_xdata()), list(line.get_ydata())


def cues(axes: Any) -> list[tuple[Any, ...]]:
    """How each labelled series is told from the others without its colour."""
    handles, labels = axes.get_legend_handles_labels()
    return [_cue(handle) for handle in handles if labels]


def cues_and_colours(figure: Any) -> Iterator[list[tuple[Any, str]]]:
    """Of each legend of a figure, how each sample is told from the others without its colour, and its colour."""
    legends = [axes.get_legend() for axes in figure.axes]
    for legend in filter(None, [*legends, *figure.legends]):
        yield [(_cue(handle), _colour(handle)) for handle in legend.legend_handles]


def _colour(handle: Any) -> str:
    return to_hex(handle.get_facecolor() if hasattr(handle, "get_facecolor") else handle.get_color())


def _cue(handle: Any) -> tuple[Any, ...]:
    if hasattr(handle, "get_linestyle") and hasattr(handle, "get_marker"):
        stroke = None if handle.get_linestyle() == "None" else (str(handle._dash_pattern), handle.get_linewidth())
        is_hollow = to_hex(handle.get_markerfacecolor(), keep_alpha=True) in {
            to_hex("none", keep_alpha=True),
            f"{PAPER}ff",
        }
        return ("line", stroke, handle.get_marker(), is_hollow)
    patch = handle[0] if hasattr(handle, "__getitem__") else handle
    return ("area", patch.get_hatch())


def column(table: Table, name: str) -> list[str]:
    """A table's column."""
    index = table.columns.index(name)
    return [row[index] for row in table.rows]
