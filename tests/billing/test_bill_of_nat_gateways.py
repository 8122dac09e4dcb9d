"""NAT gateways: hours for the account, and gigabytes for each function that sends through them."""

import pytest

import lambdasim
from lambdasim.errors import InputError
from tests.worlds import at, load, run, world

HOUR_USD, GB_USD = 0.045, 0.045


def in_vpc(traffic="20 KB", gateways=2, **changes):
    vpc_config = {"subnet_ids": ["a", "b"], "security_group_ids": ["sg"]}
    if traffic:
        vpc_config["internet_traffic"] = traffic
    return world(function={"vpc_config": vpc_config}, vpc={"nat_gateways": gateways}, **changes)


def lines(result):
    return {
        (line.kind, line.owner, line.item): (line.quantity, line.usd)
        for line in result.bill.lines
        if "NAT" in line.item
    }


def test_gateways_cost_by_the_hour_and_traffic_by_the_gigabyte_of_the_runs():
    result = run(in_vpc(trigger={"arrivals": at("0s", "1m", "2m", events=100)}))
    processed_gb = 300 * 20 / 1024 / 1024
    assert lines(result) == {
        ("function", "f", "NAT gateway data"): pytest.approx((processed_gb, processed_gb * GB_USD)),
        ("account", "account", "NAT gateways"): pytest.approx((2, 2 * HOUR_USD)),
    }


def test_a_month_of_one_gateway_costs_730_hours():
    result = run(in_vpc(traffic=None, gateways=1))
    assert result.summary()["account"]["cost_usd"]["total"] * 730 == pytest.approx(32.85)


def test_the_warm_up_is_not_billed():
    result = run(in_vpc(warm_up="30m", trigger={"arrivals": at("0s", "45m")}))
    assert lines(result)["account", "account", "NAT gateways"][0] == 1
    assert lines(result)["function", "f", "NAT gateway data"][0] == pytest.approx(20 / 1024 / 1024)


def test_functions_triggers_and_account_add_up_to_the_total_before_and_after_it_was_saved(tmp_path):
    result = run(in_vpc())
    summary = result.summary()
    parts = (*summary["functions"].values(), *summary["triggers"].values(), summary["account"])
    assert sum(part["cost_usd"]["total"] for part in parts) == pytest.approx(summary["total"]["cost_usd"])
    result.save(tmp_path / "saved")
    assert lambdasim.Result.load(tmp_path / "saved").bill == result.bill


def test_without_a_gateway_nothing_goes_through_one():
    assert not lines(run(in_vpc(gateways=0)))


def test_a_region_whose_price_nobody_knows_is_refused():
    document = in_vpc(region="eu-west-1")
    with pytest.raises(InputError, match=r"vpc\.nat_gateways: the parameter book has no price of NAT gateways"):
        load(document)
    document["parameters"] |= {
        "prices/eu-west-1/services/data_transfer/nat_gateway_hour": 0.048,
        "prices/eu-west-1/services/data_transfer/nat_gateway_data": 0.048,
    }
    assert run(document).summary()["account"]["cost_usd"]["total"] == pytest.approx(2 * 0.048)
