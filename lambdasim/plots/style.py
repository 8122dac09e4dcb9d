"""How figures look: the colours, the marks that stand beside colour, the size of things, legends and labels.

Colours are Okabe and Ito's, which people with any kind of colour vision can tell apart; none stands alone: a line has
its dashes and its marker too, an area its hatch. Axes that show time are in :mod:`.scales`.

References:
    M. Okabe, K. Ito, Color Universal Design (2008), https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

from lambdasim.display.folding import folded

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, YELLOW = "#E69F00", "#56B4E9", "#CC79A7", "#F0E442"
INK: Final = "#1b1b1b"
"""Text, axes and limits. Nothing else has this colour, so that a page can give it its own (light on dark)."""
PAPER: Final = "#fefefe"
"""What stands for the ground between areas, such as a marker's inside; likewise."""

TEXT, SMALL, TITLE = 9.5, 8.5, 11.0  # points: labels and legends, ticks and notes, the title
LINE = 1.6  # points: a series' line
_USUAL_IN = 0.7  # inches of numbers beside an axis: what is left for legends has room for them
_HANDLE_IN, _SIGN_IN = 0.6, 0.074  # inches of a legend: a sample with its gaps, a sign of text: nearly

_LOOK: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "axes.titlelocation": "left",
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "figure.titlesize": TITLE,
    "lines.linewidth": LINE,
    "lines.markersize": 5.0,
    "patch.linewidth": 0.6,
    "hatch.linewidth": 0.7,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": False,
    "text.color": INK,
    "text.parse_math": False,  # dollars are dollars
    "axes.edgecolor": INK,
    "svg.hashsalt": "lambdasim",  # names of an SVG's parts hang on nothing but the figure
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How one series is told from the others, with colour and without."""

    color: str
    marker: str
    dashes: tuple[float, ...] | None
    hatch: str

    @property
    def line(self) -> dict[str, Any]:
        """Keywords of a line: ``axes.plot(x, y, **mark.line)``; markers are set apart, as there may be many points."""
        return {"color": self.color, "linewidth": LINE, "linestyle": (0, self.dashes) if self.dashes else "-"}

    @property
    def points(self) -> dict[str, Any]:
        """Keywords of points: ``axes.plot(x, y, **mark.points)``."""
        return {"color": self.color, "marker": self.marker, "linestyle": "none", "markeredgecolor": PAPER}

    @property
    def area(self) -> dict[str, Any]:
        """Keywords of an area, a bar or a box: its colour, and its hatch over it."""
        return {"facecolor": self.color, "hatch": self.hatch or None, "edgecolor": PAPER, "linewidth": 0.6}


SERIES = (
    Mark(BLUE, "o", None, ""),
    Mark(VERMILLION, "s", (5, 2), "////"),
    Mark(GREEN, "^", (1, 1.5), "||||"),
    Mark(ORANGE, "D", (7, 2, 1, 2), "xxxx"),
    Mark(SKY, "v", (3, 1), "\\\\\\\\"),
    Mark(PURPLE, "P", (9, 3), "++++"),
    Mark(YELLOW, "X", (2, 3), "----"),
)
"""The series of a figure, in order; after the last they begin anew. Hatches are of lines: dots weigh 0.3 MB in SVG."""
WARM, COLD, ALL = SERIES[0], SERIES[1], SERIES[2]


def mark(number: int) -> Mark:
    """The mark of a figure's series ``number``, from 0 on."""
    return SERIES[number % len(SERIES)]


@contextmanager
def look() -> Iterator[None]:
    """The house's look while a figure is drawn or saved, whatever settings of matplotlib's the user has."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to load

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_LOOK)  # type: ignore[arg-type]
        yield


def dress(axes: Axes, *, grid: Literal["both", "x", "y", "none"] = "both") -> None:
    """Give axes the house's look: ink for what is written, a faint grid behind, no frame above and at the right.

    ``grid``: "both", "x", "y" or "none": lines across that axis.
    """
    axes.set_facecolor("none")
    if grid != "none":
        axes.grid(visible=True, axis=grid, color=INK, alpha=0.15, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", colors=INK, labelsize=SMALL)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(INK)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)
        text.set_fontsize(TEXT)


def set_title(figure: Figure, text: str) -> None:
    """The figure's title, at its left; a :class:`Drawing` sets its own."""
    wide = max(int(figure.get_figwidth() / (_SIGN_IN * TITLE / SMALL)), 20)
    figure.suptitle("\n".join(folded(text, wide)), x=0.01, ha="left", fontsize=TITLE, color=INK)


def legend(
    axes: Axes, *, handles: Sequence[Artist] | None = None, labels: Sequence[str] | None = None, title: str = ""
) -> None:
    """The legend of all that has a label, above the axes, in as many columns as fit: never over the data."""
    if handles is None or labels is None:
        handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    figure = axes.figure.get_figure(root=True)
    axes.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.3,
        title=title or None,
        **_of_legend(figure, labels, beside=_longest(axes)),
    )


def common_legend(figure: Figure, axes: Axes) -> None:
    """The legend of all that has a label in one of several panels, below them all."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", **_of_legend(figure, labels))


def _longest(axes: Axes) -> float:
    """How many inches the names beside an axis of names take."""
    return max((len(label.get_text()) for label in axes.get_yticklabels()), default=0) * _SIGN_IN


def _of_legend(figure: Figure, labels: Sequence[str], beside: float = 0.0) -> dict[str, Any]:
    """What all legends share: no frame, and as many columns as fit; ``beside`` them are so many inches of names."""
    return {
        "ncols": _columns(labels, figure.get_figwidth() * 0.85 - max(beside - _USUAL_IN, 0)),
        "frameon": False,
        "labelcolor": INK,
        "fontsize": SMALL,
        "alignment": "left",
        "handlelength": 2.8,
        "columnspacing": 1.4,
    }


def _columns(labels: Sequence[str], width: float) -> int:
    """The most columns that fit into ``width`` inches; labels go down the first, then down the next.

    >>> _columns(["a", "b", "c"], 7.0), _columns(["a" * 40, "b", "c"], 7.0), _columns(["a" * 90], 7.0)
    (3, 3, 1)
    >>> _columns(["a" * 20, "b" * 24, "c" * 24, "d" * 24], 6.1)  # not three, of which the second and third are wide
    2
    """
    for columns in range(len(labels), 1, -1):
        rows, fuller = divmod(len(labels), columns)  # the first columns have one more, as matplotlib fills them
        firsts = [column * rows + min(column, fuller) for column in range(columns + 1)]
        longest = [max(map(len, labels[first:after])) for first, after in pairwise(firsts)]
        if sum(_HANDLE_IN + length * _SIGN_IN for length in longest) <= width:
            return columns
    return 1


def shortened(name: str, most: int = 24) -> str:
    """A name that is not longer than ``most`` signs, for a tick or a legend: the middle gives way.

    >>> shortened("orders"), shortened("a-function-with-quite-a-long-name", 16)
    ('orders', 'a-functio...name')
    """
    if len(name) <= most:
        return name
    tail = (most - 3) // 3
    return name[: most - 3 - tail] + "..." + name[len(name) - tail :]
