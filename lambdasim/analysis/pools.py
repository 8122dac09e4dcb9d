"""Pools of workers, for the runner alone: processes of this machine, and a Dask cluster through its executor.

Both take calls and give futures of ``concurrent.futures``. ``room`` is how many calls are handed out at a time;
``deaths`` are what a future raises if its worker died, ``ends`` if the pool did.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from types import ModuleType
from typing import Any

from lambdasim.errors import WorkerError

REACHED_WITHIN_S = 10
_PRELOADED = ["lambdasim.analysis.observations"]
_DASK_LOGS = (
    *("distributed", "distributed.client", "distributed.comm", "distributed.core", "distributed.utils"),
    "tornado.application",
)
_FORKS = "forkserver" in multiprocessing.get_all_start_methods()
_HANDED_OUT = 32  # to a cluster at least: it may grow


def prepare() -> None:
    """Begin to start what processes are forked from: a second of imports, while there is other work to do."""
    if _FORKS:
        multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)
        resource_tracker.ensure_running()  # on its own: it unblocks Ctrl-C when it is done
        with _started_quietly(needs_main=False):
            forkserver.ensure_running()


class Processes:
    """A pool of this machine's processes.

    ``needs_main``: whether the calls lead into the main module, which each process then imports.
    """

    deaths: tuple[type[BaseException], ...] = ()
    ends: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(self, processes: int, *, needs_main: bool) -> None:
        prepare()
        context = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
        self._executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_settle)
        self._needs_main = needs_main
        self.room = 3 * processes

    def submit(self, *call: Any) -> Future[Any]:
        """Hand out a call; a process is started if there are not yet all of them."""
        try:
            with _started_quietly(needs_main=self._needs_main):
                return self._executor.submit(*call)
        except OSError as error:
            raise WorkerError(f"a process can't be started: {error.strerror}; try fewer workers") from error

    def check(self) -> None:
        """Nothing to see to: a process that is lost makes itself known."""

    def explained(self, error: Exception) -> Exception:
        """The error of a call that didn't reach its worker, or came back from there in pieces: it speaks for itself."""
        return error

    def close(self, *, give_up: bool) -> None:
        """Let the processes go; in the middle of their work if that is given up."""
        if give_up:
            for process in list((self._executor._processes or {}).values()):  # noqa: SLF001  public only from 3.14 on
                process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _started_quietly(*, needs_main: bool) -> Iterator[None]:
    """Start processes that Ctrl-C doesn't reach, and that don't run the user's script again.

    Python would have each import the main module, although all that it needs is in ours: a script without ``if __name__
    == "__main__"`` would begin its sweep once more in every process.
    """
    main = sys.modules["__main__"]
    with _without_interrupts():
        try:
            if not needs_main:
                sys.modules["__main__"] = ModuleType("__main__")
            yield
        finally:
            sys.modules["__main__"] = main


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Put Ctrl-C off until after: a process that is half started is known to nobody, and would be left behind.

    What is started inherits that the signal is blocked. Here that is not enough: another thread may get it, and Python
    would raise it in this one all the same.
    """
    before, came = signal.getsignal(signal.SIGINT), list[int]()
    here = callable(before) and threading.current_thread() is threading.main_thread()
    if here:
        signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if here:
            signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


def _settle() -> None:
    """What a process does first: leave Ctrl-C to its parent, and see that it does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Cluster:
    """A Dask cluster: a scheduler and workers, each with lambdasim installed.

    Raises:
        WorkerError: Dask is not installed here, or the cluster can't be reached.
    """

    ends: tuple[type[BaseException], ...] = (CancelledError,)  # its futures', when the scheduler is lost

    def __init__(self, address: str) -> None:
        try:
            import dask  # noqa: PLC0415  slow to load, and an extra
            import distributed  # noqa: PLC0415
        except ImportError as error:
            text = "a cluster takes Dask, which is not installed here; run: pip install 'lambdasim-aws[dask]'"
            raise WorkerError(text) from error
        self.deaths: tuple[type[BaseException], ...] = (distributed.KilledWorker,)
        self._address = address
        self._settings: Any = dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})
        self._levels = {name: logging.getLogger(name).level for name in _DASK_LOGS}
        for name in _DASK_LOGS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what goes wrong is told by errors
        try:
            client: Any = type("Client", (distributed.Client,), {"__del__": _nothing})
            self._client = _within(
                REACHED_WITHIN_S + 1, lambda: client(address, timeout=REACHED_WITHIN_S, set_as_default=False)
            )
        except Exception as error:  # noqa: BLE001  whatever Dask makes of it
            self._restore()
            text = f"the cluster at {address} can't be reached: {error}; does its scheduler run there?"
            raise WorkerError(text) from None
        self._executor = self._client.get_executor(pure=False)
        self.room = max(_HANDED_OUT, 4 * sum(self._client.nthreads().values()))

    def submit(self, *call: Any) -> Future[Any]:
        """Hand out a call; ``CancelledError`` if the scheduler is lost."""
        try:
            future: Future[Any] = self._executor.submit(_lambdasim_call, pickle.dumps(call))
        except Exception as error:
            if self._client.status == "running":
                raise
            raise CancelledError from error
        return future

    def check(self) -> None:
        """See that there is somebody to wait for; ``WorkerError`` if not."""
        with suppress(OSError, TimeoutError):
            if self._client.status == "running" and not self._client.nthreads():
                raise WorkerError(
                    f"the cluster at {self._address} has no workers; start some: dask worker {self._address}"
                )

    def explained(self, error: Exception) -> Exception:
        """The error of a call that didn't get as far as the work: as a rule, there is no lambdasim there."""
        if isinstance(error, ImportError):
            return WorkerError(
                f"a worker of the cluster at {self._address} can't take work: {error}; install there what is installed "
                "here, with pip install 'lambdasim-aws[dask]'"
            )
        return error

    def close(self, *, give_up: bool) -> None:  # noqa: ARG002  what is not done is cancelled with the client
        """Leave the cluster to others."""
        with suppress(OSError, TimeoutError):
            self._client.close(timeout=2)
        self._restore()

    def _restore(self) -> None:
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        self._settings.__exit__(None, None, None)


def _within(seconds: float, make: Callable[[], Any]) -> Any:
    """What ``make`` returns or raises, or ``TimeoutError``: Dask waits for ever on who listens and never answers."""
    made: list[Any] = []

    def attempt() -> None:
        try:
            made.append(make())
        except Exception as error:  # noqa: BLE001  raised below
            made.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if not made:
        raise TimeoutError(f"no answer within {REACHED_WITHIN_S} s")
    if isinstance(made[0], Exception):
        raise made[0]
    return made[0]


def _nothing(_client: Any) -> None:
    """Dask's way to let go of a client that never reached its cluster would wait for it once more, and complain."""


def _lambdasim_call(packed: bytes) -> Any:
    """Do a call that comes packed; this function itself is sent whole, so a worker without lambdasim can say so."""
    import pickle  # noqa: PLC0415  it has nothing but what it brings along

    function, *arguments = pickle.loads(packed)  # noqa: S301  our own
    return function(*arguments)


_lambdasim_call.__module__ = "__main__"  # what a worker can't import is sent by value
