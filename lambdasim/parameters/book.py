"""The parameter book: each number taken from the world, with its unit, source, date and confidence.

The numbers lie in the YAML files beside this module. A path such as ``quotas/account/concurrent_executions``
begins with a file (``quotas.yaml``, ``prices/us-east-1.yaml``) and goes on inside it:

* a mapping with ``value`` is an entry: ``{value: 3, unit: s, source: ..., as_of: 2026-06, confidence: H, note: ...}``;
* a number, text, list, ``true``, ``false`` or ``null`` is an entry too, with all else inherited;
* any other mapping is an inner node, and holds entries and inner nodes;
* ``_defaults`` in a node gives unit, source, as_of or confidence to all entries below that do not state their own,
  ``_named`` to those of one name: ``_named: {os: {confidence: M}}``;
* ``_same_as: us-east-1`` copies what that file beside this one has at the same place; source and date become this
  node's defaults, which vouch for the likeness, and confidence the weaker of the two;
* other keys that begin with ``_`` hold YAML anchors, mostly of sources.

The unit says how a value is written where it is no plain number: ``duration`` (a duration or a distribution of one,
in the scenario's language), ``rate`` (``0.176/h``), ``share`` (``5%``), ``date`` (ISO, ``null`` if none is announced),
or the choices themselves (``renewed | not_renewed``). What begins with a thing that is counted (``records per call``)
is a whole number. ``least`` and ``most`` bound what a scenario may set instead: beyond them a run would make no sense,
or never end. ``low`` and ``high``, written as the value is, say between what the truth is taken to lie; of a choice
``alternatives`` lists what it may be instead, one or two of them. Where neither is said, ``sensitivity.yaml`` has a
width for each confidence.

Confidence is H (AWS says so, or much measured), M (third party, or an old copy), L (one weak source, or dated),
A (assumed), U (no source was found), or ``user`` for what a scenario overrides.
"""

from __future__ import annotations

import difflib
import functools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from lambdasim.errors import ParameterError

