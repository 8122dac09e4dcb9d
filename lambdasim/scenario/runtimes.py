"""Lambda's runtimes as the book knows them: until when AWS supports each, and how fast its hello world starts.

After the deprecation date a runtime gets no more patches; from ``block_create`` no function can be created with it,
from ``block_update`` none that has it can be updated. Invocations are never blocked.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from lambdasim.errors import ParameterError
from lambdasim.parameters.book import Book
from lambdasim.scenario.distributions import distribution_from
from lambdasim.units import US_PER_MS
from lambdasim.workload.percentiles import percentile

if TYPE_CHECKING:
    from lambdasim.scenario.functions import Configuration

SOON_DAYS = 180  # AWS tells of a deprecation so long ahead (the source above)
SHARES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}
_SUCCESSOR = {"go": "provided"}  # whose last runtime took the place of a family that has ended
_INIT = "cold_starts/init"


class Status(StrEnum):
    """What AWS still does for a runtime, best first."""

    SUPPORTED = "supported"
    DEPRECATED_SOON = "deprecated soon"
    DEPRECATED = "deprecated"
    CREATE_BLOCKED = "create blocked"
    UPDATE_BLOCKED = "update blocked"


@dataclass(frozen=True, slots=True)
class Support:
    """Until when AWS supports a runtime; ``None`` where no date is announced."""

    deprecation_date: date | None
    block_create: date | None
    block_update: date | None

    def status(self, as_of: date) -> Status:
        """The worst that has come about by that day."""
        steps = (
            (self.block_update, Status.UPDATE_BLOCKED),
            (self.block_create, Status.CREATE_BLOCKED),
            (self.deprecation_date, Status.DEPRECATED),
        )
        for day, status in steps:
            if day is not None and day <= as_of:
                return status
        days = self.days_left(as_of)
        return Status.SUPPORTED if days is None or days > SOON_DAYS else Status.DEPRECATED_SOON

    def days_left(self, as_of: date) -> int | None:
        """Days from then to the deprecation; below zero after it."""
        return None if self.deprecation_date is None else (self.deprecation_date - as_of).days


@dataclass(frozen=True, slots=True)
class HelloWorldInit:
    """REPORT's Init Duration of a hello-world function: percentiles of the distribution that the book has of it."""

    language: str | None  # on an OS-only runtime
    package_type: str
    architecture: str
    percentiles_ms: dict[str, float]  # "p50", "p90", "p99"
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Runtime:
    """One runtime: AWS's identifier, its family, what it runs on, how long it is supported, how fast it starts."""

    name: str
    family: str
    os: str
    architectures: tuple[str, ...]
    support: Support
    source: str  # of the dates
    inits: tuple[HelloWorldInit, ...]


def support(runtime: str, book: Book) -> Support:
    """Until when AWS supports a runtime."""
    days = (book.value(f"runtimes/{runtime}/{key}") for key in ("deprecation_date", "block_create", "block_update"))
    return Support(*(None if day is None else date.fromisoformat(str(day)) for day in days))


def newer_runtime(function: Configuration, as_of: date, book: Book) -> str | None:
    """The newest supported runtime that could take the place of the function's: of its family, and supported longer.

    Its architecture must be offered, and its init known.
    """
    family = book.value(f"runtimes/{function.runtime}/family")
    family = _SUCCESSOR.get(family, family)
    ends, newest = support(str(function.runtime), book).deprecation_date, None
    for runtime in book.names("runtimes"):  # the book has a family's oldest first
        if book.value(f"runtimes/{runtime}/family") != family:
            continue
        own = support(runtime, book)
        is_better = own.deprecation_date is not None and (ends is None or own.deprecation_date > ends)
        is_offered = function.architecture in book.value(f"runtimes/{runtime}/architectures")
        key = function.model_copy(update={"runtime": runtime}).init_key
        measured = f"{_INIT}/{key}/{function.package_type}/{function.architecture}"
        is_known = function.init.duration is not None or book.has(measured)
        if is_better and is_offered and is_known and own.status(as_of) is Status.SUPPORTED:
            newest = runtime
    return newest


def known_runtimes(
    book: Book, family: str | None = None, architecture: str | None = None, package_type: str | None = None
) -> list[Runtime]:
    """All runtimes of the book, in its order, with what was measured of each.

    ``family`` keeps those of one family (``python``), or those on which a language was measured (``rust``);
    ``architecture`` those that run on it; it and ``package_type`` also choose among the measurements.
    Raises ParameterError for a family or language that the book does not know.
    """
    inits = _inits(book)
    families = {name: book.value(f"runtimes/{name}/family") for name in book.names("runtimes")}
    languages = {init.language for found in inits.values() for init in found if init.language}
    if family is not None and family not in families.values() and family not in languages:
        raise ParameterError(_no_family(family, [*dict.fromkeys(families.values()), *sorted(languages)]))
    found = []
    for name, own_family in families.items():
        architectures = tuple(book.value(f"runtimes/{name}/architectures"))
        of_family = [init for init in inits.get(name, ()) if family in (None, own_family, init.language)]
        chosen = [
            init
            for init in of_family
            if architecture in (None, init.architecture) and package_type in (None, init.package_type)
        ]
        is_of_family = bool(of_family) or family in (None, own_family)
        if is_of_family and architecture in (None, *architectures):
            os, dates = book.value(f"runtimes/{name}/os"), book.get(f"runtimes/{name}/deprecation_date")
            source = f"{dates.source}, {dates.as_of}"
            found.append(Runtime(name, own_family, os, architectures, support(name, book), source, tuple(chosen)))
    return found


def _inits(book: Book) -> dict[str, list[HelloWorldInit]]:
    """What was measured, by runtime."""
    inits: dict[str, list[HelloWorldInit]] = {}
    for key in book.names(_INIT):
        language, _, runtime = key.rpartition("@")
        inits.setdefault(runtime, []).extend(_measured(key, language or None, book))
    return inits


def _measured(key: str, language: str | None, book: Book) -> Iterator[HelloWorldInit]:
    for package_type in book.names(f"{_INIT}/{key}"):
        for architecture in book.names(f"{_INIT}/{key}/{package_type}"):
            entry = book.get(f"{_INIT}/{key}/{package_type}/{architecture}")
            distribution = distribution_from(entry.value)
            percentiles_ms = {name: percentile(distribution, share) / US_PER_MS for name, share in SHARES.items()}
            yield HelloWorldInit(language, package_type, architecture, percentiles_ms, entry.source, entry.as_of)


def _no_family(family: str, known: list[str]) -> str:
    near = difflib.get_close_matches(family, known, n=3, cutoff=0.4)
    hint = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(known)}"
    return f"no runtime family or language is called {family!r}; {hint}"
