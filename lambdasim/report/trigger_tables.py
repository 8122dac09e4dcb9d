"""The report's tables of triggers, a shape for each family: who waits for the answer, and who has what waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdasim.display.numbers import milliseconds, number
from lambdasim.display.table import QUANTILES, Row, Summary, Table, spread, table
from lambdasim.header import FAMILIES, Family

# By title, and then by heading: where in a trigger's summary the number is.
_EVENTS = {"events": "events", "filtered": "filtered", "batches": "batches", "mean batch": "batch_size.mean"}
_LOST = {"dropped": "dropped", "dead-lettered": "dead_lettered", "never ran": "never_ran"}
_TABLES: dict[Family, dict[str, dict[str, str]]] = {
    Family.ASYNCHRONOUS: {
        "Asynchronous triggers; age in ms, when sent": {
            "events": "events",
            "runs": "invocations",
            "retries": "retries",
            **_LOST,
            **{f"age {quantile}": f"event_age_ms.{quantile}" for quantile in ("p50", "p99", "max")},
        }
    },
    Family.QUEUE: {
        "Queues": {
            **_EVENTS,
            "mean receives": "receives_per_message.mean",
            "duplicates": "duplicate_runs",
            **_LOST,
        },
        "What waited in queues, and who polled": {
            "visible max": "visible_max",
            "at the end": "visible_end",
            "oldest s": "oldest_message_s_max",
            "pollers mean": "pollers_mean",
            "pollers max": "pollers_max",
            "drained s": "drained_s",
        },
    },
    Family.STREAM: {
        "Streams": {**_EVENTS, **_LOST},
        "What waited in streams; age in ms of a batch's last record, when sent": {
            **{f"age {quantile}": f"iterator_age_ms.{quantile}" for quantile in ("mean", "p50", "p99", "max")},
            "waiting max": "waiting_max",
            "at the end": "waiting_end",
            "batches discarded": "discarded_batches",
            "write throttles": "write_throttles",
        },
    },
}
_ABOVE = {
    family: {path for columns in found.values() for path in columns.values()} for family, found in _TABLES.items()
}
_OF_ALL = frozenset(
    ("events", "filtered", "successes", "in_flight", "invocations", "attempts", "retries", "client_gone", "users",
     "completed", "dropped", "dead_lettered", "never_ran", "batches")
)  # fmt: skip


def trigger_tables(triggers: Summary) -> list[Table]:
    """All tables of triggers, those without rows too."""
    return [
        _called(_of(triggers, Family.SYNCHRONOUS)),
        *(
            _queued(title, _of(triggers, family), columns)
            for family, found in _TABLES.items()
            for title, columns in found.items()
        ),
        _counted(triggers),
        _failures(triggers),
        _latencies(triggers),
        _journeys(triggers),
    ]


def family_of(trigger: Summary) -> Family:
    """The family of a trigger, by its type."""
    return FAMILIES[trigger["type"]]


def _of(triggers: Summary, family: Family) -> Summary:
    return {name: trigger for name, trigger in triggers.items() if family_of(trigger) is family}


def _called(triggers: Summary) -> Table:
    columns = ("trigger", "type", "events", "attempts", "retries", "client gone", "answers by status")
    rows = [
        (
            name, t["type"], number(t["events"]), number(t["attempts"]), number(t["retries"]), number(t["client_gone"]),
            ", ".join(f"{status}: {count:,}" for status, count in t["status_codes"].items()),
        )
        for name, t in triggers.items()
    ]  # fmt: skip
    return table("Synchronous triggers", columns, rows, "trigger", "type", "answers by status")


def _queued(title: str, triggers: Summary, columns: dict[str, str]) -> Table:
    """A column for each number that any of these triggers has; of what a filter dropped only where one did."""
    values = {heading: [_found(trigger, path) for trigger in triggers.values()] for heading, path in columns.items()}
    shown = {
        heading: [(milliseconds if heading.startswith("age ") else number)(value) for value in column]
        for heading, column in values.items()
        if any(value is not None for value in column) and (heading != "filtered" or any(column))
    }
    names = ((name, trigger["type"]) for name, trigger in triggers.items())
    rows = [(*name, *cells) for name, *cells in zip(names, *shown.values(), strict=True)] if shown else []
    return table(title, ("trigger", "type", *shown), rows, "trigger", "type")


def _found(trigger: Summary, path: str) -> Any:
    """What a trigger's summary has at a path of keys; None if it has not."""
    value: Any = trigger
    for key in path.split("."):
        value = value.get(key) if value is not None else None
    return value


def _counted(triggers: Summary) -> Table:
    """What triggers counted that no other table has; nothing is as good as no row."""
    rows = [
        (name, key.replace("_", " "), number(value))
        for name, trigger in triggers.items()
        for key, value in trigger.items()
        if isinstance(value, int | float) and value and key not in _OF_ALL
        if key not in _ABOVE.get(family_of(trigger), ())
    ]
    return table("Counted by triggers besides", ("trigger", "what", "count"), rows, "trigger", "what")


def _failures(triggers: Summary) -> Table:
    rows = [
        (name, cause.replace("_", " "), number(events))
        for name, trigger in triggers.items()
        for cause, events in trigger["final_failures"].items()
        if cause != "total"
    ]
    return table("Events that failed for good", ("trigger", "cause", "events"), rows, "trigger", "cause")


def _latencies(triggers: Summary) -> Table:
    """From the source to the success; and from the beginning of the chain, where others feed the trigger."""
    rows = [
        (name, since, *spread(values))
        for name, trigger in triggers.items()
        for since, values in _times(trigger)
        if values["max"] is not None
    ]
    return table("Until success, in milliseconds", ("trigger", "since", *QUANTILES), rows, "trigger", "since")


def _times(trigger: Summary) -> Iterator[tuple[str, Summary]]:
    if "latency_ms" in trigger:
        yield "its arrival", trigger["latency_ms"]
        if trigger["end_to_end_ms"] != trigger["latency_ms"]:
            yield "its chain began", trigger["end_to_end_ms"]


def _journeys(triggers: Summary) -> Table:
    rows: list[Row] = [
        (name, number(t["users"]), number(t["completed"]), *spread(t["journey_ms"]))
        for name, t in triggers.items()
        if "journey_ms" in t
    ]
    return table("Journeys, in milliseconds", ("trigger", "users", "completed", *QUANTILES), rows, "trigger")
