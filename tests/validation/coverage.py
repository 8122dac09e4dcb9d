"""How often intervals hold the truth: a thousand experiments each on small M/M/c worlds whose truth is known.

python -m tests.validation.coverage results/validation
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import linalg, optimize

from lambdasim import Design, replicate
from lambdasim.analysis.runner import Workers, run
from lambdasim.queueing import erlang_b, erlang_c
from lambdasim.scenario.model import Scenario
from tests.theory.worlds import direct, function, world

EXPERIMENTS, REPLICATIONS = 1000, 10
APART = 10_000  # between the seeds of two experiments: no run belongs to both
PAGE = """# How often a 95 % interval holds the truth

    python -m tests.validation.coverage results/validation

Small M/M/c worlds on the whole engine, through `lambdasim.replicate`: each experiment has its own seeds, and asks
whether its interval holds what queueing theory says. An honest interval of 95 % does so in 95 of 100 experiments; of
1,000 experiments, between 93.6 % and 96.4 % nineteen times in twenty. Of each coverage its own 95 % interval (Wilson)
is told; "too low" and "too high" are the shares of intervals that lie wholly below and above the truth; "runs - truth"
is how far the mean (of percentiles: the median) of all runs of all experiments lies from theory, in percent of it.

{table}

- **Loss**: reserved concurrency {loss_servers}, {loss_load:g} erlangs, exponential handlers of 1 s. Throttles: Erlang B
  times the arrivals in the measured {loss_s:g} s. p90 of latency: of what runs, the handler's law, whoever else is
  refused.
- **Wait**: SQS, one message a batch, `maximum_concurrency` {wait_servers}, {wait_load:g} erlangs, exponential handlers
  of 1 s, {wait_s:g} s measured. Mean and p90 of the time from send to success: Erlang C, and
  P(T > t) = exp(-t) (1 + C (1 - exp(-(c - a - 1) t)) / (c - a - 1)), with a erlangs on c servers.
- **Slow**: reserved concurrency {slow_servers}, {slow_load:g} erlangs, exponential handlers of {slow_service:g} s, a
  run of {slow_s:g} s. From its empty start it fills slowly, and throttles too little at first. MSER-5 left out
  {mser_low:.0f} to {mser_high:.0f} s (the middle 80 % of experiments). Erlang B times the arrivals of what is left.

The worlds begin empty. In *loss* and *wait* so much is left out ({loss_warm_up:g} s and {wait_warm_up:g} s, of services
of 1 s) that the expected value over the measured window, computed from the Markov chain as it leaves the empty state,
differs from that of the steady state by less than {empty:.0e} of it. The p90 of a run is that of some hundred to
{wait_s:g} calls by nearest rank, whose median over runs is not quite the percentile of all calls: that, too, is in
"runs - truth".

