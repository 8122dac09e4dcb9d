"""The header that makes the logs of a run readable: its functions, its triggers, and the span that statistics cover."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """What a reader of the logs must know of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What a reader of the logs must know of one version of a function (its index is ``function``)."""

    function: int
    version: str
    memory_mb: int
    architecture: str
    ephemeral_storage_mb: int
    snapshot_charged: bool = False  # it has SnapStart, and AWS charges for its snapshot
    nat_mb: float = 0.0  # what each of its invocations sends and gets through a NAT gateway
    managed_zip: bool = False  # a Zip package on a managed runtime: its inits were not always billed
    runtime: str = ""  # as the book names it: python3.13, go@provided.al2023; empty in results of before it was kept
    package_type: str = "Zip"


@dataclass(frozen=True, slots=True)
class BilledItem:
    """Something that another service bills for a trigger.

    ``count`` names the trigger's count that is its quantity, ``price`` the entry below ``prices/<region>``.
    """

    item: str
    count: str
    unit: str
    price: str


class Family(Enum):
    """Who waits with a trigger's events: that decides what there is to count."""

    SYNCHRONOUS = "a caller, for the answer"
    ASYNCHRONOUS = "nobody: Lambda's own event queue has them"
    QUEUE = "an SQS queue that is polled"
    STREAM = "a stream that is read in order"


FAMILIES = {
    **dict.fromkeys(("direct", "api_gateway", "function_url", "alb", "journey"), Family.SYNCHRONOUS),
    **dict.fromkeys(("direct_async", "s3", "sns", "eventbridge", "schedule"), Family.ASYNCHRONOUS),
    "sqs": Family.QUEUE,
    **dict.fromkeys(("kinesis", "dynamodb_streams"), Family.STREAM),
}


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """What a reader of the logs must know of a trigger.

    ``calls``: an asynchronous source that waits for the function itself, so that Lambda's event queue has no part.
    ``keeps_us``: how old an event may become before it is given up for its age; ``hides_us``: how long a queue hides a
    message that was received; None where there is no such thing, and in results of before they were kept.
    """

    name: str
    kind: str
    billed: tuple[BilledItem, ...] = ()
    calls: bool = False
    keeps_us: int | None = None
    hides_us: int | None = None

    @property
    def family(self) -> Family:
        """Who waits with its events."""
        return FAMILIES[self.kind]

    @property
    def in_event_queue(self) -> bool:
        """Whether its events go through Lambda's event queue."""
        return self.family is Family.ASYNCHRONOUS and not self.calls


THE_ACCOUNT = "the account"  # what can change, beside functions, aliases, downstreams and zones; no function's name


@dataclass(frozen=True, slots=True)
class DownstreamFacts:
    """What a reader of the logs must know of a downstream.

    ``connections``: (function's index, connections of each of its environments) for each function that connects to it.
    """

    name: str
    max_connections: int | None
    connections: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What a reader of the change log must know of an incident: what it changes, in words, and for how long."""

    text: str
    lasts_us: int | None = None  # None: for good


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """A limit on concurrency from ``from_us`` on, until one of the same scope follows.

    ``scope``: THE_ACCOUNT (its concurrent executions), or a function's name (its reserved concurrency; None: none from
    then on).
    """

    scope: str
    from_us: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """What the indices in the logs stand for, and the span that statistics cover."""

    scenario: str
    seed: int
    region: str
    start_epoch_s: float
    warm_up_us: int
    duration_us: int
    functions: tuple[FunctionFacts, ...]
    versions: tuple[VersionFacts, ...]
    triggers: tuple[TriggerFacts, ...]
    subjects: tuple[str, ...] = ()  # what may change: THE_ACCOUNT, `checkout`, `checkout:production`, ...
    incidents: tuple[IncidentFacts, ...] = ()
    downstream: tuple[DownstreamFacts, ...] = ()
    nat_gateways: int = 0
    traffic: float = 1.0  # how many times the arrivals that are written came
    limits: tuple[LimitFacts, ...] = ()  # by scope, then in order of time; none in results of before they were kept

    @property
    def measured_us(self) -> int:
        """Length of the span that statistics cover: from the end of the warm-up to ``duration_us``."""
        return self.duration_us - self.warm_up_us

    @property
    def queues_events(self) -> bool:
        """Whether any trigger's events wait, so that there is an event log to speak of."""
        return any(trigger.family is not Family.SYNCHRONOUS for trigger in self.triggers)
