"""Application Auto Scaling of an alias's provisioned concurrency: target tracking on utilization, scheduled actions.

Sources: Lambda developer guide, provisioned-concurrency; Application Auto Scaling user guide, target tracking. Lambda
emits ProvisionedConcurrencyUtilization at each invocation of the alias (busy environments / allocated ones), so a
minute without any has no datapoint, and then nothing is scaled. Two alarms look at the datapoints of the last minutes:
all above the target scales out, all below nine tenths of it scales in. A gap in them counts for neither.

What AWS does not say is decided here: no policy acts while an earlier change is being allocated; a scheduled action
does, and so does an alias that moves.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdasim.codes import Change
from lambdasim.units import US_PER_MINUTE, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from simpy.events import Event

    from lambdasim.parameters.book import Book
    from lambdasim.scenario.autoscaling import Autoscaling, ScheduledAction
    from lambdasim.scenario.model import Scenario
    from lambdasim.service.change_log import ChangeLog
    from lambdasim.service.clock import Clock
    from lambdasim.service.provisioning import Provisioning
    from lambdasim.service.utilization import UtilizationWatch

_BOOK = "provisioned/autoscaling"


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """A target tracking policy, with the two alarms that Application Auto Scaling makes for it."""

    target: float
    low: float  # the low alarm's threshold
    out_points: int
    in_points: int
    largest_step_in: float
    scales_in: bool

    def wanted(self, points: Sequence[float | None], capacity: int, least: int, most: int) -> int:
        """The capacity that follows from the minutes' utilization, the newest last; the same, if no alarm goes off.

        Out: capacity x utilization / target, rounded up. In: the same, but no more than a step at once, so that what is
        left stays below the target.
        """
        newest = points[-1] if points else None
        if newest is None:
            return capacity
        proportional = math.ceil(round(capacity * newest / self.target, 9))  # 10 x 0.7 / 0.7 is 10
        if _all_of_last(points, self.out_points, lambda point: point > self.target):
            return max(capacity, min(proportional, most))
        if self.scales_in and _all_of_last(points, self.in_points, lambda point: point < self.low):
            step = max(1, math.floor(capacity * self.largest_step_in))
            return min(capacity, max(proportional, capacity - step, least))
        return capacity


def _all_of_last(points: Sequence[float | None], count: int, breaches: Callable[[float], bool]) -> bool:
    """Whether each of the last ``count`` minutes has a datapoint, and one that breaches."""
    last = list(points)[-count:]
    return len(last) == count and all(point is not None and breaches(point) for point in last)


def datapoint(samples: Iterable[tuple[int, float, float]], statistic: str) -> float | None:
    """A minute's utilization from each version's samples: (how many, their sum, the highest). None if nothing came."""
    count, total, highest = 0, 0.0, 0.0
    for samples_of, sum_of, highest_of in samples:
        count += samples_of
        total += sum_of
        highest = max(highest, highest_of)
    if not count:
        return None
    return highest if statistic == "Maximum" else round(total / count, 9)  # a mean of 0.7s is not above 0.7


class Autoscaler:
    """What scales one alias's provisioned concurrency."""

    def __init__(
        self,
        clock: Clock,
        settings: Autoscaling,
        provisioning: Provisioning,
        watches: Sequence[UtilizationWatch],
        book: Book,
        changes: ChangeLog,
        subject: str,
    ) -> None:
        self._clock = clock
        self._provisioning = provisioning
        self._watches = watches
        self._statistic = settings.statistic
        self._changes = changes
        self._subject = subject
        self._least, self._most = settings.min_capacity, settings.max_capacity
        self._out_cooldown_us = settings.scale_out_cooldown * US_PER_S
        self._in_cooldown_us = settings.scale_in_cooldown * US_PER_S
        self._last_out = 0  # how many the last scale-out added
        self._last_in_us: int | None = None
        if settings.target_value is not None:
            self._policy = policy_of(settings, settings.target_value, book)
            self._points: deque[float | None] = deque(maxlen=max(self._policy.out_points, self._policy.in_points))
            self._delay_us = round(book.value(f"{_BOOK}/metric_delay_s") * US_PER_S)
            clock.process(self._every_minute())

    def _every_minute(self) -> Generator[Event, None, None]:
        """Each minute's datapoint comes to the alarms somewhat after the minute's end."""
        while True:
            yield self._clock.control(US_PER_MINUTE)
            minute = self._clock.now // US_PER_MINUTE - 1
            point = datapoint((watch.of_minute(minute) for watch in self._watches), self._statistic)

            def evaluate(_event: Event, point: float | None = point) -> None:
                self._points.append(point)
                self._track(self._clock.now)

            self._clock.control(self._delay_us).callbacks.append(evaluate)

    def _track(self, now_us: int) -> None:
        """A new datapoint: scale, if the alarms and the cooldowns say so."""
        provisioning = self._provisioning
        capacity = provisioning.requested
        if provisioning.in_progress or not capacity:
            return
        wanted = self._policy.wanted(self._points, capacity, self._least, self._most)
        added = wanted - capacity
        if added > 0:
            cooling = self._last_out and now_us < provisioning.settled_us + self._out_cooldown_us
            if not cooling or added > self._last_out:
                self._last_in_us = None  # AWS: the cooldown after a scale-in stops here
                self._last_out = added
                self._ask(wanted, now_us)
        elif added < 0 and (self._last_in_us is None or now_us >= self._last_in_us + self._in_cooldown_us):
            self._last_in_us = now_us
            self._ask(wanted, now_us)

    def follow(self, action: ScheduledAction, due_us: Iterator[int]) -> Generator[Event, None, None]:
        """A scheduled action at its times, which asks no cooldown."""
        for at_us in due_us:
            yield self._clock.control(at_us - self._clock.now)
            if action.max_capacity is not None:
                self._most = action.max_capacity
            if action.min_capacity is not None:
                self._least = action.min_capacity
            capacity = self._provisioning.requested
            bounded = min(max(capacity, self._least), self._most)
            if bounded != capacity:
                self._ask(bounded, self._clock.now)

    def _ask(self, capacity: int, now_us: int) -> None:
        granted = self._provisioning.request(capacity, now_us)
        self._changes.note(now_us, Change.AUTOSCALED if granted else Change.SCALING_REFUSED, self._subject, capacity)


