"""Types of fields whose range, default or names stand in the parameter book, not in code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from lambdasim.parameters.book import Book, load_book
from lambdasim.scenario.quantities import DURATION_SCHEMA, POSITIVE_INSTANT, Quantity
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import found, nearest, problem_at
from lambdasim.units import US_PER_S, format_us, parse_duration_us

_SPAN = Quantity(parse_duration_us, "duration", "'180 s' or '4d'", DURATION_SCHEMA, whole=True)


class FromBook:
    """The default of a field whose default stands in the parameter book."""


FROM_BOOK: Any = FromBook()


def from_book(alias: str | None = None) -> Any:
    """A field whose default stands in the parameter book."""
    return Field(default=FROM_BOOK, validate_default=True, alias=alias)


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class BookNumber:
    """A whole number whose range, and default if it has one, stand in the book under ``path``.

    ``path/minimum``, ``path/maximum`` and ``path/default`` are read where they exist; a path that is itself an
    entry gives the default only, and ``minimum`` is then the least allowed.
    """

    path: str
    unit: str = ""
    minimum: int = 1

    def _bounds(self, book: Book) -> tuple[Any, Any]:
        low, high = f"{self.path}/minimum", f"{self.path}/maximum"
        return (
            book.peek(low) if book.has(low) else self.minimum,
            book.peek(high) if book.has(high) else None,
        )

    def _default(self, book: Book) -> Any:
        default = f"{self.path}/default"
        return round(book.value(default if book.has(default) else self.path))

    def _is_entry(self, book: Book) -> bool:
        return not any(book.has(f"{self.path}/{bound}") for bound in ("minimum", "maximum"))

    def read(self, value: Any, info: ValidationInfo) -> Any:
        """The number, in range; the book's default where none is written."""
        book = Surroundings.of(info).book
        if value is FROM_BOOK:
            value = self._default(book)
            if why := self._out_of_range(value, book):  # a scenario may have set it
                raise problem_at(f"the default of {value} {why}; write the key, or set the default among `parameters`")
            return value
        if type(value) is not int:
            of_what = f" of {self.unit}" if self.unit else ""
            raise ValueError(f"expected a whole number{of_what}, found {found(value)}")
        if why := self._out_of_range(value, book):
            raise ValueError(f"{value} {why}")
        return value

    def _out_of_range(self, value: int, book: Book) -> str:
        """Where a number lies that can't stand here; empty if it can."""
        low, high = self._bounds(book)
        unit = f" {self.unit}" if self.unit else ""
        if high is not None and not low <= value <= high:
            return f"is outside {low} to {high}{unit}"
        return f"is below {low}{unit}" if value < low else ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read by the book."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: range and default of the plain book."""
        book = load_book()
        low, high = self._bounds(book)
        limits = {"minimum": low} | ({"maximum": high} if high is not None else {})
        default = {"default": self._default(book)} if book.has(f"{self.path}/default") or self._is_entry(book) else {}
        return {"type": "integer", **limits, **default}


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class BookSeconds:
    """A duration above zero, whose default stands in the book under ``path``, in seconds."""

    path: str

    def read(self, value: Any, info: ValidationInfo) -> int:
        """Microseconds."""
        if value is FROM_BOOK:
            seconds: float = Surroundings.of(info).book.value(self.path)
            return round(seconds * US_PER_S)
        return round(POSITIVE_INSTANT(value))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read the text."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the pattern."""
        return dict(DURATION_SCHEMA)


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class BookSpan:
    """A duration whose range and default stand in the book below ``path``, in units of ``unit_us`` microseconds."""

    path: str
    unit_us: int = US_PER_S

    def _us(self, units: float) -> int:
        return round(units * self.unit_us)

    def read(self, value: Any, info: ValidationInfo) -> int:
        """Microseconds, in range; the book's default where none is written."""
        book = Surroundings.of(info).book
        if value is FROM_BOOK:
            return self._us(book.value(f"{self.path}/default"))
        span_us = round(_SPAN(value))
        low_us, high_us = (self._us(book.peek(f"{self.path}/{bound}")) for bound in ("minimum", "maximum"))
        if not low_us <= span_us <= high_us:
            raise ValueError(f"{value} is outside {format_us(low_us) if low_us else '0 s'} to {format_us(high_us)}")
        return span_us

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read by the book."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the pattern."""
        return dict(DURATION_SCHEMA)


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class BookName:
    """A name that must be a child of the node ``path`` in the book, such as a runtime or a preset.

    It may also be written with a ``prefix`` that AWS has before it elsewhere.
    """

    path: str
    kind: str
    prefix: str = ""

    def read(self, value: Any, info: ValidationInfo) -> str:
        """The name; ``ValueError`` names its neighbours."""
        names = Surroundings.of(info).book.names(self.path)
        if isinstance(value, str):
            value = value.removeprefix(self.prefix)
        if value not in names:
            raise ValueError(f"{found(value)} is no {self.kind} in the parameter book; {nearest(value, names)}")
        return str(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read by the book."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the names of the plain book."""
        names = load_book().names(self.path)
        return {"type": "string", "enum": [*names, *(self.prefix + name for name in names if self.prefix)]}
