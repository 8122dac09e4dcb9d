"""The VPC of an account: its subnets, and the network interfaces by which environments reach them.

An interface lies in one subnet, carries one set of security groups, and takes one of the subnet's addresses. Which one
an environment gets, :mod:`.attachments` decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from lambdasim.codes import ThrottleReason
from lambdasim.randomness import Draws
from lambdasim.records import NEVER, InterfaceLife, NetworkUse, StartInVpc
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.network import Subnet as Described
from lambdasim.service.cold_start import whole_us
from lambdasim.units import MAXIMUM_US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdasim.parameters.book import Book
    from lambdasim.scenario.network import Vpc

LEGACY = "cold_starts/vpc/legacy"
BLOCK = 64  # interfaces are few


class Combination(NamedTuple):
    """Whose environments share interfaces: those with this subnet, these security groups, and this kind of it."""

    subnet: str
    security_groups: frozenset[str]
    kind: str


class Subnet:
    """A subnet: what is left of its addresses, and whether its Availability Zone is there."""

    __slots__ = ("addresses", "is_up", "name", "zone")

    def __init__(self, name: str, described: Described) -> None:
        self.name = name
        self.zone = described.availability_zone
        self.addresses = MAXIMUM_US if described.available_addresses is None else described.available_addresses
        self.is_up = True


class Interface:
    """A network interface: how much room it has left, and the time in which it exists and can be used."""

    __slots__ = ("combination", "environments", "made_us", "number", "ready_us", "removed_us", "room", "subnet")

    def __init__(
        self, number: int, combination: Combination, subnet: Subnet, room: int, made_us: int, ready_us: int
    ) -> None:
        self.number = number
        self.combination = combination
        self.subnet = subnet
        self.room = room  # MB of memory, or connections
        self.made_us = made_us
        self.ready_us = ready_us
        self.removed_us = NEVER
        self.environments = 0


class Fleets(Protocol):
    """Whose environments end without anybody's doing: they must be caught up with to know who is on an interface."""

    def catch_up(self, now_us: int, *, thoroughly: bool) -> None:
        """Let all end that has ended by ``now_us``; ``thoroughly``: surplus environments that nobody asked for, too."""


class Network:
    """The VPC of an account: its subnets, and the interfaces in them."""

    def __init__(self, vpc: Vpc, book: Book, seed: int) -> None:
        self.book = book
        self.seed = seed
        self.fleets: Sequence[Fleets] = ()
        self.starts: list[StartInVpc] = []
        self._described = vpc.subnets
        self._subnets: dict[str, Subnet] = {}
        self._all: list[Interface] = []
        self._existing: dict[Combination, list[Interface]] = {}
        self._empty: dict[int, tuple[int, Interface]] = {}  # legacy interfaces without environments, and until when
        self._count = 0
        self._sharers: dict[int, dict[Combination, None]] = {}  # by function
        self._kept_us: Draws[int] | None = None

    def share(self, function: int, combinations: Sequence[Combination]) -> None:
        """A function's environments reach the VPC by interfaces of these combinations."""
        self._sharers.setdefault(function, {}).update(dict.fromkeys(combinations))

    def subnet(self, name: str) -> Subnet:
        """The subnet of that name; one that the scenario does not describe has no limit and no zone."""
        return self._subnets.setdefault(name, Subnet(name, self._described.get(name, Described())))

    def interfaces(self, combination: Combination) -> list[Interface]:
        """Those that exist, the newest last."""
        return self._existing.setdefault(combination, [])

    # -- making and removing

    def refusal(self, subnets: Sequence[Subnet]) -> ThrottleReason | None:
        """Why no interface can be made in any of these subnets (AWS's reason), if so."""
        up = [subnet for subnet in subnets if subnet.is_up]
        if not up:
            return ThrottleReason.EC2Unexpected
        if not any(subnet.addresses for subnet in up):
            return ThrottleReason.SubnetIPAddressLimitReached
        if self._count >= self.book.value("quotas/account/network_interfaces_per_vpc"):
            return ThrottleReason.ENILimitReached
        return None

    def make(self, combination: Combination, room: int, now_us: int, ready_us: int) -> Interface:
        """A new interface, in the combination's subnet."""
        subnet = self.subnet(combination.subnet)
        interface = Interface(len(self._all), combination, subnet, room, now_us, ready_us)
        subnet.addresses -= 1
        self._count += 1
        self._all.append(interface)
        self.interfaces(combination).append(interface)
        return interface

    def occupy(self, interface: Interface, need: int) -> None:
        """An environment takes so much of the interface's room."""
        interface.room -= need
        interface.environments += 1
        self._empty.pop(interface.number, None)

    def leave(self, interface: Interface, need: int, now_us: int) -> None:
        """The environment has ended; a legacy interface without any stays for a while."""
        interface.room += need
        interface.environments -= 1
        if not interface.environments and interface.combination.kind == "legacy":
            self._empty[interface.number] = (now_us + self._keep_us(interface), interface)

    def catch_up(self, now_us: int, *, thoroughly: bool = False) -> None:
        """Let environments end whose time has come, and interfaces that have had none for long enough."""
        for fleet in self.fleets:
            fleet.catch_up(now_us, thoroughly=thoroughly)
        for until_us, interface in list(self._empty.values()):
            if until_us <= now_us:
                del self._empty[interface.number]
                self._existing[interface.combination].remove(interface)
                interface.removed_us = until_us
                interface.subnet.addresses += 1
                self._count -= 1

    def _keep_us(self, interface: Interface) -> int:
        """How long it stays; the book is asked only when it matters, for nobody knows."""
        if self._kept_us is None:
            sample = whole_us(distribution_from(self.book.value(f"{LEGACY}/interface_kept")))
            self._kept_us = Draws(self.seed, "interface kept", sample=sample, size=BLOCK)
        return self._kept_us.at(interface.number)

    # -- Availability Zones

    def lose_zone(self, zone: str, now_us: int) -> None:
        """No environment can be placed any more in the subnets of ``zone``; those that are there are left alone."""
        self._set_zone(zone, now_us, is_up=False)

    def restore_zone(self, zone: str, now_us: int) -> None:
        """Its subnets can be used again."""
        self._set_zone(zone, now_us, is_up=True)

    def _set_zone(self, zone: str, now_us: int, *, is_up: bool) -> None:
        self.catch_up(now_us, thoroughly=True)  # what has happened until now, has with the zones as they were
        for subnet in self._subnets.values():
            if subnet.zone == zone:
                subnet.is_up = is_up

    # -- the end

    def close(self, now_us: int) -> NetworkUse:
        """The run is over: what there was."""
        self.catch_up(now_us)
        combinations: dict[Combination, int] = {}
        for own in self._sharers.values():
            for combination in own:
                combinations.setdefault(combination, len(combinations))
        return NetworkUse(
            interfaces=tuple(InterfaceLife(combinations[i.combination], i.made_us, i.removed_us) for i in self._all),
            combinations={function: tuple(combinations[c] for c in own) for function, own in self._sharers.items()},
            starts=tuple(self.starts),
        )
