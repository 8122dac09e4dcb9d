"""Tidy tables of estimates, and the files that hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from lambdasim.analysis.intervals import Estimate
from lambdasim.analysis.observations import Design
from lambdasim.errors import ResultError
from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    import pandas as pd

CSV, PARQUET = ".csv", ".parquet"
_BEGINNINGS = {CSV: b"point,", PARQUET: b"PAR1"}  # of a table that may be written over


def tidy(
    points: Sequence[Mapping[str, str]],
    measures: Sequence[Measure],
    estimates: Sequence[Sequence[Estimate]],
    design: Design,
) -> pd.DataFrame:
    """A row for each point and measure; see :attr:`lambdasim.analysis.sweep.Sweep.frame`."""
    import pandas as pd  # noqa: PLC0415  heavy

    rows = [(point, measure) for point in range(len(points)) for measure in range(len(measures))]
    columns: dict[str, list[Any]] = {"point": [point + 1 for point, _ in rows]}
    for path in points[0]:
        values = _typed([point[path] for point in points])
        columns[path] = [values[point] for point, _ in rows]
    cells = [estimates[point][measure] for point, measure in rows]
    has_interval = [not math.isnan(cell.low) for cell in cells]
    return pd.DataFrame(
        {
            **columns,
            "measure": [measures[measure].text for _, measure in rows],
            "estimate": [cell.value if told else math.nan for cell, told in zip(cells, has_interval, strict=True)],
            "low": [cell.low for cell in cells],
            "high": [cell.high for cell in cells],
            "confidence": design.confidence,
            "method": [cell.method for cell in cells],
            "replications": [cell.n for cell in cells],
        }
    )


def _typed(texts: Sequence[str]) -> Sequence[Any]:
    """Numbers if all are bare numbers: whole ones if all are whole."""
    for kind in (int, float):
        with suppress(ValueError):
            numbers = [kind(text) for text in texts]
            if all(map(math.isfinite, numbers)):
                return numbers
    return texts


def checked_place(path: Path) -> Path:
    """See that a table can be written to ``path``, before the work that fills it; leaves no trace.

    Raises:
        ResultError: its name says no format, it is something else's, or can't be written to.
    """
    if path.suffix not in _BEGINNINGS:
        raise ResultError(f"{path}: the name says no format; end it in {CSV} or {PARQUET}")
    if path.suffix == PARQUET and find_spec("pyarrow") is None:
        raise ResultError(
            f"{path}: writing it takes pyarrow; run: pip install 'lambdasim-aws[parquet]', or end it in {CSV}"
        )
    try:
        if path.exists():
            with path.open("rb") as file:
                if file.read(6)[: len(_BEGINNINGS[path.suffix])] != _BEGINNINGS[path.suffix]:
                    raise ResultError(f"{path}: holds something else than a sweep's table; name another file")
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all.

    Raises:
        ResultError: that failed; what was at ``path`` before is still there.
    """
    draft = path.with_name(f".{path.name}.partial")
    try:
        if path.suffix == CSV:
            frame.to_csv(draft, index=False, lineterminator="\n", encoding="utf-8")
        else:
            frame.to_parquet(draft, engine="pyarrow", index=False)
        draft.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def read_frame(path: Path) -> pd.DataFrame:
    """The table in a file, every cell as text; an empty one where there is no number.

    Raises:
        ResultError: there is no such file, or it can't be read.
    """
    import pandas as pd  # noqa: PLC0415  heavy

    if path.suffix == PARQUET and find_spec("pyarrow") is None:
        raise ResultError(f"{path}: reading it takes pyarrow; run: pip install 'lambdasim-aws[parquet]'")
    try:
        if path.suffix == PARQUET:
            frame = pd.read_parquet(path, engine="pyarrow")
            return frame.astype(object).where(frame.notna(), "nan").astype(str)
        return pd.read_csv(path, dtype=str, keep_default_na=False).replace("", "nan")
    except FileNotFoundError:
        raise ResultError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:  # pyarrow's and pandas' errors of parsing are ValueErrors
        raise ResultError(f"{path}: can't be read: {error}") from None


def _unwritable(path: Path, error: OSError) -> ResultError:
    reason = "there is no such folder" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    return ResultError(f"{path}: can't be written: {reason}; name another file, or set that right")
