"""A drawing: what a figure shows, before it is drawn. Its picture, its words and its table tell the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.display.table import Table
from lambdasim.plots.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a figure shows.

    ``title`` says what is drawn of what. ``words`` tell in one to three sentences what there is to see, with its
    numbers, to those who don't see it (the figure's text alternative). ``table`` has the numbers that are drawn, or, of
    thousands of them, those that a reader would read off. ``draw`` draws onto an empty figure of ``size`` (inches).
    """

    title: str
    words: str
    table: Table
    draw: Callable[[Figure], None]
    size: tuple[float, float] = (8.0, 4.5)

    def figure(self) -> Figure:
        """The figure, drawn anew."""
        figure = new_figure(*self.size)
        self.draw(figure)
        return figure
