"""Work that tests hand out: it is imported by workers, so it stands in a module of its own."""

import os
import signal
import time
from pathlib import Path

from lambdasim.errors import InputError, Problem


def square(number):
    return number * number


def die_of_three(number):
    """The third task kills whoever has it."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return number


def die_once(task):
    """The first time, and only then, the task kills whoever has it."""
    number, folder = task
    with (Path(folder) / f"attempts-{number}").open("a", encoding="utf-8") as file:
        file.write("x")
        attempt = file.tell()
    if number == 3 and attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail_at_three(number):
    if number == 3:
        raise ZeroDivisionError("no three")
    return number


class OddError(Exception):
    """An error that can't be put together again from what its text says."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def fail_oddly(number):
    raise OddError(number, "more")


def refuse(number):
    raise InputError([Problem("a.yaml", 3, number, "duration", "too long"), Problem("a.yaml", 4, None, "", "and more")])


def leave(_number):
    raise SystemExit(7)


def tell_and_wait(folder):
    """Tell who has it, then take long."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)


def run_out_of_memory(_number):
    raise MemoryError
