"""Time in buckets of equal width: what was highest, and how much happened, in each of them.

Over time a figure shows no single events but, as CloudWatch does, a value for each bucket. A run of less than half an
hour is taken from the logs, in buckets of seconds; a longer one in whole minutes, so that its values are CloudWatch's,
or the highest or the sum of some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.metrics.measures import whole
from lambdasim.plots.scales import clock
from lambdasim.records import NEVER
from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_S

if TYPE_CHECKING:
    from lambdasim.result.result import Result

MOST, FEW = 240, 100  # buckets of a line alone; of several lines, or of bars
_SHORT_US = 30 * US_PER_MINUTE
WIDTHS_US = (
    *(base * US_PER_MS for base in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(base * US_PER_S for base in (1, 2, 5, 10, 15, 30)),
    *(base * US_PER_MINUTE for base in (1, 2, 5, 10, 15, 30)),
    *(base * US_PER_HOUR for base in (1, 2, 3, 6, 12)),
    *(base * US_PER_DAY for base in (1, 2, 7, 14, 28)),
)


@dataclass(frozen=True, slots=True)
class Buckets:
    """``count`` buckets [0, width), [width, 2 width), ... of the scenario's clock."""

    width_us: int
    count: int

    @property
    def edges_s(self) -> NDArray[np.float64]:
        """Where they begin and, the last one, end: seconds, shape (count + 1,)."""
        edges_s: NDArray[np.float64] = np.arange(self.count + 1) * self.width_us / US_PER_S
        return edges_s

    @property
    def begins(self) -> list[str]:
        """When each begins, as the axis has it."""
        return [clock(place * self.width_us / US_PER_S) for place in range(self.count)]

    @property
    def name(self) -> str:
        """Their width, in words: ``minute``, ``10 s``."""
        for unit_us, unit in ((US_PER_DAY, "day"), (US_PER_HOUR, "hour"), (US_PER_MINUTE, "minute"), (US_PER_S, "s")):
            if self.width_us % unit_us == 0:
                number = self.width_us // unit_us
                if unit == "s":
                    return f"{number} s" if number > 1 else "second"
                return f"{number} {unit}s" if number > 1 else unit
        return f"{self.width_us // US_PER_MS} ms"

    def told(self, place: int) -> str:
        """One of them, in words: ``the minute from 1h30m on``."""
        return f"the {self.name} from {clock(place * self.width_us / US_PER_S)} on"

    def highest(self, from_us: NDArray[np.int64], to_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """The most of the intervals [from, to) that overlap within each bucket.

        What ends at an instant is over before what begins there, as in ConcurrentExecutions.
        """
        lasting = from_us < to_us
        from_us, to_us = np.sort(from_us[lasting]), np.sort(to_us[lasting])
        begins_us = np.arange(self.count) * self.width_us
        highest = np.searchsorted(from_us, begins_us, "left") - np.searchsorted(to_us, begins_us, "right")
        level = np.arange(1, from_us.size + 1) - np.searchsorted(to_us, from_us, "right")
        bucket = from_us // self.width_us
        inside = (bucket >= 0) & (bucket < self.count)
        np.maximum.at(highest, bucket[inside], level[inside])
        return highest

    def counted(self, at_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of the instants lie in each bucket."""
        inside = (at_us >= 0) & (at_us < self.count * self.width_us)
        return np.bincount(at_us[inside] // self.width_us, minlength=self.count)

    def gathered(self, minutes: NDArray[np.float64], how: np.ufunc) -> NDArray[np.float64]:
        """A series by minute, gathered into these buckets of whole minutes by ``np.add``, ``np.fmax`` or ``np.fmin``.

        NaN, where there is no minute.
        """
        per = self.width_us // US_PER_MINUTE
        values = np.full(self.count * per, np.nan)
        values[: minutes.size] = minutes[: values.size]
        if how is np.add:
            values = np.nan_to_num(values)
        gathered: NDArray[np.float64] = how.reduce(values.reshape(self.count, per), axis=1)
        return gathered


def buckets_of(span_us: int, *, most: int = MOST, minutes: bool) -> Buckets:
    """At most ``most`` buckets of a round width over ``span_us``; of whole minutes, if ``minutes``."""
    least_us = US_PER_MINUTE if minutes else 1
    longest_us = -(-span_us // (most * US_PER_DAY)) * US_PER_DAY
    width_us = next((width for width in WIDTHS_US if width >= least_us and span_us <= width * most), longest_us)
    return Buckets(width_us, max(1, -(-span_us // width_us)))


def by_minutes(result: Result, span_us: int) -> bool:
    """Whether a figure over ``span_us`` is of whole minutes: it is long, or there is no log to look closer."""
    return result.invocation_columns is None or span_us >= _SHORT_US


def shown_us(result: Result) -> int:
    """How long a figure over time is: to the end of the arrivals or, if the logs tell, of the last run or event."""
    last = [result.header.duration_us]
    for columns, names in (
        (result.invocation_columns, ("invoked_us", "ended_us")),
        (result.event_columns, ("ended_us",)),
    ):
        if columns is not None:
            last += [int(whole(columns, name).max(initial=NEVER)) for name in names]
    return max(last)
