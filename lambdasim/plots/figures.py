"""Figures, one function each: what a run, a sweep, a comparison or ``cost`` found in, a matplotlib Figure out.

``lambdasim.figures`` is this module. A figure's label says in words what there is to see; its files are the same bytes
each time.

>>> import lambdasim
>>> result = lambdasim.simulate(lambdasim.load_scenario("scenarios/cron_herd.yaml"))
>>> lambdasim.figures.cost(result).get_label().partition(":")[0]
'What a month made of such 45 min costs'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.plots.cold_start_phases import MOST as MOST_VERSIONS
from lambdasim.plots.cold_start_phases import cold_start_phases_drawing
from lambdasim.plots.cold_start_rate import cold_start_rate_drawing
from lambdasim.plots.cold_starts_by_runtime import cold_starts_by_runtime_drawing
from lambdasim.plots.comparison import comparison_drawing
from lambdasim.plots.concurrency import concurrency_drawing
from lambdasim.plots.cost import cost_drawing
from lambdasim.plots.cost_by_traffic import cost_by_traffic_drawing
from lambdasim.plots.environment_life import environment_life_drawing
from lambdasim.plots.environments import MOST_LANES, environments_drawing
from lambdasim.plots.latency import latency_drawing, latency_percentiles_drawing
from lambdasim.plots.memory import memory_drawing
from lambdasim.plots.provisioned import provisioned_drawing
from lambdasim.plots.queues import queues_drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lambdasim.analysis.compare import Comparison
    from lambdasim.analysis.cost import CostAnswers
    from lambdasim.analysis.sweep import Sweep
    from lambdasim.analysis.sweep_table import SweepTable
    from lambdasim.result.result import Result


def latency(result: Result, *, function: str | None = None) -> Figure:
    """The distribution of a function's latency, of cold starts and warm ones apart, and of all.

    Two panels over one logarithmic axis of latency: which share was answered within it, and, on a logarithmic axis too,
    which share was slower, so that one in a million is still to be seen. p50 and p99 are marked.

    Latency is the summary's: from an event's arrival to its success, called or queued, of events after the warm-up. An
    event is cold if the run that succeeded had waited for an environment to start. Curves of many values are drawn
    through some of them, exactly: steps are at most 0.4 % of all, and in the tail some 6 % of what is beyond.

    Args:
        result: a run whose log was kept.
        function: its name; by default the function with the most successes.

    Raises:
        FigureError: the log was not kept, no event succeeded, or there is no such function.
    """
    return latency_drawing(result, function=function).figure()


def latency_percentiles(result: Result, *, function: str | None = None) -> Figure:
    """A function's latency by percentile, of cold starts and warm ones apart, and of all.

    The percentile p is at log10(1 / (1 - p)), so that 90 %, 99 %, 99.9 % ... are evenly spaced, as HdrHistogram's plots
    have them; latency is on a logarithmic axis if it spans more than a hundredfold. The points are the summary's
    percentiles, by nearest rank, and the slowest.

    Without the log (``--log none``) only those points are known, of all successes together, within 0.5 %.

    Args:
        result: a run.
        function: its name; by default the function with the most successes.

    Raises:
        FigureError: no event succeeded, or there is no such function.

    References:
        G. Tene, HdrHistogram, http://hdrhistogram.org
    """
    return latency_percentiles_drawing(result, function=function).figure()


def cold_start_phases(result: Result, *, function: str | None = None, most: int = MOST_VERSIONS) -> Figure:
    """What cold starts are made of, from the quickest to the slowest, a panel for each version.

    Starts are ranked by how long they took and put into groups (tenths; the last tenth apart at 95 % and 99 %; each
    start alone, where there are no more than twenty). A bar is a group's mean, its phases stacked as they pass:
    platform, package download, VPC network, runtime init, function init, or in place of both inits the restore of a
    snapshot.

    Counted are environments that began to start for a request within [warm_up, duration). Those that Lambda started
    ahead, and those of provisioned concurrency, have nobody who waits.

    Args:
        result: a run; its log need not be kept.
        function: its name; by default all functions.
        most: versions that have a panel; those with the most starts.

    Raises:
        FigureError: no request waited for a start, or there is no such function.
    """
    return cold_start_phases_drawing(result, function=function, most=most).figure()


def cold_starts_by_runtime(result: Result) -> Figure:
    """How long cold starts took, by runtime: the range, the middle half, p50, p90 and p99, by nearest rank.

    A row is a runtime with its package type, apart for starts from a snapshot (SnapStart); the quickest median on top.
    The starts are those of :func:`cold_start_phases`, the functions' own init code included; of no more than forty each
    is a dot.

    Args:
        result: a run; its log need not be kept.

    Raises:
        FigureError: no request waited for a start.
    """
    return cold_starts_by_runtime_drawing(result).figure()


def environment_life(result: Result, *, function: str | None = None) -> Figure:
    """How long environments idle, and how long they live.

    Above: the distribution of idle spells that began within [warm_up, duration), apart by how they ended: with the next
    use, with the environment (for being idle, or for another cause), or with the run. Where environments are reclaimed
    after a fixed time, the curve of those is one step.

    Below: the share of the environments created in that time that still lived at an age, by Kaplan and Meier's
    estimator: one that outlived the run counts as alive up to then, and for nothing after. It takes it that
    environments created late live as long as those created early.

    Args:
        result: a run; without its log (``--log none``) spells that ended with a use are not known.
        function: its name; by default all functions.

    Raises:
        FigureError: no environment was created or idle, or there is no such function.

    References:
        E. L. Kaplan, P. Meier, Nonparametric estimation from incomplete observations, Journal of the American
        Statistical Association 53 (1958) 457-481.
    """
    return environment_life_drawing(result, function=function).figure()


def cost(result: Result) -> Figure:
    """What a month like the measured span costs: a bar for each function and trigger, and what it is made of.

    The bars are the lines of the bill, scaled to a month of 730 hours; rebates (free tier, Savings Plan) go below 0, so
    a bar's label is what is paid in the end, and its share of the total. The dearest come first; the smallest of many,
    and the smallest items, go together.

    Args:
        result: of one run.

    Raises:
        FigureError: nothing of the run is billed.
    """
    return cost_drawing(result).figure()


def cost_by_traffic(answers: CostAnswers | Sweep | SweepTable) -> Figure:
    """What a month costs at so many times the traffic, with intervals, beside what it would cost in proportion.

    Both axes are logarithmic where the factors lie far apart: proportion is a straight line either way. Factors at
    which limits keep part of the traffic out have hollow marks: their cost says little of what all of it would cost.

    Args:
        answers: what ``cost`` answered with ``traffic`` among its questions, or a sweep over ``traffic`` alone with
            ``total.cost_usd_per_month`` among its measures (of which it is not known what was kept out).

    Raises:
        FigureError: traffic was not asked about, nothing else was varied, or there is a single factor.
    """
    return cost_by_traffic_drawing(answers).figure()


def memory(sweep: Sweep | SweepTable, *, function: str | None = None) -> Figure:
    """A function's memory against its latency (left axis) and what it costs (right axis), with intervals.

    Drawn is every percentile of the function's latency, duration and cold start that the sweep has, and one cost: the
    month's, else the function's. Marked are the cheapest size and the fastest, by the highest percentile of the
    latency, both among those sizes that serve: where the sweep has events and successes, sizes that leave more events
    without success are left out.

    Args:
        sweep: over ``functions.<name>.memory_size`` and nothing else, with a latency of the function and a cost.
        function: whose memory; None for the one that was varied.

    Raises:
        FigureError: the sweep varies something else, or lacks a measure; the message says which to add.

    References:
        AWS Lambda Power Tuning draws the same two axes: https://github.com/alexcasalboni/aws-lambda-power-tuning
    """
    return memory_drawing(sweep, function=function).figure()


def comparison(found: Comparison) -> Figure:
    """Variants' differences to the baseline, measure by measure: a forest plot of paired intervals.

    Each panel is a measure that differs anywhere, the one that counts first on top. A row is a variant: its mean
    difference over pairs of replications on common random numbers, with the interval by which the verdict beside it
    goes (Bonferroni: all of a panel hold together); the line at 0 is the baseline. The recommended variant is shaded.
    Of many variants the recommended, the baseline and the best are drawn; the drawing's table has all.

    Args:
        found: what ``compare`` returned.

    Raises:
        FigureError: no measure differs between any two variants.
    """
    return comparison_drawing(found).figure()


def concurrency(result: Result, *, function: str | None = None) -> Figure:
    """Concurrency and environments over time, with the limits that hold, and throttles below.

    Drawn is the highest value in each of some hundred buckets: CloudWatch's ConcurrentExecutions (Maximum) of one or
    more minutes, or, of runs of less than half an hour, of some seconds, from the log. Concurrency is what is starting
    or running for an invocation, environments are those that exist. A limit far above is told in the legend only.

    Args:
        result: of one run.
        function: whose; None for all together, with four apart: those whose concurrency was highest, and the one that
            was throttled most.

    Raises:
        FigureError: there is no such function, or none was called.
    """
    return concurrency_drawing(result, function=function).figure()


def cold_start_rate(result: Result, *, function: str | None = None) -> Figure:
    """The share of runs that started cold over time, with its 95 % intervals, and how many runs there were.

    A bucket is widened until half of those in which anything ran have 30 runs or more, or eight are left. Intervals are
    Wilson's, of independent runs; cold starts that come together, as in a burst, make them too narrow. The line and
    the words have the summary's rate, which leaves out the warm-up.

    Args:
        result: of one run.
        function: whose; None for all together.

    Raises:
        FigureError: there is no such function, or nothing of it ran.
    """
    return cold_start_rate_drawing(result, function=function).figure()


def queues(result: Result, *, trigger: str | None = None) -> Figure:
    """What waited over time: depth and age of queues, streams and Lambda's own event queue, and what was given up.

    A queue's and a stream's depths and the age of a queue's oldest message are CloudWatch's gauges, which are read each
    minute; iterator and event ages are the highest of what was sent in each bucket, throttled attempts included. Marked
    are a queue's visibility timeout, and how long what waits is kept, where they are in sight. What was given up shows
    when that was known, from the log.

    Args:
        result: of one run.
        trigger: whose; None for the three behind which events were oldest.

    Raises:
        FigureError: there is no such trigger, nothing waits, or the log was not kept and no metric tells.
    """
    return queues_drawing(result, trigger=trigger).figure()


def provisioned(result: Result, *, function: str | None = None) -> Figure:
    """Provisioned concurrency, configured and allocated, against a function's concurrency; below, what spilled over.

    Concurrency is the highest in each bucket, of all the function's runs, also those of versions without provisioned
    concurrency. A run spills over where all that is provisioned is busy, or is asked too often.

    Args:
        result: of one run.
        function: whose; None for the three with the most spill-over.

    Raises:
        FigureError: there is no such function, or it has no provisioned concurrency.
    """
    return provisioned_drawing(result, function=function).figure()


def environments(
    result: Result,
    *,
    function: str | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
    most: int = MOST_LANES,
) -> Figure:
    """A lane for each environment: its start, its runs, its idle time and its end; throttles on top.

    By default it shows the whole run, or, where that has too much to be seen, the longest window around the steepest
    rise that has not; the title says which. Runs that are closer than a thousandth of the window are drawn as one.

    Args:
        result: of one run.
        function: whose; None for all, grouped by function.
        from_s: where the window begins, in seconds of the scenario's clock; 0, if only ``to_s`` is given.
        to_s: where it ends; the run's end, if only ``from_s`` is given.
        most: so many lanes at most: of environments that start in the window first, then of the newest before.

    Raises:
        FigureError: the log was not kept, there is no such function, no environment in the window, or no window.
    """
    return environments_drawing(result, function=function, from_s=from_s, to_s=to_s, most=most).figure()
