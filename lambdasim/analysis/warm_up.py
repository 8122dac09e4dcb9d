"""Warm-up: how much of a run's beginning to leave out, so that the empty start doesn't count; by MSER-5, or stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.analysis.observations import USUAL, Design, Progress
from lambdasim.analysis.pilots import SLOTS, Pilot, Settling, piloted
from lambdasim.analysis.runner import run
from lambdasim.analysis.stationarity import changes_by_design
from lambdasim.errors import AnalysisError, InputError, Problem
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario
from lambdasim.units import US_PER_MS, format_us, parse_duration_us

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

OPTION = "--warm-up"
STATED, MSER5 = "stated", "mser5"
BATCH = 5  # the best of those that White, Cobb and Spratt (2000) tried
PILOTS = 5  # a series is averaged over at least five replications: Hoad, Robinson and Davies (2010)
FEWEST = 500  # events of which the half can still tell what is steady: a hundred batches in all
_TAIL = 5  # batches at the end that are no candidates (the same)
_FIRST_PILOT = 10**9  # no replication has its seed: what is cut off isn't chosen by the runs that it is cut from


@dataclass(frozen=True, slots=True)
class Truncation:
    """How long one series is transient, by MSER-5; None if no steady state was found in it."""

    series: str
    warm_up_us: int | None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What is left out at the beginning of each run: as ``stated``, or by ``mser5``, from the series of pilot runs.

    ``too_few`` names the functions that had too few events to tell.
    """

    us: int
    method: str
    truncations: tuple[Truncation, ...] = ()
    too_few: tuple[str, ...] = ()


def mser5(values: ArrayLike) -> int | None:
    r"""How many observations to leave out at the beginning of a series, by MSER-5; None if it has no steady state.

    Of the means Z of batches of five, as many are dropped as give the rest's mean the least standard error:

    .. math:: d^* = \arg\min_d \frac{1}{(k-d)^2} \sum_{j=d+1}^{k} (Z_j - \bar Z_{k,d})^2

    If the least lies beyond the half, the series is too short, or has no steady state. The last five batches are no
    candidates: so few may agree by chance.

    Args:
        values: a series in the order in which it was observed, shape (n,); what does not fill a batch at its end is
            not looked at.

    References:
        K. P. White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69 (1997),
        323-334;
        K. P. White, M. J. Cobb and S. C. Spratt, "A comparison of five steady-state truncation heuristics for
        simulation", Proc. 2000 Winter Simulation Conference, 755-760;
        K. Hoad, S. Robinson and R. Davies, "Automating warm-up length estimation", J. Operational Research Society 61
        (2010), 1389-1403.

    >>> mser5([9.0] * 5 + [1.0, 2.0, 1.0, 2.0, 1.5] * 12)
    5
    """
    series = np.asarray(values, dtype=float)
    batches = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    candidates = len(batches) - _TAIL
    if candidates < 1:
        return None
    centred = batches - np.median(batches)  # a tail of equal values sums to exactly 0
    left = np.arange(len(batches), 0, -1)
    sums, squares = (np.cumsum(terms[::-1])[::-1] for terms in (centred, centred**2))
    errors = np.maximum(squares - sums**2 / left, 0) / left**2
    dropped = int(np.argmin(errors[:candidates]))
    return None if dropped > len(batches) / 2 else dropped * BATCH


def with_warm_up(scenario: Scenario, rule: str = STATED, *, design: Design = USUAL) -> Scenario:
    """``scenario`` with the warm-up that ``rule`` names, as :func:`warm_up_of` finds it; for any analysis."""
    return applied(scenario, warm_up_of(scenario, rule, design))


def applied(scenario: Scenario, warm_up: WarmUp) -> Scenario:
    """``scenario`` with ``warm_up`` in place of its own."""
    if warm_up.us == scenario.warm_up_us:
        return scenario
    return override(scenario, {"warm_up": f"{warm_up.us} us"}, source=OPTION)


