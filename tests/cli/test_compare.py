import json

import pytest

import lambdasim
from lambdasim.report.compare import compare_document, compare_text
from tests.cli.shop import WORLD

QUICK = ("--set", "duration=1m", "--workers", "1", "--replications", "3")
MEMORY = "functions.api.memory_size"
VARY = ("--vary", f"{MEMORY}=256,512")
PROBLEM = "1 problem; nothing was simulated.\n"


def loaded(path="shop.yaml"):
    return lambdasim.load_scenario(path, overrides={"duration": "1m"})


def test_the_answer_comes_first_and_is_what_python_gives(command):
    run = command("compare", "shop.yaml", *QUICK, *VARY, "--vary", "functions.api.architecture=x86_64,arm64")
    vary = {MEMORY: [256, 512], "functions.api.architecture": ["x86_64", "arm64"]}
    found = lambdasim.compare(loaded(), vary, design=lambdasim.Design(3))
    assert (run.status, run.err) == (0, "")
    assert run.out == compare_text(found) + "\n"
    assert "\n512, arm64 " in run.out
    assert " confidence, 3 replications; a month is made of such " in " ".join(run.out.split("\n\n")[0].split())


def test_json_is_one_document(command):
    words = ("--measure", "api.duration_ms.mean", "--measure", "api.events", "--baseline", "2", "--seed", "9", "--json")
    run = command("compare", "shop.yaml", *QUICK, *VARY, *words)
    found = lambdasim.compare(
        loaded(),
        {MEMORY: [256, 512]},
        measures=["api.duration_ms.mean", "api.events"],
        baseline=1,
        design=lambdasim.Design(3, seed=9),
    )
    document = json.loads(run.out)
    assert (run.status, run.err) == (0, "")
    assert document == compare_document(found)
    assert document["baseline"] == "memory_size=512"
    assert document["seeds"] == [9, 10, 11]
    assert [one["verdict"] for one in document["measures"][0]["variants"]] == ["worse", "baseline"]


def test_several_files_are_compared_on_the_same_seeds(command, write):
    write(WORLD.replace("name: shop", "name: big").replace("512", "1024").replace("seed: 3", "seed: 8"), "big.yaml")
    run = command("compare", "shop.yaml", "big.yaml", *QUICK, "--json")
    document = json.loads(run.out)
    assert [variant["label"] for variant in document["variants"]] == ["shop", "big"]
    assert document["seeds"] == [3, 4, 5]
    cost = document["measures"][-1]
    assert (cost["measure"], cost["variants"][1]["verdict"]) == ("total.cost_usd_per_month", "worse")


def test_each_file_comes_with_each_value(command, write):
    write(WORLD.replace("name: shop", "name: big"), "big.yaml")
    run = command("compare", "shop.yaml", "big.yaml", *QUICK, *VARY, "--baseline", "big, memory_size=256", "--json")
    document = json.loads(run.out)
    labels = [variant["label"] for variant in document["variants"]]
    assert labels == ["shop, memory_size=256", "shop, memory_size=512", "big, memory_size=256", "big, memory_size=512"]
    assert [one["verdict"] for one in document["measures"][-1]["variants"]] == ["equal", "worse", "baseline", "worse"]


def test_the_same_bytes_for_any_number_of_workers(command):
    words = ("compare", "shop.yaml", "--set", "duration=1m", "--replications", "2", *VARY, "--json", "--workers")
    assert command(*words, "1").out == command(*words, "2").out != ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--vary: a single variant has nothing to be compared with; give two values"),
        (("--vary", f"{MEMORY}=512"), "--vary: a single variant has nothing to be compared with; give two values"),
        (("--vary", MEMORY), f"--vary: {MEMORY}: write PATH=VALUE,VALUE, for example"),
        ((*VARY, "--vary", f"{MEMORY}=128"), f"--vary: {MEMORY}: is varied twice; write all its values in one option"),
        (("--vary", f"{MEMORY}=512,512"), f"--vary: {MEMORY}: 512 is there twice"),
        (("--vary", f"{MEMORY}=512,64"), f"--vary: {MEMORY}: 64 is outside 128 to 10240 MB"),
        (("--vary", "functions.apy.timeout=1,2"), "--vary: functions.apy.timeout: there is no function 'apy'; d"),
        (("--vary", "seed=1,2"), "--vary: seed: variants are compared on the same luck, so they share th"),
        ((*VARY, "--measure", "api.latency_ms.p98"), "--measure: api.latency_ms.p98: the summary has no 'p98' u"),
        ((*VARY, "--measure", "web.eventz"), "--measure: web.eventz: the summary has no 'eventz' under web"),
        ((*VARY, "--baseline", "3"), "--baseline: there is no such variant; there are 2: memory_size=256; memo"),
        ((*VARY, "--baseline", "0"), "--baseline: there is no such variant"),
        ((*VARY, "--baseline", "memory"), "--baseline: 'memory' is no variant; "),
        (("none.yaml",), "none.yaml: can't read it: No such file or directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_anything_runs(command, words, message):
    run = command("compare", "shop.yaml", *words, "--set", "duration=10s", "--workers", "1")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith(message)
    assert run.err.endswith(PROBLEM)


def test_all_that_is_wrong_is_told_at_once(command, write):
    write(WORLD.replace("512", "64"), "small.yaml")
    run = command("compare", "shop.yaml", "small.yaml", "none.yaml", *VARY)
    assert (run.status, run.out) == (2, "")
    assert run.err.count("\n") == 3
    assert run.err.startswith("small.yaml:5:")
    run = command(
        "compare", "shop.yaml", "--vary", "functions.a.timeout=1,2", *VARY, "--measure", "api.x", "--vary", "seed=1,2"
    )
    assert [line.split(": ")[1] for line in run.err.splitlines()[:3]] == ["seed", "functions.a.timeout", "api.x"]


def test_a_measure_must_be_there_in_all_files(command, write):
    write(WORLD.replace("api:", "front:").replace("target: api", "target: front"), "other.yaml")
    run = command("compare", "shop.yaml", "other.yaml", *QUICK, "--measure", "api.errors")
    assert run.status == 2
    assert run.err.startswith(
        "--measure: api.errors: not all scenarios have it; other.yaml: 'api' is no function or trigg"
    )
    run = command("compare", "shop.yaml", "other.yaml", *QUICK, "--json")
    measures = [measure["measure"] for measure in json.loads(run.out)["measures"]]
    assert measures[:3] == [f"functions.idle.{key}" for key in ("latency_ms.p99", "cold_start_rate", "throttles.total")]
    assert measures[3:] == ["total.cold_start_rate", "account.throttles", "total.cost_usd_per_month"]


def test_compare_without_a_scenario_leaves_with_2(command):
    run = command("compare")
    assert run.status == 2
    assert "Missing argument 'SCENARIOS...'" in run.err
