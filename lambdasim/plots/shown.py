"""A Figure that a notebook shows by itself: matplotlib has that only of figures that pyplot keeps."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from lambdasim.plots.saving import png

_DPI = 100  # a figure is then as wide as a notebook's column


class ShownFigure(Figure):
    """A Figure, and what IPython asks of what it shows: the picture, and in words its label, a text alternative."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        return png(self, _DPI), {"alt": self.get_label()}

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self) if cycle else str(self.get_label()) or repr(self))
