"""simulate(scenario, seed) -> Result: the one place that wires the rooms together."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from lambdasim.cost.bill import bill_of
from lambdasim.header import FunctionFacts, Header, TriggerFacts, VersionFacts
from lambdasim.metrics.recorder import Recorder
from lambdasim.result.result import Provenance, Result
from lambdasim.scenario.asynchronous_triggers import EventBridgeTrigger
from lambdasim.scenario.model import Warning  # noqa: A004 - its name in the summary
from lambdasim.service.aliases import aliases_of
from lambdasim.service.clock import Clock
from lambdasim.service.concurrency import ConcurrencyLimits
from lambdasim.service.fleet import Fleet, Numbering
from lambdasim.service.function_version import FunctionVersion, function_version
from lambdasim.service.lambda_service import LambdaService
from lambdasim.service.luck import ColdStartDraws
from lambdasim.triggers.start import Triggers

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.triggers import Trigger

PROGRESS_STEPS = 200


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    log: Literal["full", "none"] = "full",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Run a scenario once and return what happened.

    Args:
        scenario: what ``load_scenario`` returned.
        seed: replaces the scenario's own.
        log: ``full`` keeps every invocation (about 80 bytes each) and gives exact percentiles; ``none`` keeps
            mergeable sketches (0.5 % relative error) and flat memory.
        progress: called with the share of simulated time that is done, in [0, 1], about 200 times.

    Raises:
        ParameterError: the parameter book has no entry for something that the scenario needs.
    """
    began_s = time.perf_counter()
    seed = scenario.seed if seed is None else seed
    header = header_of(scenario, seed)
    recorder = Recorder(header, keep_log=log == "full")
    clock = Clock()
    functions = list(scenario.functions.values())
    versions = [function_version(i, *version, scenario.book) for i, version in enumerate(scenario.versions())]
    measured_us = (scenario.warm_up_us, scenario.duration_us)
    limits = ConcurrencyLimits(scenario.account, scenario.region, functions, scenario.book, measured_us)
    fleets = start_fleets(clock, scenario, seed, versions, Numbering(recorder.environments))
    service = LambdaService(clock, fleets, limits, recorder.invocations)
    triggers = Triggers(scenario, seed, service, aliases_of(scenario.functions, versions), recorder.events)
    if progress is not None:
        step_us = max(1, scenario.duration_us // PROGRESS_STEPS)
        clock.every(step_us, lambda now: progress(now / scenario.duration_us), until_us=scenario.duration_us)
    with cycle_collection_paused():
        clock.run_until(scenario.duration_us + scenario.drain_us)
    unfinished = service.close(scenario.duration_us + scenario.drain_us)
    triggers.close(scenario.duration_us + scenario.drain_us)
    metrics = recorder.finish(
        offered=triggers.offered(),
        peaks=limits.peaks(),
        journeys=triggers.journeys(),
        tallies=triggers.tallies(),
        ended_us=scenario.duration_us + scenario.drain_us,
    )
    bill = bill_of(metrics, header, scenario.book, free_tier=scenario.account.free_tier)
    return Result.of(
        header=header,
        metrics=metrics,
        invocation_columns=recorder.invocations.columns() if log == "full" else None,
        environment_columns=recorder.environments.columns(),
        event_columns=recorder.events.columns() if log == "full" else None,
        bill=bill,
        provenance=Provenance(
            scenario_sha256=scenario.sha256,
            engine="simpy",
            wall_s=time.perf_counter() - began_s,
            parameters=scenario.book.used,
            warnings=(*scenario.warnings, *unused_parameters(scenario), *cut_short(unfinished)),
            thresholds=scenario.thresholds,
        ),
    )


def header_of(scenario: Scenario, seed: int) -> Header:
    """What a reader of the logs must know of the scenario."""
    return Header(
        scenario=scenario.name,
        seed=seed,
        region=scenario.region,
        start_epoch_s=scenario.start.timestamp(),
        warm_up_us=scenario.warm_up_us,
        duration_us=scenario.duration_us,
        functions=tuple(
            FunctionFacts(name, function.reserved_concurrent_executions)
            for name, function in scenario.functions.items()
        ),
        versions=tuple(
            VersionFacts(function, version, settings.memory_size, settings.architecture, settings.ephemeral_storage)
            for function, _, version, settings in scenario.versions()
        ),
        triggers=tuple(
            TriggerFacts(name, trigger.type, trigger.billed, calls=waits_for_the_function(trigger))
            for name, trigger in scenario.triggers.items()
        ),
    )


def waits_for_the_function(trigger: Trigger) -> bool:
    """Whether an asynchronous source does not leave its events to Lambda's event queue."""
    return isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE"


def unused_parameters(scenario: Scenario) -> tuple[Warning, ...]:
    """A warning for each parameter that the scenario sets and that the run never asked for."""
    used = {parameter.path for parameter in scenario.book.used}
    message = "was never asked for, so setting it changed nothing: no feature of this scenario uses it"
    return tuple(
        Warning("parameter_without_effect", f"parameters.{path}", message)
        for path in scenario.parameters
        if path not in used
    )


def cut_short(unfinished: int) -> tuple[Warning, ...]:
    """A warning if runs were under way when the simulation ended: they are counted, but have no duration or bill."""
    if not unfinished:
        return ()
    text = f"runs still under way when the drain ended: {unfinished:,}; they have no duration and no bill: drain longer"
    return (Warning("cut_short", "drain", text),)


def start_fleets(
    clock: Clock, scenario: Scenario, seed: int, versions: Sequence[FunctionVersion], numbering: Numbering
) -> list[Fleet]:
    """One empty fleet for each function version."""
    return [
        Fleet(
            clock,
            version,
            scenario.lifecycle,
            seed,
            numbering,
            ColdStartDraws(seed, ("started ahead", version.label), version.cold_start),
        )
        for version in versions
    ]


@contextmanager
def cycle_collection_paused() -> Iterator[None]:
    """Pause Python's cycle collector: a run makes millions of short-lived objects and no cycles to speak of."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
