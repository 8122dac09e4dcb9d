"""The codes in the logs: how attempts and events ended, how environments came and went, and what changed."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Outcome(IntEnum):
    """How one attempt ended, seen from Lambda."""

    SUCCESS = 0
    ERROR = 1  # the handler raised; the environment stays warm
    TIMEOUT = 2  # the function's timeout; the environment is reset
    CRASH = 3  # the process exited; the environment is reset
    OUT_OF_MEMORY = 4  # the same, for want of memory
    THROTTLED = 5  # refused by Lambda: 429
    REJECTED = 6  # refused by the front door (API Gateway's rate limit), never seen by Lambda
    UNFINISHED = 7  # admitted, and still starting or running when the simulation ended
    START_FAILED = 8  # refused by Lambda, which could not start an environment in the function's subnets: 502


NO_STATUS = 65_535  # nobody waits for the answer, or there was none yet when the simulation ended
RAN = (Outcome.SUCCESS, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASH, Outcome.OUT_OF_MEMORY)
FUNCTION_ERRORS = RAN[1:]
REFUSED = (Outcome.THROTTLED, Outcome.START_FAILED)  # by Lambda: who retries for the one does for the other


class Final(IntEnum):
    """Whether the attempt was the last of a synchronous caller's event, and how the event ended."""

    NO = 0  # another attempt follows; or the event waits in a queue or a stream, and ends in the event log
    SUCCESS = 1
    FAILURE = 2


class StartType(IntEnum):
    """What kind of environment an attempt ran on."""

    WARM = 0
    COLD = 1  # it waited for an environment to start, or paid an init again inside its Duration
    PRE_INITIALIZED = 2  # first call on an environment that Lambda had started ahead
    PROVISIONED = 3  # any call on an environment of provisioned concurrency that did not have to init again
    RESTORED = 4  # it waited for an environment that was restored from a snapshot (SnapStart)
    NONE = 255  # it did not run


COLD_STARTS = (StartType.COLD, StartType.RESTORED)  # what is counted as cold: someone waited


class Capacity(IntEnum):
    """Whose environment an attempt ran on, which decides on its price."""

    ON_DEMAND = 0
    PROVISIONED = 1
    SPILLOVER = 2  # on demand, though its version has provisioned concurrency: that was busy, or asked too often
    NONE = 255  # it did not run


class InitializationType(IntEnum):
    """How an environment came to be: AWS_LAMBDA_INITIALIZATION_TYPE."""

    ON_DEMAND = 0
    PROVISIONED_CONCURRENCY = 1
    SNAP_START = 2


class StartCause(IntEnum):
    """Why an environment had to start."""

    SCALE_OUT = 0  # never before were so many needed at once
    IDLE_EXPIRED = 1  # one that would have served was reclaimed for being idle
    LIFETIME = 2  # ... for its age
    RECYCLED = 3  # ... at random, as hosts are
    RESET = 4  # the environment was reset after a timeout, a crash or lack of memory
    DEPLOYMENT = 5  # its version is new: traffic came to it that another version's environments had served
    ZONE_LOST = 6  # one that would have served was in an Availability Zone that is lost
    NONE = 255


class EndCause(IntEnum):
    """Why an environment ended."""

    IDLE_EXPIRED = 1
    LIFETIME = 2
    RECYCLED = 3
    RELEASED = 4  # provisioned concurrency was lowered, or moved to another version
    ZONE_LOST = 5  # with its Availability Zone
    DEPLOYMENT = 6  # the function's code was updated
    ALIVE = 255  # it was still there when the run ended


class ThrottleReason(IntEnum):
    """AWS's reasons for a refusal, as codes; ``name_of`` gives the words.

    Those of a throttle are ``Reason`` of TooManyRequestsException (429); those of a start that failed are exceptions of
    Invoke (502), and no throttles.
    """

    ConcurrentInvocationLimitExceeded = 0
    FunctionInvocationRateLimitExceeded = 1
    ReservedFunctionConcurrentInvocationLimitExceeded = 2
    ReservedFunctionInvocationRateLimitExceeded = 3
    CallerRateLimitExceeded = 4
    ConcurrentSnapshotCreateLimitExceeded = 5
    SubnetIPAddressLimitReached = 6  # START_FAILED: no subnet has an address for a network interface
    ENILimitReached = 7  # START_FAILED: the VPC has as many network interfaces as its quota allows
    EC2Unexpected = 8  # START_FAILED: every Availability Zone of the function's subnets is lost
    NONE = 255


class Fate(IntEnum):
    """How an event ended that waited in a queue or a stream."""

    SUCCESS = 0
    RETRIES_EXHAUSTED = 1  # function errors, more often than its trigger tries again
    EXPIRED = 2  # older than its event source mapping, event queue, queue or stream keeps it
    RECEIVES_EXCEEDED = 3  # received more often than its queue's maxReceiveCount
    RESERVED_ZERO = 4  # its function's reserved concurrency is 0
    RECURSIVE = 5  # Lambda stopped a loop of invocations
    UNDELIVERED = 6  # its source gave up delivering it
    WRITE_THROTTLED = 7  # its stream's shard took no more, and its producer did not try again
    FILTERED = 8  # its event source mapping's filter dropped it: no failure, and never offered to the function


class Change(IntEnum):
    """What changed during a run, besides what its traffic does."""

    INCIDENT_BEGAN = 0
    INCIDENT_ENDED = 1
    PROVISIONED_REQUESTED = 2
    PROVISIONED_READY = 3
    AUTOSCALED = 4  # Application Auto Scaling asked for another provisioned concurrency
    ALIAS_SHIFTED = 5
    ALIAS_ROLLED_BACK = 6
    SCALING_REFUSED = 7  # ... more than is left to be set aside: nothing changed


class Kept(IntFlag):
    """Where an event went besides: a failed one that was kept nowhere is lost."""

    NOWHERE = 0
    DEAD_LETTER_QUEUE = 1
    DESTINATION = 2  # on-failure, or on-success after a success
    DEAD_LETTER_ERROR = 4  # the dead-letter queue could not take it
    DESTINATION_ERROR = 8  # nor the destination


NO_VERSION = 65_535
