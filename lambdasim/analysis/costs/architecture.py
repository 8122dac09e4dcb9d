r"""Whether arm64 pays: the month on x86_64 and on arm64, and how much slower arm64 may be before it costs the same.

Both are simulated with the same handler durations, each with the init that was measured on it. A run that takes s times
as long on arm64 costs s times as much of what is paid for its handler's time, :math:`D`; billed inits, requests and all
else cost the same. So the months agree at

.. math:: s = 1 + \frac{C_{x86} - C_{arm}}{D_{arm}}

which is the ratio of the two prices of a GB-second, but for billed inits: cheaper ones on arm64 let its handlers be
slower still. Requests lower what arm64 saves of the bill; they do not move the break-even. The versions of a function
are taken to have the same part of inits in their time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdasim.analysis.costs.runs import AMOUNT, SHARE, Run, share_of, values_of
from lambdasim.analysis.intervals import Estimate, difference_estimate, estimate_of, mean_estimate
from lambdasim.analysis.observations import Design
from lambdasim.errors import InputError
from lambdasim.scenario.facts import is_managed_zip
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.source import path_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Free = AbstractSet[str]

OPTION = "--architecture"
X86, ARM = "x86_64", "arm64"


@dataclass(frozen=True, slots=True)
class OnBoth:
    """A month on each architecture, in USD; ``saved_usd`` by arm64, paired; ``slower`` is the break-even, 1.25: 25 %.

    ``duration_share`` is the part of the arm64 bill that is paid by time, inits included. ``slower`` is of handlers.
    """

    x86_usd: Estimate
    arm_usd: Estimate
    saved_usd: Estimate
    saved_share: Estimate
    slower: Estimate
    duration_share: Estimate


@dataclass(frozen=True, slots=True)
class ArchitectureAnswer:
    """All of the bill, and each function that can run on both; ``stay``: those that can't, and why."""

    total: OnBoth
    functions: Mapping[str, OnBoth]
    stay: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Architectures:
    """The scenario with every function that can on x86_64, and on arm64; ``stay``: the others, and why."""

    x86: Scenario
    arm: Scenario
    stay: Mapping[str, str]


def architectures(scenario: Scenario) -> Architectures:
    """Both variants of a scenario."""
    stay: dict[str, str] = {}
    for name in scenario.functions:
        for architecture in (X86, ARM):
            try:
                override(scenario, _settings(scenario, [name], architecture), source=OPTION)
            except InputError as error:
                stay[name] = f"not on {architecture}: {error.problems[0].text}"
    moving = [name for name in scenario.functions if name not in stay]
    settings = (_settings(scenario, moving, each) for each in (X86, ARM))
    x86, arm = (override(scenario, own, source=OPTION) if own else scenario for own in settings)
    return Architectures(x86, arm, stay)


def _settings(scenario: Scenario, functions: Sequence[str], architecture: str) -> dict[str, str]:
    """Overrides that bring functions to an architecture, with those of their versions that are on the other."""
    return {
        path_text((*path, "architecture")): architecture
        for path, settings in scenario.configurations()
        if path[1] in functions and settings.architecture != architecture
    }


def architecture_answer(
    variants: Architectures, x86: Sequence[Run], arm: Sequence[Run], design: Design
) -> ArchitectureAnswer:
    """The answer from runs on each architecture."""
    names = list(variants.x86.functions)
    moving = [name for name in names if name not in variants.stay]
    x86_usd, arm_usd = (values_of(runs, lambda run: run.month_usd) for runs in (x86, arm))
    timed_usd = values_of(arm, lambda run: sum(run.duration_usd(name) for name in moving))
    free = _with_free_inits(variants.arm)
    handler_usd = values_of(arm, lambda run: sum(_handler_usd(run, name, free) for name in moving))
    return ArchitectureAnswer(
        total=_both(x86_usd, arm_usd, timed_usd, handler_usd, design.confidence),
        functions={name: _of_function(name, x86, arm, free, design.confidence) for name in moving},
        stay=variants.stay,
    )


def _with_free_inits(scenario: Scenario) -> frozenset[str]:
    """The functions whose inits are not on the bill: of managed runtimes, under the rule before 2025-08-01."""
    if scenario.book.override({}).value("billing/init_billed"):
        return frozenset()
    return frozenset(
        name
        for name, function in scenario.functions.items()
        if all(is_managed_zip(settings) for settings in function.configurations.values())
    )


def _handler_usd(run: Run, name: str, free: Free) -> float:
    """What is paid for a function's handlers: the part of its month that grows as they get slower."""
    return run.duration_usd(name) * (1.0 if name in free else run.handler_share(name))


def _of_function(name: str, x86: Sequence[Run], arm: Sequence[Run], free: Free, confidence: float) -> OnBoth:
    x86_usd, arm_usd = (values_of(runs, lambda run: run.function_usd(name)) for runs in (x86, arm))
    timed_usd = values_of(arm, lambda run: run.duration_usd(name))
    handler_usd = values_of(arm, lambda run: _handler_usd(run, name, free))
    return _both(x86_usd, arm_usd, timed_usd, handler_usd, confidence)


def _both(x86_usd: Values, arm_usd: Values, timed_usd: Values, handler_usd: Values, confidence: float) -> OnBoth:
    pairs = list(zip(x86_usd, arm_usd, strict=True))
    break_evens = [1 + share_of(x86 - arm, paid) for (x86, arm), paid in zip(pairs, handler_usd, strict=True)]
    time_shares = [share_of(timed, arm) for timed, arm in zip(timed_usd, arm_usd, strict=True)]
    return OnBoth(
        x86_usd=estimate_of(AMOUNT, x86_usd, confidence),
        arm_usd=estimate_of(AMOUNT, arm_usd, confidence),
        saved_usd=difference_estimate(x86_usd, arm_usd, confidence),
        saved_share=mean_estimate([share_of(x86 - arm, x86) for x86, arm in pairs], confidence),
        slower=mean_estimate(break_evens, confidence),
        duration_share=estimate_of(SHARE, time_shares, confidence),
    )
