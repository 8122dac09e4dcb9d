"""Files that a verb writes beside what it prints: whole or not at all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

from lambdasim.errors import InputError, Problem


def check_place(path: Path, option: str) -> None:
    """See that a file can be written to ``path``, before the work that fills it; leaves no trace.

    Raises:
        InputError: it is a folder, a device or a pipe, or its folder is not there or can't be written to.
    """
    try:
        if path.is_dir():
            reason = "it is a folder; name a file"
        elif path.exists() and not path.is_file():
            reason = "it is a device or a pipe, which can't be replaced; name a file"
        elif not path.parent.is_dir():
            reason = f"there is no folder {str(path.parent)!r}"
        else:
            with TemporaryFile(dir=path.parent):
                return
    except OSError as error:
        reason = error.strerror or str(error)
    raise InputError([Problem(option, None, None, str(path), f"can't write it: {reason}")])


def write_file(path: Path, content: bytes) -> None:
    """Write a file under a temporary name beside its own, then move it there.

    Raises:
        ResultError: that failed; what was at ``path`` before is still there.
    """
    from lambdasim.result.whole_file import whole_file  # noqa: PLC0415 - keeps --help fast

    with whole_file(path) as file:
        file.write(content)
