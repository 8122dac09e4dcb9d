"""Advice for people and for programs: what to do first, and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from lambdasim.advice.advise import Advice
from lambdasim.advice.rule import Severity
from lambdasim.display.folding import said, to_copy
from lambdasim.display.numbers import many
from lambdasim.display.screen import PIPE, Screen
from lambdasim.errors import printable
from lambdasim.scenario.model import Scenario

_HEAD, _INDENT = 5, "  "  # a heading such as `Run  `


def advice_text(scenario: Scenario, advice: Sequence[Advice], screen: Screen = PIPE) -> str:
    """All advice on one scenario, its headings in bold."""
    parts = (said(_summed_up(scenario, advice), screen), *("\n".join(_lines(piece, screen)) for piece in advice))
    return "\n\n".join(parts)


def _summed_up(scenario: Scenario, advice: Sequence[Advice]) -> str:
    if not advice:
        return f"{printable(scenario.file)}: nothing to advise"
    counts = {severity: sum(piece.severity is severity for piece in advice) for severity in Severity}
    told = ", ".join(f"{count} {severity.value}" for severity, count in counts.items() if count)
    return f"{printable(scenario.file)}: {many(len(advice), 'piece')} of advice: {told}"


def _lines(piece: Advice, screen: Screen) -> Iterator[str]:
    yield said(f"{piece.severity.value}  {piece.code}", screen, style="bold")
    yield said(piece.path, screen, head=_INDENT, indent=2)
    yield said(piece.message, screen, head=_INDENT)
    yield said(piece.why, screen, head=_head("Why"))
    yield said(piece.remedy, screen, head=_head("Do"))
    for number, (path, value) in enumerate(piece.settings.items()):  # in one piece, to be copied
        words = ["--set", shlex.quote(f"{path}={value}")]
        yield to_copy(words, screen, head=_head("" if number else "Try"))
    if piece.evidence is not None:
        yield said(piece.evidence.message, screen, head=_head("Run"))
    yield said(piece.source.removeprefix("https://"), screen, head=_head("See"))


def _head(word: str) -> str:
    return f"{_INDENT}{word.ljust(_HEAD)}"


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
