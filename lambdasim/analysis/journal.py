"""The journal of a sweep: what each finished run came to, on disk at once, so that a sweep that is killed can go on.

It is a text file of JSON, a line each. The first says what determines the numbers; each other one is a run, in the
order in which they finished. A kill may tear the last line: it is dropped, and its run done again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lambdasim.errors import ResultError

_MARK = "lambdasim_sweep"
_FORMAT = 1
Run = tuple[int, int]  # point and replication, from 0
Values = tuple[float | None, ...]


class Journal:
    """The runs that are done, and the file that each new one is added to.

    ``values`` say what determines the numbers, under the names that a message gives them.

    Raises:
        ResultError: the file can't be read or written, is something else's, or another sweep's.
    """

    def __init__(self, path: Path, values: Mapping[str, Any], *, fresh: bool = False) -> None:
        self.path = path
        self.done: dict[Run, Values] = {}
        try:
            whole = self._read(values, fresh=fresh)
            self._file = path.open("ab", buffering=0)  # each line is one write at the end, whoever else writes
            self._file.truncate(whole)
            if not whole:
                self._write({_MARK: _FORMAT, **values})
        except OSError as error:
            raise self._unwritable(error) from error

    def _read(self, values: Mapping[str, Any], *, fresh: bool) -> int:
        """Take in what is done; how many bytes of the file are whole lines of this sweep."""
        content = self.path.read_bytes() if self.path.exists() else b""
        lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
        if not lines and content.startswith(f'{{"{_MARK}"'.encode()[: len(content)]):
            return 0  # nothing there, or a first line that was torn
        header = _parsed(lines[0]) if lines else None
        if not isinstance(header, dict) or header.get(_MARK) != _FORMAT:
            text = "holds something else than the journal of a sweep; move it away, or name another output"
            raise ResultError(f"{self.path}: {text}")
        if fresh:
            return 0
        if other := [name for name, value in values.items() if header.get(name) != json.loads(json.dumps(value))]:
            text = f"a sweep with another {', another '.join(other)} was begun there"
            raise ResultError(f"{self.path}: {text}; name another output, or begin anew with --fresh")
        for number, line in enumerate(lines[1:], start=2):
            run = _parsed(line)
            try:
                self.done[run["point"], run["replication"]] = tuple(run["values"])
            except (TypeError, KeyError):
                text = f"line {number} is damaged; begin anew with --fresh"
                raise ResultError(f"{self.path}: {text}") from None
        return sum(map(len, lines))

    def add(self, run: Run, values: Values) -> None:
        """A run is done: from now on, no kill can undo it."""
        self.done[run] = values
        try:
            self._write({"point": run[0], "replication": run[1], "values": values})
        except OSError as error:
            raise self._unwritable(error) from error

    def _write(self, line: Mapping[str, Any]) -> None:
        content = json.dumps(line).encode() + b"\n"
        while content:  # a disk that is nearly full takes a part
            content = content[self._file.write(content) :]

    def _unwritable(self, error: OSError) -> ResultError:
        reason = error.strerror or str(error)
        return ResultError(f"{self.path}: can't be written: {reason}; what is done is kept: set that right and go on")

    def close(self) -> None:
        """Leave it for another time, if anything is done."""
        self._file.close()
        if not self.done:
            self._unlink()

    def remove(self) -> None:
        """The sweep is over, and its table written."""
        self._file.close()
        self._unlink()

    def _unlink(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
