"""Triggers that hand each event to Lambda's own event queue, and wait for nothing."""

from __future__ import annotations

from typing import Literal

from lambdasim.scenario.targets import QueuedForOne, QueuedForSeveral


class DirectAsyncTrigger(QueuedForOne):
    """Direct Invoke calls with InvocationType Event."""

    type: Literal["direct_async"]
    """Direct Invoke calls with InvocationType Event."""


class S3Trigger(QueuedForOne):
    """S3 event notifications: one for each object."""

    type: Literal["s3"]
    """S3 event notifications: one for each object."""


class SnsTrigger(QueuedForSeveral):
    """An SNS topic; each target is a subscription."""

    type: Literal["sns"]
    """An SNS topic; each target is a subscription."""


class EventBridgeTrigger(QueuedForSeveral):
    """A rule on an EventBridge bus."""

    type: Literal["eventbridge"]
    """A rule on an EventBridge bus."""


class ScheduleTrigger(QueuedForOne):
    """A schedule of EventBridge."""

    type: Literal["schedule"]
    """A schedule of EventBridge."""


AsynchronousTrigger = DirectAsyncTrigger | S3Trigger | SnsTrigger | EventBridgeTrigger | ScheduleTrigger
