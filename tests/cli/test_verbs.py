import json

import jsonschema
import pytest
import yaml

from tests.cli.shop import WORLD


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("run", "--help"), ("validate", "-h"), ("runtimes", "-h")])
def test_help_says_how_to_call_and_leaves_with_0(command, words):
    run = command(*words)
    assert run.out.startswith("Usage: lambdasim ")
    assert (run.status, run.err) == (0, "")


def test_help_lists_the_verbs_and_the_exit_statuses(command):
    assert all(f"  {verb} " in command("--help").out for verb in ("run", "validate", "runtimes", "schema"))
    assert "130" in command("run", "--help").out


def test_version_is_that_of_the_package(command):
    from lambdasim import __version__  # noqa: PLC0415

    assert command("--version").out == f"lambdasim {__version__}\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Usage: lambdasim "),
        (("walk",), "No such command 'walk'"),
        (("run",), "Missing argument 'SCENARIO'"),
        (("validate",), "Missing argument 'SCENARIOS...'"),
        (("run", "shop.yaml", "more.yaml"), "unexpected extra argument"),
        (("run", "shop.yaml", "--sed", "3"), "No such option"),
        (("run", "shop.yaml", "--seed", "-1"), "-1 is not in the range"),
        (("run", "shop.yaml", "--seed", "x"), "'x' is not a valid integer"),
        (("run", "shop.yaml", "--log", "some"), "'some' is not one of"),
        (("run", "shop.yaml", "--set", "duration"), "--set: duration: write PATH=VALUE, for example functions.api."),
        (("run", "shop.yaml", "--set", "functions.api.memory_sise=9"), "--set: functions.api.memory_sise: unknown key"),
        (("run", "shop.yaml", "--set", "functions.api.memory_size=9"), "9 is outside 128 to 10240 MB"),
    ],
)
def test_a_wrong_call_leaves_with_2_and_a_message_on_stderr(command, words, says):
    run = command(*words)
    assert (run.status, run.out) == (2, "")
    assert says in run.err


def test_schema_prints_draft_7_that_accepts_the_scenario(command):
    run = command("schema")
    schema = json.loads(run.out)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(yaml.safe_load(WORLD))
    assert (run.status, run.err) == (0, "")


def test_validate_tells_all_problems_of_all_files(command, write):
    write(WORLD.replace("10m", "10").replace("512", "51"), "a.yaml")
    write("- a list", "b.yaml")
    run = command("validate", "a.yaml", "shop.yaml", "b.yaml", "none.yaml")
    assert run.status == 2
    assert [line.split(": ")[0] for line in run.err.splitlines()[:-1]] == [
        "a.yaml:3:11",
        "a.yaml:5:43",
        "b.yaml:1:1",
        "none.yaml",
    ]
    assert run.err.endswith("\n4 problems; nothing was simulated.\n")
    assert run.out.splitlines()[-1] == "shop.yaml: valid; functions: 2, triggers: 1, warnings: 1"


def test_validate_tells_warnings_and_leaves_with_0(command):
    run = command("validate", "shop.yaml")
    assert run.out.splitlines()[0] == (
        "shop.yaml: functions.idle: no trigger invokes this function [function_without_trigger]"
    )
    assert (run.status, run.err) == (0, "")


def test_validate_takes_set_too(command):
    assert command("validate", "shop.yaml", "--set", "duration=soon").status == 2