_FOLDER = Path(__file__).parent
_REGIONS = "prices/"
_MODEL_REGION = "prices/us-east-1"  # the one whose prices are complete, as far as they were found
_FEW = 10  # so many names are listed whole in a message
_COUNTED = (
    "concurrent batches",
    "consumers",
    "datapoints",
    "invocations",
    "lanes",
    "messages",
    "pollers",
    "readers",
    "receives",
    "records",
    "retries",
    "shards",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One entry of the book: a value of the world, and why to believe it. ``value`` is shared: do not change it."""

    path: str
    value: Any
    unit: str
    source: str
    as_of: str
    confidence: str
    note: str = ""
    least: float = -math.inf  # that a scenario may set ...
    most: float = math.inf
    low: Any = None  # between these the truth is taken to lie; None: not said
    high: Any = None
    alternatives: Sequence[Any] = ()  # what a choice may be instead


class Book:
    """The parameters of one simulation: the files' entries, the scenario's overrides, and which of them were used."""

    __slots__ = ("_overrides", "_used")

    def __init__(self, overrides: Mapping[str, Parameter] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._used: dict[str, Parameter] = {}

    def get(self, path: str) -> Parameter:
        """The entry at ``path``, from now on in ``used``; ``ParameterError`` names the nearest if there is none."""
        parameter = self._found(path)
        self._used[path] = parameter
        return parameter

    def value(self, path: str) -> Any:
        """The value of the entry at ``path``; as :meth:`get`."""
        return self.get(path).value

    def peek(self, path: str) -> Any:
        """The value of the entry at ``path``, for a check or a message; as :meth:`get`, but does not count as use."""
        return self._found(path).value

    def has(self, path: str) -> bool:
        """Whether ``path`` leads to an entry or an inner node; does not count as use."""
        return path in self._overrides or _entry(path) is not None or bool(_children(path))

    def names(self, path: str) -> tuple[str, ...]:
        """What lies directly below an inner node, in file order; ``""`` is the root. Does not count as use."""
        names = _children(path)
        if not names:
            raise ParameterError(_nothing_at(path))
        return names

    def _found(self, path: str) -> Parameter:
        parameter = self._overrides.get(path) or _entry(path)
        if parameter is None:
            raise ParameterError(_nothing_at(path))
        return parameter

    def override(self, values: Mapping[str, Any]) -> Book:
        """A new book, nothing of it used yet, where ``values`` (path -> value) stand instead of the files' own.

        A Region's price that the book does not have may be given too, if it has that of us-east-1.
        Raises ``ParameterError`` for any other path that the book does not have, and for a value of another kind.
        """
        overrides = dict(self._overrides)
        for path, value in values.items():
            parameter = _entry(path) or _price_elsewhere(path)
            if parameter is None:
                raise ParameterError(_nothing_at(path))
            if not _fits(parameter, value):
                raise ParameterError(
                    f"{path}: {value!r} does not fit; the book has {parameter.value!r} ({parameter.unit})"
                )
            if why := _out_of_range(parameter, value):
                raise ParameterError(f"{path}: {value!r} {why}")
            own = replace(parameter, value=value, source="scenario", confidence="user", note="")
            overrides[path] = replace(own, low=None, high=None, alternatives=())
        return Book(overrides)

    @property
    def used(self) -> tuple[Parameter, ...]:
        """All entries looked up so far, sorted by path."""
        return tuple(self._used[path] for path in sorted(self._used))


def load_book() -> Book:
    """The book as shipped, nothing of it used yet; a file is read when a path in it is first asked for."""
    return Book()


class _Loader(yaml.CSafeLoader):
    """YAML's safe loader, for which a date is the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@functools.cache
def _files() -> tuple[str, ...]:
    """The book's files as the beginnings of paths: ``prices/us-east-1``, ``quotas``."""
    return tuple(sorted(file.relative_to(_FOLDER).with_suffix("").as_posix() for file in _FOLDER.rglob("*.yaml")))


@functools.cache
def _read(file: str) -> Mapping[str, Parameter]:
    """All entries of one file by their paths, in file order."""
    tree = yaml.load((_FOLDER / f"{file}.yaml").read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  a safe loader
    return dict(_entries(tree, file, file, {}, {}))


def _entries(
    node: Any, file: str, path: str, defaults: Mapping[str, Any], named: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Parameter]]:
    """The entries at and below ``node``, each with what it inherits."""
    if not isinstance(node, dict) or "value" in node:
        own = node if isinstance(node, dict) else {"value": node}
        name = path.rpartition("/")[2]
        yield path, Parameter(**{"path": path, **defaults, **named.get(name, {}), **own})
        return
    defaults = {**defaults, **node.get("_defaults", {})}
    named = {**named, **node.get("_named", {})}
    if "_same_as" in node:
        model = f"{file.rpartition('/')[0]}/{node['_same_as']}"
        place = model + path.removeprefix(file)
        for found, entry in _read(model).items():
            if f"{found}/".startswith(f"{place}/"):
                copied = replace(entry, **{**defaults, "path": file + found.removeprefix(model)})
                yield (
                    copied.path,
                    replace(copied, confidence=max(entry.confidence, copied.confidence, key="HMLAU".index)),
                )
    for name, child in node.items():
        if not name.startswith("_"):
            yield from _entries(child, file, f"{path}/{name}", defaults, named)


def _file_of(path: str) -> str | None:
    """The file that ``path`` begins with, if there is one."""
    words = path.split("/")
    return next((file for file in (words[0], "/".join(words[:2])) if file in _files()), None)


def _entry(path: str) -> Parameter | None:
    file = _file_of(path)
    return None if file is None else _read(file).get(path)


def _price_elsewhere(path: str) -> Parameter | None:
    """What us-east-1 has in the place of a Region's price that the book lacks: the form that a given one takes."""
    file = _file_of(path)
    if file is None or not file.startswith(_REGIONS):
        return None
    model = _entry(_MODEL_REGION + path.removeprefix(file))
    return None if model is None else replace(model, path=path)


@functools.cache
def _children(path: str) -> tuple[str, ...]:
    """The names directly below ``path``, in file order; none if it is an entry, or nothing."""
    file = _file_of(path)
    known: Iterable[str] = _files() if file is None else _read(file)
    prefix = f"{path}/" if path else ""
    return tuple(dict.fromkeys(name[len(prefix) :].split("/")[0] for name in known if name.startswith(prefix)))


def _nothing_at(path: str) -> str:
    """Says that there is no entry at ``path``: how far it leads, and what is there instead."""
    if below := _children(path):
        return f"the parameter book has more than one value at {path!r}: {_list(below)}"
    words = path.split("/")
    depth = next(depth for depth in reversed(range(len(words))) if _children("/".join(words[:depth])))
    ancestor = "/".join(words[:depth])
    if _entry(f"{ancestor}/{words[depth]}"):
        return f"the parameter book has no {path!r}: nothing lies below the value at {ancestor}/{words[depth]}"
    siblings = _children(ancestor)
    near = difflib.get_close_matches(words[depth], siblings, n=5, cutoff=0.5) if len(siblings) > _FEW else []
    what = f"nearest there: {', '.join(near)}" if near else f"there is: {_list(siblings)}"
    return f"the parameter book has no {path!r}: no {words[depth]!r} in {ancestor or 'the book'}; {what}"


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _fits(parameter: Parameter, value: Any) -> bool:
    """Whether ``value`` is of the kind that stands at ``parameter``; what a distribution says is read elsewhere."""
    match parameter.unit:
        case "duration":
            return isinstance(value, str | Mapping)
        case "share":
            return isinstance(value, str) or _alike(0.5, value)
        case "date":
            return value is None or _is_date(value)
        case choices if " | " in choices:
            return value in choices.split(" | ")
        case unit if unit.startswith("USD per ") and isinstance(parameter.value, list):
            return _alike(0.5, value) or _alike(parameter.value, value)  # one price instead of tiers
    return _alike(parameter.value, value)


def _out_of_range(parameter: Parameter, value: Any) -> str:
    """Why a number that is of the right kind can't stand at ``parameter``; empty if it can."""
    if not isinstance(value, int | float):
        return ""
    if not isinstance(value, int) and is_counted(parameter.unit):
        return f"is no whole number ({parameter.unit})"
    if value < parameter.least:
        return f"is below {parameter.least:g} ({parameter.unit}), the least that can be simulated"
    if value > parameter.most:
        return f"is above {parameter.most:g} ({parameter.unit}), the most that can be simulated"
    return ""


def is_counted(unit: str) -> bool:
    """Whether a unit says how many of something there are, and not how many in a time."""
    return unit.startswith(_COUNTED) and "/" not in unit and not unit.endswith(("per minute", "per month"))


def _alike(model: Any, value: Any) -> bool:
    """Whether two values have one shape: numbers (0 or more), texts, lists of like items, mappings of the same keys.

    A number may go down to the model's (-1 that stands for "never"); a key for nothing, as the last tier's
    ``up_to: null``, may be left out.
    """
    if isinstance(model, bool) or isinstance(value, bool):
        return isinstance(model, bool) and isinstance(value, bool)
    match model:
        case int() | float():
            return isinstance(value, int | float) and min(0, model) <= value < math.inf
        case dict():
            return (
                isinstance(value, Mapping)
                and {key for key in model if model[key] is not None} <= value.keys() <= model.keys()
                and all(_alike(model[key], value[key]) for key in value)
            )
        case list():
            return isinstance(value, list) and _alike_lists(model, value)
        case None:
            return value is None
    return isinstance(value, str)


def _alike_lists(model: list[Any], value: list[Any]) -> bool:
    """Whether each item is like one of the model's; of tiers there is at least one."""
    enough = bool(value) or not any(isinstance(item, dict) for item in model)
    return enough and all(any(_alike(item, found) for item in model) for found in value)


def _is_date(text: Any) -> bool:
    try:
        date.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True
