"""The luck of a trigger's events at a function: every draw that an invocation may need, by the event's number.

An invocation carries its own luck: what it would take if it ran cold, and how long its handler takes, are
fixed when it arrives, not when they are used. So two scenarios on one seed share their luck event by event,
and the variance of a paired difference shrinks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.randomness import Draws, uniforms
from lambdasim.service.cold_start import ColdStart, ColdStartModel
from lambdasim.service.restore import RestoreDraws, RestoreModel

if TYPE_CHECKING:
    from lambdasim.service.aliases import Alias
    from lambdasim.service.function_version import FunctionVersion

KEPT_RUNS = 8
"""So many attempts have draws that are kept in memory: a stuck batch runs for days, and each run has its own."""
COLD_BLOCK = 256  # cold starts are rare: small blocks waste fewer draws


class Luck:
    """The draws of one trigger's n-th attempts at one function, by the event's number; ``key`` names these three."""

    __slots__ = ("ahead", "coin", "cold", "duration_us")

    def __init__(self, seed: int, key: tuple[str | int, ...], version: FunctionVersion) -> None:
        self.duration_us: Draws[int] = Draws(seed, "handler", *key, sample=version.handler.sample_us)
        self.coin: Draws[float] = Draws(seed, "handler fails", *key, sample=uniforms)
        self.ahead: Draws[float] = Draws(seed, "started ahead", *key, sample=uniforms, size=COLD_BLOCK)
        self.cold = ColdStartDraws(seed, key, version.cold_start, version.restore)


class ColdStartDraws:
    """The phases of a cold start, phase by phase from streams of their own."""

    __slots__ = ("_download_us", "_phases", "_restores")

    def __init__(
        self, seed: int, key: tuple[str | int, ...], model: ColdStartModel, restore: RestoreModel | None
    ) -> None:
        self._download_us = model.download_us
        self._phases: tuple[Draws[int], ...] = tuple(
            Draws(seed, phase, *key, sample=sample, size=COLD_BLOCK) for phase, sample in model.samplers()
        )
        self._restores = None if restore is None else RestoreDraws(seed, key, restore)

    def at(self, index: int) -> ColdStart:
        """The cold start that the event ``index`` would have."""
        platform_us, network_us, runtime_init_us, function_init_us = (draws.at(index) for draws in self._phases)
        return ColdStart(platform_us, self._download_us, network_us, runtime_init_us, function_init_us)

    def start(self, index: int, *, first_restore: bool) -> ColdStart:
        """How an environment starts for ``index``: restored from its version's snapshot if there is one, else cold."""
        if self._restores is None:
            return self.at(index)
        platform_us, network_us = (draws.at(index) for draws in self._phases[:2])
        return ColdStart(platform_us, 0, network_us, 0, 0, *self._restores.at(index, first=first_restore))


class LuckBook:
    """The luck of a trigger's events at what it invokes, for each attempt.

    All versions of a function draw from the same streams: an event that fares badly at one does so at another, and
    what differs between them is the versions' own doing.
    """

    __slots__ = ("_alias", "_coins", "_first", "_key", "_lucks")

    def __init__(self, seed: int, trigger: str, alias: Alias) -> None:
        self._alias = alias
        self._key = (seed, trigger)
        self._lucks: dict[tuple[int, int], Luck] = {}
        self._coins: dict[int, Draws[float]] = {}
        self._first = (alias.primary, self.luck(alias.primary, 1))  # nearly all that is ever asked for

    def draw(self, event: int, attempt: int) -> tuple[FunctionVersion, Luck]:
        """The version to which the alias sends this attempt (1, 2, ...) of an event, and its luck there."""
        alias, version = self._alias, self._alias.primary
        if alias.secondary is not None and self.coin(attempt).at(event) < alias.secondary_weight:
            version = alias.secondary
        if attempt == 1 and version is self._first[0]:
            return self._first
        return version, self.luck(version, attempt)

    def luck(self, version: FunctionVersion, attempt: int) -> Luck:
        """The luck of all events' attempts of this number (1, 2, ...) at a version."""
        luck = self._lucks.get((version.index, attempt))
        if luck is None:
            seed, trigger = self._key
            luck = Luck(seed, (trigger, version.name, attempt), version)
            if attempt <= KEPT_RUNS:
                self._lucks[version.index, attempt] = luck
        return luck

    def coin(self, attempt: int) -> Draws[float]:
        """The coins that decide between the alias's versions, for attempts of this number."""
        coins = self._coins.get(attempt)
        if coins is None:
            seed, trigger = self._key
            coins = Draws(seed, "alias", trigger, self._alias.function_name, attempt, sample=uniforms)
            if attempt <= KEPT_RUNS:
                self._coins[attempt] = coins
        return coins
