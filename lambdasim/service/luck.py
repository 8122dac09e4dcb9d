"""The luck of a trigger's events at a function: every draw that an invocation may need, by the event's number.

An invocation carries its own luck: what it would take if it ran cold, and how long its handler takes, are
fixed when it arrives, not when they are used. So two scenarios on one seed share their luck event by event,
and the variance of a paired difference shrinks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.randomness import Draws, uniforms
from lambdasim.service.cold_start import ColdStart, ColdStartModel

if TYPE_CHECKING:
    from lambdasim.service.function_version import FunctionVersion

COLD_BLOCK = 256  # cold starts are rare: small blocks waste fewer draws


class Luck:
    """The draws of one trigger's n-th attempts at one function, by the event's number; ``key`` names these three."""

    __slots__ = ("ahead", "coin", "cold", "duration_us")

    def __init__(self, seed: int, key: tuple[str | int, ...], version: FunctionVersion) -> None:
        self.duration_us: Draws[int] = Draws(seed, "handler", *key, sample=version.handler.sample_us)
        self.coin: Draws[float] = Draws(seed, "handler fails", *key, sample=uniforms)
        self.ahead: Draws[float] = Draws(seed, "started ahead", *key, sample=uniforms, size=COLD_BLOCK)
        self.cold = ColdStartDraws(seed, key, version.cold_start)


class ColdStartDraws:
    """The phases of a cold start, phase by phase from streams of their own."""

    __slots__ = ("_download_us", "_phases")

    def __init__(self, seed: int, key: tuple[str | int, ...], model: ColdStartModel) -> None:
        self._download_us = model.download_us
        self._phases: tuple[Draws[int], ...] = tuple(
            Draws(seed, phase, *key, sample=sample, size=COLD_BLOCK) for phase, sample in model.samplers()
        )

    def at(self, index: int) -> ColdStart:
        """The cold start that the event ``index`` would have."""
        platform_us, network_us, runtime_init_us, function_init_us = (draws.at(index) for draws in self._phases)
        return ColdStart(platform_us, self._download_us, network_us, runtime_init_us, function_init_us)


class LuckBook:
    """The luck of a trigger's events at a function, for each attempt; each is made when first asked for."""

    __slots__ = (
        "_attempts",
        "_key",
    )

    def __init__(self, seed: int, trigger: str, version: FunctionVersion) -> None:
        self._key = (seed, trigger, version)
        self._attempts: list[Luck] = []

    def attempt(self, number: int) -> Luck:
        """The luck of every event's ``number``-th attempt (1, 2, ...)."""
        if number <= len(self._attempts):
            return self._attempts[number - 1]
        while len(self._attempts) < number:
            seed, trigger, version = self._key
            key = (trigger, version.name, len(self._attempts) + 1)
            self._attempts.append(Luck(seed, key, version))
        return self._attempts[number - 1]
