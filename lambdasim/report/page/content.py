"""What a page shows, as plain values: all of it is text, and only a figure's SVG is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lambdasim.display.table import Table

if TYPE_CHECKING:
    from lambdasim.advice.advise import Advice

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Card:
    """A number that stands alone: what it is, the value with its unit, and below it how sure that is."""

    label: str
    value: str
    below: str


@dataclass(frozen=True, slots=True)
class Listed(Generic[Entry]):
    """A list as a page shows it: ``left_out`` entries more are not there."""

    entries: Sequence[Entry]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as a page shows it: ``left_out`` rows of it are not there, but in what ``verb`` gives."""

    name: str  # what its ids begin with
    table: Table
    left_out: int = 0
    verb: str = "run -o"


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The numbers that most questions are about; ``lead`` says how sure they are, ``notes`` what ``table`` rests on."""

    lead: str
    cards: Sequence[Card]
    table: Shown | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Demand:
    """A threshold, its verdict as a sign and in a word, and what was found."""

    sign: str
    verdict: str
    kind: str  # "ok", "failed" or "open": how it is coloured
    text: str
    found: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: ``svg`` is the only markup of a page that is not in its templates."""

    name: str
    title: str
    words: str
    svg: str
    table: Shown


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose lines of the bill follow each other, and what they come to: lines are item, quantity, unit, USD."""

    name: str
    lines: Sequence[tuple[str, str, str, str]]
    usd: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of the measured span, line by line; ``month`` says which month ``month_usd`` is of."""

    span: str
    owners: Sequence[Owner]
    usd: str
    month: str
    month_usd: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """An entry of the parameter book that a run has used; ``link`` is where ``source`` begins with an address."""

    path: str
    value: str
    unit: str
    source: str
    link: str | None
    as_of: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a run has relied on: what may well be otherwise, what is better founded, what the letters mean."""

    assumed: Sequence[Assumption]
    founded: Sequence[Assumption]
    meanings: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario as it was written, but for ``left_out`` lines at its end, and what was laid over it."""

    name: str
    file: str
    text: str
    left_out: int
    overrides: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a page comes from: facts by name, and the command line that makes it again."""

    facts: Sequence[tuple[str, str]]
    command: str
    scenarios: Sequence[Written]


@dataclass(frozen=True, slots=True)
class OneRun:
    """What a page tells of one run, and of ``which``; ``advice`` is None where the scenario is not at hand."""

    which: str
    answer: str
    thresholds: Listed[Demand]
    thresholds_note: str
    warnings: Listed[dict[str, str]]
    advice: Listed[Advice] | None
    pictures: Sequence[Picture]
    bill: Bill
    assumptions: Assumptions


@dataclass(frozen=True, slots=True)
class RunPage:
    """The page of one run."""

    title: str
    description: str
    facts: Sequence[tuple[str, str]]
    key: KeyFigures
    what_if: Any | None
    run: OneRun
    tables: Sequence[Shown]
    tables_note: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """The page of a comparison; ``run`` is of the variant that ``run_label`` names."""

    title: str
    description: str
    answer: str
    facts: Sequence[tuple[str, str]]
    variants: Shown
    measures: Listed[Shown]
    notes: Sequence[str]
    pictures: Sequence[Picture]
    run_label: str
    run: OneRun | None
    provenance: Provenance
