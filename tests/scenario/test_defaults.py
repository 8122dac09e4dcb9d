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
