"""How long environments idle between uses, and how long they live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import EndCause
from lambdasim.display.numbers import many, number, took
from lambdasim.display.table import Table, table
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import Spread, spread_of
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.lives import Lives, SpellEnd, kaplan_meier, lives_of
from lambdasim.plots.scales import duration_axis, log_duration_axis, share_axis
from lambdasim.plots.style import PURPLE, SERIES, dress, legend, mark
from lambdasim.plots.thinning import body_ranks
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lambdasim.result.result import Result

_SPELLS = {
    SpellEnd.USED: ("used again", SERIES[0]),
    SpellEnd.RECLAIMED: ("reclaimed for being idle", SERIES[1]),
    SpellEnd.ENDED: ("ended for another cause", SERIES[2]),
    SpellEnd.CUT: ("cut off by the run's end", SERIES[3]),
}
_CAUSES = {
    EndCause.IDLE_EXPIRED: "for being idle",
    EndCause.LIFETIME: "for their age",
    EndCause.RECYCLED: "recycled at random",
    EndCause.RELEASED: "released as provisioned concurrency",
    EndCause.ZONE_LOST: "with their Availability Zone",
    EndCause.DEPLOYMENT: "by a code update",
}
_SHORTEST_MS = 1.0  # shorter spells are drawn as if of this length
_MOST_CENSORED = 60  # marks of those that outlived the run


@dataclass(frozen=True, slots=True)
class _Survival:
    """Kaplan and Meier's estimate, ages in milliseconds; ``censored_ms``: how old those were that outlived the run."""

    ages_ms: NDArray[np.float64]
    shares: NDArray[np.float64]
    censored_ms: NDArray[np.float64]
    oldest_ms: float

    @classmethod
    def of(cls, lives: Lives) -> _Survival | None:
        """None if none was created in the time that counts."""
        if not lives.ages_us.size:
            return None
        ages_us, shares = kaplan_meier(lives.ages_us, lives.ended)
        censored_us = np.sort(lives.ages_us[~lives.ended])
        return cls(ages_us / US_PER_MS, shares, censored_us / US_PER_MS, float(lives.ages_us.max()) / US_PER_MS)

    def quantile(self, share: float) -> float | None:
        """The age that the share ``share`` did not outlive, the least; None if more than the rest outlived the run."""
        reached = np.flatnonzero(self.shares <= 1 - share + 1e-12)
        return float(self.ages_ms[reached[0]]) if reached.size else None


def environment_life_drawing(result: Result, *, function: str | None = None) -> Drawing:
    """The drawing of :func:`lambdasim.plots.figures.environment_life`."""
    lives = lives_of(result, function)
    survival = _Survival.of(lives)
    if survival is None and not lives.spells_us.size:
        of = "" if function is None else f" of {function}"
        raise FigureError(f"no environment{of} was created or idle between the warm-up and the end of the run")
    spreads = {end: spread_of(lives.spells(end)) for end in SpellEnd}
    of = "environments" if function is None else f"{function}'s environments"
    return Drawing(
        title=f"How long {of} idle, and how long they live",
        words=_words(lives, survival, spreads),
        table=_table(lives, survival, spreads),
        draw=partial(_draw, lives, survival),
        size=(7.2, 5.4 if survival is not None and lives.spells_us.size else 3.2),
    )


def _words(lives: Lives, survival: _Survival | None, spreads: dict[SpellEnd, Spread]) -> str:
    return " ".join((_idle_words(lives, spreads), _life_words(lives, survival)))


def _idle_words(lives: Lives, spreads: dict[SpellEnd, Spread]) -> str:
    parts = []
    for end in (SpellEnd.USED, SpellEnd.RECLAIMED):
        spread = spreads[end].as_ms()
        if spread["p50"] is not None and spread["max"] is not None:
            middle, longest = took(spread["p50"]), took(spread["max"])
            parts.append(f"{spreads[end].count:,} {_SPELLS[end][0]} after {middle} (median; {longest} at most)")
    unknown = "" if lives.uses_known else " The log was not kept: spells that ended with a use are not known."
    if not parts:
        return f"{many(lives.spells_us.size, 'idle spell')} ended with an environment or with the run." + unknown
    return f"Of {many(lives.spells_us.size, 'idle spell')} {', '.join(parts)}." + unknown


