"""YAML text to plain data in which every value knows its place: file, line and column.

libyaml's events are read one by one, so that nothing is expanded before its size is known and no nesting
can exhaust the stack. All that can be found wrong is collected; what is refused is left out of the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import yaml

from lambdasim.errors import Problem
from lambdasim.scenario.scalars import Scalar, read_plain

MAXIMUM_NODES = 1_000_000
MAXIMUM_DEPTH = 100
_SHOWN_STEPS = 12
_MERGE = "<<"
_YAML_TAG = "tag:yaml.org,2002:"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: counted from 1, or no line at all (a value from the command line)."""

    file: str
    line: int | None = None
    column: int | None = None

    def problem(self, path: str, text: str) -> Problem:
        """A problem at this place."""
        return Problem(self.file, self.line, self.column, path, text)


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place; ``children`` hold those of a mapping (by key) or of a list (by index).

    ``size`` and ``height`` count nodes and levels with every alias expanded. ``refused`` marks a value that
    already has its problem.
    """

    data: Any
    place: Place
    key_place: Place
    children: Mapping[str | int, Node] = field(default_factory=dict)
    size: int = 1
    height: int = 1
    refused: bool = False

    def child(self, key: Any) -> Node | None:
        """The value under ``key`` of a mapping, or at an index of a list."""
        return self.children.get(key) if isinstance(key, str | int) else None


def node_of(value: Any, place: Place, key_place: Place, children: Mapping[str | int, Node] | None = None) -> Node:
    """A node from its children: a mapping (``value`` is a dict), a list, or a scalar."""
    if children is None:
        return Node(value, place, key_place)
    live = {key: child for key, child in children.items() if not child.refused}
    data = {key: child.data for key, child in live.items()}
    return Node(
        data if isinstance(value, dict) else list(data.values()),
        place,
        key_place,
        children,
        1 + sum(child.size for child in children.values()),
        1 + max((child.height for child in children.values()), default=0),
    )


def path_text(path: tuple[str | int, ...]) -> str:
    """``("flows", 0, "steps")`` -> ``flows[0].steps``."""
    text = ""
    for step in path[:_SHOWN_STEPS]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text + ("..." if len(path) > _SHOWN_STEPS else "")


class _StopReading(Exception):  # noqa: N818  # control flow, not an error
    """Reading can't go on after the problem just noted."""


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being read."""

    is_mapping: bool
    place: Place
    key_place: Place
    anchor: str | None
    children: dict[str | int, Node] = field(default_factory=dict)
    merged: list[Node] = field(default_factory=list)
    size: int = 1
    key: str | int | None = None  # the key whose value comes next
    key_at: Place | None = None  # where that key stands; None when a key comes next
    skip_value: bool = False  # the key was refused


def compose(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The document in ``text`` (None when it can't be read at all), and everything that is wrong with it."""
    composer = _Composer(file)
    try:
        for event in _events(text):
            composer.take(event)
    except _StopReading:
        composer.root = None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        words = ", ".join(part for part in (error.context, error.problem) if part)
        composer.root = None
        composer.problems.append(place.problem("", f"this is not YAML: {words}"))
    except UnicodeEncodeError as error:
        composer.problems.append(Place(file).problem("", f"this is not text: {error.reason}"))
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        composer.root = None
        composer.problems.append(place.problem("", f"this is not text: {error.reason}"))
    return composer.root, composer.problems


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


