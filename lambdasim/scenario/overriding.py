"""Blocks of which the user writes only what differs from another block: any of its keys, none required."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, create_model, model_validator
from pydantic_core import core_schema

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.wording import problem_at, problem_inside

B = TypeVar("B", bound=Block)


class Overrides(Block):
    """Keys that replace those of the block ``replaced``; ``elsewhere`` says of some why they can't stand here."""

    replaced: ClassVar[type[Block]]
    elsewhere: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _belongs_here(cls, data: Any) -> Any:
        for key in data if isinstance(data, Mapping) else ():
            if key in cls.elsewhere:
                raise problem_at(cls.elsewhere[key], key)
        return data


def overrides_of(
    name: str,
    description: str,
    block: type[Block],
    elsewhere: Mapping[str, str],
    merged: Mapping[str, type[Overrides]] | None = None,
) -> type[Overrides]:
    """The class ``name``: the keys of ``block`` that are not ``elsewhere``, with what it says of them.

    A block below is replaced whole, unless ``merged`` has a class for it: then key by key, too.
    """
    fields: dict[str, Any] = {}
    for field, info in block.model_fields.items():
        if field in elsewhere:
            continue
        told = Field(alias=info.alias)
        below = (merged or {}).get(field)
        kind = Annotated[below, told] if below else Annotated[(info.annotation, *info.metadata, told)]
        fields[field] = (kind, None)
    made = create_model(name, __base__=Overrides, __doc__=description, **fields)
    made.replaced, made.elsewhere = block, elsewhere
    return made


def overridden(block: B, changes: Overrides) -> B:
    """The block with what ``changes`` sets, weighed as a whole: ``ValueError`` if its parts do not agree."""
    update: dict[str, Any] = {}
    for name in changes.model_fields_set:
        value = getattr(changes, name)
        if isinstance(value, Overrides):
            try:
                value = overridden(getattr(block, name), value)
            except ValueError as error:
                raise problem_inside(error, name) from None
        update[name] = value
    whole = block.model_copy(update=update)
    for rule in type(whole).__pydantic_decorators__.model_validators.values():
        if rule.info.mode == "after":
            rule.func(whole)
    return whole


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed: by identity
class Overriding:
    """In a block that is a ``base`` too: the user writes ``changes`` to it, the model holds the whole that this makes.

    ``merge`` makes it, as :func:`overridden` or by way of that.
    """

    base: type[Block]
    changes: type[Overrides]
    merge: Callable[[Any, Overrides], Block]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: validate as the changes, then put them over what was read of the block around."""

        def read(value: Any, inner: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
            changes = inner(value)
            around = {name: info.data[name] for name in self.base.model_fields if name in info.data}
            if len(around) < len(self.base.model_fields):
                return changes  # the block around has a problem of its own, and will not be made
            return self.merge(self.base.model_construct(**around), changes)

        return core_schema.with_info_wrap_validator_function(read, handler.generate_schema(self.changes))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the schema of the changes."""
        return handler(schema["schema"])
