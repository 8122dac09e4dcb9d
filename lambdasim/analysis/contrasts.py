"""Contrasts: the difference of two measures of one run, such as ``tracked.cold_starts - scheduled.cold_starts``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdasim.analysis.observations import measure_of
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

MINUS = " - "  # with blanks, for names may have hyphens
_EXACT = 1e-9  # of the numbers' size: what rounding alone makes of a difference
_SHARES = ("rate", "share", "utilization")


@dataclass(frozen=True, slots=True)
class Contrast(Measure):
    """A measure, at ``path``, less another one of the same run, at ``minus``: paired by nature.

    Its unit is that of the first, which the second shares; where less of that is better, so is less of the difference.
    """

    minus: tuple[str, ...]

    @property
    def ours(self) -> Measure:
        """What the other one is subtracted from."""
        return Measure(self.text.partition(MINUS)[0].strip(), self.path)

    @property
    def theirs(self) -> Measure:
        """What is subtracted."""
        return Measure(self.text.partition(MINUS)[2].strip(), self.minus)

    def value(self, summary: Mapping[str, Any]) -> float | None:
        """The difference; None if the summary lacks one of the two."""
        ours, theirs = self.ours.value(summary), self.theirs.value(summary)
        if ours is None or theirs is None:
            return None
        return 0.0 if math.isclose(ours, theirs, rel_tol=_EXACT) else ours - theirs

    @property
    def is_percentile(self) -> bool:
        """Never: a difference of percentiles is none."""
        return False


def measure_or_contrast(scenario: Scenario, text: str) -> Measure:
    """The measure, or the difference of two, that ``text`` names; ``ValueError`` if it names none.

    Raises:
        ValueError: a name that is none, told for both at once; three measures; or two of unlike units.
    """
    if MINUS not in text:
        return measure_of(scenario, text)
    parts, read, wrong = [part.strip() for part in text.split(MINUS)], list[Measure](), list[str]()
    if len(parts) != 2:
        raise ValueError(f"a difference is of two measures, found {len(parts)}; write for example a.errors - b.errors")
    for part in parts:
        try:
            read.append(measure_of(scenario, part))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError("; ".join(dict.fromkeys(wrong)))
    ours, theirs = read
    units = _unit(ours.path), _unit(theirs.path)
    if units[0] != units[1]:
        raise ValueError(
            f"{ours.text} is {units[0]}, {theirs.text} is {units[1]}; a difference is of two measures of one unit"
        )
    return Contrast(text, ours.path, theirs.path)


def _unit(path: tuple[str, ...]) -> str:
    """What a measure is counted in, by its keys."""
    keys = path[1:] if path[0] in ("account", "total") else path[2:]
    if any("usd" in key for key in keys):
        rate = next((word for word in ("per_month", "per_million") if word in keys[-1]), "")
        return f"in USD {rate.replace('_', ' ')}".strip()
    if any(key.endswith("_ms") for key in keys):
        return "in milliseconds"
    if keys[-1].endswith(("_s", "_s_max")):
        return "in seconds"
    return "a share" if keys[-1].endswith(_SHARES) or "utilization" in keys else "a count"
