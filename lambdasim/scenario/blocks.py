"""Blocks: the mappings a user writes, as frozen pydantic models that refuse unknown keys.

A :class:`OneOf` is a block with exactly one key, which says of what kind it is. :class:`Built` marks a field for
which the user writes such a block and the model holds the value it builds, such as a distribution.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import core_schema

from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import found, nearest


class Block(BaseModel):
    """A mapping with known keys. Docstrings of attributes become the descriptions in the JSON Schema (see there)."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=False,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
    )


def none_required(schema: dict[str, Any]) -> None:
    """For the JSON Schema of a block whose missing keys are filled in from the parameter book."""
    schema.pop("required")


def _exactly_one(schema: dict[str, Any], block: type[OneOf]) -> None:
    """For the JSON Schema: exactly one key, and those beside it."""
    schema["minProperties"] = schema["maxProperties"] = 1 + len(block.beside)


class OneOf(Block):
    """A block with exactly one of its keys; ``beside`` names those that may stand beside it."""

    model_config = ConfigDict(json_schema_extra=_exactly_one)

    noun: ClassVar[str]
    several: ClassVar[str]  # the kind that is made of others
    scalar: ClassVar[str] = ""  # the kind that a bare scalar stands for
    scalar_schema: ClassVar[Mapping[str, Any]] = {}  # and how the JSON Schema shows that scalar
    instead: ClassVar[str] = ""  # what may stand in place of the mapping, for messages
    beside: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """The keys of which one must be given."""
        return tuple(info.alias or name for name, info in cls.model_fields.items() if name not in cls.beside)

    def build(self, surroundings: Surroundings) -> Any:
        """The value that the block stands for; ``ValueError`` if it makes none."""
        raise NotImplementedError

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        """A bare scalar, a mapping with one kind, or an error that lists what may stand here."""
        kinds = cls.kinds()
        if isinstance(data, Mapping):
            return cls._one(data, kinds)
        if cls.scalar and isinstance(data, str | int | float) and not isinstance(data, bool):
            return {cls.scalar: data}
        forms = f"{cls.instead}, or a mapping with one of: {', '.join(kinds)}"
        raise ValueError(f"expected {forms}; found {found(data)}{cls._hint(data, kinds)}")

    @classmethod
    def _one(cls, data: Mapping[Any, Any], kinds: tuple[str, ...]) -> Mapping[Any, Any]:
        given = [key for key in data if key in kinds]
        unknown = [key for key in data if key not in kinds and key not in cls.beside]
        if len(given) > 1:
            pair = " and ".join(map(repr, given))
            raise ValueError(f"exactly one {cls.noun} may stand here, found {pair}; several go under `{cls.several}`")
        if not given and not unknown:
            raise ValueError(f"no {cls.noun} is given; write one of: {', '.join(kinds)}")
        return data

    @classmethod
    def _hint(cls, data: Any, kinds: tuple[str, ...]) -> str:
        hint = nearest(data, kinds) if isinstance(data, str) else ""
        return f"; {hint}" if hint.startswith("did") else ""

    @property
    def chosen(self) -> tuple[str, Any]:
        """The one key, and what stands under it."""
        fields = type(self).model_fields.items()
        given = ((info.alias or name, getattr(self, name)) for name, info in fields if name not in self.beside)
        return next((name, value) for name, value in given if value is not None)


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class Built:
    """The user writes a ``spec`` block, or one of ``words``; the model holds the value."""

    spec: type[OneOf]
    words: Mapping[str, Any] = field(default_factory=dict)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: validate as the spec, then build."""

        def read(value: Any, inner: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
            if isinstance(value, str) and value in self.words:
                return self.words[value]
            if isinstance(value, str) and (near := difflib.get_close_matches(value, self.words, n=1)):
                raise ValueError(f"{value!r} is not known here; did you mean {near[0]!r}?")
            return inner(value).build(Surroundings.of(info))

        return core_schema.with_info_wrap_validator_function(read, handler.generate_schema(self.spec))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the spec's schema, a bare scalar where one may stand, or a word."""
        inner = handler(schema["schema"])
        options: list[dict[str, Any]] = [{"type": "string", "enum": list(self.words)}] if self.words else []
        if self.spec.scalar:
            options.append(dict(self.spec.scalar_schema))
        return {"anyOf": [*options, inner]} if options else inner
