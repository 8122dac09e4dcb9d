"""What AWS's billing of inits costs: the same runs, billed as before and as since 2025-08-01.

Until then the Init Duration of Zip packages on managed runtimes was free. Images, OS-only runtimes and provisioned
concurrency always paid for it.
Source: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdasim.analysis.costs.runs import AMOUNT, SHARE, Run, share_of, values_of
from lambdasim.analysis.intervals import Estimate, difference_estimate, estimate_of
from lambdasim.analysis.observations import Design
from lambdasim.scenario.facts import is_managed_zip
from lambdasim.scenario.load import override
from lambdasim.scenario.model import Scenario

OPTION = "--init-billing"
_RULE = "parameters.billing/init_billed"


@dataclass(frozen=True, slots=True)
class InitBillingAnswer:
    """A month with inits billed and without, in USD; ``functions``: what each function pays more, paired.

    ``share`` is the difference in the bill with inits. ``always_paid`` names the functions for which nothing changed.
    """

    billed_usd: Estimate
    unbilled_usd: Estimate
    difference_usd: Estimate
    share: Estimate
    functions: Mapping[str, Estimate]
    always_paid: tuple[str, ...]


def billing_inits(scenario: Scenario, *, billed: bool) -> Scenario:
    """The scenario under one rule or the other: itself, if it has that already."""
    if scenario.book.override({}).value("billing/init_billed") is billed:
        return scenario
    return override(scenario, {_RULE: "true" if billed else "false"}, source=OPTION)


def init_billing_answer(
    scenario: Scenario, billed: Sequence[Run], unbilled: Sequence[Run], design: Design
) -> InitBillingAnswer:
    """The answer from runs that differ in nothing but the bill."""
    confidence = design.confidence
    after, before = (values_of(runs, lambda run: run.month_usd) for runs in (billed, unbilled))
    shares = [share_of(now - then, now) for now, then in zip(after, before, strict=True)]
    return InitBillingAnswer(
        billed_usd=estimate_of(AMOUNT, after, confidence),
        unbilled_usd=estimate_of(AMOUNT, before, confidence),
        difference_usd=difference_estimate(after, before, confidence),
        share=estimate_of(SHARE, shares, confidence),
        functions={name: _of_function(name, billed, unbilled, confidence) for name in scenario.functions},
        always_paid=tuple(
            name
            for name, function in scenario.functions.items()
            if not any(is_managed_zip(settings) for settings in function.configurations.values())
        ),
    )


def _of_function(name: str, billed: Sequence[Run], unbilled: Sequence[Run], confidence: float) -> Estimate:
    after, before = (values_of(runs, lambda run: run.function_usd(name)) for runs in (billed, unbilled))
    return difference_estimate(after, before, confidence)
