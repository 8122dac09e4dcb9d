"""Layers: archives of libraries or a runtime that a Zip function fetches and unpacks beside its package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import SIZE_PATTERN, Size


class Layer(Block):
    """One layer: its size, or `{size: 12 MB, unzipped_size: 40 MB}`."""

    size_mb: Size = Field(alias="size")
    """Its size as it is fetched: zipped, such as 12 MB."""
    unzipped_size_mb: Size | None = Field(default=None, alias="unzipped_size")
    """Its size unzipped; `size` by default."""

    @model_validator(mode="before")
    @classmethod
    def _bare_size(cls, data: Any) -> Any:
        return data if isinstance(data, Mapping) else {"size": data}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: a bare size, or the block."""
        block = handler.resolve_ref_schema(handler(schema))
        told = {key: block.pop(key) for key in ("title", "description")}
        return {**told, "anyOf": [{"type": "string", "pattern": SIZE_PATTERN}, block]}
