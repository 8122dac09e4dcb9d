"""Triggers as the user writes them: who calls which function, when, and through which door."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from lambdasim.header import BilledItem
from lambdasim.scenario.asynchronous_triggers import AsynchronousTrigger
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.book_fields import FROM_BOOK, BookSeconds
from lambdasim.scenario.distributions import DurationDistribution
from lambdasim.scenario.quantities import PositiveInstant, PositiveRate, PositiveWhole, Weight
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.scenario.stream_triggers import StreamTrigger
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.targets import Calling, FunctionName, Invoking
from lambdasim.scenario.traffic import ArrivalsOfTrigger
from lambdasim.scenario.wording import problem_at
from lambdasim.units import MAXIMUM_US, US_PER_S, format_us

ReadTimeout = Annotated[int, BookSeconds("sdk/read_timeout_s")]


class Client(Block):
    """The caller: how it retries, and how long it waits for an answer."""

    retries: Literal["none", "legacy", "standard", "adaptive"] = "none"
    """The SDK's retry mode; none (the default) gives up at the first failure."""
    read_timeout_us: ReadTimeout = Field(default=FROM_BOOK, validate_default=True, alias="read_timeout")
    """How long it waits for an answer, such as 60 s: an SDK's default; who uses none waits for as long as it takes."""
    clients: PositiveWhole = 1
    """How many client processes there are, each with a retry budget of its own."""

    @model_validator(mode="after")
    def _waits_without_an_sdk(self) -> Client:
        if (
            self.retries == "none"
            and "read_timeout_us" not in self.model_fields_set
            and not isinstance(self, SdkClient)
        ):
            object.__setattr__(self, "read_timeout_us", MAXIMUM_US)
        return self


class SdkClient(Client):
    """A caller that uses AWS's SDK."""

    retries: Literal["none", "legacy", "standard", "adaptive"] = "legacy"
    """The SDK's retry mode; legacy is botocore's default."""


def _default(client: type[Client]) -> Any:
    return Field(default={}, validate_default=True, description=client.__doc__)


class DirectTrigger(Calling):
    """Direct Invoke calls by an SDK."""

    type: Literal["direct"]
    """Direct Invoke calls by an SDK."""
    client: SdkClient = _default(SdkClient)


class FunctionUrlTrigger(Calling):
    """A Function URL."""

    type: Literal["function_url"]
    """A Function URL."""
    client: Client = _default(Client)


class AlbTrigger(Calling):
    """An Application Load Balancer."""

    type: Literal["alb"]
    """An Application Load Balancer."""
    client: Client = _default(Client)


class ApiGatewayTrigger(Calling):
    """An API of API Gateway."""

    type: Literal["api_gateway"]
    """An API of API Gateway."""
    api: Literal["rest", "http"] = "http"
    """REST or HTTP API; http by default."""
    rate_per_us: PositiveRate | None = Field(default=None, alias="rate")
    """The stage's throttling rate, such as 500/s; without it only the account's holds."""
    burst: PositiveWhole | None = None
    """The stage's throttling burst: the size of its token bucket."""
    integration_timeout_us: PositiveInstant = Field(default=FROM_BOOK, alias="integration_timeout")
    """How long the API waits for the function; by default as long as it can."""
    client: Client = _default(Client)

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """Each request that its throttling let through, whatever came of it.

        Source: https://www.repost.aws/questions/QUY2x146iORPmsJHpff8u0eA (throttled requests are not charged).
        """
        return (
            BilledItem(f"{self.api.upper()} API requests", "accepted", "requests", f"services/api_gateway/{self.api}"),
        )

    @model_validator(mode="after")
    def _integration_timeout_in_range(self, info: ValidationInfo) -> ApiGatewayTrigger:
        book, path = Surroundings.of(info).book, f"front_doors/api_gateway/{self.api}/integration_timeout_s"
        if self.integration_timeout_us is FROM_BOOK:
            object.__setattr__(self, "integration_timeout_us", round(book.value(f"{path}/default") * US_PER_S))
            return self
        low, high = (book.peek(f"{path}/{bound}") * US_PER_S for bound in ("minimum", "maximum"))
        if not low <= self.integration_timeout_us <= high:
            found = format_us(self.integration_timeout_us)
            allowed = f"{format_us(low)} to {format_us(high)}"
            message = f"{found} is outside the {allowed} that {self.api.upper()} APIs allow"
            raise problem_at(message, "integration_timeout")
        return self

    @model_validator(mode="after")
    def _burst_needs_a_rate(self) -> ApiGatewayTrigger:
        if self.burst is not None and self.rate_per_us is None:
            raise problem_at("a burst without a rate limits nothing; add rate, for example rate: 100/s", "burst")
        return self


class Step(Block):
    """One step of a journey: a call of a function, or a wait."""

    invoke: FunctionName | None = None
    """The function that is called; the next step waits for its answer."""
    wait: DurationDistribution | None = None
    """How long the user waits before the next step."""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Step:
        if (self.invoke is None) == (self.wait is None):
            raise ValueError("a step is either `invoke: FUNCTION` or `wait: DURATION`")
        return self


class Flow(Block):
    """A way through a journey."""

    weight: Weight = 1.0
    """How many users take this flow, relative to the others."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """The steps, one after the other."""


class JourneyTrigger(Invoking):
    """Users who take several steps, each waiting for the one before (a closed loop)."""

    type: Literal["journey"]
    """Users who take several steps, each waiting for the one before."""
    arrivals: ArrivalsOfTrigger
    """When users arrive."""
    flows: Annotated[tuple[Flow, ...], Field(min_length=1)]
    """The ways users take: `[{weight: 3, steps: [{invoke: f}, {wait: 3s}, ...]}]`."""
    on_error: Literal["stop", "continue"] = "stop"
    """Whether a user gives up when a step fails; stop by default."""
    client: SdkClient = _default(SdkClient)

    @model_validator(mode="after")
    def _some_flow_is_taken(self) -> JourneyTrigger:
        if not sum(flow.weight for flow in self.flows) > 0:
            raise problem_at("at least one flow needs a weight above zero", "flows")
        if not self.targets:
            raise problem_at("no step of any flow invokes a function", "flows")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """What it invokes, as written, each once, in the order of the steps."""
        return tuple(
            dict.fromkeys(step.invoke for flow in self.flows for step in flow.steps if step.invoke is not None)
        )

    @property
    def billed(self) -> tuple[BilledItem, ...]:
        """What other services bill for it."""
        return ()


SynchronousTrigger = DirectTrigger | ApiGatewayTrigger | FunctionUrlTrigger | AlbTrigger | JourneyTrigger
QueuedTrigger = AsynchronousTrigger | SqsTrigger | StreamTrigger
Trigger = Annotated[SynchronousTrigger | QueuedTrigger, Field(discriminator="type")]
