"""Pydantic's errors as problems of the user's file: where, at which path, in words."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from lambdasim.errors import Problem
from lambdasim.scenario.overrides import SOURCE
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


_IN_QUOTES = "; put it in quotes"
Names = Callable[[Path], Iterable[str]]


def message(error: Any, names_at: Names = lambda _: ()) -> str:
    """One of pydantic's errors in words; ``names_at`` lists the keys that are known in the block at a location."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    in_words = _IN_WORDS.get(kind)
    if in_words is not None:
        return in_words(error["loc"], value, context, names_at)
    if kind in _EXPECTED:
        return _of_another_type(kind, value, names_at(error["loc"]))
    return str(error["msg"])


def _of_another_type(kind: str, value: Any, names: Iterable[str]) -> str:
    known = ", ".join(names)
    wanted = _EXPECTED[kind]
    if known and wanted == "a list":
        wanted += " or a mapping"
    remedy = _IN_QUOTES if kind == "string_type" and not isinstance(value, dict | list) else ""
    return f"expected {wanted}, found {found(value)}{remedy}" + (f"; known keys: {known}" if known else "")


def _missing(location: Path, *_: Any) -> str:
    key = location[-1]
    return f"the key {key!r} is required" if isinstance(key, str) else f"value {key + 1} of the list is missing"


def _unknown_key(location: Path, _value: Any, _context: Any, names_at: Names) -> str:
    return f"unknown key {location[-1]!r}; {nearest(location[-1], names_at(location[:-1]))}".removesuffix("; ")


def _no_type(_location: Path, value: Any, *_: Any) -> str:
    if not isinstance(value, dict):
        return f"expected a mapping, found {found(value)}"
    close = difflib.get_close_matches("type", [str(key) for key in value], n=1)
    return "the key 'type' is required" + (f"; did you mean it by {close[0]!r}?" if close else "")


def _not_one_of(_location: Path, value: Any, context: Any, _names_at: Names) -> str:
    allowed = context.get("expected") or context["expected_tags"]
    names = [name.strip().strip("'") for name in allowed.replace(" or ", ", ").split(",")]
    tag = context.get("tag", value)
    hint = nearest(tag, names)
    known = f" known: {', '.join(names)}" if hint.startswith("did") else ""
    return f"{found(tag)} is not known here; {hint}{known}"


_IN_WORDS: dict[str, Callable[[Path, Any, Any, Names], str]] = {
    "lambdasim": lambda _location, _value, context, _names: str(context["message"]),
    "value_error": lambda _location, _value, context, _names: str(context["error"]),
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "invalid_key": lambda location, *_: f"unknown key {location[-1]}; keys are text here",
    "literal_error": _not_one_of,
    "union_tag_invalid": _not_one_of,
    "union_tag_not_found": _no_type,
    "too_short": lambda *_: "needs at least one entry",
    "too_long": lambda _location, value, context, _names: (
        f"has {len(value)} values; at most {context['max_length']} belong here"
    ),
}
_AT_KEY = ("extra_forbidden", "invalid_key")
_OF_A_BLOCK = ("value_error", "lambdasim", "union_tag_not_found")  # what may be wrong for want of a refused key


def problems_of(error: ValidationError, root: Node, names_at: Names) -> list[Problem]:
    """All that pydantic found, each where it stands in the user's file; what was already refused is left out."""
    problems = []
    for one in error.errors(include_url=False):
        kind = one["type"]
        if kind == "too_short" and len(one["input"]) >= one["ctx"]["min_length"]:
            continue  # long enough, but for members that have problems of their own
        path = in_the_file(one["loc"])
        if kind in _OF_A_BLOCK and _lacks_a_refused_key(root, path):
            continue
        at = {"lambdasim": tuple(one["ctx"]["at"]) if kind == "lambdasim" else (), "union_tag_invalid": ("type",)}
        problem = problem_in(
            root,
            path + at.get(kind, ()),
            message(one, names_at),
            whole_path=kind in ("missing", "lambdasim"),
            at_key=kind in _AT_KEY or one["loc"][-1:] == (_KEY,),
        )
        if problem is not None:
            problems.append(_for_a_shell(problem, one["input"]) if problem.file == SOURCE else problem)
    return problems


def _for_a_shell(problem: Problem, value: Any) -> Problem:
    quoted = shlex.quote(f'{problem.path}="{value}"')
    remedy = f"; the shell takes quotes off, so write --set {quoted}"
    return replace(problem, text=problem.text.replace(_IN_QUOTES, remedy))


_KEY = "[key]"  # pydantic's last step where the key of a mapping is at fault


def in_the_file(location: Path) -> Path:
    """Pydantic's location without the names of union members: a trigger's type comes after the trigger's name."""
    if location[:1] == ("triggers",) and len(location) > 2 and location[2] != _KEY:
        location = location[:2] + location[3:]
    return location[:-1] if location[-1:] == (_KEY,) else location


def _as_written(root: Node, path: Path) -> Path:
    """Without the step into a list where its lone entry stands without the list."""
    node: Node | None = root
    steps: list[str | int] = []
    for step in path:
        if step == 0 and node is not None and isinstance(node.data, dict):
            continue
        steps.append(step)
        node = None if node is None else node.child(step)
    return tuple(steps)


def _node_at(root: Node, path: Path) -> tuple[Node, int]:
    """The node that ``path`` leads to, and how many of its steps can be followed."""
    node = root
    for walked, step in enumerate(path):
        below = node.child(step)
        if below is None:
            return node, walked
        node = below
    return node, len(path)


def _lacks_a_refused_key(root: Node, path: Path) -> bool:
    node, _ = _node_at(root, path)
    return any(child.refused for child in node.children.values())


def problem_in(root: Node, path: Path, text: str, *, whole_path: bool, at_key: bool = False) -> Problem | None:
    """A problem with the value at ``path``, placed as far as the path can be followed; None if it was refused before.

    ``whole_path`` names all of the path, even where the file has nothing there; ``at_key`` points at the key.
    """
    path = _as_written(root, path)
    node, walked = _node_at(root, path)
    if node.refused:
        return None
    is_there = walked == len(path)
    place: Place = node.place if is_there and not at_key else node.key_place
    return place.problem(path_text(path if whole_path or is_there else path[:walked]), text)
