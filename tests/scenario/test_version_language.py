"""Versions, aliases and deployments: what the user may write of them, and what that comes to."""

from pathlib import Path

import pytest
import yaml
from small_scenario import SMALL, codes, complaints

from lambdasim.parameters.book import load_book
from lambdasim.scenario.deployments import TRAFFIC_SHIFTS, traffic_steps
from lambdasim.scenario.functions import Configuration, Function
from lambdasim.scenario.load import parse_scenario
from lambdasim.units import US_PER_MINUTE

TABLE = yaml.safe_load((Path(__file__).parent / "bad_versions.yaml").read_text(encoding="utf-8"))
CONFIGURED = """\
name: small
duration: 1h
functions:
  api:
    runtime: python3.13
    memory_size: 512
    package_size: 12 MB
    handler: {duration: {lognormal: {median: 80 ms, p99: 400 ms}}, error_rate: 1%, cpu_fraction: 50%}
    init: {code: 300 ms}
    versions: {VERSIONS}
    aliases: {ALIASES}
triggers:
  web: {type: direct, target: "api:TARGET", arrivals: {poisson: {rate: 5/s}}}
"""
BLUE_GREEN = "blue: {function_version: '1', deployment: {type: Canary10Percent5Minutes, to: '2', at: 20m}}"


def text(versions="'2': {}", aliases="blue: {function_version: '2'}", target="blue"):
    return CONFIGURED.replace("VERSIONS", versions).replace("ALIASES", aliases).replace("TARGET", target)


def function(**changes):
    return parse_scenario(text(**changes)).functions["api"]


def version(keys):
    return function(versions=f"'2': {{{keys}}}").configurations["2"]


def test_a_version_that_changes_nothing_is_as_the_function():
    configurations = function().configurations
    assert list(configurations) == ["$LATEST", "1", "2"]
    own = configurations["$LATEST"]
    for settings in configurations.values():
        assert {name: getattr(settings, name) for name in Configuration.model_fields} == {
            name: getattr(own, name) for name in Configuration.model_fields
        }


def test_a_version_overrides_what_it_names_and_keeps_the_rest():
    settings = version(
        "timeout: 9, package_size: 13 MB, architecture: arm64, vpc_config: {subnet_ids: [a], security_group_ids: [b]}"
    )
    assert (settings.timeout, settings.package_size_mb, settings.architecture) == (9, 13.0, "arm64")
    assert settings.vpc_config.subnet_ids == ("a",)
    assert settings.memory_size == 512
    assert settings.runtime == "python3.13"


def test_a_handler_is_overridden_key_by_key_and_its_duration_as_a_whole():
    own = function().handler
    faulty, slow = version("handler: {error_rate: 5%}").handler, version("handler: {duration: 2 s}").handler
    assert (faulty.error_rate, faulty.duration, faulty.cpu_fraction) == (0.05, own.duration, 0.5)
    assert (slow.error_rate, slow.duration.mean(), slow.cpu_fraction) == (0.01, 2_000_000, 0.5)


def test_the_whole_init_takes_the_place_of_the_functions_code_and_the_other_way_round():
    whole = version("init: {duration: 1 s}").init
    assert (whole.duration.mean(), whole.code) == (1_000_000, None)
    code = version("init: {code: 2 s}").init
    assert (code.duration, code.code.mean()) == (None, 2_000_000)


def test_with_more_memory_the_functions_duration_holds_where_it_was_measured():
    assert version("memory_size: 1024").handler.measured_at == 512
    assert version("memory_size: 1024, handler: {error_rate: 2%}").handler.measured_at == 512
    assert version("timeout: 4").handler.measured_at is None


def test_a_versions_own_duration_holds_at_its_own_memory_size_or_where_it_says():
    assert version("memory_size: 1024, handler: {duration: 1 s}").handler.measured_at is None
    assert version("memory_size: 1024, handler: {duration: 1 s, measured_at: 256}").handler.measured_at == 256


def test_every_key_of_a_function_may_stand_in_a_version_or_is_told_to_be_the_functions():
    changes = Function.model_fields["versions"].annotation.__args__[1].__metadata__[0].changes
    own = {info.alias or name for name, info in Function.model_fields.items()}
    told = set(changes.elsewhere)
    assert {info.alias or name for name, info in changes.model_fields.items()} == own - told
    assert told == set(Function.model_fields) - set(Configuration.model_fields)


@pytest.mark.parametrize(
    ("target", "versions"),
    [("api", ("$LATEST",)), ("api:1", ("1",)), ("api:$LATEST", ("$LATEST",)), ("api:blue", ("1", "2"))],
)
def test_a_target_reaches_the_versions_that_its_alias_may_ever_point_to(target, versions):
    scenario = parse_scenario(text(versions="'2': {timeout: 9}", aliases=BLUE_GREEN))
    configurations = scenario.functions["api"].configurations
    assert scenario.reached(target) == tuple(configurations[version] for version in versions)


def test_the_first_version_may_be_changed_as_any_other():
    configurations = function(versions="'1': {timeout: 7}", aliases="blue: {function_version: '1'}").configurations
    assert (configurations["$LATEST"].timeout, configurations["1"].timeout) == (3, 7)


@pytest.mark.parametrize("minutes", [5, 10, 15, 30])
def test_a_canary_has_a_tenth_at_once_and_all_after_its_interval(minutes):
    steps = traffic_steps(load_book(), f"Canary10Percent{minutes}Minutes")
    assert steps == ((0, 0.1), (minutes * US_PER_MINUTE, 1.0))


