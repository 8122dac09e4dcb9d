"""The table of a sweep: what each measure came to at each point, as it stands in a file; also of a sweep just done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.tables import read_frame
from lambdasim.errors import ResultError
from lambdasim.scenario.measures import Measure, measure_as_written

if TYPE_CHECKING:
    import pandas as pd

    from lambdasim.analysis.sweep import Sweep

_FIRST = "point"
_LAST = ("measure", "estimate", "low", "high", "confidence", "method", "replications")


@dataclass(frozen=True, slots=True)
class SweepTable:
    """Points by what was laid over the scenario there, and for each of them an estimate of each measure.

    ``measured_s`` is how long each run was measured, which a file does not say.
    """

    points: tuple[Mapping[str, str], ...]
    measures: tuple[Measure, ...]
    estimates: tuple[tuple[Estimate, ...], ...]
    confidence: float
    measured_s: float | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """What was varied."""
        return tuple(self.points[0])

    @classmethod
    def of(cls, sweep: Sweep | SweepTable) -> SweepTable:
        """That of a sweep; a table is its own."""
        if isinstance(sweep, SweepTable):
            return sweep
        points = tuple(point.overrides for point in sweep.points)
        return cls(points, sweep.measures, sweep.estimates, sweep.design.confidence, sweep.scenario.measured_s)

    def column(self, measure: Measure) -> list[Estimate]:
        """The estimates of one measure, point by point."""
        place = self.measures.index(measure)
        return [estimates[place] for estimates in self.estimates]


def read_sweep_table(path: Path) -> SweepTable:
    """The table that ``sweep`` wrote to a ``.csv`` or ``.parquet`` file.

    A measure's name alone does not tell whether it is a function's or a trigger's; it is taken for a function's.

    Raises:
        ResultError: there is no such file, or it holds something else.
    """
    frame = read_frame(path)
    names = [str(name) for name in frame.columns]
    if names[:1] != [_FIRST] or tuple(names[-len(_LAST) :]) != _LAST or len(names) < len(_LAST) + 2 or not len(frame):
        raise ResultError(f"{path}: holds no table of a sweep; `lambdasim sweep -o {path.name}` writes one")
    try:
        return _table(frame, names[1 : -len(_LAST)])
    except ValueError as error:
        raise ResultError(f"{path}: holds no whole table of a sweep: {error}") from None


def _table(frame: pd.DataFrame, paths: Sequence[str]) -> SweepTable:
    texts = list(dict.fromkeys(frame["measure"]))
    count = len(frame) // len(texts)
    expected = [(str(point + 1), text) for point in range(count) for text in texts]
    if list(zip(frame[_FIRST], frame["measure"], strict=True)) != expected:
        raise ValueError("not every point has a row for each measure")
    numbers = {name: frame[name].astype(float) for name in ("estimate", "low", "high", "confidence")}
    columns = [numbers["estimate"], numbers["low"], numbers["high"], frame["replications"].astype(int), frame["method"]]
    cells = [Estimate(*cell) for cell in zip(*columns, strict=True)]
    size = len(texts)
    firsts = frame[list(paths)].iloc[::size]
    return SweepTable(
        points=tuple(dict(zip(paths, values, strict=True)) for values in firsts.itertuples(index=False, name=None)),
        measures=tuple(map(measure_as_written, texts)),
        estimates=tuple(tuple(cells[at : at + size]) for at in range(0, len(cells), size)),
        confidence=float(numbers["confidence"].iloc[0]),
    )