def _life_words(lives: Lives, survival: _Survival | None) -> str:
    if survival is None:
        return "All environments were created before the end of the warm-up: how long they live is not drawn."
    count, outlived = lives.ages_us.size, int((~lives.ended).sum())
    if not lives.causes:
        which = "The only environment" if count == 1 else f"All {count:,} environments"
        return f"{which} outlived the run, the oldest at an age of {took(survival.oldest_ms)}."
    median = survival.quantile(0.5)
    half = f"half lived at most {took(median)}" if median is not None else "more than half lived on"
    causes = ", ".join(f"{ends:,} {_CAUSES[cause]}" for cause, ends in lives.causes.items())
    return f"Of {many(count, 'environment')} {half} (Kaplan-Meier; {outlived:,} outlived the run); ended: {causes}."


def _table(lives: Lives, survival: _Survival | None, spreads: dict[SpellEnd, Spread]) -> Table:
    rows = [
        _row(f"idle, {name}", spreads[end].count, *(spreads[end].as_ms()[key] for key in ("p50", "p90", "p99", "max")))
        for end, (name, _) in _SPELLS.items()
        if spreads[end].count
    ]
    if survival is not None:
        quantiles = (survival.quantile(share) for share in (0.5, 0.9, 0.99))
        rows.append(_row("life (Kaplan-Meier)", lives.ages_us.size, *quantiles, survival.oldest_ms))
    columns = ("what", "count", "p50", "p90", "p99", "longest")
    return table("Idle spells and lives of environments", columns, rows, "what")


def _row(name: str, count: int, *values_ms: float | None) -> tuple[str, ...]:
    return (name, number(count), *("-" if value is None else took(value) for value in values_ms))


def _draw(lives: Lives, survival: _Survival | None, figure: Figure) -> None:
    """A panel for each of the two that there is something of."""
    draws = [partial(_draw_idle, lives=lives)] if lives.spells_us.size else []
    draws += [partial(_draw_life, survival=survival)] if survival is not None else []
    for axes, draw in zip(figure.subplots(len(draws), 1, squeeze=False).flat, draws, strict=True):
        draw(axes)
        axes.set_ylim(0, 1.03)
        share_axis(axes.yaxis)
        dress(axes)
        legend(axes)


def _draw_idle(axes: Axes, lives: Lives) -> None:
    """The distribution of idle spells, a curve for each way to end."""
    ends: list[float] = []
    for end, (name, its) in _SPELLS.items():
        values = np.maximum(lives.spells(end) / US_PER_MS, _SHORTEST_MS)
        if not values.size:
            continue
        ranks = body_ranks(values.size)
        x, y = values[ranks - 1], ranks / values.size
        axes.step(np.r_[x[0], x], np.r_[0.0, y], where="post", label=f"{name} ({values.size:,})", **its.line)
        middle = ranks.size // 2
        axes.plot(x[middle], y[middle], **its.points)
        ends += [float(x[0]), float(x[-1])]
    log_duration_axis(axes.xaxis, min(ends), max(ends))
    shortest = " (1 ms and less: at the left end)" if min(ends) == _SHORTEST_MS else ""
    axes.set_xlabel(f"length of an idle spell{shortest}")
    axes.set_ylabel("not longer")


def _draw_life(axes: Axes, survival: _Survival) -> None:
    """Kaplan and Meier's curve; a bar across it where some outlived the run."""
    ages, shares = np.r_[0.0, survival.ages_ms], np.r_[1.0, survival.shares]
    kept = np.r_[0, body_ranks(ages.size - 1)] if ages.size > 1 else np.array([0])
    x, y = np.r_[ages[kept], survival.oldest_ms], np.r_[shares[kept], shares[-1]]
    axes.step(x, y, where="post", label="alive at that age (Kaplan-Meier)", **mark(5).line)
    censored = survival.censored_ms
    if censored.size:
        some = censored[
            np.unique(np.linspace(0, censored.size - 1, min(censored.size, _MOST_CENSORED)).round().astype(int))
        ]
        heights = shares[np.searchsorted(ages, some, side="right") - 1]
        label = f"outlived the run ({censored.size:,})"
        axes.plot(some, heights, "|", color=PURPLE, markersize=9, markeredgewidth=1.2, linestyle="none", label=label)
    duration_axis(axes.xaxis, 0.0, max(survival.oldest_ms, 1.0) * 1.02)
    axes.set_xlabel("age")
    axes.set_ylabel("environments alive")
