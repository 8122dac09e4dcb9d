import json

import pytest

from tests.cli.shop import WORLD
from tests.test_shipped import ROOT

SINFUL = WORLD.replace("memory_size: 512", "memory_size: 3008, timeout: 60").replace("80 ms", "40 s")
NEEDED = ROOT / "scenarios" / "advice_needed.yaml"


def test_advice_is_no_failure(command, write):
    write(SINFUL)
    run = command("advise", "shop.yaml")
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("shop.yaml: 2 pieces of advice: 2 medium\n\nmedium  unused_vcpus\n")
    assert "Run" not in run.out


def test_nothing_to_advise_is_said_plainly(command):
    run = command("advise", "shop.yaml", "--strict")
    assert (run.status, run.out, run.err) == (0, "shop.yaml: nothing to advise\n", "")


def test_strict_leaves_with_1_for_any_advice(command, write):
    write(SINFUL)
    assert command("advise", "shop.yaml", "--strict").status == 1
    assert command("advise", "shop.yaml", "--strict", "--json").status == 1
    cured = ("--set", "functions.api.memory_size=1769", "--set", "functions.api.timeout=30")
    assert command("advise", "shop.yaml", "--strict", *cured, "--set", "functions.api.handler.duration=1s").status == 0


def test_a_run_adds_evidence_and_what_only_shows_then(command, write):
    write(SINFUL)
    without, run = command("advise", "shop.yaml"), command("advise", "shop.yaml", "--run")
    assert (run.status, run.err) == (0, "")
    assert run.out.count("\n  Run  ") == run.out.count("\n  See  ") >= without.out.count("\n  See  ")
    assert "runs outlived their caller, and cost $" in " ".join(run.out.split())


def test_json_is_one_document_for_all_scenarios(command, write):
    write(SINFUL, "sinful.yaml")
    run = command("advise", "shop.yaml", "sinful.yaml", "--json", "--run")
    document = json.loads(run.out)
    assert (run.status, document["schema_version"]) == (0, 1)
    shop, sinful = document["scenarios"]
    assert (shop["file"], shop["advice"], shop["seed"]) == ("shop.yaml", [], 3)
    assert {"unused_vcpus", "integration_timeout_below_function_timeout"} <= {
        piece["code"] for piece in sinful["advice"]
    }
    assert all(piece["evidence"]["numbers"] for piece in sinful["advice"])


def test_without_a_run_json_has_neither_seed_nor_evidence(command, write):
    write(SINFUL)
    [scenario] = json.loads(command("advise", "shop.yaml", "--json").out)["scenarios"]
    assert scenario["seed"] is None
    assert {piece["evidence"] for piece in scenario["advice"]} == {None}


def test_advice_on_several_scenarios_is_told_one_after_the_other(command, write):
    write(SINFUL, "sinful.yaml")
    out = command("advise", "shop.yaml", "sinful.yaml", "shop.yaml").out
    assert out.startswith("shop.yaml: nothing to advise\n\nsinful.yaml: 2 pieces")
    assert out.endswith("\n\nshop.yaml: nothing to advise\n")


@pytest.mark.parametrize("options", [(), ("--run",), ("--json", "--run")])
def test_a_wrong_scenario_leaves_with_2_before_anything_is_simulated(command, write, options):
    write(WORLD.replace("10m", "10"), "a.yaml")
    run = command("advise", "shop.yaml", "a.yaml", "none.yaml", *options)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("a.yaml:3:11: duration: ")
    assert run.err.endswith("\n2 problems; nothing was simulated.\n")


def test_advise_without_a_scenario_leaves_with_2(command):
    run = command("advise")
    assert run.status == 2
    assert "Missing argument 'SCENARIOS...'" in run.err


def test_help_names_the_exit_statuses_and_what_strict_is_for(command):
    told = " ".join(command("advise", "--help").out.split())
    assert "with --strict 1 if there is any" in told
    assert "CI" in told


def test_the_same_scenario_gives_the_same_bytes(command):
    one, two = (command("advise", NEEDED, "--run", "--json", "--set", "duration=10m").out for _ in range(2))
    assert one == two != ""


def test_the_scenario_that_needs_advice_gets_it_of_every_room(command):
    run = command("advise", NEEDED, "--run")
    codes = {line.split()[1] for line in run.out.splitlines() if line.startswith(("high", "medium", "low"))}
    assert codes >= {
        "no_failure_destination", "pollers_over_reserved", "visibility_timeout_too_short", "few_receives",
        "stream_never_gives_up", "integration_timeout_below_function_timeout", "unused_vcpus", "runtime_deprecated",
        "package_near_limit", "little_unreserved", "throttled", "iterator_age_grows", "many_timeouts",
    }  # fmt: skip
