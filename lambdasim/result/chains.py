"""Chains: one event followed through all that it caused, and how long that took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lambdasim.codes import Kept
from lambdasim.header import Family, Header
from lambdasim.metrics.measures import END_TO_END, ran, whole
from lambdasim.records import NEVER, Columns
from lambdasim.result.frames import event_frame, invocation_frame, name_of

if TYPE_CHECKING:
    import pandas as pd


def chain(invocations: Columns, events: Columns, header: Header, trigger: str, event: int) -> pd.DataFrame:
    """All that became known of the chain that an event belongs to, from its beginning, in the order of time.

    A row for each event and function, as in :func:`event_frame`, and, where a synchronous trigger began the chain, for
    each attempt of its event; ``log`` says which log the row is of. Of an attempt, ``attempts`` is its number,
    ``runs`` whether it ran, ``fate`` its outcome, and ``ended_us`` when it stopped running, or else was answered.
    Events that still waited when the run ended have no row.
    """
    import pandas as pd  # noqa: PLC0415  heavy

    begun_by, number = _origin(events, _trigger(header, trigger), event)
    caused = (whole(events, "origin_trigger") == begun_by) & (whole(events, "origin_event") == number)
    called = (whole(invocations, "trigger") == begun_by) & (whole(invocations, "event") == number)
    if header.triggers[begun_by].family is not Family.SYNCHRONOUS:
        called &= False  # its events have rows of their own
    rows = event_frame(_rows(events, caused), header)
    table = pd.concat([_attempts(_rows(invocations, called), header), rows.astype(dict.fromkeys(_TEXTS, str))])
    table.insert(0, "log", np.repeat(["invocations", "events"], [called.sum(), caused.sum()]))
    came_us = np.concatenate([whole(invocations, "invoked_us")[called], whole(events, "arrived_us")[caused]])
    order = np.lexsort((table["ended_us"], table["depth"], came_us))
    return table.iloc[order].reset_index(drop=True)


def end_to_end(events: Columns, header: Header, origin: str, end: str) -> pd.Series[float]:
    """For each event that began a chain at trigger ``origin``: milliseconds until its last success at trigger ``end``.

    From the arrival of the event at ``origin`` to the end of the last run that processed, with success, an event of
    ``end`` which it caused (directly or not; where ``end`` is ``origin``, it may be the event itself). The index is the
    event's number at ``origin``. Events that arrived in the warm-up are left out, and so is what has no success at
    ``end`` by the end of the run; what more of a chain was under way then can't be seen.

    Raises:
        ValueError: there is no such trigger, or ``end`` is a synchronous one, whose events begin chains and end none.
    """
    import pandas as pd  # noqa: PLC0415  heavy

    begun_by, last = _trigger(header, origin), _trigger(header, end)
    if header.triggers[last].family is Family.SYNCHRONOUS:
        raise ValueError(f"trigger {end!r} is synchronous: chains begin there, and end at triggers whose events wait")
    succeeded, took_us = END_TO_END.of(events)
    rows = succeeded & (whole(events, "origin_trigger") == begun_by) & (whole(events, "trigger") == last)
    rows &= whole(events, "origin_us") >= header.warm_up_us
    numbers, places = np.unique(whole(events, "origin_event")[rows], return_inverse=True)
    longest_us = np.zeros(numbers.size, dtype=np.int64)
    np.maximum.at(longest_us, places, took_us[rows])
    return pd.Series(longest_us / 1000, index=pd.Index(numbers, name="event"), name="end_to_end_ms")


_TEXTS = ("trigger", "function", "fate", "kept", "origin_trigger")


def _attempts(invocations: Columns, header: Header) -> pd.DataFrame:
    """Attempts of a called event, in the columns of :func:`event_frame`."""
    import pandas as pd  # noqa: PLC0415  heavy

    table, running = invocation_frame(invocations, header), ran(invocations)
    arrived_us = whole(invocations, "arrived_us")
    ended_us = np.where(running, whole(invocations, "ended_us"), whole(invocations, "answered_us"))
    took_ms = np.where(ended_us == NEVER, np.nan, (ended_us - arrived_us) / 1000)
    columns = {
        "event": table["event"],
        "trigger": table["trigger"].astype(str),
        "function": table["function"].astype(str),
        "arrived_us": arrived_us,
        "queued_us": NEVER,
        "ended_us": ended_us,
        "batch": -1,
        "attempts": table["attempt"],
        "runs": running.astype(np.int64),
        "fate": table["outcome"].astype(str),
        "kept": name_of(Kept.NOWHERE),
        "lane": -1,
        "origin_trigger": table["trigger"].astype(str),
        "origin_event": table["event"],
        "origin_us": arrived_us,
        "depth": 0,
        "latency_ms": took_ms,
        "end_to_end_ms": took_ms,
    }
    return pd.DataFrame(columns)


def _origin(events: Columns, trigger: int, event: int) -> tuple[int, int]:
    """Where the chain of an event began: (trigger, event); at itself, as far as is known."""
    own = np.flatnonzero((whole(events, "trigger") == trigger) & (whole(events, "event") == event))
    if own.size == 0:
        return trigger, event
    return int(events["origin_trigger"][own[0]]), int(events["origin_event"][own[0]])


def _trigger(header: Header, name: str) -> int:
    """The index of the trigger of that name."""
    names = [trigger.name for trigger in header.triggers]
    if name not in names:
        raise ValueError(f"there is no trigger {name!r}; known: {', '.join(names)}")
    return names.index(name)


def _rows(log: Columns, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Columns:
    return {name: values[rows] for name, values in log.items()}
