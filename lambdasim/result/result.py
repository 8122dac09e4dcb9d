"""A result: what one run left. The logs, the minute-by-minute series, the bill, the summary; it saves and loads."""

from __future__ import annotations

import copy
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.cost.bill import Bill, Line
from lambdasim.metrics.recorder import Metrics
from lambdasim.parameters.book import Parameter
from lambdasim.records import INVOCATION_COLUMNS, Columns, Header, empty
from lambdasim.result import fragment, storage
from lambdasim.result.frames import frame, invocation_frame, timeline_frame
from lambdasim.result.summary import Demand, Warned, summarise

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from: the scenario's hash, the engine, how long it took, what it relied on."""

    scenario_sha256: str
    engine: str
    wall_s: float
    parameters: Sequence[Parameter] = ()
    warnings: Sequence[Warned] = ()
    thresholds: Sequence[Demand] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """What one run left; made by ``simulate`` and by ``Result.load``.

    ``invocation_columns`` is None if the log was not kept. ``document`` is the summary without its timings;
    ``timings`` say how long the run took, and on what. ``timeline_columns()`` are metrics.cloudwatch.timeline's.
    """

    header: Header
    invocation_columns: Columns | None = field(repr=False)
    environment_columns: Columns = field(repr=False)
    event_columns: Columns | None = field(repr=False)
    timeline_columns: Callable[[], Columns] = field(repr=False)
    bill: Bill = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    timings: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        *,
        header: Header,
        metrics: Metrics,
        invocation_columns: Columns | None,
        environment_columns: Columns,
        event_columns: Columns | None,
        bill: Bill,
        provenance: Provenance,
    ) -> Result:
        """The result of a run that has just ended."""
        document = summarise(
            metrics,
            bill,
            scenario_sha256=provenance.scenario_sha256,
            engine=provenance.engine,
            parameters=provenance.parameters,
            warnings=provenance.warnings,
            thresholds=provenance.thresholds,
        )
        return cls(
            header=header,
            invocation_columns=invocation_columns,
            environment_columns=environment_columns,
            event_columns=event_columns,
            timeline_columns=partial(metrics.timeline, invocation_columns),
            bill=bill,
            document=document,
            timings=_timings(provenance.wall_s, document["total"]["invocations"]),
        )

    def summary(self) -> dict[str, Any]:
        """Every number of the report, as plain values that are strict JSON; a copy, free to change."""
        times = {name: self.timings[name] for name in ("wall_s", "invocations_per_wall_s")}
        return {**copy.deepcopy(dict(self.document)), **times}

    @cached_property
    def invocations(self) -> pd.DataFrame:
        """The invocation log, a row for each attempt (result.frames.invocation_frame); no rows if it was not kept."""
        columns = empty(INVOCATION_COLUMNS) if self.invocation_columns is None else self.invocation_columns
        return invocation_frame(columns, self.header)

    @cached_property
    def environments(self) -> pd.DataFrame:
        """The environment log, a row for each environment (records.ENVIRONMENT_COLUMNS)."""
        return frame(self.environment_columns, self.header)

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """CloudWatch's metrics, a row for each minute and function, and for the account (metrics.cloudwatch)."""
        return timeline_frame(self.timeline_columns(), self.header)

    @property
    def warnings(self) -> list[dict[str, str]]:
        """What to know of the scenario before trusting the result: ``code``, ``path``, ``message``."""
        return [dict(warning) for warning in self.document["warnings"]]

    def save(self, folder: str | Path) -> None:
        """Write the result into ``folder``: a new one, an empty one, or one that holds an earlier result.

        ``summary.json``, ``timeline.csv`` and both logs are the same bytes for the same scenario and seed: how
        long the run took stands in ``manifest.json`` only, and is null in ``summary.json``.

        Raises:
            ResultError: the folder can't be had, or writing failed; then nothing half-written stays.
        """
        tables = {"timeline": self.timeline, "environments": self.environments}
        if self.invocation_columns is not None:
            tables["invocations"] = self.invocations
        storage.save(Path(folder), self.header, self.document, self.timings, tables)

    @classmethod
    def load(cls, folder: str | Path) -> Result:
        """The result that ``save`` wrote into ``folder``.

        Raises:
            ResultError: there is none, or it can't be read.
        """
        saved = storage.load(Path(folder))
        return cls(
            header=saved.header,
            invocation_columns=saved.invocations,
            environment_columns=saved.environments,
            event_columns=None,
            timeline_columns=partial(dict, saved.timeline),
            bill=_bill(saved.document, saved.header),
            document=saved.document,
            timings=saved.timings,
        )

    def _repr_html_(self) -> str:
        """A small table, for notebooks."""
        return fragment.html(self.document)


def _bill(document: Mapping[str, Any], header: Header) -> Bill:
    """The bill from the summary's lines."""
    lines = [
        Line(function, **line)
        for function, entry in document["functions"].items()
        for line in entry["cost_usd"]["lines"]
    ]
    return Bill(tuple(lines), header.measured_us)


def _timings(wall_s: float, invocations: int) -> dict[str, Any]:
    """How long a run took, and on what: all that may differ between runs of one scenario and seed."""
    from importlib import metadata  # noqa: PLC0415  slow to load

    try:
        version = metadata.version("lambdasim-aws")
    except metadata.PackageNotFoundError:  # run from its folder, not installed
        version = "unknown"
    return {
        "wall_s": wall_s,
        "invocations_per_wall_s": invocations / wall_s if wall_s > 0 else None,
        "lambdasim": version,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }
