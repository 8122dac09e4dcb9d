"""A Figure that a notebook shows by itself: matplotlib has that only of figures that pyplot keeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lambdasim.plots.saving import UNDATED, png, saving

_DPI = 100  # a figure is then as wide as a notebook's column


class ShownFigure(Figure):
    """A Figure, and what IPython asks of what it shows: the picture, and in words its label, a text alternative."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """See matplotlib; in the house's look whatever the user's settings, and the same bytes each time."""
        ending = Path(fname).suffix[1:] if isinstance(fname, (str, os.PathLike)) else ""
        undated = UNDATED.get(options.get("format") or ending or "png", {})
        with saving():
            super().savefig(fname, **options | {"metadata": undated | (options.get("metadata") or {})})

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        return png(self, _DPI), {"alt": self.get_label()}

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self) if cycle else str(self.get_label()) or repr(self))
