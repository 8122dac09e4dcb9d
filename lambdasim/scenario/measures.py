"""Measures: which number of a run's summary is meant, such as ``checkout.latency_ms.p99``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdasim.scenario.summary_keys import (
    ACCOUNT_KEYS,
    ANY_STATUS,
    ANY_VERSION,
    COUNTED,
    DOWNSTREAM_KEYS,
    FUNCTION_KEYS,
    TOTAL_KEYS,
    TRIGGER_TYPES,
    Keys,
    trigger_keys,
)
from lambdasim.scenario.wording import nearest

_SHARES = ("rate", "share", "utilization")
_NAMED = ("functions", "triggers", "downstream", "versions")  # below these stands a name
_PERCENTILE = re.compile(r"p\d+(\.\d+)?")
_WORD = re.compile(r"p\d+\.\d+|[^.]+")  # a key may contain a dot (p99.9)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of the summary, as the user names it; ``path`` leads there, from the summary's root."""

    text: str
    path: tuple[str, ...]

    def value(self, summary: Mapping[str, Any]) -> float | None:
        """The number; None if the summary doesn't have it, but 0 for what it would count, had it occurred."""
        value: Any = summary
        for above, word in zip(("", *self.path), self.path, strict=False):
            value = value.get(word, 0 if above in COUNTED else None) if isinstance(value, Mapping) else None
        return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)

    @property
    def is_percentile(self) -> bool:
        """Whether it is a percentile, such as p99."""
        return _PERCENTILE.fullmatch(self.path[-1]) is not None

    @property
    def is_share(self) -> bool:
        """Whether it is a share from 0 to 1, such as ``cold_start_rate``."""
        return self.path[-1].endswith(_SHARES) or "utilization" in self.keys

    @property
    def is_money(self) -> bool:
        """Whether it is in USD."""
        return any("usd" in key for key in self.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """The words of the path that are the summary's own: without the names of functions and the like.

        >>> Measure("", ("functions", "usd_in_ms", "latency_ms", "p99")).keys
        ('latency_ms', 'p99')
        """
        keys, words = list[str](), iter(self.path)
        for word in words:
            if word in _NAMED:
                next(words, None)
            else:
                keys.append(word)
        return tuple(keys)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a scenario gives to what a summary speaks of; ``triggers`` with their types, as written.

    Of a trigger whose type is none, any number may be meant.
    """

    functions: Collection[str] = ()
    triggers: Mapping[str, Any] = field(default_factory=dict)
    downstream: Collection[str] = ()

    def keys(self, room: str, name: str) -> Keys | None:
        """What is counted of the one that has this name; None if anything may be."""
        if room == "triggers":
            kind = self.triggers[name]
            return trigger_keys(kind) if kind in TRIGGER_TYPES else None
        return FUNCTION_KEYS if room == "functions" else DOWNSTREAM_KEYS


def read_measure(text: str, names: Names) -> Measure:
    """The measure that ``text`` names; a function or trigger may stand by its name alone.

    Raises ``ValueError`` if it names what no summary has.
    """
    return Measure(text, _resolved(text, names))


def measure_as_written(text: str) -> Measure:
    """The measure that ``text`` names in a scenario that is not at hand: a name alone is taken for a function's.

    >>> measure_as_written("api.latency_ms.p99.9").path
    ('functions', 'api', 'latency_ms', 'p99.9')
    """
    words = tuple(_WORD.findall(text))
    return Measure(text, words if words[0] in (*_NAMED, "account", "total") else ("functions", *words))


def _resolved(text: str, names: Names) -> tuple[str, ...]:
    """The words from the summary's root on."""
    rooms = {"functions": names.functions, "triggers": names.triggers, "downstream": names.downstream}
    first, _, rest = text.partition(".")
    if first in rooms:
        room = first
        name, _, rest = rest.partition(".")
        if name not in rooms[room]:
            hint = nearest(name, rooms[room])
            raise ValueError(f"there is no {room.removesuffix('s')} {name!r}; {hint}".removesuffix("; "))
        return (room, name, *_keys(rest, names.keys(room, name), f"{room}.{name}"))
    if first in ("account", "total"):
        return (first, *_keys(rest, ACCOUNT_KEYS if first == "account" else TOTAL_KEYS, first))
    for room in ("functions", "triggers"):
        if first in rooms[room]:
            return (room, first, *_keys(rest, names.keys(room, first), first))
    hint = nearest(first, (*names.functions, *names.triggers, "total", "account"))
    raise ValueError(f"{first!r} is no function or trigger here, and neither total nor account; {hint}")


def _keys(rest: str, known: Keys | None, where: str) -> Iterator[str]:
    """The words of ``rest``, each a key below the one before, if it is known what there is."""
    if known is None:
        yield from _WORD.findall(rest)
        return
    while True:
        word = next((key for key in known if rest == key), None) or rest.partition(".")[0]
        if word:
            known = _with_any(known, word)
        if word not in known:
            problem = f"the summary has no {word!r} under {where}" if word else f"{where} stops short of a number"
            raise ValueError(f"{problem}; {nearest(word, known)}")
        yield word
        rest, below = rest[len(word) + 1 :], known[word]
        if below is None:
            if rest:
                raise ValueError(f"{where}.{word} is a number; nothing lies below it, found {rest!r}")
            return
        known, where = below, f"{where}.{word}"


def _with_any(known: Keys, word: str) -> Keys:
    """What is known where any version, or any status code, may stand: this one."""
    if ANY_VERSION in known:
        return {word: known[ANY_VERSION]}
    if ANY_STATUS in known and not word.isdecimal():
        raise ValueError(f"{word!r} is no status code, such as 429")
    return {word: None} if ANY_STATUS in known else known
