"""Application Auto Scaling of provisioned concurrency as the user writes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import core_schema

from lambdasim.parameters.book import load_book
from lambdasim.scenario.blocks import Block
from lambdasim.scenario.quantities import Flag, Moment, Whole
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import found, problem_at
from lambdasim.workload.schedules import Schedule

_TARGET = "provisioned/autoscaling/target_value"


class TargetValue:
    """A utilization, in the book's range."""

    def read(self, value: Any, info: ValidationInfo) -> float:
        """The number."""
        book = Surroundings.of(info).book
        low, high = book.peek(f"{_TARGET}/minimum"), book.peek(f"{_TARGET}/maximum")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected a number such as 0.7, found {found(value)}")
        if not low <= value <= high:
            raise ValueError(f"{value} is outside {low} to {high}")
        return float(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read by the book."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: the range of the plain book."""
        book = load_book()
        return {
            "type": "number",
            "minimum": book.value(f"{_TARGET}/minimum"),
            "maximum": book.value(f"{_TARGET}/maximum"),
        }


def _in_order(block: Autoscaling | ScheduledAction) -> None:
    low, high = block.min_capacity, block.max_capacity
    if low is not None and high is not None and low > high:
        raise problem_at(f"{low} is above max_capacity ({high})", "min_capacity")


class ScheduledAction(Block):
    """At its times, other bounds for the provisioned concurrency; what lies outside them moves at once."""

    schedule: str
    """When: `cron(0 7 ? * MON-FRI *)`, `rate(1 hour)` from the scenario's start on, or `at(2026-01-05T07:00:00)`."""
    timezone: str = "UTC"
    """An IANA time zone for `cron(...)` and `at(...)`, such as Europe/London."""
    start_time: Moment | None = None
    """It is not due before this."""
    end_time: Moment | None = None
    """Nor after this."""
    min_capacity: Whole | None = None
    """The least from then on; as it was, if it isn't given."""
    max_capacity: Whole | None = None
    """The most from then on; as it was, if it isn't given."""

    @model_validator(mode="after")
    def _is_sound(self) -> ScheduledAction:
        try:
            _ = self.due
        except ValueError as error:
            key = "timezone" if "time zone" in str(error) else "schedule"
            raise problem_at(str(error), key) from None
        if self.min_capacity is None and self.max_capacity is None:
            raise problem_at("a scheduled action changes min_capacity, max_capacity or both; give one", "schedule")
        _in_order(self)
        if self.start_time is not None and self.end_time is not None and self.end_time < self.start_time:
            start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (self.start_time, self.end_time))
            raise problem_at(f"{end} is before start_time ({start})", "end_time")
        return self

    @property
    def due(self) -> Schedule:
        """When it is due."""
        return Schedule(self.schedule, self.timezone)


class Autoscaling(Block):
    """Application Auto Scaling of an alias's provisioned concurrency: by utilization, by the clock, or both."""

    min_capacity: Whole
    """The least that it may be."""
    max_capacity: Whole
    """The most that it may be."""
    target_value: Annotated[float, TargetValue()] | None = None
    """Target tracking keeps utilization near this, such as 0.7; without it only scheduled actions change anything."""
    statistic: Literal["Average", "Maximum"] = "Average"
    """Of a minute's utilization, what is tracked: Average (the default), or Maximum, which sees short bursts."""
    scale_in_cooldown: Whole = 0
    """Seconds after a scale-in before the next; 0 by default."""
    scale_out_cooldown: Whole = 0
    """Seconds after a scale-out before another that is no larger; 0 by default."""
    disable_scale_in: Flag = False
    """Whether target tracking only adds."""
    scheduled_actions: tuple[ScheduledAction, ...] = ()
    """Other bounds at certain times: `[{schedule: "cron(0 7 ? * MON-FRI *)", min_capacity: 40}]`."""

    @model_validator(mode="after")
    def _is_sound(self) -> Autoscaling:
        _in_order(self)
        self._actions_in_order()
        return self

    def _actions_in_order(self) -> None:
        """AWS refuses a bound beyond the other; an action may move that other before."""
        low_stays = all(action.min_capacity is None for action in self.scheduled_actions)
        high_stays = all(action.max_capacity is None for action in self.scheduled_actions)
        for place, action in enumerate(self.scheduled_actions):
            low, high = action.min_capacity, action.max_capacity
            if high_stays and low is not None and low > self.max_capacity:
                text = f"{low} is above max_capacity ({self.max_capacity}), which no scheduled action changes"
                raise problem_at(text, "scheduled_actions", place, "min_capacity")
            if low_stays and high is not None and high < self.min_capacity:
                text = f"{high} is below min_capacity ({self.min_capacity}), which no scheduled action changes"
                raise problem_at(text, "scheduled_actions", place, "max_capacity")
