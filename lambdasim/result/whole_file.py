"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from lambdasim.errors import ResultError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, under a temporary name beside ``path``; it moves there if the block ends without an error.

    A link stays: what it leads to is written.

    Raises:
        ResultError: writing failed; what was at ``path`` before is still there.
    """
    place = path.resolve()
    draft = place.with_name(f".{place.name}.partial")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(place)
    except OSError as error:
        raise ResultError(f"{path}: can't write it: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
