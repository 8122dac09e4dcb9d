"""Figures as files: SVG and PNG that are the same bytes each time."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lambdasim.plots.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What matplotlib would write of the day and of itself, taken away, by format."""


def svg(figure: Figure, *, text: bool = False) -> bytes:
    """The figure as SVG: no date, and names of its parts that hang on nothing but the figure.

    ``text``: letters stay text in whatever font is there, in place of outlines that look the same everywhere.
    """
    return _written(figure, "svg", settings={"svg.fonttype": "none" if text else "path"})


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as PNG."""
    return _written(figure, "png", dpi=dpi)


WRITERS: dict[str, Callable[[Figure], bytes]] = {".svg": svg, ".png": png}  # by the ending of a file's name


@contextmanager
def saving(settings: dict[str, Any] | None = None) -> Iterator[None]:
    """The house's look with ``settings`` of matplotlib's on top.

    Letters that the font lacks, as in a label in Chinese, become boxes, which need no warning.
    """
    import matplotlib as mpl  # noqa: PLC0415 - slow to load

    with look(), mpl.rc_context(settings or {}), warnings.catch_warnings():  # type: ignore[arg-type]
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        yield


def _written(figure: Figure, kind: str, settings: dict[str, Any] | None = None, **options: Any) -> bytes:
    from matplotlib.figure import Figure as Plain  # noqa: PLC0415 - slow to load

    file = io.BytesIO()
    with saving(settings):  # the plain way of saving: our figures' own would undo the settings
        Plain.savefig(figure, file, format=kind, metadata=UNDATED[kind], **options)
    return file.getvalue()
