"""What the files of a result hold: JSON, or tables as CSV or Parquet. Equal contents are equal bytes."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lambdasim.result.frames import NAMED

if TYPE_CHECKING:
    import pandas as pd

PARQUET, CSV = ".parquet", ".csv.gz"  # of logs


def has_pyarrow() -> bool:
    """Whether Parquet can be written and read."""
    return find_spec("pyarrow") is not None


def log_format() -> tuple[Callable[[pd.DataFrame, IO[bytes]], None], str]:
    """What writes logs, and how their files' names end."""
    return (write_parquet, PARQUET) if has_pyarrow() else (write_csv_gz, CSV)


def write_json(document: Mapping[str, Any], file: IO[bytes]) -> None:
    """Write strict JSON, for people too."""
    file.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def write_bytes(page: bytes, file: IO[bytes]) -> None:
    """Write what is there as it is."""
    file.write(page)


def write_csv(table: pd.DataFrame, file: IO[bytes] | gzip.GzipFile) -> None:
    """Write a table in UTF-8, whatever the system's line ends."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    table.to_csv(text, index=False, lineterminator="\n")
    text.detach()


def write_csv_gz(table: pd.DataFrame, file: IO[bytes]) -> None:
    """Write a table packed."""
    # The name and time of writing, which gzip would put into the file, would make equal logs differ.
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        write_csv(table, packed)


def write_parquet(table: pd.DataFrame, file: IO[bytes]) -> None:
    """Write a table as Parquet."""
    table.to_parquet(file, engine="pyarrow", index=False)


def read_parquet(path: Path) -> pd.DataFrame:
    """The table that ``write_parquet`` wrote."""
    import pandas as pd  # noqa: PLC0415  heavy

    return pd.read_parquet(path, engine="pyarrow")


def read_csv(path: Path) -> pd.DataFrame:
    """The table that ``write_csv`` or ``write_csv_gz`` wrote."""
    import pandas as pd  # noqa: PLC0415  heavy

    # Names stay text, whatever they look like ("007", "NA"); a number that is not there is an empty field.
    names = dict.fromkeys(NAMED, str)
    return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])
