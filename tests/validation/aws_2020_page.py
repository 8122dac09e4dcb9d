"""What the replay of the recorded runs has to say: a page in Markdown, and one picture."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from tests.validation.aws_2020 import Recording, Replay, half_interval, mean_error, published_environments

INK, RECORDED, SIMULATED, OTHER = "#222222", "#111111", "#1f77b4", "#d98c3f"

TEXT = """\
# Eleven runs recorded on AWS Lambda in 2020, replayed

    python -m tests.validation.aws_2020 results/validation

{verdict}

![First calls and mean environments, observed and simulated](aws_2020.png)

Each run is about 28 hours of requests to one function (python3.6, 128 MB, us-east-1) at a fixed Poisson rate, 29,746
requests in all (`scenarios/data/aws_2020`). Its requests arrive again at their recorded instants. Service times, as the
client saw them, are drawn from the run's own calls: warm from warm, and for a first call that had to wait, what such
calls took beyond the mean warm one. All else is the lifecycle preset `aws-2020`, the same for all runs, with {seeds}
seeds each; the client does not retry. The preset was fitted to these recordings' reuses and ends, pooled, not to the
counts below, so this is a test of the mechanism, and of whether one set of numbers serves rates from 0.002/s to 0.1/s;
it is no forecast of other years.

## First calls

A first call is the first one on an environment, whether or not AWS had initialised it ahead: the recordings mark both
alike, so COLD and PRE_INITIALIZED are counted. The one or two environments that were warm when a recording began are
called once, 60 s before it, and not counted. Observed: the count and its exact 95 % Poisson interval. Simulated: the
mean of {seeds} seeds and its 95 % interval. z: observed less simulated in Poisson standard errors (the square root of
the simulated mean); z': the same in standard deviations of a single simulated run on the same arrivals.

{first_calls}

Mean absolute error of the ratios {count_error:.1%}; all runs together {observed_sum} observed, {simulated_sum:.0f}
simulated (ratio {sum_ratio:.2f}); largest |z| {largest_z:.2f}. The Poisson standard error of a count of 28 to 59 is
13 % to 19 %.

## Mean environments

From an environment's first call to 600 s after its last one, cut at the recording's ends, averaged over time: the same
estimator on the recording's calls and on the simulation's. (When AWS took an environment away nobody could see.)
Observed: with its 95 % interval from batches of two hours. Published: the authors' own AverageInstanceCount.

{environments}

Mean absolute error {environment_error:.1%}; against the published figures {published_error:.1%}. In {inside} of 11 runs
the simulated mean lies inside the observed interval.

## Without the lifetime limit

The same replay with `maximum_lifetime: unlimited` (random recycling stays): mean absolute error of the first calls
{other_error:.1%}, {other_beyond} of 11 runs beyond two Poisson standard errors (|z| up to {other_z:.1f}); from 0.05/s
on only {other_ratio:.0%} of the observed first calls. The limit of about two hours is needed. Mean environments can't
tell the two apart ({other_environments:.1%}): an environment that is retired is soon replaced.

## What is not right

- The Poisson ruler is a wide one, since the arrivals are the same on both sides: what differs between simulated runs is
  only when environments end. By the narrower z' the sum of squares is {narrow:.1f} for 11 runs, where 11 is expected
  and {narrow_limit:.1f} is the 95 % point. In {above} of 11 runs the simulation has more first calls than observed.
- Below 0.004/s, where nearly every first call follows an idle timeout, it has {low_excess:+.1%}. The preset's random
  recycling (4.9e-5/s, interval 3.6e-5/s to 6.6e-5/s) was measured at all rates together; at the interval's
  lower end the mean absolute error is {least_error:.1%}. It stays as measured: counts are no reason to move it.
- Environments started ahead: {ahead_observed} of {observed_sum} first calls observed, {ahead_simulated:.0f} simulated.
  At the lowest rates the preset's 5 % for environments that replace no retired one are too many, above that the total
  is too small: the replacement of retired environments is not all that Lambda starts ahead.
- Mean environments are {environment_bias:+.1%} on average, and most so at 0.1/s. No cause was found.
- A recorded first call may pass over an environment that finished a moment before: it takes a while until it can be
  had again. That is not simulated.

## Where a replacement waits

When an environment reaches its maximum lifetime, Lambda has often (85 %) started the next one ahead. Does the next call
go to it, or to an older one that is idle, too? In all {ahead_observed} recorded first calls on environments started
ahead no other was idle (`idle_alive_instances` in `first_calls.csv`). So `most_recently_used` takes a never-used
environment last. Were it taken first, like one just used:

