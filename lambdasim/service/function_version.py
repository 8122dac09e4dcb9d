"""A function version as the engine runs it: the scenario's function, resolved against the parameter book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.service.cold_start import ColdStartModel, cold_start_model
from lambdasim.service.handler import HandlerModel, handler_model

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.functions import Function


@dataclass(frozen=True, slots=True, eq=False)
class FunctionVersion:
    """One version of one function ($LATEST until aliases exist): an environment belongs to one version."""

    index: int
    name: str
    handler: HandlerModel
    cold_start: ColdStartModel
    book: Book

    @property
    def failed_init_billed(self) -> bool:
        """Whether an Init that was cut off is billed; asked only when it happens, so that it is an assumption then."""
        billed: bool = self.book.value("billing/failed_init_billed")
        return billed


def function_version(index: int, name: str, function: Function, book: Book) -> FunctionVersion:
    """Resolve a scenario's function; what it does not say comes from the book (``ParameterError`` if missing)."""
    return FunctionVersion(
        index=index,
        name=name,
        handler=handler_model(function, book),
        cold_start=cold_start_model(function, book),
        book=book,
    )
