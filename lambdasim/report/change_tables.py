"""The report's tables on what changed during the run, and on what functions connect to."""

from __future__ import annotations

from collections.abc import Sequence

from lambdasim.display.numbers import instant, number
from lambdasim.display.table import Summary, Table, table


def downstream_table(downstream: Summary) -> Table:
    """How many connections each downstream had, against how many it takes."""
    columns = ("downstream", "takes", "mean connections", "max connections", "minutes over", "first over at")
    rows = [
        (
            name,
            number(found["max_connections"]),
            *(number(found["connections"][key]) for key in ("mean", "max")),
            *(
                (number(found["minutes_over"]), _instant(found["first_over_s"]))
                if found["max_connections"]
                else ("-", "-")
            ),
        )
        for name, found in downstream.items()
    ]
    return table("Connections", columns, rows, "downstream")


def _instant(seconds: float | None) -> str:
    return "-" if seconds is None else instant(seconds)


def changes_table(changes: Sequence[Summary], most: int | None = None) -> Table:
    """What changed when; ``most`` keeps it to the first so many.

    What auto scaling wants is left out: it is said again by what is asked for, version by version.
    """
    changes = [change for change in changes if change["change"] != "autoscaled"]
    rows = [(instant(change["at_s"]), change["subject"], change["text"]) for change in changes[:most]]
    rest = len(changes) - len(rows)
    title = "Changes" if not rest else f"Changes: the first {len(rows)} of {len(changes):,}"
    return table(title, ("at", "what", "change"), rows, "what", "change")