| the replacement | error of first calls | of environments | sum of z' squared |
|---|---|---|---|
| is taken last, as one never used | {count_error:.1%} | {environment_error:.1%} | {narrow:.1f} |
| is taken first, like one just used | {first_error:.1%} | {first_environments:.1%} | {first_narrow:.1f} |
"""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact (Garwood) 95 % interval of a Poisson mean."""
    return stats.chi2.ppf(0.025, 2 * count) / 2, stats.chi2.ppf(0.975, 2 * count + 2) / 2


def published(recording: Recording) -> float:
    """The authors' mean environments of this run: that of the nearest rate."""
    return min(published_environments(), key=lambda row: abs(row[0] - recording.rate))[1]


def verdict(replays: Sequence[Replay], without: Sequence[Replay]) -> str:
    """The answer in three sentences."""
    errors = [mean_error(r.ratio for r in study) for study in (replays, without)]
    beyond = [sum(abs(r.z) > 2 for r in study) for study in (replays, without)]
    environments = mean_error(r.environments_ratio for r in replays)
    return (
        f"**First calls per run come out with a mean absolute error of {errors[0]:.1%}, mean environments with "
        f"{environments:.1%}; {beyond[0] or 'none'} of the 11 runs lies beyond two Poisson standard errors.** "
        f"Without the lifetime limit of about two hours the first calls are wrong by {errors[1]:.1%}, and {beyond[1]} "
        "runs lie beyond two standard errors."
    )


def first_call_rows(replays: Sequence[Replay]) -> list[list[str]]:
    rows = []
    for r in replays:
        low, high = poisson_interval(r.recording.first_calls)
        rows.append(
            [
                r.recording.name[:10],
                f"{r.recording.rate:.4f}/s",
                f"{len(r.recording.arrivals_s):,}",
                f"{r.recording.first_calls} ({low:.0f} to {high:.0f})",
                f"{r.mean_first_calls:.1f} ± {half_interval(r.first_calls):.1f}",
                f"{r.ratio:.2f}",
                f"{r.z:+.2f}",
                f"{r.narrow_z:+.1f}",
                f"{r.recording.started_ahead.sum()} / {statistics.fmean(r.started_ahead):.1f}",
            ]
        )
    return rows


def environment_rows(replays: Sequence[Replay]) -> list[list[str]]:
    return [
        [
            r.recording.name[:10],
            f"{r.recording.rate:.4f}/s",
            f"{r.recording.calls.mean_environments():.3f} ± {r.recording.calls.batch_interval():.3f}",
            f"{r.mean_environments:.3f} ± {half_interval(r.environments):.3f}",
            f"{r.environments_ratio:.3f}",
            f"{published(r.recording):.3f}",
        ]
        for r in replays
    ]


def page(
    replays: Sequence[Replay],
    without: Sequence[Replay],
    least_recycling: Sequence[Replay],
    taken_first: Sequence[Replay],
) -> str:
    """The whole page."""
    busy = [r for r in without if r.recording.rate > 0.04]
    quiet = [r for r in replays if r.recording.rate < 0.004]
    observed = sum(r.recording.first_calls for r in replays)
    simulated = sum(r.mean_first_calls for r in replays)
    text = TEXT.format(
        verdict=verdict(replays, without),
        seeds=len(replays[0].first_calls),
        first_calls=table(
            ["run", "rate", "requests", "observed", "simulated", "ratio", "z", "z'", "of them started ahead"],
            first_call_rows(replays),
        ),
        count_error=mean_error(r.ratio for r in replays),
        observed_sum=observed,
        simulated_sum=simulated,
        sum_ratio=simulated / observed,
        largest_z=max(abs(r.z) for r in replays),
        environments=table(["run", "rate", "observed", "simulated", "ratio", "published"], environment_rows(replays)),
        environment_error=mean_error(r.environments_ratio for r in replays),
        environment_bias=statistics.fmean(r.environments_ratio for r in replays) - 1,
        published_error=mean_error(r.mean_environments / published(r.recording) for r in replays),
        other_error=mean_error(r.ratio for r in without),
        other_beyond=sum(abs(r.z) > 2 for r in without),
        other_z=max(abs(r.z) for r in without),
        other_ratio=sum(r.mean_first_calls for r in busy) / sum(r.recording.first_calls for r in busy),
        other_environments=mean_error(r.environments_ratio for r in without),
        narrow=sum(r.narrow_z**2 for r in replays),
        least_error=mean_error(r.ratio for r in least_recycling),
        first_error=mean_error(r.ratio for r in taken_first),
        first_environments=mean_error(r.environments_ratio for r in taken_first),
        first_narrow=sum(r.narrow_z**2 for r in taken_first),
        above=sum(r.ratio > 1 for r in replays),
        narrow_limit=stats.chi2.ppf(0.95, len(replays)),
        low_excess=sum(r.mean_first_calls for r in quiet) / sum(r.recording.first_calls for r in quiet) - 1,
        ahead_observed=sum(int(r.recording.started_ahead.sum()) for r in replays),
        ahead_simulated=sum(statistics.fmean(r.started_ahead) for r in replays),
        inside=sum(
            abs(r.mean_environments - r.recording.calls.mean_environments()) < r.recording.calls.batch_interval()
            for r in replays
        ),
    )
    return filled(text)


