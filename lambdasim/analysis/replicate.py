"""Replications: one scenario on independent seeds, as often as it takes, and how sure its numbers then are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.analysis.contrasts import Contrast, measure_or_contrast
from lambdasim.analysis.intervals import Estimate, estimate_of, mean_estimate
from lambdasim.analysis.observations import USUAL, Design, Progress, measures_of, observe
from lambdasim.analysis.warm_up import STATED, WarmUp, applied, warm_up_of
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure
from lambdasim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MOST = 200
_WIDEST = 0.5  # a precision: beyond it even the first digit is open

Observing = Callable[[int, int], "NDArray[np.float64]"]


@dataclass(frozen=True, eq=False)
class Replications:
    """What independent runs of one scenario say, measure by measure.

    ``values`` has shape (replications, measures), NaN where a run had none; ``seeds`` are the runs'. ``more`` says how
    many further replications it takes, by a rough guess, until each estimate is as precise as asked: 0 if it is (or
    nothing was asked), None if no number may do.
    """

    scenario: Scenario
    measures: tuple[Measure, ...]
    values: NDArray[np.float64]
    seeds: tuple[int, ...]
    estimates: tuple[Estimate, ...]
    confidence: float
    precision: float | None
    more: tuple[int | None, ...]
    warm_up: WarmUp

    @property
    def reached(self) -> bool:
        """Whether all estimates are as precise as asked."""
        return all(more == 0 for more in self.more)

    @property
    def frame(self) -> pd.DataFrame:
        """The estimates, a row for each measure: ``value``, ``low``, ``high``, ``n``, ``method``, ``more``."""
        import pandas as pd  # noqa: PLC0415 - slow to load

        rows = [
            (measure.text, e.value, e.low, e.high, e.n, e.method, math.nan if more is None else more)
            for measure, e, more in zip(self.measures, self.estimates, self.more, strict=True)
        ]
        return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "n", "method", "more"])

    @property
    def runs(self) -> pd.DataFrame:
        """What each run came to, a row for each ``seed`` and a column for each measure."""
        import pandas as pd  # noqa: PLC0415 - slow to load

        columns = [measure.text for measure in self.measures]
        return pd.DataFrame(self.values, index=pd.Index(self.seeds, name="seed"), columns=columns)


def replicate(
    scenario: Scenario,
    *,
    measures: Sequence[str] | None = None,
    precision: float | None = None,
    most: int = MOST,
    warm_up: str = STATED,
    design: Design = USUAL,
    progress: Progress | None = None,
) -> Replications:
    """Run ``scenario`` on independent seeds, and estimate measures of its summary with intervals.

    Args:
        scenario: what ``load_scenario`` returned.
        measures: such as ``api.latency_ms.p99``; without them each function's p99, cold starts and throttles, and the
            month's cost. One may be the difference of two, such as ``a.cold_starts - b.cold_starts``, taken run by run.
        precision: how far the ends of the intervals may lie from the estimates, as a share of these; replications are
            added until all intervals are so narrow (see :func:`sequentially`).
        most: no more replications than this.
        warm_up: ``stated`` for the scenario's own, ``mser5``, or a duration (see analysis.warm_up.warm_up_of).
        design: how many replications (with ``precision``: at first), how sure, from which seed, by whom.
        progress: called with the share of a round that is done, in [0, 1].

    Raises:
        InputError: a measure that no summary has, a precision or a warm-up that is none.
        AnalysisError: MSER-5 found no steady state.
    """
    meant = _checked(scenario, measures, design, precision, most)
    found = warm_up_of(scenario, warm_up, design, progress)
    measured = applied(scenario, found)

    def observed(first: int, count: int) -> NDArray[np.float64]:
        values: NDArray[np.float64] = observe([measured], meant, design, first=first, count=count, progress=progress)[0]
        return values

    values = sequentially(observed, meant, design, precision, most)
    estimates = estimates_of(meant, values, design.confidence)
    return Replications(
        scenario=measured,
        measures=meant,
        values=values,
        seeds=tuple(design.seed_of(scenario, number) for number in range(len(values))),
        estimates=estimates,
        confidence=design.confidence,
        precision=precision,
        more=tuple(_more(estimate, precision, len(values)) for estimate in estimates),
        warm_up=found,
    )


def sequentially(
    observed: Observing, measures: Sequence[Measure], design: Design, precision: float | None, most: int
) -> NDArray[np.float64]:
    r"""Observations of so many replications that all intervals are as narrow as asked, or of ``most``.

    ``observed(first, count)`` gives shape (count, measures). With a half width :math:`\delta` and a precision
    :math:`\gamma` it stops when

    .. math:: \delta / |\bar x| \le \gamma' = \gamma / (1 + \gamma)

    for then the estimate is off by at most :math:`\gamma` of the truth as surely as the interval holds that. It looks
    after rounds, not after each replication: a round has what the intervals say is missing, a fifth of what there is
    at least, and no more than that again. So the number of replications hangs on the seeds and on nothing else.

    References:
        A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015), section 9.4.1, who advises at least 10 replications
        at first and a precision of 15 % at most.
    """
    values = observed(0, design.replications)
    while precision is not None and len(values) < most:
        n = len(values)
        missing = [_more(estimate, precision, n) for estimate in estimates_of(measures, values, design.confidence)]
        if not any(missing) and None not in missing:
            break
        wanted = max(n if more is None else more for more in missing)
        values = np.concatenate((values, observed(n, min(max(wanted, n // 5, 1), n, most - n))))
    return values


def estimates_of(measures: Sequence[Measure], values: NDArray[np.float64], confidence: float) -> tuple[Estimate, ...]:
    """An estimate for each measure, from ``values`` of shape (replications, measures).

    Of the difference of two it is the mean of pairs, by t.
    """
    return tuple(
        mean_estimate(column, confidence) if isinstance(measure, Contrast) else estimate_of(measure, column, confidence)
        for measure, column in zip(measures, values.T, strict=True)
    )


def _more(estimate: Estimate, precision: float | None, replications: int) -> int | None:
    """How many more replications an estimate takes: intervals narrow as the square root of their number.

    What no run had a value of takes no more, for there may be none.
    """
    if precision is None or estimate.n == 0 or estimate.half_width == 0:
        return 0
    if math.isnan(estimate.half_width):
        return replications
    allowed = abs(estimate.value) * precision / (1 + precision)
    if allowed == 0:
        return None
    needed = math.ceil(replications * (estimate.half_width / allowed) ** 2)
    return max(needed - replications, 1) if estimate.half_width > allowed else 0


def _checked(
    scenario: Scenario, measures: Sequence[str] | None, design: Design, precision: float | None, most: int
) -> tuple[Measure, ...]:
    """The measures; ``InputError`` with all that is wrong with them or with the design."""
    meant, problems = tuple[Measure, ...](), list[Problem]()
    try:
        meant = measures_of(scenario, measures, read=measure_or_contrast)
    except InputError as error:
        problems += error.problems
    if precision is not None and not 0 < precision <= _WIDEST:
        text = f"{precision:g} lies outside 0 to {_WIDEST:g}; write a share such as 5%"
        problems.append(Problem("--precision", None, None, "", text))
    if precision is not None and most < design.replications:
        text = f"{most} is below the {design.replications} replications to begin with; raise it, or lower those"
        problems.append(Problem("--most", None, None, "", text))
    if problems:
        raise InputError(problems)
    return meant
