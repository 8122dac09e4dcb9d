"""Compute Savings Plans: which prices they have a part in, and where the book has that part."""

from __future__ import annotations

from collections.abc import Iterator

NO_PLAN = "none"


def plan_places(price: str, savings_plan: str) -> Iterator[str]:
    """Where a plan's part in ``price`` may stand, below the Region's: as a price of its own, or else as its discount.

    Nothing, if the plan has no part in it: the plans are for duration and provisioned concurrency, not for requests.
    Sources: the book's (AWS Price List ComputeSavingsPlans); https://cloudwiry.com/lambda-functions/ says the same.

    >>> list(plan_places("duration/arm64/tiers", "no_upfront"))
    ['savings_plans/no_upfront/duration/arm64', 'savings_plans/no_upfront/discount']
    >>> list(plan_places("requests", "no_upfront"))
    []
    """
    covered = price.startswith(("duration/", "provisioned_concurrency/")) and not price.endswith("/requests")
    if savings_plan != NO_PLAN and covered:
        yield f"savings_plans/{savings_plan}/{price.removesuffix('/tiers')}"
        yield f"savings_plans/{savings_plan}/discount"
