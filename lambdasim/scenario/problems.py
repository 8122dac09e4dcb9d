"""Pydantic's errors as problems of the user's file: where, at which path, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError

from lambdasim.errors import Problem
from lambdasim.scenario.source import Node, Place, path_text
from lambdasim.scenario.wording import found, nearest

Path = tuple[str | int, ...]

_EXPECTED = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "model_attributes_type": "a mapping",
}


def message(error: Any, names_at: Callable[[Path], Iterable[str]] = lambda _: ()) -> str:  # noqa: PLR0911  # one for each kind
    """One of pydantic's errors in words; ``names_at`` lists the keys allowed in the block at a path."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    location: Path = error["loc"]
    if kind == "lambdasim":
        return str(context["message"])
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return f"the key {location[-1]!r} is required"
    if kind == "extra_forbidden":
        return f"unknown key {location[-1]!r}; {nearest(location[-1], names_at(location[:-1]))}".removesuffix("; ")
    if kind == "invalid_key":
        return f"unknown key {location[-1]}; keys are text here"
    if kind in ("literal_error", "union_tag_invalid"):
        return _not_one_of(kind, value, context)
    if kind == "union_tag_not_found":
        return "the key 'type' is required" if isinstance(value, dict) else f"expected a mapping, found {found(value)}"
    if kind in ("too_short", "too_long"):
        return f"needs at {'least' if kind == 'too_short' else 'most'} {context.get('min_length', context.get('max_length'))}"
    if kind in _EXPECTED:
        quotes = (
            "; put it in quotes if text is meant"
            if kind == "string_type" and not isinstance(value, dict | list)
            else ""
        )
        return f"expected {_EXPECTED[kind]}, found {found(value)}{quotes}"
    return str(error["msg"])


def _not_one_of(kind: str, value: Any, context: dict[str, Any]) -> str:
    allowed = context["expected" if kind == "literal_error" else "expected_tags"]
    names = [name.strip().strip("'") for name in allowed.replace(" or ", ", ").split(",")]
    tag = context.get("tag", value)
    hint = nearest(tag, names)
    known = f"; known: {', '.join(names)}" if hint.startswith("did") else ""
    return f"{found(tag)} is not known here; {hint}{known}"


def problems_of(error: ValidationError, root: Node, names_at: Callable[[Path], Iterable[str]]) -> list[Problem]:
    """All that pydantic found, each where it stands in the user's file; what was already refused is left out."""
    problems = []
    for one in error.errors(include_url=False):
        if one["type"] == "too_short" and len(one["input"]) >= one["ctx"]["min_length"]:
            continue  # long enough, but for members that have problems of their own
        path = _without_tags(one["loc"])
        text = message(one, names_at)
        if one["type"] == "lambdasim":
            path += tuple(one["ctx"]["at"])
        problem = problem_in(root, path, text, missing=one["type"] == "missing", at_key=one["type"] in _AT_KEY)
        if problem is not None:
            problems.append(problem)
    return problems


_AT_KEY = ("extra_forbidden", "invalid_key")


def _without_tags(location: Path) -> Path:
    """Pydantic's location without the names of union members: a trigger's comes after the trigger's name."""
    return location[:2] + location[3:] if location[:1] == ("triggers",) and len(location) > 2 else location


def problem_in(root: Node, path: Path, text: str, *, missing: bool = False, at_key: bool = False) -> Problem | None:
    """A problem with the value at ``path``; as far as the path can be followed. None if it was refused already."""
    node, walked = root, 0
    for step in path:
        below = node.child(step)
        if below is None:
            break
        node, walked = below, walked + 1
        if node.refused:
            return None
    whole = walked == len(path)
    place: Place = node.place if whole and not at_key else node.key_place
    return place.problem(path_text(path if missing or whole else path[:walked]), text)
