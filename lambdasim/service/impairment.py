"""A handler while incidents are under way: slower, failing more often, or refused by what it calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lambdasim.codes import Outcome
from lambdasim.service.handler import HandlerModel
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.units import US_PER_S

if TYPE_CHECKING:
    from lambdasim.service.clock import Clock

SUCCESS = Outcome.SUCCESS


class Throttle:
    """What a downstream takes while it is throttled: a call from each run, as long as there are tokens."""

    __slots__ = ("_bucket", "_clock")

    def __init__(self, clock: Clock, rate_per_us: float, burst_s: float) -> None:
        self._clock = clock
        calls = max(1.0, rate_per_us * US_PER_S * burst_s) if rate_per_us else 0.0
        self._bucket = TokenBucket(calls, rate_per_us)

    def takes(self) -> bool:
        """Whether it takes a call that is made now."""
        return self._bucket.take(self._clock.now)


@dataclass(frozen=True, slots=True)
class Failures:
    """The shares of runs that an incident lets fail, whatever else would become of them."""

    errors: float = 0.0
    crashes: float = 0.0


@dataclass(frozen=True, slots=True)
class ImpairedHandler(HandlerModel):
    """A handler whose time is multiplied by ``slowdown``, and that raises where a throttled downstream refuses it."""

    slowdown: float = 1.0
    throttles: tuple[Throttle, ...] = ()

    def run(self, handler_us: int, coin: float, before_us: int) -> tuple[int, Outcome]:
        """See ``HandlerModel``; each run makes its calls, and takes as long if one is refused."""
        refused = [throttle for throttle in self.throttles if not throttle.takes()]
        duration_us, outcome = HandlerModel.run(self, round(handler_us * self.slowdown), coin, before_us)
        return duration_us, Outcome.ERROR if refused and outcome is SUCCESS else outcome


def impaired(
    handler: HandlerModel, slowdown: float, failures: Sequence[Failures], throttles: Sequence[Throttle]
) -> ImpairedHandler:
    """The handler under incidents, whose ``failures`` strike independently of its own and of each other.

    A run goes well with the product of what each lets go well: P(fails) = 1 - (1 - own) (1 - first) ...; what lets the
    process exit comes before what raises, P(crashes) likewise.
    """
    well, alive = 1.0 - handler.error_below, 1.0 - handler.crash_below
    for more in failures:
        well *= 1.0 - more.errors - more.crashes
        alive *= 1.0 - more.crashes
    unchanged = {field.name: getattr(handler, field.name) for field in fields(HandlerModel)}
    changed = {"crash_below": 1.0 - alive, "error_below": 1.0 - well}
    return ImpairedHandler(**unchanged | changed, slowdown=slowdown, throttles=tuple(throttles))
