"""Figures as files: SVG and PNG that are the same bytes each time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150


def svg(figure: Figure) -> bytes:
    """The figure as SVG: no date, and names of its parts that hang on nothing but the figure."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to load

    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "lambdasim"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