@pytest.mark.parametrize(("name", "minutes"), [("1Minute", 1), ("2Minutes", 2), ("3Minutes", 3), ("10Minutes", 10)])
def test_a_linear_shift_has_ten_equal_steps_the_first_at_once(name, minutes):
    steps = traffic_steps(load_book(), f"Linear10PercentEvery{name}")
    assert [at_us for at_us, _ in steps] == [minutes * US_PER_MINUTE * n for n in range(10)]
    assert [share for _, share in steps] == pytest.approx([0.1 * n for n in range(1, 11)])


def test_all_at_once_has_one_step():
    assert traffic_steps(load_book(), "AllAtOnce") == ((0, 1.0),)


def test_the_predefined_shifts_are_those_of_the_model_and_may_be_written_with_codedeploys_prefix():
    names = load_book().names(TRAFFIC_SHIFTS)
    assert len(names) == 9
    for name in names:
        long = function(aliases=BLUE_GREEN.replace("Canary10Percent5Minutes", f"CodeDeployDefault.Lambda{name}"))
        assert long.aliases["blue"].deployment.type == name


def test_alarms_have_the_words_of_cloudwatch_and_thresholds_the_unit_of_their_metric():
    alarms = (
        "alarms: [{metric_name: Errors, threshold: 3, statistic: Sum}, {metric_name: ErrorRate, threshold: 2%,"
        " period: 120, evaluation_periods: 3, datapoints_to_alarm: 2}, {metric_name: Duration, threshold: 300 ms,"
        " statistic: p99, dimension: Resource}, {metric_name: Throttles, threshold: 0,"
        " comparison_operator: GreaterThanOrEqualToThreshold}]}"
    )
    read = function(aliases=BLUE_GREEN.replace("20m}", f"20m, {alarms}")).aliases["blue"].deployment.alarms
    assert [alarm.threshold for alarm in read] == [3, 0.02, 300_000, 0]
    assert [alarm.period for alarm in read] == [60, 120, 60, 60]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["says"][0].split(": ")[1])
def test_a_mistake_is_told_word_for_word_with_its_place(case):
    assert complaints(text(**case["put"])) == [f"s.yaml:{line}" for line in case["says"]]


def test_an_unknown_target_is_told_wherever_it_stands():
    steps = SMALL.replace(
        "{type: direct, target: api,", "{type: journey, flows: [{steps: [{wait: 1s}, {invoke: 'api:x'}]}],"
    )
    assert (
        "triggers.web.flows[0].steps[1].invoke: api has no alias or version 'x'; known: $LATEST" in complaints(steps)[0]
    )
    topic = "  topic: {type: sns, targets: [api, 'other:1'], arrivals: {poisson: {rate: 1/s}}}\n"
    fan = SMALL.replace("  api:\n", "  other: {runtime: python3.13, handler: {duration: 1 s}}\n  api:\n") + topic
    assert "triggers.topic.targets[1]: other has no alias or version '1'" in complaints(fan)[0]


def test_what_is_said_of_the_function_is_not_said_again_of_its_versions():
    faulty = text(versions="'2': {}, '3': {timeout: 9}").replace("package_size: 12 MB", "package_size: 251 MB")
    assert len(complaints(faulty)) == 1
    small = text(versions="'2': {memory_size: 128}").replace("cpu_fraction: 50%", "max_memory_used: 600")
    warnings = [warning for warning in parse_scenario(small).warnings if warning.code == "out_of_memory"]
    assert [warning.path for warning in warnings] == [
        "functions.api.handler.max_memory_used",
        "functions.api.versions.2.handler.max_memory_used",
    ]


def test_a_trigger_is_weighed_against_the_longest_timeout_that_it_may_meet():
    api = text(versions="'2': {timeout: 60}", aliases=BLUE_GREEN).replace(
        "type: direct", "type: api_gateway, api: http"
    )
    assert "integration_timeout_below_function_timeout" in codes(api)
    assert "integration_timeout_below_function_timeout" not in codes(api.replace("api:blue", "api:1"))
    queue = (
        "  q: {type: sqs, target: 'api:blue', queue: {visibility_timeout: 30 s}, arrivals: {poisson: {rate: 1/s}}}\n"
    )
    [problem] = complaints(text(versions="'2': {timeout: 60}", aliases=BLUE_GREEN) + queue)
    assert "below the timeout of api:blue (60 s)" in problem


def test_a_version_needs_a_price_of_its_own():
    [problem] = complaints(text(versions="'2': {architecture: arm64}") + "region: ap-east-1\n")
    assert problem.startswith("s.yaml:10:36: functions.api.versions.2.architecture: the parameter book has no price of")


def test_a_version_with_keys_of_batches_needs_batches():
    warnings = parse_scenario(text(versions="'2': {handler: {record_error_rate: 5%}}")).warnings
    told = [warning.path for warning in warnings if warning.code == "batch_keys_without_batches"]
    assert told == ["functions.api.versions.2.handler.record_error_rate"]


def test_lanes_are_counted_for_the_version_that_the_alias_points_to_at_first():
    stream = "  s: {type: kinesis, target: 'api:blue', batch_size: 1, arrivals: {poisson: {rate: 9/s}}}\n"
    slow = "'2': {handler: {duration: 2 s}}"
    assert "too_few_lanes" in codes(text(versions=slow) + stream)
    assert "too_few_lanes" not in codes(text(versions=slow, aliases=BLUE_GREEN) + stream)
