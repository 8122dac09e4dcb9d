"""User journeys: a closed loop, in which each step waits for the one before."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.randomness import Draws, uniforms
from lambdasim.records import NEVER, Columns
from lambdasim.service.cold_start import whole_us

if TYPE_CHECKING:
    from simpy.events import Event

    from lambdasim.scenario.triggers import JourneyTrigger, Step
    from lambdasim.service.clock import Clock
    from lambdasim.triggers.synchronous import Caller, Target


class Journeys:
    """The users of one journey trigger, each following one flow, drawn by weight.

    The n-th step of a user is one event; its number is ``user * longest flow + n``, so that a user's luck
    does not depend on what other users do.
    """

    def __init__(
        self, clock: Clock, caller: Caller, trigger: JourneyTrigger, targets: dict[str, Target], key: tuple[int, str]
    ) -> None:
        self._clock = clock
        self._caller = caller
        self._flows = [flow.steps for flow in trigger.flows]
        self._stops_on_error = trigger.on_error == "stop"
        self._targets = targets
        weights = np.cumsum([flow.weight for flow in trigger.flows])
        self._shares = (weights / weights[-1]).tolist()
        self._longest = max(len(steps) for steps in self._flows)
        seed, name = key
        self._choice: Draws[float] = Draws(seed, "flow", name, sample=uniforms)
        self._waits: dict[tuple[int, int], Draws[int]] = {
            (f, s): Draws(seed, "think time", name, f, s, sample=whole_us(step.wait))
            for f, steps in enumerate(self._flows)
            for s, step in enumerate(steps)
            if step.wait is not None
        }
        self._log: list[list[int]] = []

    def request(self, user: int) -> Generator[Event, None, None]:
        """One user's journey."""
        record = [user, self._clock.now, NEVER, 0]
        self._log.append(record)
        chosen = int(np.searchsorted(self._shares, self._choice.at(user), side="right"))
        for number, step in enumerate(self._flows[chosen]):
            if not (yield from self._take(step, chosen, number, user)) and self._stops_on_error:
                break
        else:
            record[3] = 1
        record[2] = self._clock.now

    def _take(self, step: Step, flow: int, number: int, user: int) -> Generator[Event, None, bool]:
        if step.invoke is not None:
            event = user * self._longest + number
            return (yield from self._caller.request(event, self._targets[step.invoke]))
        yield self._clock.timeout(self._waits[flow, number].at(user))
        return True

    def columns(self) -> Columns:
        """One row a user: ``user``, ``arrived_us``, ``finished_us`` (-1 if still under way), ``completed``."""
        table = np.array(self._log, dtype=np.int64).reshape(-1, 4)
        return dict(zip(("user", "arrived_us", "finished_us", "completed"), table.T, strict=True))
