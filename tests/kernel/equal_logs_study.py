"""A hundred thousand generated worlds under both engines: equal logs, and how often each thing happened in them.

python -m tests.kernel.equal_logs_study results/validation
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from lambdasim.analysis.runner import Workers, run
from tests.kernel.equal_worlds import QUICK_WORLDS, SLOW_WORLDS
from tests.kernel.happenings import HAPPENINGS
from tests.kernel.tallying import ROWS, WITHOUT_LOG, WORLDS, tally_of

BATCH = 1000
BATCHES = 100
FIRST_SEED = 1000  # the tests of `make test` have lower ones
PAGE = """# Equal logs: the compiled engine against SimPy

    python -m tests.kernel.equal_logs_study results/validation

**{worlds:,} worlds, {rows:,} rows of invocation and environment logs: {differences} differences.**

Hypothesis draws small worlds over all that the compiled engine covers, crowded and full of ties, half of seconds to
minutes, half of minutes to hours (`tests/kernel`: `equal_worlds`, `paces`, `functions`, `overrides`). Both engines run
each. Compared are the logs of invocations, events, environments, changes and provisioned concurrency, row by row, every
column with its type; the metrics minute by minute; the summary's bytes; and which entries of the parameter book were
used. {without_log:,} of the worlds were run without a log, too. {batches} batches of {batch:,} worlds, seeds {first} to
{last}; a faster form, with seeds of its own, is part of `make test`.

In how many of the worlds each thing happened, or was set:

{table}
"""


class Task(NamedTuple):
    """One batch: from which seed, and at which pace."""

    number: int
    slow: bool


def batch(task: Task) -> Counter[str]:
    """The tally of one batch; raises at the first difference."""
    return tally_of(SLOW_WORLDS if task.slow else QUICK_WORLDS, BATCH, task.number)


def studied(batches: int, workers: Workers) -> Counter[str]:
    """The tally of so many batches, half of them slow."""
    tasks = [Task(FIRST_SEED + number, slow=number % 2 == 1) for number in range(batches)]
    total: Counter[str] = Counter()
    began_s = time.monotonic()
    with closing(run(batch, tasks, workers)) as finished:
        for done, (_, tally) in enumerate(finished, start=1):
            total.update(tally)
            told = f"{done} of {batches} batches, {total[WORLDS]:,} worlds, {total[ROWS]:,} rows: no difference"
            print(f"{told} ({time.monotonic() - began_s:.0f} s)", file=sys.stderr, flush=True)
    return total


def page_of(tally: Counter[str], batches: int) -> str:
    """The page: it is only written if nothing differed."""
    rows = [f"| {name} | {tally[name]:,} |" for name in HAPPENINGS]
    return PAGE.format(
        worlds=tally[WORLDS],
        rows=tally[ROWS],
        differences=0,
        without_log=tally[WITHOUT_LOG],
        batches=batches,
        batch=BATCH,
        first=FIRST_SEED,
        last=FIRST_SEED + batches - 1,
        table="\n".join(["| what | worlds |", "| --- | ---: |", *rows]),
    )


def main(folder: Path) -> None:
    """Run the study and write the page."""
    text = page_of(studied(BATCHES, Workers(os.cpu_count() or 1)), BATCHES)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "equal_logs.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
