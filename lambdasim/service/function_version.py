"""A function version as the engine runs it: the scenario's function, resolved against the parameter book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.scenario.targets import LATEST
from lambdasim.service.cold_start import ColdStartModel, cold_start_model
from lambdasim.service.handler import HandlerModel, handler_model
from lambdasim.service.restore import RestoreModel, restore_model

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.functions import Configuration
    from lambdasim.service.attachments import Attachment


@dataclass(slots=True, eq=False)
class FunctionVersion:
    """One version of one function: an environment belongs to one version.

    ``index`` counts the versions of all functions (Header.versions), ``function`` the functions (Header.functions).
    """

    index: int
    function: int
    name: str  # the function's
    version: str  # $LATEST, or a number
    handler: HandlerModel
    cold_start: ColdStartModel
    restore: RestoreModel | None  # of a published version with SnapStart
    first_call_us: int  # what an environment's first call takes beyond a warm one
    book: Book
    attachment: Attachment | None = None  # how its environments reach the VPC, if they do

    @property
    def label(self) -> str:
        """The function's name, with the version if it is a published one: a key for what belongs to one version."""
        return self.name if self.version == LATEST else f"{self.name}:{self.version}"

    @property
    def failed_init_billed(self) -> bool:
        """Whether an Init that was cut off is billed; asked only when it happens, so that it is an assumption then."""
        billed: bool = self.book.value("billing/failed_init_billed")
        return billed


def function_version(
    index: int, function_index: int, name: str, version: str, function: Configuration, book: Book
) -> FunctionVersion:
    """Resolve a version's settings; what they do not say comes from the book (``ParameterError`` if missing)."""
    handler = handler_model(function, book)
    restore = None if version == LATEST else restore_model(function, book)
    restored_call_us = None if restore is None else restore.first_call_us
    return FunctionVersion(
        index=index,
        function=function_index,
        name=name,
        version=version,
        handler=handler,
        cold_start=cold_start_model(function, book),
        restore=restore,
        first_call_us=handler.first_call_us if restored_call_us is None else restored_call_us,
        book=book,
    )