def policy_of(settings: Autoscaling, target: float, book: Book) -> TargetTracking:
    """The policy that keeps utilization near ``target``, by the book's alarms."""
    return TargetTracking(
        target,
        low=round(target * book.value(f"{_BOOK}/scale_in_below"), 9),  # 0.63 for 0.7
        out_points=book.value(f"{_BOOK}/scale_out_points"),
        in_points=book.value(f"{_BOOK}/scale_in_points"),
        largest_step_in=book.value(f"{_BOOK}/scale_in_largest_step"),
        scales_in=not settings.disable_scale_in,
    )


def start_autoscaling(
    clock: Clock,
    scenario: Scenario,
    provisioned: Mapping[str, Provisioning],
    utilization: Mapping[int, UtilizationWatch],
    changes: ChangeLog,
) -> None:
    """Start what scales the scenario's provisioned concurrency.

    ``provisioned``: by target, ``function:alias``; ``utilization``: by the index of each version that may have any.
    """
    for name, function in scenario.functions.items():
        for pointer, settings in function.pointers.items():
            if settings.autoscaling is None:
                continue
            target = f"{name}:{pointer}"
            own = provisioned[target]
            watches = [utilization[version] for version in own.fleets]
            scaler = Autoscaler(clock, settings.autoscaling, own, watches, scenario.book, changes, target)
            for action in settings.autoscaling.scheduled_actions:
                clock.process(scaler.follow(action, _due_us(action, scenario)))


def _due_us(action: ScheduledAction, scenario: Scenario) -> Iterator[int]:
    """When a scheduled action is due, from the scenario's start to the end of its drain."""
    bounds = (action.start_time, action.end_time)
    from_us, to_us = (b and (b - scenario.start) // timedelta(microseconds=1) for b in bounds)
    for block in action.due.due_us(scenario.ends_us, scenario.start):
        for at_us in block.tolist():
            if (from_us is None or at_us >= from_us) and (to_us is None or at_us <= to_us):
                yield at_us