class _Composer:
    """Builds nodes from libyaml's events, with an explicit stack in place of recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """One event: a document, a value, or an end."""
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop(event, "a second document begins here; a scenario is one document")
            case yaml.AliasEvent():
                self._add(self._alias(event))
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()

    def _path(self) -> str:
        steps = [len(frame.children) if not frame.is_mapping else frame.key for frame in self._stack]
        return path_text(tuple(step for step in steps if step is not None))

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark is not None else Place(self.file)

    def _note(self, place: Place, text: str) -> None:
        self.problems.append(place.problem(self._path(), text))

    def _stop(self, event: yaml.Event, text: str) -> NoReturn:
        self._note(self._place(event), text)
        raise _StopReading

    def _expects_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key_at is None

    def _key_place(self, place: Place) -> Place:
        return (self._stack[-1].key_at if self._stack else None) or place

    def _is_tagged(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> bool:
        """A tag that is written out is a problem."""
        if event.tag is not None:
            tag = event.tag.replace(_YAML_TAG, "!!")
            self._note(self._place(event), f"the tag {tag} has no meaning in a scenario; remove it")
        return event.tag is not None

    def _alias(self, event: yaml.AliasEvent) -> Node:
        name = event.anchor
        if name not in self._anchors:
            self._stop(event, f"there is no anchor &{name} above this alias")
        node = self._anchors[name]
        if node is None:
            self._stop(event, f"the alias *{name} stands inside its own anchor")
        if self._expects_key():
            self._stop(event, "an alias can't be a key")
        return replace(node, key_place=self._key_place(self._place(event)))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place, is_key = self._place(event), self._expects_key()
        refused = self._is_tagged(event)
        value: Scalar = event.value
        plain = event.implicit[0] and not event.style
        if plain:
            try:
                value = read_plain(event.value)
            except ValueError as error:
                refused = True
                if is_key:
                    self._stack[-1].key = event.value
                    self._note(place, f"readers of YAML disagree about the key {event.value}; put it in quotes")
                else:
                    self._note(place, str(error))
        if is_key:
            self._key(value, place, refused=refused, merges=plain and value == _MERGE)
            return
        if value is None and self._stack:
            refused = True
            self._note(place, "has no value; write one, or leave the key out")
        node = Node(value, place, self._key_place(place), refused=refused)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node)

    def _key(self, key: Any, place: Place, *, refused: bool, merges: bool) -> None:
        frame = self._stack[-1]
        frame.key_at, frame.skip_value = place, refused
        frame.key = key if isinstance(key, str) or type(key) is int else str(key)
        if refused:
            return
        if merges:
            frame.key = _MERGE
        elif frame.key != key:
            frame.skip_value = True
            what = "no text" if key is None else f"{key}, which is no text"
            self._note(place, f"this key reads as {what}; put it in quotes")
        elif frame.key in frame.children:
            frame.skip_value = True
            first = frame.children[frame.key].key_place
            self._note(place, f"the key {key!r} stands here a second time (first on line {first.line}); keep one")

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        place = self._place(event)
        self._is_tagged(event)
        if self._expects_key():
            self._stop(event, "a key is a plain word here, not a list or a mapping")
        if len(self._stack) >= MAXIMUM_DEPTH:
            self._stop(event, f"nested deeper than {MAXIMUM_DEPTH} levels")
        if event.anchor:
            self._anchors[event.anchor] = None
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Frame(is_mapping, place, self._key_place(place), event.anchor))

    def _close(self) -> None:
        frame = self._stack.pop()
        children = frame.children
        if frame.merged:
            children = {key: child for node in reversed(frame.merged) for key, child in node.children.items()}
            children |= frame.children
        node = node_of({} if frame.is_mapping else [], frame.place, frame.key_place, children)
        if frame.anchor:
            self._anchors[frame.anchor] = node
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        if frame.is_mapping and frame.key == _MERGE and not frame.skip_value:
            self._merge(frame, node)
        elif not frame.is_mapping:
            frame.children[len(frame.children)] = node
        elif not frame.skip_value and frame.key is not None:
            frame.children[frame.key] = node
        frame.size += node.size
        self._limit(node)
        frame.key = frame.key_at = None

    def _merge(self, frame: _Frame, node: Node) -> None:
        sources = list(node.children.values()) if isinstance(node.data, list) else [node]
        if all(isinstance(source.data, dict) for source in sources):
            frame.merged += sources
        else:
            self._note(node.place, "<< merges a mapping, or a list of mappings")

    def _limit(self, node: Node) -> None:
        if sum(frame.size for frame in self._stack) > MAXIMUM_NODES:
            self._note(node.key_place, f"the document expands past {MAXIMUM_NODES:,} values; use fewer aliases")
            raise _StopReading
        if len(self._stack) + node.height > MAXIMUM_DEPTH + 1:
            self._note(node.key_place, f"nested deeper than {MAXIMUM_DEPTH} levels")
            raise _StopReading
