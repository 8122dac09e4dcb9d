"""Checks of provisioned concurrency: what AWS refuses, and what leaves nothing to others.

Sources: Lambda developer guide, provisioned-concurrency and configuration-concurrency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdasim.parameters.book import Book
from lambdasim.scenario.aliases import LIVE, Alias
from lambdasim.scenario.functions import Function
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.targets import LATEST
from lambdasim.units import US_PER_S, format_us

Path = tuple[str | int, ...]
Findings = Iterator[tuple[Path, str]]
_KEY = "provisioned_concurrent_executions"


def _provisioned(scenario: Scenario) -> Iterator[tuple[Path, Function, Alias, int]]:
    """Each alias with provisioned concurrency: where it is written, its function, its settings, and how much."""
    for name, function in scenario.functions.items():
        for pointer, alias in function.pointers.items():
            if alias.provisioned_concurrent_executions is not None:
                above = () if pointer == LIVE and LIVE not in function.aliases else ("aliases", pointer)
                yield ("functions", name, *above), function, alias, alias.provisioned_concurrent_executions


def _room(scenario: Scenario, book: Book) -> int:
    """What functions without reserved concurrency may provision together."""
    reserved = sum(function.reserved_concurrent_executions or 0 for function in scenario.functions.values())
    minimum: int = book.value("quotas/account/unreserved_minimum")
    return scenario.account.concurrent_executions - reserved - minimum


def provisioned_over_quota(scenario: Scenario, book: Book) -> Findings:
    """AWS keeps a part of the unreserved concurrency from being provisioned, too."""
    amounts = {path: n for path, function, _, n in _provisioned(scenario) if not _is_reserved(function)}
    room, total = max(0, _room(scenario, book)), sum(amounts.values())
    if total > room:
        largest = max(amounts, key=lambda path: amounts[path])
        yield (
            (*largest, _KEY),
            (
                f"functions without reserved concurrency provision {total}; at most {room} can be provisioned (the "
                f"quota of {scenario.account.concurrent_executions}, less what is reserved, less the "
                f"{book.value('quotas/account/unreserved_minimum')} that stay unreserved)"
            ),
        )


def _is_reserved(function: Function) -> bool:
    return function.reserved_concurrent_executions is not None


def provisioned_over_reserved(scenario: Scenario, _book: Book) -> Findings:
    """A function's provisioned concurrency counts against its reserved concurrency, all versions together."""
    for path, function, total in _of_reserved(scenario):
        reserved = function.reserved_concurrent_executions or 0
        if total > reserved:
            yield path, f"the function provisions {total} of a reserved concurrency of {reserved}; reserve more"


def _of_reserved(scenario: Scenario) -> Iterator[tuple[Path, Function, int]]:
    """Each function with both: the path of its largest provisioned concurrency, and their sum."""
    by_function: dict[str, dict[Path, int]] = {}
    for path, _, _, n in _provisioned(scenario):
        by_function.setdefault(str(path[1]), {})[path] = n
    for name, amounts in by_function.items():
        function = scenario.functions[name]
        if _is_reserved(function):
            yield (*max(amounts, key=amounts.__getitem__), _KEY), function, sum(amounts.values())


def provisioned_latest(scenario: Scenario, _book: Book) -> Findings:
    """Only a published version can have it."""
    for path, _, alias, _ in _provisioned(scenario):
        if LATEST in alias.versions.values():
            yield (*path, _KEY), f"{LATEST} can't have provisioned concurrency: publish a version, and name that"


def provisioned_twice(scenario: Scenario, _book: Book) -> Findings:
    """A version has one configuration: two aliases that point to it can't both have one."""
    first: dict[tuple[str | int, str], Path] = {}
    for path, _, alias, _ in _provisioned(scenario):
        for version in dict.fromkeys(alias.versions.values()):
            other = first.setdefault((path[1], version), path)
            if other != path:
                name = other[-1] if len(other) > 2 else LIVE
                yield (
                    (*path, _KEY),
                    f"version {version} has provisioned concurrency by the alias {name!r} already; drop one",
                )


def provisioned_init_over_limit(scenario: Scenario, book: Book) -> Findings:
    """Its environments may take longer than others to start, but not for ever: AWS ends with the status FAILED."""
    for name, function in scenario.functions.items():
        for version, settings in function.provisioned_versions.items():
            limit_us = max(book.value("quotas/function/long_init_timeout_s") * US_PER_S, settings.timeout_us)
            below = ("versions", version) if version in function.versions else ()
            for key, distribution in (("duration", settings.init.duration), ("code", settings.init.code)):
                if distribution is not None and distribution.mean() > limit_us:
                    mean, limit = format_us(distribution.mean()), format_us(limit_us)
                    yield (
                        ("functions", name, *below, "init", key),
                        f"the mean of {mean} is above {limit}, the limit of provisioned concurrency: none can start",
                    )


def provisioned_leaves_nothing(scenario: Scenario, _book: Book) -> Findings:
    """Then nothing spills over, and $LATEST is throttled."""
    for path, function, total in _of_reserved(scenario):
        if total == function.reserved_concurrent_executions:
            yield (
                path,
                (
                    f"all {total} of the reserved concurrency are provisioned: what finds none of them free is "
                    f"throttled, and so is all that invokes {LATEST} or another version"
                ),
            )


def _most(scenario: Scenario, book: Book, path: Path) -> int:
    """What the alias at ``path`` may provision beside the others."""
    function = scenario.functions[str(path[1])]
    beside = [
        n
        for other, owner, _, n in _provisioned(scenario)
        if other != path and (owner is function if _is_reserved(function) else not _is_reserved(owner))
    ]
    reserved = function.reserved_concurrent_executions
    return (_room(scenario, book) if reserved is None else reserved) - sum(beside)


def autoscaling_over_quota(scenario: Scenario, book: Book) -> Findings:
    """Application Auto Scaling would try, and AWS refuse."""
    for path, _, alias, _ in _provisioned(scenario):
        scaling = alias.autoscaling
        if scaling is None:
            continue
        asked: dict[Path, int | None] = {("max_capacity",): scaling.max_capacity}
        for number, action in enumerate(scaling.scheduled_actions):
            asked["scheduled_actions", number, "max_capacity"] = action.max_capacity
        most = _most(scenario, book, path)
        for below, capacity in asked.items():
            if capacity is not None and capacity > most:
                yield (
                    (*path, "autoscaling", *below),
                    f"no more than {most} can be provisioned for {path[1]}:{path[-1]}; AWS will refuse more",
                )


def autoscaling_while_routing(scenario: Scenario, _book: Book) -> Findings:
    """AWS doesn't let provisioned concurrency be managed on an alias that has two versions."""
    for path, _, alias, _ in _provisioned(scenario):
        if alias.autoscaling is not None and alias.routing_config is not None:
            yield (
                (*path, "autoscaling"),
                "AWS doesn't change the provisioned concurrency of an alias that routes to two versions; here it does",
            )


Check = Callable[[Scenario, Book], Findings]
PROVISIONED_ERRORS: dict[str, Check] = {
    check.__name__: check
    for check in (
        provisioned_over_quota,
        provisioned_over_reserved,
        provisioned_latest,
        provisioned_twice,
        provisioned_init_over_limit,
    )
}
PROVISIONED_WARNINGS: dict[str, Check] = {
    check.__name__: check for check in (provisioned_leaves_nothing, autoscaling_over_quota, autoscaling_while_routing)
}
