"""What if: the simulated points of a grid, and what lies between them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.analysis.axes import Axis, axis_of
from lambdasim.analysis.intervals import Estimate, difference_estimate
from lambdasim.analysis.multilinear import between, multilinear
from lambdasim.analysis.sweep import Sweep
from lambdasim.analysis.variants import short_paths
from lambdasim.errors import InputError, Problem
from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

INTERPOLATED = "interpolated"
"""The method of an estimate between simulated points: its low and high are no confidence interval."""
_NAME = "what_if"


@dataclass(frozen=True, slots=True)
class Reading:
    """What each measure comes to at one point.

    ``between`` has, for each path whose value was not simulated, the two simulated ones around it; where it is empty
    the point itself was, and ``estimates`` are those of its runs. Else they have the method ``interpolated``: value,
    low and high each lie on straight lines between those of the points around. The low and high then tell how unsure
    these points are, but not how far the curve between them bends: they are no confidence interval. ``changes`` are
    the differences to the scenario as it is, run by run on common random numbers, and likewise; None if the grid has no
    point that is the scenario as it is.
    """

    point: Mapping[str, float]
    overrides: Mapping[str, str]
    between: Mapping[str, tuple[float, float]]
    estimates: tuple[Estimate, ...]
    changes: tuple[Estimate, ...] | None

    @property
    def is_simulated(self) -> bool:
        """Whether simulations were run at this very point."""
        return not self.between


@dataclass(frozen=True, slots=True)
class Miss:
    """By how much straight lines miss a simulated value if it is left out: ``at`` the point where that is most."""

    by: float
    at: Mapping[str, str]
    axis: Axis


@dataclass(frozen=True, eq=False)
class WhatIf:
    """A sweep over all combinations of numbers, ready to be asked for any point among them."""

    sweep: Sweep
    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, sweep: Any) -> WhatIf:
        """The grid of a sweep; ``InputError`` with all reasons if it has none."""
        if not isinstance(sweep, Sweep):
            text = f"expected a sweep, found {type(sweep).__name__}"
            raise InputError([Problem(_NAME, None, None, "", text)])
        axes, problems = list[Axis](), list[Problem]()
        for path, name in zip(sweep.paths, short_paths(sweep.paths), strict=True):
            texts = tuple(dict.fromkeys(point.overrides[path] for point in sweep.points))
            try:
                axes.append(axis_of(sweep.scenario, path, name, texts))
            except ValueError as error:
                problems.append(Problem(_NAME, None, None, path, str(error)))
        if not problems and not _is_full(sweep, axes):
            text = "the points are no grid: simulate every combination of the values, without `sample`"
            problems.append(Problem(_NAME, None, None, "", text))
        if problems:
            raise InputError(problems)
        return cls(sweep, tuple(axes))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What was read off each run."""
        return self.sweep.measures

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.numbers) for axis in self.axes)

    @property
    def frame(self) -> pd.DataFrame:
        """The simulated points, as :attr:`lambdasim.Sweep.frame`."""
        return self.sweep.frame

    @property
    def own(self) -> tuple[int, ...] | None:
        """The places of the point that is the scenario as it is."""
        places = tuple(axis.own for axis in self.axes if axis.own is not None)
        return places if len(places) == len(self.axes) else None

    @cached_property
    def estimates(self) -> NDArray[np.object_]:
        """The estimate of each measure at each point, shape (values of axis 1, ..., measures)."""
        found = np.empty((*self.shape, len(self.measures)), dtype=object)
        for place, number in self._numbers():
            found[place] = self.sweep.estimates[number]
        return found

    @cached_property
    def changes(self) -> NDArray[np.object_] | None:
        """The paired difference of each to the scenario as it is; None if that is not among the points."""
        if self.own is None:
            return None
        numbers = dict(self._numbers())
        own = self.sweep.observations[numbers[self.own]]
        found = np.empty((*self.shape, len(self.measures)), dtype=object)
        for place, number in numbers.items():
            ours = self.sweep.observations[number]
            for m in range(len(self.measures)):
                found[(*place, m)] = difference_estimate(ours[:, m], own[:, m], self.sweep.design.confidence)
        return found

    def at(self, point: Mapping[str, float] | None = None) -> Reading:
        """What each measure comes to at a point: from its own runs, or else by multilinear interpolation.

        ``point`` names values by path, or by the path's last words (``memory_size``); what it leaves out is as the
        scenario has it. See :func:`lambdasim.analysis.multilinear.multilinear` for why the lines are straight.

        Raises:
            InputError: a value lies outside what was simulated, or is no whole number where only those can be; an axis
                is unknown, or is left out and none of its values is the scenario's own.
        """
        numbers = self._numbers_of(point or {})
        around = [between(axis.numbers, number) for axis, number in zip(self.axes, numbers, strict=True)]
        paths = [axis.path for axis in self.axes]
        place = tuple(place for place, _ in around)
        gaps = {
            axis.path: (axis.numbers[place], axis.numbers[place + 1])
            for axis, (place, share) in zip(self.axes, around, strict=True)
            if share > 0
        }
        tables = (self.estimates, self.changes)
        estimates, changes = (
            None if table is None else tuple(table[place]) if not gaps else self._interpolated(table, numbers)
            for table in tables
        )
        assert estimates is not None
        texts = (axis.text(number) for axis, number in zip(self.axes, numbers, strict=True))
        return Reading(
            dict(zip(paths, numbers, strict=True)), dict(zip(paths, texts, strict=True)), gaps, estimates, changes
        )

    def misses(self, measure: int) -> Miss | None:
        """How far straight lines are off at worst, at simulated points that are left out; None if none has neighbours.

        Each point inside an axis is set against the line between its two neighbours along it. These lie further apart
        than the points that :meth:`at` draws its lines between, so there the miss is mostly smaller. It is no bound:
        ends can't be left out, and a curve that turns sharply beside one (a queue near its limit) is missed by more.
        """
        worst: Miss | None = None
        values = np.vectorize(lambda estimate: estimate.value, otypes=[float])(self.estimates[..., measure])
        for number, axis in enumerate(self.axes):
            for place in itertools.product(*map(range, self.shape)):
                step = place[number]
                if not 0 < step < len(axis.numbers) - 1:
                    continue
                before, after = ((*place[:number], step + way, *place[number + 1 :]) for way in (-1, 1))
                share = (axis.numbers[step] - axis.numbers[step - 1]) / (
                    axis.numbers[step + 1] - axis.numbers[step - 1]
                )
                off = abs(float((1 - share) * values[before] + share * values[after] - values[place]))
                if not math.isnan(off) and (worst is None or off > worst.by):
                    worst = Miss(off, self.overrides(place), axis)
        return worst

    def overrides(self, place: Sequence[int]) -> dict[str, str]:
        """What lies over the scenario at a simulated point."""
        return {axis.path: axis.texts[step] for axis, step in zip(self.axes, place, strict=True)}

    def _numbers(self) -> list[tuple[tuple[int, ...], int]]:
        """The places of each point along the axes, with its number in the sweep."""
        found = {tuple(point.overrides.values()): number for number, point in enumerate(self.sweep.points)}
        places = itertools.product(*map(range, self.shape))
        return [(place, found[tuple(self.overrides(place).values())]) for place in places]

    def _interpolated(self, table: NDArray[np.object_], numbers: Sequence[float]) -> tuple[Estimate, ...]:
        plain = np.array([(each.value, each.low, each.high) for each in table.ravel()])
        at = multilinear([axis.numbers for axis in self.axes], plain.reshape(*self.shape, -1), numbers)
        around = (between(axis.numbers, number) for axis, number in zip(self.axes, numbers, strict=True))
        corners = table[tuple(slice(place, place + (2 if share > 0 else 1)) for place, share in around)]
        fewest = [min(each.n for each in corners[..., m].ravel()) for m in range(len(self.measures))]
        return tuple(
            Estimate(float(value), float(low), float(high), n, INTERPOLATED)
            for (value, low, high), n in zip(at.reshape(-1, 3), fewest, strict=True)
        )

    def _numbers_of(self, point: Mapping[str, float]) -> tuple[float, ...]:
        """The value of each axis; ``InputError`` with all that is wrong with them."""
        known = {name: axis.path for axis in self.axes for name in (axis.name, axis.path)}
        problems = [
            Problem(_NAME, None, None, str(path), f"is not varied here; known: {', '.join(a.path for a in self.axes)}")
            for path in point
            if path not in known
        ]
        given, numbers = {known[path]: value for path, value in point.items() if path in known}, list[float]()
        for axis in self.axes:
            try:
                numbers.append(axis.checked(given.get(axis.path)))
            except ValueError as error:
                problems.append(Problem(_NAME, None, None, axis.path, str(error)))
        if problems:
            raise InputError(problems)
        return tuple(numbers)


def _is_full(sweep: Sweep, axes: Sequence[Axis]) -> bool:
    points = {tuple(point.overrides.values()) for point in sweep.points}
    return len(points) == len(sweep.points) and points == set(itertools.product(*(axis.texts for axis in axes)))
