"""Streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.records import Tally
from lambdasim.triggers.chain import Chain

if TYPE_CHECKING:
    from lambdasim.scenario.stream_triggers import StreamTrigger
    from lambdasim.triggers.queued import Run


class Stream:
    """Streams."""

    rate_limited = True

    def __init__(self, run: Run, index: int, name: str, trigger: StreamTrigger) -> None:
        raise NotImplementedError

    def accept(self, chain: Chain, now_us: int) -> None:
        """See ``Inlet``."""

    def start(self) -> None:
        """See ``QueuedTrigger``."""

    def offered(self) -> dict[int, int]:
        """See ``QueuedTrigger``."""
        return {}

    def tally(self) -> Tally:
        """See ``QueuedTrigger``."""
        return Tally()

    def close(self, now_us: int) -> None:
        """See ``QueuedTrigger``."""
