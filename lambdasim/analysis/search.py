"""The search for the smallest value that meets objectives: by bisection where they are monotone, else by a scan.

Values are known by their places 0, 1, ... from the smallest up; what they come to is asked of a :class:`Bench`. So the
search knows nothing of simulations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Protocol

from lambdasim.analysis.thresholds import Verdict

FEW = 12
"""So many values are all tried: the probes and a bisection would cost as much."""
SCAN = 64
"""So many are all tried where the objectives are not monotone; of more, a grid of about half as many, then finer."""
_PARTS = 4
_AFFORDABLE = 9


@dataclass(frozen=True, slots=True)
class Judged:
    """What one value comes to: for each objective what its interval says, and what its estimate says."""

    verdicts: tuple[Verdict, ...]
    by_estimate: tuple[bool, ...]

    @property
    def meets(self) -> bool:
        """Whether it is shown to meet all objectives."""
        return all(verdict is Verdict.HOLDS for verdict in self.verdicts)

    @property
    def seems_to(self) -> bool:
        """Whether it meets all of them by the estimates."""
        return all(self.by_estimate)

    @property
    def is_open(self) -> bool:
        """Whether it may yet be shown to meet all: none fails, and not all hold."""
        return not self.meets and Verdict.FAILS not in self.verdicts


class Bench(Protocol):
    """Where values are tried."""

    def judge(self, places: Sequence[int], effort: int) -> Sequence[Judged]:
        """What the values at these places come to, with ``effort`` times the usual number of replications."""

    def moved(self, objective: int, low: int, high: int, comparisons: int) -> int:
        """Whether the objective is shown to be nearer to being met at ``high`` than at ``low``: 1; further off: -1.

        0 if no difference is shown that matters. ``comparisons`` are made with the same right to be wrong once.
        """


@dataclass(frozen=True, slots=True)
class Step:
    """An objective that is shown to get worse from one place to another where it should get better."""

    objective: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, by places; None where there is none.

    ``answer`` is the smallest that is shown to meet all objectives, ``last`` the largest, ``seeming`` the smallest that
    meets them by the estimates. ``directions`` say for each objective whether more helps (1), harms (-1), or neither
    was shown (0) between the ends. ``backwards`` are the steps that go against them. ``scanned`` is true if no
    monotony was relied on, ``tried`` are the places that were, in order.
    """

    answer: int | None
    last: int | None
    seeming: int | None
    directions: tuple[int, ...]
    backwards: tuple[Step, ...]
    scanned: bool
    tried: tuple[int, ...]
    effort: int


