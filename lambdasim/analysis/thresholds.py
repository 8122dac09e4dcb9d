"""Thresholds over replications: which of a scenario's demands hold, surely or by the estimate, and which fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.analysis.intervals import Estimate, T, estimate_of
from lambdasim.analysis.observations import USUAL, Design, Progress, listed, observe
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.thresholds import EXAMPLE, Threshold, read_threshold

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

OPTION = "--threshold"


class Verdict(Enum):
    """What an interval says of a threshold."""

    HOLDS = "holds"  # all of the interval is within
    FAILS = "fails"  # all of it is outside, or a run had no value
    UNDECIDED = "undecided"  # the bound lies inside; the estimate counts


@dataclass(frozen=True, slots=True)
class Check:
    """A threshold, the estimate of its measure, and what that says.

    ``missing`` runs had no value and hold nothing; ``broken`` is how many of the ``estimate.n`` others broke it, each
    by itself: a mean that holds does not say that every run does.
    """

    threshold: Threshold
    estimate: Estimate
    missing: int = 0
    broken: int = 0

    @classmethod
    def of(cls, threshold: Threshold, values: NDArray[np.float64], confidence: float) -> Check:
        """What replications say of a threshold; ``values`` has shape (replications,), NaN for none."""
        known = values[~np.isnan(values)]
        broken = sum(not threshold.holds(value) for value in known.tolist())
        return cls(threshold, estimate_of(threshold.measure, values, confidence), len(values) - len(known), broken)

    @property
    def verdict(self) -> Verdict:
        """Holds or fails if the whole interval says so."""
        low = math.ulp(0.0) if self._is_above_0 else self.estimate.low
        ends = self.threshold.holds(low), self.threshold.holds(self.estimate.high)
        if self.missing:
            return Verdict.FAILS
        if np.isnan(self.estimate.half_width) or ends[0] != ends[1]:
            return Verdict.UNDECIDED
        return Verdict.HOLDS if ends[0] else Verdict.FAILS

    @property
    def _is_above_0(self) -> bool:
        """Whether the interval is that of a mean, cut at 0, which it does not hold: what is never below 0 and was above
        it in some run has a mean above 0.
        """  # noqa: D205 - one thought
        return self.estimate.method == T and self.estimate.low == 0 < self.estimate.value

    @property
    def is_settled_above_0(self) -> bool:
        """Whether it is that alone which settles the verdict: 0, where the interval is cut, would say otherwise."""
        ends = self.threshold.holds(self.estimate.low), self.threshold.holds(self.estimate.high)
        return self._is_above_0 and ends[0] != ends[1] and self.verdict is not Verdict.UNDECIDED

    @property
    def ok(self) -> bool:
        """Whether it counts as held: by the estimate where the interval is undecided."""
        return self.missing == 0 and self.threshold.holds(self.estimate.value)


@dataclass(frozen=True, slots=True)
class Checks:
    """All thresholds of one scenario, weighed over replications."""

    scenario: Scenario
    design: Design
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all of them count as held."""
        return all(check.ok for check in self.checks)

    def count(self, verdict: Verdict) -> int:
        """How many have this verdict."""
        return sum(check.verdict is verdict for check in self.checks)

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each threshold: text, verdict, ok, value, low, high, missing, broken."""
        import pandas as pd  # noqa: PLC0415 - slow to load

        rows: list[dict[str, Any]] = [
            {
                "threshold": check.threshold.text,
                "verdict": check.verdict.value,
                "ok": check.ok,
                **{name: getattr(check.estimate, name) for name in ("value", "low", "high")},
                "missing": check.missing,
                "broken": check.broken,
            }
            for check in self.checks
        ]
        return pd.DataFrame(rows)


def check(
    scenario: Scenario,
    *,
    thresholds: Sequence[str] = (),
    design: Design = USUAL,
    progress: Progress | None = None,
) -> Checks:
    """Simulate a scenario ``design.replications`` times, and weigh its thresholds, and ``thresholds`` beside them.

    >>> from lambdasim import load_scenario
    >>> checks = check(load_scenario("scenarios/sqs_small_reserved.yaml"), thresholds=["jobs.never_ran > 0"])
    >>> [(one.threshold.text, one.verdict.value) for one in checks.checks]
    [('jobs.never_ran > 0', 'holds')]

    Raises:
        InputError: one of them names what no summary has, or there are none at all.
    """
    demands = demands_of(scenario, thresholds)
    measures = tuple(dict.fromkeys(demand.measure for demand in demands))
    values = observe([scenario], measures, design, progress=progress)[0]
    columns = (values[:, measures.index(demand.measure)] for demand in demands)
    checks = (Check.of(demand, found, design.confidence) for demand, found in zip(demands, columns, strict=True))
    return Checks(scenario, design, tuple(checks))


def demands_of(scenario: Scenario, thresholds: Sequence[str] = ()) -> tuple[Threshold, ...]:
    """The scenario's thresholds, and those in ``thresholds`` beside them; ``InputError`` as :func:`check`."""
    read, problems = list(scenario.thresholds), list[Problem]()
    for text in listed(thresholds, OPTION):
        try:
            read.append(read_threshold(text, scenario.names))
        except ValueError as error:
            problems.append(Problem(OPTION, None, None, scenario.file, str(error)))
    if not read and not problems:
        example = f"name some in the scenario (`thresholds: [{EXAMPLE}]`), or with {OPTION} {EXAMPLE!r}"
        problems.append(Problem(scenario.file, None, None, "thresholds", f"there are none to check; {example}"))
    if problems:
        raise InputError(problems)
    return tuple({demand.text: demand for demand in read}.values())
