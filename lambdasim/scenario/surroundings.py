"""What a scenario is read in."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationInfo

from lambdasim.parameters.book import Book, load_book


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a scenario is read in: the parameter book, the folder that its files are named from, and its own names.

    ``functions``, ``triggers`` and ``downstream`` are None where the names aren't known; then they aren't checked.
    ``triggers`` has each name with the type that is written for it, whatever that is.
    ``traffic`` is how many times the arrivals that are written come. ``files`` collects the recordings that are read.
    """

    book: Book
    base: Path
    functions: AbstractSet[str] | None = None
    triggers: Mapping[str, Any] | None = None
    downstream: AbstractSet[str] | None = None
    traffic: float = 1.0
    files: list[Path] = field(default_factory=list, compare=False)

    @classmethod
    def of(cls, info: ValidationInfo) -> Surroundings:
        """Those given to the validation, or the plain book and the current folder."""
        return info.context if isinstance(info.context, cls) else cls(load_book(), Path())
