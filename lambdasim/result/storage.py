"""Results on disk: a folder that holds a whole result or none.

====================== ==============================================================================
``summary.json``       the summary, without timings
``scenario.yaml``      the scenario's file as it was, byte for byte, if it is known
``manifest.json``      what loading needs (functions, triggers, span), timings, versions, parameters; where the scenario
                       lay, what was laid over it, its recordings with their sha256; written last
``report.html``        a page about it, if one was written here
``trace.json``         a trace of it, or ``trace.json.gz``, if one was written here (result.trace_file)
``timeline.csv``       the minute-by-minute series of functions and account
``triggers.csv``       those of queues, streams and mappings, if there are any
``downstream.csv``     those of connections to downstreams, if there are any; the environment log has all that is in it
``provisioned.csv``    the provisioned concurrency that there was, if there was any
``invocations.*``      the invocation log, if it was kept: ``.parquet``, or ``.csv.gz`` without pyarrow
``events.*``           the event log, likewise, if any trigger's events wait
``environments.*``     the environment log, likewise
``changes.*``          the change log, likewise, if anything changed
====================== ==============================================================================

Each file is written under a temporary name beside its own, and only when all are complete do they move.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from lambdasim.errors import ResultError
from lambdasim.header import Header
from lambdasim.metrics.trigger_series import trigger_timeline
from lambdasim.records import (
    CHANGE_COLUMNS,
    ENVIRONMENT_COLUMNS,
    EVENT_COLUMNS,
    INVOCATION_COLUMNS,
    PROVISIONED_COLUMNS,
    Column,
    Columns,
    empty,
)
from lambdasim.result import file_formats
from lambdasim.result.file_formats import CSV, PARQUET
from lambdasim.result.frames import NAMED, SCOPE, columns_of
from lambdasim.result.header_fields import header_from
from lambdasim.result.written import SCENARIO, WrittenScenario

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 3
MANIFEST, REPORT = "manifest.json", "report.html"
TRACES = ("trace.json", "trace.json.gz")  # what a trace is called that lies with its result
_MARK = "lambdasim_result"  # the manifest's key that tells our folders from others
_LOGS = ("invocations", "events", "environments", "changes")
_TIMELINES = ("timeline", "triggers", "downstream", "provisioned")
# All that a result's folder may hold; what a new result lacks of it goes with the old one.
_FILES = (
    "summary.json",
    SCENARIO,
    REPORT,
    *TRACES,
    *(f"{name}.csv" for name in _TIMELINES),
    *(log + end for log in _LOGS for end in (PARQUET, CSV)),
)
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a folder holds."""

    header: Header
    document: Mapping[str, Any]
    timings: Mapping[str, Any]
    parameters: Sequence[Mapping[str, Any]]
    written: WrittenScenario | None
    invocations: Columns | None
    events: Columns | None
    environments: Columns
    changes: Columns
    provisioned: Columns
    timeline: Columns
    triggers: Columns


def check_folder(folder: Path) -> None:
    """See that a result can be written into ``folder``, before the work that makes one; leaves no trace.

    Raises:
        ResultError: ``folder`` is something else's, or can't be written to.
    """
    made = _claim(folder)
    try:
        with _explained(folder), TemporaryFile(dir=folder):
            pass
    finally:
        _remove(made)


def save(
    folder: Path,
    header: Header,
    document: Mapping[str, Any],
    known: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    scenario: bytes | None,
) -> None:
    """Write a result; ``known`` for its manifest, ``tables``: those of its timelines and logs that it has.

    Raises:
        ResultError: ``folder`` is something else's, or can't be written to; it is then as it was before.
    """
    manifest = {_MARK: FORMAT, "scenario": document["scenario"], "header": asdict(header), **known}
    write_log, end = file_formats.log_format()
    writers: dict[str, Callable[[IO[bytes]], None]] = {
        "summary.json": partial(file_formats.write_json, document),
        **{f"{name}.csv": partial(file_formats.write_csv, tables[name]) for name in _TIMELINES if name in tables},
        **{log + end: partial(write_log, tables[log]) for log in _LOGS if log in tables},
        **({} if scenario is None else {SCENARIO: partial(file_formats.write_bytes, scenario)}),
        MANIFEST: partial(file_formats.write_json, manifest),
    }
    made = _claim(folder)
    drafts = {name: folder / f".{name}.partial" for name in writers}
    try:
        for name, write in writers.items():
            with _explained(folder / name), drafts[name].open("wb") as file:
                write(file)
        with _explained(folder):
            _publish(folder, drafts)
    except BaseException:  # Ctrl-C too
        with suppress(OSError):
            for draft in drafts.values():
                draft.unlink(missing_ok=True)
        _remove(made)
        raise


