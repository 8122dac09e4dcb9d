"""The limits on concurrency that a scenario sets, and when its incidents change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from lambdasim.header import THE_ACCOUNT, LimitFacts
from lambdasim.scenario.incidents import Incident, quota_under, reserved_under, under_way

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario


def limits_of(scenario: Scenario) -> Iterator[LimitFacts]:
    """The account's concurrent executions and each function's reserved concurrency, from when each value holds.

    A function that never has reserved concurrency has no limit of its own.
    """
    incidents = scenario.incidents
    quota = scenario.account.concurrent_executions
    yield from _over_time(THE_ACCOUNT, incidents, lambda now: quota_under(now, quota))
    for name, function in scenario.functions.items():
        reserved = function.reserved_concurrent_executions

        def holds(now: Sequence[Incident], name: str = name, reserved: int | None = reserved) -> int | None:
            return reserved_under(now, name, reserved)

        yield from _over_time(name, incidents, holds)


def _over_time(
    scope: str, incidents: Sequence[Incident], holds: Callable[[Sequence[Incident]], int | None]
) -> Iterator[LimitFacts]:
    """What holds from 0 on, and from each instant at which that is another."""
    instants = {0, *(i.at_us for i in incidents), *(i.ends_us for i in incidents if i.ends_us is not None)}
    before: int | None = None
    for at_us in sorted(instants):
        now = holds(under_way(incidents, at_us))
        if now != before:
            yield LimitFacts(scope, at_us, now)
            before = now
