"""``lambdasim check``: the list, the exit status, the JUnit file."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lambdasim.report.junit import junit_xml
from tests.cli.shop import WORLD

HELD = "thresholds: [api.throttles.total < 1, api.duration_ms.max > 79]\n"
FAILED = "thresholds: [api.throttles.total < 1, api.duration_ms.max < 79]\n"
QUICK = ("--replications", "3", "--workers", "1")


def suites(path):
    """The document, held against the form that reporters read."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        cases = suite.findall("testcase")
        failures = [case for case in cases if case.find("failure") is not None]
        assert int(suite.get("tests")) == len(cases) == len(suite)
        assert int(suite.get("failures")) == len(failures)
        assert (suite.get("errors"), suite.get("skipped")) == ("0", "0")
        for case in cases:
            assert {"name", "classname", "time"} <= set(case.keys())
            assert {child.tag for child in case} <= {"failure", "system-out"}
        for case in failures:
            assert case.find("failure").get("message")
            assert case.find("failure").get("type") in {"fails", "undecided"}
    for count in ("tests", "failures", "errors"):
        assert int(root.get(count)) == sum(int(suite.get(count)) for suite in root)
    return root


@pytest.fixture
def mean(command):
    """A bound that the estimate meets by less than its interval leaves open."""
    document = json.loads(command("check", "shop.yaml", *QUICK, "--threshold", "api.latency_ms.mean > 0", "--json").out)
    estimate = document["scenarios"][0]["thresholds"][0]["estimate"]
    assert estimate["low"] < estimate["value"] < estimate["high"]
    return (estimate["low"] + estimate["value"]) / 2


def test_all_that_hold_leave_with_0_marks_first_and_the_verdict_last(command, write):
    write(WORLD + HELD)
    run = command("check", "shop.yaml", *QUICK)
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines() == [
        "✓ api.throttles.total < 1    total = 0 in each of 3 runs",
        *[line for line in run.out.splitlines() if line.startswith("✓ api.duration_ms.max > 79   max = ")],
        (
            "The same in all runs, which leaves up to 63.2 % of runs that differ: "
            "api.throttles.total = 0, api.duration_ms.max = 82.2 ms."
        ),
        "passed: 2 thresholds; 3 replications, intervals of 95 %",
    ]


def test_one_that_fails_leaves_with_1(command, write):
    write(WORLD + FAILED)
    run = command("check", "shop.yaml", *QUICK)
    assert run.status == 1
    assert [line[0] for line in run.out.splitlines()] == ["✓", "✗", "T", "F"]
    assert run.out.endswith("FAILED: 1 of 2 thresholds; 3 replications, intervals of 95 %\n")


def test_undecided_counts_by_the_estimate_unless_strict(command, mean):
    undecided = ("check", "shop.yaml", *QUICK, "--threshold", f"api.latency_ms.mean > {mean}")
    lax, strict = command(*undecided), command(*undecided, "--strict")
    assert (lax.status, strict.status) == (0, 1)
    assert lax.out.startswith("? api.latency_ms.mean > ")
    assert "undecided: the estimate holds, the interval does both" in lax.out
    assert "passed: 1 threshold (1 undecided, counted by the estimate; " in lax.out
    assert "FAILED: 1 of 1 threshold (1 undecided, counted as failed; " in strict.out


def test_a_measure_that_no_run_has_fails_and_says_so(command):
    run = command("check", "shop.yaml", *QUICK, "--threshold", "idle.latency_ms.p99 < 9000")
    assert run.status == 1
    assert "✗ idle.latency_ms.p99 < 9000   p99 has no value in any run\n" in run.out


def test_several_scenarios_are_told_by_file_with_one_verdict(command, write):
    write(WORLD + HELD)
    write(WORLD + FAILED, "other.yaml")
    run = command("check", "shop.yaml", "other.yaml", *QUICK)
    lines = run.out.splitlines()
    assert (run.status, lines[0], lines[3]) == (1, "shop.yaml", "other.yaml")
    assert lines[-1].startswith("FAILED: 1 of 4 thresholds; ")


def test_junit_has_a_suite_for_each_scenario_and_a_case_for_each_threshold(command, write):
    write(WORLD + HELD)
    write(WORLD.replace("name: shop", "name: other") + FAILED, "other.yaml")
    run = command("check", "shop.yaml", "other.yaml", *QUICK, "--junit", "out.xml")
    root = suites("out.xml")
    assert run.status == 1
    assert [suite.get("name") for suite in root] == ["shop", "other"]
    assert [case.get("name") for case in root[0]] == ["api.throttles.total < 1", "api.duration_ms.max > 79"]
    [failure] = root.iter("failure")
    assert failure.get("message").startswith("max = ")
    assert failure.text.startswith("other.yaml: api.duration_ms.max < 79: max = ")
    assert sorted(Path().glob(".*")) == []


def test_junit_is_the_same_bytes_again_for_any_number_of_workers(command, write):
    write(WORLD + FAILED)
    command("check", "shop.yaml", *QUICK, "--junit", "one.xml")
    command("check", "shop.yaml", "--replications", "3", "--workers", "2", "--junit", "two.xml")
    assert Path("one.xml").read_bytes() == Path("two.xml").read_bytes()


