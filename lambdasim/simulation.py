"""simulate(scenario, seed) -> Result: the one place that wires the rooms together."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from lambdasim.cost.bill import bill_of
from lambdasim.header import (
    THE_ACCOUNT,
    DownstreamFacts,
    FunctionFacts,
    Header,
    IncidentFacts,
    TriggerFacts,
    VersionFacts,
)
from lambdasim.metrics.recorder import Metrics, Recorder
from lambdasim.result.result import Provenance, Result
from lambdasim.scenario.asynchronous_triggers import EventBridgeTrigger
from lambdasim.scenario.model import Warning  # noqa: A004 - its name in the summary
from lambdasim.scenario.price_checks import snapshot_charged
from lambdasim.service.aliases import aliases_of
from lambdasim.service.attachments import network_of
from lambdasim.service.autoscaling import start_autoscaling
from lambdasim.service.change_log import ChangeLog
from lambdasim.service.changes import Changes
from lambdasim.service.clock import Clock
from lambdasim.service.concurrency import ConcurrencyLimits
from lambdasim.service.deployments import start_deployments
from lambdasim.service.fleet import Fleet, Numbering
from lambdasim.service.function_version import FunctionVersion, function_version
from lambdasim.service.lambda_service import LambdaService
from lambdasim.service.luck import ColdStartDraws
from lambdasim.service.provisioning import periods_of, start_provisioning
from lambdasim.service.utilization import watch_utilization
from lambdasim.triggers.start import Triggers
from lambdasim.units import format_us

if TYPE_CHECKING:
    from lambdasim.scenario.functions import Configuration
    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.triggers import Trigger

PROGRESS_STEPS = 200
_OF_ADVICE = "advice/"  # what only advice asks for, never a run


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
    reserving = any(incident.reserved_concurrent_executions is not None for incident in scenario.incidents)
    limits = ConcurrencyLimits(
        scenario.account, scenario.region, functions, scenario.book, measured_us, reserving=reserving
    )
    numbering = Numbering(recorder.environments)
    network = network_of(scenario, seed, versions)
    fleets = network.fleets = start_fleets(clock, scenario, seed, versions, numbering, limits)
    service = LambdaService(clock, fleets, limits, recorder.invocations)
    aliases = aliases_of(scenario.functions, versions)
    changes = ChangeLog(recorder.changes, header.subjects)
    provisioned = start_provisioning(clock, scenario, seed, fleets, aliases, numbering, limits, changes)
    utilization = watch_utilization(clock, provisioned)
    start_autoscaling(clock, scenario, provisioned, utilization, changes)
    start_deployments(scenario, service, aliases, changes)
    Changes(scenario, service, versions, network, changes)
    triggers = Triggers(scenario, seed, service, aliases, recorder.events)
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
        provisioned=periods_of(provisioned),
        utilization={version: watch.minutes() for version, watch in utilization.items()},
        journeys=triggers.journeys(),
        tallies=triggers.tallies(),
        network=network.close(scenario.duration_us + scenario.drain_us),
        ended_us=scenario.duration_us + scenario.drain_us,
    )
    account = scenario.account
    bill = bill_of(metrics, header, scenario.book, free_tier=account.free_tier, savings_plan=account.savings_plan)
    return Result.of(
        header=header,
        metrics=metrics,
        invocation_columns=recorder.invocations.columns() if log == "full" else None,
        environment_columns=recorder.environments.columns(),
        event_columns=recorder.events.columns() if log == "full" else None,
        change_columns=recorder.changes.columns(),
        bill=bill,
        provenance=Provenance(
            scenario_sha256=scenario.sha256,
            engine="simpy",
            wall_s=time.perf_counter() - began_s,
            parameters=scenario.book.used,
            warnings=(
                *scenario.warnings,
                *unused_parameters(scenario),
                *cut_short(unfinished),
                *too_many_connections(metrics),
            ),
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
            VersionFacts(
                function,
                version,
                settings.memory_size,
                settings.architecture,
                settings.ephemeral_storage,
                snapshot_charged(settings, version, scenario.book),
                nat_mb(settings, scenario),
            )
            for function, _, version, settings in scenario.versions()
        ),
        triggers=tuple(
            TriggerFacts(name, trigger.type, trigger.billed, calls=waits_for_the_function(trigger))
            for name, trigger in scenario.triggers.items()
        ),
        subjects=tuple(dict.fromkeys(subjects_of(scenario))),
        incidents=tuple(IncidentFacts(incident.text, incident.lasts_us) for incident in scenario.incidents),
        downstream=tuple(
            DownstreamFacts(name, downstream.max_connections, tuple(connections_to(scenario, name)))
            for name, downstream in scenario.downstream.items()
        ),
        nat_gateways=scenario.vpc.nat_gateways,
    )


def nat_mb(settings: Configuration, scenario: Scenario) -> float:
    """What an invocation sends and gets through a NAT gateway, in MB: nothing, if there is none."""
    vpc = settings.vpc_config
    return vpc.internet_traffic_mb or 0.0 if vpc is not None and scenario.vpc.nat_gateways else 0.0


def subjects_of(scenario: Scenario) -> Iterator[str]:
    """All that may change during the run: names that differ."""
    yield THE_ACCOUNT
    for name, function in scenario.functions.items():
        yield name
        yield from (f"{name}:{alias}" for alias in function.pointers)
    yield from (incident.subject for incident in scenario.incidents)


def connections_to(scenario: Scenario, downstream: str) -> Iterator[tuple[int, int]]:
    """Which functions connect to it (by index), and how often each of their environments does."""
    for index, function in enumerate(scenario.functions.values()):
        yield from ((index, c.per_environment) for c in function.connections if c.to == downstream)


def too_many_connections(metrics: Metrics) -> Iterator[Warning]:
    """A warning for each downstream that was asked for more connections than it takes."""
    for facts, counted in zip(metrics.header.downstream, metrics.connections, strict=True):
        if counted.over_us:
            text = (
                f"at most {counted.maximum:,} connections at once, and it takes {facts.max_connections:,}; more than "
                f"those for {format_us(counted.over_us)}, first at {format_us(counted.first_over_us)}"
            )
            yield Warning("too_many_connections", f"downstream.{facts.name}", text)


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
        if path not in used and not path.startswith(_OF_ADVICE)
    )


def cut_short(unfinished: int) -> tuple[Warning, ...]:
    """A warning if runs were under way when the simulation ended: they are counted, but have no duration or bill."""
    if not unfinished:
        return ()
    text = f"runs still under way when the drain ended: {unfinished:,}; they have no duration and no bill: drain longer"
    return (Warning("cut_short", "drain", text),)


def start_fleets(
    clock: Clock,
    scenario: Scenario,
    seed: int,
    versions: Sequence[FunctionVersion],
    numbering: Numbering,
    limits: ConcurrencyLimits,
) -> list[Fleet]:
    """One empty fleet for each function version."""
    return [
        Fleet(
            clock,
            version,
            scenario.lifecycle,
            seed,
            numbering,
            ColdStartDraws(seed, ("started ahead", version.label), version.cold_start, version.restore),
            limits.functions[version.function],
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
