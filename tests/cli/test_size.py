import json
import sys

import pytest

from tests.cli.shop import WORLD

MEMORY = "functions.api.memory_size"
PROVISIONED = "functions.api.provisioned_concurrent_executions"
SHORT = ("--replications", "2", "--workers", "1", "--set", "duration=1m")
# The handler's 80 ms at 512 MB are CPU time: 160 at 256, 40 at 1024.
OBJECTIVE = ("--objective", "api.duration_ms.p50 < 100")


def size(command, *words):
    return command("size", "shop.yaml", *words, *SHORT)


def test_the_answer_comes_first_in_one_sentence_with_its_neighbours(command):
    run = size(command, "--vary", f"{MEMORY}=128,256,512,1024", *OBJECTIVE)
    assert (run.status, run.err) == (0, "")
    first, *_ = run.out.splitlines()
    assert first.startswith(f"512 is the smallest {MEMORY} that is shown to meet api.duration_ms.p50 < 100: 80 ms, $")
    assert "; 256 does not (16" in first
    assert "; 1024 costs $" in first or "; 1024 shows no difference in cost" in first
    assert first.endswith(".")
    assert "\n\nValues tried\n" in run.out
    assert "Simulated: all 4 values, 2 times each, on common random numbers." in run.out


def test_a_range_is_bisected_and_that_is_said(command):
    run = size(command, "--vary", f"{MEMORY}=128..1000", *OBJECTIVE)
    assert run.out.startswith("410 ")  # 512 MB * 80 ms / 100 ms = 409.6 MB
    assert "Found by bisection; no value tried is shown to break the order that this relies on." in run.out


def test_a_key_alone_is_sized_over_all_that_it_may_be(command):
    run = size(
        command,
        "--vary",
        PROVISIONED,
        "--objective",
        "api.errors <= 0",
        "--set",
        "account={concurrent_executions: 120}",
    )
    assert run.status == 0
    assert run.out.startswith(
        f"Even 0, the smallest {PROVISIONED} that was tried, is shown to meet api.errors <= 0: 0, "
    )
    assert "Left out, as the scenario's checks refuse it: 21 to 120: " in run.out


def test_no_value_that_meets_leaves_with_1_and_tells_the_best(command):
    run = size(command, "--vary", f"{MEMORY}=512,1024", "--objective", "api.latency_ms.p50 < 5")
    assert (run.status, run.err) == (1, "")
    assert run.out.startswith(f"No {MEMORY} of 512, 1024 is shown to meet api.latency_ms.p50 < 5; the best is 1024: ")
    assert "the handler alone takes longer (functions.api.duration_ms.p50: 40 ms" in run.out


def test_minimize_takes_the_cheapest_that_meets(command):
    run = size(command, "--vary", f"{MEMORY}=512,1024,3008", *OBJECTIVE, "--minimize", "total.cost_usd_per_month")
    assert run.status == 0
    assert f" is the {MEMORY} with the least total.cost_usd_per_month that is shown to meet " in run.out.splitlines()[0]


def test_json_is_one_strict_document(command):
    run = size(command, "--vary", f"{MEMORY}=256,512,1024", *OBJECTIVE, "--json")
    document = json.loads(run.out, parse_constant=pytest.fail)
    assert (run.status, document["schema_version"]) == (0, 1)
    assert (document["answer"], document["by_estimate"], document["largest"]) == ("512", "512", "1024")
    assert [tried["value"] for tried in document["tried"]] == ["256", "512", "1024"]
    assert [tried["verdicts"] for tried in document["tried"]] == [
        {OBJECTIVE[1]: meaning} for meaning in ("not met", "met", "met")
    ]
    assert [neighbour["value"] for neighbour in document["neighbours"]] == ["256", "1024"]
    for neighbour in document["neighbours"]:
        more = neighbour["more"]["total.cost_usd_per_month"]
        assert more["low"] <= more["value"] <= more["high"]
    assert document["search"] == {
        "values": 3,
        "from": "256",
        "to": "1024",
        "refused": [],
        "method": "scan",
        "monotone": True,
        "backwards": [],
    }


