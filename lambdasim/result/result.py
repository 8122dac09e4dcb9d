"""A result: what one run left. The logs, the minute-by-minute series, the bill, the summary; it saves and loads."""

from __future__ import annotations

import copy
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lambdasim.billing.bill import Bill, Line
from lambdasim.billing.uses import Kind
from lambdasim.errors import ResultError
from lambdasim.header import Header
from lambdasim.metrics.provisioned_minutes import provisioned_columns
from lambdasim.metrics.recorder import Metrics
from lambdasim.parameters.book import Parameter
from lambdasim.records import EVENT_COLUMNS, INVOCATION_COLUMNS, Columns, empty
from lambdasim.result import chains, fragment, storage, trace_file
from lambdasim.result.changes import change_frame
from lambdasim.result.downstream import downstream_frame
from lambdasim.result.frames import event_frame, frame, invocation_frame, timeline_frame, trigger_timeline_frame
from lambdasim.result.plain import plain
from lambdasim.result.summary import Compared, Demand, Warned, summarise
from lambdasim.result.version_summary import version_frame
from lambdasim.result.versions import versions
from lambdasim.result.written import WrittenScenario

if TYPE_CHECKING:
    import pandas as pd

    from lambdasim.scenario.model import Scenario


_TOLD = ("path", "value", "unit", "source", "as_of", "confidence")  # of an entry of the parameter book


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from: the scenario's hash, the engine, how long it took, what it relied on."""

    scenario_sha256: str
    engine: str
    wall_s: float
    parameters: Sequence[Parameter] = ()
    warnings: Sequence[Warned] = ()
    thresholds: Sequence[Demand] = ()
    theory: Sequence[Compared] = ()
    written: WrittenScenario | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """What one run left; made by ``simulate`` and by ``Result.load``.

    ``invocation_columns`` and ``event_columns`` are None if the log was not kept. ``document`` is the summary without
    its timings; ``timings`` say how long the run took, and on what. ``timeline_columns()`` are
    metrics.cloudwatch.timeline's, ``trigger_timeline_columns()`` metrics.trigger_series.trigger_timeline's.
    ``parameters`` are the entries of the parameter book that the run has used, as plain values: path, value, unit,
    source, as_of, confidence; none of a result that was saved before results had them. ``written`` is the scenario as
    it was written; None of a result that was saved without it.
    """

    header: Header
    invocation_columns: Columns | None = field(repr=False)
    environment_columns: Columns = field(repr=False)
    event_columns: Columns | None = field(repr=False)
    change_columns: Columns = field(repr=False)
    provisioned_columns: Columns = field(repr=False)
    timeline_columns: Callable[[], Columns] = field(repr=False)
    trigger_timeline_columns: Callable[[], Columns] = field(repr=False)
    bill: Bill = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    timings: Mapping[str, Any]
    parameters: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    written: WrittenScenario | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        *,
        header: Header,
        metrics: Metrics,
        invocation_columns: Columns | None,
        environment_columns: Columns,
        event_columns: Columns | None,
        change_columns: Columns,
        bill: Bill,
        provenance: Provenance,
    ) -> Result:
        """The result of a run that has just ended."""
        document = summarise(
            metrics,
            bill,
            change_columns,
            scenario_sha256=provenance.scenario_sha256,
            engine=provenance.engine,
            parameters=provenance.parameters,
            warnings=provenance.warnings,
            thresholds=provenance.thresholds,
            theory=provenance.theory,
        )
        return cls(
            header=header,
            invocation_columns=invocation_columns,
            environment_columns=environment_columns,
            event_columns=event_columns,
            change_columns=change_columns,
            provisioned_columns=provisioned_columns(metrics.provisioned),
            timeline_columns=partial(metrics.timeline, invocation_columns),
            trigger_timeline_columns=metrics.trigger_timeline,
            bill=bill,
            document=document,
            timings=_timings(provenance.wall_s, document["total"]["invocations"]),
            parameters=[{name: plain(getattr(entry, name)) for name in _TOLD} for entry in provenance.parameters],
            written=provenance.written,
        )

    def summary(self) -> dict[str, Any]:
        """Every number of the report, as plain values that are strict JSON; a copy, free to change."""
        times = {name: self.timings[name] for name in ("wall_s", "invocations_per_wall_s")}
        return {**copy.deepcopy(dict(self.document)), **times}

    @cached_property
    def invocations(self) -> pd.DataFrame:
        """The invocation log, a row for each attempt (result.frames.invocation_frame); no rows if it was not kept."""
        return invocation_frame(self._invocation_log, self.header)

    @cached_property
    def events(self) -> pd.DataFrame:
        """The event log, a row for each queued event that ended (result.frames.event_frame); empty if not kept."""
        return event_frame(self._event_log, self.header)

    @cached_property
    def environments(self) -> pd.DataFrame:
        """The environment log, a row for each environment (records.ENVIRONMENT_COLUMNS)."""
        return frame(self.environment_columns, self.header)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What changed during the run, a row for each change (result.changes.change_frame)."""
        return change_frame(self.change_columns, self.header)

    @cached_property
    def provisioned(self) -> pd.DataFrame:
        """The provisioned concurrency that there was, a row for each period (records.PROVISIONED_COLUMNS)."""
        return frame(self.provisioned_columns, self.header)

    @cached_property
    def versions(self) -> pd.DataFrame:
        """How versions fared, where more than one of a function was called (result.version_summary.version_frame)."""
        return version_frame(self.document)

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """CloudWatch's metrics, a row for each minute and function, and for the account (metrics.cloudwatch)."""
        return timeline_frame(self.timeline_columns(), self.header)

    @cached_property
    def trigger_timeline(self) -> pd.DataFrame:
        """CloudWatch's metrics of queues, streams and mappings, a row for each minute and trigger that has any.

        After ``minute``, ``timestamp``, ``trigger`` and ``measured`` a column for each metric, by AWS's name where AWS
        has one; NaN where a trigger has no such metric.
        """
        return trigger_timeline_frame(self.trigger_timeline_columns(), self.header)

    @cached_property
    def downstream(self) -> pd.DataFrame:
        """The connections to each downstream, a row for each minute and downstream (metrics.connections)."""
        return downstream_frame(self.environment_columns, self.header)

    def chain(self, trigger: str, event: int) -> pd.DataFrame:
        """One event followed through all that it caused (result.chains.chain); no rows if the log was not kept."""
        return chains.chain(self._invocation_log, self._event_log, self.header, trigger, event)

    def end_to_end(self, *, origin: str, end: str) -> pd.Series[float]:
        """Milliseconds from each event's arrival at ``origin`` to its last success at ``end`` (result.chains)."""
        return chains.end_to_end(self._event_log, self.header, origin, end)

    @property
    def _invocation_log(self) -> Columns:
        return empty(INVOCATION_COLUMNS) if self.invocation_columns is None else self.invocation_columns

    @property
    def _event_log(self) -> Columns:
        return empty(EVENT_COLUMNS) if self.event_columns is None else self.event_columns

    @property
    def warnings(self) -> list[dict[str, str]]:
        """What to know of the scenario before trusting the result: ``code``, ``path``, ``message``."""
        return [dict(warning) for warning in self.document["warnings"]]

    def scenario(self, *, folder: str | Path | None = None) -> Scenario:
        """The scenario that was run, read again, with what was laid over it; its run's seed is ``header.seed``.

        ``folder``: where the recordings that it names lie now, if not where they were (relative to the scenario).

        Raises:
            ResultError: it was not saved with the result, or is another one; recordings are gone, or have changed.
            InputError: this version of lambdasim does not take it.
        """
        if self.written is None:
            raise ResultError("this result does not have its scenario with it; load the file that was run")
        return self.written.read(self.document["scenario"]["sha256"], None if folder is None else Path(folder))

    def save(self, folder: str | Path) -> None:
        """Write the result into ``folder``: a new one, an empty one, or one that holds an earlier result.

        ``summary.json``, the timelines and the logs are the same bytes for the same scenario and seed: how
        long the run took stands in ``manifest.json`` only, and is null in ``summary.json``.

        Raises:
            ResultError: the folder can't be had, or writing failed; then nothing half-written stays.
        """
        tables = {"timeline": self.timeline, "environments": self.environments}
        if len(self.trigger_timeline):
            tables["triggers"] = self.trigger_timeline
        if self.header.downstream:
            tables["downstream"] = self.downstream
        if len(self.provisioned):
            tables["provisioned"] = self.provisioned
        if len(self.changes):
            tables["changes"] = self.changes
        if self.invocation_columns is not None:
            tables["invocations"] = self.invocations
            if self.header.queues_events:
                tables["events"] = self.events
        known: dict[str, Any] = {"timings": dict(self.timings), "parameters": list(self.parameters)}
        scenario = None
        if self.written is not None:
            known["written"], scenario = self.written.facts(), self.written.content
        storage.save(Path(folder), self.header, self.document, known, tables, scenario)

    def save_trace(self, path: str | Path) -> None:
        """Write the run as a trace that Perfetto and chrome://tracing open (result.trace_events); packed if ``.gz``.

        Raises:
            ResultError: the invocation log was not kept, or ``path`` can't be written; what was there stays as it was.
        """
        if self.invocation_columns is None:
            raise ResultError("the invocation log was not kept, of which a trace is made; simulate with log='full'")
        trace_file.save(
            Path(path),
            self.invocation_columns,
            self.environment_columns,
            self.change_columns,
            self.header,
            self.document["scenario"],
        )

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
            event_columns=saved.events,
            change_columns=saved.changes,
            provisioned_columns=saved.provisioned,
            timeline_columns=partial(dict, saved.timeline),
            trigger_timeline_columns=partial(dict, saved.triggers),
            bill=_bill(saved.document, saved.header),
            document=saved.document,
            timings=saved.timings,
            parameters=saved.parameters,
            written=saved.written,
        )

    def __repr__(self) -> str:
        return f"<Result of {self.header.scenario}, seed {self.header.seed}>"

    def _repr_html_(self) -> str:
        """A small table, for notebooks."""
        return fragment.html(self.document)


def _bill(document: Mapping[str, Any], header: Header) -> Bill:
    """The bill from the summary's lines."""
    kinds: tuple[tuple[Kind, str], ...] = (("function", "functions"), ("trigger", "triggers"))
    lines = [
        Line(kind, name, **line)
        for kind, key in kinds
        for name, entry in document[key].items()
        for line in entry["cost_usd"]["lines"]
    ]
    lines += [Line("account", "account", **line) for line in document["account"]["cost_usd"]["lines"]]
    return Bill(tuple(lines), header.measured_us)


def _timings(wall_s: float, invocations: int) -> dict[str, Any]:
    """How long a run took, and on what: all that may differ between runs of one scenario and seed."""
    return {
        "wall_s": wall_s,
        "invocations_per_wall_s": invocations / wall_s if wall_s > 0 else None,
        **versions(),
        "platform": platform.platform(),
    }
