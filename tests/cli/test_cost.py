"""``lambdasim cost``: the answer first, the questions that are named, and what is refused."""

import json

import pytest

from tests.cli.shop import WORLD

FEW = ("--replications", "2", "--workers", "1", "--set", "duration=2m")


def test_the_month_comes_first_then_each_answer_with_its_table(command):
    run = command("cost", "shop.yaml", *FEW)
    assert (run.status, run.err) == (0, "")
    parts = run.out.split("\n\n")
    assert parts[0].startswith("A month made of such 2 min costs $")
    assert "[" in parts[0].split(";")[0]
    assert [part.split("\n")[1].split(",")[0] for part in parts[1:6]] == [
        "At so many times the traffic",
        "Inits of managed runtimes",
        "On x86_64 and on arm64",
        "Lambda against Fargate",
        "Provisioned concurrency",
    ]
    assert "idle was not weighed: it did not run" in run.out
    assert parts[-1].startswith("In brackets: 95 % intervals over 2 replications")


@pytest.mark.parametrize(
    ("option", "key"),
    [
        (("--traffic", "1,3"), "traffic"),
        (("--init-billing",), "init_billing"),
        (("--architecture",), "architecture"),
        (("--fargate", "--front-door"), "fargate"),
        (("--provisioned",), "provisioned"),
    ],
)
def test_only_the_questions_that_are_named_are_answered(command, option, key):
    run = command("cost", "shop.yaml", *FEW, *option, "--json")
    document = json.loads(run.out)
    assert (run.status, document["schema_version"], document["seed"], document["replications"]) == (0, 1, 3, 2)
    keys = {"traffic", "init_billing", "architecture", "fargate", "provisioned"}
    assert {each for each in keys if document[each] is not None} == {key}
    assert len(document["answers"]) == 1


def test_json_has_every_estimate_with_its_interval(command):
    document = json.loads(command("cost", "shop.yaml", *FEW, "--traffic", "2", "--json").out)
    once, twice = document["traffic"]["rows"]
    assert (once["factor"], twice["factor"]) == (1, 2)
    assert set(twice["month_usd"]) == {"value", "low", "high", "n", "method"}
    assert twice["month_usd"]["low"] <= twice["month_usd"]["value"] <= twice["month_usd"]["high"]


def test_traffic_that_limits_keep_out_is_told_with_the_quota_it_needs(command, write):
    write(WORLD.replace("seed: 3", "seed: 3\naccount: {concurrent_executions: 3}").replace("80 ms", "1 s"))
    out = command("cost", "shop.yaml", *FEW, "--traffic", "10").out
    assert "at 10 times the traffic not all gets through: " in out
    assert "ask for a quota of " in out
    assert "(now 3; without one " in out


def test_the_same_question_gives_the_same_bytes(command):
    one, two = (command("cost", "shop.yaml", *FEW, "--fargate", "--json").out for _ in range(2))
    assert one == two != ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--traffic", "1,abc,0"), "--traffic: abc: write numbers above 0, such as 1,2,5,10"),
        (("--traffic", "1,,2"), "--traffic: write numbers above 0"),
        (("--traffic", "9000000"), "--traffic: traffic: 9000000 is above 1,000,000"),
        (("--front-door", "--architecture"), "--front-door: belongs to --fargate, which is not asked"),
        (("--set", "traffic=ten"), "--set: traffic: 'ten' is not a factor"),
        (("--set", "functions.api.memory_size=1"), "--set: functions.api.memory_size: 1 is outside 128 to 10240"),
    ],
)
def test_bad_input_leaves_with_2_and_one_line_for_each_mistake(command, words, says):
    run = command("cost", "shop.yaml", *words)
    assert (run.status, run.out) == (2, "")
    assert says in run.err
    assert run.err.endswith("nothing was simulated.\n")
    assert "Traceback" not in run.err


def test_a_scenario_that_is_not_there_leaves_with_2(command):
    run = command("cost", "shp.yaml")
    assert run.status == 2
    assert "did you mean 'shop.yaml'?" in run.err


def test_a_region_without_fargate_prices_is_no_failure(command):
    run = command("cost", "shop.yaml", *FEW, "--fargate", "--set", "region=eu-west-1")
    assert run.status == 0
    assert "Fargate can't be weighed: the parameter book has no 'prices/eu-west-1/fargate/x86_64/vcpu'" in run.out
