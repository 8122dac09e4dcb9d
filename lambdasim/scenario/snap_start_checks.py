"""Checks of SnapStart: what AWS refuses together with it, and where it does no good.

The two commercial Regions without it have no prices in the book, so that a scenario can't name them.
Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.aliases import LIVE
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import LATEST, function_name
from lambdasim.units import US_PER_S, format_us

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]


def _with_snap_start(scenario: Scenario) -> Iterator[tuple[Path, Configuration]]:
    """What starts from a snapshot, with where it is written."""
    for name, function in scenario.functions.items():
        for version, settings in function.configurations.items():
            if version != LATEST and settings.has_snap_start:
                below = () if settings is function else ("versions", version)
                yield ("functions", name, *below), settings


def snap_start_unsupported(scenario: Scenario, book: Book) -> Findings:
    """Some managed runtimes have it, and images built on these; other images if they say so."""
    runtimes = book.value("snap_start/runtimes")
    for path, settings in _with_snap_start(scenario):
        if settings.runtime in runtimes:
            continue
        if settings.package_type == "Zip":
            yield (*path, "snap_start"), f"{settings.runtime} has no SnapStart; these have: {', '.join(runtimes)}"
        elif settings.snap_start is not None and not settings.snap_start.allowed_by_image:
            yield (
                (*path, "snap_start"),
                (
                    f"an image takes part if its `runtime` is one of {', '.join(runtimes)}; "
                    "for another one that has AWS's label add `allowed_by_image: true`"
                ),
            )


def snap_start_with_provisioned_concurrency(scenario: Scenario, _book: Book) -> Findings:
    """AWS takes one or the other for a version."""
    for name, function in scenario.functions.items():
        for alias, settings in function.pointers.items():
            restored = [
                version
                for version in settings.versions.values()
                if version in function.configurations and function.configurations[version].has_snap_start
            ]
            if settings.provisioned_concurrent_executions is not None and restored:
                above = () if alias == LIVE and LIVE not in function.aliases else ("aliases", alias)
                yield (
                    ("functions", name, *above, "provisioned_concurrent_executions"),
                    f"version {restored[0]} has SnapStart, and AWS allows only one of the two; drop one",
                )


def snap_start_with_ephemeral_storage(scenario: Scenario, book: Book) -> Findings:
    """A snapshot takes so much of /tmp and no more."""
    limit = book.value("snap_start/ephemeral_storage_mb")
    for path, settings in _with_snap_start(scenario):
        if settings.ephemeral_storage > limit:
            yield (
                (*path, "ephemeral_storage"),
                f"{settings.ephemeral_storage} MB is above {limit} MB, the most with SnapStart",
            )


def snap_start_over_limit(scenario: Scenario, book: Book) -> Findings:
    """Publishing fails if Init takes too long; restores fail if the runtime and the hooks do."""
    restore_us = book.value("quotas/function/restore_timeout_s") * US_PER_S
    for path, settings in _with_snap_start(scenario):
        init_us = max(book.value("quotas/function/long_init_timeout_s") * US_PER_S, settings.timeout_us)
        snap_start = settings.snap_start
        billed = None if snap_start is None else snap_start.restore.billed_duration
        for keys, distribution, limit_us, what in (
            (("init", "duration"), settings.init.duration, init_us, "no version can be published"),
            (("init", "code"), settings.init.code, init_us, "no version can be published"),
            (("snap_start", "restore", "billed_duration"), billed, restore_us, "restores would time out"),
        ):
            if distribution is not None and distribution.mean() > limit_us:
                mean, limit = format_us(distribution.mean()), format_us(limit_us)
                yield (*path, *keys), f"the mean of {mean} is above {limit}, the limit with SnapStart: {what}"


def snap_start_unused(scenario: Scenario, _book: Book) -> Findings:
    """$LATEST never starts from a snapshot."""
    targets = [target for trigger in scenario.triggers.values() for target in trigger.targets]
    unused = {function_name(target) for target in targets if target.endswith(f":{LATEST}")}
    unused -= {function_name(target) for target in targets if not target.endswith(f":{LATEST}")}
    for name, function in scenario.functions.items():
        if function.has_snap_start and name in unused:
            yield (
                ("functions", name, "snap_start"),
                f"all triggers invoke {name}:{LATEST}, which never starts from a snapshot; let them invoke `{name}`",
            )


def restore_slower_than_init(scenario: Scenario, book: Book) -> Findings:
    """A restore has a floor of some hundred milliseconds."""
    for path, settings in _with_snap_start(scenario):
        measured = f"cold_starts/init/{settings.init_key}/{settings.package_type}/{settings.architecture}"
        parts = [part for part in (settings.init.duration, settings.init.code) if part is not None]
        if settings.init.duration is None and book.has(measured):
            parts.append(distribution_from(book.value(measured)))
        given = settings.snap_start.restore.duration if settings.snap_start is not None else None
        restore = given or distribution_from(book.value("cold_starts/snap_start_restore/in_use"))
        init_us = sum(part.mean() for part in parts)
        if restore.mean() > init_us:
            yield (
                (*path, "snap_start"),
                (
                    f"a restore takes {format_us(restore.mean())} on average, the init that it spares "
                    f"{format_us(init_us)}: without SnapStart cold starts are shorter"
                ),
            )


Check = Callable[[Scenario, Book], Findings]
SNAP_START_ERRORS: dict[str, Check] = {
    check.__name__: check
    for check in (
        snap_start_unsupported,
        snap_start_with_provisioned_concurrency,
        snap_start_with_ephemeral_storage,
        snap_start_over_limit,
    )
}
SNAP_START_WARNINGS: dict[str, Check] = {
    check.__name__: check for check in (snap_start_unused, restore_slower_than_init)
}
