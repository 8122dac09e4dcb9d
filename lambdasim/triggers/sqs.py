"""SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.records import Tally
from lambdasim.triggers.chain import Chain

if TYPE_CHECKING:
    from lambdasim.scenario.sqs_trigger import SqsTrigger
    from lambdasim.triggers.queued import Run


class SqsQueue:
    """SQS."""

    rate_limited = True

    def __init__(self, run: Run, index: int, name: str, trigger: SqsTrigger) -> None:
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
