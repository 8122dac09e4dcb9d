"""What is billed of a trigger, and what is said where its Region has no price of it."""

from __future__ import annotations

import pytest
from small_scenario import SMALL, changed, complaints

import lambdasim
from lambdasim.header import FAMILIES, BilledItem
from lambdasim.parameters.book import load_book
from lambdasim.scenario.load import parse_scenario

REST = changed("type: direct", "type: api_gateway, api: rest")


@pytest.mark.parametrize("api", ["http", "rest"])
def test_an_api_is_billed_for_each_request_that_its_throttling_let_through(api):
    scenario = parse_scenario(changed("type: direct", f"type: api_gateway, api: {api}"))
    [item] = scenario.triggers["web"].billed
    assert item == BilledItem(f"{api.upper()} API requests", "accepted", "requests", f"services/api_gateway/{api}")


def test_direct_calls_function_urls_and_journeys_cost_nothing_but_the_function():
    for kind in ("direct", "function_url", "alb"):
        assert parse_scenario(changed("type: direct", f"type: {kind}")).triggers["web"].billed == ()


def test_a_trigger_that_its_region_has_no_price_for_is_refused_and_the_others_are_named():
    [line] = complaints(f"{REST}region: eu-north-1\n")
    assert line == (
        "s.yaml:8:8: triggers.web: the parameter book has no price of REST API requests in eu-north-1; it has one in "
        "eu-central-1, eu-west-1, us-east-1, and takes yours under parameters: "
        "prices/eu-north-1/services/api_gateway/rest [no_price]"
    )


def test_a_price_that_many_triggers_lack_is_asked_for_once():
    second = "  more: {type: api_gateway, api: rest, target: api, arrivals: {poisson: {rate: 1/s}}}\n"
    assert len(complaints(f"{REST}{second}region: eu-north-1\n")) == 1


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "eu-central-1"])
def test_a_trigger_runs_where_there_is_a_price(region):
    assert parse_scenario(f"{REST}region: {region}\n").region == region


@pytest.mark.parametrize("given", ["4.00", "[{price: 4.00}]", "[{up_to: 1000000000, price: 4.00}, {price: 3.00}]"])
def test_a_price_that_the_book_lacks_may_be_given_and_is_billed_and_shown_as_the_users(given):
    path = "prices/eu-north-1/services/api_gateway/rest"
    text = f"{REST}region: eu-north-1\nparameters: {{{path}: {given}}}\n".replace("duration: 1h", "duration: 1m")
    summary = lambdasim.simulate(parse_scenario(text)).summary()
    [line] = summary["triggers"]["web"]["cost_usd"]["lines"]
    assert line["usd"] == pytest.approx(line["quantity"] * 4e-6)
    assert line["quantity"] == summary["triggers"]["web"]["attempts"] > 0
    [shown] = [entry for entry in summary["assumptions"] if entry["path"] == path]
    assert shown["confidence"] == "user"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "prices/eu-north-1/services/kinesis/shard_hour",
            "[1]",
            "does not fit; the book has 0.015 (USD per shard and h",
        ),
        ("prices/eu-north-1/services/sqs/standard", "[]", "does not fit; the book has [{"),
        ("prices/eu-north-1/services/sqs/standard", "[{up_to: 5}]", "does not fit; the book has [{"),
        ("prices/eu-north-1/services/pigeons", "1", "the parameter book has no"),
        ("prices/mars-north-1/requests", "1", "the parameter book has no"),
    ],
)
def test_a_given_price_has_the_form_that_the_book_has_it_in_elsewhere(path, value, words):
    [line] = complaints(f"{SMALL}parameters: {{{path}: {value}}}\n")
    assert words in line


def test_a_given_price_is_there_and_others_stay_away():
    path = "prices/eu-north-1/services/kinesis/shard_hour"
    book = load_book().override({path: 0.018})
    assert (book.has(path), book.value(path), book.get(path).path) == (True, 0.018, path)
    assert not load_book().has(path)
    assert not book.has("prices/eu-north-1/services/kinesis/put_payload_units")


def test_what_a_throttling_api_rejects_is_not_billed():
    door = "type: api_gateway, api: rest, rate: 1/s, burst: 1"
    text = changed("type: direct", door).replace("duration: 1h", "duration: 10m")
    summary = lambdasim.simulate(parse_scenario(text)).summary()
    web, rejected = summary["triggers"]["web"], summary["functions"]["api"]["final_failures"]["rejected"]
    assert rejected > 0
    assert web["cost_usd"]["lines"][0]["quantity"] == web["attempts"] - rejected
    assert web["cost_usd"]["total"] == pytest.approx((web["attempts"] - rejected) * 3.50e-6)
    functions_usd = summary["functions"]["api"]["cost_usd"]["total"]
    assert summary["total"]["cost_usd"] == pytest.approx(functions_usd + web["cost_usd"]["total"])


SOURCES = sorted(kind for kind in FAMILIES if kind != "journey")


@pytest.mark.parametrize("kind", SOURCES)
def test_whatever_is_billed_of_a_trigger_has_a_price_in_us_east_1(kind):
    text = changed("type: direct", f"type: {kind}")
    if kind == "schedule":
        text = text.replace("poisson: {rate: 5/s}", "schedule: {expression: rate(1 minute)}")
    scenario = parse_scenario(text)
    for item in scenario.triggers["web"].billed:
        entry = scenario.book.get(f"prices/us-east-1/{item.price}")
        assert entry.unit.startswith("USD per ")
        assert isinstance(entry.value, list | float | int | dict)


@pytest.mark.parametrize(
    ("kind", "usd"),
    [
        ("api_gateway", {"HTTP API requests": 3_000 * 1.00e-6}),
        ("api_gateway, api: rest", {"REST API requests": 3_000 * 3.50e-6}),
        ("sns", {"SNS publishes": 3_000 * 0.50e-6}),
        ("eventbridge", {"EventBridge custom events": 3_000 * 1.00e-6}),
        ("kinesis", {"Kinesis shards": 0.015 / 6, "Kinesis PUT payload units": 3_000 * 0.014e-6}),
        ("dynamodb_streams", {}),
        ("direct_async", {}),
        ("s3", {}),
        ("direct", {}),
    ],
)
def test_ten_minutes_of_five_small_events_a_second_cost_what_the_price_pages_say(kind, usd):
    text = changed("type: direct", f"type: {kind}").replace("duration: 1h", "duration: 10m")
    result = lambdasim.simulate(parse_scenario(text.replace("poisson", "constant")))
    assert {line.item: line.usd for line in result.bill.by_trigger().get("web", ())} == pytest.approx(usd)
    assert result.bill.total_usd == pytest.approx(
        sum(usd.values()) + sum(line.usd for line in result.bill.by_function()["api"])
    )
