"""What compiled code counts of the invocation log, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Outcome
from lambdasim.header import Header
from lambdasim.kernel.buckets import Buckets, buckets
from lambdasim.kernel.tables import Table, empty_table
from lambdasim.metrics.cloudwatch import SUMS
from lambdasim.metrics.measures import MEASURES
from lambdasim.metrics.meters import CAPACITIES
from lambdasim.metrics.sketch import SPAN
from lambdasim.records import CHUNK

MOST = 4_096  # rows to make room for at once
PAGE_BITS = 5  # a page holds the counts of 32 buckets: durations that differ by up to 37 %
TIMES = len(SUMS)  # the column of a minute's summed Durations; the longest comes next
_PAGES = (SPAN >> PAGE_BITS) + 1


class Totals(NamedTuple):
    """What is counted; all int64. A span is count, sum, smallest and largest of a duration.

    By function: ``busy_us``; ``ticks``: refused, limited, retried, unfinished; ``held``, by capacity: runs, sum,
    longest and the square in three parts; ``spans``, by measure. By version: ``provisioned_busy_us``; ``outcomes``;
    ``cold_starts``; ``bill``, by capacity: runs, billed, billed for inits; ``version_spans``. ``codes``: rows by the
    key of ``Meters.counts``. ``minutes``: sums and the largest Duration by the key of ``Cells``;
    ``provisioned``: in the same way, runs on provisioned concurrency, and those that spilled over.
    """

    busy_us: NDArray[np.int64]
    ticks: NDArray[np.int64]
    held: NDArray[np.int64]
    spans: NDArray[np.int64]
    provisioned_busy_us: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    cold_starts: NDArray[np.int64]
    bill: NDArray[np.int64]
    version_spans: NDArray[np.int64]
    codes: Table
    minutes: Table
    provisioned: Table


class Sketched(NamedTuple):
    """Counts by bucket, in pages that are taken as they are needed.

    ``pages``: that of (measure, function, the bucket's first bits), int32, or 0 for none; no functions, if nothing is
    to be sketched. ``used``: how many there are, with that of none. ``counts``: by page and the bucket's last bits.
    """

    buckets: Buckets
    pages: NDArray[np.int32]
    used: NDArray[np.int64]
    counts: NDArray[np.int64]


def no_totals(header: Header) -> Totals:
    """Totals of no rows."""
    functions, versions, capacities = len(header.functions), len(header.versions), len(CAPACITIES)
    nothing = empty_table(0, 1)
    totals = Totals(
        busy_us=_zeros(functions),
        ticks=_zeros(functions, 4),
        held=_zeros(functions, capacities, 6),
        spans=_zeros(functions * len(MEASURES), 4),
        provisioned_busy_us=_zeros(versions),
        outcomes=_zeros(versions, len(Outcome)),
        cold_starts=_zeros(versions),
        bill=_zeros(versions, capacities, 3),
        version_spans=_zeros(versions, 4),
        codes=empty_table(1, MOST),
        minutes=nothing,
        provisioned=nothing,
    )
    totals.spans[..., 2] = totals.version_spans[..., 2] = np.iinfo(np.int64).max
    return without_minutes(totals)


def _zeros(*shape: int) -> NDArray[np.int64]:
    return np.zeros(shape, dtype=np.int64)


def without_minutes(totals: Totals) -> Totals:
    """The same totals, but nothing by minute."""
    return totals._replace(minutes=empty_table(TIMES + 2, CHUNK), provisioned=empty_table(2, CHUNK))


def nothing_sketched(functions: int) -> Sketched:
    """Sketches of no durations of so many functions."""
    return Sketched(
        buckets(),
        np.zeros((functions * len(MEASURES), _PAGES), dtype=np.int32),
        np.ones(1, dtype=np.int64),
        np.zeros((1, 1 << PAGE_BITS), dtype=np.int64),
    )
