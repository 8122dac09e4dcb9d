"""The provisioned concurrency of aliases: how much is asked for, and where the versions are that it belongs to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdasim.codes import StartCause
from lambdasim.records import ProvisionedPeriod
from lambdasim.service.allocation import allocation_rates
from lambdasim.service.provisioned import ProvisionedFleet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lambdasim.scenario.model import Scenario
    from lambdasim.service.aliases import Alias
    from lambdasim.service.change_log import ChangeLog
    from lambdasim.service.clock import Clock
    from lambdasim.service.concurrency import ConcurrencyLimits
    from lambdasim.service.fleet import Fleet, Numbering


class Provisioning:
    """The provisioned concurrency of one alias: it moves with the alias, and two versions share it by their weights.

    AWS says that it fluctuates with the weights, and not how parts of one are rounded: here to the nearest.
    """

    def __init__(self, alias: Alias, fleets: Mapping[int, ProvisionedFleet], concurrency: ConcurrencyLimits) -> None:
        """``fleets``: by the index of each version that the alias can ever point to."""
        self.alias = alias
        self.fleets = fleets
        self.requested = 0
        self._concurrency = concurrency
        alias.followers.append(self._move)

    def begin_with(self, environments: int) -> None:
        """What the scenario configures was configured before its start, and is ready."""
        self.requested = environments
        for version, part in self._parts().items():
            self.fleets[version].begin_with(part)

    def request(self, environments: int, now_us: int) -> bool:
        """Ask for so many from now on; false if AWS refuses, since others need the concurrency."""
        if environments - self.requested > self._concurrency.claimable(self.alias.function):
            return False
        self.requested = environments
        self._share(now_us, StartCause.SCALE_OUT)
        return True

    @property
    def in_progress(self) -> bool:
        """Whether AWS would say IN_PROGRESS: not all that are asked for can be used yet."""
        return any(fleet.pending for fleet in self.fleets.values())

    @property
    def settled_us(self) -> int:
        """When the last raise was complete."""
        return max(fleet.settled_us for fleet in self.fleets.values())

    def _move(self, now_us: int) -> None:
        """The alias points elsewhere: released on one version, allocated on another, with all that takes."""
        self._share(now_us, StartCause.DEPLOYMENT)

    def _share(self, now_us: int, cause: StartCause) -> None:
        """Ask each version for its part: first those that get less, so that what they release can be used again."""
        parts = self._parts()
        order = sorted(self.fleets, key=lambda version: parts.get(version, 0) - self.fleets[version].requested)
        for version in order:
            if parts.get(version, 0) != self.fleets[version].requested:
                self.fleets[version].request(parts.get(version, 0), now_us, cause)

    def _parts(self) -> dict[int, int]:
        """How many each version gets, by its index."""
        alias = self.alias
        if alias.secondary is None:
            return {alias.primary.index: self.requested}
        second = math.floor(self.requested * alias.secondary_weight + 0.5)
        return {alias.primary.index: self.requested - second, alias.secondary.index: second}


def start_provisioning(
    clock: Clock,
    scenario: Scenario,
    seed: int,
    fleets: Sequence[Fleet],
    aliases: Mapping[str, Alias],
    numbering: Numbering,
    concurrency: ConcurrencyLimits,
    changes: ChangeLog,
    *,
    make_fleet: Callable[..., ProvisionedFleet] = ProvisionedFleet,
) -> dict[str, Provisioning]:
    """What the scenario's aliases have of it when the run begins, by the targets ``function:alias``.

    ``make_fleet`` makes a fleet that is kept ready, as ``ProvisionedFleet`` does.
    """
    begun: dict[str, Provisioning] = {}
    paces = allocation_rates(scenario.account, scenario.region, scenario.book)
    for name, function in scenario.functions.items():
        pace = next(paces) if function.is_provisioned else None
        for pointer, settings in function.pointers.items():
            environments = settings.provisioned_concurrent_executions
            if pace is None or environments is None:
                continue
            target = f"{name}:{pointer}"
            alias, own = aliases[target], {}
            for version in alias.versions:
                fleet = fleets[version.index]
                if fleet.provisioned is None:
                    fleet.provisioned = make_fleet(
                        clock,
                        version,
                        scenario.lifecycle,
                        seed,
                        numbering,
                        concurrency,
                        fleet,
                        pace,
                        changes,
                        target,
                    )
                own[version.index] = fleet.provisioned
            begun[target] = Provisioning(alias, own, concurrency)
            begun[target].begin_with(environments)
    return begun


def periods_of(provisioned: Mapping[str, Provisioning]) -> list[ProvisionedPeriod]:
    """How much provisioned concurrency each version had, and when, once the run is closed."""
    return [period for one in provisioned.values() for fleet in one.fleets.values() for period in fleet.periods]
