"""What functions connect to: databases and other dependencies, and how many connections these bear."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import PositiveWhole, Share


class Downstream(Block):
    """A database, or another dependency that functions connect to."""

    max_connections: PositiveWhole | None = None
    """How many connections it takes; they are only counted by default."""


class Connections(Block):
    """How the function's environments connect to one downstream."""

    to: str
    """The downstream, by its name under `downstream`."""
    per_environment: PositiveWhole = 1
    """Connections that each environment holds, from when it starts until it ends, idle or not; 1 by default."""
    waiting: Share | None = None
    """The share of the handler's waiting that is for this downstream; by default all of it, or equal parts."""


class _OneOrMore:
    """A list, of which a lone entry may stand without it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._as_list, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(schema["schema"])
        return {"anyOf": [listed["items"], listed]}

    @staticmethod
    def _as_list(value: Any) -> Any:
        return [value] if isinstance(value, dict) else value


ConnectionsList = Annotated[tuple[Connections, ...], _OneOrMore()]


def shares_of_waiting(connections: tuple[Connections, ...]) -> dict[str, float]:
    """Which share of a handler's waiting is for which downstream: what is unsaid is shared equally.

    >>> shares_of_waiting((Connections(to="db", waiting=0.5), Connections(to="cache"), Connections(to="search")))
    {'db': 0.5, 'cache': 0.25, 'search': 0.25}
    """
    said = sum(c.waiting for c in connections if c.waiting is not None)
    unsaid = sum(c.waiting is None for c in connections)
    return {c.to: (1 - said) / unsaid if c.waiting is None else c.waiting for c in connections}
