"""Kinesis and DynamoDB streams, and the event source mappings that read them for functions."""

from __future__ import annotations

from typing import Literal

from lambdasim.scenario.targets import QueuedForSeveral


class KinesisTrigger(QueuedForSeveral):
    """A Kinesis data stream."""

    type: Literal["kinesis"]
    """A Kinesis data stream."""


class DynamoDbStreamsTrigger(QueuedForSeveral):
    """The stream of a DynamoDB table."""

    type: Literal["dynamodb_streams"]
    """The stream of a DynamoDB table."""


StreamTrigger = KinesisTrigger | DynamoDbStreamsTrigger
