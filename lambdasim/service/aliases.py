"""Aliases: the names by which triggers invoke a function, and the versions that they point to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lambdasim.scenario.functions import Function
    from lambdasim.service.function_version import FunctionVersion


class Alias:
    """A name that points to one version of a function, or to two: the second has ``secondary_weight`` of the requests.

    ``$LATEST`` and each published version stand here too, as names that always point to themselves. ``versions`` are
    all that the name can ever point to during a run. Each request draws its version by itself
    (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
    """

    __slots__ = ("followers", "function", "function_name", "primary", "secondary", "secondary_weight", "versions")

    def __init__(
        self,
        primary: FunctionVersion,
        secondary: FunctionVersion | None = None,
        secondary_weight: float = 0.0,
        versions: Sequence[FunctionVersion] = (),
    ) -> None:
        self.function = primary.function
        self.function_name = primary.name
        self.primary = primary
        self.secondary = secondary
        self.secondary_weight = secondary_weight
        self.versions = tuple(versions) or tuple(v for v in (primary, secondary) if v is not None)
        self.followers: list[Callable[[int], None]] = []  # told when it has moved: its provisioned concurrency

    def point(
        self, primary: FunctionVersion, secondary: FunctionVersion | None, secondary_weight: float, now_us: int
    ) -> None:
        """Point it elsewhere from ``now_us`` on, or change the weight of its second version."""
        self.primary, self.secondary, self.secondary_weight = primary, secondary, secondary_weight
        for follower in self.followers:
            follower(now_us)

    @property
    def longest_run_us(self) -> int:
        """What the longest run at any of its versions may take: Init, cut off, and the function's timeout."""
        return max(version.handler.timeout_us + version.cold_start.init_limit_us for version in self.versions)


def aliases_of(functions: Mapping[str, Function], versions: Sequence[FunctionVersion]) -> dict[str, Alias]:
    """What each target that a trigger may write points to: ``f``, ``f:1``, ``f:$LATEST``, ``f:live``."""
    known = {(version.name, version.version): version for version in versions}
    aliases = {f"{name}:{version}": Alias(known[name, version]) for name, version in known}
    for name, function in functions.items():
        for pointer, settings in function.pointers.items():
            second, weight = settings.routing_config.second if settings.routing_config else (None, 0.0)
            aliases[f"{name}:{pointer}"] = Alias(
                known[name, settings.function_version],
                known[name, second] if second else None,
                weight,
                [known[name, version] for version in function.reached(pointer)],
            )
        aliases[name] = aliases[f"{name}:{function.unqualified}"]
    return aliases
