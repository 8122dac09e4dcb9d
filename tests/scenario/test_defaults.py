"""What a scenario gets where it says nothing, and what counts as said."""

from __future__ import annotations

import pytest
from small_scenario import SMALL, changed, complaints

from lambdasim.scenario.load import parse_scenario
from lambdasim.units import MAXIMUM_US, US_PER_S


def used(text):
    return {parameter.path for parameter in parse_scenario(text).book.used}


def test_an_entry_of_the_preset_that_the_scenario_overrides_does_not_count_as_used():
    plain, overridden = used(SMALL), used(SMALL + "lifecycle: {idle_timeout: 300s}\n")
    assert "lifecycles/default/idle_timeout" in plain
    assert "lifecycles/default/idle_timeout" not in overridden
    assert "lifecycles/default/surplus_idle_timeout" in overridden
    half = used(SMALL + "lifecycle: {proactive_initialization: {otherwise: 0%}}\n")
    assert "lifecycles/default/proactive_otherwise" not in half
    assert "lifecycles/default/proactive_on_retirement" in half


def test_what_is_looked_up_for_a_check_a_range_or_a_warning_does_not_count_as_used():
    """Assumptions, and what sensitivity varies, are what the numbers rest on."""
    jobs = "  jobs: {type: sqs, target: api, batch_size: 10, payload_size: 2 KB, queue: {visibility_timeout: 30 s}}\n"
    clicks = "  clicks: {type: kinesis, target: api, shards: 2, retention: 48h}\n"
    paths = used(f"{SMALL}{jobs}{clicks}")
    bounds = {path for path in paths if path.endswith(("/minimum", "/maximum"))}
    checks = {path for path in paths if path.startswith(("runtimes/", "prices/", "sizing/", "triggers/sqs/queue/fifo"))}
    assert bounds | checks | (paths & {"triggers/streams/kinesis/record_mb"}) == set()


@pytest.mark.parametrize(
    ("trigger", "read_timeout_us"),
    [
        ("type: direct", 60 * US_PER_S),
        ("type: function_url", MAXIMUM_US),
        ("type: alb", MAXIMUM_US),
        ("type: api_gateway", MAXIMUM_US),
        ("type: function_url, client: {retries: standard}", 60 * US_PER_S),
        ("type: function_url, client: {read_timeout: 5s}", 5 * US_PER_S),
    ],
)
def test_only_an_sdk_stops_waiting_after_60_s_unless_the_scenario_says_so(trigger, read_timeout_us):
    scenario = parse_scenario(changed("type: direct", trigger))
    assert scenario.triggers["web"].client.read_timeout_us == read_timeout_us


def test_a_burst_without_a_rate_limits_nothing_and_is_refused():
    text = changed("type: direct", "type: api_gateway, burst: 10")
    (line, *_) = complaints(text)
    assert "triggers.web.burst" in line
    assert "add rate" in line


def test_a_parameter_can_be_set_by_the_command_line_too(tmp_path):
    from lambdasim.scenario.load import load_scenario  # noqa: PLC0415

    (tmp_path / "s.yaml").write_text(SMALL, encoding="utf-8")
    scenario = load_scenario(tmp_path / "s.yaml", overrides={"parameters.scaling/per_function/burst": "500"})
    assert scenario.book.value("scaling/per_function/burst") == 500


def test_mistakes_of_single_values_and_of_the_whole_come_in_one_round_in_file_order():
    text = """\
name: all
duration: 1h
warm_up: 5
functions:
  api:
    runtime: python3.13
    memory_size: 64
    unzipped_size: 300 MB
    reserved_concurrent_executions: 600
    handler: {duration: 80 ms, cpu_fraction: 130%}
  worker:
    runtime: python3.13
    reserved_concurrent_executions: 600
    handler: {duration: 80 ms}
triggers:
  web: {type: direct, target: wroker, arrivals: {poisson: {rate: 5/s}}}
"""
    expected = (
        "warm_up",
        "memory_size",
        "[package_too_large]",
        "[reserved_over_quota]",
        "cpu_fraction",
        "[unknown_target]",
    )
    for line, words in zip(complaints(text), expected, strict=True):
        assert words in line


def test_what_hangs_on_a_wrong_value_is_not_blamed_for_it():
    text = changed("runtime: python3.13", "runtime: python3.13\n    package_type: Zipp\n    unzipped_size: 300 MB")
    assert len(complaints(text + "warm_up: 2h\n")) == 3  # the type, the size for a Zip, and the warm-up


def test_too_little_left_to_check_leaves_the_first_complaints_alone():
    assert len(complaints(changed("handler: {duration: 80 ms}", "handler: {duration: 80}") + "warm_up: 2h\n")) == 1
