"""A horizon in parallel: functions that share nothing but limits that never bind are simulated side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from lambdasim.analysis.observations import Progress
from lambdasim.analysis.runner import ALONE, Workers, run
from lambdasim.header import Header
from lambdasim.kernel.eligibility import Engine, engine_for
from lambdasim.kernel.sharing import part_of, parts_of, set_aside, why_not_apart
from lambdasim.metrics.joined import PartRecorder, Places, joined, joined_changes, joined_environments
from lambdasim.metrics.recorder import Metrics
from lambdasim.metrics.steps import Rate, StepCollector, StepLog, Together, put_together
from lambdasim.records import Columns
from lambdasim.result.result import Result
from lambdasim.scenario.facts import header_of
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import Queued
from lambdasim.scenario.triggers import JourneyTrigger, Trigger
from lambdasim.service.concurrency import ConcurrencyLimits
from lambdasim.simulation import counting_of, result_of, run_account, simulate
from lambdasim.triggers.front_door import account_bucket


@dataclass(frozen=True, slots=True)
class Apart:
    """What became of a scenario that was to be simulated in parts.

    ``parts``: how many ran side by side. ``why_not``: why the account was simulated as a whole instead (then ``parts``
    is 0); nothing, if it was not.
    """

    result: Result
    parts: int
    why_not: tuple[str, ...] = ()


def simulate_apart(
    scenario: Scenario,
    *,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: Workers = ALONE,
    progress: Progress | None = None,
) -> Apart:
    """Run a scenario once, without its log, in parts that know nothing of each other.

    The summary and the series by minute are those of ``simulate(scenario, log="none")``, whoever runs the parts. That
    rests on a proof, for each run: all that the parts let in, put in order of time, would have been let in by the
    account as a whole. Where that can't be shown, or functions share more than the account's limits, it is run as a
    whole, and ``why_not`` says why. Environments are numbered by when they were created, then by part; in a joint run,
    those of one instant may have other numbers.

    Args:
        scenario: what ``load_scenario`` returned.
        seed: replaces the scenario's own.
        engine: as ``simulate`` has it.
        workers: who runs the parts; each hands back some 10 bytes an invocation.
        progress: called with the share of the parts that is done, in [0, 1].

    Raises:
        InputError: the compiled engine was asked for, and can't run the scenario; with all the reasons.
        WorkerError: the workers died, or there are none.
    """
    began_s = time.perf_counter()
    seed = scenario.seed if seed is None else seed
    chosen = engine_for(scenario, engine)
    if reasons := why_not_apart(scenario):
        return _jointly(scenario, seed, chosen, progress, reasons)
    header = header_of(scenario, seed)
    tasks = _tasks(scenario, seed, header, chosen)
    ended: dict[int, _Ended] = {}
    with closing(run(_simulated, tasks, workers)) as outcomes:
        for done, (number, outcome) in enumerate(outcomes, start=1):
            ended[number] = outcome
            if progress is not None:
                progress(done / len(tasks))
    parts = [ended[number] for number in range(len(tasks))]
    together = _together(scenario, header, parts)
    if together.doubts:
        return _jointly(scenario, seed, chosen, progress, together.doubts)
    for path in sorted({path for part in parts for path in part.used}):
        scenario.book.get(path)
    environments = joined_environments([part.environments for part in parts])
    result = result_of(
        scenario,
        joined([part.metrics for part in parts], environments, together, set_aside(scenario)),
        unfinished=sum(part.unfinished for part in parts),
        invocation_columns=None,
        environment_columns=environments,
        event_columns=None,
        change_columns=joined_changes([part.changes for part in parts]),
        engine=chosen,
        began_s=began_s,
    )
    return Apart(result, len(parts))


def _jointly(scenario: Scenario, seed: int, engine: Engine, progress: Progress | None, reasons: Sequence[str]) -> Apart:
    result = simulate(scenario, seed=seed, log="none", engine=engine, progress=progress)
    return Apart(result, 0, tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part to run: an account with a part of the functions, and the header of the whole."""

    scenario: Scenario
    seed: int
    header: Header
    engine: Literal["simpy", "compiled"]

    def __str__(self) -> str:
        return f"{self.scenario.name}, {len(self.scenario.functions):,} of its functions"


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a part hands back, in the terms of the whole account; ``used``: what it has asked of the parameter book."""

    metrics: Metrics
    unfinished: int
    environments: Columns
    changes: Columns
    steps: StepLog
    doors: StepLog
    used: tuple[str, ...]


def _tasks(scenario: Scenario, seed: int, header: Header, engine: Literal["simpy", "compiled"]) -> list[_Part]:
    return [_Part(part_of(scenario, functions), seed, header, engine) for functions in parts_of(scenario)]


def _simulated(task: _Part) -> _Ended:
    """Run a part."""
    scenario, whole = task.scenario, task.header
    header = header_of(scenario, task.seed)
    places = Places(whole, header)
    pooled = {n for n, function in scenario.functions.items() if function.reserved_concurrent_executions is None}
    unordered = {n for n, trigger in scenario.triggers.items() if _among_ends(trigger)}
    collector = StepCollector(whole, pooled, unordered)
    recorder = PartRecorder(whole, places, collector, counting_of(whole, task.engine, sketched=True))
    unfinished, metrics = run_account(scenario, task.seed, header, recorder, task.engine)
    return _Ended(
        metrics,
        unfinished,
        recorder.environments.columns(),
        recorder.changes.columns(),
        collector.steps(),
        collector.doors(),
        tuple(entry.path for entry in scenario.book.used),
    )


def _among_ends(trigger: Trigger) -> bool:
    """Whether first attempts, too, may be sent while an instant's ends are settled: after another step, or a turn."""
    return isinstance(trigger, JourneyTrigger) or (
        not isinstance(trigger, Queued) and trigger.client.retries == "adaptive"
    )


def _together(scenario: Scenario, header: Header, parts: Sequence[_Ended]) -> Together:
    """What the parts come to together, held against the account's limits."""
    account, book = scenario.account, scenario.book
    measured_us = (scenario.warm_up_us, scenario.duration_us)
    limits = ConcurrencyLimits(account, scenario.region, list(scenario.functions.values()), book, measured_us)
    requests, apis = limits.account_rate, account_bucket(book)
    return put_together(
        [part.steps for part in parts],
        [part.doors for part in parts],
        header,
        pool=account.concurrent_executions - set_aside(scenario),
        requests=Rate(requests.capacity, requests.rate_per_us),
        api=Rate(apis.capacity, apis.rate_per_us),
    )
