"""A progress bar for people: on a terminal that can redraw a line, for work that takes more than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

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
    showing = Timer(SHOW_AFTER_S, bar.start)  # whatever the work is busy with, and may not report from
    showing.daemon = True
    showing.start()
    try:
        yield lambda share: bar.update(task, completed=share)
    finally:
        showing.cancel()
        showing.join()
        bar.stop()
