"""How long environments live: one draw of each limit for each environment.

Lambda documents none of these figures; the presets were measured on recorded traffic (see the parameter
book's ``lifecycles``). Two idle rules stand side by side, as the recordings show them: when the whole
function is quiet, an environment goes after ``idle_timeout``; while the function is in use, a surplus
environment stays idle for much longer, ``surplus_idle_timeout``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.codes import EndCause
from lambdasim.randomness import Draws, uniforms
from lambdasim.service.cold_start import whole_us
from lambdasim.units import MAXIMUM_US
from lambdasim.workload.distributions import Constant, Exponential

if TYPE_CHECKING:
    from lambdasim.scenario.account import Lifecycle
    from lambdasim.workload.distributions import Distribution

LIFE_BLOCK = 256
_UNLIMITED = Constant(float(MAXIMUM_US))


@dataclass(frozen=True, slots=True)
class Life:
    """The limits of one environment's life, in microseconds, and the coin for its replacement.

    ``age_limit_us`` counts from its being ready; ``age_cause`` says which of the age rules it is.
    """

    idle_timeout_us: int
    surplus_idle_timeout_us: int
    age_limit_us: int
    age_cause: EndCause
    replaced: bool


class LifeDraws:
    """The lives of one function's environments, by their number within the function."""

    def __init__(self, seed: int, function: str, lifecycle: Lifecycle) -> None:
        self._renewed = lifecycle.keep_alive == "renewed"
        self._replaced_below = lifecycle.proactive_on_retirement
        recycling = Exponential(1 / lifecycle.recycle_rate_per_us) if lifecycle.recycle_rate_per_us else None

        def limit(purpose: str, distribution: Distribution | None) -> Draws[int]:
            sample = whole_us(distribution or _UNLIMITED)
            return Draws(seed, purpose, function, sample=sample, size=LIFE_BLOCK)

        self._idle = limit("idle timeout", lifecycle.idle_timeout)
        self._surplus = limit("surplus idle timeout", lifecycle.surplus_idle_timeout)
        self._lifetime = limit("maximum lifetime", lifecycle.maximum_lifetime)
        self._recycling = limit("recycling", recycling)
        self._coin: Draws[float] = Draws(seed, "replaced", function, sample=uniforms, size=LIFE_BLOCK)

    def at(self, ordinal: int) -> Life:
        """The life of the function's environment number ``ordinal`` (0, 1, ...)."""
        idle_us = self._idle.at(ordinal)
        surplus_us = self._surplus.at(ordinal)
        limits = [(self._lifetime.at(ordinal), EndCause.LIFETIME), (self._recycling.at(ordinal), EndCause.RECYCLED)]
        if not self._renewed:  # the keep-alive counts from the start, whether or not it is used meanwhile
            limits.append((idle_us, EndCause.IDLE_EXPIRED))
            idle_us = surplus_us = MAXIMUM_US
        age_us, cause = min(limits)
        replaced = cause is EndCause.LIFETIME and self._coin.at(ordinal) < self._replaced_below
        return Life(idle_us, surplus_us, age_us, cause, replaced)
