"""The page of ``tests.benchmarks.speed``: ratios first, then the figures that they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PAGE = """# Speed of the compiled engine

    python -m tests.benchmarks.speed results/validation --simfaas PYTHON

All within one run, A and B in turn (A B A B), the fastest of each, in processor time of one core unless it says wall
time. A figure of an engine is of all that a user gets: draws, events, metrics, bill and summary. What is compiled once
and kept stands apart, at the end. Machine: {machine}.
{shortened}
## Ratios

{ratios}

One API function: Poisson requests at 1,000/s through API Gateway, a lognormal handler (median 80 ms, p99 400 ms), on
demand, no limit within reach. The bare SimPy loop has a process with one timeout for each request. The bare heap loop
is compiled, has its draws from NumPy, and takes ends from a heap as arrivals come: no environments, limits, metrics or
bill, so no engine of this kind can pass it.

## One API function

{one_function}

## Memory, many environments, a grid

{others}

A point of the grid has two runs, as an interval takes two: so "100,000 invocations" is read in both ways. It varies
memory size and provisioned concurrency, ten values each, and keeps the log for exact percentiles, as is usual. Its wall
time includes the start of two workers, but not of Python itself.

## SimFaaS on the same requests

{simfaas}

## Other paths

{paths}

An attempt is a row of the invocation log, refused ones included; the log is kept. 1,000 events/s with the same handler:
as `direct_async`; with a reserved concurrency of 80 and callers that retry as an AWS SDK does (`standard`); between
500/s and 1,500/s within each hour, behind provisioned concurrency that target tracking scales.

## The first call

{starts}
"""
SIMFAAS = """{table}

SimFaaS 0.2.2 (PyPI) is given the gaps and holding times of our log, and the rules are the same: a fixed idle expiry of
600 s, the newest environment first. So both do the same work, as their cold starts show. Its figures are of its loop
alone, without draws and statistics. It looks at every environment at every event: hence fewer requests at 1,000/s.
"""
SIMFAAS_HEAD = (
    *("arrivals", "requests", "SimFaaS, us a request", "compiled", "SimPy engine"),
    *("SimFaaS over compiled", "SimFaaS over SimPy engine", "cold starts, SimFaaS and ours"),
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def at_least(value: float, target: float, form: str) -> list[str]:
    """A figure, its target, and whether that is met."""
    return [form.format(value), f">= {form.format(target)}", "yes" if value >= target else "no"]


def at_most(value: float, target: float, form: str) -> list[str]:
    """A figure, its target, and whether that is met."""
    return [form.format(value), f"<= {form.format(target)}", "yes" if value <= target else "no"]


def ratios(one: Mapping[str, float], environments: Sequence[float], paths: Mapping[str, Sequence[float]]) -> str:
    """How many times as fast, or as dear."""
    fast = "compiled engine over SimPy engine"
    lines = [
        [
            f"{fast}: one API function, log not kept",
            *at_least(one["simpy, none"] / one["compiled, none"], 30, "{:.1f}"),
        ],
        [f"{fast}: one API function, full log", *at_least(one["simpy, full"] / one["compiled, full"], 30, "{:.1f}")],
        [
            "an invocation at 10,000 environments over one at 10",
            *at_most(environments[0] / environments[1], 3, "{:.2f}"),
        ],
        ["compiled engine over a bare SimPy loop", f"{one['bare simpy'] / one['compiled, none']:.1f}", "", ""],
        ["compiled engine over the bare heap loop", f"{one['bare heap, draws'] / one['compiled, none']:.2f}", "", ""],
        *([f"{fast}: {what}", f"{simpy / ours:.1f}", "", ""] for what, (ours, simpy) in paths.items()),
    ]
    return table(["times as fast, or as dear", "ratio", "target", "met"], lines)


NAMES = {
    "compiled, none": "compiled engine, log not kept",
    "compiled, full": "compiled engine, full log",
    "simpy, none": "SimPy engine, log not kept",
    "simpy, full": "SimPy engine, full log",
    "bare simpy": "bare SimPy loop, drawn before",
    "bare heap, draws": "bare heap loop with draws",
    "bare heap": "bare heap loop, drawn before",
}
TARGETS = {"compiled, none": 5.0, "compiled, full": 3.0}  # million a second and core


def one_function_table(one: Mapping[str, float]) -> str:
    """Each loop's speed."""
    lines = []
    for key, name in NAMES.items():
        millions = 1000 / one[key]
        told = at_least(millions, TARGETS[key], "{:.2f}") if key in TARGETS else [f"{millions:.2f}", "", ""]
        lines.append([name, f"{one[key]:,.0f}", *told])
    return table(["", "ns an invocation", "million invocations a second", "target", "met"], lines)


def others_table(memory: Sequence[float], environments: Sequence[float], grids: Sequence[Sequence[float]]) -> str:
    """What has a target in its own unit."""
    count, peak_mb, taken_s = memory
    runs = ("points of 100,000 invocations (two runs of 50,000)", "points with two runs of 100,000 invocations")
    lines = [
        [f"{count:,.0f} invocations, log not kept: peak memory of the process", *at_most(peak_mb, 600, "{:.0f} MB")],
        ["... and its processor time, Python's start included", f"{taken_s:.1f} s", "", ""],
        ["an invocation with 10,000 busy environments", f"{environments[0]:.0f} ns", "", ""],
        ["an invocation with 10 busy environments", f"{environments[1]:.0f} ns", "", ""],
    ]
    for (wall_s, alone_s), what in zip(grids, runs, strict=True):
        lines += [
            [f"what-if grid of 100 {what}: wall time on two cores", *at_most(wall_s, 5, "{:.1f} s")],
            ["... and processor time in one process", f"{alone_s:.1f} s", "", ""],
        ]
    return table(["", "figure", "target", "met"], lines)


def paths_table(paths: Mapping[str, Sequence[float]]) -> str:
    """Each path in both engines."""
    lines = [[what, f"{ours:,.0f}", f"{simpy:,.0f}", f"{simpy / ours:.1f}"] for what, (ours, simpy) in paths.items()]
    return table(["path", "compiled, ns an attempt", "SimPy engine", "ratio"], lines)


def starts_table(starts: Sequence[float]) -> str:
    """What the first call costs, and why only once."""
    names = (
        "the first call ever, which compiles",
        "the first call of a later process, which loads what was compiled",
        "a later call in the same process (100 invocations)",
    )
    lines = [[name, f"{seconds:.3f} s"] for name, seconds in zip(names, starts, strict=True)]
    return table(["", "processor time"], lines)


def page(
    *,
    machine: str,
    share: float,
    memory: Sequence[float],
    starts: Sequence[float],
    one_function: Mapping[str, float],
    environments: Sequence[float],
    paths: Mapping[str, Sequence[float]],
    grids: Sequence[Sequence[float]],
    simfaas: Sequence[Sequence[str]] | None,
) -> str:
    """The page. Times of invocations are in ns, of the rest in s; memory is (invocations, MB, s)."""
    return PAGE.format(
        machine=machine,
        shortened="" if share == 1 else f"\nShortened to {share:g} of the usual length: to try it out, not to cite.\n",
        ratios=ratios(one_function, environments, paths),
        one_function=one_function_table(one_function),
        others=others_table(memory, environments, grids),
        simfaas="not measured" if simfaas is None else SIMFAAS.format(table=table(SIMFAAS_HEAD, simfaas)).rstrip(),
        paths=paths_table(paths),
        starts=starts_table(starts),
    )
