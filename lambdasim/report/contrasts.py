"""Differences of two measures of one run, in words: which is lower, by how much, and which of the two to take."""

from __future__ import annotations

from collections.abc import Sequence

from lambdasim.analysis.contrasts import Contrast
from lambdasim.analysis.directions import Better, better_when
from lambdasim.analysis.intervals import ALL_EQUAL, Estimate
from lambdasim.analysis.telling import amount, change


def contrast_told(contrast: Contrast, estimate: Estimate) -> str:
    """Which of the two is lower, and by how much: ``b.errors is lower than a.errors by 812 [790, 834]``."""
    ours, theirs = contrast.ours.text, contrast.theirs.text
    if estimate.method == ALL_EQUAL and estimate.value == 0:
        return f"{ours} equals {theirs} in each of {estimate.n} runs"
    if not estimate.excludes_zero:
        return f"no difference shown between {ours} and {theirs} ({change(contrast, estimate)})"
    lower, higher = (theirs, ours) if estimate.value > 0 else (ours, theirs)
    low, high = sorted((abs(estimate.low), abs(estimate.high)))
    size = Estimate(abs(estimate.value), low, high, estimate.n, estimate.method)
    return f"{lower} is lower than {higher} by {amount(contrast, size)}"


def advice(contrasts: Sequence[tuple[Contrast, Estimate]]) -> list[str]:
    """Of each two functions or triggers that differ in the same numbers, which is to be taken by what is shown."""
    told = []
    for pair in dict.fromkeys(frozenset(_names(contrast)) for contrast, _ in contrasts):
        better: dict[str, list[str]] = {}
        for contrast, estimate in contrasts:
            if frozenset(_names(contrast)) == pair and len(pair) == 2 and (name := _better(contrast, estimate)):
                better.setdefault(name, []).append(".".join(contrast.path[2:]))
        if len(better) == 1:
            [name] = better
            [other] = pair - {name}
            told.append(f"so take {name} rather than {other}")
        elif better:
            sides = (f"{name} has the better {' and '.join(keys)}" for name, keys in better.items())
            told.append(f"{', '.join(sides)}: weigh them")
    return told


def _names(contrast: Contrast) -> tuple[str, ...]:
    """The two that are compared; none where the numbers are not the same of both, or of no two."""
    same = contrast.path[0] == contrast.minus[0] and contrast.path[2:] == contrast.minus[2:] != ()
    return (contrast.path[1], contrast.minus[1]) if same and contrast.path[0] != "account" else ()


def _better(contrast: Contrast, estimate: Estimate) -> str | None:
    """The name of the one that is shown to be better."""
    wanted = better_when(contrast)
    if wanted is None or not estimate.excludes_zero:
        return None
    return contrast.path[1] if (estimate.value < 0) == (wanted is Better.LOWER) else contrast.minus[1]
