"""The runner: many tasks that know nothing of each other, on this machine's cores. The only parallel code."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeVar

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Workers:
    """Who runs the tasks: so many processes of this machine; one stands for this process itself."""

    processes: int = 1


ALONE = Workers()


def run(
    work: Callable[[Task], Outcome], tasks: Sequence[Task], workers: Workers = ALONE
) -> Iterator[tuple[int, Outcome]]:
    """Do ``work`` on each task; yields each task's number with what came of it, as they finish, in any order.

    ``work`` and tasks must be picklable if there is more than one worker.
    """
    if workers.processes == 1 or len(tasks) < 2:
        for number, task in enumerate(tasks):
            yield number, work(task)
        return
    processes = min(workers.processes, len(tasks))
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("forkserver")) as pool:
        futures = {pool.submit(work, task): number for number, task in enumerate(tasks)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