Where a row says so, replications were added until the interval was within 10 % of its estimate; that took {few:.0f} to
{many:.0f} of them in the middle 80 % of experiments.
"""


@dataclass(frozen=True)
class Study:
    """Experiments of one kind: ``truth`` of the measure for a warm-up in seconds."""

    name: str
    scenario: Scenario
    measure: str
    truth: Callable[[float], float]
    experiments: int = EXPERIMENTS
    precision: float | None = None
    warm_up: str = "stated"


@dataclass(frozen=True)
class Task:
    """One experiment, or several on the same runs: a measure each."""

    scenario: Scenario
    measures: tuple[str, ...]
    seed: int
    precision: float | None
    warm_up: str


@dataclass
class Found:
    """What the experiments of a study found, each an entry."""

    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    replications: list[int] = field(default_factory=list)
    warm_ups_s: list[float] = field(default_factory=list)
    truths: list[float] = field(default_factory=list)
    method: str = ""


LOSS_SERVERS, LOSS_LOAD, LOSS_S, LOSS_WARM_UP = 3, 2.0, 250.0, 20.0
WAIT_SERVERS, WAIT_LOAD, WAIT_S, WAIT_WARM_UP = 2, 1.2, 1000.0, 60.0
SLOW_SERVERS, SLOW_LOAD, SLOW_SERVICE, SLOW_S = 30, 27.0, 10.0, 600.0


def loss_world(servers: int, load: float, service_s: float, measured_s: float, warm_up_s: float) -> Scenario:
    """Reserved concurrency without a queue: M/M/c/c."""
    return world(
        {"f": function({"exponential": {"mean": f"{service_s} s"}}, reserved_concurrent_executions=servers)},
        {"calls": direct("f", {"poisson": {"rate": f"{load / service_s}/s"}})},
        duration=f"{measured_s + warm_up_s} s",
        warm_up=f"{warm_up_s} s",
        drain=f"{30 * service_s} s",
    )


def waiting_world() -> Scenario:
    """A queue with a fixed number of pollers, one message a batch: M/M/c."""
    trigger = {
        "type": "sqs",
        "target": "f",
        "queue": {"visibility_timeout": "12h"},
        "batch_size": 1,
        "scaling_config": {"maximum_concurrency": WAIT_SERVERS},
        "arrivals": {"poisson": {"rate": f"{WAIT_LOAD}/s"}},
    }
    at_once = {f"triggers/sqs/mapping/pick_up_latency/{kind}": "0 s" for kind in ("standard", "fifo")}
    return world(
        {"f": function({"exponential": {"mean": "1 s"}})},
        {"q": trigger},
        duration=f"{WAIT_S + WAIT_WARM_UP} s",
        warm_up=f"{WAIT_WARM_UP} s",
        drain="1h",
        parameters={**at_once, "triggers/sqs/pollers/start": WAIT_SERVERS},
    )


def sojourn_p90_ms() -> float:
    """Of M/M/c: wait and service together."""
    lost, spare = erlang_c(WAIT_LOAD, WAIT_SERVERS), WAIT_SERVERS - WAIT_LOAD - 1

    def longer(t: float) -> float:
        return math.exp(-t) * (1 + lost * (1 - math.exp(-spare * t)) / spare)

    return 1000 * float(optimize.brentq(lambda t: longer(t) - 0.1, 0, 50))


def from_empty(load: float, servers: int, states: int, reward: Sequence[float], start: float, length: float) -> float:
    """The mean reward per time over [start, start + length] of a birth-and-death process that begins empty.

    Births at rate ``load``, deaths at rate min(state, servers), in services; ``reward`` has shape (states,).
    """
    rates = np.zeros((states, states))
    for state in range(states - 1):
        rates[state, state + 1] = load
        rates[state + 1, state] = min(state + 1, servers)
    rates -= np.diag(rates.sum(axis=1))
    at_start = linalg.expm(rates * start)[0]
    # The integral of exp(Q t) over the window is a corner of one larger exponential (Van Loan 1978).
    both = np.zeros((2 * states, 2 * states))
    both[:states, :states], both[:states, states:] = rates, np.eye(states)
    spent = at_start @ linalg.expm(both * length)[:states, states:]
    return float(spent @ np.asarray(reward)) / length


def effect_of_the_empty_start() -> float:
    """How far expected values over the measured windows lie from the steady state, as a share of it: the larger."""
    blocked = [0.0] * LOSS_SERVERS + [1.0]
    lost = from_empty(LOSS_LOAD, LOSS_SERVERS, LOSS_SERVERS + 1, blocked, LOSS_WARM_UP, LOSS_S)
    states = 80
    delays = [max(0, state - WAIT_SERVERS + 1) / WAIT_SERVERS for state in range(states)]
    wait = from_empty(WAIT_LOAD, WAIT_SERVERS, states, delays, WAIT_WARM_UP, WAIT_S)
    truth = erlang_c(WAIT_LOAD, WAIT_SERVERS) / (WAIT_SERVERS - WAIT_LOAD)
    return max(abs(lost / erlang_b(LOSS_LOAD, LOSS_SERVERS) - 1), abs(wait - truth) / (1 + truth))


def studies() -> list[Study]:
    """All of them, those that share their runs beside each other."""
    loss = loss_world(LOSS_SERVERS, LOSS_LOAD, 1.0, LOSS_S, LOSS_WARM_UP)
    throttles = LOSS_LOAD * LOSS_S * erlang_b(LOSS_LOAD, LOSS_SERVERS)
    wait = waiting_world()
    sojourn_ms = 1000 * (1 + erlang_c(WAIT_LOAD, WAIT_SERVERS) / (WAIT_SERVERS - WAIT_LOAD))
    p90_ms = sojourn_p90_ms()
    slow = loss_world(SLOW_SERVERS, SLOW_LOAD, SLOW_SERVICE, SLOW_S, 0.0)
    rate = SLOW_LOAD / SLOW_SERVICE * erlang_b(SLOW_LOAD, SLOW_SERVERS)

    def refused(warm_up_s: float) -> float:
        return rate * (SLOW_S - warm_up_s)

    few = EXPERIMENTS // 4
    return [
        Study("loss", loss, "f.throttles.total", lambda _: throttles),
        Study("loss", loss, "f.latency_ms.p90", lambda _: 1000 * math.log(10)),
        Study("loss, to 10 %", loss, "f.throttles.total", lambda _: throttles, precision=0.1),
        Study("wait", wait, "f.latency_ms.mean", lambda _: sojourn_ms),
        Study("wait", wait, "f.latency_ms.p90", lambda _: p90_ms),
        Study("slow, nothing left out", slow, "f.throttles.total", refused, experiments=few),
        Study("slow, MSER-5", slow, "f.throttles.total", refused, experiments=few, warm_up="mser5"),
    ]


def experiment(task: Task) -> list[tuple[float, float, float, str, list[float], float]]:
    """Of each measure: low, value, high, method, what the runs came to, and the warm-up in seconds."""
    found = replicate(
        task.scenario,
        task.measures,
        Design(REPLICATIONS, seed=task.seed),
        precision=task.precision,
        warm_up=task.warm_up,
    )
    return [
        (estimate.low, estimate.value, estimate.high, estimate.method, column.tolist(), found.warm_up.us / 1e6)
        for estimate, column in zip(found.estimates, found.values.T, strict=True)
    ]


def conducted(planned: Sequence[Study], workers: Workers) -> list[Found]:
    """What each study found; studies that differ in their measure alone share their runs."""
    groups: dict[tuple[int, float | None, str], list[int]] = {}
    for number, study in enumerate(planned):
        groups.setdefault((id(study.scenario), study.precision, study.warm_up), []).append(number)
    results = [Found() for _ in planned]
    for members in groups.values():
        first = planned[members[0]]
        measures = tuple(planned[number].measure for number in members)
        tasks = [
            Task(first.scenario, measures, APART * (seed + 1), first.precision, first.warm_up)
            for seed in range(first.experiments)
        ]
        for _, outcomes in sorted(run(experiment, tasks, workers)):
            for number, (low, value, high, method, runs, warm_up_s) in zip(members, outcomes, strict=True):
                found = results[number]
                found.lows.append(low)
                found.values.append(value)
                found.highs.append(high)
                found.method = method
                found.runs += runs
                found.replications.append(len(runs))
                found.warm_ups_s.append(warm_up_s)
                found.truths.append(planned[number].truth(warm_up_s))
        print(f"{first.name}: {first.experiments} experiments done", file=sys.stderr)
    return results


def coverage(found: Found) -> float:
    """The share of experiments whose interval held the truth."""
    lows, highs, truths = map(np.array, (found.lows, found.highs, found.truths))
    return float(np.mean((lows <= truths) & (truths <= highs)))


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (J. American Statistical Association 22, 1927)."""
    z = 1.959964
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def row(study: Study, found: Found) -> str:
    """The table's line of one study."""
    covered, n = coverage(found), len(found.lows)
    low, high = wilson(covered, n)
    truths = np.array(found.truths)
    below, above = (np.array(found.highs) < truths).mean(), (np.array(found.lows) > truths).mean()
    middle = np.median if found.method == "order statistics" else np.mean
    off = middle(np.array(found.runs) / np.repeat(truths, found.replications)) - 1
    widths = (np.array(found.highs) - np.array(found.lows)) / 2 / np.array(found.values)
    cells = (
        study.name,
        study.measure.removeprefix("f."),
        f"{truths.mean():,.4g}",
        found.method,
        f"{n:,}",
        f"**{covered:.1%}** [{low:.1%}, {high:.1%}]",
        f"{below:.1%}",
        f"{above:.1%}",
        f"{off:+.2%}",
        f"{widths.mean():.1%}",
    )
    return "| " + " | ".join(cells) + " |"


