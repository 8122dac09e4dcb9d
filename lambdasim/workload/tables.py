"""Columns of CSV files (plain or .gz): read whole and at once, checked row by row, blamed by row number.

ValueError says file, row (the file's own line, from 1) and what was found; a file that is not there, or not
readable, raises OSError as it is.
"""

from __future__ import annotations

import difflib
import functools
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
_NO_SEPARATOR = "\x1f"  # for one-column files: so a stray comma does not hide what follows it


def read_header(path: Path) -> tuple[str, ...]:
    """The cells of the first line."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            line: str = file.readline()
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: not a readable text or gzip file ({error})") from error
    if not line.strip():
        raise ValueError(f"{path.name}: row 1 is empty")
    return tuple(cell.strip().strip('"') for cell in line.rstrip("\r\n").split(","))


def read_table(path: Path, columns: Sequence[int], *, header: bool) -> pd.DataFrame:
    """The columns with these positions, as pandas reads them; blank lines stay, so that rows can be counted.

    The table is shared between callers; do not change it. A scenario may replay a hundred rows of one file: the file
    is parsed again only if it has changed.
    """
    return _read_table(path, tuple(columns), header, state_of(path))


def state_of(path: Path) -> tuple[int, int]:
    """What tells one state of a file from another: when it was last written (ns), and its size."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=2)
def _read_table(path: Path, columns: tuple[int, ...], header: bool, _state: tuple[int, int]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 (only recorded traffic needs it)

    try:
        return pd.read_csv(
            path,
            header=0 if header else None,
            sep="," if len(read_header(path)) > 1 else _NO_SEPARATOR,
            usecols=list(columns),
            skip_blank_lines=False,
            skipinitialspace=True,
            low_memory=False,
            encoding="utf-8-sig",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name}: not a readable CSV file ({error})") from error


def position_of(name: str, header: Sequence[str], path: Path) -> int:
    """Where the column called ``name`` stands."""
    if name not in header:
        near = difflib.get_close_matches(name, header, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {_listed(header)}"
        raise ValueError(f"{path.name}: no column {name!r}; {hint}")
    return list(header).index(name)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:8])
    return f"{shown}, ... ({len(names)} in all)" if len(names) > 8 else shown


def numbers(column: pd.Series[Any], path: Path, first_row: int) -> Floats:
    """A column as finite float64, shape (rows,); ``first_row`` is the file's row of its first cell."""
    values = numbers_or_nan(column)
    complain(~np.isfinite(values), column, path, first_row, "a number")
    return values


def numbers_or_nan(column: pd.Series[Any]) -> Floats:
    """A column as float64, shape (rows,), NaN where a cell is no number."""
    import pandas as pd  # noqa: PLC0415

    if column.dtype == bool:  # True is not 1 here
        return np.full(len(column), np.nan)
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def complain(wrong: NDArray[np.bool_], column: pd.Series[Any], path: Path, first_row: int, wanted: str) -> None:
    """Raise ValueError for the first cell that is ``wrong``, if there is one."""
    if wrong.any():
        index = int(np.argmax(wrong))
        cell = column.iloc[index]
        found = "nothing" if cell != cell else repr(str(cell))  # noqa: PLR0124 (a missing cell is NaN)
        raise ValueError(f"{path.name}: row {first_row + index}: found {found} where {wanted} is wanted")


def without_blank_end(column: pd.Series[Any]) -> pd.Series[Any]:
    """``column`` without the empty cells that blank lines at the end of a one-column file leave."""
    filled = np.flatnonzero(column.notna().to_numpy())
    return column.iloc[: int(filled[-1]) + 1 if filled.size else 0]


def read_column(path: Path, column: str | None) -> tuple[pd.Series[Any], int]:
    """One column as pandas reads it, and the file's row of its first cell.

    The first line is a header if a column is named, or if none of its cells is a number or a date.
    """
    first_line = read_header(path)
    header = column is not None or not any(cell[:1].isdigit() or cell[:1] in {"-", "+", "."} for cell in first_line)
    if column is not None:
        position = position_of(column, first_line, path)
    elif len(first_line) == 1:
        position = 0
    elif "timestamp" in first_line:
        position = first_line.index("timestamp")
    else:
        raise ValueError(f"{path.name}: which column? name one with `column`; it has {_listed(first_line)}")
    chosen = read_table(path, [position], header=header).iloc[:, 0]
    if len(first_line) == 1:
        chosen = without_blank_end(chosen)
    if chosen.empty:
        raise ValueError(f"{path.name}: holds no rows")
    return chosen, 2 if header else 1
