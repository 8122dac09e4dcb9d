"""Lambda or Fargate: for each function the tasks that its load takes, the month on both, and the rate where they cross.

The closed forms are :mod:`lambdasim.billing.fargate`'s; what a run takes, costs, and when runs come is simulated. Left
out are: that tasks take a minute to start, so that scaling lags behind the load; a registry, logs, addresses and
traffic; discounts of Savings Plans on Fargate; and whatever Lambda does for its events besides (queues, retries,
pollers).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lambdasim.analysis.costs.runs import AMOUNT, Run, values_of
from lambdasim.analysis.intervals import Estimate, difference_estimate, estimate_of
from lambdasim.billing.fargate import (
    NO_DOOR,
    Profile,
    Service,
    Task,
    Work,
    lasting_crossing,
    load_balancer,
    services,
)
from lambdasim.errors import ParameterError
from lambdasim.header import FAMILIES, Family
from lambdasim.parameters.book import Book
from lambdasim.scenario.model import Scenario
from lambdasim.service.handler import handler_model, vcpus
from lambdasim.units import HOURS_PER_MONTH, US_PER_MONTH, US_PER_MS, US_PER_S

S_PER_MONTH = US_PER_MONTH / US_PER_S
_SAME = 1.01  # rates that differ by less are told as one


@dataclass(frozen=True, slots=True)
class Sizing:
    """A service of tasks of one size: how many run, and what a month costs in USD."""

    task: Task
    runs_per_s: float  # that each serves
    tasks: Estimate
    month_usd: Estimate


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where Fargate is first cheaper: at ``rate`` runs/s on average, ``traffic`` times the present, on tasks ``task``.

    A rate of 0: it is so with no load, because Lambda's provisioned concurrency alone costs more. ``lasting`` is the
    rate from which on Fargate, on the size that suits each rate, is never dearer again; None if there is none. In
    between it may be dearer whenever it needs one more task.
    """

    rate: Estimate
    traffic: float
    task: Task
    lasting: Estimate | None

    @property
    def is_lasting(self) -> bool:
        """Whether Fargate stays cheaper from ``rate`` on, but for 1 %."""
        return self.lasting is not None and self.lasting.value <= _SAME * self.rate.value


@dataclass(frozen=True, slots=True)
class Check:
    """Both months, simulated at the crossing's traffic; ``difference_usd`` is Fargate less Lambda, paired."""

    traffic: float
    lambda_usd: Estimate
    fargate_usd: Estimate
    difference_usd: Estimate


@dataclass(frozen=True, slots=True)
class OnFargate:
    """One function: its rates (runs/s), its month on Lambda, on Fargate as the hours need it, and fixed at the peak.

    ``difference_usd`` is Fargate as the hours need it, less Lambda. ``crossing`` is None if Lambda stays cheaper at any
    rate, ``check`` if it was not simulated: ``unchecked`` then says why.
    """

    mean_rate: Estimate
    peak_rate: Estimate
    lambda_usd: Estimate
    following: Sizing
    fixed: Sizing
    difference_usd: Estimate
    crossing: Crossing | None
    check: Check | None = None
    unchecked: str = ""


@dataclass(frozen=True, slots=True)
class FargateAnswer:
    """Each function that ran; ``unpriced``: why there is no comparison at all, if there is none."""

    functions: Mapping[str, OnFargate]
    utilization: float
    minimum_tasks: int
    start_s: float
    with_front_door: bool
    unpriced: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a scenario's functions are compared: prices and assumptions of ``book``, with front doors or without."""

    scenario: Scenario
    book: Book
    with_front_door: bool
    confidence: float

    def lambda_usd(self, run: Run, function: str) -> float:
        """A function's month on Lambda, with that of its front doors if they count."""
        doors = self._callers(function) if self.with_front_door else ()
        return run.function_usd(function) + math.fsum(run.trigger_usd(name) for name in doors)

    def candidates(self, runs: Sequence[Run], function: str) -> tuple[Service, ...]:
        """A service of each size of task that can do a function's work; ``ParameterError`` without a price."""
        book, region = self.book, self.scenario.region
        has_door = self.with_front_door and self._callers(function)
        door = load_balancer(book, region) if has_door else NO_DOOR
        work = work_of(self.scenario, function, runs)
        return services(book, region, self.scenario.functions[function].architecture, work, door)

    def _callers(self, function: str) -> tuple[str, ...]:
        """The triggers that wait for a function's answers, and call no other."""
        return tuple(
            name
            for name, trigger in self.scenario.triggers.items()
            if FAMILIES[trigger.type] is Family.SYNCHRONOUS and trigger.functions == (function,)
        )


def work_of(scenario: Scenario, function: str, runs: Sequence[Run]) -> Work:
    """What a run takes: its simulated Duration, parted into CPU time and waiting as the scenario says.

    Where the scenario does not say how much memory a run uses, it is taken to use all that the function has.
    """
    settings = scenario.functions[function]
    book, handler = scenario.book.override({}), settings.handler
    means_ms = values_of(runs, lambda run: run.summary["functions"][function]["duration_ms"]["mean"])
    duration_s = float(np.nanmean(means_ms)) * US_PER_MS / US_PER_S
    waiting_s = duration_s * handler_model(settings, book).waiting
    on_lambda = vcpus(settings.memory_size, handler.threads, book.value("handler/mb_per_vcpu"))
    memory_mb = min(handler.max_memory_used or settings.memory_size, settings.memory_size)
    return Work((duration_s - waiting_s) * on_lambda, waiting_s, memory_mb, handler.threads)


