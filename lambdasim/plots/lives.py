"""The lives of environments: how long each idled between its uses, and how long it lived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import EndCause
from lambdasim.metrics.measures import ran, whole
from lambdasim.plots.chosen import function_of
from lambdasim.records import NEVER

if TYPE_CHECKING:
    from lambdasim.header import Header
    from lambdasim.records import Columns
    from lambdasim.result.result import Result


class SpellEnd(IntEnum):
    """How an idle spell ended."""

    USED = 0
    RECLAIMED = 1  # for being idle
    ENDED = 2  # the environment ended for another cause
    CUT = 3  # the run ended


@dataclass(frozen=True, slots=True)
class Lives:
    """Environments that were created within [warm_up, duration), and their idle spells that began in that time.

    ``ages_us``: how long each lived in that time, and ``ended`` whether its life ended in it; shape (environments,).
    ``causes``: how many ended for each EndCause. ``spells_us`` and ``spell_ends``: idle spells, shape (spells,), from
    the end of a run to the start of the next, or to the environment's end; the former are known of a kept log only.
    """

    ages_us: NDArray[np.int64]
    ended: NDArray[np.bool_]
    causes: dict[EndCause, int]
    spells_us: NDArray[np.int64]
    spell_ends: NDArray[np.int64]
    uses_known: bool

    def spells(self, end: SpellEnd) -> NDArray[np.int64]:
        """Those that ended so, in ascending order."""
        return np.sort(self.spells_us[self.spell_ends == end])


def lives_of(result: Result, function: str | None = None) -> Lives:
    """The lives of one function's environments, or (None) of all.

    Raises:
        FigureError: there is no such function.
    """
    header, log = result.header, result.environment_columns
    chosen = np.full(whole(log, "function").size, fill_value=True)
    if function is not None:
        chosen = whole(log, "function") == function_of(header, function)
    created_us, ended_us = whole(log, "created_us"), whole(log, "ended_us")
    ended = (ended_us != NEVER) & (ended_us < header.duration_us)
    measured = chosen & (header.warm_up_us <= created_us) & (created_us < header.duration_us)
    ages_us = np.where(ended, ended_us, header.duration_us) - created_us
    causes = np.bincount(whole(log, "end_cause")[measured & ended], minlength=len(EndCause))
    last = _last_spells(log, chosen, header)
    used = _spells_between(result.invocation_columns, whole(log, "environment")[chosen], header)
    spells_us, spell_ends = (np.concatenate(parts) for parts in zip(used, last, strict=True))
    return Lives(
        ages_us[measured],
        ended[measured],
        {cause: int(causes[cause]) for cause in EndCause if cause < causes.size and causes[cause]},
        spells_us,
        spell_ends,
        uses_known=result.invocation_columns is not None,
    )


def _last_spells(
    log: Columns, chosen: NDArray[np.bool_], header: Header
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From an environment's last run to its end: how long, and how it ended."""
    from_us, to_us, cause = (whole(log, name) for name in ("last_used_us", "ended_us", "end_cause"))
    rows = chosen & (from_us != NEVER) & (header.warm_up_us <= from_us) & (from_us < header.duration_us)
    cut = (to_us == NEVER) | (to_us >= header.duration_us)
    ends = np.where(cause == EndCause.IDLE_EXPIRED, SpellEnd.RECLAIMED, SpellEnd.ENDED)
    spells_us = np.where(cut, header.duration_us, to_us) - from_us
    return spells_us[rows], np.where(cut, SpellEnd.CUT, ends)[rows].astype(np.int64)


def _spells_between(
    invocations: Columns | None, environments: NDArray[np.int64], header: Header
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From the end of each run to the start of the next on the same environment: how long, and how it ended."""
    if invocations is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows = ran(invocations) & np.isin(whole(invocations, "environment"), environments)
    environment, started_us, ended_us = (
        whole(invocations, name)[rows] for name in ("environment", "started_us", "ended_us")
    )
    order = np.lexsort((started_us, environment))
    environment, from_us, to_us = environment[order], ended_us[order][:-1], started_us[order][1:]
    same = environment[1:] == environment[:-1]
    begun = same & (header.warm_up_us <= from_us) & (from_us < header.duration_us)
    cut = to_us >= header.duration_us
    spells_us = np.where(cut, header.duration_us, to_us) - from_us
    return spells_us[begun], np.where(cut, SpellEnd.CUT, SpellEnd.USED)[begun].astype(np.int64)


def kaplan_meier(ages: NDArray[np.int64], ended: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Kaplan and Meier's estimator of the share that outlives an age: the product over ages t of 1 - d(t) / n(t).

    Args:
        ages: how old each was when it was last seen, shape (n,).
        ended: whether it ended then; what did not is censored: it was still alive, and no more is known of it.

    Returns:
        The ages at which any ended, ascending, and the share that outlives each; shape (m,). d(t) end at t, of the n(t)
        that were seen at t or later.

    References:
        E. L. Kaplan, P. Meier, Journal of the American Statistical Association 53 (1958) 457-481.

    >>> kaplan_meier(np.array([1, 2, 2, 3]), np.array([True, True, False, True]))
    (array([1, 2, 3]), array([0.75, 0.5 , 0.  ]))
    """
    times, ends = np.unique(ages[ended], return_counts=True)
    at_risk = ages.size - np.searchsorted(np.sort(ages), times, side="left")
    return times, np.cumprod(1 - ends / at_risk).astype(np.float64)
