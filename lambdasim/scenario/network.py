"""The VPC as the user writes it: its subnets and NAT gateways, and how a function attaches to it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import Size, Whole


class Subnet(Block):
    """A subnet of the VPC."""

    available_addresses: Whole | None = None
    """How many addresses network interfaces can take there; no limit by default."""
    availability_zone: str | None = None
    """The Availability Zone that it lies in, by any name."""


class Vpc(Block):
    """The account's VPC: all subnets that functions name are its own."""

    subnets: dict[str, Subnet] = Field(default={})
    """Its subnets, by name; if any is described here, functions can name only these."""
    nat_gateways: Whole = 0
    """How many NAT gateways it has, the way to the internet for what has no public address; none by default."""


class VpcConfig(Block):
    """How the function's environments attach to the VPC."""

    subnet_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    """Subnets, by any name."""
    security_group_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    """Security groups, by any name."""
    network_interfaces: Literal["hyperplane", "legacy"] = "hyperplane"
    """By shared Hyperplane interfaces, as since 2019-09; or (legacy) as before, by an interface for each 3 GB."""
    internet_traffic_mb: Size | None = Field(default=None, alias="internet_traffic")
    """What an invocation sends to the internet and gets from there by a NAT gateway, such as 20 KB; none by default."""

    @property
    def is_legacy(self) -> bool:
        """Whether environments wait for an interface of their own."""
        return self.network_interfaces == "legacy"
