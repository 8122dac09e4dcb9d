"""Small scenarios of streams: read as soon as written unless a test says otherwise, waits without jitter."""

from __future__ import annotations

from typing import Any

from lambdasim.codes import Fate, Kept
from tests.worlds import rows, run, world

S = 1_000_000
DAY = 24 * 3600 * S
AT_ONCE = {  # polls at every microsecond, and nothing takes time on its way
    f"triggers/streams/{path}": value
    for path, value in {
        "kinesis/polls_per_second": 1_000_000,
        "kinesis/propagation": "0 s",
        "kinesis/read/calls_per_second": 1_000_000,
        "kinesis/read/mb_per_second": 1_000_000,
        "dynamodb_streams/polls_per_second": 1_000_000,
        "dynamodb_streams/propagation": "0 s",
        "mapping/backoff/jitter": 0,
    }.items()
}


def stream(trigger: dict[str, Any], *, as_measured: bool = False, **changes: Any) -> dict[str, Any]:
    """A function ``f`` of one second, started for nothing, that reads a Kinesis stream ``t`` of one shard.

    ``as_measured`` leaves the polls and delays as the parameter book has them.
    """
    changes["parameters"] = {**({} if as_measured else AT_ONCE), **changes.get("parameters", {})}
    document = world(**{"init": {"duration": "0 s"}, **changes})
    if "triggers" not in changes:
        document["triggers"] = {}
    document["triggers"]["t"] = {"type": "kinesis", "target": "f", **trigger}
    return document


def backlog(records: int, **trigger: Any) -> dict[str, Any]:
    """A trigger whose records all lie in the stream at the start."""
    return {"starting_position": "TRIM_HORIZON", "backlog": records, **trigger}


def events(result: Any, trigger: int = 0) -> list[dict[str, Any]]:
    """A trigger's rows of the event log as dicts, by event and function, with codes as enum members."""
    columns = result.event_columns
    table = [dict(zip(columns, map(int, values), strict=True)) for values in zip(*columns.values(), strict=True)]
    for row in table:
        row["fate"], row["kept"] = Fate(row["fate"]), Kept(row["kept"])
    return sorted((row for row in table if row["trigger"] == trigger), key=lambda row: (row["event"], row["function"]))


def outcome(document: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Run it: the rows of the invocations, those of the events of ``t``, and what the summary says of ``t``."""
    result = run(document)
    index = list(document["triggers"]).index("t")
    return (
        [row for row in rows(result) if row["trigger"] == index],
        events(result, index),
        result.summary()["triggers"]["t"],
    )
