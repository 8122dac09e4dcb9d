"""The analytic companion: where queueing theory has a formula for what a function did, the formula beside the run.

A line stands only where the formula's assumptions hold: Poisson arrivals of a constant rate, nobody who tries again,
nothing that changes during the run. Arrival rates are the scenario's, service times (how long a request holds its
environment, start and init included) those of the run: so it is the law that is compared, not the draws of handlers.
Where a run that begins empty is too short to forget it, or brings too few events to tell, there is no line either.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lambdasim import queueing
from lambdasim.codes import Capacity, Outcome
from lambdasim.metrics.measures import whole
from lambdasim.records import NEVER
from lambdasim.result.comparison import FEWEST, Case, Comparison
from lambdasim.result.margins import Margins
from lambdasim.result.queue_companion import wait_in_queue
from lambdasim.scenario.targets import Calling
from lambdasim.units import US_PER_S
from lambdasim.workload.arrivals import ArrivalProcess, NoArrivals, Poisson, Sum
from lambdasim.workload.distributions import Constant

if TYPE_CHECKING:
    from lambdasim.metrics.holding import Held
    from lambdasim.metrics.recorder import Metrics
    from lambdasim.records import Columns
    from lambdasim.scenario.model import Scenario

_WAITING = 0.01  # the share that the square-root rule is shown for: a usual target of service levels
_EMPTY_START = 0.5  # standard errors by which the empty start of a run may move it
_AT_HALF_THE_RATE = 0.5  # of the requests per second that provisioned concurrency takes: bursts find room then


def companions_of(scenario: Scenario, metrics: Metrics, environments: Columns) -> Iterator[Comparison]:
    """The lines of a run, function by function; none for functions that no formula here speaks of.

    Args:
        scenario: what was simulated.
        metrics: what it came to.
        environments: the environment log, all of it.
    """
    margins = Margins(metrics, "function")
    invoking: dict[str, list[str]] = {}
    for key, trigger in scenario.triggers.items():
        for name in trigger.functions:
            invoking.setdefault(name, []).append(key)
    for index, name in enumerate(scenario.functions):
        case = _case(scenario, metrics, margins, index, name, tuple(invoking.get(name, ())))
        if case is None:
            continue
        if all(isinstance(scenario.triggers[trigger], Calling) for trigger in case.triggers):
            lines = [*_concurrency(case), *_throttles(case), *_spillover(case)]
            yield from lines
            yield from _staffing(case) if lines else ()
            yield from _idle_expiry(case, environments)
        else:
            yield from wait_in_queue(case)


def poisson_rate_per_us(process: ArrivalProcess) -> float | None:
    """The rate of a stationary Poisson process, sums of such included; None of any other process.

    >>> poisson_rate_per_us(Sum((Poisson(2e-6), NoArrivals(), Poisson(1e-6)))), poisson_rate_per_us(NoArrivals())
    (3e-06, 0.0)
    """
    match process:
        case NoArrivals():
            return 0.0
        case Poisson(rate):
            return rate
        case Sum(parts):
            rates = [poisson_rate_per_us(part) for part in parts]
            known = [rate for rate in rates if rate is not None]
            return math.fsum(known) if len(known) == len(rates) else None
        case _:
            return None


def _case(
    scenario: Scenario, metrics: Metrics, margins: Margins, index: int, name: str, triggers: tuple[str, ...]
) -> Case | None:
    """The function, which ``triggers`` invoke, if all that every formula asks of it holds."""
    rates = [poisson_rate_per_us(scenario.triggers[trigger].arrivals) for trigger in triggers]
    known = [rate for rate in rates if rate is not None]
    if scenario.incidents or len(known) < len(rates) or not sum(known):
        return None
    if any(pointer.deployment is not None for pointer in scenario.functions[name].pointers.values()):
        return None
    holding = metrics.meters.holding
    if holding.retried[index] or holding.unfinished[index] or not holding.of(index).mean_s:
        return None
    return Case(scenario, metrics, margins, index, name, math.fsum(known) * US_PER_S, triggers)


def _concurrency(case: Case) -> Iterator[Comparison]:
    """Below all limits each event has an environment: M/G/infinity."""
    held = case.held()
    error = queueing.mginf_mean_error(case.rate_per_s, held.mean_s, held.cv, case.span_s)
    # What is not under way yet in a run that begins empty: the integral of rate x E[max(S - t, 0)] over all t.
    missing = case.rate_per_s * held.mean_s**2 * (1 + held.cv**2) / 2 / case.span_s
    settled = case.warm_up_s >= held.longest_s or missing <= _EMPTY_START * error
    if case.refused or case.events < FEWEST or held.longest_s > case.span_s or not settled:
        return
    mean = int(case.metrics.meters.busy_us[case.index]) / case.metrics.header.measured_us
    inputs = case.inputs(held)
    load = inputs["load_erlangs"]
    yield Comparison(case.name, "M/G/infinity", "mean concurrency", "executions", load, inputs, mean, error)


def _throttles(case: Case) -> Iterator[Comparison]:
    """Reserved concurrency and nothing else turns events away: Erlang's loss system."""
    reserved, limited = case.function.reserved_concurrent_executions, case.metrics.meters.holding.limited[case.index]
    if reserved is None or case.function.is_provisioned or case.refused != limited:
        return
    throttled = int(case.margins.outcomes[case.index, Outcome.THROTTLED])
    yield from _lost(case, reserved, case.held(), throttled, "throttled by reserved concurrency")