class Search:
    """One search over ``count`` values."""

    def __init__(self, bench: Bench, count: int, *, most_effort: int = 1) -> None:
        self._bench, self._count, self._most_effort = bench, count, most_effort
        self._effort = 1
        self._known: dict[int, Judged] = {}
        self._scanned = count <= FEW

    def run(self) -> Found:
        """The smallest value that is shown to meet all objectives, if there is one."""
        if self._scanned:
            self.look(range(self._count))
        else:
            self.look(probes(self._count))
            self._scanned = not self._bisected()
            if self._scanned:
                self._scan()
        while self._is_undecided() and self._effort * 2 <= self._most_effort:
            self._sharpen()
        return self.found

    @property
    def found(self) -> Found:
        """What is known so far."""
        meeting = [place for place, judged in self._known.items() if judged.meets]
        return Found(
            self._lowest(_meets_all),
            max(meeting, default=None),
            self._lowest(_seems_to_all),
            self._directions(),
            self._backwards(),
            self._scanned,
            tuple(sorted(self._known)),
            self._effort,
        )

    def cheapest(self, cost: Callable[[int], float]) -> int | None:
        """The place of the least cost among those that are shown to meet all objectives; of equals the smallest.

        Where not all were tried, a few between the smallest and the largest that meet are, and then those around the
        cheapest, until its neighbours have been tried.
        """
        found = self.found
        if found.answer is None or found.last is None:
            return None
        self.look(_spread(found.answer, found.last, _AFFORDABLE))
        while True:
            meeting = [place for place in sorted(self._known) if self._known[place].meets]
            best = min(meeting, key=cost)
            between = [(low + high) // 2 for low, high in self._gaps_around(best)]
            if not between:
                return best
            self.look(between)

    def look(self, places: Iterable[int]) -> None:
        """Try these places, but for those that were tried or lie beyond the ends."""
        new = sorted({place for place in places if 0 <= place < self._count} - set(self._known))
        if new:
            self._known |= zip(new, self._bench.judge(new, self._effort), strict=True)

    def _directions(self) -> tuple[int, ...]:
        objectives = range(len(self._known[0].verdicts))
        return tuple(self._way(objective, 0, self._count - 1, 1) for objective in objectives)

    def _backwards(self) -> tuple[Step, ...]:
        """For each objective the narrowest step that goes the wrong way; where no way is shown, up should help."""
        pairs = list(combinations(sorted(self._known), 2))
        directions = self._directions()
        steps = []
        for objective, direction in enumerate(directions):
            wrong = -(direction or 1)
            against = [
                Step(objective, low, high)
                for low, high in pairs
                if self._way(objective, low, high, len(pairs) * len(directions)) == wrong
            ]
            steps += [min(against, key=lambda step: step.high - step.low)] if against else []
        return tuple(steps)

    def _way(self, objective: int, low: int, high: int, comparisons: int) -> int:
        """Which way an objective goes from one place to another: 1 to being met, -1 away from it."""
        verdicts = self._known[low].verdicts[objective], self._known[high].verdicts[objective]
        opposite = {(Verdict.FAILS, Verdict.HOLDS): 1, (Verdict.HOLDS, Verdict.FAILS): -1}.get(verdicts)
        return self._bench.moved(objective, low, high, comparisons) if opposite is None else opposite

    def _bisected(self) -> bool:
        """Find the edges by bisection; false if something seen on the way is not monotone."""
        if self._backwards():
            return False
        for objective, direction in enumerate(self._directions()):
            for holds in (_meets(objective), _seems_to(objective)):
                self._edge(holds, rises=direction >= 0)
        self._settle()
        return not self._backwards()

    def _edge(self, holds: Callable[[Judged], bool], *, rises: bool) -> int | None:
        """The lowest place that holds where those above do too, or the highest where those below do."""
        holding = [place for place, judged in self._known.items() if holds(judged)]
        if not holding:
            return None
        inside = min(holding) if rises else max(holding)
        outside = [place for place in self._known if (place < inside if rises else place > inside)]
        if not outside:
            return inside
        beyond = max(outside) if rises else min(outside)
        while abs(inside - beyond) > 1:
            middle = (inside + beyond) // 2
            self.look([middle])
            inside, beyond = (middle, beyond) if holds(self._known[middle]) else (inside, middle)
        return inside

    def _settle(self) -> None:
        """Try the neighbours of the lowest place that meets all objectives, and again if that finds a lower one.

        Then the same for the lowest that seems to.
        """
        for holds in (_meets_all, _seems_to_all):
            settled = None
            while (place := self._edge(holds, rises=True)) != settled and place is not None:
                self.look((place - 1, place + 1))
                settled = place

    def _scan(self) -> None:
        """All values, or a grid of them and then what lies below the lowest that holds."""
        if self._count <= SCAN:
            self.look(range(self._count))
            return
        self.look(_spread(0, self._count - 1, SCAN // 2 + 1))
        self._settle()

    def _is_undecided(self) -> bool:
        answer, seeming = self._lowest(_meets_all), self._lowest(_seems_to_all)
        return seeming is not None and (answer is None or seeming < answer)

    def _lowest(self, holds: Callable[[Judged], bool]) -> int | None:
        return min((place for place, judged in self._known.items() if holds(judged)), default=None)

    def _sharpen(self) -> None:
        """Twice the replications for the values that may be smaller answers, and for the answer itself."""
        self._effort *= 2
        answer = self._lowest(_meets_all)
        again = [
            place for place, judged in self._known.items() if judged.is_open and (answer is None or place < answer)
        ]
        again = sorted([*again, *([] if answer is None else [answer])])
        self._known |= zip(again, self._bench.judge(again, self._effort), strict=True)
        if len(self._known) < self._count:
            self._settle()

    def _gaps_around(self, place: int) -> list[tuple[int, int]]:
        """The tried places on both sides of one that are not next to it."""
        tried = sorted(self._known)
        return [(low, high) for low, high in pairwise(tried) if place in (low, high) and high - low > 1]


def probes(count: int) -> tuple[int, ...]:
    """The places that are tried first: the ends, the quarters, and some near the bottom, where most bounds lie.

    >>> probes(901)
    (0, 5, 30, 164, 225, 450, 675, 900)
    """
    top = count - 1
    near = (round(top ** (part / _PARTS)) for part in range(1, _PARTS))
    return tuple(sorted({*_spread(0, top, _PARTS + 1), *near}))


def _spread(low: int, high: int, number: int) -> list[int]:
    """So many places from ``low`` to ``high``, both included, as evenly as whole numbers allow."""
    if high - low < number:
        return list(range(low, high + 1))
    return [low + math.floor((high - low) * part / (number - 1)) for part in range(number)]


def _meets(objective: int) -> Callable[[Judged], bool]:
    return lambda judged: judged.verdicts[objective] is Verdict.HOLDS


def _seems_to(objective: int) -> Callable[[Judged], bool]:
    return lambda judged: judged.by_estimate[objective]


def _meets_all(judged: Judged) -> bool:
    return judged.meets


def _seems_to_all(judged: Judged) -> bool:
    return judged.seems_to
