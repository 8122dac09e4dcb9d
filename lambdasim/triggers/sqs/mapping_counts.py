"""What an event source mapping of an SQS queue counts beside the logs, under CloudWatch's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.records import Tally
from lambdasim.triggers.counting import Gauge
from lambdasim.triggers.sqs.counts import Level, Tallied
from lambdasim.triggers.sqs.paid import PaidPollers
from lambdasim.units import US_PER_HOUR, US_PER_S

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book


class MappingCounts(Tallied):
    """What an event source mapping counts: its messages by what became of them, and its pollers."""

    NAMES = ("polled", "filtered", "invoked", "failed", "deleted", "duplicate_runs")
    polled: int
    filtered: int
    invoked: int
    failed: int
    deleted: int
    duplicate_runs: int

    def __init__(self, book: Book, measured_us: tuple[int, int], pollers: int, *, provisioned: bool) -> None:
        super().__init__(measured_us)
        self.pollers = Level(measured_us, pollers)
        if provisioned:
            least_us = round(book.value("billing/event_poller_unit/minimum_s") * US_PER_S)
            self.pollers = PaidPollers(measured_us, pollers, least_us)
        self.pollers_by_minute = Gauge(measured_us)

    def tally(self) -> Tally:
        """All of it; ask when the run is over."""
        counts: dict[str, float] = {
            "duplicate_runs": self.total("duplicate_runs"),
            "pollers_mean": self.pollers.mean,
            "pollers_max": self.pollers.highest,
        }
        series = {
            "PolledEventCount": self.series("polled"),
            "FilteredOutEventCount": self.series("filtered"),
            "InvokedEventCount": self.series("invoked"),
            "FailedInvokeEventCount": self.series("failed"),
            "DeletedEventCount": self.series("deleted"),
            "pollers": self.pollers_by_minute.series(),
        }
        if isinstance(self.pollers, PaidPollers):
            counts["poller_hours"] = self.pollers.paid_us / US_PER_HOUR
            series["ProvisionedPollers"] = self.pollers.peaks()
        return Tally(counts, series)
