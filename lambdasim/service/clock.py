"""SimPy's Environment in integer microseconds, and the order of events that fall on one instant.

It is called *clock* because, in this project, *environment* means Lambda's execution environment.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from types import MethodType
from typing import Any

import simpy
from simpy.events import NORMAL, Event, EventPriority, Process, Timeout

# At one instant: what ends (SimPy's NORMAL), then what becomes ready or is decided (CONTROL), then what arrives (a
# queue of its own). A request that arrives as another ends finds the environment free; one that arrives as an idle
# timeout passes finds it gone.
CONTROL = EventPriority(NORMAL + 1)


class Moment(Event):
    """An event that happens after ``delay_us``, with a stated rank among those of the same instant."""

    def __init__(self, clock: Clock, delay_us: int, priority: EventPriority) -> None:
        super().__init__(clock)
        self._value = None
        self._ok = True
        clock.schedule(self, priority, delay_us)


class Unattended:
    """A process that nobody waits for: it takes its steps when the events that it yields happen, and then is gone.

    SimPy's own Process is an event too, and spends two more of them, on its beginning and its end.
    """

    __slots__ = ("_generator",)

    def __init__(self, generator: Generator[Event, Any, Any]) -> None:
        self._generator = generator

    def step(self, _event: Event | None = None) -> None:
        """Go on to the next event that it waits for."""
        for event in self._generator:
            event.callbacks.append(self.step)
            return


class Clock(simpy.Environment):
    """Simulated time: ``now`` counts integer microseconds from the scenario's start.

    ``timeout(us)`` is SimPy's own and ranks as a completion.
    """

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        # SimPy binds these once for its own class, but for a subclass at every use: 0.2 us an event.
        self.timeout = MethodType(Timeout, self)  # type: ignore[method-assign]
        self.process = MethodType(Process, self)  # type: ignore[method-assign]
        # Arrivals wait in a queue of their own, which is as short as there are sources: SimPy's holds an entry for
        # every run under way, and what passes through it pays for its length.
        self._arrivals: list[tuple[int, int, Callable[[], None]]] = []

    @property
    def now(self) -> int:
        """The present, in microseconds from the scenario's start."""
        return self._now  # type: ignore[return-value]  # SimPy allows floats; here all delays are integers

    def run_until(self, until_us: int) -> None:
        """Let everything happen that is due up to and including ``until_us``.

        It is SimPy's ``run`` with its ``step`` written into the loop, since a call for each event is a tenth of
        the time of a run. An event that failed and that nobody waits for raises, as there.
        """
        queue, arrivals = self._queue, self._arrivals
        while queue or arrivals:
            if arrivals and (not queue or arrivals[0][0] < queue[0][0]):
                if arrivals[0][0] > until_us:
                    break
                self._now, _, action = heappop(arrivals)
                action()
                continue
            if queue[0][0] > until_us:
                break
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]  # None: it is processed
            for callback in callbacks:
                callback(event)
            if not event._ok and not event.defused:  # noqa: SLF001 - as SimPy's own step does
                raise event._value  # noqa: SLF001
        self._now = until_us

    def control(self, delay_us: int) -> Moment:
        """An initialisation that ends, a limit that changes: after completions, before arrivals."""
        return Moment(self, delay_us, CONTROL)

    def arrive(self, at_us: int, action: Callable[[], None]) -> None:
        """Call ``action()`` at ``at_us``, after all else of that instant, and after arrivals asked for before."""
        heappush(self._arrivals, (at_us, next(self._eid), action))

    def every(self, interval_us: int, action: Callable[[int], None], *, until_us: int) -> None:
        """Call ``action(now)`` every ``interval_us`` until ``until_us``."""

        def loop() -> Any:
            while self.now + interval_us <= until_us:
                yield self.control(interval_us)
                action(int(self.now))

        self.process(loop())