def test_junit_calls_the_undecided_a_failure_only_if_strict(command, mean):
    words = ("check", "shop.yaml", *QUICK, "--threshold", f"api.latency_ms.mean > {mean}", "--junit", "out.xml")
    command(*words)
    assert suites("out.xml").get("failures") == "0"
    command(*words, "--strict")
    [failure] = suites("out.xml").iter("failure")
    assert failure.get("type") == "undecided"


def test_junit_survives_names_that_xml_has_no_place_for(command, write):
    name = 'a&<b>"\x01\x1b\n.yaml'
    write(WORLD + FAILED, name)
    assert command("check", name, *QUICK, "--junit", "out.xml").status == 1
    assert [case.get("file") for case in suites("out.xml").iter("testcase")] == ['a&<b>"\\x01\\x1b\\n.yaml'] * 2


def test_junit_of_a_threshold_with_odd_signs_can_be_read_back(command, write):
    """Blanks of all kinds may stand in a threshold's text."""
    write(WORLD)
    assert (
        command("check", "shop.yaml", *QUICK, "--threshold", "api.errors\u2003<\v1", "--junit", "out.xml").status == 0
    )
    assert [case.get("name") for case in suites("out.xml").iter("testcase")] == ["api.errors\\u2003<\\x0b1"]


def test_json_is_one_document(command, write):
    write(WORLD + FAILED)
    run = command("check", "shop.yaml", *QUICK, "--json", "--seed", "7")
    document = json.loads(run.out)
    assert (run.status, document["schema_version"], document["ok"]) == (1, 1, False)
    [scenario] = document["scenarios"]
    assert (scenario["file"], scenario["seed"], scenario["replications"]) == ("shop.yaml", 7, 3)
    held, failed = scenario["thresholds"]
    assert (held["verdict"], held["ok"], held["limit"]) == ("holds", True, 1)
    assert (failed["verdict"], failed["ok"], failed["measure"]) == ("fails", False, "functions.api.duration_ms.max")
    assert failed["estimate"]["n"] == 3


def test_a_scenario_without_thresholds_leaves_with_2_and_the_remedy(command):
    run = command("check", "shop.yaml")
    assert (run.status, run.out) == (2, "")
    assert "shop.yaml: thresholds: there are none to check; name some in the scenario" in run.err
    assert "nothing was simulated" in run.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--threshold", "web.latency < x"), "--threshold: shop.yaml: 'web.latency < x' is not a threshold"),
        (("--threshold", "apy.errors < 1"), "did you mean 'api'"),
        (("--set", "functions.api.timeout=0"), "--set: functions.api.timeout"),
        (("--junit", "nowhere/out.xml"), "--junit: nowhere/out.xml: can't write it: there is no folder 'nowhere'"),
        (("--junit", "."), "--junit: .: can't write it: it is a folder"),
    ],
)
def test_wrong_input_leaves_with_2_before_anything_is_simulated(command, write, words, told):
    write(WORLD + HELD)
    run = command("check", "shop.yaml", *words)
    assert (run.status, run.out) == (2, "")
    assert told in run.err
    assert sorted(path.name for path in Path().iterdir()) == ["shop.yaml"]


def test_all_wrong_scenarios_are_told_at_once(command, write):
    write(WORLD.replace("10m", "10"), "a.yaml")
    run = command("check", "a.yaml", "shop.yaml", "none.yaml")
    assert run.status == 2
    assert run.err.endswith("3 problems; nothing was simulated.\n")


def test_a_junit_file_that_cannot_be_finished_leaves_the_old_one(command, write, monkeypatch):
    write(WORLD + HELD)
    Path("out.xml").write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    run = command("check", "shop.yaml", *QUICK, "--junit", "out.xml")
    assert (run.status, run.out) == (2, "")
    assert "out.xml: can't write it: No space left on device" in run.err
    assert Path("out.xml").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["out.xml", "shop.yaml"]


def test_junit_of_nothing_is_a_document_too():
    document = junit_xml([]).decode().splitlines()
    assert document == [
        "<?xml version='1.0' encoding='utf-8'?>",
        '<testsuites name="lambdasim check" errors="0" tests="0" failures="0" />',
    ]


def test_how_many_runs_broke_what_all_together_hold_or_fail_is_told_everywhere(command):
    measured = ("replicate", "shop.yaml", *QUICK, "--measure", "api.latency_ms.mean", "--json")
    runs = sorted(run["values"][0] for run in json.loads(command(*measured).out)["runs"])
    threshold = f"api.latency_ms.mean < {(runs[1] + runs[2]) / 2}"  # the last one breaks it
    words = ("check", "shop.yaml", *QUICK, "--strict", "--threshold", threshold)
    assert "; 1 of 3 runs broke it\n" in command(*words).out
    [entry] = json.loads(command(*words, "--json").out)["scenarios"][0]["thresholds"]
    assert entry["runs_broken"] == 1
    command(*words, "--junit", "out.xml")
    [failure] = suites("out.xml").iter("failure")
    assert failure.get("message").endswith("; 1 of 3 runs broke it")
