"""Trace files: the events of a run in the JSON object format that Perfetto and chrome://tracing open."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any

from lambdasim.header import Header
from lambdasim.records import Columns
from lambdasim.result.trace_events import Event, events
from lambdasim.result.whole_file import whole_file

_PIECE = 1000  # events that are written at once
_LEVEL = 6  # of packing: 9 takes three times as long for a file that is hardly smaller


def save(
    path: Path, invocations: Columns, environments: Columns, changes: Columns, header: Header, told: Mapping[str, Any]
) -> None:
    """Write a run's trace, a piece at a time; ``told`` says in it what it is of. It is packed if ``path`` ends in .gz.

    Raises:
        ResultError: it can't be written; what was at ``path`` before is still there.
    """
    found = events(invocations, environments, changes, header)
    with whole_file(path) as file:
        if path.suffix == ".gz":
            # No name and no time in it, so that equal traces are equal bytes.
            with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0) as packed:
                write(packed, found, told)
        else:
            write(file, found, told)


def write(file: IO[bytes] | gzip.GzipFile, found: Iterator[Event], told: Mapping[str, Any]) -> None:
    """Write trace events as they come, and what they are of: Trace Event Format, JSON object format."""
    encode = json.JSONEncoder(separators=(",", ":")).encode
    before = '{"traceEvents":[\n'
    while piece := [encode(event) for event in islice(found, _PIECE)]:
        file.write((before + ",\n".join(piece)).encode())
        before = ",\n"
    file.write(f'\n],"displayTimeUnit":"ms","otherData":{encode(told)}}}\n'.encode())
