"""What of the account's concurrency is set aside over time: provisioned concurrency, and what is left unreserved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from lambdasim.header import THE_ACCOUNT
from lambdasim.plots.panels import Steps

if TYPE_CHECKING:
    from lambdasim.result.result import Result

Period = tuple[int, int, int]  # from, to (microseconds), and how much


def periods_of(result: Result, functions: Sequence[int], of: Callable[[int, int], int]) -> list[Period]:
    """The periods of these functions' provisioned concurrency; ``of(configured, allocated)`` is how much there is."""
    columns, versions = result.provisioned_columns, result.header.versions
    names = ("version", "configured", "allocated", "from_us", "to_us")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [
        (from_us, to_us, of(configured, allocated))
        for version, configured, allocated, from_us, to_us in rows
        if versions[version].function in functions
    ]


def summed(periods: Iterable[Period]) -> tuple[list[int], list[int]]:
    """What the periods come to together: instants, from 0 on, and how much there is from each on until the next."""
    changes = {0: 0}
    for from_us, to_us, value in periods:
        changes[from_us] = changes.get(from_us, 0) + value
        changes[to_us] = changes.get(to_us, 0) - value
    instants, values, level = list[int](), list[int](), 0
    for at_us in sorted(changes):
        if changes[at_us] or not instants:
            level += changes[at_us]
            instants.append(at_us)
            values.append(level)
    return instants, values


def configured_steps(result: Result, functions: Sequence[int]) -> Steps | None:
    """The provisioned concurrency that was asked for, of these functions together; None if none ever was."""
    periods = periods_of(result, functions, lambda configured, _: configured)
    return Steps("provisioned", *summed(periods)) if periods else None


def unreserved_steps(result: Result) -> Steps | None:
    """What functions without reserved concurrency share; None where that is all of the account's quota.

    The quota, without what is reserved and, of functions that have nothing reserved, without what is set aside for
    provisioned concurrency: what is asked for, or what is in use still after a decrease.
    """
    facts = result.header.limits
    if not facts:
        return None
    quota, *reserved = (
        Steps.of(scope, [fact for fact in facts if fact.scope == scope])
        for scope in (THE_ACCOUNT, *(function.name for function in result.header.functions))
    )
    claimed = [Steps("", *summed(periods_of(result, [index], max))) for index in range(len(reserved))]
    instants = sorted({at_us for steps in (quota, *reserved, *claimed) for at_us in steps.at_us})
    taken = [
        sum(_either(own.at(at_us), provisioned.at(at_us)) for own, provisioned in zip(reserved, claimed, strict=True))
        for at_us in instants
    ]
    if not any(taken):
        return None
    left = [_either(quota.at(at_us), None) - less for at_us, less in zip(instants, taken, strict=True)]
    news = [n for n, value in enumerate(left) if n == 0 or value != left[n - 1]]
    return Steps("unreserved", [instants[n] for n in news], [left[n] for n in news])


def _either(value: int | None, other: int | None) -> int:
    return (other or 0) if value is None else value
