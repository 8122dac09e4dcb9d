"""How often intervals hold the truth: a thousand experiments each on small M/M/c worlds whose truth is known.

python -m tests.validation.coverage results/validation
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lambdasim import AnalysisError, Design, replicate
from lambdasim.analysis.runner import Workers, run
from lambdasim.scenario.model import Scenario
from tests.validation import coverage_worlds as worlds
from tests.validation.coverage_worlds import Study, studies

REPLICATIONS = 10
APART = 10_000  # between the seeds of two experiments: no run belongs to both
PAGE = """# How often a 95 % interval holds the truth

    python -m tests.validation.coverage results/validation

Small M/M/c worlds on the whole engine, through `lambdasim.replicate`: each experiment has its own seeds, and asks
whether its interval holds what queueing theory says. An honest interval of 95 % does so in 95 of 100 experiments; of
1,000 experiments, between 93.6 % and 96.4 % nineteen times in twenty. Of each coverage its own 95 % interval (Wilson)
is told; "too low" and "too high" are the shares of intervals that lie wholly below and above the truth; "runs - truth"
is how far the mean (of percentiles: the median) of all runs of all experiments lies from theory, in percent of it.

{table}

- **Loss**: reserved concurrency {w.LOSS_SERVERS}, {w.LOSS_LOAD:g} erlangs, exponential handlers of 1 s. Throttles:
  Erlang B times the arrivals in the measured {w.LOSS_S:g} s. p90 of latency: of what runs, the handler's law, whoever
  else is refused.
- **Wait**: SQS, one message a batch, `maximum_concurrency` {w.WAIT_SERVERS}, {w.WAIT_LOAD:g} erlangs, exponential
  handlers of 1 s, {w.WAIT_S:g} s measured. Mean and p90 of the time from send to success: Erlang C, and
  P(T > t) = exp(-t) (1 + C (1 - exp(-(c - a - 1) t)) / (c - a - 1)), with a erlangs on c servers.
- **Slow**: reserved concurrency {w.SLOW_SERVERS}, {w.SLOW_LOAD:g} erlangs, exponential handlers of
  {w.SLOW_SERVICE:g} s, a run of {w.SLOW_S:g} s. From its empty start it fills slowly, and throttles too little at
  first. MSER-5 left out {mser_low:.0f} to {mser_high:.0f} s (the middle 80 % of experiments), and refused {refused}
  experiments, which count nowhere: no steady state within half of the run. Erlang B times the arrivals of what is left.

The worlds begin empty. In *loss* and *wait* so much is left out ({w.LOSS_WARM_UP:g} s and {w.WAIT_WARM_UP:g} s, of
services of 1 s) that the expected value over the measured window, computed from the Markov chain as it leaves the empty
state, differs from that of the steady state by less than {empty:.0e} of it. What is left in "runs - truth" is chance,
and of a percentile the shortness of runs: among a few hundred calls that depend on each other the p90 is a little below
that of all calls more often than above. More replications do not cure that; longer runs do.

Where a row says so, replications were added until the interval was within 10 % of its estimate; that took {few:.0f} to
{many:.0f} of them in the middle 80 % of experiments. To stop at the first round that looks narrow
enough favours rounds that look narrower than they are; that costs about a point of coverage, as Law (2015, section
9.4.1) says it may.
"""


@dataclass(frozen=True)
class Task:
    """One experiment, or several on the same runs: a measure each."""

    scenario: Scenario
    measures: tuple[str, ...]
    seed: int
    precision: float | None
    warm_up: str


Outcome = tuple[float, float, float, str, list[float], float]  # low, value, high, method, runs, warm-up in seconds


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
    refused: int = 0

    def add(self, study: Study, outcome: Outcome | None) -> None:
        """Take in one experiment."""
        if outcome is None:
            self.refused += 1
            return
        low, value, high, self.method, runs, warm_up_s = outcome
        self.lows.append(low)
        self.values.append(value)
        self.highs.append(high)
        self.runs += runs
        self.replications.append(len(runs))
        self.warm_ups_s.append(warm_up_s)
        self.truths.append(study.truth(warm_up_s))


def experiment(task: Task) -> list[Outcome] | None:
    """What came of each measure; None if there was no warm-up to be found."""
    try:
        found = replicate(
            task.scenario,
            measures=task.measures,
            design=Design(REPLICATIONS, seed=task.seed),
            precision=task.precision,
            warm_up=task.warm_up,
        )
    except AnalysisError:
        return None
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
        with closing(run(experiment, tasks, workers)) as finished:
            outcomes = dict(finished)
        for place, number in enumerate(members):
            for seed in range(first.experiments):
                outcome = outcomes[seed]
                results[number].add(planned[number], None if outcome is None else outcome[place])
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


def page_of(planned: Sequence[Study], found: Sequence[Found]) -> str:
    """The page."""
    head = ["| " + " | ".join(COLUMNS) + " |", "| --- " * len(COLUMNS) + "|"]
    precise = next(f for s, f in zip(planned, found, strict=True) if s.precision)
    chosen = next(f for s, f in zip(planned, found, strict=True) if s.warm_up == "mser5")
    few, many = np.percentile(precise.replications, (10, 90))
    mser_low, mser_high = np.percentile(chosen.warm_ups_s, (10, 90))
    return PAGE.format(
        table="\n".join([*head, *map(row, planned, found)]),
        few=few,
        many=many,
        mser_low=mser_low,
        mser_high=mser_high,
        refused=chosen.refused,
        empty=worlds.effect_of_the_empty_start(),
        w=worlds,
    )


def main(folder: Path) -> None:
    """Run the study and write the page."""
    planned = studies()
    text = page_of(planned, conducted(planned, Workers(os.cpu_count() or 1)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "coverage.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