def test_several_keys_are_traded_off(command):
    words = ("--vary", f"{MEMORY}=512,1024", "--vary", "functions.api.architecture=x86_64,arm64", *OBJECTIVE)
    run = size(command, *words)
    assert (run.status, run.err) == (0, "")
    first = run.out.splitlines()[0]
    assert first.startswith(
        f"{MEMORY}=512, functions.api.architecture=arm64 has the least total.cost_usd_per_month of "
    )
    assert "\n\nThe Pareto front, by the estimates\n" in run.out
    document = json.loads(size(command, *words, "--json").out)
    assert document["answer"] == {MEMORY: "512", "functions.api.architecture": "arm64"}
    assert document["search"] == {"combinations": 4, "refused": 0, "method": "all", "settled": True}
    assert document["answer"] in document["front"]


def test_several_keys_of_which_no_combination_meets_leave_with_1(command):
    run = size(
        command, "--vary", f"{MEMORY}=512,1024", "--vary", "functions.api.timeout=5,6", "--objective", "api.errors > 9"
    )
    assert run.status == 1


def test_many_combinations_without_optuna_are_refused(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    run = size(command, "--vary", f"{MEMORY}=512..1024", "--vary", "functions.api.timeout=5,6", *OBJECTIVE)
    assert (run.status, run.out) == (2, "")
    assert "pip install 'lambdasim-aws[optuna]'" in run.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Missing option '--vary'"),
        (("--vary", "=1..3", *OBJECTIVE), "--vary: =1..3: write PATH, PATH=LOW..HIGH or PATH=VALUE,VALUE, for example"),
        (("--vary", f"{MEMORY}=1,,3", *OBJECTIVE), f"--vary: {MEMORY}=1,,3: write PATH"),
        (("--vary", MEMORY, "--vary", f"{MEMORY}=512", *OBJECTIVE), f"--vary: {MEMORY}: is varied twice"),
        (("--vary", f"{MEMORY}=1024..512", *OBJECTIVE), f"--vary: {MEMORY}: '1024..512' is empty"),
        (("--vary", "functions.api.runtime=a,b", *OBJECTIVE), "'a' is no runtime in the parameter book"),
        (("--vary", "functions.apj.memory_size", *OBJECTIVE), "there is no function 'apj'; did you mean 'api'?"),
        (("--vary", MEMORY), "--objective: say what is to be met"),
        (("--vary", MEMORY, "--objective", "api.p99 < 3"), "--objective: the summary has no 'p99' under api"),
        (
            ("--vary", MEMORY, "--objective", "web.cots_usd < 3"),
            "the summary has no 'cots_usd' under web; did",
        ),
        (("--vary", MEMORY, *OBJECTIVE, "--minimize", "total.x"), "--minimize: the summary has no 'x' under total"),
        (("--vary", MEMORY, *OBJECTIVE, "--replications", "1"), "1 is not in the range x>=2"),
        (("--vary", MEMORY, *OBJECTIVE, "--set", "duration=1"), "--set: duration: "),
    ],
)
def test_a_wrong_call_leaves_with_2_and_a_message(command, words, says):
    run = command("size", "shop.yaml", *words)
    assert (run.status, run.out) == (2, "")
    assert says in run.err
    assert "Traceback" not in run.err


def test_ctrl_c_leaves_with_130(command, monkeypatch):
    def interrupted(*_words, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("lambdasim.analysis.bench.observe", interrupted)
    run = size(command, "--vary", f"{MEMORY}=512,1024", *OBJECTIVE)
    assert (run.status, run.out) == (130, "")


def test_the_worlds_thresholds_are_the_objectives_where_none_are_named(command, write):
    write(WORLD + "thresholds: [api.duration_ms.p50 < 100]\n")
    assert size(command, "--vary", f"{MEMORY}=256,512").out.startswith("512 is the smallest ")