def fargate_answer(comparison: Comparison, runs: Sequence[Run]) -> FargateAnswer:
    """The answer from the runs at the present traffic, nothing of it checked yet."""
    book = comparison.book
    functions: dict[str, OnFargate] = {}
    unpriced = ""
    try:
        for name in comparison.scenario.functions:
            if all(run.profiles[name].mean > 0 for run in runs):
                functions[name] = _compared(comparison, name, runs)
    except ParameterError as error:
        functions, unpriced = {}, str(error)
    return FargateAnswer(
        functions,
        utilization=book.value("fargate/service/target_utilization"),
        minimum_tasks=book.value("fargate/service/minimum_tasks"),
        start_s=book.value("fargate/service/start_s"),
        with_front_door=comparison.with_front_door,
        unpriced=unpriced,
    )


def _compared(comparison: Comparison, name: str, runs: Sequence[Run]) -> OnFargate:
    """One function's months. The largest task holds what the largest function does, so that some size always fits."""
    candidates, confidence = comparison.candidates(runs, name), comparison.confidence
    hours = [run.profiles[name] for run in runs]
    peaks = [Profile.steady(max(run.peaks[name], float(run.profiles[name].rates.max()))) for run in runs]
    rates = [profile.mean for profile in hours]
    following, fixed = (_cheapest(candidates, profiles, rates) for profiles in (hours, peaks))
    on_lambda = values_of(runs, lambda run: comparison.lambda_usd(run, name))
    return OnFargate(
        mean_rate=estimate_of(AMOUNT, rates, confidence),
        peak_rate=estimate_of(AMOUNT, [peak.mean for peak in peaks], confidence),
        lambda_usd=estimate_of(AMOUNT, on_lambda, confidence),
        following=_sizing(following, hours, rates, confidence),
        fixed=_sizing(fixed, peaks, rates, confidence),
        difference_usd=difference_estimate(_months(following, hours, rates), on_lambda, confidence),
        crossing=crossing_of(comparison, name, runs),
    )


def _months(service: Service, profiles: Sequence[Profile], rates: Sequence[float]) -> list[float]:
    return [service.month_usd(profile, rate) for profile, rate in zip(profiles, rates, strict=True)]


def _cheapest(candidates: Sequence[Service], profiles: Sequence[Profile], rates: Sequence[float]) -> Service:
    return min(candidates, key=lambda service: math.fsum(_months(service, profiles, rates)))


def _sizing(service: Service, profiles: Sequence[Profile], rates: Sequence[float], confidence: float) -> Sizing:
    return Sizing(
        task=service.task,
        runs_per_s=service.rate,
        tasks=estimate_of(AMOUNT, [service.tasks(profile) for profile in profiles], confidence),
        month_usd=estimate_of(AMOUNT, _months(service, profiles, rates), confidence),
    )


def crossing_of(comparison: Comparison, name: str, runs: Sequence[Run]) -> Crossing | None:
    """The least rate at which some size of task costs no more than Lambda, if there is one in every replication."""
    shapes = [run.profiles[name].times(1 / run.profiles[name].mean) for run in runs]
    standing = [run.standing_usd(name) for run in runs]
    by_run = [  # USD that one run costs on Lambda
        (comparison.lambda_usd(run, name) - paid) / (run.profiles[name].mean * S_PER_MONTH)
        for run, paid in zip(runs, standing, strict=True)
    ]
    best: tuple[float, Task, list[float]] | None = None
    candidates = comparison.candidates(runs, name)
    for service in candidates:
        rates = [
            service.crossing(shape, usd, paid / HOURS_PER_MONTH)
            for shape, usd, paid in zip(shapes, by_run, standing, strict=True)
        ]
        mean = math.fsum(rates) / len(rates)
        if math.isfinite(mean) and (best is None or mean < best[0]):
            best = mean, service.task, rates
    if best is None:
        return None
    now = math.fsum(run.profiles[name].mean for run in runs) / len(runs)
    lasting = [
        lasting_crossing(candidates, shape, usd, paid / HOURS_PER_MONTH)
        for shape, usd, paid in zip(shapes, by_run, standing, strict=True)
    ]
    return Crossing(
        rate=estimate_of(AMOUNT, best[2], comparison.confidence),
        traffic=best[0] / now,
        task=best[1],
        lasting=estimate_of(AMOUNT, lasting, comparison.confidence) if np.isfinite(lasting).all() else None,
    )


def checked(comparison: Comparison, name: str, crossing: Crossing, traffic: float, runs: Sequence[Run]) -> Check:
    """Both months from runs at ``traffic`` times the present one, on the crossing's size of task."""
    hours = [run.profiles[name] for run in runs]
    service = next(each for each in comparison.candidates(runs, name) if each.task == crossing.task)
    on_fargate = [service.month_usd(profile) for profile in hours]
    on_lambda = values_of(runs, lambda run: comparison.lambda_usd(run, name))
    return Check(
        traffic=traffic,
        lambda_usd=estimate_of(AMOUNT, on_lambda, comparison.confidence),
        fargate_usd=estimate_of(AMOUNT, on_fargate, comparison.confidence),
        difference_usd=difference_estimate(on_fargate, on_lambda, comparison.confidence),
    )
