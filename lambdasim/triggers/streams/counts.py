"""What a stream and its mappings count beside the logs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lambdasim.triggers.counting import Counter, Gauge
from lambdasim.units import US_PER_MINUTE


class Waiting:
    """Records that have come and not ended, for each function that is to have them; exact, if told in order of time.

    ``highest`` is of the measured span, ``at_end`` the value at that span's end. Records that their producers hold
    back because the shard takes no more are among them.
    """

    __slots__ = ("_measured", "at_end", "gauge", "highest", "now")

    def __init__(self, measured_us: tuple[int, int]) -> None:
        self.gauge = Gauge(measured_us)
        self.now = self.highest = self.at_end = 0
        self._measured = False

    def went(self, records: int) -> None:
        """So many have ended."""
        self._look()
        self.now -= records

    def measure(self) -> None:
        """The measured span begins."""
        self._measured = True
        self.highest = self.now

    def finish(self) -> None:
        """The measured span ends."""
        self._look()
        self.at_end, self._measured = self.now, False

    def _look(self) -> None:
        """It only falls when records end: just before, it may be at its highest."""
        if self._measured and self.now > self.highest:
            self.highest = self.now


class StreamCounts:
    """The counters of one stream, all of its mappings together."""

    __slots__ = (
        "_minutes",
        "bisections",
        "delivered",
        "discarded",
        "dropped",
        "failed",
        "filtered",
        "incoming",
        "invoked",
        "polled",
        "reads",
        "throttled_writes",
        "waiting",
        "windows",
    )

    def __init__(self, measured_us: tuple[int, int]) -> None:
        self.incoming = Counter(measured_us)  # records that shards took
        self.throttled_writes = Counter(measured_us)  # records that a shard refused at first, or for good
        self.reads = Counter(measured_us)  # GetRecords calls, those that find nothing included
        self.polled = Counter(measured_us)  # records that mappings have read; each counts once a mapping
        self.filtered = Counter(measured_us)
        self.invoked = Counter(measured_us)  # records sent, each time again: also where Lambda throttles them
        self.failed = Counter(measured_us)
        self.dropped = Counter(measured_us)  # records given up that no destination has; not those that the stream lost
        self.delivered = Counter(measured_us)  # records whose batch went to the on-failure destination
        self.discarded = Counter(measured_us)  # batches given up
        self.bisections = Counter(measured_us)
        self.windows = Counter(measured_us)  # tumbling windows that were closed
        self.waiting = Waiting(measured_us)
        self._minutes = -(-measured_us[1] // US_PER_MINUTE)

    def totals(self, written: Sequence[int]) -> dict[str, float]:
        """What streams of both kinds count; ``written``: records of the measured span by shard."""
        return {
            "reads": self.reads.total,
            "hottest_shard_share": max(written) / sum(written) if any(written) else 0.0,
            "waiting_max": self.waiting.highest,
            "waiting_end": self.waiting.at_end,
            "discarded_batches": self.discarded.total,
            "bisections": self.bisections.total,
            "final_window_invocations": self.windows.total,
        }

    def series(self, read: str) -> dict[str, NDArray[np.float64]]:
        """The metrics of mappings, and how many records are waiting; ``read`` is the stream's name for those read.

        Source: Lambda developer guide, monitoring-metrics-types.
        """
        counters = {
            read: self.polled,
            "PolledEventCount": self.polled,
            "FilteredOutEventCount": self.filtered,
            "InvokedEventCount": self.invoked,
            "FailedInvokeEventCount": self.failed,
            "DroppedEventCount": self.dropped,
            "OnFailureDestinationDeliveredEventCount": self.delivered,
        }
        series = {name: self.by_minute(counter) for name, counter in counters.items()}
        return series | {"waiting": self.waiting.gauge.series()}

    def by_minute(self, counter: Counter) -> NDArray[np.float64]:
        """The sums of a counter by minute: zeros, too, up to the end of the measured span."""
        series = counter.series()
        return np.pad(series, (0, max(0, self._minutes - series.size)))
