"""The analytic companion of a queue: a fixed number of pollers, each with one message at a time, is M/G/c."""

from __future__ import annotations

from collections.abc import Iterator

from lambdasim import queueing
from lambdasim.codes import Outcome
from lambdasim.result.comparison import Case, Comparison
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.links import links
from lambdasim.scenario.sqs_trigger import SqsTrigger
from lambdasim.units import US_PER_MS, US_PER_S

_MOST_RELATIVE_ERROR = 0.3  # of a mean wait, beyond which a run says too little of it
_SMALL_BESIDE_SERVICE = 0.1  # how long picking a message up may take, in services, to count as no service


def wait_in_queue(case: Case) -> Iterator[Comparison]:
    """A queue with a fixed number of pollers, a message each: M/G/c."""
    servers, held = _pollers(case), case.held()
    load = case.rate_per_s * held.mean_s
    if servers is None or not load < servers or not _went_smoothly(case):
        return
    latency = case.scenario.book.value("triggers/sqs/mapping/pick_up_latency/standard")
    pick_up_s = distribution_from(latency).mean() / US_PER_S
    error_s = queueing.mgc_mean_wait_error(case.rate_per_s, held.mean_s, held.cv, servers, case.span_s)
    wait_s = queueing.mgc_mean_wait(case.rate_per_s, held.mean_s, held.cv, servers)
    if pick_up_s > _SMALL_BESIDE_SERVICE * held.mean_s or error_s > _MOST_RELATIVE_ERROR * wait_s:
        return
    picked_up_s = (1 - queueing.erlang_c(load, servers)) * pick_up_s  # who finds a poller waiting
    spread = case.metrics.spreads.functions["latency"][case.index]
    simulated_ms = (spread.mean_us or 0.0) / US_PER_MS - held.mean_s * 1000
    yield Comparison(
        case.name, "M/G/c, approximately", "mean wait in the queue", "ms", (wait_s + picked_up_s) * 1000,
        case.inputs(held, servers=servers, pick_up_s=pick_up_s), simulated_ms, error_s * 1000, is_exact=False,
    )  # fmt: skip


def _pollers(case: Case) -> int | None:
    """How many messages the function's one queue has in progress at most; None if it is not that simple."""
    scenario = case.scenario
    trigger = scenario.triggers[case.triggers[0]]
    if len(case.triggers) > 1 or not isinstance(trigger, SqsTrigger) or trigger.scaling_config is None:
        return None
    queue, most = trigger.queue, trigger.scaling_config.maximum_concurrency
    name, others = case.triggers[0], (t for t in scenario.triggers.values() if isinstance(t, SqsTrigger))
    is_fed = any(link.to == name for link in links(scenario))
    is_shared = any(other.queue.shared_with == name for other in others)
    is_plain = not (queue.fifo or queue.delay_us or queue.backlog or trigger.filter or is_fed or is_shared)
    one_by_one = trigger.batch_size == 1 and not trigger.maximum_batching_window_in_seconds
    is_constant = most <= scenario.book.value("triggers/sqs/pollers/start")  # there from the start, and never fewer
    return most if is_plain and one_by_one and is_constant else None


def _went_smoothly(case: Case) -> bool:
    """Each event ran once, and well: function errors and throttles take pollers away."""
    outcomes, events = case.margins.outcomes[case.index], case.events
    return bool(events == outcomes[Outcome.SUCCESS] == outcomes.sum())
