"""Where events go on that are given up, and records of those that succeeded: dead-letter queues and destinations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdasim.codes import Kept
from lambdasim.scenario.targets import DISCARD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdasim.triggers.chain import Chain, Inlet
    from lambdasim.triggers.queued import Run

_LIMITS = "triggers/asynchronous/maximum_payload_mb"


class Sink:
    """Another trigger, or nobody, that takes each event handed to it, if it is not too large."""

    __slots__ = ("_error", "_fits", "_inlets", "_kept", "_name")

    def __init__(self, name: str, inlets: Mapping[str, Inlet], kept: Kept, error: Kept, *, fits: bool) -> None:
        self._name = name
        self._inlets = inlets  # read when the first event comes: not all triggers are made yet
        self._kept = kept
        self._error = error
        self._fits = fits

    def take(self, chain: Chain, now_us: int) -> Kept:
        """Hand an event on; says whether the sink has it now."""
        if not self._fits:
            return self._error
        self._inlets[self._name].accept(chain, now_us)
        return self._kept


def dead_letter_queue(run: Run, name: str, size_mb: float) -> Sink:
    """A dead-letter queue, which gets the event itself."""
    return _sink(run, name, size_mb, Kept.DEAD_LETTER_QUEUE, Kept.DEAD_LETTER_ERROR)


def destination(run: Run, name: str, size_mb: float) -> Sink:
    """A destination, which gets a record: the event, and what became of it."""
    size_mb += run.book.value("triggers/asynchronous/event_queue/destination_record_adds_kb") / 1024
    return _sink(run, name, size_mb, Kept.DESTINATION, Kept.DESTINATION_ERROR)


def function_sinks(run: Run, function: str, size_mb: float) -> tuple[tuple[Sink, ...], tuple[Sink, ...]]:
    """Where a function's asynchronous events of this size go: after a success, and after a failure."""
    settings = run.function(function)
    config = settings.event_invoke_config
    succeeded = tuple(destination(run, name, size_mb) for name in (config.on_success,) if name is not None)
    failed = tuple(destination(run, name, size_mb) for name in (config.on_failure,) if name is not None)
    if settings.dead_letter_config is not None:
        failed = (dead_letter_queue(run, settings.dead_letter_config.target, size_mb), *failed)
    return succeeded, failed


def handed_on(sinks: tuple[Sink, ...], chain: Chain, now_us: int) -> Kept:
    """Hand an event to each of some sinks; says which have it now."""
    kept = Kept.NOWHERE
    for sink in sinks:
        kept |= sink.take(chain, now_us)
    return kept


def _sink(run: Run, name: str, size_mb: float, kept: Kept, error: Kept) -> Sink:
    return Sink(name, run.inlets, kept, error, fits=name == DISCARD or size_mb <= _most_mb(run, name))


def _most_mb(run: Run, name: str) -> float:
    """The largest event that a trigger takes; an S3 object may be of any size."""
    limit = f"{_LIMITS}/{run.scenario.triggers[name].type}"
    most_mb: float = run.book.value(limit) if run.book.has(limit) else math.inf
    return most_mb
