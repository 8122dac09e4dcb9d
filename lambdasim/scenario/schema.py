"""The scenario's JSON Schema, for editors and for messages that name the keys that are known."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core.core_schema import ModelSchema

from lambdasim.scenario.model import Scenario
from lambdasim.scenario.overriding import Overrides

_DRAFT = "http://json-schema.org/draft-07/schema#"
_REF = "#/definitions/"
_LEFT_OUT = ("title", "discriminator", "default")
_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
}


class _Generator(GenerateJsonSchema):
    """Quiet about defaults that are no JSON: :func:`_shows` says which defaults are shown.

    It takes docstrings of attributes for descriptions. Pydantic would read these at each start, for 0.2 s.
    """

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"non-serializable-default"}  # noqa: RUF012  # as in pydantic

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """Pydantic: the schema of a block."""
        made, block = super().model_schema(schema), schema["cls"]
        docstrings = _docstrings_of(block.replaced if issubclass(block, Overrides) else block)
        for name in block.model_fields.keys() & docstrings.keys():
            made["properties"][block.model_fields[name].alias or name]["description"] = docstrings[name]
        return made


def _docstrings_of(block: type[BaseModel]) -> dict[str, str]:
    """The docstrings of a block's attributes, by their names; those of its bases included."""
    blocks = block.__mro__[: block.__mro__.index(BaseModel)]
    documented = [_docstrings_in(each.__module__).get(each.__name__, {}) for each in reversed(blocks)]
    return {name: text for each in documented for name, text in each.items()}


@functools.cache
def _docstrings_in(module: str) -> dict[str, dict[str, str]]:
    """The texts below the attributes of a module's classes, by class and attribute."""
    classes = [
        node for node in ast.parse(inspect.getsource(sys.modules[module])).body if isinstance(node, ast.ClassDef)
    ]
    return {
        node.name: {
            attribute.target.id: inspect.cleandoc(below.value.value)
            for attribute, below in pairwise(node.body)
            if isinstance(attribute, ast.AnnAssign)
            and isinstance(attribute.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        }
        for node in classes
    }


def json_schema() -> dict[str, Any]:
    """Draft 7, as yaml-language-server reads it: a new dict at each call."""
    schema = Scenario.model_json_schema(by_alias=True, ref_template=_REF + "{model}", schema_generator=_Generator)
    definitions = schema.pop("$defs")
    short = {_REF + name: _REF + definition["title"] for name, definition in definitions.items()}
    drafted: dict[str, Any] = {"$schema": _DRAFT, "title": "lambdasim scenario", **_drafted(schema, short)}
    named = {definition["title"]: _drafted(definition, short) for definition in definitions.values()}
    drafted["definitions"] = dict(sorted(named.items()))
    return drafted


def _drafted(node: Any, short: Mapping[str, str]) -> Any:
    """Draft 2020-12, as pydantic writes it, to draft 7; without null, titles and defaults in inner units.

    ``short`` maps references to the names that definitions get here.
    """
    if isinstance(node, list):
        return [_drafted(item, short) for item in node]
    if not isinstance(node, dict):
        return short.get(node, node) if isinstance(node, str) else node
    drafted: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            drafted[key] = {name: _drafted(child, short) for name, child in value.items()}
        elif key == "anyOf":
            options = [_drafted(option, short) for option in value if option != {"type": "null"}]
            drafted |= {key: options} if len(options) > 1 else options[0]
        elif key not in _LEFT_OUT:
            drafted["items" if key == "prefixItems" else key] = _drafted(value, short)
    if _shows(node.get("default"), drafted):
        drafted["default"] = node["default"]
    return _closed(drafted)


def _closed(drafted: dict[str, Any]) -> dict[str, Any]:
    """Names of another form are refused; and a $ref stands alone, for draft 7 ignores what stands beside it."""
    if "patternProperties" in drafted:
        drafted["additionalProperties"] = False
    if "$ref" in drafted and len(drafted) > 1:
        drafted["allOf"] = [{"$ref": drafted.pop("$ref")}]
    return drafted


def _shows(default: Any, drafted: dict[str, Any]) -> bool:
    """Whether a default is written as the user would write it."""
    allowed = _TYPES.get(drafted.get("type", ""), ())
    return isinstance(default, allowed) and (isinstance(default, bool) == (bool in allowed)) and default != ""


@functools.cache
def _shared_schema() -> dict[str, Any]:
    return json_schema()


def names_at(location: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys known in the block at ``location``, which is pydantic's: a trigger's name is followed by its type."""
    return tuple(dict.fromkeys(name for schema in schemas_at(location) for name in schema.get("properties", ())))


def schemas_at(location: tuple[str | int, ...]) -> list[dict[str, Any]]:
    """What the schema says of the value at ``location``, as :func:`names_at`: one schema for each form it may take."""
    schemas = [_shared_schema()]
    for step in location:
        schemas = [below for schema in schemas for inner in _resolved(schema) for below in _below(inner, step)]
    return [inner for schema in schemas for inner in _resolved(schema)]


def _resolved(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas that ``schema`` stands for."""
    if "$ref" in schema:
        yield from _resolved(_shared_schema()["definitions"][schema["$ref"].removeprefix(_REF)])
        return
    yield schema
    for key in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(key, ()):
            yield from _resolved(option)


def _below(schema: dict[str, Any], step: str | int) -> Iterator[dict[str, Any]]:
    """What the schema says of the value under ``step``; or itself, where ``step`` is its trigger type."""
    properties = schema.get("properties", {})
    if step in properties:
        yield properties[step]
    elif properties.get("type", {}).get("const") == step:
        yield schema
    elif isinstance(step, int) and isinstance(schema.get("items"), dict):
        yield schema["items"]
    else:
        yield from schema.get("patternProperties", {}).values()
        if isinstance(schema.get("additionalProperties"), dict):
            yield schema["additionalProperties"]
