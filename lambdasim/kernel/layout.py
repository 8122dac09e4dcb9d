"""How the compiled engine keeps its world: a few tables of 64-bit integers, and the names of their columns.

A table is an array of shape (rows, columns); a row is an environment, an invocation, a fleet, a limit. Environments are
never reused, so an environment's row is its number, and the environment log is this table in the order in which its
environments ended. The first columns of an invocation's row are those of the invocation log. -1 stands for "none".
Times are microseconds since the scenario's start.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lambdasim.records import EVENT_COLUMNS, INVOCATION_COLUMNS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NONE = -1
LOG_COLUMNS = len(INVOCATION_COLUMNS)
EVENT_LOG_COLUMNS = len(EVENT_COLUMNS)


# -- scalars
(
    NOW,
    SEQUENCE,  # orders what is scheduled for one instant
    NEXT,  # what the machine does next: one of the steps of `machine`
    CURRENT,  # the invocation, source or user that it does it with
    NEED,  # what it waits for ...
    NEED_WHAT,  # ... of which stream, source, fleet or invocation
    NEED_INDEX,
    AGENDA_SIZE,
    ARRIVALS_SIZE,
    FREE_CALL,
    CALLS,  # rows that were ever used ...
    LIVE_CALLS,  # ... and those that are in use
    USERS,
    ENVIRONMENTS,
    ENDED,
    ROWS,
    EVENT_ROWS,
    PERIODS,
    BOUNDARY,  # the next end of a minute, or of the measured span
    WARM_UP,
    DURATION,
    SET_ASIDE,
    ACCOUNT,  # levels
    UNRESERVED,
    CLAIMED,
    ACCOUNT_RATE,  # a bucket
    SCALING_REASON,
    SCALED_OUT,  # whether it was ever given: only then the book's entry is an assumption
    FAILED_INIT_ASKED,
    FAILED_INIT_BILLED,
    RULES_ASKED,
    RULES_AHEAD_NS,
    RULES_REST_NS,
    RULES_COST_NS,
    WAITING,  # calls in the lines of clients
    MARGIN,  # rows that one event may add to a table
    ROOM,  # events for which there is room in every table
    SCALARS,
) = range(38)

# -- environments
(
    ENV_STATE,
    ENV_IDLE_SINCE,
    ENV_SURPLUS_TIMEOUT,
    ENV_RETIRES,
    ENV_INVOCATIONS,
    ENV_BUSY_US,
    ENV_BUSY_FROM,
    ENV_LAST_USED,  # eight columns: what every run touches is one line of the cache
    ENV_POOL_NEXT,
    ENV_POOL_LAST,
    ENV_SERVES,
    ENV_NEEDS_INIT,
    ENV_FIRST_USED,
    ENV_CHAINED,  # in its pool, if that is a chain
    ENV_FLEET,
    ENV_IDLE_TIMEOUT,
    ENV_AGE_CAUSE,
    ENV_REPLACED,
    ENV_INITIALIZATION,
    ENV_CREATED,
    ENV_READY,
    ENV_ENDED,
    ENV_START_CAUSE,
    ENV_END_CAUSE,
    ENV_PRE_INITIALIZED,
    ENV_PLATFORM,
    ENV_DOWNLOAD,
    ENV_NETWORK,
    ENV_RUNTIME_INIT,
    ENV_FUNCTION_INIT,
    ENV_RESTORE,
    ENV_BILLED_RESTORE,
    ENV_ALIVE_NEXT,
    ENV_ALIVE_LAST,
    ENV_AGE_LEFT,
    ENV_AGE_RIGHT,
    ENV_IDLE_LEFT,
    ENV_IDLE_RIGHT,
    ENV_LOST_NEXT,
    ENV_NUMBER,
    ENV_NEWNESS,  # the more recently started, the less
    ENV_COLUMNS,
) = range(42)
ENV_POOL_LEFT, ENV_POOL_RIGHT = ENV_POOL_NEXT, ENV_POOL_LAST  # a pool is a chain or a heap
STARTING, IDLE, BUSY, ENV_GONE = range(4)
PHASES = ENV_RESTORE - ENV_PLATFORM + 1  # of a start; they stand in the same order in `start`

# -- fleets: one of each version on demand, then those of provisioned concurrency
(
    FLEET_BUSY,
    FLEET_QUIET_SINCE,
    FLEET_NEXT_RETIREMENT,
    FLEET_SHORTEST_IDLE,
    FLEET_POOL_HEAD,
    FLEET_POOL_TAIL,  # of a heap: its root
    FLEET_PLACEMENT,
    FLEET_PROVISIONED,  # on demand: the fleet of provisioned concurrency beside it
    FLEET_ROOM,
    FLEET_LEVEL_0,
    FLEET_LEVEL_1,
    FLEET_LEVEL_2,
    FLEET_RATE,
    FLEET_SCALING,
    FLEET_FULL,
    FLEET_VERSION,
    FLEET_FUNCTION,
    FLEET_ORDINAL,
    FLEET_ALIVE_HEAD,
    FLEET_ALIVE_TAIL,
    FLEET_ALIVE,
    FLEET_AGE_ROOT,
    FLEET_IDLE_ROOT,
    FLEET_LOST,
    FLEET_RESTORED,
    FLEET_RESTORES,
    FLEET_INIT_LIMIT,
    FLEET_IS_PROVISIONED,
    FLEET_REQUESTED,
    FLEET_ALLOCATED,
    FLEET_CLAIMED,
    FLEET_SINCE,
    FLEET_ASKED_RATE,  # the bucket of requests that its provisioned concurrency takes
    FLEET_DRAWN,
    FLEET_CHOICES,
    FLEET_CHOSEN,
    FLEET_LIST,  # of random placement: where its list begins, how long it is, how long it may get
    FLEET_LISTED,
    FLEET_LIST_ROOM,
    FLEET_STREAM,
    FLEET_WATCH,  # rows of `utilization`
    FLEET_COLUMNS,
) = range(42)
MOST_RECENTLY_USED, LEAST_RECENTLY_USED, OLDEST_CREATED, NEWEST_CREATED, RANDOM = range(5)
PLACEMENTS = {
    "most_recently_used": MOST_RECENTLY_USED,
    "least_recently_used": LEAST_RECENTLY_USED,
    "oldest_created": OLDEST_CREATED,
    "newest_created": NEWEST_CREATED,
    "random": RANDOM,
}

# -- versions, and their rates: below which coin a run crashes, or fails
(
    VERSION_FUNCTION,
    VERSION_TIMEOUT,
    VERSION_FIRST_CALL,
    VERSION_RESET_CALL,  # the first after a reset
    VERSION_OUT_OF_MEMORY,
    VERSION_LONGEST,  # what a caller may have to wait for
    VERSION_COLUMNS,
) = range(7)
CRASH_BELOW, ERROR_BELOW = range(2)
PER_ENVIRONMENT, BURST_S = range(2)  # `rates`: the requests per second that go with an environment

# -- calls: an invocation, and what its sender knows of the event; first the invocation log's columns
(
    EVENT,
    ATTEMPT,
    TRIGGER,
    FUNCTION,
    VERSION,
    ARRIVED,
    INVOKED,
    STARTED,
    ENDED_AT,
    ANSWERED,
    ENVIRONMENT,
    INIT,
    SUPPRESSED_INIT,
    RESTORE,
    BILLED_RESTORE,
    OUTCOME,
    START_TYPE,
    START_CAUSE,
    CAPACITY,
    REASON,
    STATUS,
    FINAL,
    RECORDS,
    CALL_TARGET,
    CALL_FLEET,
    CALL_ENV,
    CALL_LUCK,  # the stream of its durations; that of its coins follows
    CALL_RUN,  # which of the event's runs it is, for its luck
    CALL_RETRY_AFTER,
    CALL_HOLDS,  # who may still come back to this row
    CALL_RACED,  # whether somebody races it against a clock, and whether the race is decided
    CALL_CHOSEN,  # whether it has been told who serves it
    CALL_NEXT,  # in the line of those that wait to send, or of free rows
    CALL_USER,
    CALL_QUEUE,
    CALL_SOURCE_US,  # of a queued event: when it came to its source
    CALL_ATTEMPTS,
    CALL_RUNS,
    CALL_ERRORS,
    CALL_THROTTLES,
    CALL_ORIGINAL,  # of a duplicate: the event itself
    CALL_COLUMNS,
) = range(42)
NOT_RACED, RACED, DECIDED = range(3)

# -- triggers: their sources, and how synchronous ones answer
(
    TRIGGER_KIND,
    TRIGGER_EVENTS,
    TRIGGER_TIME,  # where the source's block of times begins in `times`, where the next is, where it ends
    TRIGGER_PLACE,
    TRIGGER_END,
    TRIGGER_OFFERED,
    TRIGGER_TARGET,  # or of an asynchronous one its first queue, and how many there are
    TRIGGER_QUEUES,
    TRIGGER_PATIENCE,
    TRIGGER_TIMEOUT_STATUS,
    TRIGGER_IMPATIENT,
    TRIGGER_BUCKET_0,
    TRIGGER_BUCKET_1,
    TRIGGER_CLIENT,
    TRIGGER_CLIENTS,
    TRIGGER_MODE,
    TRIGGER_ATTEMPTS,
    TRIGGER_JITTER,  # the stream of the first attempt's; those of others follow
    TRIGGER_FLOWS,
    TRIGGER_LONGEST,
    TRIGGER_STOPS,
    TRIGGER_CHOICE,
    TRIGGER_STATUS,  # by Outcome, from here on
) = range(23)
TRIGGER_COLUMNS = TRIGGER_STATUS + 9
CALLED, QUEUED, JOURNEY = range(3)
NO_RETRIES, LEGACY, STANDARD, ADAPTIVE = range(4)
MODES = {"none": NO_RETRIES, "legacy": LEGACY, "standard": STANDARD, "adaptive": ADAPTIVE}
# `modes`, by mode: what the book says of SDKs
(
    MODE_BASE,
    MODE_CAP,
    MODE_TOKENS,
    MODE_COST,
    MODE_TIMEOUT_COST,
    MODE_REFUND,
    MODE_BETA,
    MODE_SCALE,
    MODE_BUCKET_S,
    MODE_SMOOTHING,
    MODE_MINIMUM,
    MODE_LIMIT,
    MODE_COLUMNS,
) = range(13)
STATUSES = 1000  # `retried` has a flag for each mode and status below this

# -- clients
CLIENT_LINE_HEAD, CLIENT_LINE_TAIL, CLIENT_TIMER, CLIENT_ENABLED, CLIENT_COUNT, CLIENT_REFILLED, CLIENT_COLUMNS = range(
    7
)
(
    CLIENT_BUDGET,
    CLIENT_LAST_COST,
    CLIENT_RATE,
    CLIENT_TOKENS,
    CLIENT_THROTTLE_RATE,
    CLIENT_THROTTLED_S,
    CLIENT_MEASURED,
    CLIENT_BUCKET_BEGAN,
    CLIENT_NUMBERS,
) = range(9)

# -- targets: what a trigger invokes, through an alias
(
    TARGET_PRIMARY,
    TARGET_SECONDARY,
    TARGET_COIN,  # the stream of the first run's; those of others follow
    TARGET_LUCK,  # likewise, two for each run; first the primary version's, then the secondary's
    TARGET_RUNS,  # how many runs have streams of their own
    TARGET_OFFERED,
    TARGET_COLUMNS,
) = range(7)

# -- queues: Lambda's event queue, for one trigger and one function
(
    QUEUE_FUNCTION,
    QUEUE_TARGET,
    QUEUE_MAXIMUM_AGE,
    QUEUE_RETRIES,
    QUEUE_CLOSED,  # its function's reserved concurrency is 0
    QUEUE_ERROR_WAITS,  # where they begin in `waits`, and how many there are
    QUEUE_ERROR_COUNT,
    QUEUE_BACKOFF,
    QUEUE_BACKOFF_COUNT,
    QUEUE_KEY,
    QUEUE_HOP,  # streams
    QUEUE_DELAY,
    QUEUE_DUPLICATED,
    QUEUE_HOLDS_HOP,
    QUEUE_RULES,
    QUEUE_KEPT_SUCCESS,
    QUEUE_KEPT_FAILURE,
    QUEUE_RAN,
    QUEUE_DUPLICATES,
    QUEUE_COLUMNS,
) = range(20)
DUPLICATED_BELOW, BACKOFF_JITTER = range(2)

# -- levels of concurrency, and token buckets
LEVEL_LIMIT, LEVEL_IN_FLIGHT, LEVEL_PEAK, LEVEL_MEASURED, LEVEL_MINUTE, LEVEL_PASSED, LEVEL_COLUMNS = range(7)
TOKENS, LAST_US, CAPACITY_OF, RATE_OF = range(4)

# -- the agenda: SimPy's queue; `arrivals` is the queue of those that rank after all else of their instant
AT, ORDER, KIND, OF, AGENDA_COLUMNS = range(5)
URGENT, NORMAL, CONTROL = range(3)
RANK = 2**60
RUN_ENDS, READY, RETRY, TURN, SERVE, PATIENCE_ENDS, RUN_OVER, RACE_OVER, THINK_ENDS, PYTHON = range(10)
SOURCE, PICK = range(2)

# -- streams of draws: two blocks of each are there at a time
STREAM_FIRST, STREAM_COUNT, STREAM_PLACE, STREAM_ROOM, WAY = range(5)
STREAM_COLUMNS = 2 * WAY
BLOCK_BITS = 12

# -- the start of an environment that the machine has asked for
(
    START_KIND,
    START_OF,
    START_INDEX,
    START_PLATFORM,
    START_DOWNLOAD,
    START_NETWORK,
    START_RUNTIME_INIT,
    START_FUNCTION_INIT,
    START_RESTORE,
    START_BILLED_RESTORE,
    START_AHEAD,
    START_FIRST,  # whether it would be the first restore of its version: what Python is told
    START_IDLE_TIMEOUT,
    START_SURPLUS_TIMEOUT,
    START_AGE_LIMIT,
    START_AGE_CAUSE,
    START_REPLACED,
    START_COLUMNS,
) = range(18)
FOR_CALL, FOR_FLEET, INIT_AGAIN = range(3)

# -- the machine's steps, and what it may need before it can go on
(
    EVENTS,
    ARRIVE,
    SEND,
    DISPATCH,
    INVOKE,
    START,
    BEGIN,
    FINISH,
    CONCLUDE,
    RESUME,
    PICK_UP,
    TRAVEL,
    WAITS,
) = range(13)
DONE, NEEDS_DRAWS, NEEDS_TIMES, NEEDS_START, NEEDS_ROOM, NEEDS_PYTHON = range(6)

# -- users of journeys
USER_NUMBER, USER_TRIGGER, USER_FLOW, USER_STEP, USER_ARRIVED, USER_FINISHED, USER_COMPLETED, USER_COLUMNS = range(8)
FLOW_BEGINS, FLOW_LENGTH, FLOW_COLUMNS = range(3)  # `flow_shares`, by flow: cumulated
STEP_TARGET, STEP_STREAM, STEP_COLUMNS = range(3)  # a step invokes a target, or waits
