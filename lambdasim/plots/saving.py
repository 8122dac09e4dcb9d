"""Figures as files: SVG and PNG that are the same bytes each time."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lambdasim.plots.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150


def svg(figure: Figure, *, text: bool = False) -> bytes:
    """The figure as SVG: no date, and names of its parts that hang on nothing but the figure.

    ``text``: letters stay text in whatever font is there, in place of outlines that look the same everywhere.
    """
    import matplotlib as mpl  # noqa: PLC0415 - slow to load

    file = io.BytesIO()
    with look(), mpl.rc_context({"svg.fonttype": "none" if text else "path"}), _without_letters():
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as PNG."""
    file = io.BytesIO()
    with look(), _without_letters():
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


WRITERS: dict[str, Callable[[Figure], bytes]] = {".svg": svg, ".png": png}  # by the ending of a file's name


@contextmanager
def _without_letters() -> Iterator[None]:
    """Letters that the font lacks, as in a label in Chinese, become boxes, which need no warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        yield