def filled(text: str) -> str:
    """The Markdown ``text`` with its paragraphs and list items broken anew, tables and headings as they are."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if block.startswith("- "):
            items = block.removeprefix("- ").split("\n- ")
            blocks.append(
                "\n".join(textwrap.fill(f"- {' '.join(item.split())}", 120, subsequent_indent="  ") for item in items)
            )
        else:
            blocks.append(block if block.startswith(("|", "#", "!", " ")) else textwrap.fill(block, 120))
    return "\n\n".join(blocks) + "\n"


def picture(replays: Sequence[Replay], without: Sequence[Replay], file: Path) -> None:
    """Observed against simulated over the arrival rate: first calls on the left, environments on the right."""
    style = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#777777"}
    with rc_context(style):
        figure = Figure(figsize=(10.5, 4.3), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_first_calls(left, replays, without)
        draw_environments(right, replays)
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xticks([0.002, 0.005, 0.01, 0.02, 0.05, 0.1], ["0.002", "0.005", "0.01", "0.02", "0.05", "0.1"])
            axes.minorticks_off()
            axes.set_xlabel("requests per second")
            axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
            axes.set_axisbelow(True)
            axes.tick_params(color="#777777")
        figure.savefig(file, dpi=150, metadata={"Software": None})


def draw_first_calls(axes: Axes, replays: Sequence[Replay], without: Sequence[Replay]) -> None:
    rates = np.array([r.recording.rate for r in replays])
    counts = np.array([r.recording.first_calls for r in replays])
    low, high = np.array([poisson_interval(int(count)) for count in counts]).T
    axes.plot(rates, [r.mean_first_calls for r in without], "--", color=OTHER, label="simulated without lifetime limit")
    spread = np.array([np.percentile(r.first_calls, [2.5, 97.5]) for r in replays]).T
    axes.fill_between(rates, *spread, color=SIMULATED, alpha=0.2, linewidth=0, label="95 % of simulated runs")
    axes.plot(rates, [r.mean_first_calls for r in replays], "o-", color=SIMULATED, markersize=4, label="simulated")
    bars = np.array([counts - low, high - counts])
    axes.errorbar(
        rates, counts, bars, fmt="D", color=RECORDED, markersize=4.5, linewidth=1, capsize=2.5,
        label="recorded on AWS Lambda (95 % interval)",
    )  # fmt: skip
    axes.set_ylim(0, 100)
    axes.set_title("First calls on an environment, in 28 hours", loc="left", color=INK, fontsize=11)
    handles, labels = axes.get_legend_handles_labels()
    order = [3, 2, 1, 0] if labels[-1].startswith("recorded") else range(len(labels))
    axes.legend([handles[i] for i in order], [labels[i] for i in order], frameon=False, fontsize=9, loc="upper center")


def draw_environments(axes: Axes, replays: Sequence[Replay]) -> None:
    rates = [r.recording.rate for r in replays]
    axes.plot(rates, [r.mean_environments for r in replays], "o-", color=SIMULATED, markersize=4, label="simulated")
    axes.errorbar(
        rates, [r.recording.calls.mean_environments() for r in replays],
        [r.recording.calls.batch_interval() for r in replays],
        fmt="D", color=RECORDED, markersize=4.5, linewidth=1, capsize=2.5,
        label="recorded on AWS Lambda (95 % interval)",
    )  # fmt: skip
    axes.set_ylim(0, 3.5)
    axes.set_title("Mean number of environments", loc="left", color=INK, fontsize=11)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize=9, loc="upper left")
