"""A drawing: what a figure shows, before it is drawn. Its picture, its words and its table tell the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.display.table import Table
from lambdasim.plots.style import PAPER, look, set_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a figure shows.

    ``title`` says what is drawn of what. ``words`` tell in one to three sentences what there is to see, with its
    numbers, to those who don't see it (the figure's text alternative). ``table`` has the numbers that are drawn, or, of
    thousands of them, those that a reader would read off. ``draw`` draws onto an empty figure of ``size`` (inches), all
    but its title.
    """

    title: str
    words: str
    table: Table
    draw: Callable[[Figure], None]
    size: tuple[float, float] = (7.2, 4.2)

    def figure(self, *, titled: bool = True) -> Figure:
        """The figure, drawn anew in the house's look; without its title where that stands beside it."""
        with look():
            figure = new_figure(*self.size)
            figure.set_label(f"{self.title}. {self.words}")
            self.draw(figure)
            if titled:
                set_title(figure, self.title)
        return figure


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches that belongs to nobody: pyplot, which keeps figures, is not used."""
    from lambdasim.plots.layout import SettledLayout  # noqa: PLC0415 - slow to load
    from lambdasim.plots.shown import ShownFigure  # noqa: PLC0415

    return ShownFigure(figsize=(width, height), layout=SettledLayout(), facecolor=PAPER)
