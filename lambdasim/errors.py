"""Everything that lambdasim raises on purpose, as one tree.

::

    LambdasimError
    ├── InputError          what the user wrote can't be simulated; carries every Problem at once
    ├── ParameterError      the parameter book has no such entry (it never guesses)
    ├── AnalysisError       what was asked has no answer, as simulations showed
    ├── WorkerError         those who should do the work died of it, or can't be had
    ├── FigureError         a result has nothing that the figure shows
    └── ResultError         a saved result can't be written, or read back
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the user's input: where it is, and what to do about it."""

    file: str
    line: int | None
    column: int | None
    path: str
    text: str

    def __str__(self) -> str:
        where = self.file
        if self.line is not None:
            where += f":{self.line}"
            if self.column is not None:
                where += f":{self.column}"
        return printable(f"{where}: {self.path}: {self.text}" if self.path else f"{where}: {self.text}")


def printable(text: str) -> str:
    r"""``text`` with what would steer a terminal, or break the line, written out.

    >>> printable("caf\u00e9 \x1b[31m")
    'café \\x1b[31m'
    """
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class LambdasimError(Exception):
    """The root of the tree: catch this to catch all of lambdasim's own errors."""


class InputError(LambdasimError):
    """What the user wrote can't be simulated; ``problems`` holds all that was found, in file order.

    ``after`` says what had been simulated before that was found; mostly nothing, and it is empty.
    """

    def __init__(self, problems: Iterable[Problem], after: str = "") -> None:
        self.problems, self.after = tuple(problems), after
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...], str]]:
        """Pickled by its problems: an exception's own way would take the text for them."""
        return type(self), (self.problems, self.after)


class ParameterError(LambdasimError):
    """The parameter book has no such entry; the message names the nearest ones."""


class AnalysisError(LambdasimError):
    """What was asked of an analysis has no answer, as simulations showed; the message says what else could be asked."""


class WorkerError(LambdasimError):
    """Processes or a cluster that should do the work can't be had, or died of it; the message names the work."""


class ResultError(LambdasimError):
    """A result can't be written to, or read from, the place that was named."""


class FigureError(LambdasimError):
    """A result has nothing that the figure shows: no cold start, no queue, no log; the message says what it lacks."""
