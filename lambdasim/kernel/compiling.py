"""Compilation to machine code by numba (the ``fast`` extra).

Compiled functions must give what Python gives, bit by bit: hence neither ``fastmath`` nor ``parallel``. What was
compiled once is kept on disk, until a file changes that compiled code may come from: of this room, or of those that
it takes constants from. To import this module is to import numba, which takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])

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


def compiled(function: _Function) -> _Function:
    """The function, compiled when it is first called."""
    return _compiled(function, forceinline=False)  # else it would inherit its caller's


def inlined(function: _Function) -> _Function:
    """As ``compiled``, and written out wherever it is called: for what is short, or happens at every invocation."""
    return _compiled(function, forceinline=True)


def must_be_compiled(function: Any) -> bool:
    """Whether what ``compiled`` returned has yet to be compiled, and that is not on disk either."""
    try:
        return not function.signatures and not function._cache._cache_file._load_index()  # noqa: SLF001  # as below
    except AttributeError:  # nothing is kept
        return True


def _compiled(function: _Function, *, forceinline: bool) -> _Function:
    machine_code: Any
    try:
        machine_code = njit(cache=True, forceinline=forceinline)(function)
        # numba looks at the function's own file alone, though other files' functions and constants are compiled in.
        machine_code._cache._cache_file._source_stamp = _STAMP  # noqa: SLF001  # there is no other way to tell it
    except (RuntimeError, AttributeError):  # no folder can be written to, or this numba keeps its cache otherwise
        machine_code = njit(forceinline=forceinline)(function)
    compiled_function: _Function = machine_code
    return compiled_function


def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Name, age and size of each file that compiled code may come from."""
    room = [file for file in Path(__file__).parent.glob("*.py") if file.name not in _PYTHON]
    files = sorted([*room, *(_PACKAGE / name for name in _CONSTANTS)])
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


_STAMP = _stamp()