def _spillover(case: Case) -> Iterator[Comparison]:
    """What finds provisioned concurrency busy runs on demand: the overflow of Erlang's loss system."""
    metrics, (low_us, high_us) = case.metrics, (case.scenario.warm_up_us, case.scenario.duration_us)
    versions = _versions(case)
    periods = [p for p in metrics.provisioned if p.version in versions and p.from_us < high_us and p.to_us > low_us]
    sizes = {(p.version, p.allocated) for p in periods}
    if len(sizes) != 1 or case.refused:
        return
    (version, allocated) = sizes.pop()
    runs, held = metrics.requests[versions].sum(axis=0), case.held(Capacity.PROVISIONED)
    per_second = case.scenario.book.value("quotas/account/requests_per_second_per_concurrency") * allocated
    if runs[Capacity.ON_DEMAND] or case.rate_per_s > _AT_HALF_THE_RATE * per_second:
        return
    spilled = int(metrics.requests[version, Capacity.SPILLOVER])
    yield from _lost(case, allocated, held, spilled, "spilled over")


def _lost(case: Case, servers: int, held: Held, count: int, quantity: str) -> Iterator[Comparison]:
    """Erlang B beside the share of events that ``servers`` had no room for."""
    load, events = case.rate_per_s * held.mean_s, case.events
    share = queueing.erlang_b(load, servers)
    if events * min(share, 1 - share) < FEWEST:
        return
    error = queueing.erlang_b_error(load, servers, events)
    # An empty start is forgotten as fast as the services under way end: what is left of exponential ones is their mean.
    slower = max(1.0, (1 + held.cv**2) / 2)
    missing = queueing.erlang_b_shortfall(load, servers) * slower * math.exp(-case.warm_up_s / held.mean_s / slower)
    if missing / events <= _EMPTY_START * error:
        inputs = case.inputs(held, servers=servers)
        yield Comparison(case.name, "Erlang B", quantity, "share", share, inputs, count / events, error)


def _staffing(case: Case) -> Iterator[Comparison]:
    """The square-root rule for the function's load."""
    held = case.held()
    servers = queueing.square_root_staffing(case.rate_per_s * held.mean_s, _WAITING)
    quantity = f"environments for {_WAITING * 100:g} % waiting"
    yield Comparison(case.name, "square-root staffing", quantity, "executions", servers, case.inputs(held))


def _idle_expiry(case: Case, environments: Columns) -> Iterator[Comparison]:
    """Environments end because the function is quiet for a constant time, and for nothing else."""
    life = case.scenario.lifecycle
    timeout, surplus = life.idle_timeout, life.surplus_idle_timeout
    ends_otherwise = life.maximum_lifetime is not None or life.recycle_rate_per_us or life.proactive_otherwise
    used = np.count_nonzero(case.metrics.requests[_versions(case)].sum(axis=1))
    if not isinstance(timeout, Constant) or ends_otherwise or life.keep_alive != "renewed":
        return
    if not (surplus is None or (isinstance(surplus, Constant) and surplus.value >= timeout.value)):
        return
    if case.refused or case.function.is_provisioned or used != 1:
        return
    held, events, timeout_s = case.held(), case.events, timeout.value / US_PER_S
    share = queueing.nobody_left_probability(case.rate_per_s, timeout_s, held.mean_s)
    if events * min(share, 1 - share) < FEWEST:
        return
    found_none = _started_alone(environments, case.index, case.scenario.warm_up_us, case.scenario.duration_us)
    error = math.sqrt(share * (1 - share) / events)  # each event on its own: the gap before it is long enough, or not
    inputs = case.inputs(held, idle_timeout_s=timeout_s)
    quantity = "found no environment left"
    yield Comparison(case.name, "idle expiry", quantity, "share", share, inputs, found_none / events, error)


def _versions(case: Case) -> list[int]:
    """The indices of the function's versions."""
    return [n for n, facts in enumerate(case.metrics.header.versions) if facts.function == case.index]


def _started_alone(environments: Columns, function: int, low_us: int, high_us: int) -> int:
    """How many environments of a function began within the span when there was none other."""
    own = whole(environments, "function") == function
    created_us, ended_us = whole(environments, "created_us")[own], whole(environments, "ended_us")[own]
    order = np.lexsort((whole(environments, "environment")[own], created_us))
    created_us, ended_us = created_us[order], ended_us[order]
    last_us = np.maximum.accumulate(np.where(ended_us == NEVER, np.iinfo(np.int64).max, ended_us))
    alone = np.append(True, last_us[:-1] <= created_us[1:])[: created_us.size]
    return int((alone & (low_us <= created_us) & (created_us < high_us)).sum())
