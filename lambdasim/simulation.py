"""simulate(scenario, seed) -> Result: the one place that wires the rooms together."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from lambdasim.billing.bill import bill_of
from lambdasim.header import Header
from lambdasim.kernel.eligibility import Engine, engine_for
from lambdasim.metrics.recorder import Counting, Metrics, Recorder
from lambdasim.result.companion import companions_of
from lambdasim.result.result import Provenance, Result
from lambdasim.result.run_warnings import warnings_of
from lambdasim.result.written import as_written
from lambdasim.scenario.facts import header_of
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

if TYPE_CHECKING:
    from lambdasim.kernel.run import CompiledAccount
    from lambdasim.records import Columns
    from lambdasim.scenario.model import Scenario

PROGRESS_STEPS = 200


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    log: Literal["full", "none"] = "full",
    engine: Engine = "auto",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Run a scenario once and return what happened.

    Args:
        scenario: what ``load_scenario`` returned.
        seed: replaces the scenario's own.
        log: ``full`` keeps every invocation (about 90 bytes each) and gives exact percentiles; ``none`` keeps
            mergeable sketches (0.5 % relative error) and flat memory.
        engine: ``simpy`` runs every scenario; ``compiled`` runs most of them many times faster, and gives the same
            logs row by row; ``auto`` takes ``compiled`` where it can run the scenario and it pays.
        progress: called with the share of simulated time that is done, in [0, 1], about 200 times.

    Raises:
        InputError: the compiled engine was asked for, and can't run the scenario; with all the reasons.
        ParameterError: the parameter book has no entry for something that the scenario needs.
    """
    began_s = time.perf_counter()
    seed = scenario.seed if seed is None else seed
    header = header_of(scenario, seed)
    chosen = engine_for(scenario, engine)
    recorder = Recorder(header, keep_log=log == "full", counting=counting_of(header, chosen, sketched=log == "none"))
    unfinished, metrics = run_account(scenario, seed, header, recorder, chosen, progress)
    return result_of(
        scenario,
        metrics,
        unfinished=unfinished,
        invocation_columns=recorder.invocations.handed_over() if log == "full" else None,
        environment_columns=recorder.environments.columns(),
        event_columns=recorder.events.handed_over() if log == "full" else None,
        change_columns=recorder.changes.columns(),
        engine=chosen,
        began_s=began_s,
    )


def counting_of(header: Header, engine: Literal["simpy", "compiled"], *, sketched: bool) -> Counting | None:
    """What counts the invocation log of an engine, if it brings something of its own for that."""
    if engine == "simpy":
        return None
    from lambdasim.kernel import counting  # noqa: PLC0415 - numba takes half a second to import

    return counting.Counting(header, sketched=sketched)


def run_account(
    scenario: Scenario,
    seed: int,
    header: Header,
    recorder: Recorder,
    engine: Literal["simpy", "compiled"],
    progress: Callable[[float], None] | None = None,
) -> tuple[int, Metrics]:
    """Let all happen in a scenario's account: how many runs were under way at the end, and what it comes to."""
    account: SimulatedAccount | CompiledAccount
    if engine == "compiled":
        from lambdasim.kernel.run import CompiledAccount  # noqa: PLC0415 - as above

        account = CompiledAccount(scenario, seed, header, recorder)
    else:
        account = SimulatedAccount(scenario, seed, header, recorder)
    with cycle_collection_paused():
        account.run(progress, PROGRESS_STEPS)
    return account.close(recorder)


def result_of(
    scenario: Scenario,
    metrics: Metrics,
    *,
    unfinished: int,
    invocation_columns: Columns | None,
    environment_columns: Columns,
    event_columns: Columns | None,
    change_columns: Columns,
    engine: str,
    began_s: float,
) -> Result:
    """The result of a scenario that was run, with its bill; ``unfinished``: runs that were under way at the end."""
    header, billing = metrics.header, scenario.account
    bill = bill_of(metrics, header, scenario.book, free_tier=billing.free_tier, savings_plan=billing.savings_plan)
    warnings = tuple(warnings_of(scenario, metrics, unfinished))
    theory = tuple(companions_of(scenario, metrics, environment_columns))
    return Result.of(
        header=header,
        metrics=metrics,
        invocation_columns=invocation_columns,
        environment_columns=environment_columns,
        event_columns=event_columns,
        change_columns=change_columns,
        bill=bill,
        provenance=Provenance(
            scenario_sha256=scenario.sha256,
            engine=engine,
            wall_s=time.perf_counter() - began_s,
            parameters=scenario.book.used,
            warnings=warnings,
            thresholds=scenario.thresholds,
            theory=theory,
            written=as_written(scenario),
        ),
    )


class SimulatedAccount:
    """A scenario's account with all that lives in it: Lambda, what invokes it, and what changes during the run."""

    def __init__(self, scenario: Scenario, seed: int, header: Header, recorder: Recorder) -> None:
        book, functions = scenario.book, list(scenario.functions.values())
        reserving = any(incident.reserved_concurrent_executions is not None for incident in scenario.incidents)
        measured_us = (scenario.warm_up_us, scenario.duration_us)
        numbering, changes = Numbering(recorder.environments), ChangeLog(recorder.changes, header.subjects)
        versions = [function_version(i, *version, book) for i, version in enumerate(scenario.versions())]
        aliases = aliases_of(scenario.functions, versions)
        self.duration_us, self.ends_us = scenario.duration_us, scenario.ends_us
        self.clock = clock = Clock()
        self.limits = limits = ConcurrencyLimits(
            scenario.account, scenario.region, functions, book, measured_us, reserving=reserving
        )
        self.network = network_of(scenario, seed, versions)
        fleets = self.network.fleets = start_fleets(clock, scenario, seed, versions, numbering, limits)
        self.service = LambdaService(clock, fleets, limits, recorder.invocations)
        self.provisioned = start_provisioning(clock, scenario, seed, fleets, aliases, numbering, limits, changes)
        self.utilization = watch_utilization(clock, self.provisioned)
        start_autoscaling(clock, scenario, self.provisioned, self.utilization, changes)
        start_deployments(scenario, self.service, aliases, changes)
        Changes(scenario, self.service, versions, self.network, changes)
        self.triggers = Triggers(scenario, seed, self.service, aliases, recorder.events)

    def run(self, progress: Callable[[float], None] | None, steps: int) -> None:
        """Let everything happen; ``progress`` is told the share that is done, ``steps`` times while events arrive."""
        if progress is not None:
            duration_us = self.duration_us
            step_us = max(1, duration_us // steps)
            self.clock.every(step_us, lambda now: progress(now / duration_us), until_us=duration_us)
        self.clock.run_until(self.ends_us)

    def close(self, recorder: Recorder) -> tuple[int, Metrics]:
        """The run is over: how many runs were under way, and what it comes to."""
        unfinished = self.service.close(self.ends_us)
        self.triggers.close(self.ends_us)
        return unfinished, recorder.finish(
            offered=self.triggers.offered(),
            peaks=self.limits.peaks(),
            provisioned=periods_of(self.provisioned),
            utilization={version: watch.minutes() for version, watch in self.utilization.items()},
            journeys=self.triggers.journeys(),
            tallies=self.triggers.tallies(),
            network=self.network.close(self.ends_us),
            ended_us=self.ends_us,
        )


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
