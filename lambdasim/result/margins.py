"""The margins of the contingency tables that the summary reads: by function, or by trigger."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import COLD_STARTS, RAN, Fate, Final, Kept, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.metrics.events import FAILED
from lambdasim.metrics.recorder import Metrics
from lambdasim.result.frames import name_of

START_TYPES = tuple(kind for kind in StartType if kind is not StartType.NONE)
START_CAUSES = tuple(cause for cause in StartCause if cause is not StartCause.NONE)
REASONS = tuple(reason for reason in ThrottleReason if reason is not ThrottleReason.NONE)
_FAILURES = tuple(outcome for outcome in Outcome if outcome not in {Outcome.SUCCESS, Outcome.UNFINISHED})
_KEPT = [code for code in range(16) if code & (Kept.DEAD_LETTER_QUEUE | Kept.DESTINATION)]


class Margins:
    """Counts of attempts, of called events and of queued ones; the first axis is the function, or the trigger."""

    def __init__(self, metrics: Metrics, axis: Literal["function", "trigger"]) -> None:
        margin, header = metrics.meters.counts.margin, metrics.header
        size = len(header.functions if axis == "function" else header.triggers)
        self.offered = [0] * size
        for (trigger, function), count in metrics.offered.items():
            self.offered[function if axis == "function" else trigger] += count
        self.outcomes = margin(axis, "outcome", shape=(size, len(Outcome)))
        self.finals = margin(axis, "final", shape=(size, len(Final)))
        self.failures = margin(axis, "outcome", shape=(size, len(Outcome)), final=Final.FAILURE, client_gone=0)
        self.gone_failures = margin(axis, shape=(size,), final=Final.FAILURE, client_gone=1)
        self.client_gone = margin(axis, shape=(size,), client_gone=1)
        self.retries = margin(axis, shape=(size,), retry=1)
        self.reasons = margin(axis, "throttle_reason", shape=(size, len(REASONS)), outcome=Outcome.THROTTLED)
        self.start_failures = margin(axis, "throttle_reason", shape=(size, len(REASONS)), outcome=Outcome.START_FAILED)
        self.start_types = margin(axis, "start_type", shape=(size, len(START_TYPES)))
        by_cause = [
            margin(axis, "start_cause", shape=(size, len(START_CAUSES)), start_type=kind) for kind in COLD_STARTS
        ]
        self.causes = np.sum(by_cause, axis=0)
        self._metrics, self._axis, self._size = metrics, axis, size
        of_events = metrics.events.counts.margin
        self.fates = of_events(axis, "fate", "kept", shape=(size, len(Fate), 16))
        self.unrun = of_events(axis, "fate", shape=(size, len(Fate)), ran=0)

    @cached_property
    def statuses(self) -> NDArray[np.int64]:
        """Attempts by HTTP status; a wide table, for which not all ask."""
        return self._metrics.meters.counts.margin(self._axis, "status", shape=(self._size, 1000))

    def runs(self, index: int) -> int:
        """Runs that ended: AWS's Invocations, once all is over."""
        return int(self.outcomes[index, list(RAN)].sum())

    def started(self, index: int) -> int:
        """Runs that started, whether or not they ended before the simulation did."""
        return self.runs(index) + int(self.outcomes[index, Outcome.UNFINISHED])

    def filtered(self, index: int) -> int:
        """Events that a filter dropped: they were never offered to a function."""
        return int(self.fates[index, Fate.FILTERED].sum())

    def events(self, index: int) -> int:
        """Events offered to functions."""
        return self.offered[index] - self.filtered(index)

    def successes(self, index: int) -> int:
        """Events that ended in success, called or queued."""
        return int(self.finals[index, Final.SUCCESS] + self.fates[index, Fate.SUCCESS].sum())

    def final_failures(self, index: int) -> dict[str, int]:
        """Events that failed for good, by cause: of called ones the last outcome, of queued ones their fate.

        ``client_gone``: whatever came of the run, its caller saw it fail.
        """
        return {
            **{name_of(outcome): int(self.failures[index, outcome]) for outcome in _FAILURES},
            "client_gone": int(self.gone_failures[index]),
            **{name_of(fate): int(self.fates[index, fate].sum()) for fate in FAILED},
        }

    def in_flight(self, index: int) -> int:
        """Events that had no outcome by the end."""
        return self.events(index) - self.successes(index) - sum(self.final_failures(index).values())

    def dead_lettered(self, index: int) -> int:
        """Queued events that failed for good and that a dead-letter queue or a destination keeps."""
        return int(self.fates[index][np.ix_(FAILED, _KEPT)].sum())

    def dropped(self, index: int) -> int:
        """Queued events that failed for good and are kept nowhere."""
        return int(self.fates[index, list(FAILED)].sum()) - self.dead_lettered(index)

    def never_ran(self, index: int) -> int:
        """Queued events that failed for good before any function had run for them."""
        return int(self.unrun[index, list(FAILED)].sum())
