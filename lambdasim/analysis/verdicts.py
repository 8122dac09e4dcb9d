"""Verdicts: which of several variants are shown to be better than a baseline, and which may be the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.analysis.differences import Difference, difference_of
from lambdasim.analysis.directions import Better, better_when
from lambdasim.analysis.intervals import Estimate, estimate_of
from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Verdict(Enum):
    """What is shown of a variant beside the baseline."""

    BASELINE = "baseline"
    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"  # of a measure that neither is better of
    LOWER = "lower"
    NOT_SHOWN = "no difference shown"
    EQUAL = "equal"  # in every replication
    NO_VALUE = "no value"
    NO_PAIRS = "nothing to compare with"  # no two replications in which both have a value


@dataclass(frozen=True, slots=True)
class Row:
    """A variant's estimate of one measure, and its difference to the baseline: None of the baseline itself."""

    estimate: Estimate
    difference: Difference | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Choice:
    """Among some variants: the one with the best mean, and those that are not shown to be worse than it, itself too.

    If the intervals hold, the truly best one is among these.
    """

    best: int
    not_worse: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure: a row for each variant. ``better`` is None, and there is no ``choice``, where none is better."""

    measure: Measure
    better: Better | None
    rows: tuple[Row, ...]
    choice: Choice | None

    @property
    def all_equal(self) -> bool:
        """Whether every variant came to the same in every replication."""
        return all(row.verdict in {Verdict.BASELINE, Verdict.EQUAL} for row in self.rows)

    @property
    def has_values(self) -> bool:
        """Whether any variant has one."""
        return any(row.estimate.n for row in self.rows)

    @property
    def has_pairs(self) -> bool:
        """Whether any variant can be compared with the baseline."""
        return any(row.difference is not None and row.difference.absolute.n > 1 for row in self.rows)


def compared_by(
    measure: Measure, values: NDArray[np.float64], baseline: int, confidence: float, *, judged: bool = True
) -> Compared:
    """Weigh one measure's ``values``, shape (variants, replications), against the baseline's; ``judged`` as to better.

    Each of the k - 1 differences has the confidence :math:`1 - (1 - c) / (k - 1)`, so that by Bonferroni's inequality
    all hold together with c at least: on common random numbers they depend on each other, which it doesn't mind.

    References:
        A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015), section 10.3.1.
    """
    better = better_when(measure) if judged else None
    each, rows = each_of(confidence, len(values)), list[Row]()
    for number, own in enumerate(values):
        estimate = estimate_of(measure, own, confidence)
        if number == baseline:
            rows.append(Row(estimate, None, Verdict.BASELINE))
            continue
        difference = difference_of(own, values[baseline], each, confidence)
        rows.append(Row(estimate, difference, _verdict(estimate, difference, better)))
    choice = None if better is None else chosen(values, better, confidence)
    return Compared(measure, better, tuple(rows), choice)


def _verdict(estimate: Estimate, difference: Difference, better: Better | None) -> Verdict:
    if not estimate.n:
        return Verdict.NO_VALUE
    if difference.absolute.n < 2:
        return Verdict.NO_PAIRS
    if difference.is_equal:
        return Verdict.EQUAL
    if not difference.is_shown:
        return Verdict.NOT_SHOWN
    is_higher = difference.absolute.value > 0
    if better is None:
        return Verdict.HIGHER if is_higher else Verdict.LOWER
    return Verdict.BETTER if is_higher == (better is Better.HIGHER) else Verdict.WORSE


def chosen(
    values: NDArray[np.float64], better: Better, confidence: float, among: Sequence[int] | None = None
) -> Choice | None:
    """Which of the variants may be the best, from ``values`` of shape (variants, replications); None if none has two.

    It is a subset selection: the truly best variant is shown to be worse than the one with the best mean only if that
    pair's interval fails, and one of k - 1 does so in no more than 1 - c of all experiments.

    References:
        B. L. Nelson, J. Swann, D. Goldsman and W. Song, "Simple procedures for selecting the best simulated system when
        the number of alternatives is large", Operations Research 49 (2001), 950-963.
    """
    sign = 1 if better is Better.LOWER else -1
    known = np.count_nonzero(~np.isnan(values), axis=1)
    candidates = [n for n in (range(len(values)) if among is None else among) if known[n] > 1]
    if not candidates:
        return None
    best = min(candidates, key=lambda number: (sign * float(np.nanmean(values[number])), number))
    each = each_of(confidence, len(values))
    differences = {n: difference_of(values[n], values[best], each) for n in candidates if n != best}
    worse = {n for n, difference in differences.items() if difference.is_shown and sign * difference.absolute.value > 0}
    return Choice(best, tuple(n for n in candidates if n not in worse))


def each_of(confidence: float, variants: int) -> float:
    """The confidence that each of all differences to one variant needs, so that all hold together (Bonferroni).

    >>> round(each_of(0.95, 2), 4), round(each_of(0.95, 6), 4)
    (0.95, 0.99)
    """
    return 1 - (1 - confidence) / max(1, variants - 1)
