import json

import pytest

import lambdasim
from lambdasim.report.replicate import replicate_document, replicate_text
from tests.cli.shop import WORLD

QUICK = ("--set", "duration=1m", "--workers", "1")


def test_the_answer_comes_first_and_is_what_python_gives(command):
    run = command("replicate", "shop.yaml", *QUICK, "--replications", "3")
    scenario = lambdasim.load_scenario("shop.yaml", overrides={"duration": "1m"})
    found = lambdasim.replicate(scenario, design=lambdasim.Design(3))
    assert (run.status, run.err) == (0, "")
    assert run.out == replicate_text(found) + "\n"
    assert run.out.startswith("99 % of api's successes come within ")


def test_json_is_one_document(command):
    words = (
        "--measure",
        "api.latency_ms.p99",
        "--measure",
        "api.events",
        "--replications",
        "3",
        "--json",
        "--seed",
        "9",
    )
    run = command("replicate", "shop.yaml", *QUICK, *words)
    scenario = lambdasim.load_scenario("shop.yaml", overrides={"duration": "1m"})
    found = lambdasim.replicate(
        scenario, measures=["api.latency_ms.p99", "api.events"], design=lambdasim.Design(3, seed=9)
    )
    assert (run.status, run.err) == (0, "")
    assert json.loads(run.out) == replicate_document(found)
    assert [entry["seed"] for entry in json.loads(run.out)["runs"]] == [9, 10, 11]


def test_the_same_bytes_for_any_number_of_workers(command):
    words = ("replicate", "shop.yaml", "--set", "duration=1m", "--replications", "3", "--json", "--workers")
    assert command(*words, "1").out == command(*words, "2").out != ""


def test_a_precision_adds_replications(command):
    words = ("--measure", "api.events", "--replications", "2", "--precision", "10%", "--json")
    document = json.loads(command("replicate", "shop.yaml", *QUICK, *words).out)
    assert (document["precision"], document["reached"]) == (0.1, True)
    assert document["replications"] > 2
    few = json.loads(command("replicate", "shop.yaml", *QUICK, *words, "--most", "3").out)
    assert (few["replications"], few["reached"]) == (3, False)
    assert few["measures"][0]["more"] > 0


def test_a_precision_may_be_a_plain_share(command):
    words = ("--measure", "api.events", "--replications", "3", "--json", "--precision")
    assert json.loads(command("replicate", "shop.yaml", *QUICK, *words, "0.3").out)["precision"] == 0.3


def test_a_warm_up_is_found_or_stated(command):
    varied = "functions.api.handler.duration={lognormal: {median: 80 ms, p99: 400 ms}}"
    words = ("replicate", "shop.yaml", "--workers", "1", "--replications", "2", "--json", "--set", varied)
    found = json.loads(command(*words, "--warm-up", "mser5").out)["warm_up"]
    assert found["method"] == "mser5"
    assert set(found["series"]) == {"api's latency", "api's concurrency"}
    assert json.loads(command(*words, "--warm-up", "90s").out)["warm_up"] == {
        "s": 90, "method": "stated", "series": {}, "too_few": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--measure", "api.latency_ms.p9"), "--measure: api.latency_ms.p9: the summary has no 'p9'"),
        (("--precision", "wide"), "--precision: 'wide' is no share; write for example 5%"),
        (("--precision", "5"), "--precision: 5 lies outside 0 to 0.5; write a share such as 5%"),
        (("--precision", "700%"), "--precision: '700%' is no share; write for example 5%"),
        (("--precision", "nan"), "--precision: nan lies outside 0 to 0.5"),
        (("--precision", "5%", "--most", "4"), "--most: 4 is below the 10 replications to begin with"),
        (("--warm-up", "soon"), "--warm-up: 'soon' is no warm-up; write stated, mser5, or a duration such as '5m'"),
        (("--warm-up", "10m"), "--warm-up: warm_up: the warm-up takes all of the duration"),
        (("--set", "triggers.web.arrivals={diurnal: {mean_rate: 2/s}}", "--warm-up", "mser5"),
         "--warm-up: triggers.web.arrivals: the traffic changes with time"),
    ],
)  # fmt: skip
def test_an_option_that_is_wrong_leaves_with_2_and_is_named(command, words, told):
    run = command("replicate", "shop.yaml", *words)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith(told)
    assert run.err.endswith("\n1 problem; nothing was simulated.\n")


def test_all_that_is_wrong_is_told_at_once(command):
    run = command(
        "replicate", "shop.yaml", "--measure", "api.x", "--measure", "no.x", "--precision", "2", "--most", "3"
    )
    assert run.status == 2
    assert run.err.endswith("\n4 problems; nothing was simulated.\n")


def test_a_warm_up_that_is_not_to_be_found_leaves_with_2_and_says_what_to_do(command):
    run = command("replicate", "shop.yaml", *QUICK, "--warm-up", "mser5")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("lambdasim: --warm-up mser5: no function had 500 events")
    assert "simulate longer (--set duration=...), or state a warm-up" in run.err


@pytest.mark.parametrize("words", [("--replications", "1"), ("--most", "1"), ("--confidence", "1"), ("--seed", "-1")])
def test_a_number_out_of_its_range_is_refused(command, words):
    run = command("replicate", "shop.yaml", *words)
    assert (run.status, run.out) == (2, "")
    assert words[0] in run.err


def test_a_wrong_scenario_leaves_with_2(command, write):
    write(WORLD.replace("10m", "10"))
    run = command("replicate", "shop.yaml")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("shop.yaml:3:11: duration: ")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_leaves_with_130_and_nothing_else(start, workers):
    first = "import threading, os, signal\nthreading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()"
    words = ("replicate", "shop.yaml", "--set", "duration=30d", "--workers", workers)
    process = start(*words, first=first, start_new_session=True)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "interrupted" in err
    assert "Traceback" not in err
