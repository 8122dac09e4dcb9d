import pytest
from small_scenario import SMALL

from lambdasim.errors import InputError
from lambdasim.scenario.load import load_scenario
from lambdasim.units import US_PER_MINUTE, US_PER_S
from lambdasim.workload.arrivals import Poisson


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SMALL + "thresholds: [api.errors < 1]\n")
    return path


@pytest.mark.parametrize(
    ("path", "value", "read", "expected"),
    [
        ("seed", "9", lambda s: s.seed, 9),
        ("duration", "90s", lambda s: s.duration_us, 90 * US_PER_S),
        ("functions.api.memory_size", "512", lambda s: s.functions["api"].memory_size, 512),
        ("account.concurrent_executions", "50", lambda s: s.account.concurrent_executions, 50),
        ("account", "{free_tier: true}", lambda s: s.account.free_tier, True),
        ("triggers.web.arrivals.poisson.rate", "9/s", lambda s: s.triggers["web"].arrivals, Poisson(9 / US_PER_S)),
        ("thresholds.0", "api.errors < 5", lambda s: s.thresholds[0].limit, 5),
        ("thresholds[0]", "api.errors < 5", lambda s: s.thresholds[0].limit, 5),
        (
            "parameters.lifecycles/default/idle_timeout",
            "5m",
            lambda s: s.lifecycle.idle_timeout.value,
            5 * US_PER_MINUTE,
        ),
        (
            "parameters.cold_starts/init/python3.13/Zip/x86_64",
            "120 ms",
            lambda s: s.book.value("cold_starts/init/python3.13/Zip/x86_64"),
            "120 ms",
        ),
    ],
)
def test_a_value_can_be_set_by_its_path(file, path, value, read, expected):
    assert read(load_scenario(file, overrides={path: value})) == expected


@pytest.mark.parametrize("key", ["memory_size", "provisioned_concurrent_executions", "vpc_config.subnet_ids"])
def test_null_stands_for_a_key_that_is_not_written(file, key):
    path = f"functions.api.{key}"
    assert load_scenario(file, overrides={path: "null"}).functions == load_scenario(file).functions


def test_null_takes_away_what_is_written(file):
    [kept, gone] = (load_scenario(file, overrides=said) for said in ({}, {"thresholds": "null", "seed": " null "}))
    assert (len(kept.thresholds), len(gone.thresholds), gone.seed) == (1, 0, 0)


def test_what_shares_an_anchor_with_the_value_that_is_set_stays_as_it_was(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        SMALL.replace("handler: {", "handler: &h {").replace(
            "triggers:", "  b: {runtime: ruby3.4, handler: *h}\ntriggers:"
        )
    )
    functions = load_scenario(path, overrides={"functions.b.handler.threads": "2"}).functions
    assert (functions["api"].handler.threads, functions["b"].handler.threads) == (1, 2)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("sead", "1", "--set: sead: unknown key 'sead'; did you mean 'seed'?"),
        ("functions.apj.timeout", "1", "--set: functions.apj.timeout: there is no function 'apj'; did you mean 'api'?"),
        ("triggers.x", "1", "--set: triggers.x: there is no trigger 'x'; known: web"),
        ("functions.api.timout", "1", "--set: functions.api.timout: unknown key 'timout'; did you mean 'timeout'?"),
        ("functions.api.timeout", "1000", "--set: functions.api.timeout: 1000 is outside 1 to 900 s"),
        ("functions.api.timeout.x", "1", "--set: functions.api.timeout: expected a whole number of s, found a mapping"),
        ("name.x", "1", "--set: name.x: name is 'small'; nothing lies below it"),
        ("thresholds.7", "1", "--set: thresholds.7: thresholds is a list of 1; its first entry is thresholds.0"),
        ("thresholds.x", "1", "--set: thresholds.x: thresholds is a list of 1; its first entry is thresholds.0"),
        ("", "1", "--set: '' is no path; write for example functions.api.memory_size"),
        ("functions..x", "1", "--set: functions..x: 'functions..x' is no path"),
        ("seed", "", "--set: seed: has no value; write for example --set duration=1h"),
        (
            "functions.api.layers",
            "[{size: 1 MB, unzipped_size: 2}]",
            "--set: functions.api.layers[0].unzipped_size: 2 has no unit",
        ),
        ("name", "5", """--set: name: expected text, found 5; the shell takes quotes off, so write --set 'name="5"'"""),
        ("seed", "yes", "--set: seed: unquoted yes is a boolean"),
        ("duration", "12:30", "--set: duration: unquoted 12:30 is a number in base 60"),
        ("account", "{a: 1", "--set: account: this is not YAML"),
        ("account", "{a: 1, a: 2}", "--set: account: the key 'a' stands here a second time"),
        ("parameters.x/y", "1", "--set: parameters.x/y: the parameter book has no 'x/y'"),
        ("functions.api.timout", "null", "--set: functions.api.timout: unknown key 'timout'; did you mean 'timeout'?"),
        ("account.free_tire", "null", "--set: account.free_tire: unknown key 'free_tire'; did you mean 'free_tier'?"),
        ("functions.b", "null", "--set: functions.b: there is no function 'b'; known: api"),
        ("thresholds.0", "null", "--set: thresholds.0: an entry of a list can't be taken away; set thresholds as a"),
    ],
)
def test_a_wrong_path_or_value_is_a_problem_of_the_command_line(file, path, value, expected):
    with pytest.raises(InputError) as caught:
        load_scenario(file, overrides={path: value})
    problems = [str(problem) for problem in caught.value.problems if problem.file == "--set"]
    assert problems[0].startswith(expected)
