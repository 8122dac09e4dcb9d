"""What a compiled run comes to: what its world holds when all has happened, as logs and metrics take it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.kernel import layout as table
from lambdasim.kernel.layout import Ints
from lambdasim.kernel.limits import pass_boundaries
from lambdasim.kernel.memory import World
from lambdasim.records import ENVIRONMENT_COLUMNS, Columns, ConcurrencyPeaks, Tally
from lambdasim.triggers.events.source import tally_of
from lambdasim.units import US_PER_MINUTE

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.service.concurrency import ConcurrencyLimits, Level
    from lambdasim.triggers.events.deliveries import RuleInvocations

LOGGED = [
    *(table.ENV_INITIALIZATION, table.ENV_CREATED, table.ENV_READY, table.ENV_FIRST_USED, table.ENV_LAST_USED),
    *(table.ENV_ENDED, table.ENV_START_CAUSE, table.ENV_END_CAUSE, table.ENV_PRE_INITIALIZED),
    *(table.ENV_INVOCATIONS, table.ENV_BUSY_US),
    *range(table.ENV_PLATFORM, table.ENV_RESTORE + 1),
]
"""The environment log's columns, after those that name the environment, its function and its version."""


def environment_rows(world: World) -> Ints:
    """The environment log: shape (n, columns of the log)."""
    ended = world.environments[world.ended[: world.scalars[table.ENDED]]]
    fleet = ended[:, table.ENV_FLEET]
    log = np.empty((len(ended), len(ENVIRONMENT_COLUMNS)), dtype=np.int64)
    log[:, 0] = ended[:, table.ENV_NUMBER]
    log[:, 1], log[:, 2] = world.fleets[fleet, table.FLEET_FUNCTION], world.fleets[fleet, table.FLEET_VERSION]
    log[:, 3:] = ended[:, LOGGED]
    return log


def note_what_was_asked(world: World, book: Book, rules: RuleInvocations) -> None:
    """What the run has needed of the book is an assumption of it."""
    if world.scalars[table.SCALED_OUT]:
        book.get("scaling/per_function/throttle_reason")
    if world.scalars[table.FAILED_INIT_ASKED]:
        book.get("billing/failed_init_billed")
    if world.scalars[table.RULES_ASKED]:
        _ = rules.cost_and_pace


def peaks(world: World, limits: ConcurrencyLimits, row_of: Callable[[Level], int]) -> ConcurrencyPeaks:
    """See ``ConcurrencyLimits.peaks``; ``row_of``: where a level stands in the world."""
    pass_boundaries(world, world.peaks.shape[1] * US_PER_MINUTE)
    rows = {index: row_of(function.level) for index, function in enumerate(limits.functions)}
    kept = {version: row_of(provisioned.level) for version, provisioned in limits.provisioned.items()}
    account, unreserved, claimed = world.scalars[[table.ACCOUNT, table.UNRESERVED, table.CLAIMED]].tolist()
    measured = world.levels[:, table.LEVEL_MEASURED].tolist()
    return ConcurrencyPeaks(
        functions={index: world.peaks[row] for index, row in rows.items()},
        account=world.peaks[account],
        unreserved=world.peaks[unreserved],
        claimed=world.peaks[claimed],
        provisioned={version: world.peaks[row] for version, row in kept.items()},
        measured_functions={index: measured[row] for index, row in rows.items()},
        measured_account=measured[account],
        measured_unreserved=measured[unreserved],
        measured_claimed=measured[claimed],
        measured_provisioned={version: measured[row] for version, row in kept.items()},
    )


def offered(world: World, targets: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Events by (trigger, function) that arrived in the measured span; ``targets``: both, by a target's row."""
    counts: dict[tuple[int, int], int] = {}
    for target, (trigger, function) in enumerate(targets):
        if world.triggers[trigger, table.TRIGGER_KIND] == table.QUEUED:
            counts[trigger, function] = int(world.triggers[trigger, table.TRIGGER_OFFERED])
        else:
            calls = int(world.targets[target, table.TARGET_OFFERED])
            counts[trigger, function] = counts.get((trigger, function), 0) + calls
    return counts


def tallies(world: World, triggers: Sequence[Any], book: Book) -> dict[int, Tally]:
    """What each asynchronous trigger counted beside the logs."""
    found = {}
    for index, row in enumerate(world.triggers[: len(triggers)]):
        if row[table.TRIGGER_KIND] != table.QUEUED:
            continue
        first = int(row[table.TRIGGER_TARGET])
        queues = world.queues[first : first + int(row[table.TRIGGER_QUEUES])]
        duplicates, runs = queues[:, [table.QUEUE_DUPLICATES, table.QUEUE_RAN]].sum(axis=0).tolist()
        events = int(row[table.TRIGGER_OFFERED])
        found[index] = tally_of(triggers[index], book, events, duplicates=duplicates, delivery_retries=0, runs=runs)
    return found


def journeys(world: World) -> dict[int, Columns]:
    """The journeys of each journey trigger, one row a user."""
    users = world.users[: world.scalars[table.USERS]]
    columns = (table.USER_NUMBER, table.USER_ARRIVED, table.USER_FINISHED, table.USER_COMPLETED)
    return {
        index: dict(zip(("user", "arrived_us", "finished_us", "completed"), users[own][:, columns].T, strict=True))
        for index, kind in enumerate(world.triggers[:, table.TRIGGER_KIND].tolist())
        if kind == table.JOURNEY
        for own in (users[:, table.USER_TRIGGER] == index,)
    }