COLUMNS = (
    "world", "measure", "truth", "interval", "experiments", "coverage", "too low", "too high", "runs - truth",
    "half width",
)  # fmt: skip


def main(folder: Path) -> None:
    """Run the study and write the page."""
    planned = studies()
    found = conducted(planned, Workers(os.cpu_count() or 1))
    table = "\n".join(
        [
            "| " + " | ".join(COLUMNS) + " |",
            "| --- " * len(COLUMNS) + "|",
            *map(row, planned, found),
        ]
    )
    precise = next(f for s, f in zip(planned, found, strict=True) if s.precision)
    chosen = next(f for s, f in zip(planned, found, strict=True) if s.warm_up == "mser5")
    few, many = np.percentile(precise.replications, (10, 90))
    mser_low, mser_high = np.percentile(chosen.warm_ups_s, (10, 90))
    text = PAGE.format(
        table=table, few=few, many=many, mser_low=mser_low, mser_high=mser_high, empty=effect_of_the_empty_start(),
        loss_servers=LOSS_SERVERS, loss_load=LOSS_LOAD, loss_s=LOSS_S, loss_warm_up=LOSS_WARM_UP,
        wait_servers=WAIT_SERVERS, wait_load=WAIT_LOAD, wait_s=WAIT_S, wait_warm_up=WAIT_WARM_UP,
        slow_servers=SLOW_SERVERS, slow_load=SLOW_LOAD, slow_service=SLOW_SERVICE, slow_s=SLOW_S,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "coverage.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
