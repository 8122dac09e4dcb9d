r"""Whether provisioned concurrency pays for itself: its utilization against the one at which it costs nothing more.

Kept ready, a GB-second costs :math:`p_c` used or not, and :math:`p_d` more while it runs; on demand it costs
:math:`p` while it runs. Used for a share u of its time both cost the same where

.. math:: p_c + u\,p_d = u\,p \quad\Rightarrow\quad u = \frac{p_c}{p - p_d}

Above that it saves money (and cold starts); below it its price is for the cold starts alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdasim.analysis.costs.runs import SHARE, Run, estimated, share_of, values_of
from lambdasim.analysis.intervals import Estimate, difference_estimate
from lambdasim.analysis.observations import Design
from lambdasim.billing.prices import PriceList
from lambdasim.errors import InputError, ParameterError
from lambdasim.parameters.book import Book
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.source import path_text
from lambdasim.scenario.targets import qualifier

OPTION = "--provisioned"
_KEY = "provisioned_concurrent_executions"
_NEARLY = 0.05  # a run's begin and end cut a little off what is busy on average
_NOTHING = "null"  # in place of a value: as if the key were not written


@dataclass(frozen=True, slots=True)
class Level:
    """How many environments a function has kept ready in one variant; ``configured``: the scenario's own choice."""

    environments: int
    configured: bool


@dataclass(frozen=True, slots=True)
class ProvisionedVariants:
    """The scenario without any provisioned concurrency, and with: what it has, or else what was suggested.

    ``left`` names functions that were left as they are, and why.
    """

    without: Scenario
    having: Scenario
    levels: Mapping[str, Level]
    left: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OneFunction:
    """A function's month without and with, in USD, and its utilization (GB-s used of those configured)."""

    level: Level
    break_even: float
    utilization: Estimate
    without_usd: Estimate
    with_usd: Estimate
    difference_usd: Estimate  # with, less without: paired
    cold_start_rate_without: Estimate
    cold_start_rate_with: Estimate


@dataclass(frozen=True, slots=True)
class ProvisionedAnswer:
    """Each function that could be weighed; ``left``: the others, and why."""

    functions: Mapping[str, OneFunction]
    left: Mapping[str, str]


def break_even(book: Book, region: str, architecture: str, savings_plan: str) -> float:
    """The utilization at which provisioned concurrency costs as much as the same runs on demand, at the first tiers.

    Raises ``ParameterError`` if the book has no price of it. Inf, if it can never pay.

    >>> from lambdasim.parameters.book import load_book
    >>> round(break_even(load_book(), "us-east-1", "x86_64", "none"), 3)
    0.6
    """
    prices = PriceList(book, region, free_tier=False, savings_plan=savings_plan)
    places = (
        f"duration/{architecture}/tiers",
        f"provisioned_concurrency/{architecture}/configured",
        f"provisioned_concurrency/{architecture}/duration",
    )
    on_demand, configured, duration = ((prices.plan_price(p) or prices.price(p)).tiers[0].usd for p in places)
    return configured / (on_demand - duration) if on_demand > duration else math.inf


def provisioned_variants(scenario: Scenario, runs: Sequence[Run]) -> ProvisionedVariants:
    """Both variants: a function without any is given as many environments as it keeps busy on average, at least one."""
    none: dict[str, str] = {}
    some: dict[str, str] = {}
    levels: dict[str, Level] = {}
    left: dict[str, str] = {}
    for name, function in scenario.functions.items():
        if function.is_provisioned:
            none |= _removal(scenario, name)
            configured = sum(each.provisioned_concurrent_executions or 0 for each in function.pointers.values())
            levels[name] = Level(configured, configured=True)
            continue
        busy = [run.summary["functions"][name]["concurrency"]["mean"] for run in runs]
        environments = max(1, math.floor(math.fsum(busy) / len(busy) + _NEARLY))
        path = path_text(("functions", name, _KEY))
        why = _why_not(scenario, name, {path: str(environments)}, idle=not any(busy))
        if why:
            left[name] = why
        else:
            some[path] = str(environments)
            levels[name] = Level(environments, configured=False)
    return ProvisionedVariants(_override(scenario, none), _override(scenario, some), levels, left)


def _removal(scenario: Scenario, name: str) -> dict[str, str]:
    """Overrides that take a function's provisioned concurrency away, with what scales it."""
    function = scenario.functions[name]
    removed = {path_text(("functions", name, _KEY)): _NOTHING} if function.provisioned_concurrent_executions else {}
    for alias, settings in function.aliases.items():
        for key in (_KEY, "autoscaling"):
            if getattr(settings, key) is not None:
                removed[path_text(("functions", name, "aliases", alias, key))] = _NOTHING
    return removed


def _why_not(scenario: Scenario, name: str, settings: Mapping[str, str], *, idle: bool) -> str:
    """Why a function can't be given provisioned concurrency of its own; empty if it can."""
    if idle:
        return "it did not run"
    targets = [t for trigger in scenario.triggers.values() for t in trigger.targets if t.partition(":")[0] == name]
    if any(qualifier(target) for target in targets):
        return "its triggers name an alias or a version: give the alias provisioned concurrency to have it weighed"
    try:
        override(scenario, settings, source=OPTION)
    except InputError as error:
        return error.problems[0].text
    return ""


def _override(scenario: Scenario, settings: Mapping[str, str]) -> Scenario:
    return override(scenario, settings, source=OPTION) if settings else scenario


def provisioned_answer(
    scenario: Scenario, variants: ProvisionedVariants, without: Sequence[Run], having: Sequence[Run], design: Design
) -> ProvisionedAnswer:
    """The answer from runs of both variants."""
    functions, left = {}, dict(variants.left)
    for name, level in variants.levels.items():
        try:
            functions[name] = _of_function(scenario, name, level, without, having, design.confidence)
        except ParameterError as error:
            left[name] = str(error)
    return ProvisionedAnswer(functions, left)


def _of_function(
    scenario: Scenario, name: str, level: Level, without: Sequence[Run], having: Sequence[Run], confidence: float
) -> OneFunction:
    def month_usd(run: Run) -> float:
        return run.function_usd(name)

    def cold_start_rate(run: Run) -> float | None:
        rate: float | None = run.summary["functions"][name]["cold_start_rate"]
        return rate

    plan = scenario.account.savings_plan
    at = break_even(scenario.book.override({}), scenario.region, scenario.functions[name].architecture, plan)
    return OneFunction(
        level=level,
        break_even=at,
        utilization=estimated(having, lambda run: share_of(*run.provisioned_gb_s(name)), confidence, SHARE),
        without_usd=estimated(without, month_usd, confidence),
        with_usd=estimated(having, month_usd, confidence),
        difference_usd=difference_estimate(values_of(having, month_usd), values_of(without, month_usd), confidence),
        cold_start_rate_without=estimated(without, cold_start_rate, confidence, SHARE),
        cold_start_rate_with=estimated(having, cold_start_rate, confidence, SHARE),
    )
