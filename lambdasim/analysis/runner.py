"""The runner: many tasks that know nothing of each other, on this machine's cores or a cluster. The only parallel code.

Both are asked through the executor interface of ``concurrent.futures``. A task whose worker dies is done again, by
another one; what is wrong with the task itself is raised here as it was there.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

from lambdasim.errors import LambdasimError, WorkerError
from lambdasim.result.versions import versions

ATTEMPTS = 3  # workers that a task may die with
REACHED_WITHIN_S = 10
PATIENCE_S = 60  # with a cluster that has no worker yet
_PRELOADED = ["lambdasim.analysis.observations"]
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


ALONE = Workers()


def run(
    work: Callable[[Task], Outcome], tasks: Sequence[Task], workers: Workers = ALONE
) -> Iterator[tuple[int, Outcome]]:
    """Do ``work`` on each task; yields each task's number with what came of it, as they finish, in any order.

    ``work`` and tasks must be picklable if there is more than one worker; ``str(task)`` names a task in messages. Only a
    few tasks are handed out at a time. Who stops asking closes the iterator (``contextlib.closing``): what is under way
    is then given up.

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
                    except Exception as error:
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
                self._under_way[self._pool.submit(_attempt, self._work, self._tasks[number], versions())] = number
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

    def _new_pool(self) -> _Processes | _Cluster:
        if self._workers.cluster is not None:
            return _Cluster(self._workers.cluster)
        return _Processes(min(self._workers.processes, len(self._tasks)), needs_main=self._work.__module__ == "__main__")

    def _blamed(self, error: Exception, number: int) -> Exception:
        error.add_note(f"in {_named(number, self._tasks)}")
        return error


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a task raised, brought back as a value: so an error looks the same wherever it comes from."""

    error: Exception


def _attempt(work: Callable[[Task], Outcome], task: Task, wanted: Mapping[str, str]) -> Outcome | _Failure:
    """Do a task in a worker, with the versions of everything that are ``wanted``."""
    if versions() != wanted:
        ours, theirs = (", ".join(f"{name} {version}" for name, version in kit.items()) for kit in (wanted, versions()))
        return _Failure(WorkerError(f"a worker runs {theirs}; here it is {ours}: numbers could differ, so use equal ones"))
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


class _Processes:
    """A pool of this machine's processes."""

    deaths: tuple[type[BaseException], ...] = ()
    ends: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(self, processes: int, *, needs_main: bool) -> None:
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            context.set_forkserver_preload(_PRELOADED)  # once: the children are forked with all of it
        self._executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_settle)
        self._needs_main = needs_main
        self.room = 3 * processes

    def submit(self, *call: Any) -> Future[Any]:
        """Hand out a call; a process is started if there are not yet all of them."""
        try:
            with _quiet_start(needs_main=self._needs_main):
                return self._executor.submit(*call)
        except OSError as error:
            raise WorkerError(f"a process can't be started: {error.strerror}; try fewer workers") from error

    def check(self) -> None:
        """Processes that are there can be waited for."""

    def explained(self, error: Exception) -> Exception:
        """Nothing needs explaining."""
        return error

    def close(self, *, give_up: bool) -> None:
        """Let the processes go; in the middle of their work if that is given up."""
        if give_up:
            for process in list((self._executor._processes or {}).values()):  # noqa: SLF001  public only from 3.14 on
                process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _quiet_start(*, needs_main: bool) -> Iterator[None]:
    """Start processes that Ctrl-C doesn't reach, and that don't run the user's script again.

    A process inherits which signals are blocked. And Python would have it import the main module, although all that it
    needs is in ours: a script without ``if __name__ == "__main__"`` would start its sweep once more in every process.
    """
    main = sys.modules["__main__"]
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        if not needs_main:
            sys.modules["__main__"] = ModuleType("__main__")
        yield
    finally:
        sys.modules["__main__"] = main
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _settle() -> None:
    """What a process does first: leave Ctrl-C to its parent, and go with it, even if that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := multiprocessing.parent_process()) is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


class _Cluster:
    """A Dask cluster: a scheduler and workers, each with lambdasim installed."""

    ends: tuple[type[BaseException], ...] = (CancelledError,)  # as the connection to the scheduler is lost

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker  # noqa: PLC0415  slow to load, and an extra
        except ImportError as error:
            text = "a cluster takes Dask's `distributed`, which is not installed; run: pip install 'lambdasim-aws[dask]'"
            raise WorkerError(text) from error
        self.deaths: tuple[type[BaseException], ...] = (KilledWorker,)
        self._address = address
        self._level = (log := logging.getLogger("distributed")).level
        log.setLevel(logging.CRITICAL)  # what goes wrong is told here
        try:
            self._client = Client(address, timeout=REACHED_WITHIN_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            log.setLevel(self._level)
            raise WorkerError(f"the cluster at {address} can't be reached: {_first_line(error)}; is its scheduler running there?") from error
        self._executor: Executor = self._client.get_executor(pure=False)
        self.room = max(32, 4 * sum(self._client.nthreads().values()))
