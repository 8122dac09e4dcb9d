"""Served: which share of events does not end in success. A variant that turns events away is cheap, and quick for the
rest: so neither cost nor latency says that it is worse.
"""  # noqa: D205 - one thought

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lambdasim.analysis.intervals import difference_estimate
from lambdasim.analysis.verdicts import each_of
from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARE = Measure("unserved_share", ("unserved_share",))
_ROOMS = ("functions", "triggers")
WORTH_TELLING = 0.001  # of events: a judgement; some are always under way when a run ends


def counts_of(measure: Measure) -> tuple[Measure, Measure]:
    """Events and successes of the function or trigger that a measure is of, else of all.

    >>> [one.text for one in counts_of(Measure("", ("functions", "api", "latency_ms", "p99")))]
    ['functions.api.events', 'functions.api.successes']
    """
    room = measure.path[:2] if measure.path[0] in _ROOMS else ("total",)
    events, successes = (Measure(".".join((*room, key)), (*room, key)) for key in ("events", "successes"))
    return events, successes


def unserved_share(events: NDArray[np.float64], successes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of events that failed for good or was unfinished, elementwise; NaN of none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share: NDArray[np.float64] = np.where(events > 0, 1 - successes / events, np.nan)
    return share


def serving(unserved: NDArray[np.float64], confidence: float) -> tuple[int, ...]:
    """The variants that serve: not shown to leave more unserved, by more than is worth telling, than who leaves least.

    ``unserved`` has shape (variants, replications). Differences are paired, each with Bonferroni's share of the right
    to be wrong.
    """
    known = [n for n, own in enumerate(unserved) if not np.isnan(own).all()]
    if not known:
        return tuple(range(len(unserved)))
    least = min(known, key=lambda n: (float(np.nanmean(unserved[n])), n))
    each = each_of(confidence, len(unserved))
    more = {n: difference_estimate(unserved[n], unserved[least], each) for n in known if n != least}
    refusing = {n for n, change in more.items() if change.low > 0 and change.value > WORTH_TELLING}
    return tuple(n for n in range(len(unserved)) if n not in refusing)
