"""Where axes stand in a figure: matplotlib's constrained layout, to the same digit each time."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox

_DIGITS = 7  # of a figure's width and height: far less than a pixel, and far more than rounding errors


class SettledLayout(ConstrainedLayoutEngine):
    """Constrained layout whose places are rounded.

    The last digits of what its solver finds hang on where objects lie in memory; SVG's names of clip paths are made of
    all digits, so that the same figure, drawn twice, was not the same bytes.
    """

    def execute(self, fig: Figure) -> Any:
        """Lay the figure out."""
        found = super().execute(fig)
        for axes in fig.axes:
            if axes.get_in_layout() and axes.get_subplotspec() is not None:
                axes.set_position(Bbox(axes.get_position(original=True).get_points().round(_DIGITS)))
                axes.set_in_layout(True)  # setting a place by hand takes axes out of the layout
        return found
