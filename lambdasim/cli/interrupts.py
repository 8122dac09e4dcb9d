"""Ctrl-C that can't get lost.

Python raises KeyboardInterrupt wherever it happens to be. Inside an import, or a validator called from compiled code,
libraries swallow it or turn it into an error of theirs; so it is remembered too, and asked for between the steps.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Self


class Interrupts:
    """Within it, ``came`` tells whether Ctrl-C was pressed; a process that was told to ignore Ctrl-C still does."""

    def __init__(self) -> None:
        self.came = False
        self._listens = signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def __enter__(self) -> Self:
        if self._listens:
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._listens:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed before."""
        if self.came:
            raise KeyboardInterrupt
