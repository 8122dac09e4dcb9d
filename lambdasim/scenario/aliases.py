"""Aliases as the user writes them: names that point to published versions of a function."""

from __future__ import annotations

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import PositiveWhole, Share

FIRST_VERSION = "1"
"""The version that a function's own configuration is published as."""
LIVE = "live"
"""The alias that a function has if something is set on the function that only a published version can have."""


class RoutingConfig(Block):
    """A second version that an alias sends a part of its requests to."""

    additional_version_weights: dict[str, Share]
    """Its name and its part, such as {"3": 0.1}; the first version has the rest."""


class Alias(Block):
    """A name that points to a version of a function, or to two."""

    function_version: str
    """The version it points to."""
    routing_config: RoutingConfig | None = None
    """A second version, which has a part of the requests."""
    provisioned_concurrent_executions: PositiveWhole | None = None
    """Environments that are kept ready for it."""
