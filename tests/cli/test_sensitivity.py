"""``lambdasim sensitivity``: what it prints, and what it refuses."""

import json
import re

import pytest

from tests.cli.shop import WORLD

QUICK = ("--replications", "2", "--workers", "1")
OVERHEAD = "cold_starts/platform_overhead"


def test_the_answer_comes_first_then_tables_and_what_to_find_out(command):
    """The scenario fixes the init, so that a cold start's wait is init and overhead."""
    overhead = ("--parameter", f"{OVERHEAD}=1 ms,900 ms", "--set", "functions.api.init.duration=1 s")
    run = command(
        "sensitivity", "shop.yaml", *QUICK, *overhead, "--only", "scaling/", "--measure", "api.cold_start_ms.mean"
    )
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("api.cold_start_ms.mean = ")
    source = f"depends most on the platform overhead ({OVERHEAD}, from one weak source)"
    ends = r": 1,001 ms at 1 ms, 1,900 ms at 900 ms"
    assert re.search(re.escape(source) + ends, run.out)
    assert f"--set parameters.{OVERHEAD}=..." in run.out
    assert "To measure: switch X-Ray on" in run.out
    assert "\x1b" not in run.out


def test_json_is_one_document(command):
    words = ("--only", "lifecycles/", "--measure", "api.cold_starts", "--measure", "api.latency_ms.p99", "--json")
    run = command("sensitivity", "shop.yaml", *QUICK, *words)
    document = json.loads(run.out)
    assert (run.status, document["schema_version"], document["replications"]) == (0, 1, 2)
    assert [measure["measure"] for measure in document["measures"]] == ["api.cold_starts", "api.latency_ms.p99"]
    paths = {effect["parameter"] for effect in document["measures"][0]["effects"]}
    paths |= {one["parameter"] for one in document["unmoved"]}
    assert "lifecycles/default/idle_timeout" in paths
    assert all(path.startswith("lifecycles/") for path in paths)
    for effect in document["measures"][0]["effects"]:
        for end in (effect["at_low"], effect["at_high"]):
            assert end is None or {"value", "estimate", "change", "shown"} == set(end)


def test_a_range_may_be_a_distribution_with_commas_in_it(command):
    ends = "{uniform: {low: 1 ms, high: 2 ms}},{constant: 4 s}"
    words = ("--parameter", f"{OVERHEAD}={ends}", "--only", "scaling/", "--measure", "api.latency_ms.max", "--json")
    run = command("sensitivity", "shop.yaml", *QUICK, *words)
    [effect] = json.loads(run.out)["measures"][0]["effects"]
    assert (effect["low"], effect["high"]) == ("{uniform: {low: 1 ms, high: 2 ms}}", "{constant: 4 s}")
    assert effect["at_high"]["change"]["value"] > 3000


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--measure", "api.latency"), "--measure: api.latency: "),
        (("--parameter", "functions.api.timeout"), "--parameter: functions.api.timeout: write PATH=LOW,HIGH, for"),
        (("--parameter", "functions.api.timeout=3"), "--parameter: functions.api.timeout=3: write PATH=LOW,HIGH"),
        (("--parameter", "functions.api.timeout=3,4,5"), "write PATH=LOW,HIGH"),
        (("--parameter", "a.b=1,2", "--parameter", "a.b=1,3"), "--parameter: a.b: has two ranges; write one"),
        (("--parameter", "functions.api.timeout=0,5"), "--parameter: functions.api.timeout: 0 is outside 1 to 900"),
        (("--parameter", "functions.api.timeot=1,5"), "did you mean 'timeout'?"),
        (("--parameter", "lifecycles/default/idle_time=1 s,5 s"), "no 'idle_time' in lifecycles/default"),
        (
            ("--parameter", "lifecycles/aws-2020/idle_timeout=1 s,5 s"),
            "this run does not use that entry of the parameter book",
        ),
        (("--only", "nothing/"), "--only: nothing/: no assumption of this run begins so"),
        (("--set", "duration=ten"), "--set: duration: "),
    ],
)
def test_wrong_input_leaves_with_2(command, words, told):
    run = command("sensitivity", "shop.yaml", *QUICK, *words)
    assert (run.status, run.out) == (2, "")
    assert told in run.err


def test_that_nothing_was_simulated_is_said_only_where_it_is_true(command):
    """Which numbers a run relies on, only a run can tell."""
    before = command("sensitivity", "shop.yaml", *QUICK, "--measure", "api.latency")
    assert before.err.endswith("\n1 problem; nothing was simulated.\n")
    after = command("sensitivity", "shop.yaml", *QUICK, "--only", "nothing/")
    assert after.err.endswith("\n1 problem; found after a first run, which tells what the scenario relies on.\n")


def test_a_wrong_scenario_leaves_with_2(command, write):
    write(WORLD.replace("10m", "10"))
    assert command("sensitivity", "shop.yaml").status == 2
