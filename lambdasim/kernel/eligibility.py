"""Which scenarios the compiled engine can run, and what stands in the way of the others, in words."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from lambdasim.errors import InputError, Problem
from lambdasim.scenario.asynchronous_triggers import AsynchronousTrigger, EventBridgeTrigger
from lambdasim.scenario.targets import DISCARD, Queued
from lambdasim.workload.expected import expected_events

if TYPE_CHECKING:
    from lambdasim.scenario.functions import Function
    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.triggers import SynchronousTrigger, Trigger

Engine = Literal["auto", "simpy", "compiled"]
COMPILED_FROM = 500_000
"""Events from which on the compiled engine is worth its start: a second, and once, when it is compiled, a minute."""
NO_NUMBA = "numba is not installed: pip install 'lambdasim-aws[fast]'"
MOST_ATTEMPTS = 100
"""Each of an event's attempts draws from streams of its own, all of which the compiled engine keeps at hand."""


def engine_for(scenario: Scenario, engine: Engine, *, runs: int = 1) -> Literal["simpy", "compiled"]:
    """The engine that runs a scenario, if ``engine`` is asked for; ``runs``: how often, in one process.

    Where only numba is missing for what would be much quicker, it says so, once (a ``RuntimeWarning``).

    Raises:
        InputError: it can't run it; with all the reasons.
    """
    if engine == "simpy" or (engine == "auto" and not _pays(scenario, runs)):
        return "simpy"
    reasons, has_numba = why_not_compiled(scenario), importlib.util.find_spec("numba") is not None
    if engine == "auto":
        if not reasons and not has_numba:
            warnings.warn(f"this would be many times faster compiled, but {NO_NUMBA}", RuntimeWarning, stacklevel=2)
        return "simpy" if reasons or not has_numba else "compiled"
    reasons += [] if has_numba else [NO_NUMBA]
    if reasons:
        raise InputError([Problem(scenario.file, None, None, "engine compiled", reason) for reason in reasons])
    return "compiled"


def _pays(scenario: Scenario, runs: int) -> bool:
    """Whether so much happens that the compiled engine makes good for its start."""
    expected = (expected_events(trigger.arrivals, scenario.duration_us) for trigger in scenario.triggers.values())
    return runs * sum(expected) > COMPILED_FROM


def why_not_compiled(scenario: Scenario) -> list[str]:
    """What in ``scenario`` the compiled engine does not know, as "triggers.orders is ..."; empty if it can run it."""
    reasons = [f"triggers.{name} {what}" for name, t in scenario.triggers.items() for what in _of_trigger(t, scenario)]
    reasons += [f"functions.{name} {what}" for name, f in scenario.functions.items() for what in _of_function(f)]
    reasons += [f"incidents.{number} changes what holds" for number in range(len(scenario.incidents))]
    return reasons


def _of_trigger(trigger: Trigger, scenario: Scenario) -> Iterator[str]:
    if not isinstance(trigger, Queued):
        yield from _of_calls(trigger, scenario)
    elif not isinstance(trigger, AsynchronousTrigger):
        yield f"is polled ({trigger.type})"
    elif trigger.endpoint.error_rate > 0 or trigger.endpoint.outages:
        yield "has an endpoint that refuses deliveries"
    elif isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE":
        yield "waits for its functions (REQUEST_RESPONSE)"


def _of_calls(trigger: SynchronousTrigger, scenario: Scenario) -> Iterator[str]:
    mode = trigger.client.retries
    if mode != "none" and (attempts := scenario.book.peek(f"sdk/{mode}/maximum_attempts")) > MOST_ATTEMPTS:
        yield f"has clients that make up to {attempts:,} attempts; {MOST_ATTEMPTS} are the most"


def _of_function(function: Function) -> Iterator[str]:
    config, dead_letters = function.event_invoke_config, function.dead_letter_config
    if function.handler.emits:
        yield "emits events to other triggers"
    kept_by = {"on_success": config.on_success, "on_failure": config.on_failure}
    kept_by["dead_letter_config"] = dead_letters.target if dead_letters else None
    yield from (f"hands events on to {to} ({key})" for key, to in kept_by.items() if to not in {None, DISCARD})
    if any(settings.vpc_config is not None for settings in function.configurations.values()):
        yield "is in a VPC"
    yield from (f"moves its alias {name}" for name, alias in function.aliases.items() if alias.deployment is not None)