def load(folder: Path) -> Saved:
    """What ``save`` wrote into ``folder``.

    Raises:
        ResultError: there is no result, or it can't be read.
    """
    manifest = _manifest(folder)
    if manifest is None:
        raise ResultError(f"{folder}: holds no lambdasim result (no {MANIFEST} of one)")
    if manifest[_MARK] != FORMAT:
        raise ResultError(f"{folder}: a result of format {manifest[_MARK]}; this version reads format {FORMAT}")
    with _readable(folder / MANIFEST):
        header = header_from(manifest["header"])
        written = _written(folder, manifest.get("written"))
        timings, parameters = dict(manifest["timings"]), manifest.get("parameters", [])
    with _readable(folder / "summary.json"):
        document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        document.setdefault("theory", [])  # results of before that key have none
    timeline = _timeline(folder / "timeline.csv", header)
    triggers = folder / "triggers.csv"
    invocations = _log(folder, "invocations", INVOCATION_COLUMNS, header)
    changes = _log(folder, "changes", CHANGE_COLUMNS, header)
    return Saved(
        header=header,
        document=document,
        timings=timings,
        parameters=parameters,
        written=written,
        invocations=invocations,
        events=None if invocations is None else _events(folder, header),
        environments=_needed(folder, "environments", ENVIRONMENT_COLUMNS, header),
        changes=empty(CHANGE_COLUMNS) if changes is None else changes,
        provisioned=_provisioned(folder / "provisioned.csv", header),
        timeline=timeline,
        triggers=_timeline(triggers, header) if triggers.exists() else trigger_timeline({}, header),
    )


def _events(folder: Path, header: Header) -> Columns:
    return _needed(folder, "events", EVENT_COLUMNS, header) if header.queues_events else empty(EVENT_COLUMNS)


def _needed(folder: Path, log: str, layout: tuple[Column, ...], header: Header) -> Columns:
    columns = _log(folder, log, layout, header)
    if columns is None:
        raise ResultError(f"{folder}: the log of {log} is missing")
    return columns


def _claim(folder: Path) -> list[Path]:
    """Make sure that ``folder`` is there and may be written over; returns the folders made for it, deepest first."""
    try:
        if folder.is_dir():
            if any(folder.iterdir()) and _manifest(folder) is None:
                raise ResultError(f"{folder}: holds other files than a lambdasim result; name a new or an empty folder")
            return []
        if folder.exists() or folder.is_symlink():
            raise ResultError(f"{folder}: is not a folder; name a new or an empty folder")
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True)
    except OSError as error:
        raise ResultError(f"{folder}: can't be made: {error.strerror}; name another folder") from error
    return made


def _remove(folders: list[Path]) -> None:
    """Take away the folders that were made for a result, deepest first, unless something lies in them."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _publish(folder: Path, drafts: Mapping[str, Path]) -> None:
    """Put the drafts in place. While there is no manifest, there is no result: it goes first and comes last."""
    try:
        for name in (MANIFEST, *_FILES):
            if name not in drafts or name == MANIFEST:
                (folder / name).unlink(missing_ok=True)
        for name, draft in drafts.items():
            draft.replace(folder / name)
    except BaseException:
        for name in (MANIFEST, *_FILES):  # neither a whole old result nor a whole new one
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResultError(f"{path}: can't be written: {reason}; make room or name another folder") from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ResultError(f"{path}: is missing") from error
    except _UNREADABLE as error:
        raise ResultError(f"{path}: can't be read: {error}") from error


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of the result in ``folder``; None if there is none of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and _MARK in manifest else None


def _log(folder: Path, log: str, layout: tuple[Column, ...], header: Header) -> Columns | None:
    """A log's columns; None if it is not there."""
    for end, read in ((PARQUET, file_formats.read_parquet), (CSV, file_formats.read_csv)):
        path = folder / (log + end)
        if path.exists():
            if end == PARQUET and not file_formats.has_pyarrow():
                raise ResultError(f"{path}: reading it takes pyarrow; run: pip install 'lambdasim-aws[parquet]'")
            with _readable(path):
                return columns_of(read(path), layout, header)
    return None


def _written(folder: Path, facts: Mapping[str, Any] | None) -> WrittenScenario | None:
    """The scenario; None where the manifest does not speak of it."""
    if facts is None:
        return None
    with _readable(folder / SCENARIO):
        return WrittenScenario.of_facts((folder / SCENARIO).read_bytes(), facts)


def _provisioned(path: Path, header: Header) -> Columns:
    if not path.exists():
        return empty(PROVISIONED_COLUMNS)
    with _readable(path):
        return columns_of(file_formats.read_csv(path), PROVISIONED_COLUMNS, header)


def _timeline(path: Path, header: Header) -> Columns:
    """The columns of a timeline, of functions or of triggers."""
    with _readable(path):
        table = (
            file_formats.read_csv(path)
            .drop(columns="timestamp")
            .rename(columns={"function": SCOPE})
            .astype({"measured": "u1"})
        )
        layout = [Column(str(name), "i8" if name in NAMED else str(table[name].dtype), "") for name in table.columns]
        return columns_of(table, tuple(layout), header)
