"""What meters count of the invocation log, counted by compiled code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.kernel.counted import count
from lambdasim.kernel.tables import roomy, taken
from lambdasim.kernel.totals import MOST, PAGE_BITS, no_totals, nothing_sketched, without_minutes
from lambdasim.metrics.cloudwatch import PerMinute
from lambdasim.metrics.measures import MEASURES
from lambdasim.metrics.meters import Meters
from lambdasim.metrics.provisioned_minutes import ProvisionedMinutes


class Counting:
    """Comes to exactly what ``Meters``, ``PerMinute`` and ``ProvisionedMinutes`` come to, given the same rows.

    All but ``Meters.count_queued``, in any pieces; durations go into sketches, if ``sketched``.
    """

    def __init__(self, header: Header, *, sketched: bool) -> None:
        self._header = header
        self._totals = no_totals(header)
        self._sketched = nothing_sketched(len(header.functions) if sketched else 0)
        self._minutes, self._provisioned = PerMinute().cells, ProvisionedMinutes(header).cells

    def add(self, rows: NDArray[np.int64]) -> None:
        """Count ``rows``, int64 of shape (n, columns of the invocation log), C-contiguous; n may be 0."""
        header = self._header
        for start in range(0, len(rows), MOST):
            part = rows[start : start + MOST]
            self._make_room(len(part))
            count(part, header.warm_up_us, header.duration_us, self._totals, self._sketched)

    def settle(self, meters: Meters, per_minute: PerMinute, provisioned: ProvisionedMinutes) -> None:
        """Add all that was counted to what counts the same scenario; to be called once, at the end."""
        self._hand_over()
        per_minute.cells.merge(self._minutes)
        provisioned.cells.merge(self._provisioned)
        totals = self._totals
        keys, sizes = taken(totals.codes)
        meters.counts.take(keys, sizes[:, 0])
        meters.busy_us += totals.busy_us
        meters.provisioned_busy_us += totals.provisioned_busy_us
        meters.outcomes += totals.outcomes
        meters.cold_starts += totals.cold_starts
        meters.runs += totals.bill[..., 0]
        meters.billed_us += totals.bill[..., 1]
        meters.billed_init_us += totals.bill[..., 2]
        meters.holding.take(totals.ticks, totals.held)
        meters.version_durations.take(totals.version_spans)
        for place, measure in enumerate(MEASURES):
            durations = meters.durations[measure.name]
            durations.take(totals.spans[place :: len(MEASURES)])
            if durations.sketches is not None:
                durations.sketches.take(*self._counted_in_buckets(place))

    def _make_room(self, rows: int) -> None:
        """So that nothing is full before ``rows`` more are counted."""
        totals, sketched = self._totals, self._sketched
        self._totals = totals._replace(codes=roomy(totals.codes, rows))
        if max(totals.minutes.used[0], totals.provisioned.used[0]) + rows > len(totals.minutes.keys):
            self._hand_over()
        used = int(sketched.used[0])
        needed = min(used + rows * len(MEASURES), 1 + sketched.pages.size)  # each page is taken once
        if sketched.pages.size and needed > len(sketched.counts):
            counts = np.zeros((2 * needed, 1 << PAGE_BITS), dtype=np.int64)  # untouched, it takes no memory
            counts[:used] = sketched.counts[:used]
            self._sketched = sketched._replace(counts=counts)

    def _hand_over(self) -> None:
        """What was counted by minute goes to cells, which take less room."""
        totals = self._totals
        for table, cells in ((totals.minutes, self._minutes), (totals.provisioned, self._provisioned)):
            keys, values = taken(table)
            cells.take(keys, values[:, : cells.sums], values[:, cells.sums :])
        self._totals = without_minutes(totals)

    def _counted_in_buckets(self, measure: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Function, bucket and count of each bucket of a measure that has any."""
        pages = self._sketched.pages[measure :: len(MEASURES)]
        functions, first = np.nonzero(pages)
        counts = self._sketched.counts[pages[functions, first]]
        rows, last = np.nonzero(counts)
        return functions[rows], (first[rows] << PAGE_BITS) + last, counts[rows, last]
