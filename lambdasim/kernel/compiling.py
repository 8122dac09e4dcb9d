"""Compilation to machine code by numba (the ``fast`` extra); without numba the same functions run as Python.

Compiled functions must give what Python gives, bit by bit: hence neither ``fastmath`` nor ``parallel``. What was
compiled once is kept on disk, until a file changes that compiled code may come from: of this room, or of those that
it takes constants from. To import this module is to import numba, which takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
try:
    from numba import njit as _njit
except ImportError:  # it is an extra
    _njit = None

_PACKAGE = Path(__file__).parent.parent
_PYTHON = {
    "eligibility.py",
    "run.py",
    "outcome.py",
    "loading.py",
    "starts.py",
    "world.py",
    "kept_ready.py",
    "counting.py",
    "sharing.py",
}
"""Files of this room of which nothing is compiled in; of other rooms', these give constants:"""
_CONSTANTS = (
    "codes.py",
    "records.py",
    "units.py",
    *(
        f"metrics/{name}.py"
        for name in ("cloudwatch", "holding", "measures", "meters", "minutes", "provisioned_minutes", "sketch")
    ),
)


def available() -> bool:
    """Whether functions are compiled: numba is installed."""
    return _njit is not None


def compiled(function: _Function) -> _Function:
    """The function, compiled when it is first called; as it is, where numba is missing."""
    return _compiled(function, forceinline=False) if available() else function  # a caller's would be inherited


def inlined(function: _Function) -> _Function:
    """As ``compiled``, and written out wherever it is called: for what is short, or happens at every invocation."""
    return _compiled(function, forceinline=True) if available() else function


def _compiled(function: _Function, **options: Any) -> _Function:
    assert _njit is not None
    machine_code: Any
    try:
        machine_code = _njit(cache=True, **options)(function)
        # numba looks at the function's own file alone, though other files' functions and constants are compiled in.
        machine_code._cache._cache_file._source_stamp = _STAMP  # noqa: SLF001  # there is no other way to tell it
    except (RuntimeError, AttributeError):  # no folder can be written to, or this numba keeps its cache otherwise
        machine_code = _njit(**options)(function)
    compiled_function: _Function = machine_code
    return compiled_function


def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Name, age and size of each file that compiled code may come from."""
    room = [file for file in Path(__file__).parent.glob("*.py") if file.name not in _PYTHON]
    files = sorted([*room, *(_PACKAGE / name for name in _CONSTANTS)])
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


_STAMP = _stamp()
