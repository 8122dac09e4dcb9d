"""The runner: many tasks that know nothing of each other, on this machine's cores or a cluster. The only parallel code.

Both are asked through the executor interface of ``concurrent.futures``. A task whose worker dies is done again, by
another one; what is wrong with the task itself is raised here as it was there.
"""

from __future__ import annotations

import pickle
import traceback
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lambdasim.analysis.pools import Cluster, Processes
from lambdasim.errors import InputError, LambdasimError, Problem, WorkerError
from lambdasim.result.versions import deciding_versions

ATTEMPTS = 3  # workers that a task may die with
PATIENCE_S = 60  # with a pool that finishes nothing, until it is asked whether it has workers
_SHOWN = 200  # characters of a task's text

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Workers:
    """Who runs the tasks: so many processes of this machine (one stands for this process itself), or a Dask cluster.

    ``cluster`` is the address of its scheduler, ``tcp://10.0.0.7:8786``; then ``processes`` says nothing.
    """

    processes: int = 1
    cluster: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.processes, int) or self.processes < 1:
            text = f"expected a whole number, 1 or more, found {self.processes!r}"
            raise InputError([Problem("Workers", None, None, "processes", text)])


ALONE = Workers()


def run(
    work: Callable[[Task], Outcome], tasks: Sequence[Task], workers: Workers = ALONE
) -> Generator[tuple[int, Outcome], None, None]:
    """Do ``work`` on each task; yields each task's number with what came of it, as they finish, in any order.

    ``work`` and tasks must be picklable if there is more than one worker; ``str(task)`` names a task in messages. Only
    a few tasks are handed out at a time. Who stops asking closes the iterator (``contextlib.closing``): what is under
    way is then given up.

    Raises:
        WorkerError: a task's workers died again and again, or there are no workers.
        Exception: what ``work`` raised, with a note that names the task.
    """
    if workers.cluster is None and (workers.processes == 1 or len(tasks) < 2):
        for number, task in enumerate(tasks):
            try:
                outcome = work(task)
            except Exception as error:
                error.add_note(f"in {_named(number, tasks)}")
                raise
            yield number, outcome
    elif tasks:
        yield from _Dispatch(work, tasks, workers).outcomes()


def _named(number: int, tasks: Sequence[Any]) -> str:
    text = str(tasks[number])
    return f"task {number + 1} of {len(tasks)} ({text if len(text) <= _SHOWN else f'{text[:_SHOWN]}...'})"


class _Dispatch(Generic[Task, Outcome]):
    """Hands tasks out, takes outcomes in, and hands out again what a worker died with."""

    def __init__(self, work: Callable[[Task], Outcome], tasks: Sequence[Task], workers: Workers) -> None:
        self._work, self._tasks, self._workers = work, tasks, workers
        self._waiting = deque(range(len(tasks)))
        self._under_way: dict[Future[Outcome | _Failure], int] = {}
        self._losses = Counter[int]()
        self._pool = self._new_pool()

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """Each task's number with its outcome."""
        finished = False
        try:
            while self._waiting or self._under_way:
                broken = self._hand_out()
                done = wait(self._under_way, PATIENCE_S, FIRST_COMPLETED).done
                if not done and self._under_way:
                    self._pool.check()
                for future in done:
                    number = self._under_way.pop(future)
                    try:
                        outcome = future.result()
                    except (*self._pool.deaths, *self._pool.ends) as loss:
                        self._lost(number)
                        broken = broken or isinstance(loss, self._pool.ends)
                    except Exception as error:  # noqa: BLE001  raised again
                        raise self._blamed(self._pool.explained(error), number) from None
                    else:
                        if isinstance(outcome, _Failure):
                            raise self._blamed(outcome.error, number)
                        yield number, outcome
                if broken:
                    self._start_again()
            finished = True
        finally:
            self._pool.close(give_up=not finished)

    def _hand_out(self) -> bool:
        """Submit as many tasks as there is room for; whether the pool turned out to be broken.

        A task that two workers died with goes alone: if a third one dies, there is no doubt of what.
        """
        while self._waiting and len(self._under_way) < self._pool.room:
            number = self._waiting[0]
            if self._under_way and any(self._losses[n] > 1 for n in (number, *self._under_way.values())):
                break
            del self._waiting[0]
            try:
                self._under_way[self._pool.submit(_attempt, self._work, self._tasks[number], deciding_versions())] = (
                    number
                )
            except self._pool.ends:
                self._lost(number)
                return True
        return False

    def _lost(self, number: int) -> None:
        """A worker died, maybe of this task: it is the next to be done again, unless that was tried often enough."""
        self._losses[number] += 1
        if self._losses[number] == ATTEMPTS:
            raise WorkerError(
                f"{_named(number, self._tasks)}: the workers that had it died, {ATTEMPTS} times; if memory ran out, "
                "fewer workers, `--log none` or a shorter duration need less"
            )
        self._waiting.appendleft(number)

    def _start_again(self) -> None:
        """A new pool; what was under way in the broken one, and has no outcome, is lost with it."""
        self._pool.close(give_up=True)
        for future, number in reversed(self._under_way.items()):
            if not future.done() or future.cancelled() or future.exception() is not None:
                self._lost(number)
        waiting = set(self._waiting)
        self._under_way = {future: number for future, number in self._under_way.items() if number not in waiting}
        self._pool = self._new_pool()

    def _new_pool(self) -> Processes | Cluster:
        if self._workers.cluster is not None:
            return Cluster(self._workers.cluster)
        return Processes(min(self._workers.processes, len(self._tasks)), needs_main=self._work.__module__ == "__main__")

    def _blamed(self, error: Exception, number: int) -> Exception:
        error.add_note(f"in {_named(number, self._tasks)}")
        return error


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a task raised, brought back as a value: so an error looks the same wherever it comes from."""

    error: Exception


def _attempt(work: Callable[[Task], Outcome], task: Task, wanted: Mapping[str, str]) -> Outcome | _Failure:
    """Do a task in a worker, with the versions that are ``wanted``."""
    if (here := deciding_versions()) != wanted:
        ours, theirs = (", ".join(f"{name} {version}" for name, version in kit.items()) for kit in (wanted, here))
        return _Failure(
            WorkerError(f"a worker runs {theirs}; here it is {ours}: numbers could differ, so use equal ones")
        )
    try:
        return work(task)
    except Exception as error:  # noqa: BLE001  it is raised where the outcome is asked for
        return _Failure(_portable(error))


def _portable(error: Exception) -> Exception:
    """The error, or one that says the same if it can't travel; where it was raised is told unless it is one of ours."""
    told = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    except Exception:  # noqa: BLE001  whatever its pickling does
        error = RuntimeError(f"{type(error).__name__}: {error}")
    if not isinstance(error, LambdasimError | MemoryError):
        error.add_note(f"in a worker:\n{told}")
    return error
