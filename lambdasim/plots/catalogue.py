"""The figures there are, by the names that the command and the page call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from lambdasim.plots.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure: what it shows in a line, what it is drawn of, and who makes its drawing (module:function)."""

    shows: str
    of: str  # "run", "sweep", "comparison" or "costs"
    maker: str

    @property
    def drawing(self) -> Callable[..., Drawing]:
        """The function that makes its drawing; it raises FigureError if there is nothing of the kind."""
        module, _, name = self.maker.partition(":")
        made: Callable[..., Drawing] = getattr(import_module(f"lambdasim.plots.{module}"), name)
        return made


KINDS: dict[str, Kind] = {}
"""In the order in which a page shows them. Figures of a run take a Result first, then keywords."""
