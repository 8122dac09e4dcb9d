"""An SQS queue, and the event source mapping that polls it for a function."""

from __future__ import annotations

from typing import Literal

from lambdasim.scenario.targets import QueuedForOne


class SqsTrigger(QueuedForOne):
    """An SQS queue, and the event source mapping that polls it."""

    type: Literal["sqs"]
    """An SQS queue, and the event source mapping that polls it."""
