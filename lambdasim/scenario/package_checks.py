"""Checks of what a function is deployed as: its runtime, its package and its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date

from lambdasim.parameters.book import Book
from lambdasim.scenario.functions import Configuration
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.runtimes import Status, Support, newer_runtime, support

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]


def package_too_large(scenario: Scenario, book: Book) -> Findings:
    """250 MB unzipped, layers included, or 10 GB of image."""
    for path, function in scenario.configurations():
        is_zip = function.package_type == "Zip"
        limit = book.value(f"quotas/function/{'zip_unzipped_mb' if is_zip else 'image_mb'}")
        what = "a Zip package, unzipped and with its layers," if is_zip else "an image"
        rule = f"above {limit} MB, the most that {what} may have{'; use `package_type: Image`' if is_zip else ''}"
        sizes = {"package_size": function.package_size_mb, "unzipped_size": function.unzipped_size_mb}
        too_large = {key: size for key, size in sizes.items() if size is not None and size > limit}
        for key, size in too_large.items():
            yield (*path, key), f"{size:g} MB is {rule}"
        if not too_large and function.unpacked_mb > limit:
            package_mb, layers_mb = function.unpacked_mb - function.layers_unpacked_mb, function.layers_unpacked_mb
            yield (*path, "layers"), f"{package_mb:g} MB of package and {layers_mb:g} MB of layers are {rule}"


def too_many_layers(scenario: Scenario, book: Book) -> Findings:
    """Five to a function."""
    for path, function in scenario.configurations():
        limit = book.value("quotas/function/layers")
        if len(function.layers) > limit:
            yield (*path, "layers"), f"{len(function.layers)} are given; at most {limit} are allowed"


def architecture_not_offered(scenario: Scenario, book: Book) -> Findings:
    """Old runtimes know x86_64 only."""
    for path, function in scenario.configurations():
        entry = f"runtimes/{function.runtime}/architectures"
        if function.runtime is not None and book.has(entry):
            offered = book.value(entry) or []
            if offered and function.architecture not in offered:
                yield (*path, "architecture"), f"{function.runtime} runs on {' and '.join(offered)} only"


def no_measured_init(scenario: Scenario, book: Book) -> Findings:
    """Without `init.duration` the book must have one for the runtime; it never guesses."""
    for path, function in scenario.configurations():
        if function.init.duration is not None:
            continue
        steps = ("cold_starts/init", function.init_key, function.package_type, function.architecture)
        known = next(depth for depth in reversed(range(1, 5)) if book.has("/".join(steps[:depth])))
        if known == len(steps):
            continue
        names = book.names("/".join(steps[:known]))
        near = _nearest_init(steps[known], names) if known == 1 else f"there is: {', '.join(names)}"
        key = ("runtime" if function.runtime else "package_type", "package_type", "architecture")[known - 1]
        what = f"{function.init_key} as {function.package_type} on {function.architecture}"
        yield (*path, key), f"no init was measured for {what} ({near}); give init.duration, such as 300 ms"


def _nearest_init(name: str, names: tuple[str, ...]) -> str:
    """The measured runtimes that are most like ``name``: of the same family."""
    family = name.rstrip("0123456789.x")
    same = [
        other for other in names if other.startswith(family) or other.split("@")[0] == name.split("@", maxsplit=1)[0]
    ]
    return f"measured: {', '.join(same or names)}"


def runtime_deprecated(scenario: Scenario, book: Book) -> Findings:
    """No more patches after the deprecation date; in the end no new functions, and no updates; invocations go on."""
    today = scenario.start.astimezone(UTC).date()
    for path, function in scenario.configurations():
        if function.runtime is None or not book.has(f"runtimes/{function.runtime}/deprecation_date"):
            continue
        own = support(function.runtime, book)
        if own.status(today) is not Status.SUPPORTED:
            yield (*path, "runtime"), "; ".join(_ends(function, own, today, book))


def _ends(function: Configuration, own: Support, today: date, book: Book) -> Iterator[str]:
    """What has ended, or will, and what to do."""
    days = own.days_left(today)
    if days is not None:
        when = "is deprecated since" if days <= 0 else "will be deprecated on"
        soon = f", in {days} days" if days > 0 else ""
        yield f"{function.runtime} {when} {own.deprecation_date}{soon} (at the scenario's start)"
    blocked = [
        f"{what} {'since' if day <= today else 'from'} {day}"
        for what, day in (("new functions are blocked", own.block_create), ("updates", own.block_update))
        if day is not None
    ]
    yield ", ".join([*blocked, "invocations never"]) if blocked else "invocations are never blocked"
    newer = newer_runtime(function, today, book)
    if newer is not None:
        yield f"{newer} is the newest supported"


Check = Callable[[Scenario, Book], Findings]
PACKAGE_ERRORS: dict[str, Check] = {
    check.__name__: check for check in (package_too_large, too_many_layers, architecture_not_offered, no_measured_init)
}
PACKAGE_WARNINGS: dict[str, Check] = {check.__name__: check for check in (runtime_deprecated,)}
