"""What is billed of functions needs a price in the Region: of each version, of provisioned concurrency, of a plan."""

import pytest
from small_scenario import SMALL, changed, complaints

from lambdasim.scenario.load import parse_scenario

PROVISIONED = changed(
    "    runtime: python3.13\n", "    runtime: python3.13\n    provisioned_concurrent_executions: 2\n"
)
CAPE_TOWN = "region: af-south-1\nparameters:\n  prices/af-south-1/requests: {price: 0.2, per: 1000000}\n"


def lacking(text):
    """The prices that are asked for."""
    return [line.rpartition("parameters: ")[2].removesuffix(" [no_price]") for line in complaints(text)]


def test_provisioned_concurrency_needs_prices_of_its_own():
    parse_scenario(f"{SMALL}{CAPE_TOWN}")
    assert lacking(f"{PROVISIONED}{CAPE_TOWN}") == [
        "prices/af-south-1/provisioned_concurrency/requests",
        "prices/af-south-1/provisioned_concurrency/x86_64/configured",
        "prices/af-south-1/provisioned_concurrency/x86_64/duration",
    ]
    parse_scenario(f"{PROVISIONED}region: eu-west-1\n")


@pytest.mark.parametrize("plan", ["no_upfront", "all_upfront"])
def test_a_savings_plan_needs_its_price_or_its_discount(plan):
    account = f"account: {{savings_plan: {plan}}}\n"
    parse_scenario(f"{PROVISIONED}{account}")
    text = f"{PROVISIONED}{account}region: eu-west-1\n"
    [line] = complaints(text)
    assert "account.savings_plan: the parameter book has no price of duration (x86_64) under this Savings Plan" in line
    assert lacking(text) == [f"prices/eu-west-1/savings_plans/{plan}/discount"]
    parse_scenario(f"{text}parameters: {{prices/eu-west-1/savings_plans/{plan}/discount: 0.1}}\n")


def test_a_savings_plan_has_a_name_that_aws_knows():
    [line] = complaints(f"{SMALL}account: {{savings_plan: partial}}\n")
    assert "account.savings_plan: 'partial' is not known here; known: none, no_upfront, all_upfront" in line
