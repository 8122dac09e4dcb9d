"""How the environments of a function version reach the VPC: who shares an interface, who waits for one, who gets none.

*Hyperplane*, since 2019-09: an interface for each combination of subnet and security groups, made when a function is
configured and shared by all that have the combination; Lambda adds one for each 65,000 connections. A start waits for
nothing but a small extra. Environments are spread over their function's subnets.

*Legacy*, before: an environment shares an interface with others of its combination as long as they have 3 GB of memory
together, and else waits until a new one is attached, as do those that share it meanwhile. Where there is no address, or
no interface by the VPC's quota, it can't start.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html; for legacy the developer guide's
doc_source/vpc.md of 2019-08-19, and tests/validation/vpc_2019.py, which shows that functions share interfaces.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from lambdasim.codes import ThrottleReason
from lambdasim.randomness import Draws
from lambdasim.records import StartInVpc
from lambdasim.scenario.distributions import distribution_from
from lambdasim.service.cold_start import whole_us
from lambdasim.service.network import BLOCK, LEGACY, Combination, Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.network import VpcConfig
    from lambdasim.service.cold_start import ColdStart
    from lambdasim.service.function_version import FunctionVersion
    from lambdasim.service.network import Interface


class Attachment(Protocol):
    """How the environments of one version reach the VPC."""

    def refuses(self, now_us: int) -> ThrottleReason | None:
        """Why no environment can start now (AWS's reason), if so."""

    def refusal(self) -> ThrottleReason | None:
        """The same by what is known, without asking whether other environments have ended meanwhile."""

    def attach(self, phases: ColdStart, now_us: int, *, ahead: bool) -> tuple[Interface, ColdStart]:
        """The interface of an environment that starts now, and its start with the wait for it; none if ``ahead``."""

    def leave(self, interface: Interface, at_us: int) -> None:
        """An environment on ``interface`` has ended."""


class Hyperplane:
    """By interfaces that are there before: environments take their function's subnets in turn."""

    __slots__ = ("_combinations", "_connections", "_function", "_network", "_room", "_turn")

    def __init__(self, network: Network, function: int, combinations: Sequence[Combination], connections: int) -> None:
        self._network = network
        self._function = function
        self._combinations = combinations
        self._connections = connections  # of each environment
        self._room: int = network.book.value("quotas/account/connections_per_network_interface")
        self._turn = 0
        for combination in combinations:
            if not network.interfaces(combination):
                network.make(combination, self._room, 0, 0)

    def refuses(self, now_us: int) -> ThrottleReason | None:  # noqa: ARG002 - who shares asks nobody else
        """See ``Attachment``."""
        return self.refusal()

    def refusal(self) -> ThrottleReason | None:
        """See ``Attachment``."""
        network = self._network
        is_up = any(network.subnet(each.subnet).is_up for each in self._combinations)
        return None if is_up else ThrottleReason.EC2Unexpected

    def attach(self, phases: ColdStart, now_us: int, *, ahead: bool) -> tuple[Interface, ColdStart]:
        """See ``Attachment``."""
        network = self._network
        up = [each for each in self._combinations if network.subnet(each.subnet).is_up] or self._combinations
        combination = up[self._turn % len(up)]
        self._turn += 1
        interface = self._least_used(combination)
        if interface.room < self._connections:
            network.catch_up(now_us, thoroughly=True)
            interface = self._least_used(combination)
        if interface.room < self._connections and network.refusal([interface.subnet]) is None:
            interface = network.make(combination, self._room, now_us, now_us)
        network.occupy(interface, self._connections)
        if not ahead:
            network.starts.append(StartInVpc(self._function, now_us, waited=False))
        return interface, phases

    def leave(self, interface: Interface, at_us: int) -> None:
        """See ``Attachment``."""
        self._network.leave(interface, self._connections, at_us)

    def _least_used(self, combination: Combination) -> Interface:
        return max(self._network.interfaces(combination), key=lambda interface: interface.room)


class Legacy:
    """By interfaces that are made when they are needed, each for 3 GB of memory, in the function's subnets in turn."""

    __slots__ = ("_combinations", "_function", "_made", "_memory_mb", "_network", "_room_mb", "_setup_us", "_turn")

    def __init__(
        self, network: Network, version: FunctionVersion, combinations: Sequence[Combination], memory_mb: int
    ) -> None:
        self._network = network
        self._function = version.function
        self._combinations = combinations
        self._memory_mb = memory_mb
        self._room_mb: int = network.book.value(f"{LEGACY}/mb_per_interface")
        setup = whole_us(distribution_from(network.book.value(f"{LEGACY}/setup")))
        self._setup_us: Draws[int] = Draws(network.seed, "interface", version.label, sample=setup, size=BLOCK)
        self._made = 0
        self._turn = 0

    def refuses(self, now_us: int) -> ThrottleReason | None:
        """See ``Attachment``."""
        self._network.catch_up(now_us)
        if self._with_room() is None:
            self._network.catch_up(now_us, thoroughly=True)
        return self.refusal()

    def refusal(self) -> ThrottleReason | None:
        """See ``Attachment``."""
        if self._with_room() is not None:
            return None
        return self._network.refusal([self._network.subnet(each.subnet) for each in self._combinations])

    def attach(self, phases: ColdStart, now_us: int, *, ahead: bool) -> tuple[Interface, ColdStart]:
        """See ``Attachment``; what was measured as a new interface's setup is the whole start but its Init."""
        network = self._network
        interface = self._with_room()
        if interface is None:
            ready_us = now_us if ahead else now_us + self._setup_us.at(self._made)
            self._made += 1
            interface = network.make(self._next_combination(), self._room_mb, now_us, ready_us)
        network.occupy(interface, self._memory_mb)
        if ahead:
            return interface, phases
        network_us = interface.ready_us - now_us - phases.platform_us - phases.download_us
        waited = network_us > phases.network_us
        network.starts.append(StartInVpc(self._function, now_us, waited=waited))
        return interface, replace(phases, network_us=network_us) if waited else phases

    def leave(self, interface: Interface, at_us: int) -> None:
        """See ``Attachment``."""
        self._network.leave(interface, self._memory_mb, at_us)

    def _with_room(self) -> Interface | None:
        """The newest interface that the environment fits on: in the recording it is the one that was just made."""
        fitting = (
            interface
            for combination in self._combinations
            for interface in reversed(self._network.interfaces(combination))
            if interface.subnet.is_up and interface.room >= self._memory_mb
        )
        return max(fitting, key=lambda interface: interface.number, default=None)

    def _next_combination(self) -> Combination:
        """Whose subnet is next in turn, of those that can have an interface more."""
        count = len(self._combinations)
        for step in range(count):
            combination = self._combinations[(self._turn + step) % count]
            if self._network.refusal([self._network.subnet(combination.subnet)]) is None:
                self._turn += step + 1
                return combination
        raise AssertionError("an interface was asked for where none can be made")


def attached(
    network: Network, version: FunctionVersion, config: VpcConfig, *, memory_mb: int, connections: int
) -> Attachment:
    """How the environments of ``version`` reach ``network``; each has so much memory, and holds so many connections."""
    groups = frozenset(config.security_group_ids)
    names = dict.fromkeys(config.subnet_ids)
    combinations = [Combination(name, groups, config.network_interfaces) for name in names]
    network.share(version.function, combinations)
    if config.is_legacy:
        return Legacy(network, version, combinations, memory_mb)
    return Hyperplane(network, version.function, combinations, connections)


def network_of(scenario: Scenario, seed: int, versions: Sequence[FunctionVersion]) -> Network:
    """The scenario's VPC, with those of the versions attached that have a ``vpc_config``."""
    network = Network(scenario.vpc, scenario.book, seed)
    for version, (_, name, _, settings) in zip(versions, scenario.versions(), strict=True):
        if settings.vpc_config is not None:
            connections = sum(each.per_environment for each in scenario.functions[name].connections)
            version.attachment = attached(
                network, version, settings.vpc_config, memory_mb=settings.memory_size, connections=max(connections, 1)
            )
    return network
