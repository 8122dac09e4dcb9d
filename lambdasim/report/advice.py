"""Advice for people and for programs: what to do first, and why."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lambdasim.advice.advise import Advice
from lambdasim.advice.rule import Severity
from lambdasim.errors import printable
from lambdasim.scenario.model import Scenario

WIDTH = 80
_HEAD, _INDENT = 5, "  "  # a heading such as `Run  `


def advice_text(scenario: Scenario, advice: Sequence[Advice], emphasise: Callable[[str], str] = str) -> str:
    """All advice on one scenario, within 80 columns but for longer words; ``emphasise`` styles the headings."""
    return "\n\n".join([_summed_up(scenario, advice), *("\n".join(_lines(piece, emphasise)) for piece in advice)])


def _summed_up(scenario: Scenario, advice: Sequence[Advice]) -> str:
    if not advice:
        return printable(f"{scenario.file}: nothing to advise")
    counts = {severity: sum(piece.severity is severity for piece in advice) for severity in Severity}
    told = ", ".join(f"{count} {severity.value}" for severity, count in counts.items() if count)
    pieces = f"{len(advice)} piece{'' if len(advice) == 1 else 's'} of advice"
    return printable(f"{scenario.file}: {pieces}: {told}")


def _lines(piece: Advice, emphasise: Callable[[str], str]) -> Iterator[str]:
    yield emphasise(f"{piece.severity.value}  {piece.code}")
    yield f"{_INDENT}{piece.path}"
    yield from _folded(piece.message)
    yield from _folded(piece.why, "Why")
    yield from _folded(piece.remedy, "Do")
    for number, (path, value) in enumerate(piece.settings.items()):  # in one piece, to be copied
        yield f"{_INDENT}{('' if number else 'Try').ljust(_HEAD)}--set {shlex.quote(f'{path}={value}')}"
    if piece.evidence is not None:
        yield from _folded(piece.evidence.message, "Run")
    yield from _folded(piece.source.removeprefix("https://"), "See")


def _folded(text: str, head: str = "") -> list[str]:
    first = f"{_INDENT}{head.ljust(_HEAD) if head else ''}"
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def advice_document(scenario: Scenario, advice: Sequence[Advice], seed: int | None) -> dict[str, Any]:
    """All advice on one scenario as plain values that are strict JSON; ``seed`` of the run, if there was one."""
    return {
        "file": scenario.file,
        "scenario": {"name": scenario.name, "sha256": scenario.sha256},
        "seed": seed,
        "advice": [
            {
                "code": piece.code,
                "severity": piece.severity.value,
                "path": piece.path,
                "message": piece.message,
                "why": piece.why,
                "remedy": piece.remedy,
                "settings": dict(piece.settings),
                "source": piece.source,
                "evidence": None
                if piece.evidence is None
                else {
                    "shown": piece.evidence.shown,
                    "message": piece.evidence.message,
                    "numbers": dict(piece.evidence.numbers),
                },
            }
            for piece in advice
        ],
    }
