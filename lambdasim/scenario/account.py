"""The account and its quotas, and how long environments live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, model_validator

from lambdasim.parameters.book import Book
from lambdasim.scenario.blocks import Block, none_required
from lambdasim.scenario.book_fields import FROM_BOOK, BookName, BookNumber
from lambdasim.scenario.distributions import UnlimitedDuration
from lambdasim.scenario.quantities import Flag, Rate, Share
from lambdasim.scenario.surroundings import Surroundings

_DEFAULT_PRESET = "default"
_PRESET_KEYS = ("idle_timeout", "surplus_idle_timeout", "maximum_lifetime", "recycle_rate", "placement", "keep_alive")


class Account(Block):
    """The AWS account, in the scenario's Region."""

    concurrent_executions: Annotated[int, BookNumber("quotas/account/concurrent_executions")] = Field(
        default=FROM_BOOK, validate_default=True
    )
    """The Region's quota of concurrent executions."""
    free_tier: Flag = False
    """Whether the monthly free tier is taken off the bill."""
    savings_plan: Literal["none", "no_upfront", "all_upfront"] = "none"
    """The Compute Savings Plan that covers all duration and provisioned concurrency: none (the default), no_upfront or
    all_upfront."""
    scaling: Literal["per_function", "regional_burst"] = "per_function"
    """1,000 environments per 10 s and function, or the rule before 2023-11: a burst shared by the Region."""


class ProactiveInitialization(Block):
    """How often Lambda has started an environment ahead of the request that needs it."""

    model_config = ConfigDict(json_schema_extra=none_required)

    on_retirement: Share
    """After an environment that reached its maximum lifetime."""
    otherwise: Share
    """At any other start that a request finds none warm for, the first ones included."""


class Lifecycle(Block):
    """How environments live: a preset of the parameter book, and what overrides it."""

    model_config = ConfigDict(json_schema_extra=none_required)

    preset: Annotated[str, BookName("lifecycles", "preset")] = _DEFAULT_PRESET
    """default, aws-2020 or aws-2021."""
    idle_timeout: UnlimitedDuration
    """How long an environment may idle while its whole function does; or unlimited."""
    surplus_idle_timeout: UnlimitedDuration
    """How long an environment may idle while others of its function are in use; or unlimited."""
    maximum_lifetime: UnlimitedDuration
    """The age at which an environment is retired; or unlimited."""
    recycle_rate_per_us: Rate = Field(alias="recycle_rate")
    """How often an environment ends at random, such as 0.176/h."""
    proactive_initialization: ProactiveInitialization
    """How often Lambda has started an environment ahead of the request that needs it."""
    placement: Literal["most_recently_used", "least_recently_used", "newest_created", "oldest_created", "random"]
    """Which of several idle environments takes an invocation."""
    keep_alive: Literal["renewed", "not_renewed"]
    """Whether an invocation renews the idle timeout; on AWS it does."""

    @model_validator(mode="before")
    @classmethod
    def _on_preset(cls, data: Any, info: ValidationInfo) -> Any:
        """What the user wrote, over the preset."""
        if not isinstance(data, Mapping):
            return data
        book = Surroundings.of(info).book
        name = data.get("preset", _DEFAULT_PRESET)
        name = name if name in book.names("lifecycles") else _DEFAULT_PRESET
        proactive = data.get("proactive_initialization", {})
        if isinstance(proactive, Mapping):
            entries = {key: f"proactive_{key}" for key in ("on_retirement", "otherwise")}
            data = {**data, "proactive_initialization": _over_preset(proactive, book, name, entries)}
        return _over_preset(data, book, name, {key: key for key in _PRESET_KEYS})

    @property
    def proactive_on_retirement(self) -> float:
        """The chance of a successor started ahead when an environment reaches its maximum lifetime."""
        return self.proactive_initialization.on_retirement

    @property
    def proactive_otherwise(self) -> float:
        """The chance that an environment was started ahead whenever else a request finds none warm."""
        return self.proactive_initialization.otherwise


def _over_preset(said: Mapping[str, Any], book: Book, name: str, entries: Mapping[str, str]) -> dict[str, Any]:
    """What the user said, and the preset's entry for each key left unsaid; no other entry counts as used."""
    return {
        **{key: book.value(f"lifecycles/{name}/{entry}") for key, entry in entries.items() if key not in said},
        **said,
    }