def warm_up_of(
    scenario: Scenario, rule: str = STATED, design: Design = USUAL, progress: Progress | None = None
) -> WarmUp:
    """The warm-up that ``rule`` names: ``stated`` (the scenario's own), ``mser5``, or a duration such as ``5m``.

    MSER-5 looks at each function's latencies in the order of arrival, and at its concurrency in time, both averaged
    over five pilot runs on seeds that no replication has. The longest transient is taken, rounded up to a millisecond.
    It weighs spread, so it sees no steady state where a few late cold starts are all that varies: handlers that always
    take the same. And environments grow old over hours, which these series hardly show: where cold starts at low
    traffic are the question, state a longer warm-up.

    Raises:
        InputError: the rule is none of these, the duration is not below the scenario's, or MSER-5 was asked of what
            changes by design, and has no steady state that anything could be warmed up to.
        AnalysisError: MSER-5 found no steady state, or too few events to tell.
    """
    if rule == STATED:
        return WarmUp(scenario.warm_up_us, STATED)
    if rule != MSER5:
        return WarmUp(override(scenario, {"warm_up": _duration(rule)}, source=OPTION).warm_up_us, STATED)
    if reasons := changes_by_design(scenario):
        text = "{}, so there is no steady state for mser5 to find; state a duration, or write `stated`"
        raise InputError(Problem(OPTION, None, None, path, text.format(why)) for path, why in reasons)
    pilots = _pilot_runs(scenario, design, progress)
    return by_mser5(scenario, pilots)


def _duration(rule: str) -> str:
    try:
        parse_duration_us(rule)
    except ValueError:
        text = f"{rule!r} is no warm-up; write stated, mser5, or a duration such as '5m'"
        raise InputError([Problem(OPTION, None, None, "", text)]) from None
    return rule


def _pilot_runs(scenario: Scenario, design: Design, progress: Progress | None) -> list[Mapping[str, Settling]]:
    pilots = [Pilot(scenario, design.seed_of(scenario, _FIRST_PILOT + number)) for number in range(PILOTS)]
    settlings: dict[int, Mapping[str, Settling]] = {}
    with closing(run(piloted, pilots, design.workers)) as outcomes:
        for number, settling in outcomes:
            settlings[number] = settling
            if progress is not None:
                progress(len(settlings) / PILOTS)
    return [settlings[number] for number in range(PILOTS)]


def by_mser5(scenario: Scenario, pilots: Sequence[Mapping[str, Settling]]) -> WarmUp:
    """The longest transient of all functions in their pilot runs; ``AnalysisError`` if it is not to be told."""
    truncations, too_few = list[Truncation](), list[str]()
    for name in scenario.functions:
        settlings = [pilot[name] for pilot in pilots]
        if any(settling.latency_us.size for settling in settlings):
            found = truncations_of(name, settlings, scenario.duration_us)
            truncations += found
            too_few += [] if found else [name]
    unsettled = [truncation.series for truncation in truncations if truncation.warm_up_us is None]
    if unsettled:
        half = format_us(scenario.duration_us / 2)
        raise _without_answer(f"no steady state was found within {half}, half of the duration: {', '.join(unsettled)}")
    if not truncations:
        raise _without_answer(f"no function had {FEWEST} events that ended in success, which it takes to tell")
    longest_us = max(truncation.warm_up_us or 0 for truncation in truncations)
    return WarmUp(-(-longest_us // US_PER_MS) * US_PER_MS, MSER5, tuple(truncations), tuple(too_few))


def _without_answer(what: str) -> AnalysisError:
    return AnalysisError(f"{OPTION} {MSER5}: {what}; simulate longer (--set duration=...), or state a warm-up")


def truncations_of(name: str, settlings: Sequence[Settling], duration_us: int) -> list[Truncation]:
    """MSER-5 on a function's latencies and concurrency, averaged over its pilots; empty if it had too few events."""
    events = min(settling.latency_us.size for settling in settlings)
    if events < FEWEST:
        return []
    together = events // min(events, SLOTS)  # of a long series the means of so many neighbours
    kept = events // together * together

    def grouped(values: NDArray[np.int64]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = values[:kept].reshape(-1, together).mean(axis=1)
        return means

    dropped = mser5(np.mean([grouped(settling.latency_us) for settling in settlings], axis=0))
    slots = mser5(np.mean([settling.concurrency for settling in settlings], axis=0))
    first_kept_us = [settling.arrived_us[dropped * together] for settling in settlings] if dropped else [0]
    return [
        Truncation(f"{name}'s latency", None if dropped is None else int(max(first_kept_us))),
        Truncation(f"{name}'s concurrency", None if slots is None else slots * duration_us // SLOTS),
    ]
