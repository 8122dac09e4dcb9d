"""How figures look: the colours, the marks that stand beside colour, and the size of things.

Colours are Okabe and Ito's, which people with any kind of colour vision can tell apart; none stands alone: a line has
its dashes and its marker too, an area its hatch.

References:
    M. Okabe, K. Ito, Color Universal Design (2008), https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, YELLOW = "#E69F00", "#56B4E9", "#CC79A7", "#F0E442"
INK: Final = "#1b1b1b"
"""Text, axes and limits. Nothing else has this colour, so that a page can give it its own (light on dark)."""
PAPER: Final = "#fefefe"
"""What stands for the ground between areas, such as a marker's inside; likewise."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How one series is told from the others, with colour and without."""

    color: str
    marker: str
    dashes: tuple[float, ...] | None
    hatch: str


SERIES = (
    Mark(BLUE, "o", None, ""),
    Mark(VERMILLION, "s", (5, 2), "////"),
    Mark(GREEN, "^", (1, 1.5), "...."),
    Mark(ORANGE, "D", (7, 2, 1, 2), "xxxx"),
    Mark(SKY, "v", (3, 1), "\\\\\\\\"),
    Mark(PURPLE, "P", (9, 3), "++++"),
    Mark(YELLOW, "X", (2, 3), "oooo"),
)
"""The series of a figure, in order; after the last they begin anew."""
WARM, COLD = SERIES[0], SERIES[1]


def mark(number: int) -> Mark:
    """The mark of a figure's series ``number``, from 0 on."""
    return SERIES[number % len(SERIES)]


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches that belongs to nobody: pyplot, which keeps figures, is not used."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def dress(axes: Axes) -> None:
    """Give axes the house's look: ink for what is written, a faint grid behind, no frame above and at the right."""
    axes.set_facecolor("none")
    axes.grid(visible=True, color=INK, alpha=0.15, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(INK)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)
