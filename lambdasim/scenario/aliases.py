"""Aliases and versions as the user writes them: names that point to what a function has published."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lambdasim.scenario.autoscaling import Autoscaling
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.deployments import Deployment
from lambdasim.scenario.quantities import Share, Whole
from lambdasim.scenario.targets import LATEST
from lambdasim.scenario.wording import problem_at

FIRST_VERSION = "1"
"""The version that a function's own configuration is published as."""
LIVE = "live"
"""The alias that a function has if something is set on the function that only a published version can have."""
_ALIAS_PATTERN = r"^(?![0-9]+$)[A-Za-z0-9_-]{1,128}$"  # botocore 1.43.11, lambda Alias; a version has digits only
_VERSION_PATTERN = r"^[1-9][0-9]*$"


def _alias_name(name: str) -> str:
    if not re.match(_ALIAS_PATTERN, name):
        raise ValueError(f"{name!r} is no alias; use letters, digits, - and _, and not only digits")
    return name


def _version_name(name: str) -> str:
    if not re.match(_VERSION_PATTERN, name):
        raise ValueError(f'{name!r} is no version; AWS numbers them: "1", "2", ...')
    return name


AliasName = Annotated[str, AfterValidator(_alias_name), Field(json_schema_extra={"pattern": _ALIAS_PATTERN})]
VersionName = Annotated[str, AfterValidator(_version_name), Field(json_schema_extra={"pattern": _VERSION_PATTERN})]


ProvisionedConcurrency = Annotated[Whole | None, AfterValidator(lambda amount: amount or None)]
"""AWS takes 1 and more, and has none where nothing is configured; here 0 is none, so that it may vary from 0 on."""


class RoutingConfig(Block):
    """A second version that an alias sends a part of its requests to."""

    additional_version_weights: Annotated[dict[str, Share], Field(min_length=1)]
    """Its name and its part, such as {"3": 0.1}; the first version has the rest."""

    @model_validator(mode="after")
    def _one_version(self) -> RoutingConfig:
        if len(self.additional_version_weights) > 1:
            names = " and ".join(map(repr, self.additional_version_weights))
            raise problem_at(f"an alias has at most one version beside its first, found {names}")
        return self

    @property
    def second(self) -> tuple[str, float]:
        """The second version and its part."""
        return next(iter(self.additional_version_weights.items()))


class Alias(Block):
    """A name that points to a version of a function, or to two."""

    function_version: str
    """The version it points to."""
    routing_config: RoutingConfig | None = None
    """A second version, which has a part of the requests."""
    deployment: Deployment | None = None
    """When and how it moves to another version."""
    provisioned_concurrent_executions: ProvisionedConcurrency = None
    """Environments that are kept ready for it; 0 is none, as if it were not written."""
    autoscaling: Autoscaling | None = None
    """How Application Auto Scaling changes them."""

    @model_validator(mode="after")
    def _points_to_published_versions(self) -> Alias:
        """AWS and CodeDeploy refuse the rest."""
        first = self.function_version
        if self.routing_config is not None:
            self._must_differ(first, self.routing_config.second[0], "routing_config", "additional_version_weights")
        if self.deployment is not None:
            if self.routing_config is not None:
                raise problem_at("CodeDeploy moves an alias that points to one version only; drop one", "deployment")
            self._must_differ(first, self.deployment.to, "deployment", "to")
        return self

    @model_validator(mode="after")
    def _scales_what_it_has(self) -> Alias:
        """AWS wants provisioned concurrency to be there before it is scaled."""
        if self.autoscaling is None:
            return self
        least, most, first = (
            self.autoscaling.min_capacity,
            self.autoscaling.max_capacity,
            self.provisioned_concurrent_executions,
        )
        if first is None:
            raise problem_at(
                "there is nothing to scale: give provisioned_concurrent_executions to begin with", "autoscaling"
            )
        if not least <= first <= most:
            raise problem_at(f"{first} is outside autoscaling's {least} to {most}", "provisioned_concurrent_executions")
        return self

    @staticmethod
    def _must_differ(first: str, second: str, *at: str) -> None:
        path = (*at, second) if at[-1] != "to" else at
        if LATEST in (first, second):
            raise problem_at(f"traffic can't be shared with {LATEST}: publish a version, and name that", *path)
        if first == second:
            raise problem_at(f"{second!r} is the alias's function_version already; name another version", *path)

    @property
    def versions(self) -> dict[tuple[str, ...], str]:
        """All that it may ever point to, by the path of the key that says so."""
        named: dict[tuple[str, ...], str] = {("function_version",): self.function_version}
        if self.routing_config is not None:
            second, _ = self.routing_config.second
            named["routing_config", "additional_version_weights", second] = second
        if self.deployment is not None:
            named["deployment", "to"] = self.deployment.to
        return named
