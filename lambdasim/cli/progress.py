"""A progress bar for people: on a terminal that can redraw a line, for work that takes more than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lambdasim.cli.output import is_dumb

SHOW_AFTER_S = 2.0


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float], None] | None]:
    """Yields what ``simulate`` reports its share of done work to; ``None`` where nobody watches."""
    if sys.stderr is None or not sys.stderr.isatty() or is_dumb():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal
    from rich.progress import Progress  # noqa: PLC0415

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=1.0)
    began_s = time.perf_counter()
    shown = False

    def report(share: float) -> None:
        nonlocal shown
        if not shown and time.perf_counter() - began_s > SHOW_AFTER_S:
            bar.start()
            shown = True
        bar.update(task, completed=share)

    try:
        yield report
    finally:
        if shown:
            bar.stop()
