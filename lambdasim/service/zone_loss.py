"""An Availability Zone is lost: what becomes of the environments in its subnets.

AWS says only that Lambda runs functions in several zones, and that those in a VPC need subnets in more than one
(https://docs.aws.amazon.com/lambda/latest/dg/security-resilience.html). Decided here: idle environments end, runs break
off as if their process had exited, and a start that was under way goes on in another zone and takes no longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.codes import EndCause, Outcome
from lambdasim.service.environment import BUSY, STARTING

if TYPE_CHECKING:
    from lambdasim.service.clock import Clock
    from lambdasim.service.environment import ExecutionEnvironment
    from lambdasim.service.lambda_service import LambdaService


def lose_zone(service: LambdaService, zone: str) -> None:
    """End what is in ``zone`` now; who asks which subnets can be used must know already that it is lost."""
    now_us = service.clock.now
    for fleet in service.all_fleets():
        lost = [e for e in fleet.environments(now_us) if e.interface is not None and e.interface.subnet.zone == zone]
        fleet.take_away([e for e in lost if e.state is not STARTING], now_us, EndCause.ZONE_LOST)
        for environment in lost:
            if environment.state is BUSY:
                break_off(environment, service.clock)
            elif environment.state is STARTING:
                fleet.attach_anew(environment, now_us)


def break_off(environment: ExecutionEnvironment, clock: Clock) -> None:
    """Its run ends now, and not when it would have: who waits for its end goes on."""
    run, invocation = environment.run, environment.serves
    if run is None or invocation is None:
        raise AssertionError(f"environment {environment.number} is busy with nothing")
    invocation.outcome = Outcome.CRASH
    invocation.suppressed_init_us = min(invocation.suppressed_init_us, clock.now - invocation.started_us)
    waiting, run.callbacks = run.callbacks, []
    clock.control(0).callbacks.extend(waiting)
